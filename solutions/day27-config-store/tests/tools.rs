//! Tests with etcd's own command line. The grader runs them; they are skipped where etcdctl is not installed.

use harness::{Launch, Program, expect, require_tool, timeout};
use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

const PATIENCE: Duration = Duration::from_secs(10);

/// A store, and the command line that talks to it.
struct Etcdctl {
    program: Program,
    tool: std::path::PathBuf,
}

impl Etcdctl {
    fn start() -> Etcdctl {
        let tool = require_tool("etcdctl", "etcd-client");
        Etcdctl { program: Launch::service().data_dir().start(), tool }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.tool);
        command.env("ETCDCTL_API", "3").env("ETCDCTL_ENDPOINTS", self.program.address().to_string());
        command.args(["--command-timeout", "10s"]).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// What it writes to standard output, given this input.
    fn say(&self, arguments: &[&str], input: &str) -> Result<String, String> {
        let mut child = self.command(arguments).spawn().expect("a tool that is installed can be started");
        if let Some(mut stdin) = child.stdin.take() {
            // One that does not read its input may have ended before it was written.
            let _ = stdin.write_all(input.as_bytes());
        }
        let output = child.wait_with_output().expect("it ends by itself");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    #[track_caller]
    fn expect(&self, arguments: &[&str], expected: &str) {
        self.expect_with_input(arguments, "", expected);
    }

    #[track_caller]
    fn expect_with_input(&self, arguments: &[&str], input: &str, expected: &str) {
        let said = self.say(arguments, input);
        expect("etcdctl takes the store for etcd")
            .request(format!("etcdctl {}\n{input}", arguments.join(" ")))
            .expected(expected)
            .that(said.as_deref() == Ok(expected), format!("{said:?}"));
    }

    #[track_caller]
    fn expect_error(&self, arguments: &[&str], part: &str) {
        let said = self.say(arguments, "").expect_err("etcdctl should fail");
        expect("etcdctl understands the error")
            .request(format!("etcdctl {}", arguments.join(" ")))
            .contains(&said, part);
    }

    /// A command that goes on until it is dropped.
    fn follow(&self, arguments: &[&str]) -> Following {
        let mut child = self.command(arguments).spawn().expect("a tool that is installed can be started");
        let stdout = child.stdout.take().expect("it was asked for as a pipe");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Following { child, lines, shown: format!("etcdctl {}", arguments.join(" ")) }
    }
}

/// A command that goes on, line by line.
struct Following {
    child: Child,
    lines: Receiver<String>,
    shown: String,
}

impl Following {
    #[track_caller]
    fn expect(&self, expected: &[&str]) {
        let lines: Vec<_> = expected.iter().map_while(|_| self.lines.recv_timeout(timeout(PATIENCE)).ok()).collect();
        expect("etcdctl hears of each change, in order")
            .request(&self.shown)
            .eq(lines, expected.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>());
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

mod put_get_delete {
    use super::Etcdctl;
    use harness::random;

    #[test]
    fn etcdctl_puts_gets_and_deletes() {
        let (store, mut random) = (Etcdctl::start(), random());
        let (key, value) = (random.name(), random.words(3));
        store.expect(&["put", &key, &value], "OK");
        store.expect(&["put", &key, "--prev-kv", "new"], &format!("OK\n{key}\n{value}"));
        store.expect(&["get", &key], &format!("{key}\nnew"));
        store.expect(&["del", &key], "1");
        store.expect(&["get", &key], "");
        store.expect(&["del", &key], "0");
    }
}

mod ranges {
    use super::Etcdctl;

    #[test]
    fn etcdctl_gets_ranges() {
        let store = Etcdctl::start();
        for key in ["/a", "/b", "/c", "0"] {
            store.expect(&["put", key, "x"], "OK");
        }
        store.expect(&["get", "--prefix", "/", "--print-value-only"], "x\nx\nx");
        store.expect(&["get", "/a", "/c"], "/a\nx\n/b\nx");
        store.expect(&["get", "--from-key", "/c"], "/c\nx\n0\nx");
        store.expect(&["get", "--prefix", "", "--limit", "1"], "/a\nx");
        store.expect(&["del", "--prefix", "/"], "3");
    }
}

mod revisions {
    use super::Etcdctl;

    #[test]
    fn etcdctl_reads_the_past() {
        let store = Etcdctl::start();
        store.expect(&["put", "k", "two"], "OK");
        store.expect(&["put", "k", "three"], "OK");
        store.expect(&["get", "k", "--rev", "2"], "k\ntwo");
        store.expect(&["get", "k"], "k\nthree");
        store.expect_error(&["get", "k", "--rev", "4"], "required revision is a future revision");
    }
}

mod txn_compare_and_swap {
    use super::Etcdctl;

    #[test]
    fn etcdctl_swaps() {
        let store = Etcdctl::start();
        store.expect(&["put", "k", "old"], "OK");
        let swap = "value(\"k\") = \"old\"\nmod(\"k\") = \"2\"\n\nput k new\nput other x\n\nget k\n\n";
        store.expect_with_input(&["txn"], swap, "SUCCESS\n\nOK\n\nOK");
        store.expect_with_input(&["txn"], swap, "FAILURE\n\nk\nnew");
    }
}

mod watch_from_the_past {
    use super::Etcdctl;

    #[test]
    fn etcdctl_watches_from_a_revision() {
        let store = Etcdctl::start();
        for value in ["two", "three"] {
            store.expect(&["put", "/k", value], "OK");
        }
        let watch = store.follow(&["watch", "--prefix", "/", "--rev", "3"]);
        watch.expect(&["PUT", "/k", "three"]);
        store.expect(&["put", "elsewhere", "x"], "OK");
        store.expect(&["put", "/l", "five"], "OK");
        watch.expect(&["PUT", "/l", "five"]);
        store.expect(&["del", "/k"], "1");
        watch.expect(&["DELETE", "/k", ""]);
    }
}

mod compacted_error {
    use super::Etcdctl;

    #[test]
    fn etcdctl_compacts() {
        let store = Etcdctl::start();
        for value in ["2", "3", "4"] {
            store.expect(&["put", "k", value], "OK");
        }
        store.expect(&["compaction", "3"], "compacted revision 3");
        store.expect(&["get", "k", "--rev", "3"], "k\n3");
        store.expect_error(&["get", "k", "--rev", "2"], "required revision has been compacted");
        let said = store.say(&["watch", "k", "--rev", "2"], "").expect_err("a watch of what is compacted ends");
        harness::expect("etcdctl learns why").contains(&said, "required revision has been compacted");
    }
}

mod lease_expiry {
    use super::Etcdctl;
    use harness::expect;

    #[test]
    fn etcdctl_grants_keeps_and_revokes() {
        let store = Etcdctl::start();
        let granted = store.say(&["lease", "grant", "500"], "").unwrap_or_default();
        let words: Vec<_> = granted.split(' ').collect();
        expect("etcdctl gets a lease")
            .that(granted.starts_with("lease ") && granted.ends_with("granted with TTL(500s)"), &granted);
        let id = words[1];
        store.expect(&["put", "k", "x", "--lease", id], "OK");
        let left = store.say(&["lease", "timetolive", id, "--keys"], "").unwrap_or_default();
        expect("etcdctl sees the lease's keys").contains(&left, "attached keys([k])");
        store.expect(&["lease", "keep-alive", "--once", id], &format!("lease {id} keepalived with TTL(500)"));
        store.expect(&["lease", "revoke", id], &format!("lease {id} revoked"));
        store.expect(&["get", "k"], "");
        store.expect(&["lease", "timetolive", id], &format!("lease {id} already expired"));
    }
}

mod election_with_three_clients {
    use super::{Etcdctl, PATIENCE};
    use harness::{eventually, expect, timeout};
    use std::{process::Command, sync::mpsc::TryRecvError, time::Instant};

    #[test]
    fn etcdctl_elects_one_after_another() {
        let store = Etcdctl::start();
        let mut candidates: Vec<_> =
            ["one", "two", "three"].iter().map(|name| store.follow(&["elect", "office", name])).collect();
        while !candidates.is_empty() {
            let deadline = Instant::now() + timeout(PATIENCE);
            // Two lines, the key and the proposal, come from who is elected.
            let mut leader = loop {
                let said =
                    candidates.iter().position(|candidate| candidate.lines.try_recv() != Err(TryRecvError::Empty));
                if let Some(place) = said {
                    break candidates.remove(place);
                }
                expect("as long as there are candidates, somebody is elected")
                    .that(Instant::now() < deadline, "nobody");
                std::thread::sleep(std::time::Duration::from_millis(5));
            };
            leader.lines.recv_timeout(timeout(PATIENCE)).expect("who is elected says with what");
            let early = candidates.iter().any(|candidate| candidate.lines.try_recv().is_ok());
            expect("nobody else is elected meanwhile").that(!early, "two leaders");
            // Interrupted, it resigns.
            let id = leader.child.id().to_string();
            Command::new("sh").args(["-c", &format!("kill -INT {id}")]).status().expect("there is a shell");
            eventually("etcdctl elect resigns and ends", PATIENCE, || leader.child.try_wait().ok().flatten());
        }
    }
}
