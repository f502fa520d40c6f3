//! The sandbox as the rest of the grader uses it: two commands are put into it, a test and the compiler.

use super::{
    CompilerView, FAULTS, Finding, KEPT, KEPT_VARIABLE, LAUNCHER, Launcher, Limits, PRIVATE, PROGRAM, SandboxTier,
    TestView,
    bubblewrap::Bubblewrap,
    cgroup::{Delegated, Group},
    launcher::Instructions,
    probe,
    public::{Reach, hand_over, is_root},
};
use std::{
    ffi::{OsStr, OsString},
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU64, Ordering},
};
use tempfile::TempDir;

use crate::temporary::Temporary;

/// The folder inside the sandbox that a test and its program may write to.
const SCRATCH: &str = "/tmp/scratch";
/// The folder inside the sandbox in which the compiler finds the course.
const COURSE: &str = "/course";
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A command that is ready to be run, and what goes when it has ended.
#[derive(Debug)]
pub struct Prepared {
    /// The command.
    pub command: Command,
    /// Bytes of memory that a watchdog has to look after.
    pub memory: Option<u64>,
    /// What can be asked after the end of the command, and goes when it is dropped.
    pub rest: Rest,
}

/// What remains of a command that has ended.
#[derive(Debug, Default)]
pub struct Rest {
    faults: Option<PathBuf>,
    group: Option<Group>,
    _scratch: Option<TempDir>,
}

/// A sandbox of one tier.
#[derive(Debug)]
pub struct Sandbox {
    tier: SandboxTier,
    limits: Limits,
    launcher: Launcher,
    /// A folder that everybody can enter, with what sandboxes share.
    ground: Temporary,
    delegated: Option<Delegated>,
    groups: AtomicU64,
}

impl Sandbox {
    /// The best tier that works on this machine, and what was found out about each.
    pub fn findings(launcher: &Launcher) -> Vec<Finding> {
        probe::findings(launcher)
    }

    /// A sandbox of the best tier that works, or of `tier`.
    ///
    /// # Errors
    /// When the wanted tier does not work here, or there is no room for temporary files.
    pub fn new(launcher: Launcher, limits: Limits, tier: Option<SandboxTier>) -> io::Result<Sandbox> {
        let findings = probe::findings(&launcher);
        let works = |finding: &&Finding| finding.missing.is_none();
        let chosen = match tier {
            Some(tier) => tier,
            None => findings.iter().find(works).map_or(SandboxTier::ProcessGroup, |finding| finding.tier),
        };
        if let Some(Finding { missing: Some(missing), .. }) = findings.iter().find(|finding| finding.tier == chosen) {
            return Err(io::Error::other(format!("{chosen} does not work here: {missing}")));
        }
        Sandbox::of_tier(launcher, limits, chosen)
    }

    /// A sandbox of a tier that is known to work, or about to be tried.
    pub(super) fn of_tier(launcher: Launcher, limits: Limits, tier: SandboxTier) -> io::Result<Sandbox> {
        let ground = Temporary::new("sandbox")?;
        let delegated = match tier {
            SandboxTier::ControlGroups => Some(Delegated::find().map_err(io::Error::other)?),
            _ => None,
        };
        let sandbox = Sandbox { tier, limits, launcher, ground, delegated, groups: AtomicU64::new(0) };
        sandbox.write_etc()?;
        fs::create_dir(sandbox.kept())?;
        hand_over(&sandbox.kept())?;
        Ok(sandbox)
    }

    /// How well it contains.
    pub fn tier(&self) -> SandboxTier {
        self.tier
    }

    /// What a test may use.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// A test with its program.
    ///
    /// # Errors
    /// When there is no room for temporary files.
    pub fn test(&self, view: &TestView<'_>) -> io::Result<Prepared> {
        let scratch = tempfile::tempdir_in(self.ground.path())?;
        match self.tier {
            SandboxTier::ControlGroups | SandboxTier::Watchdog => self.nested(view, scratch),
            SandboxTier::Landlock | SandboxTier::ProcessGroup => Ok(self.beside(view, scratch)),
        }
    }

