//! Objects that are valid by the way they are made: whatever is drawn, nothing may be found.
//!
//! The parts are drawn first and written down then, in one of the ways that Kubernetes reads alike. What the strategies know is
//! from the API's reference, not from idpack's rules.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

use super::{check, documents, lines};

/// A DNS label that begins with a letter.
fn name() -> impl Strategy<Value = String> {
    "[a-z]([a-z0-9-]{0,8}[a-z0-9])?"
}

/// The key of a label.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![name(), (name(), name()).prop_map(|(domain, name)| format!("{domain}.example/{name}"))]
}

fn labels(size: std::ops::Range<usize>) -> impl Strategy<Value = Map<String, Value>> {
    let value = prop_oneof![3 => "([A-Za-z0-9]([A-Za-z0-9_.-]{0,8}[A-Za-z0-9])?)?".prop_map(Value::from), 1 => Just(Value::Null)];
    btree_map(key(), value, size).prop_map(|labels| labels.into_iter().collect())
}

/// Writes thousandths of something in one of the ways that mean the same.
fn written(thousandths: u32, way: u8) -> Value {
    match (way % 6, thousandths.is_multiple_of(1000)) {
        (0, true) => (thousandths / 1000).into(),
        (1, true) => format!("{}e0", thousandths / 1000).into(),
        (2, _) => format!("{thousandths}000u").into(),
        (3, _) => format!("{}.{:03}", thousandths / 1000, thousandths % 1000).into(),
        (4, _) => format!("+{thousandths}m").into(),
        _ => format!(" {thousandths}m ").into(),
    }
}

/// Some amounts in ascending order.
fn ascending<const N: usize>() -> impl Strategy<Value = [Value; N]> {
    (vec(0_u32..5_000_000, N), vec(any::<u8>(), N)).prop_map(|(mut amounts, ways)| {
        amounts.sort_unstable();
        std::array::from_fn(|index| written(amounts[index], ways[index]))
    })
}

/// A number, or the same as a percentage.
fn share(least: u32) -> impl Strategy<Value = Value> {
    (least..=100, any::<bool>())
        .prop_map(|(number, is_share)| if is_share { format!("{number}%").into() } else { number.into() })
}

/// What a container asks for: with or without limits, devices in equal numbers.
fn requirements() -> impl Strategy<Value = Value> {
    let resources = subsequence(vec!["cpu", "memory", "ephemeral-storage"], 0..=3);
    (resources, vec(ascending::<2>(), 3), option::of(0_u8..9), any::<[bool; 3]>()).prop_map(
        |(names, amounts, devices, has)| {
            let (mut requests, mut limits) = (Map::new(), Map::new());
            for ((name, [request, limit]), has_limit) in names.into_iter().zip(amounts).zip(has) {
                requests.insert(name.to_owned(), request);
                if has_limit {
                    limits.insert(name.to_owned(), limit);
                }
            }
            if let Some(devices) = devices {
                limits.insert("example.com/device".to_owned(), devices.into());
                if has[0] {
                    requests.insert("example.com/device".to_owned(), format!("{devices}000m").into());
                }
            }
            json!({"requests": requests, "limits": limits})
        },
    )
}

/// A source of a volume.
fn volume() -> impl Strategy<Value = Value> {
    let file = (name(), 0_u32..=0o777)
        .prop_map(|(name, mode)| json!({"key": name, "path": format!("a/..{name}"), "mode": mode}));
    prop_oneof![
        Just(json!({})),
        ascending::<1>().prop_map(|[size]| json!({"emptyDir": {"sizeLimit": size}})),
        vec(file, 0..3).prop_map(|items| json!({"configMap": {"name": "a", "items": items}})),
        (0_u32..=0o777).prop_map(|mode| json!({"secret": {"secretName": "a", "defaultMode": mode}})),
        Just(json!({"persistentVolumeClaim": {"claimName": "a"}, "emptyDir": null})),
        Just(json!({"hostPath": {"path": "/a", "type": ""}})),
        Just(json!({"projected": {"sources": [
            {"serviceAccountToken": {"path": "token"}},
            {"downwardAPI": {"items": [{"path": "a", "fieldRef": {"fieldPath": "metadata.name"}}]}},
        ]}})),
        Just(json!({"ephemeral": {"volumeClaimTemplate": {"spec": {
            "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": 1}},
        }}}})),
    ]
}

