//! Tests with kubectl. The grader runs them; they are skipped where it is not installed.

use harness::{Launch, Program, eventually, expect, require_tool};
use serde_json::{Value, json};
use std::{path::PathBuf, process::Command, time::Duration};
use tempfile::TempDir;

/// kubectl, pointed at a program.
struct Kubectl {
    tool: PathBuf,
    program: Program,
    /// Its home: nothing of the user's own settings, and files to read.
    home: TempDir,
}

impl Kubectl {
    fn start() -> Kubectl {
        let tool = require_tool("kubectl", "kubernetes-client");
        let program = Launch::service().data_dir().args(["--second-ms", "20"]).start();
        Kubectl { tool, program, home: harness::private() }
    }

    /// Has to succeed; what it prints.
    fn ok(&self, words: &str) -> String {
        let mut command = Command::new(&self.tool);
        command.arg(format!("--server=http://{}", self.program.address())).args(words.split(' '));
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", self.home.path());
        let output = command.current_dir(self.home.path()).output().expect("kubectl can be started");
        let said = String::from_utf8_lossy(&output.stderr);
        expect(format!("kubectl {words} succeeds")).that(output.status.success(), said);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn json(&self, words: &str) -> Value {
        serde_json::from_str(&self.ok(words)).unwrap_or_default()
    }

    /// Writes the file `web.json`: a deployment whose pods say this.
    fn write(&self, replicas: u32, says: &str) {
        let script = format!("echo {says}; exec sleep 300");
        let container = json!({ "name": "web", "image": "web", "command": ["sh", "-c", script] });
        let deployment = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web" },
            "spec": {
                "replicas": replicas, "selector": { "matchLabels": { "app": "web" } },
                "template": { "metadata": { "labels": { "app": "web" } }, "spec": { "containers": [container] } },
            },
        });
        std::fs::write(self.home.path().join("web.json"), deployment.to_string()).expect("the test can write");
    }

    fn create(&self, replicas: u32, says: &str) {
        self.write(replicas, says);
        self.ok("create -f web.json --validate=false");
        self.ok("rollout status deployment/web --timeout=20s");
    }

    /// Waits until these pods are gone. `kubectl wait --for=delete` of older versions fails when they are already.
    fn until_gone(&self, pods: &[String]) {
        eventually("the old pods are gone", Duration::from_secs(20), || {
            let left = self.pods();
            pods.iter().all(|pod| !left.contains(pod)).then_some(())
        });
    }

    /// Deletes the deployment, and waits until its pods are gone.
    fn delete(&self) {
        let pods = self.pods();
        self.ok("delete deployment web --timeout=20s");
        self.until_gone(&pods);
        expect("nothing is left").eq(self.pods().len(), 0);
    }

    /// The names of the pods.
    fn pods(&self) -> Vec<String> {
        self.ok("get pods -l app=web -o name").lines().map(str::to_owned).collect()
    }
}

mod crud_and_status {
    use super::*;

    #[test]
    fn kubectl_creates_gets_and_deletes() {
        let kubectl = Kubectl::start();
        kubectl.create(2, "hello");
        let deployment = kubectl.json("get deployment web -o json");
        expect("both are ready").eq(&deployment["status"]["readyReplicas"], &json!(2));
        let pods = kubectl.pods();
        expect("there are two pods").eq(pods.len(), 2);
        expect("what a pod prints is its log").eq(kubectl.ok(&format!("logs {}", pods[0])).trim(), "hello");
        expect("people see names").contains(&kubectl.ok("get pods"), pods[1].trim_start_matches("pod/"));
        kubectl.delete();
    }
}

mod rolling_update_serves_throughout {
    use super::*;

    #[test]
    fn kubectl_replaces_and_waits_for_the_rollout() {
        let kubectl = Kubectl::start();
        kubectl.create(2, "one");
        let old = kubectl.pods();
        kubectl.write(2, "two");
        kubectl.ok("replace -f web.json --validate=false");
        let said = kubectl.ok("rollout status deployment/web --timeout=20s");
        expect("it says when it is done").contains(&said, "successfully rolled out");
        kubectl.until_gone(&old);
        for pod in kubectl.pods() {
            expect("each pod is of the new version").eq(kubectl.ok(&format!("logs {pod}")).trim(), "two");
        }
        kubectl.delete();
    }
}

mod merge_patch {
    use super::*;

    #[test]
    fn kubectl_scales_and_patches() {
        let kubectl = Kubectl::start();
        kubectl.create(1, "hello");
        kubectl.ok("scale deployment/web --replicas=3");
        kubectl.ok("rollout status deployment/web --timeout=20s");
        expect("there are three pods").eq(kubectl.pods().len(), 3);
        kubectl.ok(r#"patch deployment web --type=merge -p {"metadata":{"labels":{"colour":"red"}}}"#);
        let found = kubectl.ok("get deployments -l colour=red -o name");
        expect("the label is there").eq(found.trim(), "deployment.apps/web");
        kubectl.delete();
    }
}
