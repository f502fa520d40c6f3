//! Tests with a real PostgreSQL. The grader runs them; they are skipped where there is none.

#[path = "../../../exercises/day08-migrator/tests/support/mod.rs"]
#[allow(dead_code, reason = "the other tests use the rest of it")]
mod support;

mod postgres {
    use crate::support::{Row, Site, all_said};
    use harness::{Postgres, expect, timeout};
    use sqlx::{Connection, PgConnection};
    use std::{
        process::Child,
        time::{Duration, Instant},
    };

    /// A database of its own, and a folder with migrations.
    struct Server {
        site: Site,
        /// Stops the server when the test ends.
        postgres: Postgres,
    }

    impl Server {
        fn start() -> Server {
            let postgres = Postgres::start();
            Server { site: Site::at(postgres.url().to_owned()), postgres }
        }

        async fn connect(&self) -> PgConnection {
            PgConnection::connect(self.postgres.url()).await.expect("the server lets us in")
        }

        async fn rows(&self) -> Vec<Row> {
            let query = "SELECT version, description, success, checksum FROM _sqlx_migrations ORDER BY version";
            match sqlx::query_as(query).fetch_all(&mut self.connect().await).await {
                Ok(rows) => rows,
                Err(error) => expect("_sqlx_migrations can be read").fail(error),
            }
        }

        async fn number(&self, query: &'static str) -> i64 {
            match sqlx::query_scalar(query).fetch_one(&mut self.connect().await).await {
                Ok(number) => number,
                Err(error) => expect("what the migrations made can be queried").request(query).fail(error),
            }
        }

        /// How many tables and indexes there are, but for those of sqlx.
        async fn objects(&self) -> i64 {
            let query = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace \
                         AND relname NOT LIKE '\\_sqlx%'";
            self.number(query).await
        }
    }

    #[tokio::test]
    async fn the_commands_do_the_same_there() {
        let server = Server::start();
        let site = &server.site;
        site.write("1_users.up.sql", "CREATE TABLE users (name TEXT);");
        site.write("1_users.down.sql", "DROP TABLE users;");
        site.write(
            "2_shout.up.sql",
            "CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $body$
             BEGIN new.name := upper(new.name) || ';'; RETURN new; END;
             $body$;
             CREATE TRIGGER shout BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION shout();
             INSERT INTO users VALUES ('ada');",
        );
        site.write("2_shout.down.sql", "DROP TRIGGER shout ON users; DROP FUNCTION shout; DELETE FROM users;");
        site.write("10_last.sql", "CREATE TABLE last (x INT);");

        let pending = ["pending 1 users", "pending 2 shout", "pending 10 last"];
        expect("status needs no table").eq(site.lines(&["status"]), pending);
        expect("a dry run makes none").eq(site.lines(&["up", "--dry-run"]).len(), 3);
        expect("there is still nothing")
            .eq(server.number("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").await, 0);
        expect("up --to 2").eq(site.lines(&["up", "--to", "2"]), ["applied 1 users", "applied 2 shout"]);
        expect("the function is whole").eq(server.number("SELECT count(*) FROM users WHERE name = 'ADA;'").await, 1);
        expect("status").eq(site.lines(&["status"]), ["applied 1 users", "applied 2 shout", "pending 10 last"]);
        expect("down").eq(site.lines(&["down"]), ["reverted 2 shout"]);
        expect("up").eq(site.lines(&["up"]), ["applied 2 shout", "applied 10 last"]);
        let timed =
            server.number("SELECT count(*) FROM _sqlx_migrations WHERE execution_time > 0 AND installed_on <= now()");
        expect("time and duration are recorded").eq(timed.await, 3);
        site.write("1_users.up.sql", "CREATE TABLE users (name TEXT NOT NULL);");
        site.run(&["verify"]).expect("verify").fails_with(&["1"]).lines(&["changed 1 users"]);
    }

    #[tokio::test]
    async fn sqlx_and_we_read_each_other() {
        let server = Server::start();
        let site = &server.site;
        for version in 1..=4 {
            site.write(&format!("{version}_step_{version}.up.sql"), &format!("CREATE TABLE t{version} (x INT);\r\n"));
            site.write(&format!("{version}_step_{version}.down.sql"), &format!("DROP TABLE t{version};"));
        }
        site.lines(&["up", "--to", "2"]);
        let ours = server.rows().await;
        let migrator = site.migrator().await;
        let result = migrator.run(&mut server.connect().await).await;
        expect("sqlx agrees, and goes on").that(result.is_ok(), format!("{result:?}"));
        site.run(&["up"]).expect("we have nothing to do then").code(0).lines(&[]);
        site.run(&["verify"]).expect("and agree").code(0).lines(&[]);
        let all = server.rows().await;
        expect("four are recorded").eq(all.len(), 4);
        expect("ours were left alone").eq(&all[..2], &ours[..]);
        site.lines(&["down", "--to", "0"]);
        site.lines(&["up"]);
        expect("what sqlx records we record as well").eq(server.rows().await, all);
        let result = migrator.undo(&mut server.connect().await, 3).await;
        expect("sqlx reverts what we applied").that(result.is_ok(), format!("{result:?}"));
        expect("which is pending for us").eq(site.lines(&["up"]), ["applied 4 step 4"]);
    }

