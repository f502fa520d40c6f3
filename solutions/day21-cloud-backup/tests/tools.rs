//! Tests that need sqlite3, the command-line tool. Without it they say skipped.

#[path = "../../../exercises/day21-cloud-backup/tests/support/mod.rs"]
#[allow(dead_code, reason = "the other tests use the rest of it")]
mod support;

mod live_sqlite_is_consistent {
    use super::support::{Vault, tree::tree};
    use harness::{expect, scratch};
    use std::{
        io::{BufRead, BufReader, Write},
        process::{Command, Stdio},
    };

    /// sqlite3 holds a transaction open, in which it has changed everything, while the backup runs.
    #[test]
    fn sqlite3_finds_nothing_wrong_with_the_copy() {
        let sqlite = harness::require_tool("sqlite3", "sqlite3");
        let (vault, source) = (Vault::folder(), scratch());
        let live = Command::new(&sqlite)
            .arg(source.path().join("bank.db"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut live = live.expect("sqlite3 starts");
        let (mut input, output) = (live.stdin.take().expect("piped"), live.stdout.take().expect("piped"));
        let script = "PRAGMA journal_mode = WAL;
            CREATE TABLE accounts (id INTEGER PRIMARY KEY, cents INTEGER NOT NULL CHECK (cents >= 0));
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) INSERT INTO accounts SELECT i, 100 FROM n;
            BEGIN; UPDATE accounts SET cents = 0 WHERE id > 1; SELECT 'begun';\n";
        input.write_all(script.as_bytes()).expect("sqlite3 reads");
        let begun = BufReader::new(output).lines().map_while(Result::ok).any(|line| line == "begun");
        expect("sqlite3 begins a transaction").eq(begun, true);
        vault.backup(source.path());
        drop(input);
        live.wait().expect("sqlite3 ends");

        let restored = vault.restore(None);
        expect("one file comes back").eq(tree(restored.path()).len(), 2);
        let ask = "PRAGMA integrity_check; SELECT count(*), sum(cents) FROM accounts";
        let asked = Command::new(&sqlite).arg(restored.path().join("bank.db")).arg(ask).output().expect("sqlite3 runs");
        let answer = String::from_utf8_lossy(&asked.stdout).into_owned();
        expect("the copy is whole, and without what was not committed").eq(answer.as_str(), "ok\n500|50000\n");
    }
}
