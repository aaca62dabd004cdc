//! An image without a fixed tag is another one tomorrow.

use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "image-tag-floating",
        summary: "image of a container without a tag, or with `latest`",
        severity: Severity::Info,
        effect: Effect::SilentlyIgnored,
        page: include_str!("image_tag_floating.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(pod) = pod_of(object) else { return };
    for container in pod.items_at(&["initContainers"]).chain(pod.items_at(&["containers"])) {
        let Some(node) = container.get("image") else { continue };
        let Some(image) = node.as_str().filter(|image| is_floating(image)) else { continue };
        // What is never pulled was brought to the node by somebody.
        if container.get("imagePullPolicy").and_then(Node::as_str) == Some("Never") {
            continue;
        }
        let message = match image.strip_suffix(":latest") {
            Some(_) => format!("`{image}` is whatever was pushed last"),
            None => format!("`{image}` has no tag, so that it is whatever was pushed last as `latest`"),
        };
        let help = "write the tag of one version, or a digest";
        findings.push(Diagnostic::new(&CHECK.rule, &node.span, message).help(help).of_whole());
    }
}

/// Returns what an object of a built-in kind says of its pods.
fn pod_of<'a>(object: &Object<'a>) -> Option<&'a Node> {
    match (object.group, object.kind) {
        ("", "Pod") => object.node.get("spec"),
        ("", "ReplicationController")
        | ("apps", "DaemonSet" | "Deployment" | "ReplicaSet" | "StatefulSet")
        | ("batch", "Job") => object.node.at(&["spec", "template", "spec"]),
        ("batch", "CronJob") => object.node.at(&["spec", "jobTemplate", "spec", "template", "spec"]),
        _ => None,
    }
}

/// Tells whether an image may be another one tomorrow. `auto` is filled in by Istio, and a URL by a tool that builds images.
fn is_floating(image: &str) -> bool {
    const MARKS: [&str; 6] = ["@", "$", "{", "<", "://", " "];
    let name = image.rsplit('/').next().unwrap_or(image);
    !image.is_empty()
        && image != "auto"
        && !MARKS.iter().any(|mark| image.contains(mark))
        && name.split_once(':').is_none_or(|(_, tag)| tag == "latest")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_have_tags_or_digests() {
        for image in ["nginx", "nginx:latest", "ghcr.io/team/web", "localhost:5000/web", "localhost:5000/web:latest"] {
            assert!(is_floating(image), "{image}");
        }
        for image in [
            "",
            "auto",
            "nginx:1.29",
            "localhost:5000/web:1",
            "web@sha256:0a",
            "web:latest@sha256:0a",
            "${IMAGE}",
            "ko://example.com/web",
            "<image>",
        ] {
            assert!(!is_floating(image), "{image}");
        }
    }
}
