//! The tests of day 9 that need the `sqlite3` command.

#[path = "../../../exercises/day09-etl/tests/support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the other tests use the rest of it")]
mod support;

mod loads_and_aggregates {
    use super::support::{Sale, Site, as_csv, some_sales};
    use harness::{expect, random, require_tool};
    use std::process::Command;

    /// sqlite3 imports the raw rows, finds the latest of each order, and adds up in whole numbers.
    const SUMS: &str = "
        CREATE VIEW latest AS SELECT *, row_number() OVER (
            PARTITION BY order_id ORDER BY julianday(updated_at) DESC, file DESC, rowid DESC) AS place FROM raw;
        SELECT date(ordered_at), shop, currency, count(*), sum(CAST(quantity AS INTEGER)),
            sum(CAST(quantity AS INTEGER) * CAST(replace(price, '.', '') AS INTEGER))
        FROM latest WHERE place = 1 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;";

    #[test]
    fn sqlite3_computes_the_same_sums() {
        let sqlite3 = require_tool("sqlite3", "sqlite3");
        let mut random = random();
        let files: Vec<(String, Vec<Sale>)> =
            (0..3).map(|number| (format!("{number}.csv"), some_sales(&mut random, 700))).collect();
        let site = Site::empty();
        let mut command = Command::new(sqlite3);
        command.args([":memory:", ".mode csv", ".separator | \\n"]);
        command.arg("CREATE TABLE raw (order_id, shop, sku, quantity, currency, price, ordered_at, updated_at, file);");
        for (name, sales) in &files {
            site.write(name, as_csv(sales));
            let raw: String =
                sales.iter().map(|sale| sale.csv().trim_end().replace(',', "|") + &format!("|{name}\n")).collect();
            let path = site.folder.path().join(format!("{name}.raw"));
            std::fs::write(&path, raw).expect("a file can be written");
            command.arg(format!(".import '{}' raw", path.display()));
        }
        let output = command.arg(SUMS).output().expect("sqlite3 can be started");
        let theirs = String::from_utf8_lossy(&output.stdout).replace('"', "");
        assert!(output.status.success() && !theirs.is_empty(), "sqlite3: {}", String::from_utf8_lossy(&output.stderr));

        site.run(&[]);
        let row = |sum: super::support::Sales| {
            format!("{}|{}|{}|{}|{}|{}\n", sum.day, sum.shop, sum.currency, sum.orders, sum.units, sum.amount)
        };
        let ours: String = site.sales().into_iter().map(row).collect();
        expect("the daily sales are those that sqlite3 computes from the raw rows").eq(ours, theirs);
    }
}
