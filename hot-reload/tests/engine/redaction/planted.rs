//! Random secrets, and random names for their keys.

use super::dice::Dice;

const NAMES: [&[&str]; 46] = [
    &["password"],
    &["passwd"],
    &["passphrase"],
    &["pwd"],
    &["pass"],
    &["secret"],
    &["token"],
    &["api", "key"],
    &["apikey"],
    &["access", "key"],
    &["access", "token"],
    &["refresh", "token"],
    &["private", "key"],
    &["signing", "key"],
    &["encryption", "key"],
    &["client", "secret"],
    &["aws", "secret", "access", "key"],
    &["credential"],
    &["creds"],
    &["psk"],
    &["session"],
    &["session", "key"],
    &["session", "cookie"],
    &["signing"],
    &["signature"],
    &["license"],
    &["licence", "key"],
    &["webhook"],
    &["webhook", "url"],
    &["slack", "webhook"],
    &["endpoint"],
    &["connection"],
    &["connection", "string"],
    &["database", "url"],
    &["redis", "uri"],
    &["dsn"],
    &["sentry", "dsn"],
    &["auth"],
    &["authorization"],
    &["bearer"],
    &["jwt"],
    &["hmac", "key"],
    &["salt"],
    &["master", "key"],
    &["auth", "token"],
    &["bot", "token"],
];

const PREFIXES: [&str; 10] = [
    "db", "my", "prod", "admin", "upstream", "old", "github", "smtp", "main", "root",
];

/// A name of a secret, in any spelling.
pub(super) fn name(dice: &mut Dice) -> String {
    let mut words: Vec<String> = dice.pick(&NAMES).iter().map(ToString::to_string).collect();
    if dice.below(3) == 0 {
        words.insert(0, (*dice.pick(&PREFIXES)).to_owned());
    }
    if dice.below(4) == 0
        && let Some(last) = words.last_mut()
        && !last.ends_with('s')
    {
        last.push('s');
    }
    spelt(dice, &words)
}

/// These words in any spelling.
fn spelt(dice: &mut Dice, words: &[String]) -> String {
    let capital = |word: &String| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    };
    match dice.below(5) {
        0 => words.join("_"),
        1 => words.join("-"),
        2 => words.join("_").to_uppercase(),
        3 => words.iter().map(capital).collect(),
        _ => {
            let rest: String = words[1..].iter().map(capital).collect();
            words[0].clone() + &rest
        }
    }
}

/// A name of an identifier or of an address, and such a value.
pub(super) fn harmless(dice: &mut Dice) -> (String, String) {
    let hex =
        |dice: &mut Dice, count: usize| "a7".to_owned() + &dice.text("0123456789abcdef", count - 2);
    let host = *dice.pick(&[
        "db",
        "localhost",
        "kafka-0.kafka",
        "auth-service",
        "10.0.0.1",
        "[::1]",
    ]);
    let port = 1 + dice.below(65_535);
    let (names, value): (&[&[&str]], String) = match dice.below(6) {
        0 => (
            &[&["commit"], &["git", "sha"], &["revision"]],
            hex(dice, 40),
        ),
        1 => (
            &[&["trace", "id"], &["request", "id"], &["id"]],
            hex(dice, 32),
        ),
        2 => {
            let groups = [8, 4, 4, 4, 12].map(|count| hex(dice, count));
            (
                &[&["id"], &["user", "id"], &["uuid"], &["tenant", "id"]],
                groups.join("-"),
            )
        }
        3 => (
            &[&["digest"], &["image", "digest"], &["etag"], &["checksum"]],
            hex(dice, 32),
        ),
        4 => (
            &[
                &["endpoint"],
                &["broker"],
                &["redis", "url"],
                &["otlp", "endpoint"],
            ],
            format!("{host}:{port}"),
        ),
        _ => (
            &[&["brokers"], &["bootstrap", "urls"]],
            format!("{host}:{port},b:9092"),
        ),
    };
    let words: Vec<String> = dice.pick(names).iter().map(ToString::to_string).collect();
    (spelt(dice, &words), value)
}

