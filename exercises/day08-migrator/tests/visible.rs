//! The tests of day 8 that you can read. One module per checkpoint; each name is a claim about your program.

pub mod support;

mod up {
    use super::support::Site;
    use harness::expect;

    const USERS: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL);";

    #[tokio::test]
    async fn pending_migrations_are_applied_in_order_of_version() {
        let site = Site::with(&[
            ("10_first_user.sql", "INSERT INTO users (name, email) VALUES ('Ada', 'ada@example.org');"),
            ("9_add_email.sql", "ALTER TABLE users ADD COLUMN email TEXT;"),
            ("0001_users.sql", USERS),
        ]);
        let said = site.run(&["up"]);
        said.expect("up applies 1, then 9, then 10, and prints a line for each").code(0).lines(&[
            "applied 1 users",
            "applied 9 add email",
            "applied 10 first user",
        ]);
        let count = site.number("SELECT count(*) FROM users WHERE email = 'ada@example.org'").await;
        expect("what the migrations say has happened").eq(count, 1);
        expect("and is recorded").eq(site.versions().await, [1, 9, 10]);
    }

    #[tokio::test]
    async fn what_is_applied_is_not_applied_again() {
        let site = Site::with(&[("1_users.sql", USERS)]);
        site.lines(&["up"]);
        let said = site.run(&["up"]);
        said.expect("a second up has nothing to do and nothing to say").code(0).lines(&[]);
        site.write("2_orders.sql", "CREATE TABLE orders (id INTEGER PRIMARY KEY);");
        let said = site.run(&["up"]);
        said.expect("a new file is applied by the next up").code(0).lines(&["applied 2 orders"]);
        expect("both tables are there").eq(site.tables().await, ["orders", "users"]);
    }

    #[tokio::test]
    async fn the_database_runs_the_whole_file() {
        let site = Site::with(&[(
            "1_stock.sql",
            "-- A comment; with a semicolon.
             CREATE TABLE stock (item TEXT NOT NULL, count INTEGER NOT NULL);
             CREATE TABLE changes (item TEXT NOT NULL, note TEXT NOT NULL);
             CREATE TRIGGER note AFTER UPDATE ON stock BEGIN
                 INSERT INTO changes VALUES (new.item, 'was; ' || old.count);
                 INSERT INTO changes VALUES (new.item, 'is; ' || new.count);
             END;
             INSERT INTO stock VALUES ('tea', 1);
             UPDATE stock SET count = 2;",
        )]);
        let said = site.run(&["up"]);
        said.expect("semicolons stand in comments, texts and triggers, too").code(0);
        let changes = site.number("SELECT count(*) FROM changes WHERE note IN ('was; 1', 'is; 2')").await;
        expect("the trigger is whole").eq(changes, 2);
    }
}

mod down {
    use super::support::Site;
    use harness::expect;

    fn three() -> Site {
        Site::with(&[
            ("1_users.up.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);"),
            ("1_users.down.sql", "DROP TABLE users;"),
            ("2_orders.up.sql", "CREATE TABLE orders (user INTEGER REFERENCES users);"),
            ("2_orders.down.sql", "DROP TABLE orders;"),
            ("3_tea.up.sql", "CREATE TABLE tea (id INTEGER PRIMARY KEY);"),
            ("3_tea.down.sql", "DROP TABLE tea;"),
        ])
    }

    #[tokio::test]
    async fn the_latest_is_reverted() {
        let site = three();
        site.lines(&["up"]);
        let said = site.run(&["down"]);
        said.expect("down reverts the latest migration").code(0).lines(&["reverted 3 tea"]);
        expect("its table is gone").eq(site.tables().await, ["orders", "users"]);
        expect("and so is its record").eq(site.versions().await, [1, 2]);
        expect("up applies it again").eq(site.lines(&["up"]), ["applied 3 tea"]);
    }

    #[tokio::test]
    async fn down_to_a_version_reverts_what_is_later_than_that() {
        let site = three();
        site.lines(&["up"]);
        let said = site.run(&["down", "--to", "1"]);
        said.expect("--to 1 reverts 3, then 2").code(0).lines(&["reverted 3 tea", "reverted 2 orders"]);
        expect("1 is still applied").eq(site.versions().await, [1]);
        expect("--to 0 reverts everything").eq(site.lines(&["down", "--to", "0"]), ["reverted 1 users"]);
        let said = site.run(&["down"]);
        said.expect("with nothing applied there is nothing to revert, which is no error").code(0).lines(&[]);
    }
}

mod status {
    use super::support::Site;
    use harness::expect;

    #[tokio::test]
    async fn applied_and_pending_migrations_are_shown_in_order() {
        let site = Site::with(&[("2_b_side.up.sql", "CREATE TABLE b (x);"), ("1_a_side.sql", "CREATE TABLE a (x);")]);
        site.lines(&["up", "--to", "1"]);
        site.write("10_c_side.sql", "CREATE TABLE c (x);");
        let said = site.run(&["status"]);
        said.expect("status shows a line for each migration, in order of version").code(0).lines(&[
            "applied 1 a side",
            "pending 2 b side",
            "pending 10 c side",
        ]);
        expect("and applies nothing").eq(site.tables().await, ["a"]);
    }

