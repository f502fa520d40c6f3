//! Grades the exercises of the course: builds a program, lets the course's tests talk to it, and reports which
//! checkpoints pass.
//!
//! ```text
//! catalog ──► compile ──► run ──► report ──► render
//! exercises   Program or   verdicts  score     terminal, json
//! on disk     the compiler's
//!             messages
//! ```
//!
//! A submission is always a program. It is judged from another process, a trusted test executable, which starts it and
//! talks to it as clients do; nothing that the program prints is ever read as a result. What a test executable and the
//! grader agree on is the environment, the exit status and the captured output, described in [`run`]. The other side of
//! it is the crate `harness`; neither imports the other.
//!
//! # Layout
//!
//! Imports go down only.
//!
//! | floor | module | job | never knows |
//! | --- | --- | --- | --- |
//! | 5 | [`grade`] | the whole pipeline for one submission | |
//! | | [`render`] | words and colours | how a verdict came about |
//! | 4 | [`compile`] | cargo and its diagnostics; rustc in a sandbox | tests, scores |
//! | | [`run`] | test executables and time | HTTP, points, who the learner is |
//! | | [`submission`] | which files of a submission count | what is in them |
//! | | [`store`] | saved reports, verdicts that still hold | |
//! | | [`work`] | a learner's own files of a day: stub, backups | tests |
//! | 3 | [`sandbox`] | what a process can reach | what it is for |
//! | | [`process`] | one process to its end, and nothing of it left | |
//! | | [`temporary`] | folders that do not outlive the grader, not even one that is killed | |
//! | | [`catalog`] | the exercises on disk | |
//! | | [`handout`] | what makes a copy of the course a hand-out | |
//! | 2 | [`report`] | scoring | file system, colours |
//! | | [`progress`] | where a learner stands | files |
//! | | [`receipt`] | hashes of what a report was made from | |
//! | 1 | [`exercise`], [`verdict`], [`containment`] | plain data | cargo |
//!
//! A learner's fault is a value inside the report. [`error::GradeError`] is for the course's and the machine's own.
//!
//! Deliberately absent: an asynchronous runtime and an HTTP client (every learner's first `cargo xtask grade` compiles
//! this crate), tests inside a learner's process, and any reading of what a learner prints.

pub mod catalog;
pub mod compile;
pub mod containment;
pub mod error;
pub mod exercise;
pub mod grade;
pub mod handout;
pub mod process;
pub mod progress;
pub mod receipt;
pub mod render;
pub mod report;
pub mod run;
pub mod sandbox;
pub mod store;
pub mod submission;
pub mod temporary;
pub mod verdict;
pub mod work;
