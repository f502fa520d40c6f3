use crate::visible::support::Site;
use harness::expect;

#[tokio::test]
async fn every_state_has_its_word() {
    let site = Site::empty();
    for version in [1, 2, 3, 4, 6] {
        site.write(&format!("{version}_step_of_many.sql"), &format!("CREATE TABLE t{version} (x);"));
    }
    site.lines(&["up"]);
    site.write("2_step_of_many.sql", "CREATE TABLE other (x);");
    site.remove("3_step_of_many.sql");
    site.execute("UPDATE _sqlx_migrations SET success = FALSE WHERE version = 4").await;
    site.write("5_late_one.up.sql", "CREATE TABLE t5 (x);");
    site.write("7_next_one.sql", "CREATE TABLE t7 (x);");
    let lines = [
        "applied 1 step of many",
        "changed 2 step of many",
        "missing 3 step of many",
        "failed 4 step of many",
        "late 5 late one",
        "applied 6 step of many",
        "pending 7 next one",
    ];
    site.run(&["status"]).expect("status shows all, and is a success").code(0).lines(&lines);
    site.run(&["verify"])
        .expect("verify shows what is wrong, and is none")
        .fails_with(&["2", "3", "4", "5"])
        .lines(&lines[1..5]);
}

#[tokio::test]
async fn a_missing_file_is_shown_by_its_record() {
    let site = Site::with(&[("1_a.sql", "CREATE TABLE a (x);"), ("30_gone_for_ever.sql", "CREATE TABLE b (x);")]);
    site.lines(&["up"]);
    site.remove("30_gone_for_ever.sql");
    let lines = ["applied 1 a", "missing 30 gone for ever"];
    expect("the record knows the description").eq(site.lines(&["status"]), lines);
}

#[test]
fn only_up_makes_a_database() {
    let site = Site::with(&[("1_a.up.sql", "CREATE TABLE a (x);"), ("1_a.down.sql", "DROP TABLE a;")]);
    for command in ["status", "verify", "down"] {
        site.run(&[command]).expect("a SQLite file that is not there is an error").fails_with(&["shop.db"]);
        expect("and is not made").that(!site.database().exists(), "shop.db is there");
    }
}
