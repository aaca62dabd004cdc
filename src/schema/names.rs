//! The grammars of names and values that Kubernetes applies beyond its published schemas.
//!
//! Each function says whether a text fits and, if not, why, as a fragment that continues "`x` cannot be `y`: …". Schemas
//! know them as formats ([`FORMATS`]), so that one rule serves files and the newtypes of the model. Sources:
//! k8s.io/apimachinery `pkg/util/validation/validation.go` and k8s.io/apimachinery `pkg/api/resource/quantity.go`.

use std::net::IpAddr;

/// A grammar: the reason is a fragment that names the fault and what would be right.
pub type Grammar = fn(&str) -> Result<(), String>;

/// The grammars by the name that schemas use in `format`.
pub const FORMATS: [(&str, Grammar); 24] = [
    ("annotation-key", annotation_key),
    ("byte", base64),
    ("cidr", cidr),
    ("config-key", config_key),
    ("date-time", date_time),
    ("dns-1035-label", service_name),
    ("dns-label", label),
    ("dns-subdomain", subdomain),
    ("domain-path", domain_path),
    ("external-name", external_name),
    ("finalizer", finalizer),
    ("generate-1035-label", generate_service_name),
    ("generate-label", generate_label),
    ("generate-name", generate_name),
    ("host", host),
    ("http-path", http_path),
    ("ingress-host", ingress_host),
    ("ip", ip),
    ("label-value", label_value),
    ("path-segment", path_segment),
    ("port-name", port_name),
    ("qualified-name", qualified_name),
    ("quantity", quantity),
    ("tls-host", tls_host),
];

/// Checks a DNS label (RFC 1123): the names of namespaces, of containers, of Service ports.
///
/// # Errors
///
/// Says why it is none.
pub fn label(text: &str) -> Result<(), String> {
    at_most(text, 63)?;
    parts(text, None, "lower-case letters, digits and `-`")
}

/// Checks the name of most objects: DNS labels with dots between them, as Kubernetes reads RFC 1123.
///
/// # Errors
///
/// Says why it is none.
pub fn subdomain(text: &str) -> Result<(), String> {
    at_most(text, 253)?;
    parts(text, Some('.'), "lower-case letters, digits, `-` and `.`")
}

/// Checks the name of a Helm release: a DNS label of at most 53 characters (helm, `pkg/chartutil/validate_name.go`).
///
/// # Errors
///
/// Says what is wrong.
pub fn helm_release(text: &str) -> Result<(), String> {
    label(text)?;
    match text.len() {
        length if length > 53 => Err(format!("`{text}` has {length} characters, and a Helm release at most 53")),
        _ => Ok(()),
    }
}

/// Checks the name of a Service: a DNS label (RFC 1035), which begins with a letter.
///
/// # Errors
///
/// Says why it is none.
pub fn service_name(text: &str) -> Result<(), String> {
    label(text)?;
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        return Err("it has to begin with a letter".to_owned());
    }
    Ok(())
}

/// Checks a name that is part of a URL path only: Roles, `RoleBindings` and their cluster-wide kin.
///
/// # Errors
///
/// Says why it is none.
pub fn path_segment(text: &str) -> Result<(), String> {
    match text {
        "" => Err("it is empty".to_owned()),
        "." | ".." => Err("it would be a step in a path".to_owned()),
        _ => match text.chars().find(|character| matches!(character, '/' | '%')) {
            Some(character) => Err(format!("`{character}` is not allowed")),
            None => Ok(()),
        },
    }
}

/// Checks the beginning of a name that the server completes.
///
/// # Errors
///
/// Says why it is none.
pub fn generate_name(text: &str) -> Result<(), String> {
    subdomain(&completed(text))
}

/// Checks the beginning of a name that has to become a DNS label.
///
/// # Errors
///
/// Says why it is none.
pub fn generate_label(text: &str) -> Result<(), String> {
    label(&completed(text))
}

/// Checks the beginning of a name that has to become one of a Service.
///
/// # Errors
///
/// Says why it is none.
pub fn generate_service_name(text: &str) -> Result<(), String> {
    service_name(&completed(text))
}

/// Makes a name of its beginning, as far as the rules for names are concerned (`maskTrailingDash`).
fn completed(text: &str) -> String {
    text.strip_suffix('-').map_or_else(|| text.to_owned(), |stem| format!("{stem}x"))
}

