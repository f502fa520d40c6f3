use crate::visible::support::Site;
use harness::{expect, random};
use sqlx::Row;

/// Files as people really have them: marks at the beginning, other line ends, several underscores, no statement at all.
fn site() -> Site {
    let mut random = random();
    let site = Site::empty();
    for version in 1..=6 {
        let words = [random.word(), random.word(), random.word()];
        let begin = *random.pick(&["", "\u{feff}", "\n\n", "-- no-transaction\n"]);
        let end = *random.pick(&["\n", "\r\n", "", "  \n\n"]);
        let sql = format!("{begin}CREATE TABLE t{version} (x TEXT DEFAULT '{}');{end}", words[0]);
        if version % 2 == 0 {
            site.write(&format!("{version}_{}.up.sql", words.join("_")), &sql);
            site.write(&format!("{version}_{}.down.sql", words.join("_")), &format!("DROP TABLE t{version};"));
        } else {
            site.write(&format!("000{version}_{}.sql", words.join("__")), &sql);
        }
    }
    site
}

#[tokio::test]
async fn both_make_the_same_table() {
    let (ours, theirs) = (Site::empty(), Site::empty());
    ours.lines(&["up"]);
    std::fs::write(theirs.database(), "").unwrap();
    theirs.migrator().await.run(&mut theirs.sqlite().await).await.unwrap();
    let mut columns = Vec::new();
    for site in [&ours, &theirs] {
        let query =
            sqlx::query("SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info('_sqlx_migrations')");
        let rows = query.fetch_all(&mut site.sqlite().await).await.unwrap();
        let column = |row: &sqlx::sqlite::SqliteRow| {
            let default: Option<String> = row.get(3);
            (row.get::<String, _>(0), row.get::<String, _>(1), row.get::<i64, _>(2), default, row.get::<i64, _>(4))
        };
        columns.push(rows.iter().map(column).collect::<Vec<_>>());
    }
    expect("the columns are those of sqlx").eq(&columns[0], &columns[1]);
}

#[tokio::test]
async fn they_can_take_turns() {
    let site = site();
    site.lines(&["up", "--to", "2"]);
    let migrator = site.migrator().await;
    let result = migrator.run_to(4, &mut site.sqlite().await).await;
    expect("sqlx goes on from 2 to 4").that(result.is_ok(), format!("{result:?}"));
    expect("we go on from 4").eq(site.lines(&["up"]).len(), 2);
    let result = migrator.undo(&mut site.sqlite().await, 5).await;
    expect("sqlx reverts 6").that(result.is_ok(), format!("{result:?}"));
    expect("which is pending for us").eq(site.lines(&["up"]).len(), 1);
    site.lines(&["down"]);
    let result = migrator.run(&mut site.sqlite().await).await;
    expect("what we reverted is pending for sqlx").that(result.is_ok(), format!("{result:?}"));
    site.run(&["verify"]).expect("in the end all is applied and agrees").code(0).lines(&[]);
    expect("six are recorded").eq(site.versions().await, [1, 2, 3, 4, 5, 6]);
}

#[tokio::test]
async fn both_record_the_same() {
    let ours = site();
    ours.lines(&["up"]);
    let rows = ours.rows().await;
    std::fs::remove_file(ours.database()).unwrap();
    std::fs::write(ours.database(), "").unwrap();
    let result = ours.migrator().await.run(&mut ours.sqlite().await).await;
    expect("sqlx can apply the same files").that(result.is_ok(), format!("{result:?}"));
    expect("version, description, success and checksum are the same").eq(rows, ours.rows().await);
}

#[tokio::test]
async fn sqlx_sees_a_change_where_we_see_one() {
    let site = Site::with(&[("1_a.sql", "CREATE TABLE a (x);")]);
    site.lines(&["up"]);
    site.write("1_a.sql", "CREATE TABLE a (x); ");
    let result = site.migrator().await.run(&mut site.sqlite().await).await;
    expect("sqlx refuses a file that was changed after we applied it").that(result.is_err(), "it was content");
    site.run(&["verify"]).expect("and so do we").fails_with(&["1"]);
}
