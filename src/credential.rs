//! Credentials in a text: what lets in whoever knows it.
//!
//! A credential is recognised by its structure first: a prefix that its issuer has chosen, a key that can be decoded, a signed
//! token, the password in a URL. What merely has that structure is told from it by how random it looks. Texts without any of the
//! beginnings, which is nearly all of them, are passed over once.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine};

/// A credential in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credential {
    /// What it is, with an article.
    pub name: &'static str,
    /// The offset in the text at which it was recognised.
    pub start: usize,
}

/// How a kind of credential is recognised.
struct Shape {
    /// What it is, with an article.
    name: &'static str,
    /// What it begins with, or has at the place where it is recognised.
    mark: &'static str,
    form: Form,
}

/// What stands around a mark.
enum Form {
    /// Behind it follow so many characters of a kind, which look random.
    Word(fn(u8) -> bool, RangeInclusive<usize>),
    /// What stands in front of it and behind it tells.
    Text(fn(&str, &str) -> bool),
}

use Form::{Text, Word};

/// What a text has to be as long as: the shortest credentials are passwords in URLs.
const SHORTEST: usize = 16;

const GITHUB: &str = "a GitHub token";
const GITLAB: &str = "a GitLab token";
const SLACK: &str = "a Slack token";

/// The kinds of credentials. Their forms are from what the issuers document; where they do not, from gitleaks v8.28,
/// `config/gitleaks.toml`.
static SHAPES: &[Shape] = &[
    shape("a private key", "-----BEGIN ", Text(is_private_key)),
    shape("a private key", "LS0tLS1CRUdJTi", Text(is_encoded_key)),
    shape("an age private key", "AGE-SECRET-KEY-1", Word(is_alphanumeric, 58..=58)),
    shape("a signed token", "eyJ", Text(is_signed_token)),
    shape("a URL with a password", "://", Text(has_password)),
    shape("a token for a cluster", "token: ", Text(is_kubeconfig_token)),
    shape("a password for a registry", "\"auth", Text(is_registry_login)),
    shape("an AWS secret access key", "aws_secret_access_key", Text(is_aws_assignment)),
    shape("an AWS secret access key", "AWS_SECRET_ACCESS_KEY", Text(is_aws_assignment)),
    shape("an Azure storage key", "AccountKey=", Word(is_base64, 86..=88)),
    shape("an Azure access key", "SharedAccessKey=", Word(is_base64, 43..=44)),
    shape(GITHUB, "ghp_", Word(is_alphanumeric, 36..=255)),
    shape(GITHUB, "gho_", Word(is_alphanumeric, 36..=255)),
    shape(GITHUB, "ghu_", Word(is_alphanumeric, 36..=255)),
    shape(GITHUB, "ghs_", Word(is_alphanumeric, 36..=255)),
    shape(GITHUB, "ghr_", Word(is_alphanumeric, 36..=255)),
    shape(GITHUB, "github_pat_", Word(is_word, 82..=255)),
    shape(GITLAB, "glpat-", Word(is_dotted_word, 20..=300)),
    shape(GITLAB, "gldt-", Word(is_dotted_word, 20..=300)),
    shape(GITLAB, "glrt-", Word(is_dotted_word, 20..=300)),
    shape(GITLAB, "glptt-", Word(is_dotted_word, 20..=300)),
    shape(GITLAB, "glsoat-", Word(is_dotted_word, 20..=300)),
    shape(GITLAB, "glagent-", Word(is_dotted_word, 50..=300)),
    shape(SLACK, "xoxb-", Word(is_word, 30..=250)),
    shape(SLACK, "xoxp-", Word(is_word, 30..=250)),
    shape(SLACK, "xoxa-", Word(is_word, 30..=250)),
    shape(SLACK, "xoxr-", Word(is_word, 30..=250)),
    shape(SLACK, "xapp-", Word(is_word, 60..=250)),
    shape("a Slack webhook", "hooks.slack.com/services/", Word(is_base64, 40..=60)),
    shape("a Discord webhook", "discord.com/api/webhooks/", Word(is_path, 80..=110)),
    shape(GOOGLE_KEY, "AIza", Word(is_word, 35..=35)),
    shape("a Google client secret", "GOCSPX-", Word(is_word, 28..=28)),
    shape("a Stripe key", "sk_live_", Word(is_alphanumeric, 24..=247)),
    shape("a Stripe key", "rk_live_", Word(is_alphanumeric, 24..=247)),
    shape("an npm token", "npm_", Word(is_alphanumeric, 36..=36)),
    shape("a PyPI token", "pypi-AgE", Word(is_word, 70..=300)),
    shape("a SendGrid key", "SG.", Word(is_dotted_word, 66..=66)),
    shape("a Hugging Face token", "hf_", Word(is_alphanumeric, 34..=40)),
    shape("a DigitalOcean token", "dop_v1_", Word(is_hexadecimal, 64..=64)),
    shape("a Docker Hub token", "dckr_pat_", Word(is_word, 27..=27)),
    shape("a Docker Hub token", "dckr_oat_", Word(is_word, 32..=32)),
    shape("an OpenAI key", "sk-proj-", Word(is_word, 40..=200)),
    shape("an Anthropic key", "sk-ant-", Word(is_word, 80..=140)),
    shape("a Vault token", "hvs.", Word(is_word, 24..=300)),
    shape("a Vault token", "hvb.", Word(is_word, 90..=400)),
    shape("a Grafana token", "glsa_", Word(is_word, 41..=41)),
    shape("a Shopify token", "shpat_", Word(is_hexadecimal, 32..=32)),
    shape("a Databricks token", "dapi", Word(is_hexadecimal, 32..=32)),
    shape("a Tailscale key", "tskey-", Word(is_word, 20..=80)),
    shape("an Atlassian token", "ATATT3", Word(is_base64_url, 180..=200)),
];