fn probe() -> impl Strategy<Value = Value> {
    (1_u32..=65_535, 0_u32..100)
        .prop_map(|(port, delay)| json!({"tcpSocket": {"port": port}, "initialDelaySeconds": delay}))
}

/// The specification of Pods: containers with names of their own that mount what is there.
fn pods(restart: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let volumes = btree_map(name(), volume(), 0..4);
    let names = btree_map(name(), (requirements(), option::of(probe()), any::<[u8; 3]>()), 1..4);
    let tolerations = vec((option::of(key()), any::<bool>()), 0..3);
    (volumes, names, tolerations, any::<[bool; 3]>(), 0_u32..120, select(restart)).prop_map(
        |(volumes, containers, tolerations, has, grace, restart)| {
            let mut lists: [Vec<Value>; 2] = Default::default();
            for (number, (name, (resources, probe, draw))) in containers.into_iter().enumerate() {
                let is_init = number > 0 && draw[0] % 2 == 0;
                let mounts = volumes.keys().enumerate().filter(|(index, _)| draw[1] >> index & 1 == 1);
                let mounts = mounts.map(|(index, name)| json!({"name": name, "mountPath": format!("/m/{index}")}));
                let mut container = json!({"name": name, "image": "a b", "resources": resources});
                container["volumeMounts"] = mounts.collect();
                let port = 1000 + number;
                container["ports"] = json!([
                    {"containerPort": port, "hostPort": if has[0] { Value::Null } else { port.into() }},
                    {"name": "dns", "containerPort": 2000 + number, "protocol": "UDP"},
                ]);
                if !is_init {
                    container["livenessProbe"] = probe.unwrap_or_default();
                    container["lifecycle"] = json!({"preStop": {"sleep": {"seconds": grace}}});
                }
                lists[usize::from(is_init)].push(container);
            }
            let volumes = volumes.into_iter().map(|(name, mut volume)| {
                volume["name"] = name.into();
                volume
            });
            let tolerations = tolerations.into_iter().map(|(key, exists)| match (key, exists) {
                (Some(key), false) => json!({"key": key, "value": "a"}),
                (key, _) => json!({"key": key, "operator": "Exists"}),
            });
            let [containers, init] = lists;
            json!({
                "containers": containers, "initContainers": init, "volumes": volumes.collect::<Value>(),
                "tolerations": tolerations.collect::<Value>(), "restartPolicy": restart, "hostNetwork": has[1],
                "terminationGracePeriodSeconds": grace,
            })
        },
    )
}

/// A selector and a template whose labels it selects, among others.
fn selected() -> impl Strategy<Value = (Value, Value)> {
    (labels(1..4), labels(0..3), pods(&["Always", ""]), any::<u8>()).prop_map(|(wanted, more, spec, draw)| {
        let mut labels = more;
        labels.extend(wanted.clone());
        let mut expressions = vec![json!({"key": "never-drawn", "operator": "DoesNotExist"})];
        expressions
            .extend(wanted.iter().filter(|_| draw % 2 == 0).map(|(key, _)| json!({"key": key, "operator": "Exists"})));
        let selector = json!({"matchLabels": wanted, "matchExpressions": expressions});
        (selector, json!({"metadata": {"labels": labels}, "spec": spec}))
    })
}

