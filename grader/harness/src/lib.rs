//! What a test uses to start the program under test, watch it, stop it and judge what it did.
//!
//! A submission is always a program. A test never links its code: it starts the program and talks to it the way users
//! and clients do. This crate holds the half that has no network in it; `harness-net` adds the HTTP client, the
//! byte-level socket and the scripted upstream.
//!
//! # A tour
//!
//! A **service** is launched, announces its addresses, and is stopped when the value is dropped:
//!
//! ```no_run
//! use harness::{Launch, expect};
//! use std::{io::{Read, Write}, net::TcpStream};
//!
//! let mut program = Launch::service().data_dir().start(); // --listen 127.0.0.1:0 --data-dir <fresh folder>
//! let mut socket = TcpStream::connect(program.address()).unwrap();
//! socket.write_all(b"PING\r\n").unwrap();
//! let mut reply = [0; 7];
//! socket.read_exact(&mut reply).unwrap();
//! expect("PING is answered with PONG").eq(reply.escape_ascii().to_string(), r"+PONG\r\n".to_string());
//!
//! program.kill();        // SIGKILL: nothing gets a chance to flush
//! program.start_again(); // the same arguments on the same data
//! program.terminate();   // SIGTERM: has to end with exit 0 within two seconds
//! ```
//!
//! A **command line** is driven with [`assert_cmd`], which [`command`] points at the right program:
//!
//! ```no_run
//! let home = harness::scratch();
//! harness::command().args(["add", "rust", "--data-dir"]).arg(home.path()).assert().success();
//! ```
//!
//! A program that a client **talks to over its standard input and output** is started from [`std_command`] with pipes, which
//! the test gives to that client; [`send_signal`], [`send_kill`] and [`kill`] reach it.
//!
//! Input is random, so that nothing can be hard-coded, and every failure names the seed that repeats it:
//!
//! ```
//! let mut random = harness::random();
//! let title = random.words(3);
//! assert_eq!(title.split(' ').count(), 3);
//! ```
//!
//! # What is under test
//!
//! The contract with the grader is three things: the environment variables below, the exit status of one test process,
//! and what it printed. Neither crate imports the other.
//!
//! | variable | meaning |
//! | --- | --- |
//! | `SUBMISSION_PROGRAM` | absolute path, or a command that is split as a shell would, of the program under test |
//! | `SUBMISSION_SUPERVISED` | set when that command is a supervisor of the program: `SIGUSR1` tells it to kill, `SIGUSR2` to freeze the program |
//! | `SUBMISSION_ADDRESS` | instead: a server that already runs, `127.0.0.1:6379` or `name=address,name=address`; tests that would start, kill or look into it are skipped |
//! | `HARNESS_SEED` | the seed of all random input, a decimal number |
//! | `HARNESS_TIMEOUT_SCALE` | stretches every deadline: `4` on a slow machine |
//! | `HARNESS_POSTGRES_URL` | a PostgreSQL server on which tests may make databases, see [`Postgres`] |
//!
//! With neither `SUBMISSION_` variable, as under plain `cargo test`, the program of the test's own package is meant.
//!
//! A test passes with exit status 0, fails with 101 (a panic), and is skipped with 77 (see [`skip`]).
//!
//! # Layout
//!
//! | module | job |
//! | --- | --- |
//! | `target` | which program or address is under test |
//! | `launch`, `program` | start it, stop it, start it again on the same data |
//! | `log` | what it printed: announcements, standard output, the tail of standard error |
//! | `expect` | expectations that explain themselves |
//! | `random` | seeded input |
//! | `deadline` | bounded waiting |
//! | `crash` | acknowledged before the kill, so there after it |
//! | `limits` | more open files than the machine's usual limit |
//! | `pipe` | pipes that hold a program sooner |
//! | `memory` | how much memory the program has taken at most |
//! | `tool` | tests that need something installed |
//! | `postgres` | a PostgreSQL server or database to throw away |

mod crash;
mod deadline;
mod expect;
mod launch;
mod limits;
mod log;
mod memory;
mod pipe;
mod postgres;
mod program;
mod random;
mod target;
mod tool;
mod written;

pub use crash::{Acknowledged, kill_while_running};
pub use deadline::{eventually, timeout};
pub use expect::{Expectation, expect};
pub use launch::{Launch, command, private, scratch, std_command};
pub use limits::allow_open_files;
pub use memory::{Memory, peak_memory_of};
pub use pipe::narrow;
pub use postgres::Postgres;
pub use program::{Ended, Program, Signal, kill, send_kill, send_signal};
pub use random::{Random, random};
pub use target::is_running_server;
pub use tool::{require_tool, skip};
pub use written::read_written;
