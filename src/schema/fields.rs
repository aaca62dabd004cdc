//! Field tables: which fields an object has, in which versions of its product, and the schema that follows for one of them.
//!
//! A table is a text for people to read and compare. One field a line, below the field it belongs to, indented by two blanks:
//! its name, `[]` if it is a list, `!` if it is required, then the type of the value or of the items:
//!
//! * `string`, `boolean`, `integer` (64 bits), or several with `|` between them;
//! * `time`: a string that is a date and time;
//! * `object`: the fields that follow, no others; `open`: and any others;
//! * `free`: a mapping of anything;
//! * `any`: anything; of a mapping, if fields follow, only those;
//! * `{type}`: any keys, each with a value of that type; `{type[]}`: with a list of such values;
//! * `Name`: the fields of the group `Name:`, further below or in a table that this one is read with;
//!
//! and what else there is to say:
//!
//! * `since 2.14`: the first version that has the field; what stands below it came not before it;
//! * `until 3.2`: the first version that does not have it any more, nor what stands below it;
//! * `maxLength 255`: the most characters of a text;
//! * `enum a b c`: what a text may be, to the end of the line;
//! * `pattern REGEX`: what a text has to match, to the end of the line;
//! * `-- TEXT`: what to do in versions that do not have the field any more or not yet; of a field that all versions have, what
//!   to do about a value of the wrong type.
//!
//! A field that changed has a line for each form. Lines that begin with `#` are for people only.

use std::iter::Peekable;
use std::ops::RangeInclusive;

use serde_json::{Map, Value, json};

/// A version, its most significant number first; numbers that a product does not use are zero.
pub(super) type Version = (u32, u32, u32);

/// What a table is read for.
pub(super) struct Release {
    /// The name of the product, as messages say it.
    pub(super) product: &'static str,
    /// The versions that it may be: a field exists if any of them has it.
    pub(super) versions: RangeInclusive<Version>,
    /// The version as messages write it, if it is only one.
    pub(super) name: Option<String>,
}

/// What a table says of a release.
pub(super) struct Fields {
    /// The schema of the object.
    pub(super) root: Value,
    /// The schemas of the groups by name; schemas refer to them in `$defs`.
    pub(super) groups: Map<String, Value>,
}

/// Reads a table.
pub(super) fn read(table: &str, release: &Release) -> Fields {
    let mut lines = table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).peekable();
    let root = object(&mut lines, 0, release);
    let mut groups = Map::new();
    while let Some(name) = lines.next().and_then(|line| line.strip_suffix(':')) {
        let mut group = object(&mut lines, 1, release);
        // Whether null may stand for the group depends on the field; there it is said again.
        group["type"] = json!(["object", "null"]);
        groups.insert(name.to_owned(), group);
    }
    Fields { root, groups }
}

/// Reads the fields of one object: the lines with this indentation, and what is indented deeper below each.
fn object<'a>(lines: &mut Peekable<impl Iterator<Item = &'a str>>, depth: usize, release: &Release) -> Value {
    let (mut properties, mut unavailable, mut replacements) = (Map::new(), Map::new(), Map::new());
    let mut required: Vec<Value> = Vec::new();
    while let Some(line) = lines.next_if(|line| !line.ends_with(':') && indentation(line) == depth) {
        let field = Field::parse(line.trim_start());
        let below = match lines.peek() {
            Some(next) if indentation(next) > depth => Some(object(lines, depth + 1, release)),
            _ => None,
        };
        if let Some(absence) = field.absence(release) {
            unavailable.insert(field.name.to_owned(), absence.reason.into());
            if let Some(replacement) = absence.replacement {
                replacements.insert(field.name.to_owned(), replacement.into());
            }
            continue;
        }
        if field.is_required && !required.iter().any(|name| name == field.name) {
            required.push(field.name.into());
        }
        let schema = field.schema(below);
        match properties.get_mut(field.name) {
            None => drop(properties.insert(field.name.to_owned(), schema)),
            Some(same) if *same == schema => {}
            Some(other) => *other = json!({"anyOf": [other.take(), schema]}),
        }
    }
    let mut schema = Map::new();
    schema.insert("type".to_owned(), "object".into());
    schema.insert("properties".to_owned(), properties.into());
    schema.insert("additionalProperties".to_owned(), false.into());
    for (keyword, keys) in [("unavailable", unavailable), ("replacements", replacements)] {
        if !keys.is_empty() {
            schema.insert(keyword.to_owned(), keys.into());
        }
    }
    if !required.is_empty() {
        schema.insert("required".to_owned(), required.into());
    }
    schema.into()
}

/// Returns how deep a line is indented, in steps of two blanks.
fn indentation(line: &str) -> usize {
    (line.len() - line.trim_start().len()) / 2
}

/// One line of a table.
struct Field<'a> {
    name: &'a str,
    is_list: bool,
    is_required: bool,
    kind: &'a str,
    since: Option<&'a str>,
    until: Option<&'a str>,
    max_length: Option<&'a str>,
    allowed: Option<&'a str>,
    pattern: Option<&'a str>,
    help: Option<&'a str>,
}