/// Something that keeps Pods running.
pub(super) fn workload(kinds: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let claims = vec(name(), 0..3);
    (selected(), select(kinds), claims, share(1), share(0), 0_u32..600).prop_map(
        |((selector, template), kind, claims, unavailable, surge, ready)| {
            let mut spec = json!({"selector": selector, "template": template, "minReadySeconds": ready});
            match kind {
                "DaemonSet" => {
                    spec["updateStrategy"] =
                        json!({"rollingUpdate": {"maxUnavailable": unavailable, "maxSurge": "0%"}});
                }
                "Deployment" => {
                    spec["strategy"] = json!({"rollingUpdate": {"maxUnavailable": unavailable, "maxSurge": surge}});
                    spec["progressDeadlineSeconds"] = (ready + 1).into();
                }
                "StatefulSet" => {
                    let mounts = claims
                        .iter()
                        .enumerate()
                        .map(|(number, name)| json!({"name": name, "mountPath": format!("/claims/{number}")}));
                    let mounts: Vec<_> = mounts.collect();
                    let container = &mut spec["template"]["spec"]["containers"][0]["volumeMounts"];
                    container.as_array_mut().unwrap().extend(mounts);
                    spec["volumeClaimTemplates"] =
                        claims.iter().map(|name| json!({"metadata": {"name": name}, "spec": claim()})).collect();
                }
                _ => {}
            }
            json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "a"}, "spec": spec})
        },
    )
}

fn claim() -> Value {
    json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}})
}

/// A field of a schedule: values, ranges and steps within bounds.
fn field(min: u32, max: u32) -> impl Strategy<Value = String> {
    let value = move || min..=max;
    let range = (value(), value()).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b)));
    let part = prop_oneof![Just("*".to_owned()), value().prop_map(|value| value.to_string()), range];
    let part = (part, option::of(1_u32..90))
        .prop_map(|(part, step)| step.map_or(part.clone(), |step| format!("{part}/{step}")));
    vec(part, 1..3).prop_map(|parts| parts.join(","))
}

pub(super) fn job() -> impl Strategy<Value = Value> {
    let schedule = (field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 6));
    let schedule = schedule.prop_map(|(a, b, c, d, e)| format!("{a} {b}  {c} {d} {e}"));
    let schedule = prop_oneof![4 => schedule, 1 => (1_u32..90).prop_map(|minutes| format!("@every {minutes}m"))];
    let zone = option::of(select(&["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Etc/GMT+1"][..]));
    (pods(&["Never", "OnFailure"]), schedule, zone, 1_u32..50, any::<[bool; 2]>()).prop_map(
        |(spec, schedule, zone, completions, [is_indexed, is_cron])| {
            let mut job = json!({"template": {"spec": spec}, "completions": completions});
            if is_indexed {
                job["completionMode"] = "Indexed".into();
                job["backoffLimitPerIndex"] = 1.into();
                job["maxFailedIndexes"] = completions.into();
                job["successPolicy"] = json!({"rules": [{"succeededCount": completions}]});
            }
            if is_cron {
                let spec = json!({"schedule": schedule, "timeZone": zone, "jobTemplate": {"spec": job}});
                json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "a"}, "spec": spec})
            } else {
                json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a"}, "spec": job})
            }
        },
    )
}

/// Bounds in their order, and quotas.
pub(super) fn bounds() -> impl Strategy<Value = Value> {
    (ascending::<4>(), any::<[bool; 4]>(), select(&["cpu", "memory", "kubernetes.io/a"][..])).prop_map(
        |(amounts, has, name)| {
            let mut limit = json!({"type": "Container"});
            for ((list, amount), has) in ["min", "defaultRequest", "default", "max"].into_iter().zip(amounts).zip(has) {
                if has {
                    limit[list] = json!({name: amount});
                }
            }
            json!({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "a"}, "spec": {"limits": [limit]}})
        },
    )
}

pub(super) fn quota() -> impl Strategy<Value = Value> {
    (ascending::<2>(), 0_u32..99, subsequence(vec!["NotBestEffort", "Terminating"], 0..=2)).prop_map(|([cpu, memory], pods, scopes)| {
        let spec = json!({"hard": {"requests.cpu": cpu, "limits.memory": memory, "pods": pods, "count/pods": pods}, "scopes": scopes});
        json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "a"}, "spec": spec})
    })
}