/// Checks the key of a label: `name` or `prefix/name`.
///
/// # Errors
///
/// Says why it is none.
pub fn qualified_name(text: &str) -> Result<(), String> {
    let name = match text.split_once('/') {
        Some((prefix, name)) => {
            subdomain(prefix).map_err(|reason| format!("the prefix `{prefix}` has to be a DNS name: {reason}"))?;
            name
        }
        None => text,
    };
    if name.is_empty() {
        return Err(if text.is_empty() { "it is empty" } else { "nothing follows the `/`" }.to_owned());
    }
    identifier(name)
}

/// Checks the finalizer of a kind that Kubernetes itself defines.
///
/// # Errors
///
/// Says why it is none.
pub fn finalizer(text: &str) -> Result<(), String> {
    qualified_name(text)?;
    if text.contains('/') || matches!(text, "foregroundDeletion" | "kubernetes" | "orphan") {
        return Ok(());
    }
    Err("a finalizer of your own has a domain, as in `example.com/name`".to_owned())
}

/// Checks an IP address. Zeros before a number are refused.
///
/// # Errors
///
/// Says that it is none.
pub fn ip(text: &str) -> Result<(), String> {
    text.parse::<IpAddr>().map(drop).map_err(|_| "it is no IP address".to_owned())
}

/// Checks a range of IP addresses, `address/length`; blanks around it do not matter.
///
/// # Errors
///
/// Says why it is none.
pub fn cidr(text: &str) -> Result<(), String> {
    let (address, length) = text.trim().split_once('/').ok_or("it has no `/` and length, as in `10.0.0.0/8`")?;
    let address: IpAddr = address.parse().map_err(|_| format!("`{address}` is no IP address"))?;
    let limit = if address.is_ipv4() { 32 } else { 128 };
    match length.parse::<u8>() {
        Ok(number) if number <= limit && number.to_string() == length => Ok(()),
        _ => Err(format!("the length `{length}` is no number from 0 to {limit}")),
    }
}

/// Checks a path with a domain before it, as in `example.com/name` (k8s.io/apimachinery `IsDomainPrefixedPath`).
///
/// # Errors
///
/// Says why it is none.
pub fn domain_path(text: &str) -> Result<(), String> {
    let Some((domain, path)) = text.split_once('/').filter(|(domain, path)| !domain.is_empty() && !path.is_empty())
    else {
        return Err("it has a domain and a path, as in `example.com/name`".to_owned());
    };
    subdomain(domain).map_err(|reason| format!("the domain `{domain}` has to be a DNS name: {reason}"))?;
    let is_path = |c: char| c.is_ascii_alphanumeric() || "/%-._~!$&'()*+,;=:".contains(c);
    match path.chars().find(|c| !is_path(*c)) {
        Some(c) => Err(format!("{} is not allowed", shown(c))),
        None => Ok(()),
    }
}

/// Checks the key of an annotation: as of a label, with upper-case letters allowed in the prefix.
///
/// # Errors
///
/// Says why it is none.
pub fn annotation_key(text: &str) -> Result<(), String> {
    qualified_name(&text.to_lowercase())
}

/// Checks the value of a label.
///
/// # Errors
///
/// Says why it is none.
pub fn label_value(text: &str) -> Result<(), String> {
    if text.is_empty() { Ok(()) } else { identifier(text) }
}

/// Returns the host of a URL with what stands beside it: a user, a port. The scheme may be missing.
#[must_use]
pub fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// Checks a host name as an Ingress rule takes it, without wildcard.
///
/// # Errors
///
/// Says why it is none: a URL, a port, a path, an IP address, upper-case letters.
pub fn host(text: &str) -> Result<(), String> {
    if text.contains("://") {
        return Err("it is a URL; a host has no scheme".to_owned());
    }
    if text.parse::<IpAddr>().is_ok() {
        return Err("it is an IP address; a host is a DNS name".to_owned());
    }
    if text.contains('/') {
        return Err("a host has no path".to_owned());
    }
    if text.contains(':') {
        return Err("a host has no port".to_owned());
    }
    subdomain(text)
}

/// Checks the host of an Ingress rule: [`host`], or `*.` and one; nothing stands for every host.
///
/// # Errors
///
/// Says why it is none.
pub fn ingress_host(text: &str) -> Result<(), String> {
    match text.strip_prefix("*.") {
        Some(rest) => host(rest),
        None if text.is_empty() => Ok(()),
        None if text.contains('*') => Err("`*` may only be the whole first part, as in `*.example.com`".to_owned()),
        None => host(text),
    }
}

