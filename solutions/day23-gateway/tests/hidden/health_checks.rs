use super::support::{Gateway, SOON, addresses, asked, named, to};
use harness::{expect, random};
use harness_net::{Answer, Gate, Upstream, eventually};

/// Probes may take long on a busy machine.
fn health(path: &str, more: &str) -> String {
    let patience = if more.contains("timeout_ms") { "" } else { "timeout_ms = 5000\n" };
    format!("[health]\npath = {path:?}\ninterval_ms = 20\n{patience}{more}")
}

/// Answers probes by this pattern, again and again: `+` is a success.
fn moody(name: &'static str, path: String, pattern: &'static str) -> Upstream {
    let mut moods = pattern.chars().cycle();
    Upstream::start(move |request| match request.target == path {
        true if moods.next() == Some('+') => Answer::new(204, ""),
        true => Answer::new(302, "").header("location", "/"),
        false => Answer::new(200, name),
    })
}

async fn until_probed(upstream: &Upstream, path: &str, times: usize) {
    eventually("an upstream is probed again and again", SOON, || async {
        let probes = upstream.received().iter().filter(|request| request.target == path).count();
        (probes >= times).then_some(())
    })
    .await;
}

#[tokio::test]
async fn one_failure_is_an_accident() {
    let path = format!("/{}", random().name());
    let upstreams = [named("ada"), moody("bob", path.clone(), "--+")];
    let config = health(&path, "fail_after = 3\nrecover_after = 1000\n") + &to(addresses(&upstreams));
    let gateway = Gateway::start(&config);
    for probes in [3, 6, 9] {
        until_probed(&upstreams[1], &path, probes).await;
        let tally = gateway.tally(6).await;
        expect("two failures in a row are not three").request(&config).eq(tally.get("bob").copied(), Some(3));
    }
}

#[tokio::test]
async fn one_success_is_no_recovery() {
    let path = format!("/{}", random().name());
    let upstreams = [named("ada"), moody("bob", path.clone(), "---++")];
    let config = health(&path, "fail_after = 3\nrecover_after = 3\n") + &to(addresses(&upstreams));
    let gateway = Gateway::start(&config);
    gateway.until_answered_by("three failures in a row are enough", &["ada"]).await;
    let before = asked(&upstreams[1]).iter().filter(|request| request.target != path).count();
    for more in [5, 10, 15] {
        until_probed(&upstreams[1], &path, more + 5).await;
        gateway.tally(4).await;
    }
    let after = asked(&upstreams[1]).iter().filter(|request| request.target != path).count();
    expect("two successes in a row are not three").request(&config).eq(after, before);
}

#[tokio::test]
async fn a_probe_that_hangs_is_a_failure_and_holds_up_no_other() {
    let gate = Gate::shut();
    let held = gate.clone();
    let hanging = Upstream::start(move |request| match request.target.as_str() {
        "/health" => Answer::new(200, "").behind(&held),
        _ => Answer::new(200, "cleo"),
    });
    let sick = moody("bob", "/health".to_owned(), "-");
    let upstreams = [hanging, named("ada"), sick];
    let gateway = Gateway::start(
        &(health("/health", "timeout_ms = 500\nfail_after = 1\nrecover_after = 1\n") + &to(addresses(&upstreams))),
    );
    gateway.until_answered_by("only one of three is well", &["ada"]).await;
    gate.open();
    gateway.until_answered_by("the one that hung is well again", &["ada", "cleo"]).await;
}

#[tokio::test]
async fn an_upstream_that_cannot_be_reached_comes_back() {
    let mut upstreams = [named("ada"), named("bob")];
    let gateway = Gateway::start(&(health("/health", "fail_after = 1\n") + &to(addresses(&upstreams))));
    gateway.until_answered_by("both are well", &["ada", "bob"]).await;
    upstreams[1].refuse();
    gateway.until_answered_by("one is gone", &["ada"]).await;
    upstreams[1].accept_again();
    gateway.until_answered_by("it is back", &["ada", "bob"]).await;
}

#[tokio::test]
async fn without_the_section_nobody_is_probed() {
    let upstreams = [named("ada"), named("bob")];
    let gateway = Gateway::start(&to(addresses(&upstreams)));
    gateway.tally(10).await;
    let requests: Vec<_> = upstreams.iter().map(Upstream::count).collect();
    expect("ten requests are ten requests").eq(requests, vec![5, 5]);
}
