//! The tests of day 24 that you can read. One module per checkpoint; each name is a claim about your program.

pub mod support;

mod clone_and_push {
    use super::support::{Server, TOKEN, Work};
    use harness::{expect, random};

    #[tokio::test]
    async fn an_empty_repository_can_be_made_and_cloned() {
        let server = Server::start();
        server.create("tools").await;
        server.try_create("tools").await.expect("a second time it is there already").status(204);
        let reply = server.http.get("/repos").send().await;
        reply.expect("all repositories by name").status(200).json_at("/repositories", serde_json::json!(["tools"]));
        Work::clone(&server.url("tools")).await;
    }

    #[tokio::test]
    async fn what_is_pushed_can_be_cloned() {
        let server = Server::start();
        let work = server.repository("tools").await;
        let content = random().bytes(20_000);
        work.write("deep/in/folders.bin", &content);
        work.write("read me.txt", "Grüße\n");
        let commit = work.commit("one").await;
        work.push("main").await;
        let clone = Work::clone(&server.url("tools")).await;
        expect("the same commit").eq(clone.git(&["rev-parse", "HEAD"]).await.stdout.trim(), commit.as_str());
        expect("the same bytes").that(clone.read("deep/in/folders.bin") == content, "other bytes");
        expect("the same text").eq(clone.read("read me.txt"), "Grüße\n".as_bytes().to_vec());
    }

    #[tokio::test]
    async fn a_clone_gets_what_was_pushed_after_it() {
        let server = Server::start();
        let work = server.repository("tools").await;
        work.push_file("a.txt", "one\n").await;
        let clone = Work::clone(&server.url("tools")).await;
        let newer = work.push_file("a.txt", "two\n").await;
        clone.git(&["pull", "--quiet", "--ff-only"]).await;
        expect("the newer commit").eq(clone.git(&["rev-parse", "HEAD"]).await.stdout.trim(), newer.as_str());
    }

    #[tokio::test]
    async fn a_repository_that_is_not_there_is_404() {
        let server = Server::start();
        let work = Work::new(&server.url_as(TOKEN, "nothing")).await;
        let fetched = work.try_git(&["fetch", "origin"]).await;
        expect("git is told that it is not there").request(fetched.line).contains(&fetched.text, "not found");
        let reply = server.http.get("/nothing.git/info/refs?service=git-upload-pack").send().await;
        reply.expect("there is no such repository").problem(404);
        server.http.get("/repos/nothing/runs").send().await.expect("there is no such repository").problem(404);
    }
}

mod run_on_push {
    use super::support::{Server, Work, pipeline};
    use harness::expect;
    use serde_json::json;

    #[tokio::test]
    async fn the_steps_run_in_a_checkout_of_what_was_pushed() {
        let server = Server::start();
        let work = server.repository("tools").await;
        work.write("greeting.txt", "hello from the commit\n");
        let commit = work.push_file(".ci.toml", &pipeline(&[("show", "cat greeting.txt"), ("list", "ls -A")])).await;
        let id = server.newest("tools").await;
        let run = server.until(id, "passed").await;
        run.expect("the run names what it is for")
            .json_at("/repository", "tools")
            .json_at("/branch", "main")
            .json_at("/commit", commit);
        let steps = json!([
            {"name": "show", "status": "passed", "exit_code": 0},
            {"name": "list", "status": "passed", "exit_code": 0},
        ]);
        run.expect("both steps have passed").json_at("/steps", steps);
        let expected = "==> show\nhello from the commit\n==> list\n.ci.toml\ngreeting.txt\n";
        expect("the log holds what the steps print").eq(server.log(id).await, expected.to_owned());
    }

    #[tokio::test]
    async fn the_first_step_that_fails_is_the_last() {
        let server = Server::start();
        let work = server.repository("tools").await;
        let steps = [("one", "true"), ("two", "echo no >&2; exit 7"), ("three", "echo never")];
        work.push_file(".ci.toml", &pipeline(&steps)).await;
        let id = server.newest("tools").await;
        let run = server.until(id, "failed").await;
        let steps = json!([
            {"name": "one", "status": "passed", "exit_code": 0},
            {"name": "two", "status": "failed", "exit_code": 7},
        ]);
        run.expect("the third step did not begin").json_at("/steps", steps);
        expect("the log says which step it was")
            .eq(server.log(id).await, "==> one\n==> two\nno\n==> two ended with 7\n".to_owned());
    }

    #[tokio::test]
    async fn steps_know_what_they_run_for() {
        let server = Server::start();
        let work = server.repository("tools").await;
        let show = "echo $CI $CI_REPOSITORY $CI_BRANCH $CI_COMMIT $CI_RUN";
        let commit = work.push_file(".ci.toml", &pipeline(&[("show", show)])).await;
        let id = server.newest("tools").await;
        server.until(id, "passed").await;
        expect("the environment of a step")
            .contains(&server.log(id).await, &format!("true tools main {commit} {id}\n"));
    }