/// Checks a host of the `tls` of an Ingress, where the server lets an IP address pass.
///
/// # Errors
///
/// Says why it is none.
pub fn tls_host(text: &str) -> Result<(), String> {
    let name = text.strip_prefix("*.").unwrap_or(text);
    subdomain(name).or_else(|_| host(name))
}

/// Checks the `externalName` of a Service: a DNS name, with or without a dot at its end.
///
/// # Errors
///
/// Says why it is none.
pub fn external_name(text: &str) -> Result<(), String> {
    subdomain(text.strip_suffix('.').unwrap_or(text))
}

/// Checks the path of an Ingress rule of type `Exact` or `Prefix`
/// (k8s.io/kubernetes `pkg/apis/networking/validation/validation.go`).
///
/// # Errors
///
/// Says why it is none.
pub fn http_path(text: &str) -> Result<(), String> {
    if !text.starts_with('/') {
        return Err("it has to begin with `/`".to_owned());
    }
    let lower = text.to_lowercase();
    if let Some(found) = ["//", "/./", "/../", "%2f"].into_iter().find(|part| lower.contains(part)) {
        return Err(format!("it has `{found}` in it"));
    }
    match ["/.", "/.."].into_iter().find(|end| text.ends_with(end)) {
        Some(end) => Err(format!("it ends in `{end}`")),
        None => Ok(()),
    }
}

/// Checks the name of a port of a container, or one that refers to it.
///
/// # Errors
///
/// Says why it is none.
pub fn port_name(text: &str) -> Result<(), String> {
    at_most(text, 15)?;
    parts(text, None, "lower-case letters, digits and `-`")?;
    if text.contains("--") {
        return Err("it has `--` in it".to_owned());
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("the name of a port has a letter; write the number without quotes".to_owned());
    }
    if !text.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return Err("the name of a port has a letter".to_owned());
    }
    Ok(())
}

/// Checks a key of a `ConfigMap` or Secret.
///
/// # Errors
///
/// Says why it is none.
pub fn config_key(text: &str) -> Result<(), String> {
    at_most(text, 253)?;
    if text == "." || text.starts_with("..") {
        return Err("it would leave the directory it is mounted in".to_owned());
    }
    match text.chars().find(|character| !(character.is_ascii_alphanumeric() || "-_.".contains(*character))) {
        Some(character) => Err(format!("{} is not allowed, only letters, digits, `-`, `_` and `.`", shown(character))),
        None => Ok(()),
    }
}

/// Checks base64 as Go's `encoding/json` reads it into bytes: padded, line breaks ignored.
///
/// # Errors
///
/// Says why it is none; the reason never repeats the text, which may be a secret.
pub fn base64(text: &str) -> Result<(), String> {
    let bytes: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let digits = bytes.iter().rev().skip_while(|byte| **byte == b'=').count();
    let padding = bytes.len() - digits;
    if bytes[..digits].iter().any(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))) {
        return Err("it has a character that base64 does not have".to_owned());
    }
    if !bytes.len().is_multiple_of(4) || padding > 2 {
        return Err("it is cut off, or its padding with `=` is wrong".to_owned());
    }
    Ok(())
}

