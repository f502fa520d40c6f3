//! What the tests of this day share: a gateway with its config, upstreams that say who they are, and raw ones.

mod raw;

pub use raw::{Raw, breaking};

use axum::{
    Router,
    extract::ws::{Message, WebSocketUpgrade},
    routing::get,
};
use harness::{Launch, Program, Signal, expect};
use harness_net::{Answer, Gate, Http, Received, Reply, Socket, Upstream, eventually};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    future::IntoFuture,
    net::SocketAddr,
    time::Duration,
};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinSet};

/// How long a test waits for what should be a matter of milliseconds.
pub const SOON: Duration = Duration::from_secs(10);

/// A gateway and the folder with its config.
#[derive(Debug)]
pub struct Gateway {
    pub program: Program,
    pub http: Http,
    folder: TempDir,
}

impl Gateway {
    pub fn start(config: &str) -> Gateway {
        let folder = harness::scratch();
        let file = folder.path().join("gw.toml");
        std::fs::write(&file, config).expect("a file can be written to a fresh folder");
        let program = Launch::service().arg("--config").arg(file).start();
        let http = Http::to(&program);
        Gateway { program, http, folder }
    }

    /// Replaces the config and sends SIGHUP.
    pub fn reload(&mut self, config: &str) {
        std::fs::write(self.folder.path().join("gw.toml"), config).expect("the config can be written");
        self.program.signal(Signal::Hangup);
    }

    pub fn address(&self) -> SocketAddr {
        self.program.address()
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.http.get(path).send().await
    }

    /// Who answered how many of `count` requests, one after the other, over one connection.
    pub async fn tally(&self, count: usize) -> BTreeMap<String, usize> {
        let mut tally = BTreeMap::new();
        for number in 0..count {
            let reply = self.get(&format!("/{number}")).await;
            reply.expect("a request through the gateway is answered").status(200);
            *tally.entry(reply.text()).or_default() += 1;
        }
        tally
    }

    /// Who answers which of these paths, each on a connection of its own.
    pub async fn owners(&self, paths: &[String]) -> BTreeMap<String, String> {
        let mut tasks = JoinSet::new();
        for some in paths.chunks(paths.len().div_ceil(4)) {
            let (http, some) = (self.http.clone(), some.to_vec());
            tasks.spawn(async move {
                let mut owners = Vec::new();
                for path in some {
                    let name = http.get(&path).header("connection", "close").send().await.text();
                    owners.push((path, name));
                }
                owners
            });
        }
        tasks.join_all().await.into_iter().flatten().collect()
    }

    /// Waits until just these answer some of the paths, and returns who answers which then.
    pub async fn until_owned_by(&self, names: &[&str], paths: &[String]) -> BTreeMap<String, String> {
        let names: BTreeSet<_> = names.iter().map(|name| (*name).to_owned()).collect();
        eventually("paths go to the upstreams of the new config, and to no others", SOON, || async {
            let owners = self.owners(paths).await;
            let is_complete = owners.values().cloned().collect::<BTreeSet<_>>() == names;
            // The config can have changed in the middle of a look, so only two that agree count.
            (is_complete && self.owners(paths).await == owners).then_some(owners)
        })
        .await
    }

    /// Waits until requests are answered by these, and by nobody else.
    pub async fn until_answered_by(&self, requirement: &str, names: &[&str]) {
        let paths: Vec<_> = (0..2 * names.len().max(3)).map(|number| format!("/{number}")).collect();
        let names: BTreeSet<_> = names.iter().map(|name| (*name).to_owned()).collect();
        eventually(requirement, SOON, || async {
            let owners = self.owners(&paths).await;
            (owners.into_values().collect::<BTreeSet<_>>() == names).then_some(())
        })
        .await;
    }

    /// Waits until requests arrive at this upstream, which had none before. Some may be held back elsewhere until then.
    pub async fn until_new(&self, upstream: &Upstream) {
        eventually("requests go to the new upstream after SIGHUP", SOON, || async {
            let call = self.http.get("/new").header("connection", "close").try_send();
            let answered = tokio::time::timeout(Duration::from_millis(100), call).await.is_ok();
            (answered && upstream.count() > 0).then_some(())
        })
        .await;
    }
}

/// An upstream that answers everything with its name.
pub fn named(name: &str) -> Upstream {
    let name = name.to_owned();
    Upstream::start(move |_| Answer::new(200, name.clone()))
}

/// As [`named`], but its answers wait behind the gate.
pub fn named_behind(name: &str, gate: &Gate) -> Upstream {
    let (name, gate) = (name.to_owned(), gate.clone());
    Upstream::start(move |_| Answer::new(200, name.clone()).behind(&gate))
}

/// The requests that were no probes.
pub fn asked(upstream: &Upstream) -> Vec<Received> {
    upstream.received().into_iter().filter(|request| !request.target.starts_with("/health")).collect()
}

/// A route for everything.
pub fn to<A: Display>(upstreams: impl IntoIterator<Item = A>) -> String {
    route("/", upstreams)
}

/// A route for a prefix. Further keys can follow.
pub fn route<A: Display>(prefix: &str, upstreams: impl IntoIterator<Item = A>) -> String {
    let upstreams: Vec<_> = upstreams.into_iter().map(|address| format!("{:?}", address.to_string())).collect();
    format!("\n[[route]]\nprefix = {prefix:?}\nupstreams = [{}]\n", upstreams.join(", "))
}

pub fn addresses(upstreams: &[Upstream]) -> Vec<SocketAddr> {
    upstreams.iter().map(Upstream::address).collect()
}

/// Waits until so many requests have arrived at an upstream.
pub async fn until_asked(upstream: &Upstream, count: usize) {
    eventually(&format!("{count} requests arrive at the upstream"), SOON, || async {
        (asked(upstream).len() >= count).then_some(())
    })
    .await;
}

/// Head and body of the next response on this connection; the body has the length that the head promises.
pub async fn response(socket: &mut Socket) -> String {
    let complete = |bytes: &[u8]| {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
        let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
        let whole = end + length.unwrap_or(0);
        (bytes.len() >= whole).then_some(whole)
    };
    match socket.read_until(complete).await {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(closed) => expect("the gateway answers")
            .expected("a whole response")
            .fail(format!("the end of the connection after {} bytes", closed.0.len())),
    }
}

/// A server with an echo WebSocket at `/echo`. It ends with the test's runtime.
pub async fn socket_server() -> SocketAddr {
    let app = Router::new().route(
        "/echo",
        get(async |upgrade: WebSocketUpgrade| {
            upgrade.protocols(["v1"]).on_upgrade(async |mut socket| {
                // To read on after a close frame answers it.
                while let Some(Ok(message)) = socket.recv().await {
                    let echo = matches!(message, Message::Text(_) | Message::Binary(_));
                    if echo && socket.send(message).await.is_err() {
                        break;
                    }
                }
            })
        }),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port can be listened on");
    let address = listener.local_addr().expect("a listener has an address");
    tokio::spawn(axum::serve(listener, app).into_future());
    address
}
