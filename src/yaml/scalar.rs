//! What a scalar without quotes means, after `resolve.go` of go-yaml v2 (the reader inside `sigs.k8s.io/yaml` 1.4).

use std::borrow::Cow;

use super::node::Value;

/// Returns what a plain scalar (one without quotes, on one line) is read as.
///
/// Infinities and "not a number" come back as floats that are not finite; [`super::read()`] refuses them.
#[must_use]
pub fn resolve(plain: &str) -> Value {
    match typed(plain) {
        Some(Value::Float(number)) => float_value(number),
        Some(value) => value,
        None => Value::String(plain.to_owned()),
    }
}

/// Returns what a plain scalar means unless it is text. Unlike [`resolve`] it keeps whole floats apart from integers, which
/// matters for keys alone.
pub(super) fn typed(plain: &str) -> Option<Value> {
    match plain.as_bytes().first() {
        None | Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => word(plain),
        Some(b'.') => word(plain).or_else(|| float(&joined(plain))),
        Some(b'+' | b'-' | b'0'..=b'9') => word(plain).or_else(|| number(plain)),
        Some(_) => None,
    }
}

/// Returns the value that Kubernetes sees for a float: JSON does not tell `1.0` from `1`, so whole floats are integers.
pub(super) fn float_value(number: f64) -> Value {
    // Go prints floats below 1e21 without an exponent, from the shortest digits that read back as the same float, and
    // decodes what it printed; Rust prints the same digits.
    let printed = if number.fract() == 0.0 && number.abs() < 1e21 { number.to_string() } else { String::new() };
    match printed.parse::<i128>() {
        Ok(whole) if is_integer(whole) => Value::Integer(whole),
        _ => Value::Float(number),
    }
}

/// Tells whether a number fits into `i64` or `u64`.
pub(super) fn is_integer(number: i128) -> bool {
    i64::try_from(number).is_ok() || u64::try_from(number).is_ok()
}

/// Returns the text that `sigs.k8s.io/yaml` makes of a key; `None` where it gives up.
pub(super) fn key(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Integer(number) => i64::try_from(*number).ok().map(|number| number.to_string()),
        Value::Float(number) => Some(float_key(*number)),
        Value::Null | Value::Sequence(_) | Value::Mapping(_) => None,
    }
}

/// Reads a scalar as its tag demands; `kind` is the tag below `tag:yaml.org,2002:`. Tags unknown to Go's reader mean text.
///
/// # Errors
///
/// Says why the text is not of that kind.
pub(super) fn tagged(kind: &str, text: &str) -> Result<Value, String> {
    let value = match kind {
        "binary" => return base64(text).map(Value::String).ok_or_else(|| format!("`{text}` is not Base64")),
        "null" | "bool" | "int" | "float" => typed(text),
        "timestamp" if !is_timestamp(text) => None,
        _ => return Ok(Value::String(text.to_owned())),
    };
    match (kind, value) {
        ("null", Some(Value::Null)) => Some(Value::Null),
        ("bool", Some(Value::Bool(truth))) => Some(Value::Bool(truth)),
        ("int", Some(Value::Integer(number))) => Some(Value::Integer(number)),
        ("float", Some(Value::Float(number))) if number.is_finite() => Some(float_value(number)),
        // What a float cannot hold exactly is rounded, as Go does.
        ("float", Some(Value::Integer(number))) if i64::try_from(number).is_ok() => {
            number.to_string().parse().ok().map(float_value)
        }
        _ => None,
    }
    .ok_or_else(|| format!("`{text}` is not what its tag `!!{kind}` says"))
}

/// Decodes Base64 to text, each byte that is not UTF-8 becoming U+FFFD.
fn base64(text: &str) -> Option<String> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect();
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3);
    let (quads, rest) = digits.as_chunks::<4>();
    for (index, quad) in quads.iter().enumerate() {
        let padding =
            if index + 1 == quads.len() { quad.iter().rev().take_while(|byte| **byte == b'=').count() } else { 0 };
        let mut bits = 0_u32;
        for digit in &quad[..4 - padding] {
            let value = match digit {
                b'A'..=b'Z' => digit - b'A',
                b'a'..=b'z' => digit - b'a' + 26,
                b'0'..=b'9' => digit - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => return None,
            };
            bits = bits << 6 | u32::from(value);
        }
        if padding > 2 {
            return None;
        }
        bits <<= 6 * padding;
        bytes.extend_from_slice(&bits.to_be_bytes()[1..4 - padding]);
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    rest.is_empty().then_some(text)
}

/// Writes a float as Go's `strconv.FormatFloat(number, 'g', -1, 32)` does: single precision, shortest digits, an exponent
/// below 1e-4 and from 1e6 on.
#[expect(clippy::cast_possible_truncation, reason = "single precision is what the Go library asks for")]
fn float_key(number: f64) -> String {
    let number = number as f32;
    if number.is_nan() {
        return ".nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    match scientific.split_once('e').map(|(digits, exponent)| (digits, exponent.parse::<i32>())) {
        Some((digits, Ok(exponent))) if !(-4..6).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.abs())
        }
        _ => number.to_string(),
    }
}

/// Looks up the words of YAML 1.1.
fn word(plain: &str) -> Option<Value> {
    Some(match plain {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Value::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Value::Bool(false),
        ".nan" | ".NaN" | ".NAN" => Value::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Value::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Value::Float(f64::NEG_INFINITY),
        _ => return None,
    })
}

