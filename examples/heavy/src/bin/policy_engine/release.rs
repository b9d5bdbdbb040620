//! [`Release`]: the three files of one release, and what they mean.

use std::fmt;

use cedar_policy::{EntityId, EntityTypeName, EntityUid};

use super::engine::{ENTITIES, POLICIES, Question, SCHEMA};

/// One release of policies, schema and entities. Each file names it. Each release changes the levels of the documents and
/// inverts the rule, so files of different releases give wrong answers or none.
#[derive(Clone, Copy)]
pub struct Release(pub u32);

impl Release {
    /// The name and the text of each file.
    pub fn files(self) -> [(&'static str, String); 3] {
        [
            (SCHEMA, self.schema()),
            (POLICIES, self.policies()),
            (ENTITIES, self.entities()),
        ]
    }

    fn schema(self) -> String {
        let Self(number) = self;
        format!(
            r#"entity Release enum ["{number}"];
entity User {{ clearance: Long }};
entity Document {{ level: Long, release: Release }};
action read appliesTo {{
    principal: User,
    resource: Document,
    context: {{ release: Release }}
}};
"#
        )
    }

    fn policies(self) -> String {
        let Self(number) = self;
        let rule = if self.is_strict() { ">=" } else { "<" };
        format!(
            r#"@release("{number}")
permit (principal is User, action == Action::"read", resource is Document)
when {{ context.release == Release::"{number}" && resource.release == Release::"{number}" }}
when {{ principal.clearance {rule} resource.level }};
"#
        )
    }

    fn entities(self) -> String {
        let Self(number) = self;
        let users = (0..USERS).map(|user| {
            format!(
                r#"{{ "uid": {{ "type": "User", "id": "{user}" }}, "attrs": {{ "clearance": {user} }}, "parents": [] }}"#
            )
        });
        let documents = (0..DOCUMENTS).map(|document| {
            let level = self.level(document);
            format!(
                r#"{{ "uid": {{ "type": "Document", "id": "{document}" }}, "attrs": {{ "level": {level},
    "release": {{ "__entity": {{ "type": "Release", "id": "{number}" }} }} }}, "parents": [] }}"#
            )
        });
        let all: Vec<_> = users.chain(documents).collect();
        format!("[\n{}\n]\n", all.join(",\n"))
    }

    fn level(self, document: u32) -> u32 {
        (document + self.0) % USERS
    }

    fn is_strict(self) -> bool {
        self.0 % 2 == 1
    }
}

/// A user who wants to read a document.
pub struct Case {
    user: u32,
    document: u32,
    pub question: Question,
}

impl Case {
    pub fn all() -> Vec<Self> {
        let pairs =
            (0..USERS).flat_map(|user| (0..DOCUMENTS).map(move |document| (user, document)));
        let case = |(user, document)| Self {
            user,
            document,
            question: Question {
                principal: entity("User", user),
                action: entity("Action", "read"),
                resource: entity("Document", document),
            },
        };
        pairs.map(case).collect()
    }

    /// The intended decision, computed without policies.
    pub fn is_allowed_by(&self, release: Release) -> bool {
        (self.user >= release.level(self.document)) == release.is_strict()
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, document, .. } = self;
        write!(f, "that user {user} may read document {document}")
    }
}

pub fn uid(release: u32) -> EntityUid {
    entity("Release", release)
}

fn entity(kind: &str, id: impl ToString) -> EntityUid {
    let kind: EntityTypeName = kind.parse().expect("a word is the name of a type");
    EntityUid::from_type_name_and_id(kind, EntityId::new(id.to_string()))
}

/// A mistake in one file.
pub struct Typo {
    file: &'static str,
    right: &'static str,
    wrong: &'static str,
    /// The file, the line and the column that the error must name.
    pub place: &'static str,
}

impl Typo {
    pub fn put_into(&self, files: &[(&'static str, String); 3]) -> [(&'static str, String); 3] {
        files.clone().map(|(name, text)| {
            let wrong = name == self.file;
            let text = if wrong {
                text.replace(self.right, self.wrong)
            } else {
                text
            };
            (name, text)
        })
    }
}

pub const TYPOS: [Typo; 4] = [
    Typo {
        file: POLICIES,
        right: "when {",
        wrong: "wehn {",
        place: "policies.cedar:3:1: ",
    },
    Typo {
        file: SCHEMA,
        right: "entity User",
        wrong: "entitty User",
        place: "schema.cedarschema:2:1: ",
    },
    Typo {
        file: ENTITIES,
        right: "\"level\":",
        wrong: "level:",
        place: "entities.json:7:56: ",
    },
    // The policies are valid alone, but the schema has no such attribute.
    Typo {
        file: POLICIES,
        right: "resource.level",
        wrong: "resource.levle",
        place: "policies.cedar:4:30: ",
    },
];

const USERS: u32 = 5;
const DOCUMENTS: u32 = 5;