    #[tokio::test]
    async fn without_a_pipeline_nothing_runs() {
        let server = Server::start();
        let work = server.repository("tools").await;
        work.push_file("a.txt", "one\n").await;
        expect("there is no .ci.toml").eq(server.runs("tools").await.len(), 0);
        Work::clone(&server.url("tools")).await;
    }
}

mod status_and_logs {
    use super::support::{Server, pipeline};
    use harness::expect;

    #[tokio::test]
    async fn lines_come_while_the_run_goes_on() {
        let server = Server::start();
        let work = server.repository("tools").await;
        let gate = server.gate("go");
        let steps = [("wait", &format!("echo before; {}; echo after", gate.wait())[..])];
        work.push_file(".ci.toml", &pipeline(&steps)).await;
        let id = server.newest("tools").await;
        let mut events = server.events(id).await;
        let line = events.until("before").await;
        expect("each line has its number").eq((line.id.as_str(), line.data.as_str()), ("2", "before"));
        server.run(id).await.expect("the run goes on").json_at("/status", "running");
        gate.open();
        let (lines, end) = events.rest().await;
        let lines: Vec<_> = lines.iter().map(|line| line.data.as_str()).collect();
        expect("the rest, and the end").eq((lines, end), (vec!["after"], r#"{"status":"passed"}"#.to_owned()));
    }

    #[tokio::test]
    async fn a_run_that_is_over_is_told_whole() {
        let server = Server::start();
        let work = server.repository("tools").await;
        work.push_file(".ci.toml", &pipeline(&[("count", "seq 1 20; exit 1")])).await;
        let id = server.newest("tools").await;
        server.until(id, "failed").await;
        let (lines, end) = server.events(id).await.rest().await;
        let mut expected = vec!["==> count".to_owned()];
        expected.extend((1..=20).map(|number| number.to_string()));
        expected.push("==> count ended with 1".to_owned());
        let lines: Vec<_> = lines.into_iter().map(|line| line.data).collect();
        expect("all lines in their order").eq((lines, end), (expected, r#"{"status":"failed"}"#.to_owned()));
    }

    #[tokio::test]
    async fn a_commit_has_a_status() {
        let server = Server::start();
        let work = server.repository("tools").await;
        let good = work.push_file(".ci.toml", &pipeline(&[("a", "true")])).await;
        let first = server.newest("tools").await;
        server.ended(first).await;
        let bad = work.push_file(".ci.toml", &pipeline(&[("a", "false")])).await;
        server.ended(server.newest("tools").await).await;
        for (commit, status) in [(&good, "passed"), (&bad, "failed")] {
            let reply = server.http.get(&format!("/repos/tools/commits/{commit}/status")).send().await;
            reply
                .expect("the status of a commit")
                .status(200)
                .json_at("/status", status)
                .json_at("/commit", commit.as_str());
        }
        let reply = server.http.get(&format!("/repos/tools/commits/{}/status", "0".repeat(40))).send().await;
        reply.expect("nothing was run for this commit").problem(404);
        server.http.get("/runs/999").send().await.expect("there is no such run").problem(404);
    }
}

mod auth {
    use super::support::{Server, TOKEN, Work};
    use harness::{Launch, expect};

    #[tokio::test]
    async fn pushing_needs_the_token() {
        let server = Server::start();
        let work = server.repository("tools").await;
        let first = work.push_file("a.txt", "one\n").await;
        work.write("a.txt", "two\n");
        work.commit("two").await;
        for url in [server.url("tools"), server.url_as("wrong", "tools"), server.url_as(&TOKEN[1..], "tools")] {
            let pushed = work.try_git(&["push", &url, "main"]).await;
            expect("without the token nothing is taken").request(&pushed.line).that(!pushed.succeeded, &pushed.text);
        }
        let clone = Work::clone(&server.url("tools")).await;
        expect("reading is for everybody, and shows what was pushed with the token")
            .eq(clone.git(&["rev-parse", "HEAD"]).await.stdout.trim(), first.as_str());
    }

    #[tokio::test]
    async fn making_a_repository_needs_the_token() {
        let server = Server::start();
        for call in [
            server.http.put("/repos/mine"),
            server.http.put("/repos/mine").header("authorization", Server::basic("wrong")),
            server.http.put("/repos/mine").header("authorization", format!("Bearer {TOKEN}")),
        ] {
            let reply = call.send().await;
            reply
                .expect("who has no token is asked for one")
                .problem(401)
                .header("www-authenticate", "Basic realm=\"git-ci\"");
        }
        let reply = server.http.get("/repos").send().await;
        reply.expect("nothing was made").json_at("/repositories", serde_json::json!([]));
    }

    #[test]
    fn without_a_token_the_server_does_not_start() {
        let ended = Launch::service().data_dir().env("CI_TOKEN", "").run_to_end();
        expect("an empty token would let everybody in").eq(ended.code, Some(1));
        expect("the line says what to do").contains(&ended.stderr, "CI_TOKEN");
    }
}

mod timeout_kills_the_whole_tree {
    use super::support::{Server, odd_seconds, pipeline, processes_with, until_processes_with};
    use harness::expect;

    #[tokio::test]
    async fn a_run_that_takes_too_long_is_ended() {
        let server = Server::with(&["--run-timeout-ms", "400"]);
        let work = server.repository("tools").await;
        let seconds = odd_seconds();
        work.push_file(".ci.toml", &pipeline(&[("hang", &format!("echo begun; sleep {seconds}")), ("next", "true")]))
            .await;
        let id = server.newest("tools").await;
        let run = server.until(id, "timed_out").await;
        run.expect("the step that was under way timed out").json_at("/steps/0/status", "timed_out");
        expect("no process is left when the run is over").eq(processes_with(&seconds), 0);
    }

    #[tokio::test]
    async fn children_in_a_session_of_their_own_are_ended_too() {
        let server = Server::with(&["--run-timeout-ms", "1500"]);
        let work = server.repository("tools").await;
        let seconds = odd_seconds();
        let run = format!(
            "setsid sleep {seconds} & (setsid sh -c 'sleep {seconds}' &) ; nohup sleep {seconds} & sleep {seconds}"
        );
        work.push_file(".ci.toml", &pipeline(&[("scatter", &run)])).await;
        let id = server.newest("tools").await;
        until_processes_with(&seconds, 4).await;
        server.until(id, "timed_out").await;
        expect("no process is left when the run is over").eq(processes_with(&seconds), 0);
    }
}

mod secrets_are_masked {
    use super::support::{Server, pipeline};
    use harness::expect;

    #[tokio::test]
    async fn steps_get_secrets_and_logs_do_not() {
        let server = Server::with_secrets("DEPLOY_KEY = \"hunter2-hunter2\"\nOTHER = \"tr0ub4dor\"\n");
        let work = server.repository("tools").await;
        let show = "echo \"key $DEPLOY_KEY, again $DEPLOY_KEY and $OTHER\"; [ ${#DEPLOY_KEY} = 15 ] && echo got it";
        work.push_file(".ci.toml", &pipeline(&[("show", show)])).await;
        let id = server.newest("tools").await;
        server.until(id, "passed").await;
        let log = server.log(id).await;
        expect("each secret is three stars in the log")
            .eq(log, "==> show\nkey ***, again *** and ***\ngot it\n".to_owned());
        let (lines, _) = server.events(id).await.rest().await;
        expect("and in the live log").eq(lines[1].data.as_str(), "key ***, again *** and ***");
    }
}

mod hostile_refs_and_paths {
    use super::support::{Server, pipeline};
    use harness::expect;

    #[tokio::test]
    async fn a_branch_is_only_a_name() {
        let server = Server::start();
        let work = server.repository("tools").await;
        let list = "echo \"branch $CI_BRANCH\"; ls -A";
        work.write(".ci.toml", pipeline(&[("list", list)]));
        work.commit("one").await;
        for branch in
            ["$(touch${IFS}pwned)", "`touch${IFS}pwned`", "a;touch${IFS}pwned;b", "a'b\"c|d&e", "--upload-pack=pwned"]
        {
            work.push(&format!("HEAD:refs/heads/{branch}")).await;
            let id = server.newest("tools").await;
            let run = server.until(id, "passed").await;
            run.expect("the run is for this branch").json_at("/branch", branch);
            let expected = format!("==> list\nbranch {branch}\n.ci.toml\n");
            expect("the name is text, and nothing else").eq(server.log(id).await, expected);
        }
    }

    #[tokio::test]
    async fn names_of_repositories_stay_in_their_folder() {
        let server = Server::start();
        let long = "x".repeat(65);
        for name in ["..%2Fevil", "..", "a%2Fb", "-x", "Tools", "x.git", "a..b", ".hidden", "a%20b", "a%0A", &long] {
            let reply = server.try_create(name).await;
            reply.expect("this is no name for a repository").status_in(&[404, 422]);
        }
        server.create("tools").await;
        for folder in ["..%2Frepositories%2Ftools.git", "tools", ".git", "tools.git.git", "%2Fetc.git"] {
            let reply = server.http.get(&format!("/{folder}/info/refs?service=git-upload-pack")).send().await;
            reply.expect("only what has been made is there").problem(404);
        }
        let reply = server.http.get("/repos").send().await;
        reply.expect("nothing else was made").json_at("/repositories", serde_json::json!(["tools"]));
    }
}

mod packs_are_streamed {
    use super::support::{Server, Work};
    use harness::{expect, random};

    /// Several times what a program may grow by.
    const SIZE: usize = 48 << 20;
    const GROWTH: u64 = 20 << 20;

    #[tokio::test]
    async fn a_large_push_and_clone_take_little_memory() {
        let server = Server::start();
        let work = server.repository("tools").await;
        for (key, value) in [("core.compression", "0"), ("core.bigFileThreshold", "1m"), ("pack.window", "0")] {
            work.git(&["config", key, value]).await;
        }
        work.push_file("small.txt", "small\n").await;
        Work::clone(&server.url("tools")).await;
        let before = server.program.peak_memory();
        let block = random().bytes(64 << 10);
        let content = block.repeat(SIZE / block.len());
        work.write("large.bin", &content);
        work.commit("large").await;
        work.push("main").await;
        let clone = Work::clone(&server.url("tools")).await;
        expect("the large file comes back as it was").that(clone.read("large.bin") == content, "other bytes");
        let after = server.program.peak_memory();
        if let (Some(before), Some(after)) = (before, after) {
            let growth = after.resident.saturating_sub(before.resident);
            expect("a pack goes through in pieces: 48 MiB cost less than 20 MiB")
                .that(growth < GROWTH, format!("{} MiB more", growth >> 20));
        }
    }
}

mod kill9_marks_interrupted {
    use super::support::{Server, Work, odd_seconds, pipeline, processes_with, until_processes_with};
    use harness::expect;

    #[tokio::test]
    async fn a_run_that_was_under_way_is_interrupted_and_nothing_of_it_is_left() {
        let mut server = Server::start();
        let work = server.repository("tools").await;
        let seconds = odd_seconds();
        let run = format!("echo begun; setsid sleep {seconds} & sleep {seconds}");
        let commit = work.push_file(".ci.toml", &pipeline(&[("hang", &run)])).await;
        let id = server.newest("tools").await;
        until_processes_with(&seconds, 2).await;
        server.kill_and_restart();
        let run = server.run(id).await;
        run.expect("nobody knows how it would have ended")
            .json_at("/status", "interrupted")
            .json_at("/steps/0/status", "interrupted");
        expect("its processes have been ended").eq(processes_with(&seconds), 0);
        let clone = Work::clone(&server.url("tools")).await;
        expect("what was pushed is there").eq(clone.git(&["rev-parse", "HEAD"]).await.stdout.trim(), commit.as_str());
    }

    #[tokio::test]
    async fn what_waited_is_run_after_the_restart() {
        let mut server = Server::with(&["--workers", "1"]);
        let work = server.repository("tools").await;
        let gate = server.gate("never");
        work.push_file(".ci.toml", &pipeline(&[("hang", &gate.wait())])).await;
        let first = server.newest("tools").await;
        server.until(first, "running").await;
        work.push_file(".ci.toml", &pipeline(&[("quick", "echo done")])).await;
        let second = server.newest("tools").await;
        server.run(second).await.expect("one worker runs one at a time").json_at("/status", "queued");
        server.kill_and_restart();
        server.until(second, "passed").await;
        server.run(first).await.expect("the first was interrupted").json_at("/status", "interrupted");
    }
}

mod superseded_runs_cancel {
    use super::support::{Server, pipeline};

    #[tokio::test]
    async fn a_newer_push_ends_the_run_of_an_older_one() {
        let server = Server::start();
        let work = server.repository("tools").await;
        let gate = server.gate("never");
        let hang = format!("cancel_superseded = true\n{}", pipeline(&[("hang", &gate.wait())]));
        work.push_file(".ci.toml", &hang).await;
        let first = server.newest("tools").await;
        server.until(first, "running").await;
        let quick = format!("cancel_superseded = true\n{}", pipeline(&[("quick", "true")]));
        work.push_file(".ci.toml", &quick).await;
        let second = server.newest("tools").await;
        server.until(first, "canceled").await;
        server.until(second, "passed").await;
    }
}

mod protocol_v2_gzip {
    use super::support::{Server, Work};
    use harness::expect;

    #[tokio::test]
    async fn a_client_can_speak_version_2() {
        let server = Server::start();
        let work = server.repository("tools").await;
        work.push_file("a.txt", "one\n").await;
        let other = Work::new(&server.url("tools")).await;
        let traced =
            other.try_git_with(&[("GIT_TRACE_PACKET", "1")], &["-c", "protocol.version=2", "fetch", "origin"]).await;
        expect("git can fetch").request(&traced.line).that(traced.succeeded, &traced.text);
        expect("the server offers version 2").request(&traced.line).contains(&traced.text, "git< version 2");
    }
}
