//! The half of the harness that talks over the network: HTTP as `curl` would show it, raw bytes, crashes under load,
//! and a scripted upstream for programs that call somebody else.
//!
//! # A tour
//!
//! ```no_run
//! use harness::Launch;
//! use harness_net::Http;
//! use serde_json::json;
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let program = Launch::service().start();
//! let http = Http::to(&program);
//!
//! let note = json!({"title": "Buy milk"});
//! let created = http.post("/notes").json(&note).send().await;
//! created.expect("a posted note is created").status(201).json_at("/title", "Buy milk");
//!
//! let path = format!("/notes/{}", created.json()["id"]);
//! http.get(&path).send().await.expect("a created note can be read").status(200);
//! # }
//! ```
//!
//! When an expectation does not hold, the learner reads the requirement in words, the request as a `curl` line that can
//! be pasted, what was expected, what came, and the last lines of the program's stderr.
//!
//! # Layout
//!
//! | module | job |
//! | --- | --- |
//! | `http` | requests that know their `curl` line, sent with reqwest |
//! | `reply` | the answer, and expectations about it |
//! | `socket` | bytes over TCP, annotated when they are not the expected ones |
//! | `crash` | concurrent writers, SIGKILL, restart |
//! | `upstream` | a server that delays, fails, truncates and refuses as the test tells it |
//! | `websocket` | JSON messages over a WebSocket, and frames that no client would send |
//! | `wait` | bounded waiting without a bare sleep |

mod crash;
mod http;
mod reply;
mod socket;
mod upstream;
mod wait;
pub mod websocket;

pub use crash::{together, write_until_killed};
pub use http::{Call, Http, SendError};
pub use reply::{Reply, ReplyExpectation, status_of};
pub use socket::{Closed, Socket};
pub use upstream::{Answer, Gate, Received, Upstream};
pub use wait::{eventually, eventually_ok, within};
pub use websocket::WebSocket;
