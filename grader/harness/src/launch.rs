//! How the program under test is started.

use crate::{program::Program, target::Target, timeout};
use std::{
    ffi::{OsStr, OsString},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};
use tempfile::TempDir;

/// Variables that are the harness's business and not the program's.
const OUR_VARIABLES: [&str; 8] = [
    "SUBMISSION_PROGRAM",
    "SUBMISSION_ADDRESS",
    "SUBMISSION_SUPERVISED",
    "HARNESS_SEED",
    "HARNESS_TIMEOUT_SCALE",
    "HARNESS_POSTGRES_URL",
    "HARNESS_KEPT",
    PRIVATE,
];

/// A folder that goes with the test and that its program cannot see, unlike the test's other temporary files.
const PRIVATE: &str = "HARNESS_PRIVATE";

/// A fresh folder, removed when the value is dropped.
///
/// # Panics
/// When the machine cannot make a temporary folder.
pub fn scratch() -> TempDir {
    tempfile::Builder::new().prefix("day-").tempdir().unwrap_or_else(|error| {
        panic!("no temporary folder could be made in {}: {error}", std::env::temp_dir().display())
    })
}

/// The same, where a contained program cannot see it. For what other programs of the test work in or take settings from: with
/// a hook in a repository, or another file of settings, a submission would have them do anything.
///
/// # Panics
/// When the machine cannot make a temporary folder.
pub fn private() -> TempDir {
    let Some(parent) = std::env::var_os(PRIVATE) else { return scratch() };
    tempfile::Builder::new()
        .prefix("day-")
        .tempdir_in(&parent)
        .unwrap_or_else(|error| panic!("no temporary folder could be made in {}: {error}", parent.display()))
}

/// The program under test as a plain [`Command`], without arguments of its own.
pub fn std_command() -> Command {
    let words = Target::from_environment().command();
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]);
    for variable in OUR_VARIABLES {
        command.env_remove(variable);
    }
    command
}

/// The program under test as an [`assert_cmd::Command`], with a time limit of ten seconds (stretched).
pub fn command() -> assert_cmd::Command {
    let mut command = assert_cmd::Command::from_std(std_command());
    command.timeout(timeout(Duration::from_secs(10)));
    command
}

/// A service about to be started.
#[derive(Debug, Clone)]
#[must_use = "nothing runs until start is called"]
pub struct Launch {
    pub(crate) arguments: Vec<OsString>,
    pub(crate) environment: Vec<(OsString, OsString)>,
    pub(crate) data: Option<DataDir>,
    /// What the program gets as its standard input instead of nothing.
    inherited: Option<Arc<TcpListener>>,
    pub(crate) ready_within: Duration,
}

/// Where the program keeps its data. A folder of our own goes with the last value that uses it.
#[derive(Debug, Clone)]
pub(crate) enum DataDir {
    Own(Arc<TempDir>),
    Given(PathBuf),
}

impl DataDir {
    pub(crate) fn path(&self) -> &Path {
        match self {
            DataDir::Own(folder) => folder.path(),
            DataDir::Given(path) => path,
        }
    }
}

impl Launch {
    /// A service on a free port of 127.0.0.1: `--listen 127.0.0.1:0`.
    pub fn service() -> Launch {
        Launch::bare().arg("--listen").arg("127.0.0.1:0")
    }

    /// A program that announces itself but takes no `--listen`, or takes it in another form.
    pub fn bare() -> Launch {
        Launch {
            arguments: Vec::new(),
            environment: Vec::new(),
            data: None,
            inherited: None,
            ready_within: Duration::from_secs(20),
        }
    }

    /// A fresh data folder: `--data-dir <folder>`. It outlives restarts and goes when the program is dropped.
    pub fn data_dir(self) -> Launch {
        let folder = DataDir::Own(Arc::new(scratch()));
        self.with_data(folder)
    }

    /// A data folder that the test made and looks after.
    pub fn data_dir_at(self, path: impl Into<PathBuf>) -> Launch {
        self.with_data(DataDir::Given(path.into()))
    }

    fn with_data(mut self, data: DataDir) -> Launch {
        self.arguments.extend(["--data-dir".into(), data.path().into()]);
        self.data = Some(data);
        self
    }

    /// One more argument.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Launch {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// More arguments.
    pub fn args<A: AsRef<OsStr>>(self, arguments: impl IntoIterator<Item = A>) -> Launch {
        arguments.into_iter().fold(self, Launch::arg)
    }

    /// One environment variable.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Launch {
        self.environment.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Gives the program this listening socket as its standard input, as a supervisor does (systemd: `StandardInput=socket`).
    /// The launch keeps the socket too, so connections wait in its queue while the program is started again.
    ///
    /// Without effect outside Unix.
    pub fn listener_on_stdin(mut self, listener: TcpListener) -> Launch {
        self.inherited = Some(Arc::new(listener));
        self
    }

    /// How long the program may take until `READY` (before stretching). Twenty seconds unless told.
    pub fn ready_within(mut self, limit: Duration) -> Launch {
        self.ready_within = limit;
        self
    }

    /// Starts the program and waits for `READY`.
    ///
    /// # Panics
    /// With a sentence of its own for each: cannot be started, ended early, announced nonsense, stayed silent.
    #[track_caller]
    pub fn start(self) -> Program {
        Program::start(self)
    }

    /// Starts a program that is expected to end by itself, as on a damaged store, and waits for its end.
    ///
    /// # Panics
    /// When it has not ended within ten seconds (stretched).
    #[track_caller]
    pub fn run_to_end(self) -> crate::Ended {
        Program::run_to_end(self)
    }

    /// The command line, for a failure message.
    pub(crate) fn describe(&self) -> String {
        let words = std::iter::once("program".into()).chain(self.arguments.iter().map(|word| word.to_string_lossy()));
        shell_words::join(words)
    }

    pub(crate) fn to_command(&self) -> Command {
        let mut command = std_command();
        command.args(&self.arguments).envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(self.stdin()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// # Panics
    /// When the machine has no file descriptor left.
    fn stdin(&self) -> Stdio {
        #[cfg(unix)]
        if let Some(listener) = &self.inherited {
            let copy = listener.try_clone().unwrap_or_else(|error| panic!("a socket cannot be handed on: {error}"));
            return std::os::fd::OwnedFd::from(copy).into();
        }
        Stdio::null()
    }
}