/// The credentials that some pages show to every browser: those for maps and for Firebase.
pub const GOOGLE_KEY: &str = "a Google API key";

const fn shape(name: &'static str, mark: &'static str, form: Form) -> Shape {
    Shape { name, mark, form }
}

static MARKS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(SHAPES.iter().map(|shape| shape.mark)).ok()
});

/// Returns the first credential in a text.
#[must_use]
pub fn find(text: &str) -> Option<Credential> {
    if text.len() < SHORTEST {
        return None;
    }
    MARKS.as_ref()?.find_iter(text).find_map(|found| {
        let shape = SHAPES.get(found.pattern().as_usize())?;
        let (before, after) = (text.get(..found.start())?, text.get(found.end()..)?);
        let is_inside = before.bytes().next_back().is_some_and(|byte| byte.is_ascii_alphanumeric());
        let fits = match &shape.form {
            Text(fits) => fits(before, after),
            Word(_, _) if is_inside => false,
            Word(is_part, length) => {
                let word = run(after, *is_part);
                length.contains(&word.len()) && is_random(word) && (!is_part(b'-') || is_mixed(word))
            }
        };
        fits.then_some(Credential { name: shape.name, start: found.start() })
    })
}

/// Returns the longest beginning of a text that has only such characters, all of them of one byte.
fn run(text: &str, is_part: fn(u8) -> bool) -> &str {
    let end = text.bytes().position(|byte| !is_part(byte)).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

fn is_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn is_hexadecimal(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-".contains(&byte)
}

fn is_dotted_word(byte: u8) -> bool {
    is_word(byte) || byte == b'.'
}

fn is_path(byte: u8) -> bool {
    is_word(byte) || byte == b'/'
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)
}

fn is_base64_url(byte: u8) -> bool {
    is_word(byte) || byte == b'='
}

