//! A Secret in Git is no secret.

use crate::checks::{Check, Run};
use crate::credential::{self, is_aws_key_id, is_mixed, is_password, is_placeholder, is_random};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::{Object, SECRET_TYPE, decoded};
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "secret-data",
        summary: "Secret with values that look real",
        severity: Severity::Warning,
        effect: Effect::DataLeak,
        page: include_str!("secret_data.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

/// The types of Secrets that others make, or that hold no secret.
const TYPES: [&str; 2] = ["helm.sh/release.v1", "kubernetes.io/service-account-token"];

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(secret) = object.of_kind("", "Secret") else { return };
    let text = |path: &[&str]| secret.at(path).and_then(Node::as_str);
    if secret.get("sops").is_some()
        || text(&["type"]).is_some_and(|name| TYPES.contains(&name))
        // `cluster-secret-credentials` is about those.
        || text(&["metadata", "labels", SECRET_TYPE]) == Some("cluster")
    {
        return;
    }
    let entries = |key| secret.get(key).and_then(Node::as_mapping).into_iter().flatten();
    let plain = entries("stringData").filter_map(|entry| Some((entry, entry.value.as_str()?.to_owned())));
    let encoded = entries("data").filter_map(|entry| Some((entry, decoded(entry.value.as_str()?)?)));
    let values: Vec<_> = plain.chain(encoded).collect();
    // `credential-in-manifest` has told already that this Secret does not belong here.
    let is_told = |value: &str| credential::find(value).is_some() || is_aws_key_id(value);
    if values.iter().any(|(_, value)| is_told(value)) {
        return;
    }
    let Some((entry, _)) = values.iter().find(|(entry, value)| is_real(&entry.key, value.trim())) else { return };
    let name = text(&["metadata", "name"]).map_or_else(String::new, |name| format!(" of Secret `{name}`"));
    let message = format!("`{}`{name} looks like a secret, which everybody has who reads this repository", entry.key);
    findings.push(Diagnostic::new(&CHECK.rule, &entry.value.span.concealed(), message).help(
        "let an ExternalSecret, a SealedSecret or SOPS bring the value, or say in a comment that it is one for a demonstration",
    ));
}

/// Tells whether a value looks like a secret: by its name, and no word that anybody would think of, or by chance alone.
fn is_real(key: &str, value: &str) -> bool {
    const SECRETS: [&str; 10] = [
        "password",
        "passwd",
        "pwd",
        "passphrase",
        "token",
        "secret",
        "apikey",
        "accesskey",
        "privatekey",
        "credential",
    ];
    /// What describes a secret, and is none.
    const OTHERS: [&str; 12] =
        ["name", "id", "url", "uri", "path", "file", "ref", "type", "namespace", "host", "user", "endpoint"];
    let key: String = key.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    if value.contains("://")
        || value.starts_with('/')
        || is_placeholder(value)
        || OTHERS.iter().any(|it| key.ends_with(it))
    {
        return false;
    }
    if SECRETS.iter().any(|it| key.contains(it)) {
        return is_password(value) && !key.contains(&value.to_lowercase());
    }
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=_-".contains(&byte);
    (24..=512).contains(&value.len())
        && value.bytes().all(is_part)
        && value.bytes().any(|byte| byte.is_ascii_digit())
        && is_mixed(value)
        && is_random(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_by_their_names_or_by_chance() {
        for (key, value) in [
            ("password", "k7Qz-fl9w"),
            ("POSTGRES_PASSWORD", "vQ2m8x-Lk41"),
            ("api-key", "9f8a7c6e5d4b3a29"),
            ("client.secret", "Zt5-rK2p_wX"),
            ("session", "q7Rk2Vx9Lm4Tz8Wc3Nb6Ys1Hd5Jf0Pg"),
        ] {
            assert!(is_real(key, value), "{key}: {value}");
        }
        for (key, value) in [
            ("password", ""),
            ("password", "password"),
            ("password", "admin123"),
            ("password", "changeme-42"),
            ("password", "backstage"),
            ("password", "<path:kv/data/web#password>"),
            ("password", "$2a$10$rRyBsGSHK6.uc8fntPwVIuLVHgsAhAX7TcdrqW"),
            ("token", "vault://kv/web#token1"),
            ("tokenUrl", "https://login.example.com/token1"),
            ("secretName", "web-tls-2025"),
            ("client-id", "q7Rk2Vx9Lm4Tz8Wc3Nb6Ys1Hd5Jf0Pg"),
            ("url", "https://git.example.com/web.git"),
            ("project", "MyCompanyPlatformProduction2025"),
            ("bucket", "company-backups-eu-central-1-2025"),
            ("replicas", "3"),
            ("config", "a: 1\nb: 2\n"),
        ] {
            assert!(!is_real(key, value), "{key}: {value}");
        }
    }
}
