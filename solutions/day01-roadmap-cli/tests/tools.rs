//! Tests that need a tool: `tsort` of the GNU core utilities judges the plan.

#[path = "../../../exercises/day01-roadmap-cli/tests/support/mod.rs"]
pub mod support;

mod plan_respects_needs {
    use super::support::{Roadmap, random_skills};
    use harness::{expect, random, require_tool};
    use std::{
        fmt::Write as _,
        io::Write as _,
        process::{Command, Stdio},
    };

    #[test]
    fn tsort_finds_no_contradiction() {
        let tsort = require_tool("tsort", "coreutils");
        let roadmap = Roadmap::empty();
        let skills = random_skills(&mut random(), 20);
        let mut pairs = String::new();
        for (id, needs) in &skills {
            roadmap.add(id, &needs.iter().map(String::as_str).collect::<Vec<_>>());
            for need in needs {
                let _ = writeln!(pairs, "{need} {id}");
            }
        }
        // The needs and the plan together have an order only if the plan keeps the needs.
        for pair in roadmap.plan(3).concat().windows(2) {
            let _ = writeln!(pairs, "{} {}", pair[0], pair[1]);
        }
        let mut process = Command::new(tsort).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        process.stdin.take().unwrap().write_all(pairs.as_bytes()).unwrap();
        let status = process.wait().unwrap();
        expect("tsort finds no loop in the needs and the order of the plan").that(status.success(), pairs);
    }
}
