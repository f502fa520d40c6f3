//! What the tests of this day share: a folder with files, runs of the program, and what they leave behind.

mod model;
mod running;

pub use model::{Sale, Sales, Stored, as_csv, as_ndjson, expected, expected_sales, some_sales};
pub use running::Running;

use harness::{expect, scratch};
use serde_json::Value;
use sqlx::{Connection, FromRow, SqliteConnection, sqlite::SqliteConnectOptions, sqlite::SqliteRow};
use std::{
    fs::{self, File},
    io::Write,
    path::PathBuf,
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

/// The header of all files that the tests write.
pub const HEADER: &str = "order_id,shop,sku,quantity,currency,price,ordered_at,updated_at\n";

/// A folder `in` for files, and beside it the database `shop.db`.
#[derive(Debug)]
pub struct Site {
    pub folder: TempDir,
}

/// What the program said, and how it ended.
#[derive(Debug)]
pub struct Said {
    pub request: String,
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Site {
    /// No files, and no database yet.
    pub fn empty() -> Site {
        let folder = scratch();
        fs::create_dir(folder.path().join("in")).expect("a folder can be made");
        Site { folder }
    }

    /// A site with these files.
    pub fn with(files: &[(&str, &str)]) -> Site {
        let site = Site::empty();
        for (name, content) in files {
            site.write(name, content);
        }
        site
    }

    /// A site with a file of these rows, below the header.
    pub fn with_rows(rows: &[&str]) -> Site {
        Site::with(&[("orders.csv", &format!("{HEADER}{}\n", rows.join("\n")))])
    }

    pub fn input(&self) -> PathBuf {
        self.folder.path().join("in")
    }

    pub fn database(&self) -> PathBuf {
        self.folder.path().join("shop.db")
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.input().join(name);
        fs::create_dir_all(path.parent().expect("it is below the folder")).expect("folders can be made");
        fs::write(path, content).expect("a file can be written");
    }

    pub fn append(&self, name: &str, content: &str) {
        let file = File::options().append(true).open(self.input().join(name));
        file.and_then(|mut file| file.write_all(content.as_bytes())).expect("a file can be appended to");
    }

    /// The program on this site, for a test that looks after it itself.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = harness::std_command();
        command.env_remove("DB").arg("run").arg("--input").arg(self.input()).arg("--db").arg(self.database());
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end.
    #[track_caller]
    pub fn try_run(&self, arguments: &[&str]) -> Said {
        let output = self.command(arguments).output();
        let output = output.unwrap_or_else(|error| panic!("the program cannot be started: {error}"));
        Said::new(arguments, &output)
    }

    /// Runs the program, which has to succeed, and returns the last line that it printed.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Value {
        self.try_run(arguments).done()
    }

    /// A run that the test follows line by line.
    #[track_caller]
    pub fn start(&self, arguments: &[&str]) -> Running {
        Running::start(self.command(arguments), arguments)
    }

    /// The rows that a query returns.
    #[track_caller]
    pub fn query<T>(&self, sql: &'static str) -> Vec<T>
    where
        T: for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
    {
        let options = SqliteConnectOptions::new().filename(self.database());
        let rows = block_on(async {
            let mut connection = SqliteConnection::connect_with(&options).await?;
            let rows = sqlx::query_as(sql).fetch_all(&mut connection).await?;
            connection.close().await.map(|()| rows)
        });
        rows.unwrap_or_else(|error| expect("the database holds the tables of the page").request(sql).fail(error))
    }

    /// The table `orders`, by order_id.
    #[track_caller]
    pub fn orders(&self) -> Vec<Stored> {
        self.query(
            "SELECT order_id, shop, sku, quantity, currency, price, ordered_at, updated_at, file, row FROM orders \
             ORDER BY order_id",
        )
    }

    /// The table `daily_sales`, by its first three columns.
    #[track_caller]
    pub fn sales(&self) -> Vec<Sales> {
        self.query("SELECT day, shop, currency, orders, units, amount FROM daily_sales ORDER BY day, shop, currency")
    }

    /// What `rejects.ndjson` says.
    #[track_caller]
    pub fn rejects(&self) -> Vec<Value> {
        let text = match fs::read_to_string(self.folder.path().join("rejects.ndjson")) {
            Ok(text) => text,
            Err(error) => expect("every complete run leaves a rejects.ndjson beside the database").fail(error),
        };
        let lines = text.lines().map(|line| match serde_json::from_str(line) {
            Ok(value) => value,
            Err(error) => expect("each line of rejects.ndjson is JSON").fail(format!("{error}: {line}")),
        });
        lines.collect()
    }

    /// What `rejects.ndjson` says, without the words for people: `orders.csv 3 invalid price`.
    #[track_caller]
    pub fn reasons(&self) -> Vec<String> {
        let line = |reject: &Value| {
            let text = |name: &str| reject[name].as_str().unwrap_or("null").to_owned();
            format!("{} {} {} {}", text("file"), reject["row"], text("reason"), text("field"))
        };
        self.rejects().iter().map(line).collect()
    }

    /// Both tables are what these files say, where each is a name and its good rows with their numbers.
    #[track_caller]
    pub fn expect_exactly(&self, requirement: &str, files: &[(&str, Vec<(i64, Sale)>)]) {
        let orders = expected(files);
        expect(format!("{requirement}: the daily sales")).eq(self.sales(), expected_sales(&orders));
        expect(format!("{requirement}: the orders")).eq(self.orders(), orders);
    }
}

impl Said {
    pub fn new(arguments: &[&str], output: &Output) -> Said {
        Said {
            request: format!("run --input in --db shop.db {}", arguments.join(" ")),
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Everything on standard output.
    #[track_caller]
    pub fn events(&self) -> Vec<Value> {
        let parse = |line: &str| match serde_json::from_str(line) {
            Ok(value) => value,
            Err(error) => {
                expect("each line of standard output is JSON").request(&self.request).fail(format!("{error}: {line}"))
            }
        };
        self.stdout.lines().map(parse).collect()
    }

    /// The last line of a run that has succeeded.
    #[track_caller]
    pub fn done(&self) -> Value {
        self.expect_code("a run that reads everything ends with exit status 0", 0);
        match self.events().pop() {
            Some(event) if event["event"] == "done" => event,
            last => expect("the last line of a run is its done").request(&self.request).fail(format!("{last:?}")),
        }
    }

    #[track_caller]
    pub fn expect_code(&self, requirement: &str, code: i32) {
        expect(requirement)
            .request(&self.request)
            .expected(format!("exit status {code}"))
            .that(self.code == Some(code), format!("exit status {:?}, stderr: {}", self.code, self.stderr.trim_end()));
    }

    /// Exit status 1, and one line that holds `part`.
    #[track_caller]
    pub fn expect_failure(&self, requirement: &str, part: &str) {
        self.expect_code(requirement, 1);
        expect("a failure is one line on standard error").request(&self.request).eq(self.stderr.lines().count(), 1);
        expect("the line says what it is about").request(&self.request).contains(&self.stderr, part);
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    runtime.block_on(future)
}
