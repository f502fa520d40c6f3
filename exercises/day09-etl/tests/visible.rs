//! The tests of day 9 that you can read. One module per checkpoint; each name is a claim about your program.

pub mod support;

mod loads_and_aggregates {
    use super::support::Site;
    use harness::expect;
    use serde_json::json;

    #[test]
    fn orders_become_rows_and_sums() {
        let site = Site::with_rows(&[
            "A-1,oslo,cup,2,EUR,19.90,2026-01-31T08:00:00Z,2026-01-31T09:00:00Z",
            "A-2,oslo,spoon,1,EUR,4.50,2026-01-31T18:30:00Z,2026-01-31T19:00:00Z",
            "A-3,oslo,cup,1,USD,21.00,2026-01-31T10:00:00Z,2026-01-31T10:00:00Z",
        ]);
        let done = site.run(&[]);
        let wanted = json!({"event": "done", "files": 1, "rows": 3, "rejected": 0, "orders": 3});
        expect("the last line tells what the run has read").eq(done, wanted);

        let orders = site.orders();
        let first = orders.first().map(|order| (order.order_id.as_str(), order.quantity, order.price, order.row));
        expect("A-1 is in orders, with its price in cents").eq(first, Some(("A-1", 2, 1990, 1)));
        let times = orders.first().map(|order| (order.ordered_at, order.updated_at));
        expect("its times are milliseconds since 1970").eq(times, Some((1_769_846_400_000, 1_769_850_000_000)));
        let sales: Vec<_> =
            site.sales().into_iter().map(|sum| (sum.day, sum.currency, sum.orders, sum.units, sum.amount)).collect();
        expect("there is one row for each day, shop and currency").eq(
            sales,
            vec![
                ("2026-01-31".to_owned(), "EUR".to_owned(), 2, 3, 4430),
                ("2026-01-31".to_owned(), "USD".to_owned(), 1, 1, 2100),
            ],
        );
    }

    #[test]
    fn both_formats_say_the_same() {
        let site = Site::with(&[(
            "orders.ndjson",
            r#"{"order_id":"A-1","shop":"oslo","sku":"cup","quantity":2,"currency":"EUR","price":19.90,"ordered_at":"2026-01-31T08:00:00Z","updated_at":"2026-01-31T09:00:00Z","note":"a gift"}
{"order_id":"A-2","shop":"oslo","sku":"spoon","quantity":"1","currency":"EUR","price":"4.50","ordered_at":"2026-01-31T18:30:00Z","updated_at":"2026-01-31T19:00:00Z"}
"#,
        )]);
        site.run(&[]);
        let orders: Vec<_> =
            site.orders().into_iter().map(|order| (order.order_id, order.quantity, order.price)).collect();
        expect("numbers may be numbers or strings")
            .eq(orders, vec![("A-1".to_owned(), 2, 1990), ("A-2".to_owned(), 1, 450)]);
    }

    #[test]
    fn a_day_is_a_day_in_utc() {
        let site = Site::with_rows(&[
            "A-1,oslo,cup,1,EUR,1.00,2026-01-31T23:30:00-05:00,2026-02-01T09:00:00Z",
            "A-2,oslo,cup,1,EUR,1.00,2026-02-02T00:30:00+01:00,2026-02-02T09:00:00Z",
        ]);
        site.run(&[]);
        let days: Vec<_> = site.sales().into_iter().map(|sum| (sum.day, sum.orders)).collect();
        expect("both were ordered on the 1st of February in UTC").eq(days, vec![("2026-02-01".to_owned(), 2)]);
    }

