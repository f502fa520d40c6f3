//! Day 2: the log analyzer beside goaccess, on one generated log of 200 MB.

use crate::{
    Setting,
    rounds::{in_turn, timed},
};
use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
    process::{Command, Stdio},
};

const BYTES: u64 = 200_000_000;

pub fn run(setting: &Setting) -> Result<(), String> {
    let version = Command::new("goaccess").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if version.is_err() {
        println!("day 02: skipped, because goaccess is not installed, install the package goaccess");
        return Ok(());
    }
    let program = setting.release_program("2")?;
    let log = setting.folder.join("access.log");
    let report = setting.folder.join("goaccess.json");
    generate(&log).map_err(|error| format!("cannot write {}: {error}", log.display()))?;

    let ours = || timed(Command::new(&program).arg("analyze").arg(&log).args(["--format", "json"]));
    let theirs = || {
        let mut command = Command::new("goaccess");
        command.arg(&log).arg("-o").arg(&report).args(["--no-global-config", "--no-progress"]);
        timed(command.args(["--log-format=COMBINED", "--no-query-string"]))
    };
    let medians = in_turn(setting.rounds, ours, theirs)?;
    let megabytes = BYTES as f64 / 1e6;
    println!("day 02: a log of {megabytes:.0} MB, medians of {} rounds in turn", setting.rounds);
    for (name, time) in [("the solution", medians.ours), ("goaccess", medians.theirs)] {
        let seconds = time.as_secs_f64();
        println!("  {name:12}  {seconds:6.2} s  {:7.1} MB/s", megabytes / seconds);
    }
    println!("  goaccess takes {:.1} times as long", medians.ratio());
    Ok(())
}

/// A log as a web server writes it: a few popular pages, many rare ones, some thousand visitors, a year's hours in order.
fn generate(path: &Path) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|metadata| metadata.len() >= BYTES) {
        return Ok(());
    }
    let agents = [
        "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5",
        "curl/8.5.0",
    ];
    let statuses = [200, 200, 200, 200, 304, 301, 404, 500];
    let unfinished = path.with_extension("part");
    let mut file = BufWriter::new(File::create(&unfinished)?);
    let (mut written, mut number) = (0, 0_u64);
    while written < BYTES {
        // Steps of an odd constant visit all values evenly and are the same each time.
        let spread = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
        let page = if spread.is_multiple_of(4) { spread % 5000 } else { spread % 20 };
        let line = format!(
            "203.0.{}.{} - - [{:02}/Mar/2026:{:02}:{:02}:{:02} +0000] \"GET /items/{page}?q={} HTTP/1.1\" {} {} \"-\" \"{}\"\n",
            spread % 16,
            spread / 16 % 256,
            1 + number / 86_400 % 28,
            number / 3600 % 24,
            number / 60 % 60,
            number % 60,
            spread % 97,
            statuses[(spread % 8) as usize],
            spread % 50_000,
            agents[(spread % 3) as usize],
        );
        file.write_all(line.as_bytes())?;
        written += line.len() as u64;
        number += 1;
    }
    file.into_inner()?.sync_all()?;
    fs::rename(unfinished, path)
}