/// A secret.
pub(super) struct Planted {
    /// The text in the content.
    pub(super) text: String,
    /// The part that must never appear.
    pub(super) heart: String,
    /// Whether its form alone identifies it, anywhere in a text.
    pub(super) is_marked: bool,
}

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz";
const BASE36: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
const BASE62: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A secret of any shape.
pub(super) fn secret(dice: &mut Dice) -> Planted {
    let word = dice.text(LETTERS, 6) + &dice.text("0123456789", 2) + &dice.text(LETTERS, 4);
    let (text, heart, is_marked) = match dice.below(30) {
        0 | 1 => (word.clone(), word, false),
        2 => {
            let letters = [
                "swordfish",
                "correct",
                "horse",
                "battery",
                "staple",
                "monkey",
                "dragon",
            ];
            let word: String = (0..3).map(|_| *dice.pick(&letters)).collect();
            (word.clone(), word, false)
        }
        3 => (format!("Bearer {word}"), word, true),
        4 => {
            let body = dice.text(BASE62, 24) + "==";
            (format!("Basic {body}"), body, true)
        }
        5 => {
            let body = dice.text(BASE62, 64);
            (
                format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"),
                body,
                true,
            )
        }
        6 => {
            let body = format!("{}.{}", dice.text(BASE62, 40), dice.text(BASE62, 30));
            (format!("eyJhbGciOiJIUzI1NiJ9.{body}"), body, true)
        }
        7 => marked(dice, &["sk_live_", "sk_test_", "rk_live_", "pk_live_"], 24),
        8 => marked(dice, &["ghp_", "gho_", "ghs_", "github_pat_"], 36),
        9 => marked(
            dice,
            &["glpat-", "xoxb-", "xoxp-", "hvs.", "npm_", "SG."],
            20,
        ),
        10 => {
            let body = dice.text(UPPER, 16);
            let prefix = *dice.pick(&["AKIA", "ASIA"]);
            (format!("{prefix}{body}"), body, true)
        }
        11 => marked(dice, &["AIza"], 35),
        12 | 13 => {
            let scheme = *dice.pick(&["postgres", "redis", "amqp", "https", "mongodb+srv"]);
            let user = *dice.pick(&["me", "", "admin"]);
            (
                format!("{scheme}://{user}:{word}@db.example.org:5432/app?sslmode=on"),
                word,
                true,
            )
        }
        14 => {
            let name = *dice.pick(&[
                "token",
                "sig",
                "api_key",
                "access_token",
                "X-Amz-Signature",
                "secret",
            ]);
            (
                format!("https://example.org/hook?x=1&{name}={word}&y=2"),
                word,
                true,
            )
        }
        15 => {
            let name = *dice.pick(&[
                "Password",
                "pwd",
                "AccountKey",
                "SharedAccessKey",
                "password",
            ]);
            (
                format!("Server=db;User=me;{name}={word};Timeout=3"),
                word,
                true,
            )
        }
        16 => (format!("host=db user=me password={word}"), word, true),
        17 => {
            let length = 24 + dice.below(40);
            let body = dice.text("0123456789abcdef", length);
            // Without a letter, or without a digit, it is a number or a word.
            let body = format!("a7{body}");
            (body.clone(), body, true)
        }
        18 | 19 => {
            let length = 24 + dice.below(40);
            let body = random(dice, BASE62, length);
            (body.clone(), body, true)
        }
        20 => {
            let length = 24 + dice.below(20);
            let body = random(dice, BASE36, length);
            (body.clone(), body, true)
        }
        21 => {
            let body = random(dice, &format!("{BASE62}+/"), 44) + "=";
            (body.clone(), body, true)
        }
        22 => (format!("the new one is {word} from today on"), word, true),
        23 | 24 => {
            let command = *dice.pick(&[
                "curl -u me:{} https://example.org",
                "curl --user=me:{} example.org",
                "curl -ume:{} example.org",
                "wget --http-password {} example.org",
                "mysql -u root -p{}",
                "redis-cli -a {} ping",
                "deploy --token {}",
                "http -a 'me:{}' example.org",
            ]);
            (command.replace("{}", &word), word, true)
        }
        25 | 26 => {
            let query = *dice.pick(&[
                "https://example.org/callback?code={}&x=1",
                "https://example.org/?x=1&ticket={}",
                "/login?state={}",
                "https://example.org/#access_token={}&x=1",
                "example.org/reset?invite={}#top",
                "https://example.org/?session={}",
            ]);
            (query.replace("{}", &word), word, true)
        }
        27 | 28 => {
            let card = card(dice);
            (card.clone(), card, true)
        }
        _ => (format!("{{\"password\": \"{word}\"}}"), word, true),
    };
    Planted {
        text,
        heart,
        is_marked,
    }
}

/// Random text with a digit in every third place. The detection of random text is statistical. It misses a few texts with
/// long runs of letters; `entropy.rs` has the rate and its test.
fn random(dice: &mut Dice, alphabet: &str, length: usize) -> String {
    let text = dice.text(alphabet, length);
    let digits = dice.text("0123456789", length);
    let each = text.chars().zip(digits.chars()).enumerate();
    each.map(|(at, (letter, digit))| if at % 3 == 2 { digit } else { letter })
        .collect()
}

/// A number of a payment card, with or without separators.
fn card(dice: &mut Dice) -> String {
    let (prefix, length) = *dice.pick(&[
        ("4", 16),
        ("51", 16),
        ("2221", 16),
        ("34", 15),
        ("6011", 16),
    ]);
    let mut digits = prefix.to_owned() + &dice.text("0123456789", length - prefix.len() - 1);
    let is_valid = |digits: &str| {
        let doubled = |(at, digit): (usize, u8)| match (at % 2, u32::from(digit - b'0')) {
            (1, digit) => digit * 2 / 10 + digit * 2 % 10,
            (_, digit) => digit,
        };
        digits.bytes().rev().enumerate().map(doubled).sum::<u32>() % 10 == 0
    };
    let check = (b'0'..=b'9')
        .map(char::from)
        .find(|check| is_valid(&format!("{digits}{check}")));
    digits.extend(check);
    let divider = *dice.pick(&["", " ", "-"]);
    let groups = digits.as_bytes().chunks(4).map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join(divider)
}

fn marked(dice: &mut Dice, prefixes: &[&str], length: usize) -> (String, String, bool) {
    let body = dice.text(BASE62, length - 1) + "7";
    (format!("{}{body}", dice.pick(prefixes)), body, true)
}

/// A part of the secret of eight characters that appears in this text.
pub(super) fn part_in<'a>(planted: &'a Planted, text: &str) -> Option<&'a str> {
    let heart = &planted.heart;
    let parts = (0..=heart.len().saturating_sub(8)).map(|at| &heart[at..at + 8]);
    parts.into_iter().find(|part| text.contains(part))
}
