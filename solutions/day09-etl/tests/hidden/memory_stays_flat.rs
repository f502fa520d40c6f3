use crate::visible::support::{HEADER, Site};
use harness::{Random, expect, random};
use serde_json::json;

const MORE: u64 = 16 * 1024 * 1024;

/// The most memory that loading these files takes. The long names make long lines on standard output, and so many of
/// them that the program cannot end before its memory was looked at.
fn peak(files: &[(&str, &[u8])], batch: &str, rows: u64) -> u64 {
    let site = Site::empty();
    for (name, content) in files {
        site.write(&format!("{}{name}", "n".repeat(200)), content);
    }
    let (peak, said) = site.start(&["--batch", batch]).finish_measured();
    expect("all rows are read").eq(said.done()["rows"].as_u64(), Some(rows));
    match peak {
        Some(peak) => peak,
        None => {
            harness::skip("this system does not tell how much memory a process takes", "a Linux machine or container")
        }
    }
}

fn expect_little_more(requirement: &str, few: u64, many: u64) {
    expect(requirement)
        .expected(format!("at most {} KiB", (few + MORE) / 1024))
        .that(many <= few + MORE, format!("{} KiB", many / 1024));
}

/// Rows that fill the pipe.
fn rows(random: &mut Random, count: usize) -> String {
    let row = |n| {
        json!({"order_id": n, "shop": "oslo", "sku": random.word(), "quantity": 1, "currency": "EUR", "price": 1,
        "ordered_at": "2026-01-31T08:00:00Z", "updated_at": "2026-01-31T08:00:00Z"})
        .to_string()
            + "\n"
    };
    (0..count).map(row).collect()
}

#[test]
fn a_line_without_an_end_is_not_kept() {
    let rows = rows(&mut random(), 400);
    let few = peak(&[("a.ndjson", rows.as_bytes())], "1", 400);
    let mut long = b"{\"order_id\":\"".to_vec();
    long.resize(48 << 20, b'x');
    long.push(b'\n');
    long.extend(rows.as_bytes());
    let many = peak(&[("a.ndjson", &long)], "1", 401);
    expect_little_more("a line of 48 MiB takes at most 16 MiB more than none", few, many);
}

#[test]
fn lines_up_to_64_kib_are_read() {
    let site = Site::empty();
    let line = |bytes: usize| {
        let row = rows(&mut random(), 1);
        let row = row.trim_end();
        format!("{row}{}", " ".repeat(bytes - row.len()))
    };
    site.write("a.ndjson", format!("{}\n{}\n{}\n{}", line(65_536), line(65_537), line(200), line(65_537)));
    let done = site.run(&[]);
    expect("a line that is too long is a row, too").eq(&done["rows"], &json!(4));
    let wanted = [2, 4].map(|row| format!("a.ndjson {row} too_long null"));
    expect("65 536 bytes are allowed, 65 537 are too many").eq(site.reasons(), wanted.to_vec());
}

#[test]
fn rejects_are_not_kept_either() {
    let bad = |count: usize| (HEADER.to_owned() + &format!("{},oslo\n", "x".repeat(300)).repeat(count)).into_bytes();
    let (few, many) = (peak(&[("a.csv", &bad(80))], "100", 80), peak(&[("a.csv", &bad(80_000))], "100", 80_000));
    expect_little_more("80 000 rejects take at most 16 MiB more than 80", few, many);
}