/// Tells whether what stands behind `-----BEGIN ` is a private key that no passphrase protects. What documentation shows is
/// shortened, so that its lengths do not fit.
fn is_private_key(_: &str, after: &str) -> bool {
    let Some((label, rest)) = after.split_once("-----") else { return false };
    let Some((body, _)) = rest.split_once("-----END ") else { return false };
    // In JSON, line breaks are escaped.
    let digits: String = body.replace("\\n", "").replace("\\r", "").split_ascii_whitespace().collect();
    let Ok(bytes) = BASE64_STANDARD.decode(digits) else { return false };
    match label {
        "PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" | "DSA PRIVATE KEY" => is_whole_sequence(&bytes),
        // The name of the cipher follows (openssh/openssh-portable, PROTOCOL.key).
        "OPENSSH PRIVATE KEY" => bytes.starts_with(b"openssh-key-v1\0\0\0\0\x04none"),
        _ => false,
    }
}

/// Tells whether bytes are one sequence of ASN.1, of the length that it says.
fn is_whole_sequence(bytes: &[u8]) -> bool {
    match bytes {
        [0x30, 0x82, high, low, rest @ ..] => rest.len() == usize::from(*high) << 8 | usize::from(*low),
        [0x30, 0x81, length, rest @ ..] | [0x30, length, rest @ ..] => rest.len() == usize::from(*length),
        _ => false,
    }
}

/// Tells whether what continues `-----BEGIN` in base64 is a private key.
fn is_encoded_key(_: &str, after: &str) -> bool {
    let encoded = format!("LS0tLS1CRUdJTi{}", run(after, is_base64));
    let text = BASE64_STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    text.is_some_and(|text| text.strip_prefix("-----BEGIN ").is_some_and(|after| is_private_key("", after)))
}

/// Tells whether what continues `{"` in base64 is a token that somebody has signed, and not one that everybody may know: that
/// of jwt.io, and those by which browsers get at Supabase.
fn is_signed_token(before: &str, after: &str) -> bool {
    const KNOWN: [&str; 4] = ["1234567890", "supabase-demo", "\"role\":\"anon\"", "\"role\": \"anon\""];
    /// An HMAC with SHA-256.
    const SHORTEST_SIGNATURE: usize = 32;
    let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).ok();
    let text = |part: &str| decode(part).and_then(|bytes| String::from_utf8(bytes).ok());
    let token = format!("eyJ{}", run(after, is_dotted_word));
    let mut parts = token.split('.');
    let (Some(head), Some(claims), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let is_inside = before.bytes().next_back().is_some_and(is_word);
    let is_head = |head: String| head.contains("\"alg\"") && !head.to_lowercase().contains("none");
    let is_claims = |claims: String| claims.starts_with('{') && !KNOWN.iter().any(|known| claims.contains(known));
    !is_inside
        && text(head).is_some_and(is_head)
        && text(claims).is_some_and(is_claims)
        && decode(signature).is_some_and(|bytes| bytes.len() >= SHORTEST_SIGNATURE)
        && is_random(signature)
}

/// Tells whether what stands behind `://` begins with a user and a password.
fn has_password(before: &str, after: &str) -> bool {
    let end = after.find(|c: char| c.is_whitespace() || "/?#\"'`<>,;|()\\".contains(c)).unwrap_or(after.len());
    let Some((user_info, host)) = after.get(..end).and_then(|authority| authority.rsplit_once('@')) else {
        return false;
    };
    let Some((user, password)) = user_info.split_once(':') else { return false };
    before.bytes().next_back().is_some_and(is_alphanumeric)
        && !host.is_empty()
        && (user.is_empty() || !password.contains(user))
        && is_password(password)
}

/// Tells whether what stands behind `token: ` is that of a user of a kubeconfig, which lists clusters before users.
fn is_kubeconfig_token(before: &str, after: &str) -> bool {
    const LEAST: usize = 16;
    let token = run(after.trim_start_matches(['"', '\'']), is_dotted_word);
    before.contains("clusters:") && before.contains("users:") && token.len() >= LEAST && is_random(token)
}

