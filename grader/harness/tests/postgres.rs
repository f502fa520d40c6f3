//! What a program can do to the PostgreSQL that it is given. Needs PostgreSQL and psql.

use harness::Postgres;
use std::process::{Command, Stdio};

/// What psql says to a statement.
fn execute(url: &str, statement: &str) -> Result<String, String> {
    let mut psql = Command::new("psql");
    psql.args(["--no-psqlrc", "--no-password", "--tuples-only", "--no-align", "--command", statement, "--dbname"])
        .arg(url);
    let output = psql.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim().to_owned();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

#[test]
fn a_program_owns_its_database_and_runs_no_commands_through_the_server() {
    let mut postgres = Postgres::start_private();
    for statement in
        ["CREATE TABLE notes (id int)", "CREATE SCHEMA mine", "ALTER DATABASE postgres SET lock_timeout = 1"]
    {
        assert_eq!(execute(postgres.url(), statement).err(), None, "{statement}");
    }
    for statement in ["COPY notes TO PROGRAM 'true'", "COPY notes FROM '/etc/passwd'", "SET ROLE postgres"] {
        assert!(execute(postgres.url(), statement).is_err(), "{statement}");
    }
    let superuser = postgres.url().replace("owner@", "postgres@");
    assert!(execute(&superuser, "SELECT 1").unwrap_err().contains("pg_hba.conf"), "anybody is the superuser");

    assert_eq!(execute(&postgres.superuser_url(), "COPY notes TO PROGRAM 'true'").as_deref(), Ok("COPY 0"));
    postgres.stop();
    postgres.start_again();
    assert_eq!(execute(&postgres.superuser_url(), "SELECT count(*) FROM notes").as_deref(), Ok("0"));
}
