use crate::visible::support::Site;
use harness::expect;

/// Four versions, the second of which has no way back.
fn four() -> Site {
    let site = Site::empty();
    for version in [1, 2, 10, 20] {
        site.write(&format!("{version}_step.up.sql"), &format!("CREATE TABLE t{version} (x);"));
        if version != 2 {
            site.write(&format!("{version}_step.down.sql"), &format!("DROP TABLE t{version};"));
        }
    }
    site.lines(&["up"]);
    site
}

#[tokio::test]
async fn a_migration_without_a_way_back_is_named_and_nothing_is_reverted() {
    let site = four();
    site.run(&["down", "--to", "1"])
        .expect("2 has no .down.sql: not even those above it are reverted")
        .fails_with(&["2"])
        .lines(&[]);
    expect("all four are there").eq(site.versions().await, [1, 2, 10, 20]);
    expect("those above it can be reverted").eq(site.lines(&["down"]), ["reverted 20 step"]);
    expect("by their number").eq(site.lines(&["down"]), ["reverted 10 step"]);
    site.run(&["down"]).expect("then comes 2").fails_with(&["2"]);
    expect("and stays").eq(site.tables().await, ["t1", "t2"]);
}

#[tokio::test]
async fn only_what_is_applied_is_reverted() {
    let site = four();
    site.lines(&["down", "--to", "10"]);
    site.write("15_late.up.sql", "CREATE TABLE t15 (x);");
    site.write("15_late.down.sql", "DROP TABLE t15;");
    expect("15 and 20 are pending: the latest that is applied is 10").eq(site.lines(&["down"]), ["reverted 10 step"]);
}

#[tokio::test]
async fn a_way_back_that_fails_changes_nothing() {
    let site = four();
    site.write("20_step.down.sql", "DROP TABLE t20; DROP TABLE nowhere;");
    site.run(&["down", "--to", "2"]).expect("20 fails").fails_with(&["20", "nowhere"]).lines(&[]);
    expect("its table is there").eq(site.tables().await, ["t1", "t10", "t2", "t20"]);
    expect("and its record").eq(site.versions().await, [1, 2, 10, 20]);
    site.write("20_step.down.sql", "DROP TABLE t20;");
    site.write("10_step.down.sql", "DROP TABLE nowhere;");
    site.run(&["down", "--to", "2"]).expect("20 works, 10 fails").fails_with(&["10"]).lines(&["reverted 20 step"]);
    expect("20 is gone, 10 is not").eq(site.versions().await, [1, 2, 10]);
}

#[tokio::test]
async fn a_changed_file_can_be_reverted_and_applied_again() {
    let site = four();
    site.write("20_step.up.sql", "CREATE TABLE t20 (x, y);");
    site.run(&["up"]).expect("up refuses").fails_with(&["20"]);
    expect("down does not mind").eq(site.lines(&["down"]), ["reverted 20 step"]);
    expect("so the new file can be applied").eq(site.lines(&["up"]), ["applied 20 step"]);
    site.run(&["verify"]).expect("and all is well").code(0);
}

#[tokio::test]
async fn with_a_file_missing_nothing_is_reverted() {
    let site = four();
    site.remove("1_step.up.sql");
    site.remove("1_step.down.sql");
    site.run(&["down"]).expect("nobody knows what stands on 1").fails_with(&["1"]).lines(&[]);
    expect("all is as it was").eq(site.versions().await, [1, 2, 10, 20]);
}

#[tokio::test]
async fn a_database_without_the_table_has_nothing_to_revert() {
    let site = Site::with(&[("1_a.up.sql", "CREATE TABLE a (x);"), ("1_a.down.sql", "DROP TABLE a;")]);
    std::fs::write(site.database(), "").unwrap();
    site.run(&["down"]).expect("that is no error").code(0).lines(&[]);
}

#[tokio::test]
async fn a_way_back_can_run_without_a_transaction() {
    let site = Site::with(&[
        ("1_a.up.sql", "CREATE TABLE a (x);"),
        ("1_a.down.sql", "-- no-transaction\nDROP TABLE a; VACUUM;"),
    ]);
    site.lines(&["up"]);
    expect("VACUUM is refused inside a transaction").eq(site.lines(&["down"]), ["reverted 1 a"]);
    expect("nothing is recorded").eq(site.versions().await, Vec::<i64>::new());
}