/// Checks a point in time as RFC 3339 writes it.
///
/// # Errors
///
/// Says why it is none.
pub fn date_time(text: &str) -> Result<(), String> {
    let valid = || {
        let (date, rest) = text.split_at_checked(10)?;
        let (time, rest) = rest.strip_prefix('T')?.split_at_checked(8)?;
        let rest = match rest.strip_prefix('.') {
            Some(fraction) => {
                let rest = fraction.trim_start_matches(|digit: char| digit.is_ascii_digit());
                (rest.len() < fraction.len()).then_some(rest)?
            }
            None => rest,
        };
        let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
        let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            2 => 28 + u32::from(leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        let zone = rest == "Z" || {
            let [hours, minutes] = numbers(rest.strip_prefix(['+', '-'])?, ':', [2, 2])?;
            hours < 24 && minutes < 60
        };
        ((1..=days).contains(&day) && hour < 24 && minute < 60 && second < 60 && zone).then_some(())
    };
    valid().ok_or_else(|| "it is no date and time as in `2026-01-31T09:00:00Z`".to_owned())
}

/// Checks an amount such as `100m`, `1.5`, `4Gi`.
///
/// # Errors
///
/// Says why it is none.
pub fn quantity(text: &str) -> Result<(), String> {
    const SUFFIXES: [&str; 15] = ["", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi"];
    // The decoder takes blanks away at both ends of the JSON string, not line breaks.
    let trimmed = text.trim_matches(' ');
    let unsigned = trimmed.strip_prefix(['+', '-']).unwrap_or(trimmed);
    let number_end = unsigned.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(number_end);
    if number.matches('.').count() > 1 || number == "." {
        return Err(format!("`{number}` is no number"));
    }
    let exponent =
        suffix.strip_prefix(['e', 'E']).map(|exponent| exponent.strip_prefix(['+', '-']).unwrap_or(exponent));
    let is_exponent = exponent.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()));
    if SUFFIXES.contains(&suffix) || suffix == "Ei" || is_exponent {
        return if trimmed.is_empty() { Err("it is empty".to_owned()) } else { Ok(()) };
    }
    let near = SUFFIXES.iter().chain(&["Ei"]).find(|known| {
        known.eq_ignore_ascii_case(suffix) || suffix.strip_suffix(['b', 'B']).is_some_and(|unit| unit == **known)
    });
    Err(match near {
        Some(near) if !near.is_empty() => format!("the unit `{suffix}` does not exist; did you mean `{near}`?"),
        _ => format!("the unit `{suffix}` does not exist; units are `m`, `k`, `M`, `G`, `T`, `Ki`, `Mi`, `Gi`, `Ti`"),
    })
}

/// Checks lower-case letters and digits with `-` inside, in one part or in several between separators.
fn parts(text: &str, separator: Option<char>, allowed: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || Some(c) == separator;
    if let Some(character) = text.chars().find(|character| !is_allowed(*character)) {
        return Err(if character.is_ascii_uppercase() {
            format!("the upper-case letter `{character}` is not allowed, only {allowed}")
        } else {
            format!("{} is not allowed, only {allowed}", shown(character))
        });
    }
    for part in text.split(|c| Some(c) == separator) {
        if part.is_empty() {
            return Err("it has a `.` too many".to_owned());
        }
        if part.starts_with('-') || part.ends_with('-') {
            let whole = if part == text { "it".to_owned() } else { format!("its part `{part}`") };
            return Err(format!("{whole} has to begin and end with a letter or digit"));
        }
    }
    Ok(())
}

/// Checks letters and digits of both cases with `-`, `_` and `.` inside.
fn identifier(text: &str) -> Result<(), String> {
    at_most(text, 63)?;
    if let Some(character) = text.chars().find(|c| !(c.is_ascii_alphanumeric() || "-_.".contains(*c))) {
        return Err(format!("{} is not allowed, only letters, digits, `-`, `_` and `.`", shown(character)));
    }
    if text.starts_with(['-', '_', '.']) || text.ends_with(['-', '_', '.']) {
        return Err("it has to begin and end with a letter or digit".to_owned());
    }
    Ok(())
}

/// Checks the length; longer text of another alphabet is measured in bytes, as Kubernetes does.
fn at_most(text: &str, limit: usize) -> Result<(), String> {
    if text.len() > limit {
        return Err(format!("it is {} characters long, {limit} are allowed", text.len()));
    }
    Ok(())
}

/// Splits into numbers with exactly so many digits.
fn numbers<const N: usize>(text: &str, separator: char, digits: [usize; N]) -> Option<[u32; N]> {
    let mut found = [0; N];
    let mut parts = text.split(separator);
    for (number, width) in found.iter_mut().zip(digits) {
        let part = parts.next().filter(|part| part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit()))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(found)
}

