//! A PostgreSQL to throw away: a server of the test's own, or a fresh database on one that is there already.

use crate::{private, skip, timeout};
use std::{
    ffi::OsStr,
    fs::{self, File},
    hash::{DefaultHasher, Hash, Hasher},
    io,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// The address of a server to make fresh databases on, for a user who may do so: `postgres://user@host:5432/postgres`.
const GIVEN: &str = "HARNESS_POSTGRES_URL";
/// A folder that outlives the test. The temporary files of a test that a grader runs go with the test.
const KEPT: &str = "HARNESS_KEPT";
/// How its data folder is made. Small segments, because each test copies one.
const INITDB: [&str; 6] =
    ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--wal-segsize=1"];
/// The user that a program is given owns its database and has no other rights. A superuser could have the server run
/// commands, which is outside of whatever contains the program.
const OWNER: [&str; 2] = ["CREATE ROLE owner LOGIN", "ALTER DATABASE postgres OWNER TO owner"];
/// Who may connect: that user, and the test itself through a socket in a folder of its own. There are none on Windows, where
/// nothing is contained.
const RULES: &str = if cfg!(unix) {
    "local all postgres trust\nhost all owner 127.0.0.1/32 trust\n"
} else {
    "host all all 127.0.0.1/32 trust\n"
};
/// What a private server does without: it holds nothing that anybody would miss after a crash.
const SETTINGS: [&str; 8] = [
    "listen_addresses=127.0.0.1",
    "fsync=off",
    "full_page_writes=off",
    "autovacuum=off",
    "shared_buffers=16MB",
    "dynamic_shared_memory_type=mmap",
    "max_connections=60",
    "log_min_messages=fatal",
];

/// An empty PostgreSQL database of the test's own. It goes when the value is dropped, in a failing test, too.
///
/// With `HARNESS_POSTGRES_URL` it is a fresh database on that server, made by `psql`. Otherwise it is a server of its own,
/// on a free port of 127.0.0.1, from the executables `initdb` and `postgres` on `PATH` or in `/usr/lib/postgresql/*/bin`.
/// PostgreSQL refuses to run as root: a test that does starts it as the user `postgres` or `nobody`.
#[derive(Debug)]
pub struct Postgres {
    url: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Private(Private),
    /// A database `name` on the server at `HARNESS_POSTGRES_URL`.
    Fresh {
        psql: PathBuf,
        server: String,
        name: String,
    },
}

/// A server of the test's own.
#[derive(Debug)]
struct Private {
    /// None while it is stopped.
    server: Option<Child>,
    executable: PathBuf,
    user: User,
    port: u16,
    /// Goes after the server.
    folder: TempDir,
}

impl Postgres {
    /// An empty database, or this test is skipped because there is none to be had.
    ///
    /// ```no_run
    /// let postgres = harness::Postgres::start();
    /// harness::command().args(["up", "--url", postgres.url()]).assert().success();
    /// ```
    pub fn start() -> Postgres {
        let started = match std::env::var(GIVEN) {
            Ok(server) if !server.is_empty() => Postgres::fresh(server),
            _ => Postgres::private(),
        };
        started.unwrap_or_else(|why| skip(&why, "apt-get install postgresql"))
    }

    /// `postgres://owner@127.0.0.1:40123/postgres`, for the program.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// For the test itself, as a superuser. On a server that was given it is the program's.
    pub fn superuser_url(&self) -> String {
        match &self.kind {
            Kind::Private(private) => private.superuser_url(),
            Kind::Fresh { .. } => self.url.clone(),
        }
    }

    /// Stops the server at once, as a power cut would. What was committed is there after [`Postgres::start_again`].
    ///
    /// # Panics
    /// When the database is one on somebody else's server: ask for [`Postgres::start_private`].
    #[track_caller]
    pub fn stop(&mut self) {
        self.own().stop();
    }

    /// Starts a server that was stopped, at the same address.
    ///
    /// # Panics
    /// When it does not start, or is somebody else's.
    #[track_caller]
    pub fn start_again(&mut self) {
        let started = self.own().start();
        started.unwrap_or_else(|why| panic!("PostgreSQL does not start again: {why}"));
    }

    #[track_caller]
    fn own(&mut self) -> &mut Private {
        match &mut self.kind {
            Kind::Private(private) => private,
            Kind::Fresh { .. } => panic!("a server that was given by {GIVEN} cannot be stopped"),
        }
    }

    /// A server of the test's own even where `HARNESS_POSTGRES_URL` names one, for tests that stop it.
    pub fn start_private() -> Postgres {
        Postgres::private().unwrap_or_else(|why| skip(&why, "apt-get install postgresql"))
    }

    fn fresh(server: String) -> Result<Postgres, String> {
        let psql = executable("psql").ok_or("there is no psql to make a database with")?;
        let name = format!("harness_{:016x}", fastrand::u64(..));
        let url =
            at_database(&server, &name).ok_or_else(|| format!("{GIVEN} is not postgres://USER@HOST:PORT/NAME"))?;
        // The address may hold a password: it is not part of any message.
        execute(&psql, &server, &format!("CREATE DATABASE {name}"))
            .map_err(|why| format!("no database could be made on the server of {GIVEN}: {why}"))?;
        Ok(Postgres { url, kind: Kind::Fresh { psql, server, name } })
    }

    fn private() -> Result<Postgres, String> {
        let initdb = executable("initdb").ok_or("PostgreSQL is not installed")?;
        // On PATH there may be a link to initdb alone; its neighbours are where the link leads.
        let initdb = fs::canonicalize(&initdb).unwrap_or(initdb);
        let folder = place();
        let user = User::who_may(folder.path()).map_err(|error| format!("no user may run PostgreSQL: {error}"))?;
        let template = template(&user, &initdb)?;
        let mut copy = user.command(Path::new("cp"), folder.path());
        run(copy.arg("-R").arg(&template).arg(folder.path().join("data")))
            .map_err(|why| format!("{} cannot be copied: {why}", template.display()))?;
        let executable = initdb.with_file_name("postgres");
        let mut private = Private { server: None, executable, user, port: 0, folder };
        let mut why = String::new();
        // Between the look for a free port and its use, somebody else may take it.
        for _ in 0..5 {
            private.port = free_port().map_err(|error| format!("there is no free port: {error}"))?;
            match private.start() {
                Ok(()) => {
                    let url = format!("postgres://owner@127.0.0.1:{}/postgres", private.port);
                    return Ok(Postgres { url, kind: Kind::Private(private) });
                }
                Err(reason) => why = reason,
            }
        }
        Err(why)
    }
}

impl Private {
    fn start(&mut self) -> Result<(), String> {
        let (data, log) = (self.folder.path().join("data"), self.folder.path().join("log"));
        let output = File::create(&log).map_err(|error| format!("no log could be written: {error}"))?;
        let mut command = self.user.command(&self.executable, self.folder.path());
        command.arg("-D").arg(&data).args(["-p", &self.port.to_string()]);
        command.args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
        let sockets = if cfg!(unix) { self.folder.path() } else { Path::new("") };
        command.arg("-c").arg(format!("unix_socket_directories={}", sockets.display()));
        command.stdout(Stdio::null()).stderr(output);
        // From here on the server is stopped by `drop`, whatever happens.
        self.server = Some(command.spawn().map_err(|error| format!("PostgreSQL could not be started: {error}"))?);
        if self.is_ready_within(&data, timeout(Duration::from_secs(20))) {
            return Ok(());
        }
        self.stop();
        let said = fs::read_to_string(&log).unwrap_or_default();
        Err(format!("PostgreSQL did not start: {}", said.lines().last().unwrap_or("it said nothing")))
    }

    /// The server writes `ready` into a line of `postmaster.pid`: that is how `pg_ctl --wait` knows. The file of an earlier
    /// life stays when the server is stopped at once, so the process in it has to be ours.
    fn is_ready_within(&mut self, data: &Path, limit: Duration) -> bool {
        const STATUS_LINE: usize = 7;
        let deadline = Instant::now() + limit;
        while let Some(server) = &mut self.server
            && let Ok(None) = server.try_wait()
        {
            let id = server.id().to_string();
            let state = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
            let is_ours = state.lines().next().is_some_and(|line| line.trim() == id);
            if is_ours && state.lines().nth(STATUS_LINE).is_some_and(|line| line.trim() == "ready") {
                return true;
            }
            if Instant::now() >= deadline {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        false
    }

    fn superuser_url(&self) -> String {
        let host = if cfg!(unix) {
            // A host that is a path is a folder with a socket.
            self.folder.path().to_string_lossy().replace('%', "%25").replace('/', "%2F")
        } else {
            "127.0.0.1".to_owned()
        };
        format!("postgres://postgres@{host}:{}/postgres", self.port)
    }

    fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            stop(&mut server);
        }
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A folder for a server: in memory where there is room, as nothing in it has to outlive the test. Whoever can write to it
/// can have the server do anything.
fn place() -> TempDir {
    in_memory().unwrap_or_else(private)
}

/// Linux keeps `/dev/shm` in memory. In a container it may be small.
#[cfg(target_os = "linux")]
fn in_memory() -> Option<TempDir> {
    const ROOM: u64 = 1 << 30;
    let memory = Path::new("/dev/shm");
    let room = rustix::fs::statvfs(memory).ok()?;
    if room.f_bavail.saturating_mul(room.f_frsize) < ROOM {
        return None;
    }
    tempfile::Builder::new().prefix("day-").tempdir_in(memory).ok()
}

#[cfg(not(target_os = "linux"))]
fn in_memory() -> Option<TempDir> {
    None
}

/// A data folder to copy. `initdb` costs more than everything else that a test does with its server, so it is run once and
/// its folder kept for all tests: where the grader says, or among the temporary files until the system clears those away.
fn template(user: &User, initdb: &Path) -> Result<PathBuf, String> {
    let made = fs::metadata(initdb).and_then(|file| file.modified()).ok();
    let mut hasher = DefaultHasher::new();
    (initdb, made, user.ids, INITDB, OWNER, RULES).hash(&mut hasher);
    let kept = std::env::var_os(KEPT).map_or_else(std::env::temp_dir, PathBuf::from);
    let template = kept.join(format!("harness-postgres-{:016x}", hasher.finish()));
    if user.owns(&template) {
        return Ok(template);
    }
    let folder = tempfile::tempdir_in(&kept).map_err(|error| format!("{}: {error}", kept.display()))?;
    user.give(folder.path()).map_err(|error| format!("{}: {error}", folder.path().display()))?;
    let data = folder.path().join("data");
    let mut command = user.command(initdb, folder.path());
    command.args(INITDB);
    run(command.arg("--pgdata").arg(&data)).map_err(|why| format!("initdb failed: {why}"))?;
    make_owner(user, initdb, folder.path(), &data).map_err(|why| format!("PostgreSQL could not make a user: {why}"))?;
    let rules = data.join("pg_hba.conf");
    fs::write(&rules, RULES).map_err(|error| format!("{}: {error}", rules.display()))?;
    // Complete or not there at all. Where somebody else was faster, theirs is as good.
    match fs::rename(&data, &template) {
        Err(error) if !user.owns(&template) => Err(format!("cannot make {}: {error}", template.display())),
        _ => Ok(template),
    }
}

/// Makes the program's user, without a server that somebody could connect to.
fn make_owner(user: &User, initdb: &Path, folder: &Path, data: &Path) -> Result<(), String> {
    let statements = folder.join("owner.sql");
    fs::write(&statements, OWNER.join("\n")).map_err(|error| error.to_string())?;
    let input = File::open(&statements).map_err(|error| error.to_string())?;
    let mut alone = user.command(&initdb.with_file_name("postgres"), folder);
    // It goes on after an error unless it is told not to.
    alone.args(["--single", "-c", "exit_on_error=on", "-D"]).arg(data).arg("postgres").stdin(input);
    run(&mut alone)
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // A private server stops itself.
        if let Kind::Fresh { psql, server, name } = &self.kind {
            // What is left behind after a failure is a database with a name that says whose it was.
            let _ = execute(psql, server, &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

/// Stops a server at once, with all its sessions.
fn stop(server: &mut Child) {
    // SIGQUIT is an immediate shutdown: the server ends its sessions. After SIGKILL they would live on for a moment.
    #[cfg(unix)]
    {
        let _ = rustix::process::kill_process(rustix::process::Pid::from_child(server), rustix::process::Signal::QUIT);
        let deadline = Instant::now() + timeout(Duration::from_secs(5));
        while let Ok(None) = server.try_wait() {
            if Instant::now() >= deadline {
                break;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
    let _ = server.kill();
    let _ = server.wait();
}

/// Who runs the server: PostgreSQL refuses root.
#[derive(Debug)]
struct User {
    /// Where we are root: the ids of somebody who is not.
    ids: Option<(u32, u32)>,
}

impl User {
    /// A user who may run PostgreSQL, and who owns `folder` from now on.
    #[cfg(unix)]
    fn who_may(folder: &Path) -> io::Result<User> {
        if !rustix::process::geteuid().is_root() {
            return Ok(User { ids: None });
        }
        let users = fs::read_to_string("/etc/passwd")?;
        let ids = ["postgres", "nobody"].iter().find_map(|name| {
            let fields: Vec<&str> =
                users.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|f| f[0] == *name)?;
            Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
        });
        let ids = ids.ok_or_else(|| io::Error::other("neither postgres nor nobody is in /etc/passwd"))?;
        let user = User { ids: Some(ids) };
        user.give(folder)?;
        Ok(user)
    }

    /// Lets this user own a folder.
    fn give(&self, folder: &Path) -> io::Result<()> {
        #[cfg(unix)]
        if let Some((user, group)) = self.ids {
            std::os::unix::fs::chown(folder, Some(user), Some(group))?;
        }
        #[cfg(not(unix))]
        let _ = folder;
        Ok(())
    }

    /// Whether there is a folder that belongs to this user. Temporary folders are everybody's: one that somebody else has
    /// put there is not to be used.
    fn owns(&self, folder: &Path) -> bool {
        let Ok(metadata) = fs::symlink_metadata(folder) else { return false };
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let own = self.ids.map_or_else(|| rustix::process::geteuid().as_raw(), |(user, _)| user);
            metadata.is_dir() && metadata.uid() == own
        }
        #[cfg(not(unix))]
        metadata.is_dir()
    }

    #[cfg(not(unix))]
    fn who_may(_folder: &Path) -> io::Result<User> {
        Ok(User { ids: None })
    }

    /// `program`, run by this user in `folder`, without the settings of whoever runs the tests.
    fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        command.env("LC_ALL", "C").current_dir(folder).stdin(Stdio::null());
        #[cfg(unix)]
        if let Some((user, group)) = self.ids {
            use std::os::unix::process::CommandExt;
            // Setting the user id also gives up root's other groups.
            command.uid(user).gid(group);
        }
        command
    }
}

/// Runs one statement on a server.
fn execute(psql: &Path, server: &str, statement: &str) -> Result<(), String> {
    let mut command = Command::new(psql);
    command.args(["--no-psqlrc", "--quiet", "--no-password", "--command", statement, "--dbname"]).arg(server);
    run(command.stdin(Stdio::null()))
}

/// Runs a command to its end. The error is the last line of what it complained about.
fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(complaint.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it gave no reason").to_owned())
}

/// The executable `name` on `PATH`, or where Debian puts what belongs to one version of PostgreSQL.
fn executable(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
    on_path.or_else(|| {
        let versions = fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
        let version =
            |folder: &PathBuf| folder.file_name().and_then(OsStr::to_str).and_then(|name| name.parse::<u32>().ok());
        let folders = versions.map(|entry| entry.path()).filter(|folder| folder.join("bin").join(name).is_file());
        Some(folders.max_by_key(version)?.join("bin").join(name))
    })
}

/// `url` with another database: what stands between the host and the `?`.
fn at_database(url: &str, name: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let (rest, query) = rest.split_once('?').map_or((rest, String::new()), |(rest, query)| (rest, format!("?{query}")));
    let host = rest.split('/').next()?;
    scheme.starts_with("postgres").then(|| format!("{scheme}://{host}/{name}{query}"))
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_database_keeps_host_and_settings() {
        let url = |text| at_database(text, "mine");
        assert_eq!(url("postgres://me:pw@db:5433/postgres").unwrap(), "postgres://me:pw@db:5433/mine");
        assert_eq!(url("postgresql://db").unwrap(), "postgresql://db/mine");
        assert_eq!(url("postgres://db/x?sslmode=require").unwrap(), "postgres://db/mine?sslmode=require");
        assert_eq!(url("mysql://db/x"), None);
    }
}
