//! `cargo xtask peers`: a day's tests against the real server that the day imitates. What the real server fails is a
//! defect of the test, or a difference that `exercise.toml` lists with its reason.

mod adapter;
mod etcd;
mod influxd;
mod installed;
mod mosquitto;
mod nginx;
mod nginx_proxy;
mod outcome;
pub mod page;
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
    report::Report,
};
use outcome::{Differences, Outcome};
use std::{net::SocketAddr, path::PathBuf};

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
    /// Write a page with the table of all servers and their deliberate differences, if everything agrees
    #[arg(long, value_name = "FILE", conflicts_with_all = ["url", "days"])]
    markdown: Option<PathBuf>,
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
        let report = grade_program(&catalog, exercise, server.program())?;
        // Tests that would start or kill it are skipped.
        let outcome = Outcome::new(exercise, peer, server.to_string(), &report, Differences::MayShow);
        print!("{}", outcome.lines());
        return Ok(u8::from(!outcome.agrees()));
    }
    let (mut outcomes, mut by_url, mut missing) = (Vec::new(), Vec::new(), Vec::new());
    for exercise in exercises {
        match &exercise.metadata.peer {
            Some(peer) if peer.server.is_empty() => {
                println!("{}", url::only_by_url(exercise.number, peer));
                by_url.push(exercise);
            }
            Some(peer) => match compare(&catalog, exercise, peer)? {
                Some(outcome) => {
                    print!("{}", outcome.lines());
                    outcomes.push(outcome);
                }
                None => missing.push(peer.server.as_str()),
            },
            None if args.days.is_empty() => {}
            None => println!("day {:02}: imitates no server", exercise.number),
        }
    }
    let agree = outcomes.iter().all(Outcome::agrees);
    match &args.markdown {
        Some(path) if !agree => {
            eprintln!("{} is not written: what fails above is to be explained first", path.display());
        }
        Some(path) if !missing.is_empty() => {
            return Err(format!("{} is not written, because {} is missing", path.display(), missing.join(", ")));
        }
        Some(path) => grader::store::write(path, page::page(&outcomes, &by_url).as_bytes()).map_err(words)?,
        None => {}
    }
    Ok(u8::from(!agree))
}

/// A day's tests against its real server; none when that is not installed.
fn compare(catalog: &Catalog, exercise: &Exercise, real: &exercise::Peer) -> Result<Option<Outcome>, String> {
    let Some(executable) = installed::executable(&real.server) else {
        let (number, package) = (exercise.number, &real.package);
        println!("day {number:02}: skipped, because {} is not installed, install the package {package}", real.server);
        return Ok(None);
    };
    let server = installed::with_version(&real.server, &executable, peer(&real.server)?);
    let report = grade_server(catalog, exercise, &real.server)?;
    Ok(Some(Outcome::new(exercise, real, server, &report, Differences::AllShow)))
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