    /// Tiers 1 and 2: the test in the outer sandbox, its program in an inner one.
    fn nested(&self, view: &TestView<'_>, faults: TempDir) -> io::Result<Prepared> {
        fs::set_permissions(faults.path(), fs::Permissions::from_mode(0o755))?;
        hand_over(faults.path())?;
        let mut reach = Reach::new(self.ground.path());
        let executable = format!("{COURSE}/tests/{}", name(view.executable));
        let mut outer = Bubblewrap::new(&self.etc());
        outer.options(&["--unshare-net"]).closed_dev().small_tmpfs(PRIVATE, self.limits.files);
        outer.options(&["--dir", SCRATCH]);
        outer.read_only(&reach.place(view.executable)?, &executable);
        outer.read_only(&reach.place(view.program)?, PROGRAM);
        outer.read_only(&reach.place(&self.launcher.executable)?, LAUNCHER);
        outer.read_only(&reach.place(view.folder)?, "/course/day");
        outer.writable(faults.path(), FAULTS).writable(&self.kept(), KEPT);
        outer.options(&["--remount-ro", "/", "--chdir", "/course/day"]);

        let program = self.launcher_command(LAUNCHER, "supervise", Path::new(SCRATCH), PROGRAM);
        let mut environment = self.environment(view, [PRIVATE, SCRATCH].map(OsStr::new), program.as_ref());
        environment.extend([
            ("SUBMISSION_SUPERVISED", "1".into()),
            (KEPT_VARIABLE, KEPT.into()),
            ("HARNESS_PRIVATE", PRIVATE.into()),
        ]);
        outer.environment(environment.iter().map(|(name, value)| (*name, value.as_os_str())));
        let arguments = view.arguments.iter().map(OsString::from);
        let command = outer.command(std::iter::once(executable.into()).chain(arguments));
        let (command, group) = self.counted(reach.wrap(with_program("bwrap", command)))?;
        Ok(Prepared {
            command,
            memory: group.is_none().then_some(self.limits.memory),
            rest: Rest { faults: Some(faults.path().to_owned()), group, _scratch: Some(faults) },
        })
    }

    /// Tiers 3 and 4: the test as it is, its program under Landlock or not at all confined.
    fn beside(&self, view: &TestView<'_>, scratch: TempDir) -> Prepared {
        let mut command = Command::new(view.executable);
        command.args(view.arguments).current_dir(view.folder).env_clear();
        let program = view.program.to_string_lossy();
        let program = if self.tier == SandboxTier::Landlock {
            let launcher = self.launcher.executable.to_string_lossy();
            self.launcher_command(&launcher, "confine", scratch.path(), &program)
        } else {
            quoted(&program)
        };
        command.envs(self.environment(view, [scratch.path().as_os_str(); 2], program.as_ref()));
        let memory = (self.tier == SandboxTier::Landlock).then_some(self.limits.memory);
        Prepared { command, memory, rest: Rest { _scratch: Some(scratch), ..Rest::default() } }
    }

    /// The compiler. `command` is given the places of sysroot, libraries, course and output as it will see them.
    ///
    /// # Errors
    /// When there is no room for temporary files.
    pub fn compiler(
        &self,
        view: &CompilerView<'_>,
        command: impl FnOnce(&CompilerView<'_>) -> (Vec<OsString>, Vec<(String, String)>),
    ) -> io::Result<Prepared> {
        if !self.tier.has_namespaces() {
            // The compiler runs no code of the learner's, and what it reads beyond the course stays on this machine.
            let (words, environment) = command(view);
            let mut command = Command::new(words.first().map_or(OsStr::new(""), OsString::as_os_str));
            command.args(words.iter().skip(1)).current_dir(view.course).env_clear().env("PATH", PATH).envs(environment);
            return Ok(Prepared { command, memory: Some(COMPILER_MEMORY), rest: Rest::default() });
        }
        let inside = CompilerView {
            sysroot: Path::new("/toolchain"),
            libraries: Path::new("/libraries"),
            course: Path::new(COURSE),
            output: Path::new("/output"),
        };
        let (words, environment) = command(&inside);
        hand_over(view.output)?;
        let mut reach = Reach::new(self.ground.path());
        let mut outer = Bubblewrap::new(&self.etc());
        outer.options(&["--unshare-net"]).closed_dev().small_tmpfs("/tmp", self.limits.files);
        for (source, place) in
            [(view.sysroot, inside.sysroot), (view.libraries, inside.libraries), (view.course, inside.course)]
        {
            outer.read_only(&reach.place(source)?, &place.to_string_lossy());
        }
        outer.read_only(&reach.place(&self.launcher.executable)?, "/launcher");
        outer.writable(view.output, inside.output);
        outer.options(&["--remount-ro", "/", "--chdir", COURSE]);
        let environment: Vec<_> =
            environment.iter().map(|(name, value)| (name.as_str(), OsString::from(value))).collect();
        let fixed = [("PATH", OsStr::new(PATH)), ("TMPDIR", OsStr::new("/tmp"))];
        let environment = environment.iter().map(|(name, value)| (*name, value.as_os_str()));
        outer.environment(fixed.into_iter().chain(environment));

        let limits = Limits { memory: COMPILER_MEMORY, ..self.limits };
        let instructions = Instructions { limits, writable: inside.output.to_owned(), readable: Vec::new() };
        let mut launched: Vec<OsString> = vec!["/launcher".into()];
        launched.extend(self.launcher.arguments.iter().map(OsString::from));
        launched.extend(["limit".into(), instructions.argument().into()]);
        launched.extend(words);
        let (command, group) = self.counted(reach.wrap(with_program("bwrap", outer.command(launched))))?;
        let memory = group.is_none().then_some(COMPILER_MEMORY);
        Ok(Prepared { command, memory, rest: Rest { group, ..Rest::default() } })
    }

    /// The command line by which the harness starts the program.
    fn launcher_command(&self, launcher: &str, what: &str, writable: &Path, program: &str) -> String {
        let mut limits = self.limits;
        if self.tier == SandboxTier::Landlock {
            // Without a user namespace all processes of the user would be counted.
            limits.processes = u64::MAX;
        }
        let instructions = Instructions { limits, writable: writable.to_owned(), readable: Vec::new() }.argument();
        let words = [launcher].into_iter().chain(self.launcher.arguments.iter().map(String::as_str));
        let words: Vec<_> = words.chain([what, &instructions, program]).map(quoted).collect();
        words.join(" ")
    }

    /// In `home` programs of the test look for settings, so a program that could write there could have them do anything.
    fn environment<'v>(
        &self,
        view: &TestView<'v>,
        [home, scratch]: [&OsStr; 2],
        program: &OsStr,
    ) -> Vec<(&'v str, OsString)> {
        let mut variables: Vec<(&str, OsString)> = vec![
            ("PATH", PATH.into()),
            ("HOME", home.to_owned()),
            ("LANG", "C.UTF-8".into()),
            ("TMPDIR", scratch.to_owned()),
            ("SUBMISSION_PROGRAM", program.to_owned()),
        ];
        variables.extend(view.environment.iter().map(|(name, value)| (*name, OsString::from(value))));
        variables
    }

