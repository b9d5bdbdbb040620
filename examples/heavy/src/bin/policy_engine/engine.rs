//! [`Engine`]: what decides, made of three files that belong together.

use std::path::Path;

use anyhow::bail;
use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request, RestrictedExpression,
    Schema, ValidationMode, Validator,
};
use hot_reload::source::{Decode, File, Json, Source};
use hot_reload::{Coordinator, GroupSnapshot, Error, MemberKey, ReloaderService};

use super::place::Text;
use super::release;

/// Finds the three in a cut.
#[derive(Clone, Copy)]
pub struct Engine {
    policies: MemberKey<Policies>,
    schema: MemberKey<Validator>,
    entities: MemberKey<Known>,
}

impl Engine {
    /// Makes three files of a folder members of a group.
    pub fn join(group: &mut Coordinator, folder: &Path) -> Self {
        let policies = File::new(folder.join(POLICIES)).decode(PolicyFile);
        let schema = File::new(folder.join(SCHEMA)).decode(SchemaFile);
        let entities = File::new(folder.join(ENTITIES)).decode(EntityFile);
        // A schema cannot be compared, and none of them needs to be: what counts is whether the file is another one.
        let policies = ReloaderService::builder_by_revision(policies).hybrid();
        let schema = ReloaderService::builder_by_revision(schema).hybrid();
        let entities = ReloaderService::builder_by_revision(entities).hybrid();
        Self {
            policies: group.member("policies", policies),
            schema: group.member("schema", schema),
            entities: group.member("entities", entities),
        }
    }

    /// Whether the three belong together, which none of them can say by itself.
    pub fn check(self, cut: &GroupSnapshot) -> Result<(), Error> {
        let (policies, validator, known) = self.parts(cut);
        let found = validator.validate(&policies.set, ValidationMode::Strict);
        if let Some(error) = found.validation_errors().next() {
            return Err(policies.text.refuse(error));
        }
        let entities = known.entities.iter().cloned();
        Entities::from_entities(entities, Some(validator.schema()))
            .map_err(|error| known.text.refuse(&error))?;
        Ok(())
    }

    /// The release that the policies are of.
    pub fn release(self, cut: &GroupSnapshot) -> u32 {
        cut[self.policies].release
    }

    /// Whether somebody may do something. All three have a part in it: the schema in whether this is a question at all.
    pub fn decide(self, cut: &GroupSnapshot, question: &Question) -> anyhow::Result<Decision> {
        let (policies, validator, known) = self.parts(cut);
        let release = RestrictedExpression::new_entity_uid(release::uid(policies.release));
        let request = Request::new(
            question.principal.clone(),
            question.action.clone(),
            question.resource.clone(),
            Context::from_pairs([("release".to_owned(), release)])?,
            Some(validator.schema()),
        )?;
        let response = Authorizer::new().is_authorized(&request, &policies.set, &known.entities);
        // A policy that cannot be evaluated is left out by Cedar, and the answer is one all the same.
        if let Some(error) = response.diagnostics().errors().next() {
            bail!("{error}");
        }
        Ok(response.decision())
    }

    fn parts(self, cut: &GroupSnapshot) -> (&Policies, &Validator, &Known) {
        (&cut[self.policies], &cut[self.schema], &cut[self.entities])
    }
}

/// Who asks to do what with what.
pub struct Question {
    pub principal: EntityUid,
    pub action: EntityUid,
    pub resource: EntityUid,
}

/// What is in the file of policies.
struct Policies {
    set: PolicySet,
    /// Which their annotation `@release` names.
    release: u32,
    text: Text,
}

/// What is in the file of entities.
struct Known {
    entities: Entities,
    text: Text,
}

struct PolicyFile;

impl Decode for PolicyFile {
    type Value = Policies;

    fn decode(&self, bytes: &[u8], name: &str) -> Result<Policies, Error> {
        let text = Text::new(bytes, name)?;
        let parsed = text.as_str().parse::<PolicySet>();
        let set = parsed.map_err(|error| text.refuse(&error))?;
        match release_of(&set) {
            Some(release) => Ok(Policies { set, release, text }),
            None => Err(text.lacks("annotation `@release` with a number")),
        }
    }
}

fn release_of(set: &PolicySet) -> Option<u32> {
    let mut policies = set.policies();
    policies.find_map(|policy| policy.annotation("release")?.parse().ok())
}

/// The decoded schema is what validates against it.
struct SchemaFile;

impl Decode for SchemaFile {
    type Value = Validator;

    fn decode(&self, bytes: &[u8], name: &str) -> Result<Validator, Error> {
        let text = Text::new(bytes, name)?;
        match Schema::from_cedarschema_str(text.as_str()) {
            Ok((schema, _warnings)) => Ok(Validator::new(schema)),
            Err(error) => Err(text.refuse(&error)),
        }
    }
}

/// The entities are held against the schema when they are in a cut with it, and not before.
struct EntityFile;

impl Decode for EntityFile {
    type Value = Known;

    fn decode(&self, bytes: &[u8], name: &str) -> Result<Known, Error> {
        let text = Text::new(bytes, name)?;
        // It knows the line where something is no JSON.
        let json = Json::new().decode(bytes, name)?;
        match Entities::from_json_value(json, None) {
            Ok(entities) => Ok(Known { entities, text }),
            Err(error) => Err(text.refuse(&error)),
        }
    }
}

pub const POLICIES: &str = "policies.cedar";
pub const SCHEMA: &str = "schema.cedarschema";
pub const ENTITIES: &str = "entities.json";