    #[test]
    fn only_what_is_new_is_read() {
        let site = Site::with_rows(&["A-1,oslo,cup,2,EUR,19.90,2026-01-31T08:00:00Z,2026-01-31T09:00:00Z"]);
        site.run(&[]);
        let wanted = json!({"event": "done", "files": 0, "rows": 0, "rejected": 0, "orders": 1});
        expect("a second run has nothing to read").eq(site.run(&[]), wanted);
        expect("and the sums stay as they are").eq(site.sales().first().map(|sum| sum.amount), Some(3980));

        let header = super::support::HEADER;
        let row = "A-2,oslo,cup,1,EUR,5.00,2026-01-31T08:00:00Z,2026-01-31T09:00:00Z\n";
        site.write("below/this/more.csv", format!("{header}{row}"));
        site.write("below/notes.txt", "not a file of orders");
        let wanted = json!({"event": "done", "files": 1, "rows": 1, "rejected": 0, "orders": 2});
        expect("a new file in a folder below is read").eq(site.run(&[]), wanted);
        let names: Vec<_> = site.orders().into_iter().map(|order| order.file).collect();
        expect("orders know where they came from")
            .eq(names, vec!["orders.csv".to_owned(), "below/this/more.csv".to_owned()]);
        expect("the sums count both").eq(site.sales().first().map(|sum| sum.amount), Some(4480));
    }
}

mod latest_wins {
    use super::support::{HEADER, Site};
    use harness::expect;

    #[test]
    fn the_row_that_was_written_last_counts() {
        let site = Site::with(&[
            ("a.csv", &format!("{HEADER}A-1,oslo,cup,2,EUR,19.90,2026-01-31T08:00:00Z,2026-01-31T12:00:00Z\n")),
            (
                "b.csv",
                &format!(
                    "{HEADER}A-1,oslo,cup,7,EUR,19.90,2026-01-31T08:00:00Z,2026-01-31T11:59:59Z\n\
                     A-2,oslo,cup,1,EUR,1.00,2026-01-31T08:00:00Z,2026-01-31T09:00:00Z\n\
                     A-2,oslo,cup,3,EUR,1.00,2026-01-31T08:00:00Z,2026-01-31T10:00:00Z\n"
                ),
            ),
        ]);
        site.run(&[]);
        let quantities: Vec<_> = site.orders().into_iter().map(|order| order.quantity).collect();
        expect("A-1 has 2 pieces and A-2 has 3: the latest updated_at wins, wherever it stands")
            .eq(quantities, vec![2, 3]);
        let sums: Vec<_> = site.sales().into_iter().map(|sum| (sum.orders, sum.units)).collect();
        expect("older rows are in no sum").eq(sums, vec![(2, 5)]);
    }

    #[test]
    fn moments_are_compared_not_texts() {
        let site = Site::with_rows(&[
            "A-1,oslo,cup,2,EUR,19.90,2026-01-31T08:00:00Z,2026-01-31T12:00:00+05:00",
            "A-1,oslo,cup,3,EUR,19.90,2026-01-31T08:00:00Z,2026-01-31T09:00:00Z",
            "A-2,oslo,cup,4,EUR,19.90,2026-01-31T08:00:00Z,2026-01-31T09:00:00Z",
            "A-2,oslo,cup,5,EUR,19.90,2026-01-31T08:00:00Z,2026-01-31T12:00:00+05:00",
        ]);
        site.run(&[]);
        let quantities: Vec<_> = site.orders().into_iter().map(|order| order.quantity).collect();
        expect("12:00 at +05:00 is 07:00 in UTC, before 09:00").eq(quantities, vec![3, 4]);
    }
}

mod rejects_have_reasons {
    use super::support::{HEADER, Site};
    use harness::expect;

