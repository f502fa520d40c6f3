use crate::visible::support::Portfolio;
use harness::{Signal, expect};
use harness_net::{Socket, status_of};
use std::{net::TcpListener, time::Duration};

const REQUEST: &str = "GET /badge.svg HTTP/1.1\r\nHost: portfolio\r\nConnection: close\r\n\r\n";

fn supervised() -> Portfolio {
    Portfolio::supervised(TcpListener::bind("127.0.0.1:0").expect("a socket of the test"))
}

/// A connection that is kept open, after one request.
async fn idle(portfolio: &Portfolio) -> Socket {
    let mut socket = Socket::connect(portfolio.program.address()).await;
    socket.send("HEAD /badge.svg HTTP/1.1\r\nHost: portfolio\r\n\r\n").await;
    let head = |bytes: &[u8]| bytes.windows(4).position(|end| end == b"\r\n\r\n").map(|start| start + 4);
    let answer = socket.read_until(head).await.unwrap_or_else(|_| expect("a request is answered").fail("closed"));
    expect("a request is answered").contains(&String::from_utf8_lossy(&answer), "HTTP/1.1 200");
    socket
}

async fn expect_answered(requirement: &str, socket: &mut Socket) {
    let answer = socket.expect_closed(requirement).await;
    let shown = String::from_utf8_lossy(&answer);
    expect(requirement).request(REQUEST).that(status_of(&answer) == Some(200), &shown);
    expect(requirement).request(REQUEST).contains(&shown, "</svg>");
}

fn expect_ended(portfolio: &mut Portfolio) {
    let ended = portfolio.program.wait_for_exit(Duration::from_secs(2)).map(|status| status.code());
    expect("the program ends with exit status 0 within 2 s").eq(ended, Some(Some(0)));
}

#[tokio::test]
async fn who_comes_in_between_waits_for_the_next_program() {
    let mut portfolio = supervised();
    for _ in 0..2 {
        portfolio.program.terminate();
        let mut sockets = Vec::new();
        for _ in 0..20 {
            let mut socket = Socket::connect(portfolio.program.address()).await;
            socket.send(REQUEST).await;
            sockets.push(socket);
        }
        portfolio.program.start_again();
        for socket in &mut sockets {
            expect_answered("a connection that came between two programs is answered by the second", socket).await;
        }
    }
}

#[tokio::test]
async fn who_was_not_taken_is_for_the_next_program() {
    let mut portfolio = supervised();
    // While the program is frozen, the system takes connections for it.
    portfolio.program.signal(Signal::Stop);
    let mut sockets = Vec::new();
    for _ in 0..20 {
        let mut socket = Socket::connect(portfolio.program.address()).await;
        socket.send(REQUEST).await;
        sockets.push(socket);
    }
    portfolio.program.signal(Signal::Terminate);
    portfolio.program.signal(Signal::Continue);
    expect_ended(&mut portfolio);
    portfolio.program.start_again();
    for socket in &mut sockets {
        expect_answered("taken by the first program or by the second, each is answered", socket).await;
    }
}

#[tokio::test]
async fn a_kill_loses_nobody_who_waits() {
    let mut portfolio = supervised();
    portfolio.program.kill();
    let mut socket = Socket::connect(portfolio.program.address()).await;
    socket.send(REQUEST).await;
    portfolio.program.start_again();
    expect_answered("even after a kill -9 the queue is there", &mut socket).await;
}

#[tokio::test]
async fn an_upload_under_way_comes_to_its_end() {
    let mut portfolio = supervised();
    let day = portfolio.day(3, "passed");
    let report = portfolio.report(&[day]).to_string();
    let (begin, end) = report.split_at(report.len() / 2);
    let mut idle = idle(&portfolio).await;
    let mut upload = Socket::connect(portfolio.program.address()).await;
    let head = format!(
        "POST /reports HTTP/1.1\r\nHost: portfolio\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        portfolio.token,
        report.len()
    );
    upload.send(head).await;
    // The program asks for the body, so it has taken the request.
    let go_on = |bytes: &[u8]| bytes.windows(4).position(|end| end == b"\r\n\r\n").map(|start| start + 4);
    let answer = upload.read_until(go_on).await.unwrap_or_else(|closed| closed.0);
    expect("the body is asked for").contains(&String::from_utf8_lossy(&answer), "100");
    upload.send(begin).await;
    portfolio.program.signal(Signal::Terminate);
    idle.expect_closed("after SIGTERM idle connections are closed").await;
    upload.send(end).await;
    let answer = upload.expect_closed("what is under way is answered").await;
    expect("what was under way is taken").contains(&String::from_utf8_lossy(&answer), "HTTP/1.1 201");
    expect_ended(&mut portfolio);
    portfolio.program.start_again();
    portfolio.expect_progress("and the next program shows it", 1).await;
}

/// Connected and taken, but silent until the program knows of SIGTERM.
async fn first_request_after_sigterm(mut portfolio: Portfolio) {
    let mut silent = Vec::new();
    for _ in 0..5 {
        silent.push(Socket::connect(portfolio.program.address()).await);
    }
    // Connections are taken in the order in which they came, so those before this one are taken.
    let mut idle = idle(&portfolio).await;
    portfolio.program.signal(Signal::Terminate);
    idle.expect_closed("after SIGTERM idle connections are closed").await;
    for socket in &mut silent {
        socket.send(REQUEST).await;
    }
    for socket in &mut silent {
        expect_answered("a connection whose first request is on its way at SIGTERM gets its answer", socket).await;
    }
    expect_ended(&mut portfolio);
}

#[tokio::test]
async fn the_first_request_may_be_on_its_way() {
    first_request_after_sigterm(supervised()).await;
}

#[tokio::test]
async fn the_first_request_may_be_on_its_way_to_a_socket_of_its_own() {
    first_request_after_sigterm(Portfolio::start()).await;
}

#[tokio::test]
async fn who_says_nothing_at_all_is_not_waited_for() {
    let mut portfolio = supervised();
    let _silent = Socket::connect(portfolio.program.address()).await;
    let mut idle = idle(&portfolio).await;
    portfolio.program.signal(Signal::Terminate);
    idle.expect_closed("after SIGTERM idle connections are closed").await;
    expect_ended(&mut portfolio);
}

#[tokio::test]
async fn what_is_no_socket_is_reported() {
    let mut random = harness::random();
    let folder = harness::scratch();
    let profile = crate::visible::support::a_profile(&mut random);
    let launch = crate::visible::support::launch(&folder, &profile, &random.name(), "https://a.example");
    let ended = launch.arg("--inherit").data_dir().run_to_end();
    expect("--inherit without a socket on standard input ends the program").eq(ended.code, Some(1));
    expect("the message says what is wrong").contains(&ended.stderr, "--inherit");
}
