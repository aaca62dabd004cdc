//! Amounts as Kubernetes counts with them (k8s.io/apimachinery `pkg/api/resource/quantity.go`, v1.36).

use super::super::names;
use crate::yaml::{Node, Value};

/// An amount in billionths, the smallest part that the server knows; parts of that are rounded away from zero. Amounts beyond
/// any real one are all alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Amount(i128);

/// Billionths in one.
const ONE: i128 = 1_000_000_000;
/// What counts as infinite: a whole number far above what a `u64` holds.
const LIMIT: i128 = ONE * ONE * ONE * ONE;
/// How many billionths there are in a thousandth.
const MILLI: i128 = 1_000_000;

impl Amount {
    pub(super) const ZERO: Self = Self(0);
    pub(super) const ONE: Self = Self(ONE);

    /// Reads an amount where the server wants one; null is zero. What is none the schema reports.
    pub(super) fn read(node: &Node) -> Option<Self> {
        match &node.value {
            Value::Null => Some(Self::ZERO),
            Value::Integer(number) => Some(Self(number.saturating_mul(ONE).clamp(-LIMIT, LIMIT))),
            Value::Float(number) => Self::parse(&number.to_string()),
            Value::String(text) => Self::parse(text),
            _ => None,
        }
    }

    /// Reads an amount of a list of resources, where the server rounds to thousandths, away from zero
    /// (k8s.io/kubernetes `pkg/apis/core/v1/defaults.go`, `SetDefaults_ResourceList`).
    pub(super) fn of_resource(node: &Node) -> Option<Self> {
        let Self(amount) = Self::read(node)?;
        let rounded = (amount.abs() + MILLI - 1) / MILLI * MILLI;
        Some(Self(rounded * amount.signum()))
    }

    /// Parses an amount such as `100m`, `1.5`, `4Gi`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        names::quantity(text).ok()?;
        let text = text.trim_matches(' ');
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let number_end = unsigned.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at(number_end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let (doublings, exponent) = scale(suffix)?;
        let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|digit| digit - b'0').collect();
        for _ in 0..doublings {
            double(&mut digits);
        }
        // The last digit stands for 10^-fraction; billionths are what is left of nine digits behind the point.
        let shift = exponent.saturating_add(9).saturating_sub(i64::try_from(fraction.len()).ok()?);
        let amount = shifted(&digits, shift).min(LIMIT);
        Some(Self(if text.starts_with('-') { -amount } else { amount }))
    }

    /// Tells whether this is a whole number, or too large to say so.
    pub(super) fn is_whole(self) -> bool {
        self.0 % ONE == 0
    }

    /// Tells whether this is a whole multiple of another amount.
    pub(super) fn is_multiple_of(self, unit: Self) -> bool {
        unit.0 > 0 && self.0 % unit.0 == 0
    }

    /// Tells whether the server can count with this as a whole number; it counts something else otherwise.
    pub(super) fn fits(self) -> bool {
        self.0.abs() <= i128::from(i64::MAX) * ONE
    }

    /// Returns how many times as much as another amount this is.
    pub(super) fn ratio(self, other: Self) -> f64 {
        self.as_f64() / other.as_f64()
    }

    /// Returns the nearest floating-point number.
    #[expect(clippy::cast_precision_loss, reason = "the server counts ratios in floating point, too")]
    pub(super) fn as_f64(self) -> f64 {
        self.0 as f64 / ONE as f64
    }
}

/// Returns by how many powers of two and of ten a suffix multiplies.
fn scale(suffix: &str) -> Option<(u32, i64)> {
    Some(match suffix {
        "" => (0, 0),
        "n" => (0, -9),
        "u" => (0, -6),
        "m" => (0, -3),
        "k" => (0, 3),
        "M" => (0, 6),
        "G" => (0, 9),
        "T" => (0, 12),
        "P" => (0, 15),
        "E" => (0, 18),
        "Ki" => (10, 0),
        "Mi" => (20, 0),
        "Gi" => (30, 0),
        "Ti" => (40, 0),
        "Pi" => (50, 0),
        "Ei" => (60, 0),
        exponent => (0, exponent[1..].parse::<i32>().ok()?.into()),
    })
}

/// Doubles a number in decimal digits.
fn double(digits: &mut Vec<u8>) {
    let mut carry = 0;
    for digit in digits.iter_mut().rev() {
        let doubled = *digit * 2 + carry;
        *digit = doubled % 10;
        carry = doubled / 10;
    }
    if carry > 0 {
        digits.insert(0, carry);
    }
}

/// Multiplies a number in decimal digits by a power of ten, rounded up.
fn shifted(digits: &[u8], shift: i64) -> i128 {
    let kept = usize::try_from(shift.saturating_neg()).map_or(digits.len(), |cut| digits.len().saturating_sub(cut));
    let value = |digits: &[u8]| {
        digits.iter().fold(0_i128, |value, digit| value.saturating_mul(10).saturating_add(i128::from(*digit)))
    };
    let (digits, rest) = digits.split_at(kept);
    let mut value = value(digits);
    for _ in 0..shift.clamp(0, 40) {
        value = value.saturating_mul(10);
    }
    value.saturating_add(i128::from(rest.iter().any(|digit| *digit > 0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(text: &str) -> i128 {
        Amount::parse(text).expect(text).0
    }

    #[test]
    fn amounts_are_exact() {
        for (a, b) in [
            ("1", "1000m"),
            ("1Ki", "1024"),
            ("1.5Gi", "1536Mi"),
            ("0.5Mi", "524288"),
            (".5", "500m"),
            ("5.", "5"),
            ("010", "10"),
            ("+1", "1"),
            (" 1 ", "1"),
            ("1E3", "1k"),
            ("1e-3", "1m"),
            ("1E", "1000P"),
            ("1Ei", "1152921504606846976"),
            ("0.0000000001", "1n"),
            ("1.0000000001", "1.000000001"),
            ("-0.0000000001", "-1n"),
            ("Ki", "0"),
            ("0e400", "0"),
            ("1e400", "1e500"),
            ("99999999999999999999999999999999999999999999", "1e400"),
        ] {
            assert_eq!(amount(a), amount(b), "{a} {b}");
        }
        assert!(amount("1e400") > amount("9223372036854775807"));
        assert!(amount("0.333333333333333333333333333333333333333333333") == 333_333_334);
        assert!(amount("1Gi") > amount("1G") && amount("-1") < 0 && amount("1e-400") == 1);
        assert_eq!(Amount::parse("1MB"), None);
    }

    #[test]
    fn resources_are_rounded_to_thousandths() {
        let node = |value: Value| Node::new(value, &crate::source::Span::whole(&crate::source::Source::new("", "")));
        let read = |value: Value| Amount::of_resource(&node(value)).map(|amount| amount.0);
        assert_eq!(read("0.1m".into()), Some(MILLI));
        assert_eq!(read("-0.1m".into()), Some(-MILLI));
        assert_eq!(read("1100u".into()), Some(2 * MILLI));
        assert_eq!(read(Value::Float(0.5)), Some(ONE / 2));
        assert_eq!(read(Value::Integer(-2)), Some(-2 * ONE));
        assert_eq!(read(Value::Null), Some(0));
        assert_eq!(read(Value::Bool(true)), None);
    }
}
