//! `ConfigMaps` and Secrets (k8s.io/kubernetes `pkg/apis/core/validation/validation.go`).

use super::{Report, below, child, entries, text_at};
use crate::yaml::Node;

/// How much a `ConfigMap` or Secret may hold, in bytes (`MaxSecretSize`).
const SIZE_LIMIT: usize = 1024 * 1024;

/// Judges a `ConfigMap`.
pub(super) fn config_map<'a>(report: &mut Report<'a>, object: &'a Node) {
    if let (Some(data), Some(binary)) = (child(object, "data"), child(object, "binaryData")) {
        for entry in binary.as_mapping().into_iter().flatten() {
            let key = entry.key.value.as_str();
            if data.get(key).is_some() {
                report.key(binary, key, "is among `data`, too");
            }
        }
    }
    let length = |entry: &crate::yaml::Entry| entry.value.as_str().map_or(0, str::len);
    let text: usize = entries(object, "data").map(length).sum();
    let binary: usize = entries(object, "binaryData").map(|entry| decoded_length(entry.value.as_str())).sum();
    size(report, object, text + binary);
}

/// Judges a Secret.
pub(super) fn secret<'a>(report: &mut Report<'a>, object: &'a Node) {
    let plain = child(object, "stringData");
    let text: usize = entries(object, "stringData").map(|entry| entry.value.as_str().map_or(0, str::len)).sum();
    let binary =
        entries(object, "data").filter(|entry| plain.is_none_or(|plain| plain.get(&entry.key.value).is_none()));
    let binary: usize = binary.map(|entry| decoded_length(entry.value.as_str())).sum();
    size(report, object, text + binary);
    let key = match text_at(object, "type") {
        Some("kubernetes.io/basic-auth") => {
            if value(object, "username").or_else(|| value(object, "password")).is_none() {
                needs(report, object, "`username` or `password`");
            }
            return;
        }
        Some("kubernetes.io/dockercfg") => ".dockercfg",
        Some("kubernetes.io/dockerconfigjson") => ".dockerconfigjson",
        Some("kubernetes.io/service-account-token") => {
            let path = ["metadata", "annotations", "kubernetes.io/service-account.name"];
            if below(object, &path).and_then(Node::as_str).is_none_or(str::is_empty) {
                needs(report, object, "the annotation `kubernetes.io/service-account.name`");
            }
            return;
        }
        Some("kubernetes.io/ssh-auth") => {
            if let Some((value, _)) =
                value(object, "ssh-privatekey").filter(|(value, _)| value.as_str().is_none_or(str::is_empty))
            {
                report.value(value, "is empty");
            }
            return;
        }
        _ => return,
    };
    // That there is one says the schema.
    let Some((value, is_plain)) = value(object, key) else { return };
    let text = value.as_str().unwrap_or_default();
    let bytes = if is_plain { Some(text.as_bytes().to_vec()) } else { decoded(text) };
    let is_object = |bytes: Vec<u8>| {
        let read = serde_json::from_slice::<serde_json::Value>(&bytes);
        read.is_ok_and(|value| value.is_object() || value.is_null())
    };
    if bytes.is_some_and(|bytes| !is_object(bytes)) {
        report.value(value, "has to be JSON, an object with the credentials");
    }
}

/// Returns the value of a key of a Secret, and whether it is written as it is. What is written as it is goes before.
fn value<'a>(object: &'a Node, key: &str) -> Option<(&'a Node, bool)> {
    let of = |data| object.get(data).and_then(|data| data.get(key));
    of("stringData").map(|value| (value, true)).or_else(|| Some((of("data")?, false)))
}

/// Reports what a Secret of a type lacks.
fn needs<'a>(report: &mut Report<'a>, object: &'a Node, what: &str) {
    let Some(kind) = child(object, "type") else { return };
    report.value(kind, format!("is `{}`, which needs {what}", kind.as_str().unwrap_or_default()));
}

/// Reports an object that is too large to be kept.
fn size<'a>(report: &mut Report<'a>, object: &'a Node, size: usize) {
    if size > SIZE_LIMIT
        && let Some(data) = ["data", "stringData", "binaryData"].into_iter().find_map(|key| child(object, key))
    {
        report.value(data, format!("has {size} bytes of values, and {SIZE_LIMIT} are allowed"));
    }
}

/// Returns how many bytes base64 stands for.
fn decoded_length(text: Option<&str>) -> usize {
    let digits = text.unwrap_or_default().bytes().filter(|byte| !matches!(byte, b'\r' | b'\n' | b'=')).count();
    digits * 3 / 4
}

/// Decodes base64; what is none the schema reports.
fn decoded(text: &str) -> Option<Vec<u8>> {
    super::super::names::base64(text).ok()?;
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text.bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        bits = bits << 6 | u32::from(digit);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xFF).ok()?);
        }
    }
    Some(bytes)
}