/// Names a character so that it can be seen.
fn shown(character: char) -> String {
    match character {
        ' ' => "a blank".to_owned(),
        '\n' | '\r' => "a line break".to_owned(),
        '`' => "a backtick".to_owned(),
        control if control.is_control() => format!("the control character U+{:04X}", u32::from(control)),
        other => format!("`{other}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(grammar: Grammar, text: &str) -> String {
        grammar(text).expect_err(text)
    }

    #[test]
    fn names_are_those_of_kubernetes() {
        let long = "a".repeat(64);
        assert!(label("a-1").is_ok() && label("1a").is_ok() && label(&long[1..]).is_ok());
        assert_eq!(reason(label, &long), "it is 64 characters long, 63 are allowed");
        assert_eq!(reason(label, "a.b"), "`.` is not allowed, only lower-case letters, digits and `-`");
        assert_eq!(
            reason(label, "Dev"),
            "the upper-case letter `D` is not allowed, only lower-case letters, digits and `-`"
        );
        assert_eq!(reason(label, "dev-"), "it has to begin and end with a letter or digit");
        // The 63 characters limit labels, not the parts of a subdomain.
        assert!(subdomain(&format!("{long}.b")).is_ok());
        assert_eq!(reason(subdomain, "a..b"), "it has a `.` too many");
        assert_eq!(reason(subdomain, "a.-b"), "its part `-b` has to begin and end with a letter or digit");
        assert_eq!(reason(service_name, "1a"), "it has to begin with a letter");
        assert!(qualified_name("a.b/C_d").is_ok() && qualified_name("x").is_ok());
        assert_eq!(
            reason(qualified_name, "A/b"),
            "the prefix `A` has to be a DNS name: the upper-case letter `A` is not allowed, only lower-case letters, \
             digits, `-` and `.`"
        );
        assert!(annotation_key("A/b").is_ok() && label_value("").is_ok());
        assert_eq!(reason(label_value, "a b"), "a blank is not allowed, only letters, digits, `-`, `_` and `.`");
        assert!(generate_name("a-").is_ok() && path_segment("system:x y").is_ok());
        assert_eq!(reason(port_name, "443"), "the name of a port has a letter; write the number without quotes");
        assert_eq!(reason(config_key, "a b"), "a blank is not allowed, only letters, digits, `-`, `_` and `.`");
    }

    #[test]
    fn hosts_are_bare_names() {
        assert!(host("dev-vcluster.cnoe.localtest.me").is_ok() && ingress_host("*.a.b").is_ok());
        assert_eq!(reason(host, "https://a.b:8443"), "it is a URL; a host has no scheme");
        assert_eq!(reason(host, "a.b:8443"), "a host has no port");
        assert_eq!(reason(host, "a.b/c"), "a host has no path");
        assert_eq!(reason(host, "10.0.0.1"), "it is an IP address; a host is a DNS name");
        assert_eq!(reason(ingress_host, "a.*.b"), "`*` may only be the whole first part, as in `*.example.com`");
        assert_eq!(reason(host, "*.a.b"), "`*` is not allowed, only lower-case letters, digits, `-` and `.`");
    }

    /// Verdicts of a real API server: kube-apiserver 1.36.2.
    #[test]
    fn quantities_and_base64_are_read_as_the_server_does() {
        for good in ["1", " 1", "1 ", "Ki", "5.", ".5", "010", "+1", "-1", "0.1m", "1e3", "1E3", "1E", "1Ei", "100m"] {
            assert!(quantity(good).is_ok(), "{good:?}");
        }
        for bad in ["", "1K", "1ki", "1MB", "128Mi\n", "1.2.3", "1e", "1Gib", "one"] {
            assert!(quantity(bad).is_err(), "{bad:?}");
        }
        assert_eq!(reason(quantity, "1Gib"), "the unit `Gib` does not exist; did you mean `Gi`?");
        assert_eq!(reason(quantity, "1K"), "the unit `K` does not exist; did you mean `k`?");
        for good in ["", "YQ==", "YWI=", "YWJj", "YWJj\n"] {
            assert!(base64(good).is_ok(), "{good:?}");
        }
        for bad in ["YQ", "YQ=", "YW Jj", " YWJj", "YQ==YQ==", "a-b_"] {
            assert!(base64(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn times_are_rfc_3339() {
        for good in ["2026-01-31T09:00:00Z", "2024-02-29T23:59:59.123456+01:30"] {
            assert!(date_time(good).is_ok(), "{good}");
        }
        for bad in [
            "yesterday",
            "2026-02-29T00:00:00Z",
            "2026-01-31 09:00:00Z",
            "2026-01-31T09:00:00",
            "2026-01-31T09:00:00.Z",
            "2026-01-31",
        ] {
            assert!(date_time(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn paths_are_absolute_and_plain() {
        for good in ["/", "/a?x=1", "/a b"] {
            assert!(http_path(good).is_ok(), "{good}");
        }
        for bad in ["", "api", "//", "/a/../b", "/a/.", "/a%2Fb"] {
            assert!(http_path(bad).is_err(), "{bad}");
        }
    }
}
