//! Which file of a crate imports which. A path is followed through re-exports to the file that defines its name. So neither
//! `mod x;` nor a re-export in a table of contents counts as an import.

use std::collections::{BTreeMap, BTreeSet};

/// The path of a module below the crate. The root is empty.
pub(crate) type Module = Vec<String>;

/// The files of a crate by their modules.
pub(crate) struct Crate {
    files: BTreeMap<Module, File>,
}

/// The paths that a file names.
#[derive(Default)]
struct File {
    uses: Vec<Use>,
    /// The modules that it declares.
    children: BTreeSet<String>,
    /// The public names.
    public_children: BTreeSet<String>,
    /// The items that it defines as `pub`.
    public_items: BTreeSet<String>,
    /// Paths in its code, outside of `use`.
    paths: Vec<Vec<String>>,
    /// Every identifier in its code, outside of `use`.
    words: BTreeSet<String>,
}

struct Use {
    /// A re-export, for other crates or within this one.
    is_public: bool,
    /// A re-export for other crates.
    is_exported: bool,
    path: Vec<String>,
    /// The name that it brings in. `*` for all.
    name: String,
}

/// A file that names something of another file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Import {
    pub(crate) from: Module,
    /// The file that defines the name.
    pub(crate) to: Module,
    /// The path as it is written.
    pub(crate) path: String,
}

impl Crate {
    /// From modules such as `service::machine` and their texts, without comments and tests.
    pub(crate) fn new<'f>(files: impl IntoIterator<Item = (&'f str, String)>) -> Self {
        let files = files.into_iter().map(|(module, text)| {
            let module = module.split("::").filter(|name| !name.is_empty());
            (module.map(str::to_owned).collect(), File::parse(&text))
        });
        Self {
            files: files.collect(),
        }
    }

    /// Every import of one file from another.
    pub(crate) fn imports(&self) -> BTreeSet<Import> {
        let mut imports = BTreeSet::new();
        for (from, file) in &self.files {
            // A re-export is an import if the file uses the name itself.
            let uses = file.uses.iter();
            let uses = uses.filter(|of| !of.is_public || file.words.contains(&of.name));
            for path in uses.map(|of| &of.path).chain(&file.paths) {
                let to = self.start(from, path);
                let to = to.and_then(|(base, rest)| self.resolve(base, rest, &mut Vec::new()));
                if let Some(to) = to.filter(|to| to != from) {
                    imports.insert(Import {
                        from: from.clone(),
                        to,
                        path: path.join("::"),
                    });
                }
            }
        }
        imports
    }

    /// The public names of a module and of the public modules below it: each path, with the file that defines the name.
    pub(crate) fn surface(&self) -> BTreeMap<Module, Module> {
        let mut surface = BTreeMap::new();
        self.add_surface(&Vec::new(), &Vec::new(), &mut surface);
        surface
    }

    /// Adds the public names of the module `at`, which users find at the path `shown`.
    fn add_surface(&self, at: &Module, shown: &Module, surface: &mut BTreeMap<Module, Module>) {
        let below =
            |path: &Module, name: &String| [path.as_slice(), std::slice::from_ref(name)].concat();
        let file = &self.files[at];
        for name in &file.public_items {
            surface.insert(below(shown, name), at.clone());
        }
        for name in &file.public_children {
            self.add_surface(&below(at, name), &below(shown, name), surface);
        }
        for of in file.uses.iter().filter(|of| of.is_exported) {
            let Some((base, rest)) = self.start(at, &of.path) else {
                // A name of another crate.
                surface.insert(below(shown, &of.name), of.path.clone());
                continue;
            };
            let Some(to) = self.resolve(base, rest, &mut Vec::new()) else {
                continue;
            };
            // The path leads to a module itself, or to a name in one.
            match to.last() == of.path.last() && !self.files[&to].public_items.contains(&of.name) {
                true => self.add_surface(&to, &below(shown, &of.name), surface),
                false => _ = surface.insert(below(shown, &of.name), to),
            }
        }
    }

    /// The module at which a path begins, and what follows. `None` for a path into another crate.
    fn start(&self, at: &Module, path: &[String]) -> Option<(Module, Vec<String>)> {
        let head = path.first()?.as_str();
        let rest = |from: usize| path[from..].to_vec();
        match head {
            "crate" => Some((Vec::new(), rest(1))),
            "self" => Some((at.clone(), rest(1))),
            "super" => {
                let ups = path.iter().take_while(|name| *name == "super").count();
                let base = at[..at.len().checked_sub(ups)?].to_vec();
                Some((base, rest(ups)))
            }
            child if self.files[at].children.contains(child) => Some((at.clone(), rest(0))),
            _ => None,
        }
    }

    /// The file in which the name at the end of a path is defined.
    fn resolve(
        &self,
        mut at: Module,
        rest: Vec<String>,
        seen: &mut Vec<(Module, String)>,
    ) -> Option<Module> {
        for (place, name) in rest.iter().enumerate() {
            let mut child = at.clone();
            child.push(name.clone());
            if self.files.contains_key(&child) {
                at = child;
                continue;
            }
            let step = (at.clone(), name.clone());
            let brought = self.files.get(&at)?.uses.iter();
            let mut brought = brought.filter(|of| of.name == *name);
            let Some(of) = brought.next().filter(|_| !seen.contains(&step)) else {
                return Some(at);
            };
            seen.push(step);
            let (base, mut path) = self.start(&at, &of.path)?;
            path.extend_from_slice(&rest[place + 1..]);
            return self.resolve(base, path, seen);
        }
        Some(at)
    }
}