    #[tokio::test]
    async fn nothing_of_a_failed_migration_stays() {
        let server = Server::start();
        let site = &server.site;
        site.write("1_users.sql", "CREATE TABLE users (id INT PRIMARY KEY);");
        site.write(
            "2_orders.sql",
            "CREATE TABLE orders (x INT); INSERT INTO users VALUES (1); INSERT INTO nowhere VALUES (1);",
        );
        site.run(&["up"]).expect("2 fails").fails_with(&["2", "orders", "nowhere"]).lines(&["applied 1 users"]);
        expect("its table is gone")
            .eq(server.number("SELECT count(*) FROM pg_tables WHERE tablename = 'orders'").await, 0);
        expect("its row, too").eq(server.number("SELECT count(*) FROM users").await, 0);
        site.write(
            "2_orders.sql",
            "CREATE TABLE orders (u INT REFERENCES users DEFERRABLE INITIALLY DEFERRED); INSERT INTO orders VALUES (7);",
        );
        site.run(&["up"]).expect("a commit can fail").fails_with(&["2", "orders"]).lines(&[]);
        expect("nothing is recorded").eq(server.rows().await.len(), 1);
        site.write("2_orders.sql", "CREATE INDEX CONCURRENTLY by_id ON users (id);");
        site.run(&["up"]).expect("such an index cannot be made in a transaction").fails_with(&["2", "CONCURRENTLY"]);
        site.write("2_orders.sql", "-- no-transaction\nCREATE INDEX CONCURRENTLY by_id ON users (id);");
        expect("but without one").eq(site.lines(&["up"]), ["applied 2 orders"]);
        expect("users, its key, the index").eq(server.objects().await, 3);
    }

    /// The test takes the lock that sqlx takes. Eight programs line up behind it.
    #[tokio::test]
    async fn eight_at_once_wait_for_the_lock_of_sqlx() {
        let server = Server::start();
        let site = &server.site;
        site.write("1_log.sql", "CREATE TABLE log (version INT); INSERT INTO log VALUES (1);");
        site.write("2_index.sql", "-- no-transaction\nCREATE INDEX CONCURRENTLY by_version ON log (version);");
        site.write("3_more.sql", "INSERT INTO log VALUES (3);");
        let mut holder = server.connect().await;
        let lock = sqlx::query("SELECT pg_advisory_lock($1)").bind(lock_of_sqlx(&mut holder).await);
        lock.execute(&mut holder).await.expect("the lock is free");
        let programs: Vec<Child> = (0..8).map(|_| site.command(&["up"]).spawn().expect("the program starts")).collect();

        // -1 once the first migration is there, so that the test need not wait for programs that do not wait.
        let waiting = "SELECT CASE WHEN to_regclass('log') IS NULL THEN count(*) ELSE -1 END FROM pg_stat_activity \
                       WHERE pid <> pg_backend_pid() AND datname = current_database() AND query ILIKE '%advisory%'";
        until(
            "all eight ask for the advisory lock, and apply nothing while another one holds it",
            &mut holder,
            waiting,
            8,
        )
        .await;
        expect("nothing is applied while another one holds it").eq(server.objects().await, 0);
        // Leaving the server gives the lock back.
        holder.close().await.expect("the connection ends");

        let mut lines = Vec::new();
        for said in all_said(programs, "up, eight times at once") {
            said.expect("each of the eight succeeds, also while one of them makes an index concurrently").code(0);
            lines.extend(said.stdout.lines().map(str::to_owned));
        }
        lines.sort();
        expect("each migration is applied once").eq(lines, ["applied 1 log", "applied 2 index", "applied 3 more"]);
        expect("none has run twice").eq(server.number("SELECT count(*) FROM log").await, 2);
    }

    #[tokio::test]
    async fn a_killed_program_is_in_nobodys_way() {
        let server = Server::start();
        let site = &server.site;
        site.write("1_slow.sql", "CREATE TABLE slow (x INT); SELECT pg_sleep(600);");
        let mut program = site.command(&["up"]).spawn().expect("the program starts");
        let mut watcher = server.connect().await;
        let asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
        until("up runs the migration", &mut watcher, asleep, 1).await;
        harness::kill(&mut program).expect("it can be killed");
        // The server notices a client that has gone only when it has something to say to it.
        let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
        sqlx::query(end).execute(&mut watcher).await.expect("the server ends that session");
        site.write("1_slow.sql", "CREATE TABLE slow (x INT);");
        expect("the next one applies it").eq(site.lines(&["up"]), ["applied 1 slow"]);
    }

    /// Asks the server until it answers with `count`.
    async fn until(requirement: &str, connection: &mut PgConnection, query: &'static str, count: i64) {
        let deadline = Instant::now() + timeout(Duration::from_secs(20));
        loop {
            let answer: i64 = sqlx::query_scalar(query).fetch_one(&mut *connection).await.expect("the server answers");
            if answer == count {
                return;
            }
            let may_come = answer >= 0 && Instant::now() < deadline;
            expect(requirement).request(query).expected(count.to_string()).that(may_come, answer);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// 0x3d32ad9e times the CRC-32 of the database's name.
    async fn lock_of_sqlx(connection: &mut PgConnection) -> i64 {
        let name: String =
            sqlx::query_scalar("SELECT current_database()").fetch_one(connection).await.expect("it has a name");
        let mut crc = u32::MAX;
        for byte in name.bytes() {
            crc ^= u32::from(byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
            }
        }
        0x3d32_ad9e * i64::from(!crc)
    }
}
