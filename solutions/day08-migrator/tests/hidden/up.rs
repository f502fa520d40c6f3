use crate::visible::support::Site;
use harness::{expect, random};
use sha2::{Digest, Sha384};
use std::process::Stdio;

#[tokio::test]
async fn what_was_applied_is_recorded_as_the_page_says() {
    let mut random = random();
    let (one, two) = (random.word(), random.word());
    let sql = format!("CREATE TABLE {one} (x TEXT DEFAULT 'é ☃');\r\n\n-- {two}\n  ");
    let site = Site::empty();
    site.write(&format!("00042_{one}_{two}.up.sql"), &sql);
    site.lines(&["up"]);
    let rows = site.rows().await;
    expect("there is one record").eq(rows.len(), 1);
    let row = &rows[0];
    expect("the version is a number").eq(row.version, 42);
    expect("the description has spaces for underscores and no .up").eq(&row.description, &format!("{one} {two}"));
    expect("success is true").eq(row.success, true);
    expect("the checksum is the SHA-384 of every byte of the file")
        .that(row.checksum == Sha384::digest(&sql).to_vec(), format!("{:02x?}", row.checksum));
    let timed = site.number("SELECT count(*) FROM _sqlx_migrations WHERE execution_time > 0").await;
    expect("execution_time is the nanoseconds that it took").eq(timed, 1);
    let now = site
        .number("SELECT count(*) FROM _sqlx_migrations WHERE abs(julianday('now') - julianday(installed_on)) < 1")
        .await;
    expect("installed_on is the time of it").eq(now, 1);
}

#[tokio::test]
async fn versions_are_numbers_in_any_order_of_writing() {
    let mut random = random();
    let mut versions: Vec<i64> = (0..12).map(|n| n * 1000 + random.between(1..=999)).collect();
    versions.extend([20_240_131_081_500, i64::MAX, 7_000_000]);
    let mut written = versions.clone();
    random.shuffle(&mut written);
    let site = Site::empty();
    for version in &written {
        let zeros = "0".repeat(random.below(4));
        site.write(&format!("{zeros}{version}_step.sql"), &format!("CREATE TABLE t{version} (x);"));
    }
    versions.sort_unstable();
    let expected: Vec<_> = versions.iter().map(|version| format!("applied {version} step")).collect();
    expect("they are applied by their value").request("up").eq(site.lines(&["up"]), expected);
}

#[tokio::test]
async fn to_stops_after_that_version() {
    let site = Site::empty();
    for version in [1, 5, 9, 12] {
        site.write(&format!("{version}_step.sql"), &format!("CREATE TABLE t{version} (x);"));
    }
    expect("up --to 5 applies 1 and 5").eq(site.lines(&["up", "--to", "5"]), ["applied 1 step", "applied 5 step"]);
    expect("up --to 1 has nothing to do then").eq(site.lines(&["up", "--to", "1"]), Vec::<String>::new());
    expect("up --to 9 goes on").eq(site.lines(&["up", "--to", "9"]), ["applied 9 step"]);
    expect("nothing above is recorded").eq(site.versions().await, [1, 5, 9]);
}

#[tokio::test]
async fn a_migration_that_comes_late_is_applied() {
    let site = Site::with(&[("1_a.sql", "CREATE TABLE a (x);"), ("3_c.sql", "CREATE TABLE c (x);")]);
    site.lines(&["up"]);
    site.write("2_b.sql", "CREATE TABLE b (x);");
    expect("a colleague's branch has brought 2 after 3 was applied").eq(site.lines(&["up"]), ["applied 2 b"]);
    expect("all three are recorded").eq(site.versions().await, [1, 2, 3]);
}

#[tokio::test]
async fn other_files_and_folders_are_no_migrations() {
    let site = Site::with(&[("1_a.sql", "CREATE TABLE a (x);"), ("README.md", "1_x"), ("notes.sql", "nonsense")]);
    site.write("2_draft.sql.bak", "nonsense");
    site.write("3_draft.txt", "nonsense");
    std::fs::create_dir(site.source().join("4_folder.sql")).unwrap();
    std::fs::create_dir(site.source().join("old")).unwrap();
    std::fs::write(site.source().join("old").join("5_old.sql"), "nonsense").unwrap();
    expect("only 1 is a migration").eq(site.lines(&["up"]), ["applied 1 a"]);
    expect("only 1 is shown").eq(site.lines(&["status"]), ["applied 1 a"]);
}

#[tokio::test]
async fn a_file_may_be_empty_or_a_comment() {
    let site = Site::with(&[("1_nothing.sql", ""), ("2_words.sql", "-- nothing to do; yet\n"), ("3_a.sql", ";;\n")]);
    let lines = ["applied 1 nothing", "applied 2 words", "applied 3 a"];
    expect("files without a statement are applied, too").eq(site.lines(&["up"]), lines);
    site.run(&["verify"]).expect("and are what they were").code(0);
}

#[tokio::test]
async fn an_empty_folder_is_a_database_without_migrations() {
    let site = Site::empty();
    site.run(&["up"]).expect("there is nothing to apply").code(0).lines(&[]);
    expect("the table of sqlx is made").eq(site.rows().await, Vec::new());
}

/// Its reader may go away. Half of the migrations would be worse than a line that nobody reads.
#[tokio::test]
async fn a_reader_that_has_gone_does_not_stop_it() {
    let site = Site::empty();
    for version in 1..=5 {
        site.write(&format!("{version}_step.sql"), &format!("CREATE TABLE t{version} (x);"));
    }
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = site.command(&["up"]);
    let output = command.stdout(writer).stderr(Stdio::piped()).output().unwrap();
    expect("a reader that has gone is no error").request("up | true").eq(output.status.code(), Some(0));
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    expect("and not worth a word").request("up | true").eq(words, String::new());
    expect("all is applied").eq(site.versions().await, [1, 2, 3, 4, 5]);
}
