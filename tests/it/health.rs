use serde::Deserialize as _;
use serde_yaml::Value;

use crate::oracle::{Sandbox, run, tool};

/// The key of `argocd-cm` below which Argo CD looks for the health check of Applications.
const KEY: &str = "resource.customizations.health.argoproj.io_Application";

/// Applications as Argo CD shows them, and the health that orders waves correctly.
///
/// A child counts from the moment that it was compared with its present source; before that its health is that of an older
/// source, or of nothing (Argo CD 3.1, controller/state.go: what cannot be compared manages nothing and is `Healthy`).
const CASES: [(&str, &str, &str); 9] = [
    ("no status", "nil", "Progressing"),
    ("empty status", "{}", "Progressing"),
    ("never compared", "{health = {status = 'Healthy'}}", "Progressing"),
    ("sync unknown", "compared('Unknown', 'Healthy', CURRENT)", "Progressing"),
    ("stale chart version", "compared('Synced', 'Healthy', OLD)", "Progressing"),
    ("nothing applied yet", "compared('OutOfSync', 'Missing', CURRENT)", "Missing"),
    ("starting", "compared('Synced', 'Progressing', CURRENT)", "Progressing"),
    ("ready", "compared('Synced', 'Healthy', CURRENT)", "Healthy"),
    ("ready, with harmless drift", "compared('OutOfSync', 'Healthy', CURRENT)", "Healthy"),
];

/// What the cases share, and the libraries that Argo CD does not open (util/lua/lua.go: base, package, table, part of os).
const PRELUDE: &str = "
local function source(version) return {repoURL = 'https://charts.example', chart = 'c', targetRevision = version} end
local function compared(sync, health, with)
  return {health = {status = health}, sync = {status = sync, comparedTo = {source = with}}}
end
local CURRENT, OLD = source('2'), source('1')
string, math, io, debug, coroutine = nil, nil, nil, nil, nil
";

/// Returns the cases that the health check in the `argocd-cm` of `config_map` judges wrongly, each as `case: verdict`.
///
/// Returns `None` where there is no Lua to run it.
pub(crate) fn misjudged(config_map: &str) -> Option<Vec<String>> {
    let lua = tool("lua5.1", "IDPACK_LUA")?;
    let document =
        Value::deserialize(serde_yaml::Deserializer::from_str(config_map)).expect("argocd-cm is one YAML document");
    let script = document["data"][KEY].as_str().expect("argocd-cm has a health check for Applications");
    let sandbox = Sandbox::new();
    let wrong = CASES.iter().filter_map(|(case, status, expected)| {
        let application = format!("obj = {{spec = {{source = source('2')}}, status = {status}}}");
        let program = format!("{PRELUDE}{application}\nlocal function health()\n{script}\nend\nprint(health().status)");
        let verdict = run(sandbox.command(&lua).args(["-e", &program]));
        (verdict.trim() != *expected).then(|| format!("{case}: {}", verdict.trim()))
    });
    Some(wrong.collect())
}

/// The check that Argo CD's own documentation prints (docs/operator-manual/health.md, 3.1) opens the gate too early.
#[test]
fn the_documented_check_is_not_enough() {
    let script = "
data:
  resource.customizations.health.argoproj.io_Application: |
    hs = {}
    hs.status = 'Progressing'
    hs.message = ''
    if obj.status ~= nil then
      if obj.status.health ~= nil then
        hs.status = obj.status.health.status
      end
    end
    return hs
";
    let Some(wrong) = misjudged(script) else { return };
    assert_eq!(wrong, ["never compared: Healthy", "sync unknown: Healthy", "stale chart version: Healthy"]);
}