    #[tokio::test]
    async fn looking_changes_nothing() {
        let site = Site::with(&[("1_users.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);")]);
        std::fs::write(site.database(), "").expect("an empty file is an empty database");
        site.run(&["status"]).expect("in an empty database all is pending").code(0).lines(&["pending 1 users"]);
        site.run(&["verify"]).expect("and nothing is wrong").code(0).lines(&[]);
        let tables = site.number("SELECT count(*) FROM sqlite_schema").await;
        expect("status and verify do not even make the table of sqlx").eq(tables, 0);
    }
}

mod changed_file_is_detected {
    use super::support::Site;
    use harness::expect;

    fn applied() -> Site {
        let site = Site::with(&[("1_users.sql", "CREATE TABLE users (x);"), ("2_tea.sql", "CREATE TABLE tea (x);")]);
        site.lines(&["up"]);
        site
    }

    #[test]
    fn verify_names_a_file_that_was_changed() {
        let site = applied();
        site.run(&["verify"]).expect("while nothing is wrong, verify is silent").code(0).lines(&[]);
        site.write("1_users.sql", "CREATE TABLE users (x, y);");
        let said = site.run(&["verify"]);
        said.expect("a file that was changed after it was applied is found")
            .fails_with(&["1"])
            .lines(&["changed 1 users"]);
    }

    #[tokio::test]
    async fn up_applies_nothing_on_top_of_a_changed_file() {
        let site = applied();
        site.write("2_tea.sql", "CREATE TABLE tea (x);\n");
        site.write("3_coffee.sql", "CREATE TABLE coffee (x);");
        site.run(&["up"]).expect("up refuses, and names the changed file").fails_with(&["2", "tea"]).lines(&[]);
        expect("nothing was applied").eq(site.tables().await, ["tea", "users"]);
    }

    #[test]
    fn a_file_that_is_gone_is_missing() {
        let site = applied();
        site.remove("1_users.sql");
        let said = site.run(&["verify"]);
        said.expect("a migration whose file is gone is found").fails_with(&["1"]).lines(&["missing 1 users"]);
        site.run(&["up"]).expect("up refuses as well").fails_with(&["1"]).lines(&[]);
    }
}

mod failed_migration_rolls_back {
    use super::support::Site;
    use harness::expect;

    #[tokio::test]
    async fn nothing_of_a_failed_migration_stays() {
        let site = Site::with(&[
            ("1_users.sql", "CREATE TABLE users (name TEXT);"),
            (
                "2_orders.sql",
                "CREATE TABLE orders (x); INSERT INTO users VALUES ('Ada'); INSERT INTO nowhere VALUES (1);",
            ),
            ("3_tea.sql", "CREATE TABLE tea (x);"),
        ]);
        site.run(&["up"])
            .expect("up stops at the migration that fails, and names it")
            .fails_with(&["2", "orders", "nowhere"])
            .lines(&["applied 1 users"]);
        expect("the first stays, the third was not tried").eq(site.tables().await, ["users"]);
        expect("what the second did before its error is undone").eq(site.number("SELECT count(*) FROM users").await, 0);
        expect("only the first is recorded").eq(site.versions().await, [1]);
        site.write("2_orders.sql", "CREATE TABLE orders (x);");
        expect("once it is repaired, up goes on").eq(site.lines(&["up"]), ["applied 2 orders", "applied 3 tea"]);
    }
}

mod eight_processes_apply_once {
    use super::support::{Site, all_said};
    use harness::expect;

    #[tokio::test]
    async fn eight_programs_at_once_apply_each_migration_once() {
        let site = Site::with(&[("1_log.sql", "CREATE TABLE log (version INTEGER); INSERT INTO log VALUES (1);")]);
        for version in 2..=5 {
            site.write(&format!("{version}_more.sql"), &format!("INSERT INTO log VALUES ({version});"));
        }
        let programs: Vec<_> = (0..8).map(|_| site.command(&["up"]).spawn().expect("the program starts")).collect();
        let mut lines = Vec::new();
        for said in all_said(programs, "up, eight times at once") {
            said.expect("each of the eight succeeds, whoever is first").code(0);
            lines.extend(said.stdout.lines().map(str::to_owned));
        }
        lines.sort();
        let expected = ["applied 1 log", "applied 2 more", "applied 3 more", "applied 4 more", "applied 5 more"];
        expect("together they have applied each migration once").eq(lines, expected);
        expect("none has run twice").eq(site.number("SELECT count(*) FROM log").await, 5);
    }
}

mod sqlx_reads_what_we_wrote {
    use super::support::Site;
    use harness::expect;

