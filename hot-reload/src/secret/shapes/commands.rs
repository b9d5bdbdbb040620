//! Detects credentials in command lines: `curl -u me:hunter2`, `--password hunter2`, `mysql -phunter2`.

use std::ops::Range;

use super::super::names::{Level, level};
use super::super::plain::is_path;
use super::named::quoted;
use super::words::{Text, is_delimiter, is_plain_word, place, tokens};

/// Flags whose value is a user and a password with a colon between them.
const USER: [&str; 14] = [
    "-u",
    "-U",
    "-a",
    "-A",
    "--user",
    "--proxy-user",
    "--proxy-auth",
    "--auth",
    "--basic",
    "--basic-auth",
    "--creds",
    "--credentials",
    "--login",
    "--userpass",
];

/// Programs with a short flag for a password.
const CLIENTS: [(&str, Short); 21] = [
    ("mysql", Short::joined("-p")),
    ("mysqldump", Short::joined("-p")),
    ("mysqladmin", Short::joined("-p")),
    ("mariadb", Short::joined("-p")),
    ("mariadb-dump", Short::joined("-p")),
    ("7z", Short::joined("-p")),
    ("sshpass", Short::any("-p")),
    ("mongo", Short::any("-p")),
    ("mongosh", Short::any("-p")),
    ("mongodump", Short::any("-p")),
    ("mongorestore", Short::any("-p")),
    // `docker login`, `az login`.
    ("login", Short::any("-p")),
    ("redis-cli", Short::any("-a")),
    ("valkey-cli", Short::any("-a")),
    ("ldapsearch", Short::any("-w")),
    ("ldapadd", Short::any("-w")),
    ("ldapmodify", Short::any("-w")),
    ("ldapwhoami", Short::any("-w")),
    ("sqlcmd", Short::any("-P")),
    ("ipmitool", Short::any("-P")),
    ("zip", Short::any("-P")),
];

/// A short flag for a password.
#[derive(Clone, Copy)]
struct Short {
    name: &'static str,
    /// Whether the password must follow without a blank.
    is_joined: bool,
}

impl Short {
    const fn joined(name: &'static str) -> Self {
        Self {
            name,
            is_joined: true,
        }
    }

    const fn any(name: &'static str) -> Self {
        Self {
            name,
            is_joined: false,
        }
    }
}

/// Words that follow the name of a flag in a sentence about it.
const PROSE: [&str; 32] = [
    "and", "are", "as", "because", "but", "cannot", "expects", "flag", "for", "given", "has", "in",
    "is", "may", "missing", "must", "needs", "not", "of", "on", "option", "or", "required",
    "requires", "should", "takes", "to", "twice", "was", "which", "with", "without",
];

/// Finds the passwords after the flags of a command line.
pub(super) fn flags(text: &str, kind: Text, found: &mut Vec<Range<usize>>) {
    let mut short = None;
    let mut done = 0;
    for token in tokens(text) {
        if token.start < done {
            continue;
        }
        let word = &text[token.clone()];
        if !word.starts_with('-') {
            let program = word.rsplit('/').next().unwrap_or(word);
            let client = CLIENTS.iter().find(|(name, _)| *name == program);
            short = client.map(|(_, flag)| *flag).or(short);
            continue;
        }
        let Some(value) = value_of(text, &token, short) else {
            continue;
        };
        let password = match value.flag {
            Flag::User => password_of(value.text),
            Flag::Password => Some(value.text)
                .filter(|password| kind == Text::Value || value.is_joined || !is_prose(password)),
        };
        if let Some(password) = password.filter(|password| !password.is_empty()) {
            let range = place(text, password);
            done = range.end;
            found.push(range);
        }
    }
}

enum Flag {
    User,
    Password,
}

/// The value of a flag.
struct Value<'a> {
    flag: Flag,
    text: &'a str,
    /// Whether it follows the flag without a blank.
    is_joined: bool,
}

/// The value of the flag at this range, joined to it or after a blank.
fn value_of<'a>(text: &'a str, token: &Range<usize>, short: Option<Short>) -> Option<Value<'a>> {
    let word = &text[token.clone()];
    let (name, joined) = match word.split_once('=') {
        Some((name, _)) => (name, Some(&text[token.start + name.len() + 1..])),
        None => (word, None),
    };
    let next = || {
        let behind = &text[token.end..];
        let value = behind.trim_start();
        (value.len() < behind.len() && !value.starts_with('-')).then_some(value)
    };
    let is_joined = joined.is_some();
    let value = |flag, value: Option<&'a str>, is_joined| {
        Some(Value {
            flag,
            text: first(value?),
            is_joined,
        })
    };
    if let Some(short) = short
        && let Some(rest) = word.strip_prefix(short.name)
    {
        return match rest.is_empty() {
            false => value(Flag::Password, Some(&text[token.end - rest.len()..]), true),
            true if short.is_joined => None,
            true => value(Flag::Password, next(), true),
        };
    }
    if USER.contains(&name) {
        return value(Flag::User, joined.or_else(next), is_joined);
    }
    if let Some(rest) = word.strip_prefix("-u").filter(|rest| rest.contains(':')) {
        return value(Flag::User, Some(&text[token.end - rest.len()..]), true);
    }
    let letters = name.trim_start_matches('-');
    let names_secret = letters.len() >= 3 && level(Level::Plain, letters) == Level::Secret;
    match names_secret {
        true => value(Flag::Password, joined.or_else(next), is_joined),
        false => None,
    }
}

/// The first word of a text, or the content of its quotes if it begins with one.
fn first(text: &str) -> &str {
    quoted(text).unwrap_or_else(|| text.split(is_delimiter).next().unwrap_or(""))
}

/// The password in `me:hunter2`. Numeric users and groups, and addresses, have none.
fn password_of(value: &str) -> Option<&str> {
    let (user, password) = value.split_once(':')?;
    let is_number = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
    let has_none = password.starts_with("//") || (is_number(user) && is_number(password));
    (!has_none).then_some(password)
}

/// Whether this is the next word of a sentence or a file name, and not a password.
fn is_prose(value: &str) -> bool {
    is_path(value) || (is_plain_word(value) && PROSE.contains(&value.to_lowercase().as_str()))
}
