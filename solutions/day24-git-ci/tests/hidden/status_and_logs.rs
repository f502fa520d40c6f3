use crate::visible::support::{Server, odd_seconds, pipeline, processes_with};
use harness::expect;

#[tokio::test]
async fn a_reader_goes_on_where_it_was() {
    let server = Server::start();
    let work = server.repository("tools").await;
    work.push_file(".ci.toml", &pipeline(&[("count", "seq 1 50")])).await;
    let id = server.newest("tools").await;
    server.until(id, "passed").await;
    let after = 5 + harness::random().below(40) as u64;
    let call = server.http.get(&format!("/runs/{id}/events")).header("last-event-id", after.to_string());
    let (lines, _) = crate::visible::support::Events::open(call).await.rest().await;
    let ids: Vec<_> = lines.iter().map(|line| line.id.parse().unwrap_or(0)).collect();
    expect("only lines after the last one that was seen").eq(ids, (after + 1..=51).collect::<Vec<u64>>());
}

#[tokio::test]
async fn two_readers_see_the_same_also_from_before_the_beginning() {
    let server = Server::with(&["--workers", "1"]);
    let work = server.repository("tools").await;
    let gate = server.gate("go");
    work.push_file(".ci.toml", &pipeline(&[("wait", &gate.wait())])).await;
    work.push_file(".ci.toml", &pipeline(&[("count", "for n in 1 2 3; do echo $n; sleep 0.01; done")])).await;
    let id = server.newest("tools").await;
    server.run(id).await.expect("it waits for its turn").json_at("/status", "queued");
    let (one, two) = (server.events(id).await, server.events(id).await);
    gate.open();
    let (one, two) = (one.rest().await, two.rest().await);
    expect("both see the same").eq(&one, &two);
    let lines: Vec<_> = one.0.iter().map(|line| line.data.as_str()).collect();
    expect("everything").eq(lines, vec!["==> count", "1", "2", "3"]);
}

#[tokio::test]
async fn both_outputs_come_in_their_order() {
    let server = Server::start();
    let work = server.repository("tools").await;
    let run = "for n in 1 2 3 4 5; do echo out $n; echo err $n >&2; done; printf 'no line end'";
    work.push_file(".ci.toml", &pipeline(&[("mix", run)])).await;
    let id = server.newest("tools").await;
    server.until(id, "passed").await;
    let lines: String = (1..=5).map(|n| format!("out {n}\nerr {n}\n")).collect();
    expect("as they were printed").eq(server.log(id).await, format!("==> mix\n{lines}no line end\n"));
}

#[tokio::test]
async fn odd_bytes_and_long_lines_do_no_harm() {
    let server = Server::start();
    let work = server.repository("tools").await;
    let run = r"printf 'a\377b\r\n'; head -c 100000 /dev/zero | tr '\0' x; echo; echo after";
    work.push_file(".ci.toml", &pipeline(&[("odd", run)])).await;
    let id = server.newest("tools").await;
    server.until(id, "passed").await;
    let (lines, _) = server.events(id).await.rest().await;
    expect("bytes that are no UTF-8 are replaced").eq(lines[1].data.as_str(), "a\u{fffd}b");
    expect("a long line is cut after 16 KiB").eq(lines[2].data.len(), 16 * 1024);
    expect("and the next line comes").eq(lines[3].data.as_str(), "after");
}

#[tokio::test]
async fn a_log_has_an_end() {
    let server = Server::start();
    let work = server.repository("tools").await;
    let run = "yes 0123456789012345678901234567890123456789 | head -c 3000000; exit 0";
    work.push_file(".ci.toml", &pipeline(&[("flood", run)])).await;
    let id = server.newest("tools").await;
    server.until(id, "passed").await;
    let log = server.log(id).await;
    expect("a log takes a mebibyte, and not more").that((1 << 19..=(1 << 20) + 100).contains(&log.len()), log.len());
    expect("and says that it ends").contains(log.lines().last().unwrap_or_default(), "the log ends here");
}

#[tokio::test]
async fn what_a_step_leaves_in_the_background_does_not_hold_it_up() {
    let server = Server::start();
    let work = server.repository("tools").await;
    let seconds = odd_seconds();
    let run = format!("echo begun; sleep {seconds} & echo done");
    work.push_file(".ci.toml", &pipeline(&[("leave", &run), ("next", "echo next")])).await;
    let id = server.newest("tools").await;
    server.until(id, "passed").await;
    expect("both steps").eq(server.log(id).await, "==> leave\nbegun\ndone\n==> next\nnext\n".to_owned());
    expect("the process in the background ended with its step").eq(processes_with(&seconds), 0);
}