    /// In tier 1 a command enters a control group of its own before anything else.
    fn counted(&self, command: Vec<OsString>) -> io::Result<(Command, Option<Group>)> {
        let group = match &self.delegated {
            Some(delegated) => {
                let number = self.groups.fetch_add(1, Ordering::Relaxed);
                let name = format!("test-{}-{number}", std::process::id());
                Some(delegated.group(&name, self.limits.memory, 2 * self.limits.processes)?)
            }
            None => None,
        };
        let command = match &group {
            Some(group) => {
                let script = r#"echo $$ > "$1" || exit 126; shift; exec "$@""#;
                let mut entered: Vec<OsString> = ["sh", "-c", script, "sh"].map(Into::into).to_vec();
                entered.push(group.entrance().into_os_string());
                entered.extend(command);
                entered
            }
            None => command,
        };
        let mut words = command.into_iter();
        let mut process = Command::new(words.next().unwrap_or_default());
        process.args(words).env_clear().env("PATH", PATH);
        Ok((process, group))
    }

    fn etc(&self) -> PathBuf {
        self.ground.path().join("etc")
    }

    /// What tests keep for each other as long as there is this sandbox.
    fn kept(&self) -> PathBuf {
        self.ground.path().join("kept")
    }

    /// An `/etc` that says nothing about this machine.
    fn write_etc(&self) -> io::Result<()> {
        let etc = self.etc();
        fs::create_dir_all(&etc)?;
        for folder in ["alternatives", "ssl"] {
            fs::create_dir_all(etc.join(folder))?;
        }
        for (file, text) in [
            ("passwd", "nobody:x:65534:65534:nobody:/tmp:/bin/sh\n"),
            ("group", "nogroup:x:65534:\n"),
            ("hosts", "127.0.0.1 localhost\n::1 localhost\n"),
            ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"),
            ("resolv.conf", ""),
            ("ld.so.cache", ""),
        ] {
            fs::write(etc.join(file), text)?;
        }
        Ok(())
    }
}

/// The compiler and the linker need more memory than a program under test; address space is what they are bounded by.
const COMPILER_MEMORY: u64 = 4 << 30;

impl Rest {
    /// A fault of the sandbox itself, which is a fault of the machine. To be asked after the end of the command.
    pub fn fault(&self) -> Option<String> {
        let folder = fs::read_dir(self.faults.as_ref()?).ok()?;
        let mut faults = folder.flatten().filter_map(|entry| fs::read_to_string(entry.path()).ok());
        faults.next()
    }

    /// Whether the kernel stopped something because of its memory. To be asked after the end of the command.
    pub fn ran_out_of_memory(&self) -> bool {
        self.group.as_ref().is_some_and(Group::ran_out_of_memory)
    }
}

/// Whether the grader runs as root and starts everything as another user.
pub fn sheds_root() -> bool {
    is_root()
}

fn with_program(program: &str, arguments: Vec<OsString>) -> Vec<OsString> {
    std::iter::once(OsString::from(program)).chain(arguments).collect()
}

fn name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
