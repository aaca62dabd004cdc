//! YAML inside a string.

use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};
use crate::yaml::{self, BlockLines, Node, Value};

/// Reads YAML inside a string, as `helm.values` holds it. Its keys and values get their places in the file.
pub(super) fn read(string: &Node, findings: &mut Vec<Diagnostic>) -> Option<Node> {
    let text = string.as_str()?;
    let lines = BlockLines::of(&string.span, text);
    let place = |span: &Span| match &lines {
        Some(lines) => Span::new(string.span.source(), lines.locate(span.start()), lines.locate(span.end())),
        None => string.span.clone(),
    };
    let (documents, faults) = yaml::read(&Source::new(string.span.source().name(), text));
    findings.extend(faults.into_iter().map(|mut fault| {
        fault.span = place(&fault.span);
        fault.related.iter_mut().for_each(|related| related.span = place(&related.span));
        fault
    }));
    let mut values = documents.into_iter().next()?;
    relocate(&mut values, &place);
    Some(values)
}

/// Returns the place of a line of a string, by an offset in it: the line itself in a literal block, else the whole string.
#[must_use]
pub fn line_of(string: &Node, offset: usize) -> Span {
    let text = string.as_str().unwrap_or_default();
    let line = BlockLines::of(&string.span, text).and_then(|lines| Some(lines.locate(u32::try_from(offset).ok()?)));
    let length = text.get(offset..).map_or(0, |rest| rest.lines().next().unwrap_or_default().len());
    line.map_or_else(|| string.span.clone(), |start| Span::new(string.span.source(), start, start + length))
}

fn relocate(node: &mut Node, place: &impl Fn(&Span) -> Span) {
    node.span = place(&node.span);
    match &mut node.value {
        Value::Sequence(items) => items.iter_mut().for_each(|item| relocate(item, place)),
        Value::Mapping(mapping) => {
            for entry in mapping {
                entry.key.span = place(&entry.key.span);
                relocate(&mut entry.value, place);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::manifest;

    /// Returns the first value below `key`, read out of a string, with its place; and the places of what is wrong.
    fn value_in_string(values: &str) -> (Option<String>, Vec<String>) {
        let head = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  source:\n    helm:\n      values: ";
        let (set, findings) = manifest::parse(&[("app.yaml", &format!("{head}{values}"))]);
        let value = set.facts.applications[0].sources[0].values.as_ref().and_then(|values| values.at(&["key"]));
        let shown = value.map(|value| format!("{} {}", value.span, value.span.text()));
        (shown, findings.iter().map(|finding| finding.span.to_string()).collect())
    }

    #[test]
    fn values_in_a_string_stand_where_the_string_has_them() {
        let place = |values| value_in_string(values).0.unwrap();
        assert_eq!(place("|\n        other: 1\n\n        # é\n        key: here\n"), "app.yaml:10:14 here");
        assert_eq!(place("|-\n        key: here"), "app.yaml:7:14 here");
        assert_eq!(place("|\r\n        a: 1\r\n        key: here\r\n"), "app.yaml:8:14 here");
        assert_eq!(place("|2\n          key:\n           here\n"), "app.yaml:8:12 here");
        assert_eq!(place("\"key: here\""), "app.yaml:6:15 \"key: here\"");
        assert_eq!(place("'key: here'"), "app.yaml:6:15 'key: here'");
    }

    #[test]
    fn faults_of_values_in_a_string_stand_there_too() {
        let (value, faults) = value_in_string("|\n        key: here\n        key: again\n");
        assert_eq!((value.is_some(), faults), (true, vec!["app.yaml:8:9".to_owned()]));
    }
}
