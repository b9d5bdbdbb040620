//! [`Engine`]: decides with three files that belong together.

use std::path::Path;

use anyhow::bail;
use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request, RestrictedExpression,
    Schema, ValidationMode, Validator,
};
use hot_reload::group::{GroupSnapshot, MemberKey};
use hot_reload::source::{Decode, File, Json, Source};
use hot_reload::{Coordinator, Error, ReloaderService};

use super::place::Text;
use super::release;

/// The keys of the three values in a snapshot of the group.
#[derive(Clone, Copy)]
pub struct Engine {
    policies: MemberKey<Policies>,
    schema: MemberKey<Validator>,
    entities: MemberKey<Known>,
}

impl Engine {
    /// Adds the three files of a folder to a group.
    pub fn join(group: &mut Coordinator, folder: &Path) -> Self {
        let policies = File::new(folder.join(POLICIES)).decode(PolicyFile);
        let schema = File::new(folder.join(SCHEMA)).decode(SchemaFile);
        let entities = File::new(folder.join(ENTITIES)).decode(EntityFile);
        // These values cannot be compared for equality. The revision of a file decides whether it has changed.
        let policies = ReloaderService::builder_by_revision(policies).hybrid();
        let schema = ReloaderService::builder_by_revision(schema).hybrid();
        let entities = ReloaderService::builder_by_revision(entities).hybrid();
        Self {
            policies: group.member("policies", policies),
            schema: group.member("schema", schema),
            entities: group.member("entities", entities),
        }
    }

    /// Checks that the three belong together. This cannot be checked for one of them alone.
    pub fn check(self, snapshot: &GroupSnapshot) -> Result<(), Error> {
        let (policies, validator, known) = self.parts(snapshot);
        let found = validator.validate(&policies.set, ValidationMode::Strict);
        if let Some(error) = found.validation_errors().next() {
            return Err(policies.text.refuse(error));
        }
        let entities = known.entities.iter().cloned();
        Entities::from_entities(entities, Some(validator.schema()))
            .map_err(|error| known.text.refuse(&error))?;
        Ok(())
    }

    /// The release of the policies.
    pub fn release(self, snapshot: &GroupSnapshot) -> u32 {
        snapshot[self.policies].release
    }

    /// Decides whether a user may do something. All three files matter: the schema decides whether the question is valid.
    pub fn decide(self, snapshot: &GroupSnapshot, question: &Question) -> anyhow::Result<Decision> {
        let (policies, validator, known) = self.parts(snapshot);
        let release = RestrictedExpression::new_entity_uid(release::uid(policies.release));
        let request = Request::new(
            question.principal.clone(),
            question.action.clone(),
            question.resource.clone(),
            Context::from_pairs([("release".to_owned(), release)])?,
            Some(validator.schema()),
        )?;
        let response = Authorizer::new().is_authorized(&request, &policies.set, &known.entities);
        // Cedar skips a policy that fails, and still answers.
        if let Some(error) = response.diagnostics().errors().next() {
            bail!("{error}");
        }
        Ok(response.decision())
    }

    fn parts(self, snapshot: &GroupSnapshot) -> (&Policies, &Validator, &Known) {
        (
            &snapshot[self.policies],
            &snapshot[self.schema],
            &snapshot[self.entities],
        )
    }
}

/// A request: who wants to do what with which document.
pub struct Question {
    pub principal: EntityUid,
    pub action: EntityUid,
    pub resource: EntityUid,
}

/// The content of the file of policies.
struct Policies {
    set: PolicySet,
    /// The release according to the annotation `@release`.
    release: u32,
    text: Text,
}

/// The content of the file of entities.
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

/// The file of the schema. Its value is the validator of the schema.
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

/// The file of entities. They are checked against the schema once both are in one snapshot of the group.
struct EntityFile;

impl Decode for EntityFile {
    type Value = Known;

    fn decode(&self, bytes: &[u8], name: &str) -> Result<Known, Error> {
        let text = Text::new(bytes, name)?;
        // This decoder reports the line of a JSON syntax error.
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