    #[test]
    fn a_bad_row_is_rejected_and_the_others_are_loaded() {
        let site = Site::with_rows(&[
            "A-1,oslo,cup,2,EUR,19.90,2026-01-31T08:00:00Z,2026-01-31T09:00:00Z",
            "A-2,,cup,2,EUR,19.90,2026-01-31T08:00:00Z,2026-01-31T09:00:00Z",
            "A-3,oslo,cup,two,EUR,19.90,2026-01-31T08:00:00Z,2026-01-31T09:00:00Z",
            "A-4,oslo,cup,2,EUR,19.90,2026-01-31T08:00:00Z",
            "A-5,oslo,cup,2,EUR,19.90,2026-02-30T08:00:00Z,2026-01-31T09:00:00Z",
            "A-6,oslo,cup,2,EUR,19.90,2026-01-31T08:00:00Z,2026-01-31T09:00:00Z",
        ]);
        let done = site.run(&[]);
        expect("rejects are counted").eq((done["rows"].as_u64(), done["rejected"].as_u64()), (Some(6), Some(4)));
        let ids: Vec<_> = site.orders().into_iter().map(|order| order.order_id).collect();
        expect("the good rows are loaded").eq(ids, vec!["A-1".to_owned(), "A-6".to_owned()]);
        expect("each bad row has its number and its reason").eq(
            site.reasons(),
            vec![
                "orders.csv 2 missing shop".to_owned(),
                "orders.csv 3 invalid quantity".to_owned(),
                "orders.csv 4 malformed null".to_owned(),
                "orders.csv 5 invalid ordered_at".to_owned(),
            ],
        );
        let words = site.rejects().iter().all(|reject| reject["detail"].as_str().is_some_and(|text| !text.is_empty()));
        expect("and a sentence for people").that(words, format!("{:?}", site.rejects()));
    }

    #[test]
    fn ndjson_is_rejected_in_the_same_words() {
        let site = Site::with(&[(
            "orders.ndjson",
            r#"{"order_id":"A-1","shop":"oslo"
[1, 2]
{"order_id":"A-3","shop":null,"sku":"cup","quantity":1,"currency":"EUR","price":1,"ordered_at":"2026-01-31T08:00:00Z","updated_at":"2026-01-31T08:00:00Z"}
{"order_id":"A-4","shop":["oslo"],"sku":"cup","quantity":1,"currency":"EUR","price":1,"ordered_at":"2026-01-31T08:00:00Z","updated_at":"2026-01-31T08:00:00Z"}
{"order_id":"A-5","shop":"oslo","sku":"cup","quantity":1,"currency":"EUR","price":1,"ordered_at":"2026-01-31T08:00:00Z"}
"#,
        )]);
        site.run(&[]);
        expect("rows that are no order are rejected").eq(
            site.reasons(),
            vec![
                "orders.ndjson 1 malformed null".to_owned(),
                "orders.ndjson 2 malformed null".to_owned(),
                "orders.ndjson 3 missing shop".to_owned(),
                "orders.ndjson 4 invalid shop".to_owned(),
                "orders.ndjson 5 missing updated_at".to_owned(),
            ],
        );
    }

    #[test]
    fn without_rejects_the_file_is_empty() {
        let site = Site::with(&[("orders.csv", HEADER)]);
        site.run(&[]);
        expect("rejects.ndjson is there and empty").eq(site.reasons().len(), 0);
    }
}

mod quoting_and_bom {
    use super::support::Site;
    use harness::expect;

    #[test]
    fn quotes_hold_commas_quotes_and_line_ends() {
        let site = Site::with_rows(&[
            r#"A-1,"oslo","cup, ""blue""",2,EUR,19.90,2026-01-31T08:00:00Z,2026-01-31T09:00:00Z"#,
            "A-2,oslo,\"two\nlines\",1,EUR,1.00,2026-01-31T08:00:00Z,2026-01-31T09:00:00Z",
            "A-3,oslo,cup,1,EUR,1.00,2026-01-31T08:00:00Z,2026-01-31T09:00:00Z",
        ]);
        site.run(&[]);
        let orders: Vec<_> = site.orders().into_iter().map(|order| (order.sku, order.row)).collect();
        expect("what is between quotes is one field, and a row may have two lines")
            .eq(orders, vec![("cup, \"blue\"".to_owned(), 1), ("two\nlines".to_owned(), 2), ("cup".to_owned(), 3)]);
    }

