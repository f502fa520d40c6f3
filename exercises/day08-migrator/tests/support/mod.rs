//! What the tests of this day share.

use harness::{expect, scratch};
use sqlx::{Connection, SqliteConnection, migrate::Migrator, sqlite::SqliteConnectOptions};
use std::{
    fs,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
};
use tempfile::TempDir;

/// A folder with migrations and the address of a database. In the same folder, unless it is PostgreSQL's.
#[derive(Debug)]
pub struct Site {
    pub folder: TempDir,
    pub url: String,
}

/// A row of `_sqlx_migrations`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Row {
    pub version: i64,
    pub description: String,
    pub success: bool,
    pub checksum: Vec<u8>,
}

/// What the program said and how it ended.
#[derive(Debug)]
pub struct Said {
    command: String,
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Site {
    /// No migrations, and a SQLite file `shop.db` that is not there yet.
    pub fn empty() -> Site {
        let mut site = Site::at(String::new());
        site.url = format!("sqlite:{}", site.database().display());
        site
    }

    /// No migrations, and another database.
    pub fn at(url: String) -> Site {
        let site = Site { folder: scratch(), url };
        fs::create_dir(site.source()).expect("a folder can be made");
        site
    }

    /// With these migrations: names and SQL.
    pub fn with(files: &[(&str, &str)]) -> Site {
        let site = Site::empty();
        for (name, sql) in files {
            site.write(name, sql);
        }
        site
    }

    /// The folder with the migrations.
    pub fn source(&self) -> PathBuf {
        self.folder.path().join("migrations")
    }

    /// The SQLite file.
    pub fn database(&self) -> PathBuf {
        self.folder.path().join("shop.db")
    }

    pub fn write(&self, name: &str, sql: &str) {
        fs::write(self.source().join(name), sql).expect("a migration can be written");
    }

    pub fn remove(&self, name: &str) {
        fs::remove_file(self.source().join(name)).expect("a migration can be removed");
    }

    /// The arguments that say which database and which migrations.
    fn place(&self) -> [String; 4] {
        let source = self.source().display().to_string();
        ["--url".to_owned(), self.url.clone(), "--source".to_owned(), source]
    }

    /// The program on these migrations and this database, for a test that looks after it itself.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = harness::std_command();
        command.env_remove("DATABASE_URL").env_remove("MIGRATIONS").args(arguments).args(self.place());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the program on these migrations and this database to its end.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Said {
        let place = self.place();
        let all: Vec<&str> = arguments.iter().copied().chain(place.iter().map(String::as_str)).collect();
        Said { command: format!("{} --url URL --source DIR", arguments.join(" ")), ..run(&all, &[]) }
    }

    /// Runs the program, which has to succeed, and returns the lines that it printed.
    #[track_caller]
    pub fn lines(&self, arguments: &[&str]) -> Vec<String> {
        let said = self.run(arguments);
        said.expect("the command succeeds").code(0);
        said.stdout.lines().map(str::to_owned).collect()
    }

    /// A connection to the SQLite file, which is there already.
    pub async fn sqlite(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(self.database());
        match SqliteConnection::connect_with(&options).await {
            Ok(connection) => connection,
            Err(error) => expect("up makes the SQLite file that --url names").fail(error),
        }
    }

    /// The table `_sqlx_migrations`, by version.
    pub async fn rows(&self) -> Vec<Row> {
        let rows =
            sqlx::query_as("SELECT version, description, success, checksum FROM _sqlx_migrations ORDER BY version");
        match rows.fetch_all(&mut self.sqlite().await).await {
            Ok(rows) => rows,
            Err(error) => expect("_sqlx_migrations can be read").fail(error),
        }
    }

    /// The versions in `_sqlx_migrations`.
    pub async fn versions(&self) -> Vec<i64> {
        self.rows().await.iter().map(|row| row.version).collect()
    }

    /// The names of all tables but that of sqlx, in order.
    pub async fn tables(&self) -> Vec<String> {
        let names = sqlx::query_scalar(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('_sqlx_migrations', 'sqlite_sequence') \
             ORDER BY name",
        );
        names.fetch_all(&mut self.sqlite().await).await.expect("the schema can be read")
    }

    /// What a query returns: one number.
    pub async fn number(&self, query: &'static str) -> i64 {
        match sqlx::query_scalar(query).fetch_one(&mut self.sqlite().await).await {
            Ok(number) => number,
            Err(error) => expect("what the migrations made can be queried").request(query).fail(error),
        }
    }

    /// Changes the database behind the program's back.
    pub async fn execute(&self, statement: &'static str) {
        sqlx::raw_sql(statement).execute(&mut self.sqlite().await).await.expect("the database can be changed");
    }

    /// The same migrations as sqlx reads them.
    pub async fn migrator(&self) -> Migrator {
        Migrator::new(self.source()).await.expect("sqlx can read the folder")
    }
}

/// Runs the program with exactly these arguments and variables to its end.
#[track_caller]
pub fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Said {
    let mut command = harness::command();
    command.env_remove("DATABASE_URL").env_remove("MIGRATIONS");
    command.args(arguments).envs(environment.iter().copied());
    match command.output() {
        Ok(output) => Said::new(arguments.join(" "), &output),
        Err(error) => expect("the program comes to an end").request(arguments.join(" ")).fail(error),
    }
}

/// Waits for all of these to end, and then says what each has said.
pub fn all_said(programs: Vec<Child>, description: &str) -> Vec<Said> {
    let outputs: Vec<_> = programs.into_iter().map(Child::wait_with_output).collect();
    let outputs = outputs.into_iter().map(|output| output.expect("a program that was started can be waited for"));
    outputs.map(|output| Said::new(description.to_owned(), &output)).collect()
}

impl Said {
    pub fn new(command: String, output: &Output) -> Said {
        Said {
            command,
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    pub fn expect(&self, requirement: &str) -> Expected<'_> {
        Expected { said: self, requirement: requirement.to_owned() }
    }
}

/// One requirement about what the program said.
#[derive(Debug)]
pub struct Expected<'a> {
    said: &'a Said,
    requirement: String,
}

impl Expected<'_> {
    /// The exit status.
    #[track_caller]
    pub fn code(&self, code: i32) -> &Self {
        self.check(self.said.code == Some(code), format!("exit status {code}"))
    }

