//! Everything that ever happened, as hledger and ledger read it.

use crate::database::{Database, problem};
use plumbing::Problem;
use std::fmt::Write;

/// Amounts are in hundredths; accountants want them in units.
const HUNDREDTHS: u64 = 100;

/// The journal in the order of the transfers, in one look.
pub async fn export(database: &Database) -> Result<String, Problem> {
    let query = "SELECT t.id, to_char(t.at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), t.description, e.account, e.amount, a.currency \
                 FROM transfers t JOIN entries e ON e.transfer = t.id JOIN accounts a ON a.id = e.account \
                 ORDER BY t.id, e.account";
    let rows: Vec<(i64, String, String, String, i64, String)> =
        sqlx::query_as(query).fetch_all(database.pool()).await.map_err(problem)?;
    let mut journal = String::new();
    let mut last = None;
    for (id, day, description, account, amount, currency) in rows {
        if last != Some(id) {
            let gap = if last.is_some() { "\n" } else { "" };
            // Writing to a String cannot fail.
            let _ = writeln!(journal, "{gap}{day} ({id}) {}", plain(&description));
            last = Some(id);
        }
        // Two spaces end the name of an account.
        let _ = writeln!(journal, "    {account}  {} {currency}", units(amount));
    }
    Ok(journal)
}

/// `-12.05`
fn units(amount: i64) -> String {
    todo!("{amount} hundredths in units, by {HUNDREDTHS}")
}

/// `;` begins a comment, and `|` divides a description.
fn plain(description: &str) -> String {
    todo!("{description:?} without what begins a comment or divides it")
}
