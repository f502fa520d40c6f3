use crate::visible::support::Site;
use harness::{expect, random};

const SQL: &str = "CREATE TABLE users (x TEXT DEFAULT 'a b');\n-- Ä comment\n";

fn applied() -> Site {
    let site = Site::with(&[("7_users.up.sql", SQL), ("7_users.down.sql", "DROP TABLE users;")]);
    site.lines(&["up"]);
    site
}

#[test]
fn every_byte_counts() {
    let site = applied();
    let mut flipped = SQL.as_bytes().to_vec();
    let place = random().below(42);
    flipped[place] ^= 1;
    let changes = [
        SQL.replace('\n', "\r\n"),
        SQL.trim_end().to_owned(),
        format!("{SQL}\n"),
        format!("\u{feff}{SQL}"),
        SQL.to_lowercase(),
        SQL.replace("(x", "( x"),
        String::from_utf8(flipped).unwrap(),
    ];
    for changed in changes {
        site.write("7_users.up.sql", &changed);
        let said = site.run(&["verify"]);
        said.expect(&format!("{changed:?} is not what was applied")).fails_with(&["7"]).lines(&["changed 7 users"]);
    }
    site.write("7_users.up.sql", SQL);
    site.run(&["verify"]).expect("the old bytes are no change").code(0).lines(&[]);
}

#[test]
fn names_and_the_way_back_may_change() {
    let site = applied();
    site.write("7_users.down.sql", "DROP TABLE IF EXISTS users;");
    site.run(&["verify"]).expect("the way back has no checksum").code(0);
    site.remove("7_users.down.sql");
    site.run(&["verify"]).expect("and may go").code(0);
    site.remove("7_users.up.sql");
    site.write("0007_all_users.sql", SQL);
    site.run(&["verify"]).expect("the same bytes under another description are the same").code(0);
    expect("the description shown is that of the file").eq(site.lines(&["status"]), ["applied 7 all users"]);
}

#[tokio::test]
async fn what_an_older_program_left_half_done_is_not_built_upon() {
    let site = applied();
    site.execute("UPDATE _sqlx_migrations SET success = FALSE").await;
    site.write("8_tea.up.sql", "CREATE TABLE tea (x);");
    site.write("8_tea.down.sql", "DROP TABLE tea;");
    for arguments in [["up"], ["down"]] {
        let said = site.run(&arguments);
        said.expect("a record without success is for somebody to look at").fails_with(&["7", "users"]).lines(&[]);
    }
    expect("nothing was changed").eq(site.tables().await, ["users"]);
    site.run(&["verify"]).expect("verify shows it").fails_with(&["7"]).lines(&["failed 7 users"]);
}

#[test]
fn up_looks_at_all_files_before_it_begins() {
    let site = applied();
    site.write("3_before.sql", "CREATE TABLE earlier (x);");
    site.write("7_users.up.sql", "CREATE TABLE users (y);");
    for arguments in [&["up"][..], &["up", "--to", "3"]] {
        site.run(arguments).expect("3 is not applied beside a changed 7").fails_with(&["7"]).lines(&[]);
    }
}

#[test]
fn what_comes_late_is_told() {
    let site = applied();
    site.write("3_before.sql", "CREATE TABLE earlier (x);");
    site.write("8_after.sql", "CREATE TABLE later (x);");
    site.run(&["verify"]).expect("3 is late, 8 is only pending").fails_with(&["3"]).lines(&["late 3 before"]);
    site.lines(&["up"]);
    site.run(&["verify"]).expect("once it is applied all is well").code(0).lines(&[]);
}