/// Reads an integer, or else a float. Underscores count for nothing, wherever they stand.
fn number(plain: &str) -> Option<Value> {
    let squeezed;
    let plain = if plain.contains('_') {
        squeezed = plain.replace('_', "");
        &squeezed
    } else {
        plain
    };
    integer(plain)
        .map(Value::Integer)
        .or_else(|| float(plain))
        // Go tries `0b` once more with whatever follows, which lets a second sign through.
        .or_else(|| i64::from_str_radix(plain.strip_prefix("0b")?, 2).ok().map(|number| Value::Integer(number.into())))
}

/// Reads an integer as Go's `strconv.ParseInt` and then `ParseUint` with base 0 do: `0x`, `0o`, `0b`, and `0` for octal.
fn integer(text: &str) -> Option<i128> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'+' | b'-' => text.split_at(1),
        _ => ("", text),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', _, ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', _, ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', _, ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if !digits.starts_with(|first: char| first.is_ascii_hexdigit()) {
        return None;
    }
    let number = u64::from_str_radix(digits, radix).ok()?;
    match sign {
        "" => Some(number.into()),
        "+" => i64::try_from(number).ok().map(i128::from),
        _ => i64::try_from(-i128::from(number)).ok().map(i128::from),
    }
}

/// Takes out underscores between digits. Go reads a text that begins with a point by its own rules for numbers, which allow
/// them there only.
fn joined(plain: &str) -> Cow<'_, str> {
    let bytes = plain.as_bytes();
    let is_digit = |index: usize| bytes.get(index).is_some_and(|byte| byte.is_ascii_digit() || *byte == b'_');
    let separates = |(index, _): (usize, &str)| index > 0 && is_digit(index - 1) && is_digit(index + 1);
    if plain.contains("__") || !plain.contains('_') || !plain.match_indices('_').all(separates) {
        return Cow::Borrowed(plain);
    }
    Cow::Owned(plain.replace('_', ""))
}

/// Reads a float: digits with at most one point among them, and an exponent. One that is out of range is text.
fn float(text: &str) -> Option<Value> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let well_formed = digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent));
    if !well_formed {
        return None;
    }
    text.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Float)
}

/// Tells whether a text is a date, with or without a time, as `!!timestamp` of YAML 1.1 has it.
pub(super) fn is_timestamp(text: &str) -> bool {
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(index) => (&text[..index], Some(&text[index + 1..])),
        None => (text, None),
    };
    let numbers = |text: &str, separator: char, widths: &[std::ops::RangeInclusive<usize>]| {
        let parts: Vec<&str> = text.split(separator).collect();
        parts.len() == widths.len()
            && parts
                .iter()
                .zip(widths)
                .all(|(part, width)| width.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let zone = |text: &str| numbers(text, ':', &[2..=2, 2..=2]);
    numbers(date, '-', &[4..=4, 1..=2, 1..=2])
        && time.is_none_or(|time| {
            let clock = match time.find(['Z', '+', '-']) {
                Some(index) if time[index..] == *"Z" || zone(&time[index + 1..]) => &time[..index],
                Some(_) => return false,
                None => time,
            };
            let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
            numbers(clock, ':', &[1..=2, 1..=2, 1..=2])
                && !fraction.is_empty()
                && fraction.bytes().all(|byte| byte.is_ascii_digit())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers_follow_yaml_1_1() {
        for (plain, value) in [
            ("no", Value::Bool(false)),
            ("Y", Value::Bool(true)),
            ("", Value::Null),
            ("0777", Value::Integer(511)),
            ("08", Value::Integer(8)),
            ("0o17", Value::Integer(15)),
            ("1_000", Value::Integer(1000)),
            ("0b-1", Value::Integer(-1)),
            ("1.0", Value::Integer(1)),
            ("1e3", Value::Integer(1000)),
            ("-0.0", Value::Integer(0)),
            ("18446744073709551615", Value::Integer(u64::MAX.into())),
            ("18446744073709551616", Value::Float(18_446_744_073_709_551_616.0)),
            (".5", Value::Float(0.5)),
            ("6.02e23", Value::Float(6.02e23)),
        ] {
            assert_eq!(resolve(plain), value, "{plain}");
        }
        for text in ["nO", "1:30", "2024-01-01", "0x", "1e999", "+0x8000000000000000", "inf", "1.2.3", "=", "-"] {
            assert_eq!(resolve(text), Value::String(text.to_owned()));
        }
    }

    #[test]
    fn whole_floats_keep_the_digits_that_go_prints() {
        assert_eq!(resolve("1.2345678901234567e18"), Value::Integer(1_234_567_890_123_456_800));
        assert_eq!(resolve("1e20"), Value::Float(1e20));
    }

    #[test]
    fn keys_become_the_strings_that_go_makes() {
        for (plain, text) in [
            ("y", Some("true")),
            ("0x10", Some("16")),
            ("1.50", Some("1.5")),
            ("1e6", Some("1e+06")),
            ("0.00001", Some("1e-05")),
            ("123456789.5", Some("1.2345679e+08")),
            (".Inf", Some(".inf")),
            ("1e300", Some(".inf")),
            ("null", None),
            ("18446744073709551615", None),
        ] {
            let value = typed(plain).unwrap();
            assert_eq!(key(&value).as_deref(), text, "{plain}");
        }
    }

    #[test]
    fn timestamps_are_dates_with_or_without_a_time() {
        for text in ["2024-1-2", "2001-12-15T02:59:43.1Z", "2001-12-14t21:59:43.10-05:00", "2001-12-15 2:59:43.10"] {
            assert!(is_timestamp(text), "{text}");
        }
        for text in ["2024", "2024-01", "24-01-01", "2024-01-01T", "2024-01-01T10", "2024-01-01T1:2:3X", "a-b-c"] {
            assert!(!is_timestamp(text), "{text}");
        }
    }
}
