use crate::visible::support::{Site, run};
use harness::expect;

#[test]
fn files_that_make_no_sense_are_named_and_nothing_is_applied() {
    let wrong = [
        vec!["x_users.sql"],
        vec!["2_a.sql", "2_b.sql"],
        vec!["2_a.sql", "0002_b.up.sql"],
        vec!["2_a.down.sql", "02_b.down.sql", "2_a.up.sql"],
        vec!["3_a.down.sql"],
        vec!["0_a.sql"],
        vec!["99999999999999999999_a.sql"],
    ];
    for names in wrong {
        let site = Site::with(&[("1_good.sql", "CREATE TABLE good (x);")]);
        for name in &names {
            site.write(name, "");
        }
        for command in ["up", "status", "verify"] {
            site.run(&[command]).expect("such files are named").fails_with(&names[..names.len().min(2)]).lines(&[]);
        }
    }
}

#[test]
fn a_file_that_is_no_text_is_named() {
    let site = Site::with(&[("1_good.sql", "CREATE TABLE good (x);")]);
    std::fs::write(site.source().join("2_bytes.sql"), b"SELECT '\xff\xfe';").unwrap();
    site.run(&["up"]).expect("SQL is UTF-8").fails_with(&["2_bytes.sql"]).lines(&[]);
}

#[tokio::test]
async fn a_version_that_no_file_has_is_an_error() {
    let site = Site::with(&[("1_a.up.sql", "CREATE TABLE a (x);"), ("1_a.down.sql", "DROP TABLE a;")]);
    site.run(&["up", "--to", "3"]).expect("there is no 3").fails_with(&["3"]).lines(&[]);
    site.lines(&["up"]);
    site.run(&["down", "--to", "4"]).expect("there is no 4").fails_with(&["4"]).lines(&[]);
    expect("1 is applied").eq(site.versions().await, [1]);
}

#[test]
fn what_is_no_database_stays_as_it_is() {
    let site = Site::with(&[("1_a.sql", "CREATE TABLE a (x);")]);
    let text = "This is not the database that you are looking for. ".repeat(100);
    std::fs::write(site.database(), &text).unwrap();
    for command in ["up", "down", "status", "verify"] {
        site.run(&[command]).expect("a file that is no database is named").fails_with(&["shop.db"]).lines(&[]);
    }
    let bytes = harness::read_written(site.database());
    expect("it is not touched").eq(String::from_utf8_lossy(&bytes), text);
}

#[test]
fn both_can_be_given_by_the_environment() {
    let site = Site::with(&[("1_a.sql", "CREATE TABLE a (x);")]);
    let source = site.source().display().to_string();
    let said = run(&["up"], &[("DATABASE_URL", &site.url), ("MIGRATIONS", &source)]);
    said.expect("DATABASE_URL and MIGRATIONS stand for --url and --source").code(0).lines(&["applied 1 a"]);
}

#[test]
fn no_message_shows_a_password() {
    for url in ["postgres://bob:s3cr3t@127.0.0.1:99999/shop", "postgres://bob:s3cr3t@[bad/shop", "shop:s3cr3t"] {
        let said = run(&["up", "--source", ".", "--url", url], &[]);
        said.expect("an address that makes no sense is wrong usage").code(2).hides("s3cr3t");
    }
    let site = Site::at("postgres://bob:s3cr3t@127.0.0.1:1/shop?application_name=s3cr3t".to_owned());
    for command in ["up", "down", "verify"] {
        site.run(&[command]).expect("a server that is not there").fails_with(&["127.0.0.1:1"]).hides("s3cr3t");
    }
}
