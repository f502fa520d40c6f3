use crate::visible::support::{Hit, analyze, analyze_paths, log, naive, ranking};
use harness::{Random, expect, random, scratch};
use std::{
    io::Write,
    process::{Output, Stdio},
};

/// Many paths, with counts that are often equal.
fn crowd(random: &mut Random) -> Vec<Hit> {
    let paths: Vec<_> =
        (0..60).map(|_| format!("/{}", random.words(1 + random.clone().below(2)).replace(' ', "/"))).collect();
    let mut hits = Vec::new();
    for path in paths {
        for _ in 0..random.between(1..=3) {
            hits.push(Hit { path: path.clone(), ..Hit::random(random) });
        }
    }
    random.shuffle(&mut hits);
    hits
}

#[test]
fn ties_are_in_order_also_where_the_list_is_cut() {
    let hits = crowd(&mut random());
    let (log, top) = (log(&hits), ranking(&hits));
    for count in [1, 4, 9] {
        let report = analyze(&log, &["--top", &count.to_string()]);
        report.expect("the list is cut in the order of the list", "top_paths", top[..count].to_vec());
    }
    analyze(&log, &[]).expect("ten paths are listed unless --top says otherwise", "top_paths", top[..10].to_vec());
}

#[test]
fn unusual_statuses_count() {
    let mut random = random();
    let statuses = [100, 103, 206, 418, 444, 499, 599, 999];
    let hits: Vec<_> = statuses.map(|status| Hit { status, ..Hit::random(&mut random) }).into();
    analyze(log(&hits), &[]).expect_all("every status of three digits counts", &naive(&hits));
}

#[test]
fn a_file_is_read_as_standard_input_is() {
    let (folder, mut random) = (scratch(), random());
    let hits = crowd(&mut random);
    let file = folder.path().join("access log");
    std::fs::write(&file, log(&hits)).unwrap();
    analyze_paths([&file]).expect_all("PATH may be a file", &naive(&hits));
}

/// The report on an empty log, which is still some lines.
fn analyze_into(stdout: impl Into<Stdio>) -> Output {
    let mut command = harness::std_command();
    command.args(["analyze", "-"]).stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped());
    command.output().unwrap_or_else(|error| panic!("the program could not be run to its end: {error}"))
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = analyze_into(writer);
    let said = (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned());
    expect("analyze … | head -1 has seen enough").request("analyze -").eq(said, (Some(0), String::new()));
}

/// `/dev/full` is a disk without room: every write to it fails.
#[test]
fn a_report_that_cannot_be_written_is_an_error() {
    let Ok(mut full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else { return };
    if full.write_all(b"x").is_ok() {
        return; // Some systems have no such device, or another one of that name.
    }
    let output = analyze_into(full);
    expect("a report that is lost is exit status 1").request("analyze - > /dev/full").eq(output.status.code(), Some(1));
}
