//! Tests with promtool, which comes with Prometheus. The grader runs them; they are skipped where it is not installed.

#[path = "../../../exercises/day12-server-monitor/tests/support/mod.rs"]
#[allow(dead_code, reason = "the other tests use the rest of it")]
mod support;

mod exposition_format {
    use crate::support::{Monitor, config, http_target, server, tcp_target};
    use harness::{expect, require_tool};
    use std::{
        io::Write,
        process::{Command, Stdio},
    };

    #[tokio::test]
    async fn promtool_finds_no_fault() {
        let promtool = require_tool("promtool", "prometheus");
        let (well, ill) = (server(200), server(500));
        let nasty = "two\nlines, \\ and \"quotes\"";
        let lines =
            [http_target("well", &well.url()), http_target(nasty, &ill.url()), tcp_target("é☃", well.address())];
        let monitor = Monitor::start(&config(&lines));
        for name in ["well", nasty, "é☃"] {
            monitor.probed(name, 2).await;
        }
        let text = monitor.text().await;
        let mut command = Command::new(promtool);
        command.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("promtool can be started");
        let mut stdin = child.stdin.take().expect("its stdin is a pipe");
        stdin.write_all(text.as_bytes()).expect("promtool reads what it is given");
        drop(stdin);
        let said = child.wait_with_output().expect("promtool ends");
        let words = [said.stdout, said.stderr].concat();
        expect("promtool check metrics finds no fault")
            .request("curl -s /metrics | promtool check metrics")
            .that(said.status.success() && words.is_empty(), String::from_utf8_lossy(&words));
    }
}
