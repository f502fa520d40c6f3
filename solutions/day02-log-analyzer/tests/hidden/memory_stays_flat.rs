use crate::visible::support::{analyze_in_little_memory, gz, hits, log, naive};
use harness::{random, scratch};
use serde_json::json;

#[test]
fn a_line_without_end_is_not_kept() {
    let mut random = random();
    let hits = hits(&mut random, 10);
    let log = log(&hits);
    let junk = vec![b'x'; 1 << 20];
    let endless = std::iter::repeat_n(junk.as_slice(), 300);
    let blocks = [log.as_bytes()].into_iter().chain(endless).chain([b"\n".as_slice(), log.as_bytes()]);
    let report = analyze_in_little_memory(&["-"], blocks);
    report.expect_all("300 MB without a newline are one malformed line", &json!({"lines": 21, "malformed": 1}));
    report.expect("the lines after it count", "requests", 20);
}

#[test]
fn a_small_gz_file_can_hold_a_large_log() {
    let (folder, mut random) = (scratch(), random());
    let hits = hits(&mut random, 3000);
    let (block, members) = (log(&hits), 90);
    let file = folder.path().join("access.log.gz");
    std::fs::write(&file, gz(block.as_bytes()).repeat(members)).unwrap();
    let report = analyze_in_little_memory(&[&file.to_string_lossy()], std::iter::empty());
    let requests = naive(&hits)["requests"].as_u64().unwrap_or_default() * members as u64;
    report.expect("what comes out of a .gz file is not kept either", "requests", requests);
}
