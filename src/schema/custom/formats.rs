//! The formats that an API server checks in the schemas of custom resource definitions.
//!
//! Where the server's grammar is intricate ours is wider: it refuses only what the server refuses too. Sources:
//! k8s.io/apiextensions-apiserver `pkg/apiserver/validation/formats.go`, k8s.io/kube-openapi `pkg/validation/strfmt`.

use std::net::IpAddr;

use super::super::names::{self, Grammar};

/// The grammars by the name that converted schemas use: `crd-` and the server's name without hyphens.
pub(in crate::schema) const FORMATS: [(&str, Grammar); 16] = [
    ("crd-byte", names::base64),
    ("crd-cidr", cidr),
    ("crd-date", date),
    ("crd-datetime", date_time),
    ("crd-duration", duration),
    ("crd-email", email),
    ("crd-hexcolor", hex_color),
    ("crd-hostname", hostname),
    ("crd-ipv4", ipv4),
    ("crd-ipv6", ipv6),
    ("crd-mac", mac),
    ("crd-uri", uri),
    ("crd-uuid", |text| uuid(text, None)),
    ("crd-uuid3", |text| uuid(text, Some('3'))),
    ("crd-uuid4", |text| uuid(text, Some('4'))),
    ("crd-uuid5", |text| uuid(text, Some('5'))),
];

/// Returns the name in [`FORMATS`] of a format that a custom resource definition asks for. The server ignores those that it
/// does not know.
pub(super) fn known(format: &str) -> Option<&'static str> {
    let plain = format.replace('-', "");
    FORMATS.iter().map(|(name, _)| *name).find(|name| name.strip_prefix("crd-") == Some(&plain))
}

fn accept_if(fits: bool, reason: &str) -> Result<(), String> {
    if fits { Ok(()) } else { Err(reason.to_owned()) }
}

fn cidr(text: &str) -> Result<(), String> {
    let fits = text.split_once('/').is_some_and(|(address, length)| {
        let bits = address.parse().map(|address: IpAddr| if address.is_ipv4() { 32 } else { 128 });
        let is_number = !length.is_empty() && length.bytes().all(|digit| digit.is_ascii_digit());
        is_number && bits.is_ok_and(|bits| length.parse().is_ok_and(|length: u32| length <= bits))
    });
    accept_if(fits, "it is no range of addresses such as `10.0.0.0/8`")
}

fn date(text: &str) -> Result<(), String> {
    let fits = text.len() == 10 && names::date_time(&format!("{text}T00:00:00Z")).is_ok();
    accept_if(fits, "it is no date such as `2006-01-02`")
}

fn date_time(text: &str) -> Result<(), String> {
    let upper = text.to_uppercase();
    let fits = upper.split_once('T').is_some_and(|(day, time)| {
        let clock = time.get(..8).is_some_and(|clock| names::date_time(&format!("2000-01-01T{clock}Z")).is_ok());
        let zone = time.get(8..).unwrap_or_default();
        date(day).is_ok() && clock && (zone.ends_with('Z') || zone.contains(['+', '-']))
    });
    accept_if(fits, "it is no point in time such as `2006-01-02T15:04:05Z`")
}

fn duration(text: &str) -> Result<(), String> {
    accept_if(text.contains(|c: char| c.is_ascii_digit()), "it is no duration such as `1h30m`")
}

fn email(text: &str) -> Result<(), String> {
    let fits = text.rsplit_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    accept_if(fits, "it is no e-mail address")
}

fn hex_color(text: &str) -> Result<(), String> {
    let digits = text.strip_prefix('#').unwrap_or(text);
    let fits = matches!(digits.len(), 3 | 6) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    accept_if(fits, "it is no colour such as `#ffffff`")
}

fn hostname(text: &str) -> Result<(), String> {
    let is_foreign = |c: char| c.is_whitespace() || matches!(c, '/' | ':' | '@' | '_' | '*');
    accept_if(!text.is_empty() && text.len() <= 255 && !text.contains(is_foreign), "it is no host name")
}

fn ipv4(text: &str) -> Result<(), String> {
    accept_if(text.contains('.') && text.parse::<IpAddr>().is_ok(), "it is no IPv4 address")
}

fn ipv6(text: &str) -> Result<(), String> {
    accept_if(text.contains(':') && text.parse::<IpAddr>().is_ok(), "it is no IPv6 address")
}

fn mac(text: &str) -> Result<(), String> {
    let groups = |separator, width| {
        let groups: Vec<_> = text.split(separator).collect();
        let fits = groups.iter().all(|group| group.len() == width && group.bytes().all(|b| b.is_ascii_hexdigit()));
        fits.then_some(groups.len() * width / 2)
    };
    let octets = groups(':', 2).or_else(|| groups('-', 2)).or_else(|| groups('.', 4));
    accept_if(octets.is_some_and(|octets| matches!(octets, 6 | 8 | 20)), "it is no hardware address")
}

fn uri(text: &str) -> Result<(), String> {
    let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    let fits = (is_scheme || text.starts_with('/') || text == "*") && !text.contains(|c: char| c.is_ascii_control());
    accept_if(fits, "it is no URI: it begins neither with a scheme nor with `/`")
}

fn uuid(text: &str, version: Option<char>) -> Result<(), String> {
    let digits: Vec<char> = text.chars().filter(|c| *c != '-').collect();
    let fits = digits.len() == 32
        && digits.iter().all(char::is_ascii_hexdigit)
        && version.is_none_or(|version| digits[12] == version);
    accept_if(fits, "it is no UUID, or not of the right version")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_refuse_what_is_none() {
        let cases = [
            ("byte", "aGk=", "a"),
            ("cidr", "10.0.0.1/8", "10.0.0.0/33"),
            ("date", "2024-02-29", "2023-02-29"),
            ("date-time", "2024-01-01t00:00:00.5+01:00", "2024-01-01 00:00:00"),
            ("duration", "22 ns", "soon"),
            ("email", "A <a@b>", "a"),
            ("hexcolor", "#fff", "#ffff"),
            ("hostname", "a.example.com", "https://a"),
            ("ipv4", "1.2.3.4", "01.2.3.4"),
            ("ipv6", "::1", "1.2.3.4"),
            ("mac", "00:00:5e:00:53:01", "00:00:5e"),
            ("uri", "urn:a", "a.example.com/b"),
            ("uuid", "A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc99"),
            ("uuid4", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc99-9c0b-3ef8-bb6d-6bb9bd380a11"),
        ];
        for (format, fits, fails) in cases {
            let name = known(format).unwrap();
            let (_, grammar) = FORMATS.iter().find(|(known, _)| *known == name).unwrap();
            assert_eq!((grammar(fits).is_ok(), grammar(fails).is_ok()), (true, false), "{format}");
        }
        assert_eq!(known("int-or-string"), None);
    }
}
