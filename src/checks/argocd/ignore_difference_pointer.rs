//! JSON pointers of ignored differences lead somewhere.

use super::difference::{self, Fault, is_chain};
use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "ignore-difference-pointer",
        summary: "path of an ignored difference that is no JSON pointer",
        severity: Severity::Error,
        effect: Effect::SilentlyIgnored,
        page: include_str!("ignore_difference_pointer.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    difference::report(object, &CHECK.rule, "jsonPointers", fault, findings);
}

fn fault(text: &str) -> Option<Fault> {
    let Some(path) = text.strip_prefix('/') else {
        let parts = text.strip_prefix('.').unwrap_or(text).split(['.', '/']);
        let meant = is_chain(text, &['.', '/']).then(|| parts.fold(String::new(), |path, part| path + "/" + part));
        let message = format!("`{text}` is no JSON pointer: it does not begin with `/`");
        return Some(Fault { message, help: "write each field with a `/` in front of it", meant });
    };
    // The values of annotations and labels are texts, which nothing is below.
    let path = path.strip_prefix("spec/template/").unwrap_or(path);
    let key = ["metadata/annotations/", "metadata/labels/"].iter().find_map(|start| path.strip_prefix(start))?;
    let head = text.strip_suffix(key)?;
    key.contains('/').then(|| Fault {
        message: format!("`{text}` leads nowhere: the `/` in `{key}` begins another field"),
        help: "",
        meant: Some(format!("{head}{}", key.replace('/', "~1"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_begin_with_a_slash_and_lead_to_something() {
        let meant = |text| fault(text).and_then(|fault| fault.meant);
        assert_eq!(meant("spec/replicas").as_deref(), Some("/spec/replicas"));
        assert_eq!(meant(".spec.replicas").as_deref(), Some("/spec/replicas"));
        assert_eq!(meant("/metadata/labels/a.b/c").as_deref(), Some("/metadata/labels/a.b~1c"));
        for text in ["/spec/replicas", "/metadata/labels/a.b~1c", "/metadata/annotations", "/spec/a.b/c", "/data/a~0b"]
        {
            assert!(fault(text).is_none(), "{text}");
        }
    }
}
