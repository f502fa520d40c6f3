use crate::visible::support::Site;
use harness::expect;

fn three() -> Site {
    let site = Site::empty();
    for version in [1, 2, 3] {
        site.write(&format!("{version}_step.up.sql"), &format!("CREATE TABLE t{version} (x);"));
        site.write(&format!("{version}_step.down.sql"), &format!("DROP TABLE t{version};"));
    }
    site
}

#[tokio::test]
async fn it_shows_what_to_and_the_records_leave() {
    let site = three();
    site.lines(&["up", "--to", "1"]);
    let lines = site.lines(&["up", "--dry-run", "--to", "2"]);
    expect("1 is applied, 3 is not asked for").eq(lines, ["would apply 2 step"]);
    expect("nothing was applied").eq(site.versions().await, [1]);
    site.lines(&["up"]);
    let lines = site.lines(&["down", "--dry-run", "--to", "1"]);
    expect("down has one as well, latest first").eq(lines, ["would revert 3 step", "would revert 2 step"]);
    expect("and without --to it is the latest").eq(site.lines(&["down", "--dry-run"]), ["would revert 3 step"]);
    expect("nothing was reverted").eq(site.tables().await, ["t1", "t2", "t3"]);
}

#[test]
fn it_refuses_what_would_be_refused() {
    let site = three();
    site.lines(&["up"]);
    site.remove("2_step.down.sql");
    site.run(&["down", "--dry-run", "--to", "0"]).expect("2 has no way back").fails_with(&["2"]).lines(&[]);
    site.write("1_step.up.sql", "CREATE TABLE t1 (y);");
    site.run(&["up", "--dry-run"]).expect("1 was changed").fails_with(&["1"]).lines(&[]);
}

#[test]
fn it_makes_no_database() {
    let site = three();
    site.run(&["up", "--dry-run"]).expect("a SQLite file that is not there is an error").fails_with(&["shop.db"]);
    expect("and is not made").that(!site.database().exists(), "shop.db is there");
}