/// Why a release does not have a field.
struct Absence<'a> {
    /// Continues "`path` …".
    reason: String,
    /// What to do instead.
    replacement: Option<&'a str>,
}

impl<'a> Field<'a> {
    fn parse(line: &'a str) -> Self {
        let rest_after = |line: &'a str, word: &str| match line.split_once(word) {
            Some((line, rest)) => (line, Some(rest)),
            None => (line, None),
        };
        let (line, help) = rest_after(line, " -- ");
        let (line, pattern) = rest_after(line, " pattern ");
        let (line, allowed) = rest_after(line, " enum ");
        let mut words = line.split(' ');
        let name = words.next().unwrap_or_default();
        let (name, is_required) = name.strip_suffix('!').map_or((name, false), |name| (name, true));
        let (name, is_list) = name.strip_suffix("[]").map_or((name, false), |name| (name, true));
        let kind = words.next().unwrap_or_default();
        let mut field = Self {
            name,
            is_list,
            is_required,
            kind,
            since: None,
            until: None,
            max_length: None,
            allowed,
            pattern,
            help,
        };
        while let (Some(word), Some(value)) = (words.next(), words.next()) {
            match word {
                "since" => field.since = Some(value),
                "until" => field.until = Some(value),
                _ => field.max_length = Some(value),
            }
        }
        field
    }

    /// Says why a release does not have the field.
    fn absence(&self, release: &Release) -> Option<Absence<'a>> {
        let gone = self.until.filter(|until| number(until) <= *release.versions.start());
        let to_come = self.since.filter(|since| number(since) > *release.versions.end());
        let range = match (gone, to_come) {
            (Some(until), _) => format!("before {} {until} only", release.product),
            (None, Some(since)) => format!("from {} {since} on", release.product),
            (None, None) => return None,
        };
        let here = release.name.as_ref().map_or(String::new(), |name| format!(", not in {name}"));
        // What took the place of a field that is gone is of no help before it came.
        let replacement = self.help.filter(|_| gone.is_some() || self.until.is_none());
        Some(Absence { reason: format!("exists {range}{here}"), replacement })
    }

    /// Returns the schema of the value. Null stands for absence, but not in a list.
    fn schema(&self, below: Option<Value>) -> Value {
        let mut schema = value(self.kind, below);
        if let Some(pattern) = self.pattern {
            schema["pattern"] = pattern.into();
        }
        if let Some(allowed) = self.allowed {
            schema["enum"] = allowed.split(' ').collect();
        }
        if let Some(limit) = self.max_length.and_then(|limit| limit.parse::<u64>().ok()) {
            schema["maxLength"] = limit.into();
        }
        if let Some(help) = self.help.filter(|_| self.since.is_none() && self.until.is_none()) {
            schema["errorHelp"] = help.into();
        }
        if self.is_list {
            schema = json!({"type": ["array"], "items": schema});
        }
        if !self.is_required {
            allow_null(&mut schema);
        }
        schema
    }
}

/// Returns the schema of values of a type, null not among them.
fn value(kind: &str, below: Option<Value>) -> Value {
    if let Some(values) = kind.strip_prefix('{').and_then(|kind| kind.strip_suffix('}')) {
        let mut schema = match values.strip_suffix("[]") {
            Some(items) => json!({"type": ["array"], "items": value(items, below)}),
            None => value(values, below),
        };
        allow_null(&mut schema);
        return json!({"type": ["object"], "additionalProperties": schema});
    }
    let mut fields = below.unwrap_or_else(|| json!({}));
    match kind {
        "any" => {
            if let Some(keywords) = fields.as_object_mut() {
                keywords.remove("type");
            }
            fields
        }
        "free" => json!({"type": ["object"]}),
        "object" => {
            fields["type"] = json!(["object"]);
            fields
        }
        "open" => {
            fields["type"] = json!(["object"]);
            fields["additionalProperties"] = true.into();
            fields
        }
        "integer" => json!({"type": ["integer"], "minimum": i64::MIN, "maximum": i64::MAX}),
        "time" => json!({"type": ["string"], "format": "date-time"}),
        group if group.starts_with(|first: char| first.is_ascii_uppercase()) => {
            json!({"type": ["object"], "$ref": format!("#/$defs/{group}")})
        }
        kinds => json!({"type": kinds.split('|').collect::<Vec<_>>()}),
    }
}

/// Lets a schema accept null.
fn allow_null(schema: &mut Value) {
    if let Some(types) = schema.get_mut("type").and_then(Value::as_array_mut) {
        types.push("null".into());
    }
    if let Some(allowed) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        allowed.push(Value::Null);
    }
}

/// Reads a version as a table writes it.
fn number(text: &str) -> Version {
    let mut numbers = text.split('.').map(|number| number.parse().unwrap_or(u32::MAX));
    let mut next = || numbers.next().unwrap_or(0);
    (next(), next(), next())
}