    const FILES: [(&str, &str); 3] = [
        ("1_users.sql", "CREATE TABLE users (x);"),
        ("20240131081500_add_two__tables.up.sql", "CREATE TABLE a (x);\r\nCREATE TABLE b (x);\r\n"),
        ("20240131081500_add_two__tables.down.sql", "DROP TABLE a; DROP TABLE b;"),
    ];

    #[tokio::test]
    async fn sqlx_finds_nothing_to_do_after_us() {
        let site = Site::with(&FILES);
        site.lines(&["up"]);
        let rows = site.rows().await;
        let result = site.migrator().await.run(&mut site.sqlite().await).await;
        expect("sqlx agrees with what is recorded").that(result.is_ok(), format!("{result:?}"));
        expect("and applies nothing more").eq(site.rows().await, rows);
    }

    #[tokio::test]
    async fn we_find_nothing_to_do_after_sqlx() {
        let (ours, theirs) = (Site::with(&FILES), Site::with(&FILES));
        std::fs::write(theirs.database(), "").expect("an empty file is an empty database");
        let result = theirs.migrator().await.run(&mut theirs.sqlite().await).await;
        expect("sqlx can apply these").that(result.is_ok(), format!("{result:?}"));
        theirs.run(&["verify"]).expect("the program agrees with what sqlx recorded").code(0).lines(&[]);
        theirs.run(&["up"]).expect("and has nothing to do").code(0).lines(&[]);
        ours.lines(&["up"]);
        expect("both have recorded the same").eq(ours.rows().await, theirs.rows().await);
    }
}

mod kill9 {
    use super::support::Site;
    use harness::{expect, kill_while_running, random};

    #[tokio::test]
    async fn a_killed_program_leaves_no_migration_half_applied() {
        let site = Site::empty();
        let acknowledged = kill_while_running(&mut random(), 30, |round| {
            let version = round + 1;
            // Three steps: the table of this version, and two rows in it.
            let sql = format!(
                "CREATE TABLE t{version} (x); INSERT INTO t{version} VALUES (1); INSERT INTO t{version} VALUES (2);"
            );
            site.write(&format!("{version}_step.sql"), &sql);
            site.command(&["up"])
        });
        let recorded = site.versions().await.iter().map(|version| usize::try_from(*version - 1).unwrap_or(0)).collect();
        acknowledged.expect_all_in(&recorded);
        let mut tables = site.tables().await;
        let mut expected: Vec<_> = recorded.iter().map(|round| format!("t{}", round + 1)).collect();
        expected.sort();
        tables.sort();
        expect("what is recorded is there, and what is there is recorded").eq(tables, expected);
        site.lines(&["up"]);
        expect("after the kills the next up completes the rest").eq(site.versions().await.len(), 30);
    }
}

mod bad_input {
    use super::support::{Site, run};

    #[test]
    fn a_wrong_command_line_is_exit_status_2() {
        let site = Site::empty();
        for arguments in [&["fly"][..], &["up", "--to", "yesterday"], &["down", "--to", "-1"]] {
            site.run(arguments).expect("a wrong command line is exit status 2").code(2);
        }
        run(&["status"], &[]).expect("a database has to be named").code(2);
        let said = run(&["status", "--url", "mysql://bob:s3cr3t@localhost/shop"], &[]);
        said.expect("only sqlite: and postgres: are understood").code(2).hides("s3cr3t");
    }

    #[test]
    fn a_password_is_never_shown() {
        let site = Site::at("postgres://bob:s3cr3t@127.0.0.1:1/shop".to_owned());
        let said = site.run(&["status"]);
        said.expect("a server that cannot be reached is named, without the password")
            .fails_with(&["127.0.0.1:1"])
            .hides("s3cr3t");
        let said = run(&["up", "--help"], &[("DATABASE_URL", "postgres://bob:s3cr3t@db.example.org/shop")]);
        said.expect("--help does not show the password of the environment").code(0).hides("s3cr3t");
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let site = Site::empty();
        std::fs::remove_dir(site.source()).expect("the folder can be removed");
        site.run(&["up"]).expect("a missing folder is an error").fails_with(&["migrations"]);
    }
}

mod dry_run {
    use super::support::Site;
    use harness::expect;

    #[tokio::test]
    async fn a_dry_run_says_what_it_would_do_and_does_nothing() {
        let site = Site::with(&[("1_users.sql", "CREATE TABLE users (x);"), ("2_tea.sql", "CREATE TABLE tea (x);")]);
        std::fs::write(site.database(), "").expect("an empty file is an empty database");
        let said = site.run(&["up", "--dry-run"]);
        said.expect("a dry run shows what up would apply").code(0).lines(&["would apply 1 users", "would apply 2 tea"]);
        let tables = site.number("SELECT count(*) FROM sqlite_schema").await;
        expect("nothing was made, not even the table of sqlx").eq(tables, 0);
    }
}
