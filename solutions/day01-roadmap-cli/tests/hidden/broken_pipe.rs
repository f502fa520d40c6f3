use crate::visible::support::{Roadmap, Said};
use harness::expect;
use std::{
    io::{Read, Write},
    process::Stdio,
};

#[test]
fn no_command_minds() {
    let roadmap = Roadmap::empty();
    roadmap.add("rust", &[]);
    for arguments in [&["next"][..], &["plan", "--per-week", "1"], &["list", "--json"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let said = run(&roadmap, arguments, writer.into());
        said.expect("a reader that has gone is no error").code(0);
        expect("and is not worth a word").request(arguments.join(" ")).eq(said.stderr, String::new());
    }
}

/// Just more than the 64 KiB that a pipe holds, so that the program is in the middle of writing when the reader goes. Each
/// skill takes two starts, and some programs need long for one.
#[test]
fn a_reader_may_go_in_the_middle() {
    let roadmap = Roadmap::empty();
    let evidence = format!("https://example.org/{}", "x".repeat(1900));
    for number in 0..36 {
        let id = format!("s{number}");
        roadmap.add(&id, &[]);
        roadmap.run(&["done", &id, "--evidence", &evidence]).expect("a skill is done").code(0);
    }
    let (mut reader, writer) = std::io::pipe().unwrap();
    let head = std::thread::spawn(move || reader.read_exact(&mut [0; 100]));
    let said = run(&roadmap, &["list"], writer.into());
    expect("the list begins").that(head.join().is_ok_and(|read| read.is_ok()), "fewer than 100 bytes");
    said.expect("a reader that has gone is no error").code(0);
    expect("and is not worth a word").request("list | head -c 100").eq(said.stderr, String::new());
}

/// `/dev/full` is a disk without room: every write to it fails.
#[test]
fn a_full_disk_is_an_error() {
    let roadmap = Roadmap::empty();
    roadmap.add("rust", &[]);
    let Ok(mut full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else { return };
    if full.write_all(b"x").is_ok() {
        return; // Some systems have no such device, or another one of that name.
    }
    let said = run(&roadmap, &["list"], full.into());
    said.expect("what cannot be written for another reason is an error").code(1).one_line_with(&[]);
}

fn run(roadmap: &Roadmap, arguments: &[&str], stdout: Stdio) -> Said {
    let mut command = harness::std_command();
    command.arg("--data-dir").arg(roadmap.folder.path()).args(arguments);
    match command.stdout(stdout).stderr(Stdio::piped()).output() {
        Ok(output) => Said::new(arguments.join(" "), &output),
        Err(error) => expect("the program can be started").request(arguments.join(" ")).fail(error),
    }
}
