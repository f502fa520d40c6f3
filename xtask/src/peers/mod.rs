//! `cargo xtask peers`: a day's tests against the real server that the day imitates. What the real server fails is a
//! defect of the test, or a difference that `exercise.toml` lists with its reason.

mod adapter;
mod etcd;
mod influxd;
mod mosquitto;
mod nginx;
mod nginx_proxy;
mod redis;
mod url;

use crate::{
    grade::{default_jobs, random_seed, timeout_scale},
    progress::Progress,
    words,
};
use adapter::{Flags, Peer};
use grader::{
    catalog::Catalog,
    exercise::{self, Exercise},
    grade::{Request, Subject, grade},
    report::{Report, TestReport},
    verdict::{Cause, Verdict},
};
use std::net::SocketAddr;

/// Run a day's tests against the real server that it imitates
#[derive(Debug, clap::Args)]
#[command(after_help = url::HELP)]
pub struct Args {
    /// Days; all that imitate a server when none is given
    #[arg(value_name = "DAY")]
    days: Vec<String>,
    /// A server of that kind that runs already: http://HOST:PORT, for one day
    #[arg(long, value_name = "URL", value_parser = url::Running::parse, requires = "days")]
    url: Option<url::Running>,
}

#[derive(Debug, clap::Args)]
pub struct BecomeArgs {
    server: String,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, clap::Args)]
pub struct WatchArgs {
    server: String,
    address: SocketAddr,
}

fn peer(server: &str) -> Result<&'static dyn Peer, String> {
    match server {
        "etcd" => Ok(&etcd::Etcd),
        "influxd" => Ok(&influxd::Influxd),
        "mosquitto" => Ok(&mosquitto::Mosquitto),
        "nginx" => Ok(&nginx::Nginx),
        "nginx:proxy" => Ok(&nginx_proxy::NginxProxy),
        "redis-server" => Ok(&redis::Redis),
        _ => Err(format!("no adapter makes {server} look like a submission; write one in xtask/src/peers")),
    }
}

/// Holds the tests of each day against its real server.
pub fn run(args: &Args) -> Result<u8, String> {
    let catalog = crate::catalog()?;
    let exercises = catalog.select(&args.days).map_err(words)?;
    if let Some(server) = &args.url {
        let [exercise] = exercises[..] else { return Err("--url goes with exactly one day".to_owned()) };
        let peer = exercise.metadata.peer.as_ref().filter(|peer| peer.url.is_some());
        let peer = peer.ok_or_else(|| format!("day {:02} is held against no server by URL", exercise.number))?;
        return compare_running(&catalog, exercise, peer, server).map(|agreed| u8::from(!agreed));
    }
    let mut agreed = true;
    for exercise in exercises {
        match &exercise.metadata.peer {
            Some(peer) if peer.server.is_empty() => println!("{}", url::only_by_url(exercise.number, peer)),
            Some(peer) => agreed &= compare(&catalog, exercise, peer)?,
            None if args.days.is_empty() => {}
            None => println!("day {:02}: imitates no server", exercise.number),
        }
    }
    Ok(u8::from(!agreed))
}

/// Whether a server that somebody runs does all that the tests ask for. Which server it is nobody knows, so a listed
/// difference that it does not have is no fault; and tests that would start or kill it are skipped.
fn compare_running(
    catalog: &Catalog,
    exercise: &Exercise,
    real: &exercise::Peer,
    server: &url::Running,
) -> Result<bool, String> {
    let report = grade_program(catalog, exercise, server.program())?;
    let mut faults = Vec::new();
    let (mut passed, mut differing, mut skipped) = (0, 0, 0);
    for (checkpoint, test) in tests(&report) {
        let name = format!("{checkpoint}::{}", test.name);
        match &test.verdict {
            Verdict::Passed => passed += 1,
            Verdict::NotRun { cause: Cause::Skipped, .. } => skipped += 1,
            _ if real.differences.iter().any(|difference| difference.test == name) => differing += 1,
            _ => faults.push(format!("{name} fails\n{}", indented(&test.message))),
        }
    }
    let number = exercise.number;
    println!("day {number:02}: {server} passes {passed} tests, {differing} deliberate differences, {skipped} skipped");
    for fault in &faults {
        println!("  {fault}");
    }
    Ok(faults.is_empty())
}

