//! Tests with goaccess, another program for the same job. The grader runs them; they are skipped where it is not installed.

#[path = "../../../exercises/day02-log-analyzer/tests/support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the other tests use the rest of it")]
mod support;

mod goaccess_parity {
    use crate::support::{Report, analyze, hits, log};
    use harness::{Random, expect, random, require_tool, scratch};
    use serde_json::{Value, json};
    use std::{collections::BTreeMap, fs, process::Command};

    /// What goaccess says of a log.
    fn goaccess(log: &[u8]) -> Value {
        let tool = require_tool("goaccess", "goaccess");
        let folder = scratch();
        let (input, output) = (folder.path().join("access.log"), folder.path().join("report.json"));
        fs::write(&input, log).expect("the scratch folder can be written to");
        let mut command = Command::new(tool);
        command.arg(&input).arg("-o").arg(&output).args(["--no-global-config", "--no-progress"]);
        // Paths as this day counts them: without query, whatever the method and the protocol.
        command.args(["--log-format=COMBINED", "--no-query-string", "--http-method=no", "--http-protocol=no"]);
        let ran = command.output().expect("goaccess can be started");
        let report = fs::read_to_string(&output).unwrap_or_default();
        serde_json::from_str(&report).unwrap_or_else(|error| {
            panic!("goaccess gave no report: {error}\n{}", String::from_utf8_lossy(&ran.stderr))
        })
    }

    /// A day of traffic with a bit of everything that both programs know.
    fn traffic(random: &mut Random) -> String {
        let mut hits = hits(random, 3000);
        for hit in &mut hits {
            match random.below(8) {
                0 => hit.path = format!("/assets/{}.css", random.below(30)),
                1 => hit.path = format!("/items/{}", random.below(100)),
                2 => hit.agent = r#"Mozilla/5.0 \"quoted\" (X11)"#.to_owned(),
                3 => hit.user = "john doe".to_owned(),
                _ => {}
            }
        }
        log(&hits) + "this is no line of a log\n"
    }

    fn compare(requirement: &str, ours: &Report, name: &str, theirs: impl Into<Value>) {
        expect(format!("{requirement}, as goaccess counts it"))
            .request(&ours.request)
            .eq(ours.json[name].to_string(), theirs.into().to_string());
    }

    #[test]
    fn both_count_the_same() {
        let log = traffic(&mut random());
        let theirs = goaccess(log.as_bytes());
        let ours = analyze(&log, &["--top", "1000"]);
        let general = &theirs["general"];
        compare("the number of lines", &ours, "lines", general["total_requests"].clone());
        compare("the number of malformed lines", &ours, "malformed", general["failed_requests"].clone());
        compare("the number of requests", &ours, "requests", general["valid_requests"].clone());
        compare("the number of bytes", &ours, "bytes", general["bandwidth"].clone());

        let classes = theirs["status_codes"]["data"].as_array().into_iter().flatten();
        let statuses = classes.flat_map(|class| class["items"].as_array().into_iter().flatten()).map(|status| {
            // "404 - Not Found: Requested resource could not be found"
            let code: String = status["data"].as_str().unwrap_or_default().chars().take(3).collect();
            (code, status["hits"]["count"].clone())
        });
        compare("the requests of each status", &ours, "statuses", statuses.collect::<serde_json::Map<_, _>>());

        // goaccess has a list for pages, one for static files and one for what was not found.
        let mut paths = BTreeMap::<&str, (u64, u64)>::new();
        for panel in ["requests", "static_requests", "not_found"] {
            for entry in theirs[panel]["data"].as_array().into_iter().flatten() {
                let sums = paths.entry(entry["data"].as_str().unwrap_or_default()).or_default();
                sums.0 += entry["hits"]["count"].as_u64().unwrap_or_default();
                sums.1 += entry["bytes"]["count"].as_u64().unwrap_or_default();
            }
        }
        compare("the number of paths", &ours, "paths", paths.len());
        let mut top: Vec<_> = paths.into_iter().collect();
        top.sort_by_key(|(_, (requests, _))| std::cmp::Reverse(*requests));
        let top = top.into_iter().map(|(path, sums)| json!({"path": path, "requests": sums.0, "bytes": sums.1}));
        ours.expect(
            "the requests and bytes of each path, as goaccess counts them",
            "top_paths",
            top.collect::<Vec<_>>(),
        );
    }
}
