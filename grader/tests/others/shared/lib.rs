//! What the Rust programs of this package have in common: HTTP/1.1 over blocking sockets, with a thread for each connection.
//!
//! The reference solutions stand on tokio and hyper. Nothing here does, so its habits are others: bodies come in chunks, the
//! names of headers in capitals, and JSON with line breaks.
//!
//! | module | job |
//! | --- | --- |
//! | `options` | arguments and their environment twins |
//! | `message` | a request, a reply, and what both are on the wire |
//! | `server` | accept, answer, and stop on SIGTERM |
//! | `client` | one exchange with a deadline |

pub mod client;
mod message;
mod options;
mod server;

pub use message::{NoRequest, Reply, Request, read_head};
pub use options::Options;
pub use server::{Work, announce, on_sigterm, serve};