/// Whether the real server does all that the tests ask for, but for the listed differences.
fn compare(catalog: &Catalog, exercise: &Exercise, real: &exercise::Peer) -> Result<bool, String> {
    let number = exercise.number;
    if !is_installed(&real.server) {
        println!(
            "day {number:02}: skipped, because {} is not installed, install the package {}",
            real.server, real.package
        );
        return Ok(true);
    }
    peer(&real.server)?;
    let report = grade_server(catalog, exercise, &real.server)?;
    let mut faults = Vec::new();
    let (mut passed, mut skipped) = (0, 0);
    for (checkpoint, test) in tests(&report) {
        let name = format!("{checkpoint}::{}", test.name);
        let listed = real.differences.iter().find(|difference| difference.test == name);
        match (&test.verdict, listed) {
            (Verdict::Passed, None) => passed += 1,
            (Verdict::Passed, Some(_)) => faults.push(format!("{name} is listed as a difference, but passes")),
            (Verdict::NotRun { cause: Cause::Skipped, .. }, _) => skipped += 1,
            (_, Some(_)) => {}
            (_, None) => faults.push(format!("{name} fails\n{}", indented(&test.message))),
        }
    }
    for difference in &real.differences {
        if !tests(&report).any(|(checkpoint, test)| format!("{checkpoint}::{}", test.name) == difference.test) {
            faults.push(format!("{} is listed as a difference, but there is no such test", difference.test));
        }
    }
    println!(
        "day {number:02}: {} passes {passed} tests, {} deliberate differences, {skipped} skipped",
        real.server,
        real.differences.len()
    );
    for difference in &real.differences {
        println!("  differs in {}: {}", difference.test, difference.reason);
    }
    for fault in &faults {
        println!("  {fault}");
    }
    Ok(faults.is_empty())
}

fn grade_server(catalog: &Catalog, exercise: &Exercise, server: &str) -> Result<Report, String> {
    let adapter = std::env::current_exe().map_err(|error| format!("the path of this program is unknown: {error}"))?;
    grade_program(catalog, exercise, format!("'{}' become-peer {server}", adapter.display()))
}

fn grade_program(catalog: &Catalog, exercise: &Exercise, program: String) -> Result<Report, String> {
    let request = Request {
        subject: Subject::Program(program),
        checkpoint: None,
        jobs: default_jobs(),
        seed: random_seed(),
        timeout_scale: timeout_scale()?,
        fail_fast: false,
        colour: false,
        cancel: None,
    };
    let progress = Progress::new();
    let report = grade(catalog, &[exercise], &request, &mut |event| progress.on(&event)).map_err(words)?;
    progress.finish();
    Ok(report)
}

fn tests(report: &Report) -> impl Iterator<Item = (&str, &TestReport)> {
    let checkpoints = report.days.iter().flat_map(|day| &day.checkpoints);
    checkpoints.flat_map(|checkpoint| checkpoint.tests.iter().map(|test| (checkpoint.name.as_str(), test)))
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

/// An executable can be the real server of several days. What follows a colon tells its adapters apart.
fn is_installed(server: &str) -> bool {
    let executable = server.split(':').next().unwrap_or(server);
    // Servers are often where only root looks.
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .any(|folder| folder.join(executable).is_file())
}

/// Hidden: what `SUBMISSION_PROGRAM` names while a real server is under test.
pub fn become_peer(args: &BecomeArgs) -> Result<u8, String> {
    if let Some(file) = &args.flags.translate_to {
        let peer = peer(&args.server)?;
        let translated = args.flags.address().and_then(|address| peer.translate(address, &args.flags, file));
        return translated.map(|()| 0).map_err(|error| error.to_string());
    }
    eprintln!("error: {}", adapter::become_server(&args.server, peer(&args.server)?, &args.flags));
    // What a program under test says when it cannot start.
    Ok(1)
}

/// Hidden: announces a real server once it answers.
pub fn watch(args: &WatchArgs) -> Result<u8, String> {
    adapter::watch(peer(&args.server)?, args.address).map(|()| 0)
}