/// A block of addresses with parts of it as exceptions.
pub(super) fn policy() -> impl Strategy<Value = Value> {
    let block = (any::<u32>(), 0_u32..32, vec((any::<u32>(), 0_u32..32), 0..4)).prop_map(|(address, length, parts)| {
        let masked = |address: u32, length: u32| address & u32::MAX.checked_shl(32 - length).unwrap_or_default();
        let shown =
            |address: u32, length: u32| format!("{}/{length}", std::net::Ipv4Addr::from(masked(address, length)));
        let parts = parts.into_iter().map(|(inner, more)| {
            let length = (length + 1 + more % (32 - length)).min(32);
            let inside = masked(address, length - 1) | inner & !masked(u32::MAX, length - 1);
            shown(inside, length)
        });
        let parts: Vec<_> = parts.collect();
        json!({"ipBlock": {"cidr": shown(address, length), "except": parts}})
    });
    (vec(block, 0..3), 1_u32..=65_535, 0_u32..100).prop_map(|(peers, port, more)| {
        let ports = json!([{"port": port, "endPort": (port + more).min(65_535)}]);
        let spec = json!({"podSelector": {}, "egress": [{"to": peers, "ports": ports}]});
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "a"}, "spec": spec})
    })
}

pub(super) fn autoscaler() -> impl Strategy<Value = Value> {
    (1_u32..50, 0_u32..50, 1_u32..500, any::<bool>(), 1_u32..5000).prop_map(|(min, more, share, is_share, amount)| {
        let target = if is_share {
            json!({"type": "Utilization", "averageUtilization": share})
        } else {
            json!({"type": "AverageValue", "averageValue": written(amount, 2)})
        };
        let target_ref = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "a"});
        let metrics = json!([{"type": "Resource", "resource": {"name": "cpu", "target": target}}]);
        let spec = json!({"scaleTargetRef": target_ref, "minReplicas": min, "maxReplicas": min + more, "metrics": metrics});
        json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "a"}, "spec": spec})
    })
}

fn service() -> impl Strategy<Value = Value> {
    let ports = btree_map(name(), (1_u32..=10_000, 30_000_u32..=32_767), 1..5);
    (ports, select(&["ClusterIP", "LoadBalancer", "NodePort"][..])).prop_map(|(ports, kind)| {
        let ports = ports.into_iter().enumerate().map(|(number, (name, (port, node_port)))| {
            // Numbers that differ whatever was drawn.
            let (port, node_port) = (port * 5 + u32::try_from(number).unwrap(), 30_000 + (node_port - 30_000) / 5 * 5);
            let node_port = (node_port + u32::try_from(number).unwrap()).min(32_767);
            let is_external = kind != "ClusterIP" && node_port < 32_765;
            json!({"name": name, "port": port, "nodePort": if is_external { node_port.into() } else { Value::Null }})
        });
        let ports: Vec<_> = ports.collect();
        // A Service cannot have a port of the nodes twice, and not lead to the kubelet.
        let mut seen = std::collections::BTreeSet::new();
        let ports: Vec<_> = ports
            .into_iter()
            .filter(|port| port["nodePort"].is_null() || seen.insert(port["nodePort"].to_string()))
            .filter(|port| port["port"] != 10_250)
            .collect();
        let spec = json!({"type": kind, "ports": ports, "externalIPs": ["203.0.113.10"]});
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": spec})
    })
}

fn pod() -> impl Strategy<Value = Value> {
    pods(&["Always", "Never", "OnFailure", ""])
        .prop_map(|spec| json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": spec}))
}

/// Any of them.
fn object() -> impl Strategy<Value = Value> {
    let workload = workload(&["DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"]);
    prop_oneof![4 => workload, 2 => pod(), 2 => job(), 1 => bounds(), 1 => quota(), 1 => policy(), 1 => autoscaler(), 1 => service()]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_made_validly_has_no_fault(object in object()) {
        prop_assume!(object["kind"] != "Service" || object["spec"]["ports"].as_array().is_some_and(|ports| !ports.is_empty()));
        let node = documents("object.json", &object.to_string()).remove(0);
        let found = check(&node).unwrap();
        prop_assert!(found.is_empty(), "{:#?}\n{:#}", lines(&found), object);
    }
}