/// Tells whether what stands behind `"auth` is a user and a password, as the configuration of Docker has them.
fn is_registry_login(_: &str, after: &str) -> bool {
    // In a string of JSON, quotes are escaped.
    fn quoted(text: &str) -> Option<&str> {
        text.trim_start().trim_start_matches('\\').strip_prefix('"')
    }
    let value = quoted(after).and_then(|rest| quoted(rest.trim_start().strip_prefix(':')?)).unwrap_or_default();
    let login = BASE64_STANDARD.decode(run(value, is_base64)).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    login.is_some_and(|login| login.split_once(':').is_some_and(|(_, password)| is_password(password)))
}

/// Tells whether a secret of AWS is assigned to the name in front.
fn is_aws_assignment(_: &str, after: &str) -> bool {
    let value = after.trim_start_matches(|c: char| " \t\"'\\:=".contains(c));
    value.len() < after.len() && is_aws_secret(run(value, is_base64))
}

/// Tells whether a text is the public half of an access key of AWS.
#[must_use]
pub fn is_aws_key_id(text: &str) -> bool {
    let rest = text.strip_prefix("AKIA").or_else(|| text.strip_prefix("ASIA"));
    rest.is_some_and(|rest| {
        rest.len() == 16
            && rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            && !rest.ends_with("EXAMPLE")
    })
}

/// Tells whether a text may be the secret half of an access key of AWS, and no hash.
#[must_use]
pub fn is_aws_secret(text: &str) -> bool {
    let has = |is: fn(&u8) -> bool| text.bytes().any(|byte| is(&byte));
    text.len() == 40
        && text.bytes().all(|byte| is_base64(byte) && byte != b'=')
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_digit)
        && is_random(text)
}

/// Tells whether a text looks as if chance had made it: many different characters of several classes, in no order, and no word
/// by which people say that something is no secret.
#[must_use]
pub fn is_random(text: &str) -> bool {
    const FAKE: [&str; 15] = [
        "change",
        "replace",
        "your",
        "placeholder",
        "redacted",
        "example",
        "insert",
        "dummy",
        "fake",
        "sample",
        "xxxx",
        "0000",
        "1234567",
        "abcdef",
        "secret",
    ];
    const LEAST_BITS: f64 = 3.0;
    let lower = text.to_lowercase();
    let steps = text.bytes().zip(text.bytes().skip(1)).filter(|(a, b)| a.checked_add(1) == Some(*b)).count();
    bits_per_character(text) >= LEAST_BITS
        && classes(text) >= 2
        && steps * 3 < text.len()
        && !FAKE.iter().any(|word| lower.contains(word))
}

/// Tells whether upper case, lower case and digits alternate as they do not in words that are written together.
#[must_use]
pub fn is_mixed(text: &str) -> bool {
    let class = |byte: u8| (byte.is_ascii_digit(), byte.is_ascii_uppercase());
    let changes = text.bytes().zip(text.bytes().skip(1)).filter(|(a, b)| class(*a) != class(*b)).count();
    text.bytes().any(|byte| byte.is_ascii_uppercase())
        && text.bytes().any(|byte| byte.is_ascii_lowercase())
        && changes * 3 >= text.len()
}

/// Tells whether a text may be a password, and not one of a demonstration.
#[must_use]
pub fn is_password(text: &str) -> bool {
    const DEMO: [&str; 17] = [
        "password", "passwd", "passw0rd", "p@ssw0rd", "secret", "admin", "test", "demo", "user", "guest", "root",
        "1234", "qwerty", "letmein", "welcome", "default", "local",
    ];
    const LEAST_BITS: f64 = 2.5;
    let lower = text.to_lowercase();
    (8..=256).contains(&text.len())
        && !text.contains(|c: char| c.is_whitespace() || c == '%')
        && !is_placeholder(text)
        && !DEMO.iter().any(|word| lower.contains(word))
        && classes(text) >= 2
        && bits_per_character(text) >= LEAST_BITS
}

