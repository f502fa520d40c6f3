use crate::visible::support::{HEADER, Site};
use harness::expect;

fn row(id: &str, sku: &str) -> String {
    format!("{id},oslo,{sku},1,EUR,1.00,2026-01-31T08:00:00Z,2026-01-31T09:00:00Z")
}

fn expect_skus(site: &Site, requirement: &str, skus: &[&str]) {
    let found: Vec<_> = site.orders().into_iter().map(|order| order.sku).collect();
    expect(requirement).eq(found, skus.iter().map(|&sku| sku.to_owned()).collect::<Vec<_>>());
    expect(format!("{requirement}: nothing is rejected")).eq(site.reasons(), Vec::<String>::new());
}

#[test]
fn lines_of_both_kinds_end() {
    let csv = format!("{}{}\r\n{}\r\n", HEADER.replace('\n', "\r\n"), row("A-1", "cup"), row("A-2", "\"a\r\nb\""));
    let object = |id: &str| {
        format!(
            r#"{{"order_id":"{id}","shop":"oslo","sku":"bowl","quantity":1,"currency":"EUR","price":1,"ordered_at":"2026-01-31T08:00:00Z","updated_at":"2026-01-31T08:00:00Z"}}"#
        )
    };
    let ndjson = format!("{}\r\n{}", object("A-3"), object("A-4"));
    let site = Site::with(&[("a.csv", &csv), ("b.ndjson", &ndjson)]);
    site.run(&[]);
    expect_skus(
        &site,
        "CR LF ends a line as LF does, and the last line needs no end",
        &["cup", "a\r\nb", "bowl", "bowl"],
    );
}

#[test]
fn blank_lines_are_no_rows() {
    let site = Site::with(&[("a.csv", &format!("{HEADER}\n{}\n\n\r\n{}\n\n", row("A-1", "cup"), row("A-2", "bowl")))]);
    let object = r#"{"order_id":"A-3","shop":"oslo","sku":"cup","quantity":1,"currency":"EUR","price":1,"ordered_at":"2026-01-31T08:00:00Z","updated_at":"2026-01-31T08:00:00Z"}"#;
    site.write("b.ndjson", format!("\n{object}\n\n \t\r\n"));
    let done = site.run(&[]);
    expect("blank lines do not count").eq(done["rows"].as_u64(), Some(3));
    let rows: Vec<_> = site.orders().into_iter().map(|order| order.row).collect();
    expect("rows are counted from 1").eq(rows, vec![1, 2, 1]);
}

#[test]
fn headers_may_be_quoted_too() {
    let header = HEADER.trim_end().split(',').map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(",");
    let site = Site::with(&[("a.csv", &format!("\u{feff}{header}\n{}", row("A-1", "\"\"\"\"")))]);
    site.run(&[]);
    expect_skus(&site, "a byte order mark before a quoted header, and a doubled quote", &["\""]);
}

#[test]
fn quotes_are_read_across_batches() {
    let skus: Vec<String> = (0..40).map(|n| format!("\"{}{n},\"\"\n,\"", "x\n".repeat(n % 5))).collect();
    let rows: String = skus.iter().enumerate().map(|(n, sku)| row(&format!("A-{n:02}"), sku) + "\n").collect();
    let site = Site::with(&[("a.csv", &format!("\u{feff}{HEADER}{rows}"))]);
    let mut running = site.start(&["--batch", "1"]);
    running.commits(5);
    running.kill();
    site.run(&["--batch", "3"]);
    let wanted: Vec<_> = (0..40).map(|n| format!("{}{n},\"\n,", "x\n".repeat(n % 5))).collect();
    expect_skus(&site, "a run goes on at the right byte", &wanted.iter().map(String::as_str).collect::<Vec<_>>());
    site.append("a.csv", &(row("B-1", "cup") + "\n"));
    let done = site.run(&[]);
    expect("and reads what was appended").eq((done["rows"].as_u64(), done["rejected"].as_u64()), (Some(1), Some(0)));
}

#[test]
fn a_byte_order_mark_elsewhere_is_text() {
    let site = Site::with(&[("a.csv", &format!("{HEADER}{}\n", row("A-1", "a\u{feff}b")))]);
    site.run(&[]);
    expect_skus(&site, "only the beginning of a file is special", &["a\u{feff}b"]);
}
