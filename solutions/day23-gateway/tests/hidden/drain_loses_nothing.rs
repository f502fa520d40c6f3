use super::support::{Gateway, Raw, addresses, asked, named, response, route, to, until_asked};
use harness::{Signal, expect};
use harness_net::{Answer, Http, Socket, Upstream, eventually};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{io::AsyncReadExt, net::TcpStream, task::JoinSet};

async fn until_refused(gateway: &Gateway) {
    let address = gateway.address();
    eventually("after SIGTERM, connections are refused", Duration::from_secs(2), || async {
        TcpStream::connect(address).await.is_err().then_some(())
    })
    .await;
}

fn expect_ended(mut gateway: Gateway) {
    let ended = gateway.program.wait_for_exit(Duration::from_secs(2)).map(|status| status.code());
    expect("the gateway ends with exit status 0").eq(ended, Some(Some(0)));
}

#[tokio::test]
async fn bodies_under_way_arrive_whole() {
    let upstream = Raw::start().await;
    let mut gateway = Gateway::start(&to([upstream.address()]));
    let mut socket = Socket::connect(gateway.address()).await;
    socket.send("POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 10\r\n\r\nfirst").await;
    let mut conversation = upstream.accept().await;
    conversation.head().await;
    conversation.take(5).await;
    gateway.program.signal(Signal::Terminate);
    until_refused(&gateway).await;
    socket.send("after").await;
    expect("the upload goes on").eq(conversation.take(5).await, b"after".to_vec());
    conversation.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nsec").await;
    conversation.send("ond-end").await;
    expect("and the answer arrives").contains(&response(&mut socket).await, "second-end");
    expect_ended(gateway);
}

#[tokio::test]
async fn connections_that_wait_to_be_accepted_are_answered() {
    let upstream = named("ada");
    let mut gateway = Gateway::start(&to([upstream.address()]));
    // While the gateway is frozen, the system accepts for it.
    gateway.program.signal(Signal::Stop);
    let mut sockets = Vec::new();
    for number in 0..10 {
        let mut socket = Socket::connect(gateway.address()).await;
        socket.send(format!("GET /{number} HTTP/1.1\r\nHost: shop\r\n\r\n")).await;
        sockets.push(socket);
    }
    gateway.program.signal(Signal::Terminate);
    gateway.program.signal(Signal::Continue);
    for socket in &mut sockets {
        let answer = response(socket).await;
        expect("a connection that was made before SIGTERM gets its answer").contains(&answer, "ada");
    }
    expect_ended(gateway);
}

#[tokio::test]
async fn idle_connections_do_not_hold_it_up() {
    let upstream = named("ada");
    let mut gateway = Gateway::start(&to([upstream.address()]));
    let mut sockets = Vec::new();
    for _ in 0..5 {
        let mut socket = Socket::connect(gateway.address()).await;
        socket.send("GET / HTTP/1.1\r\nHost: shop\r\n\r\n").await;
        response(&mut socket).await;
        sockets.push(socket);
    }
    gateway.program.signal(Signal::Terminate);
    for socket in &mut sockets {
        let rest = socket.expect_closed("an idle connection is closed at SIGTERM").await;
        expect("nothing more comes").eq(rest, Vec::<u8>::new());
    }
    expect_ended(gateway);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reloads_under_load_lose_no_request() {
    let upstreams = ["ada", "bob", "cleo"].map(named);
    let addresses = addresses(&upstreams);
    let mut gateway = Gateway::start(&to(&addresses));
    let stop = Arc::new(AtomicBool::new(false));
    let mut clients = JoinSet::new();
    for _ in 0..6 {
        let (http, stop) = (Http::to(&gateway.program), Arc::clone(&stop));
        clients.spawn(async move {
            let mut statuses = Vec::new();
            while !stop.load(Ordering::SeqCst) {
                let outcome = http.get("/").header("connection", "close").try_send().await;
                statuses.push(outcome.map(|reply| reply.status).map_err(|error| error.0));
            }
            statuses
        });
    }
    for round in 0..6 {
        let extra = format!("/round-{round}");
        let some = &addresses[round % 3..=round % 3];
        gateway.reload(&(to(some) + &route(&extra, some)));
        let name = ["ada", "bob", "cleo"][round % 3];
        gateway.until_owned_by(&[name], &["/a", "/b", "/c", "/d"].map(str::to_owned)).await;
    }
    stop.store(true, Ordering::SeqCst);
    for statuses in clients.join_all().await {
        let lost: Vec<_> = statuses.iter().filter(|outcome| **outcome != Ok(200)).collect();
        expect(format!("of {} requests none is lost", statuses.len())).that(lost.is_empty(), format!("{lost:?}"));
    }
}

#[tokio::test]
async fn a_bad_config_changes_nothing() {
    let upstreams = [named("ada"), named("bob")];
    let mut gateway = Gateway::start(&to([upstreams[0].address()]));
    let lines = gateway.program.stderr().len();
    gateway.reload("[[route]]\nprefix = 7\n");
    eventually("a config that is not taken is reported", Duration::from_secs(10), || async {
        (gateway.program.stderr().len() > lines).then_some(())
    })
    .await;
    gateway.get("/").await.expect("the config from before is in force").body("ada");
    gateway.reload(&to([upstreams[1].address()]));
    gateway.until_answered_by("the next good one is taken", &["bob"]).await;
}

#[tokio::test]
async fn a_reload_keeps_what_is_known_of_upstreams() {
    let sick = Upstream::start(|request| match request.target.as_str() {
        "/health" => Answer::new(503, ""),
        _ => Answer::new(200, "bob"),
    });
    let upstreams = [named("ada"), sick];
    let health = |interval| format!("[health]\npath = \"/health\"\ninterval_ms = {interval}\ntimeout_ms = 5000\n");
    let routes = to(addresses(&upstreams));
    let mut gateway = Gateway::start(&(health(20) + &routes));
    gateway.until_answered_by("bob is not well", &["ada"]).await;
    let before = asked(&upstreams[1]).len();
    // With this interval, probes alone would need a minute to find it out again.
    let marker = named("marker");
    gateway.reload(&(health(60_000) + &routes + &route("/marker", [marker.address()])));
    eventually("the new config is in force", Duration::from_secs(10), || async {
        (gateway.get("/marker").await.text() == "marker").then_some(())
    })
    .await;
    gateway.tally(6).await;
    expect("who was not well before is not well now").eq(asked(&upstreams[1]).len(), before);
}

#[tokio::test]
async fn a_stream_outlives_a_reload() {
    let (old, new) = (Raw::start().await, named("new"));
    let mut gateway = Gateway::start(&to([old.address()]));
    let mut socket = Socket::connect(gateway.address()).await;
    socket.send("GET / HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    let mut conversation = old.accept().await;
    conversation.head().await;
    conversation.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst").await;
    gateway.reload(&to([new.address()]));
    gateway.until_new(&new).await;
    until_asked(&new, 1).await;
    conversation.send("after").await;
    expect("the response comes to its end").contains(&response(&mut socket).await, "firstafter");
    socket.send("GET / HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    expect("and the connection goes on, with the new config").contains(&response(&mut socket).await, "new");
    let mut rest = Vec::new();
    drop(conversation.into_inner().read_buf(&mut rest).await);
}