/// Counts the classes of characters that a text has some of: upper case, lower case, digits, others.
fn classes(text: &str) -> usize {
    let is_other = |byte: &u8| !byte.is_ascii_alphanumeric();
    let has = |is: &dyn Fn(&u8) -> bool| usize::from(text.bytes().any(|byte| is(&byte)));
    has(&u8::is_ascii_uppercase) + has(&u8::is_ascii_lowercase) + has(&u8::is_ascii_digit) + has(&is_other)
}

/// Returns the entropy of the bytes of a text.
fn bits_per_character(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let total: f64 = counts.iter().copied().map(f64::from).sum();
    let shares = counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / total);
    -shares.map(|share| share * share.log2()).sum::<f64>()
}

/// Tells whether a text stands for a secret that comes from somewhere else, or is none: empty, `<token>`, `{{ token }}`,
/// `${TOKEN}`, `ENC[…]`, `YOUR_TOKEN`, `changeme`, `…`.
#[must_use]
pub fn is_placeholder(text: &str) -> bool {
    const MARKS: [&str; 7] = ["<", "{{", "${", "$(", "ENC[", "...", "…"];
    const WORDS: [&str; 9] =
        ["change", "replace", "your", "placeholder", "redacted", "example", "insert", "dummy", "todo"];
    /// Longer ones are secrets that happen to have such letters in them.
    const LONGEST_WORD: usize = 40;
    let lower = text.to_lowercase();
    text.trim().is_empty()
        || MARKS.iter().any(|mark| text.contains(mark))
        || text.starts_with('$')
        || text.chars().all(|c| "xX*-_.? ".contains(c))
        || text.len() <= LONGEST_WORD && WORDS.iter().any(|word| lower.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns so many characters of a kind that look random, and are the same each time.
    fn noise(is_part: fn(u8) -> bool, length: usize) -> String {
        let alphabet: Vec<u8> = (b'0'..=b'z').filter(|byte| is_part(*byte) && byte.is_ascii_alphanumeric()).collect();
        let mut state = 7_usize;
        let mut next = || {
            state = (state * 75 + 74) % 65_537;
            char::from(alphabet[state % alphabet.len()])
        };
        (0..length).map(|_| next()).collect()
    }

    fn name(text: &str) -> Option<&'static str> {
        find(text).map(|credential| credential.name)
    }

    /// The key of RFC 8410, section 10.3, which stands there to be read.
    fn pem() -> String {
        let body = "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC";
        format!("-----BEGIN {0}-----\n{body}\n-----END {0}-----\n", "PRIVATE KEY")
    }

    fn token(head: &str, claims: &str, signature: usize) -> String {
        let encode = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.{}", encode(head), encode(claims), encode(&noise(is_alphanumeric, signature)))
    }

    #[test]
    fn words_are_told_by_their_prefix_and_length() {
        for shape in SHAPES {
            let Word(is_part, length) = &shape.form else { continue };
            let (least, most) = (*length.start(), *length.end());
            let text = |length| format!("{}{}", shape.mark, noise(*is_part, length));
            assert_eq!(name(&format!("x: {}\n", text(least))), Some(shape.name), "{}", shape.mark);
            assert_eq!(name(&format!("\"{}\"", text(most))), Some(shape.name), "{}", shape.mark);
            let near = [
                text(least - 1),
                text(most + 1),
                format!("x{}", text(least)),
                format!("{}{}", shape.mark, "x".repeat(least)),
                format!("{}<{}>", shape.mark, noise(*is_part, least)),
                format!("{}{}", shape.mark, &"EXAMPLE".repeat(50)[..least]),
                format!("{}{}", shape.mark, &"0123456789abcdef".repeat(20)[..least]),
            ];
            for text in near {
                assert_eq!(name(&text), None, "{text}");
            }
        }
    }

    #[test]
    fn private_keys_are_whole_and_without_a_passphrase() {
        let pem = pem();
        let key = Some("a private key");
        let credential = find(&format!("# key\n{pem}")).unwrap();
        assert_eq!((Some(credential.name), credential.start), (key, 6));
        assert_eq!(name(&pem.replace('\n', "\\n")), key);
        assert_eq!(name(&pem.replace('\n', "\r\n  ")), key);
        assert_eq!(name(&format!("client-key-data: {}", BASE64_STANDARD.encode(&pem))), key);
        let open_ssh = |cipher: &str| {
            let length = u8::try_from(cipher.len()).unwrap();
            let bytes = [b"openssh-key-v1\0\0\0\0", &[length][..], cipher.as_bytes(), &[7; 80]].concat();
            let label = "OPENSSH PRIVATE KEY";
            format!("-----BEGIN {label}-----\n{}\n-----END {label}-----", BASE64_STANDARD.encode(bytes))
        };
        assert_eq!(name(&open_ssh("none")), key);
        for text in [
            open_ssh("aes256-ctr"),
            pem.replace("IEINT", ""),
            pem.replace("Tuctv5E1hK1bbY8", "..."),
            pem.replace("PRIVATE", "PUBLIC"),
            pem.replace("PRIVATE", "ENCRYPTED PRIVATE"),
            pem.replace("PRIVATE KEY", "CERTIFICATE"),
            pem.replace("PRIVATE KEY-----\n", "RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n"),
            pem.lines().next().unwrap().to_owned(),
            BASE64_STANDARD.encode(pem.replace("PRIVATE KEY", "CERTIFICATE")),
        ] {
            assert_eq!(name(&text), None, "{text}");
        }
    }

    #[test]
    fn tokens_are_signed() {
        let (head, claims) = (r#"{"alg":"HS256"}"#, r#"{"sub":"system:serviceaccount:a:b"}"#);
        assert_eq!(name(&format!("Bearer {}", token(head, claims, 32))), Some("a signed token"));
        for text in [
            token(head, claims, 4),
            token(r#"{"alg":"none"}"#, claims, 32),
            token(r#"{"typ":"JWT"}"#, claims, 32),
            token(head, r#"{"sub":"1234567890","name":"John Doe"}"#, 32),
            token(head, r#"{"iss":"supabase","role":"anon"}"#, 32),
            token(head, "[]", 32),
            token(head, claims, 32) + ".x",
            format!("x{}", token(head, claims, 32)),
            format!("{}.{}", BASE64_URL_SAFE_NO_PAD.encode(head), noise(is_alphanumeric, 43)),
            "eyJhbGciOiJSUzI1NiJ9.e30.c2ln".to_owned(),
            "<eyJhbGciOi...>".to_owned(),
        ] {
            assert_eq!(name(&text), None, "{text}");
        }
    }

    #[test]
    fn passwords_in_urls_are_more_than_a_word() {
        let found = Some("a URL with a password");
        for url in [
            "postgres://web:k7Qz-fl9w@db:5432/web?sslmode=disable",
            "redis://:k7Qzfl9wP2@redis:6379/0",
            "jdbc:mysql://web:k7Qzfl9wP2@db/web",
            "https://bot:k7Qzfl9wP2@git.example.com/web.git",
        ] {
            assert_eq!(name(url), found, "{url}");
            assert_eq!(name(&format!("url = \"{url}\"\n")), found, "{url}");
        }
        for url in [
            "https://example.com:8443/a:k7Qzfl9wP2@b",
            "https://git@github.com/web.git",
            "ssh://git@example.com:22/web.git",
            "postgres://web@db:5432/web",
            "postgres://postgres:postgres@db/web",
            "postgres://web:web-2025@db/web",
            "postgres://web:password123@db/web",
            "postgres://web:$(PASSWORD1)@db/web",
            "postgres://web:${PASSWORD1}@db/web",
            "postgres://web:<k7Qzfl9wP2>@db/web",
            "postgres://web:{{k7Qzfl9wP2}}@db/web",
            "postgres://web:%s@db/web",
            "postgres://web:********@db/web",
            "amqp://guest:guest@rabbitmq:5672",
            "https://user:changeme42@example.com",
            "://web:k7Qzfl9wP2@db",
        ] {
            assert_eq!(name(url), None, "{url}");
        }
    }

    #[test]
    fn logins_of_registries_are_decoded() {
        let config =
            |login: &str| format!("{{\"auths\":{{\"ghcr.io\":{{\"auth\": \"{}\"}}}}}}", BASE64_STANDARD.encode(login));
        assert_eq!(name(&config("bot:k7Qzfl9wP2")), Some("a password for a registry"));
        assert_eq!(name(&config("bot:k7Qzfl9wP2").replace('"', "\\\"")), Some("a password for a registry"));
        for text in [config("bot:password"), config("bot:${TOKEN}"), config("bot"), config("")] {
            assert_eq!(name(&text), None, "{text}");
        }
        assert_eq!(name("{\"auths\": {\"ghcr.io\": {\"auth\": \"<base64>\"}}}"), None);
    }

    #[test]
    fn keys_of_aws_have_two_halves() {
        let secret = noise(is_alphanumeric, 40);
        for text in [format!("aws_secret_access_key = {secret}\n"), format!("AWS_SECRET_ACCESS_KEY=\"{secret}\"")] {
            assert_eq!(name(&text), Some("an AWS secret access key"), "{text}");
        }
        assert!(is_aws_secret(&secret) && is_aws_key_id(&format!("AKIA{}", noise(|it| it.is_ascii_uppercase(), 16))));
        // The ones of the documentation, a commit, words.
        for text in ["wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "8ee9d4a1f1b2c3d4e5f60718293a4b5c6d7e8f90"] {
            assert!(!is_aws_secret(text), "{text}");
            assert_eq!(name(&format!("aws_secret_access_key = {text}")), None);
        }
        assert!(!is_aws_key_id("AKIAIOSFODNN7EXAMPLE") && !is_aws_key_id("AKIAMNO") && !is_aws_key_id("akia"));
        assert_eq!(name(&format!("AKIA{}", noise(|it| it.is_ascii_uppercase(), 16))), None);
    }

    #[test]
    fn whatever_else_is_no_credential() {
        for text in [
            "",
            "https://kubernetes.default.svc",
            "sha256:9b2c1f7d5e3a8b6c4d2e1f0a9b8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f2a1b0c",
            "registry.example.com/team/ghp_exporter:v1.2.3",
            "eyJrZXkiOiAidmFsdWUifQ==",
            "glpat-renovate-bot-read-only-token-2",
            "hvs.vault-secrets-of-the-cluster.svc.cluster.local",
            "npm_config_registry=https://packages.example.com",
            "-----BEGIN AGE ENCRYPTED FILE-----",
            "$2a$10$rRyBsGSHK6.uc8fntPwVIuLVHgsAhAX7TcdrqW/RADU0uh7CaChLa",
            "ünïcödé ghp_ä eyJä.ö.ü ://ß:ẞ@ß",
        ] {
            assert_eq!(name(text), None, "{text}");
        }
    }

    #[test]
    fn words_that_stand_for_secrets_are_none() {
        for word in [
            "",
            "<token>",
            "{{ .token }}",
            "${TOKEN}",
            "$(TOKEN)",
            "$token",
            "ENC[AES256_GCM,data:x]",
            "YOUR_TOKEN",
            "changeme",
            "...",
            "xxxx",
            "<base64 encoded key>",
        ] {
            assert!(is_placeholder(word), "{word}");
            assert!(!is_password(word), "{word}");
        }
        for word in ["geheim", "eyJhbGciOiJSUzI1NiJ9.e30.c2ln", "LS0tLS1CRUdJTg==", "hunter2"] {
            assert!(!is_placeholder(word), "{word}");
        }
    }
}