    /// Exactly these lines on standard output.
    #[track_caller]
    pub fn lines(&self, lines: &[&str]) -> &Self {
        let same = self.said.stdout.lines().eq(lines.iter().copied());
        self.check(same, format!("on standard output: {:?}", lines.join("\n")))
    }

    /// Exit status 1, and one line on standard error that contains all of `parts`.
    #[track_caller]
    pub fn fails_with(&self, parts: &[&str]) -> &Self {
        self.code(1);
        self.check(self.said.stderr.lines().count() == 1, "one line on standard error".to_owned());
        let all = parts.iter().all(|part| self.said.stderr.contains(part));
        self.check(all, format!("a line on standard error with {}", parts.join(" and ")))
    }

    /// These words nowhere in what it said.
    #[track_caller]
    pub fn hides(&self, secret: &str) -> &Self {
        let hidden = !self.said.stdout.contains(secret) && !self.said.stderr.contains(secret);
        self.check(hidden, format!("{secret:?} is nowhere to be seen"))
    }

    #[track_caller]
    fn check(&self, holds: bool, expected: String) -> &Self {
        let said = self.said;
        let code = said.code.map_or_else(|| "ended by a signal".to_owned(), |code| format!("exit status {code}"));
        let actual = format!("{code}\nstandard output: {:?}\nstandard error: {:?}", said.stdout, said.stderr);
        expect(self.requirement.clone()).request(&said.command).expected(expected).that(holds, actual);
        self
    }
}