/// The imports that lie on a cycle.
pub(crate) fn cycles(imports: &BTreeSet<Import>) -> Vec<&Import> {
    let mut next: BTreeMap<&Module, BTreeSet<&Module>> = BTreeMap::new();
    for import in imports {
        next.entry(&import.from).or_default().insert(&import.to);
    }
    let reaches = |from: &Module, to: &Module| {
        let mut seen = BTreeSet::new();
        let mut left = vec![from];
        while let Some(at) = left.pop() {
            if at == to {
                return true;
            }
            if seen.insert(at) {
                left.extend(next.get(at).into_iter().flatten());
            }
        }
        false
    };
    let on_cycle = |import: &&Import| reaches(&import.to, &import.from);
    imports.iter().filter(on_cycle).collect()
}

impl File {
    fn parse(text: &str) -> Self {
        let tokens = tokens(text);
        let is = |at: usize, token: &str| tokens.get(at).is_some_and(|this| this == token);
        let mut file = Self::default();
        let mut at = 0;
        let mut depth = 0;
        while at < tokens.len() {
            let is_exported = depth == 0 && at > 0 && is(at - 1, "pub");
            match tokens[at].as_str() {
                "{" => {
                    depth += 1;
                    at += 1;
                }
                "}" => {
                    depth -= 1;
                    at += 1;
                }
                // `pub(in some::module)` is no import.
                "pub" if is(at + 1, "(") => {
                    while !is(at, ")") {
                        at += 1;
                    }
                    at += 1;
                }
                "use" if !is(at + 1, "<") => {
                    let is_public = at > 0 && (is(at - 1, "pub") || is(at - 1, ")"));
                    at += 1;
                    let mut found = Vec::new();
                    tree(&tokens, &mut at, &[], &mut found);
                    file.uses.extend(found.into_iter().map(|(path, name)| Use {
                        is_public,
                        is_exported,
                        path,
                        name,
                    }));
                }
                "mod" if is(at + 2, ";") => {
                    file.children.insert(tokens[at + 1].clone());
                    if is_exported {
                        file.public_children.insert(tokens[at + 1].clone());
                    }
                    at += 3;
                }
                word if is_exported && ITEMS.contains(&word) => {
                    // Of `const fn` and `async fn`, the last word.
                    while is(at, "const") && is(at + 1, "fn") || is(at, "async") {
                        at += 1;
                    }
                    file.public_items.insert(tokens[at + 1].clone());
                    at += 1;
                }
                word if is_word(word) => {
                    let is_macro = at > 0 && is(at - 1, "$");
                    let mut path = vec![word.to_owned()];
                    at += 1;
                    while is(at, "::") && tokens.get(at + 1).is_some_and(|next| is_word(next)) {
                        path.push(tokens[at + 1].clone());
                        at += 2;
                    }
                    file.words.extend(path.iter().cloned());
                    if path.len() > 1 && !is_macro {
                        file.paths.push(path);
                    }
                }
                _ => at += 1,
            }
        }
        file
    }
}

/// The words that begin an item.
const ITEMS: &[&str] = &[
    "struct", "enum", "trait", "union", "type", "fn", "async", "const", "static",
];

/// Takes the tree of a `use` apart: each path, and the name that it brings in.
fn tree(
    tokens: &[String],
    at: &mut usize,
    prefix: &[String],
    into: &mut Vec<(Vec<String>, String)>,
) {
    let mut path = prefix.to_vec();
    let mut alias = None;
    while let Some(token) = tokens.get(*at) {
        *at += 1;
        match token.as_str() {
            "{" => {
                while tokens.get(*at).is_some_and(|token| token != "}") {
                    tree(tokens, at, &path, into);
                    if tokens.get(*at).is_some_and(|token| token == ",") {
                        *at += 1;
                    }
                }
                *at += 1;
                return;
            }
            "," | "}" | ";" => {
                *at -= 1;
                break;
            }
            "::" => {}
            "as" => {
                alias = tokens.get(*at).cloned();
                *at += 1;
            }
            "self" if !path.is_empty() => {}
            name => path.push(name.to_owned()),
        }
    }
    let name = alias.or_else(|| path.last().cloned()).unwrap_or_default();
    if path.last().is_some_and(|last| last == "*") {
        path.pop();
    }
    into.push((path, name));
}

fn is_word(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// Words, `::` and single characters; no strings.
fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<_> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let rest = &chars[at..];
        match rest {
            ['r', '#', '"', ..] => {
                at += 3;
                while at < chars.len() && !chars[at..].starts_with(&['"', '#']) {
                    at += 1;
                }
                at += 2;
            }
            ['"', ..] => {
                at += 1;
                while at < chars.len() && chars[at] != '"' {
                    at += if chars[at] == '\\' { 2 } else { 1 };
                }
                at += 1;
            }
            ['\'', '\\', _, '\'', ..] => at += 4,
            ['\'', _, '\'', ..] => at += 3,
            [':', ':', ..] => {
                tokens.push("::".to_owned());
                at += 2;
            }
            [first, ..] if first.is_alphabetic() || *first == '_' => {
                let end = rest.iter().position(|c| !c.is_alphanumeric() && *c != '_');
                let end = end.unwrap_or(rest.len());
                tokens.push(rest[..end].iter().collect());
                at += end;
            }
            [first, ..] => {
                if !first.is_whitespace() {
                    tokens.push(first.to_string());
                }
                at += 1;
            }
            [] => break,
        }
    }
    tokens
}
