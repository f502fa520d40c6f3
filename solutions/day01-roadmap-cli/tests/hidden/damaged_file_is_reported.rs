use crate::visible::support::Roadmap;
use harness::expect;
use std::fs;

#[test]
fn every_command_reports_it_and_none_repairs_it() {
    let roadmap = Roadmap::empty();
    roadmap.add("rust", &[]);
    let file = roadmap.folder.path().join("roadmap.json");
    let whole = harness::read_written(&file);
    let half = &whole[..whole.len() / 2];
    let commands: [&[&str]; 6] = [
        &["add", "http"],
        &["done", "rust", "--evidence", "https://example.org"],
        &["next"],
        &["plan", "--per-week", "1"],
        &["list"],
        &["list", "--json"],
    ];
    for damaged in [&b""[..], b"[1, 2]", b"\xff\xfe\x00", b"{\"skills\": 7}", half] {
        for command in commands {
            fs::write(&file, damaged).unwrap();
            let said = roadmap.run(command);
            said.expect("a damaged file is named, and no panic").code(1).one_line_with(&["roadmap.json"]);
            expect("the file is as it was").eq(harness::read_written(&file), damaged.to_vec());
        }
    }
    fs::write(&file, &whole).unwrap();
    expect("a file that was restored is read").eq(roadmap.ids(), ["rust"]);
}

#[test]
fn what_cannot_be_read_is_no_empty_roadmap() {
    let roadmap = Roadmap::empty();
    // A folder in the place of the file is there, and cannot be read, whoever runs the tests.
    fs::create_dir(roadmap.folder.path().join("roadmap.json")).unwrap();
    for command in [&["add", "http"][..], &["next"], &["list"]] {
        let said = roadmap.run(command);
        said.expect("a file that is there and cannot be read is named").code(1).one_line_with(&["roadmap.json"]);
    }
}