    #[test]
    fn a_byte_order_mark_belongs_to_nothing() {
        let header = super::support::HEADER;
        let csv = format!("\u{feff}{header}A-1,oslo,cup,2,EUR,1.00,2026-01-31T08:00:00Z,2026-01-31T09:00:00Z\n");
        let ndjson = "\u{feff}{\"order_id\":\"A-2\",\"shop\":\"oslo\",\"sku\":\"cup\",\"quantity\":1,\"currency\":\"EUR\",\
                      \"price\":1,\"ordered_at\":\"2026-01-31T08:00:00Z\",\"updated_at\":\"2026-01-31T08:00:00Z\"}\n";
        let site = Site::with(&[("a.csv", &csv), ("b.ndjson", ndjson)]);
        site.run(&[]);
        let ids: Vec<_> = site.orders().into_iter().map(|order| order.order_id).collect();
        expect("both files begin with a byte order mark and are read")
            .eq(ids, vec!["A-1".to_owned(), "A-2".to_owned()]);
    }
}

mod exact_decimals {
    use super::support::Site;
    use harness::expect;

    #[test]
    fn prices_are_exact() {
        let prices = ["1.15", "8.2", "0.07", "1110.10", "9999999.99", "19", "0.00", "64.1"];
        let rows: Vec<_> = prices
            .iter()
            .enumerate()
            .map(|(n, price)| format!("A-{n},oslo,cup,1,EUR,{price},2026-01-31T08:00:00Z,2026-01-31T09:00:00Z"))
            .collect();
        let site = Site::with_rows(&rows.iter().map(String::as_str).collect::<Vec<_>>());
        site.run(&[]);
        let stored: Vec<_> = site.orders().into_iter().map(|order| order.price).collect();
        expect("each price in cents").eq(stored, vec![115, 820, 7, 111_010, 999_999_999, 1900, 0, 6410]);
        expect("and their sum").eq(site.sales().first().map(|sum| sum.amount), Some(1_000_120_261));
    }

    #[test]
    fn each_currency_has_its_decimals() {
        let site = Site::with_rows(&[
            "A-1,oslo,cup,3,JPY,1500,2026-01-31T08:00:00Z,2026-01-31T09:00:00Z",
            "A-2,oslo,cup,3,BHD,1.005,2026-01-31T08:00:00Z,2026-01-31T09:00:00Z",
            "A-3,oslo,cup,3,EUR,1.005,2026-01-31T08:00:00Z,2026-01-31T09:00:00Z",
            "A-4,oslo,cup,3,JPY,1500.0,2026-01-31T08:00:00Z,2026-01-31T09:00:00Z",
        ]);
        site.run(&[]);
        let sums: Vec<_> = site.sales().into_iter().map(|sum| (sum.currency, sum.amount)).collect();
        expect("yen have no decimals, dinars three").eq(sums, vec![("BHD".to_owned(), 3015), ("JPY".to_owned(), 4500)]);
        let reasons = vec!["orders.csv 3 invalid price".to_owned(), "orders.csv 4 invalid price".to_owned()];
        expect("more decimals than a currency has are no price in it").eq(site.reasons(), reasons);
    }
}

mod memory_stays_flat {
    use super::support::{HEADER, Site};
    use harness::expect;

    /// The most memory that loading so many orders takes, in bytes.
    fn peak(rows: u64) -> u64 {
        let site = Site::empty();
        let mut csv = HEADER.to_owned();
        for row in 0..rows {
            let (id, sku) = (format!("{row:0>50}"), format!("{row:0<50}"));
            csv += &format!("{id},oslo,{sku},1,EUR,19.90,2026-01-31T08:00:00Z,2026-01-31T09:00:00Z\n");
        }
        // The long name makes long lines on standard output, which hold the program until the test reads them.
        site.write(&format!("{}.csv", "n".repeat(200)), csv);
        let (peak, said) = site.start(&["--batch", "100"]).finish_measured();
        expect("all orders are loaded").eq(said.done()["orders"].as_u64(), Some(rows));
        match peak {
            Some(peak) => peak,
            None => harness::skip(
                "this system does not tell how much memory a process takes",
                "a Linux machine or container",
            ),
        }
    }

    #[test]
    fn eighty_thousand_orders_take_little_more_than_eighty() {
        let (few, many) = (peak(80), peak(80_000));
        expect("80 000 orders take at most 16 MiB more than 80")
            .expected(format!("at most {} KiB", few / 1024 + 16 * 1024))
            .that(many <= few + 16 * 1024 * 1024, format!("{} KiB", many / 1024));
    }
}

mod kill9_exactly_once {
    use super::support::{Site, as_csv, some_sales};
    use harness::{expect, random};

    #[test]
    fn a_killed_run_goes_on_where_it_was() {
        let sales = some_sales(&mut random(), 400);
        let site = Site::with(&[("orders.csv", &(as_csv(&sales) + "bad,row\n"))]);
        let mut running = site.start(&["--batch", "7"]);
        let mut told = running.commits(3);
        told.extend(running.kill());
        let committed = told.iter().filter_map(|event| event["rows"].as_u64()).max().unwrap_or_default();

        let done = site.run(&["--batch", "7"]);
        let read = done["rows"].as_u64().unwrap_or_default();
        expect("what was committed before the kill is not read again")
            .expected(format!("at most {} rows", 401 - committed))
            .that(read <= 401 - committed, &done);
        let rows = (1..).zip(sales).collect();
        site.expect_exactly("after a kill -9 and a second run nothing is lost or doubled", &[("orders.csv", rows)]);
        expect("and each reject is told once").eq(site.reasons(), vec!["orders.csv 401 malformed null".to_owned()]);
    }
}

mod second_run_is_locked_out {
    use super::support::{Site, as_csv, some_sales};
    use harness::random;

    #[test]
    fn a_second_run_ends_at_once() {
        let sales = some_sales(&mut random(), 500);
        let name = format!("{}.csv", "n".repeat(200));
        let site = Site::with(&[(&name, &as_csv(&sales))]);
        // Its lines are not read, so it cannot come to its end.
        let mut first = site.start(&["--batch", "1"]);
        first.commits(1);
        site.try_run(&[]).expect_failure("a second run on the same database is refused", "shop.db");
        first.finish().expect_code("the first run goes on undisturbed", 0);
        let rows = (1..).zip(sales).collect();
        site.expect_exactly("everything is there once", &[(&name, rows)]);
    }
}

mod parallel_is_identical {
    use super::support::{Site, as_csv, as_ndjson, some_sales};
    use harness::{expect, random};
    use std::fs;

    #[test]
    fn four_jobs_leave_what_one_leaves() {
        let mut random = random();
        let (one, four) = (Site::empty(), Site::empty());
        for number in 0..6 {
            let sales = some_sales(&mut random, 150);
            let (name, content) = match number % 2 {
                0 => (format!("{number}.csv"), as_csv(&sales) + "bad,row\n"),
                _ => (format!("{number}.ndjson"), as_ndjson(&sales) + "{}\n"),
            };
            one.write(&name, &content);
            four.write(&name, &content);
        }
        one.run(&["--batch", "20"]);
        four.run(&["--batch", "20", "--jobs", "4"]);
        expect("the orders are the same").eq(four.orders(), one.orders());
        expect("the daily sales are the same").eq(four.sales(), one.sales());
        let rejects = |site: &Site| fs::read_to_string(site.folder.path().join("rejects.ndjson")).unwrap_or_default();
        expect("the rejects are the same, byte for byte").eq(rejects(&four), rejects(&one));
    }
}
