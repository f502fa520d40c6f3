//! The arguments of bubblewrap, outer and inner.

use std::{
    ffi::{OsStr, OsString},
    path::Path,
};

/// The user inside, whoever the grader runs as: `nobody`.
pub(super) const NOBODY: &str = "65534";

/// Folders that are small and only there to hold others.
const SMALL: u64 = 1 << 20;

/// A command line of bubblewrap.
#[derive(Debug, Clone)]
pub(super) struct Bubblewrap {
    arguments: Vec<OsString>,
}

impl Bubblewrap {
    /// An empty root with namespaces of its own, no capabilities, the system's programs and libraries, `/proc` and a
    /// small `/dev`. What is started in it ends with whoever started it.
    pub(super) fn new(etc: &Path) -> Bubblewrap {
        let mut bubblewrap = Bubblewrap { arguments: Vec::new() };
        bubblewrap.options(&["--unshare-user", "--uid", NOBODY, "--gid", NOBODY, "--unshare-ipc", "--unshare-pid"]);
        bubblewrap.options(&["--unshare-uts", "--hostname", "sandbox", "--unshare-cgroup-try"]);
        bubblewrap.options(&["--die-with-parent", "--new-session", "--cap-drop", "ALL"]);
        bubblewrap.small_tmpfs("/", SMALL);
        for folder in ["bin", "sbin", "lib", "lib32", "lib64"] {
            bubblewrap.system_folder(folder);
        }
        bubblewrap.read_only(Path::new("/usr"), "/usr").read_only(etc, "/etc");
        for link in ["alternatives", "ssl", "ld.so.cache"] {
            let path = format!("/etc/{link}");
            if Path::new(&path).exists() {
                bubblewrap.read_only(Path::new(&path), &path);
            }
        }
        bubblewrap.options(&["--proc", "/proc", "--dev", "/dev"]);
        bubblewrap
    }

    /// On most systems `/bin` is a link to `/usr/bin`, on older ones a folder.
    fn system_folder(&mut self, name: &str) {
        let path = Path::new("/").join(name);
        match path.read_link() {
            Ok(target) => {
                self.options(&["--symlink"]);
                self.arguments.extend([target.into_os_string(), path.into_os_string()]);
            }
            Err(_) if path.is_dir() => {
                self.read_only(&path, &format!("/{name}"));
            }
            Err(_) => {}
        }
    }

    pub(super) fn options(&mut self, options: &[&str]) -> &mut Bubblewrap {
        self.arguments.extend(options.iter().map(OsString::from));
        self
    }

    /// Shows `source` at `inside`.
    pub(super) fn read_only(&mut self, source: &Path, inside: &str) -> &mut Bubblewrap {
        self.arguments.extend(["--ro-bind".into(), source.into(), inside.into()]);
        self
    }

    /// Shows `source` at `inside`, to be written to.
    pub(super) fn writable(&mut self, source: &Path, inside: impl AsRef<OsStr>) -> &mut Bubblewrap {
        self.arguments.extend(["--bind".into(), source.into(), inside.as_ref().into()]);
        self
    }

    /// A folder in memory of at most `size` bytes.
    pub(super) fn small_tmpfs(&mut self, inside: &str, size: u64) -> &mut Bubblewrap {
        self.options(&["--size", &size.to_string(), "--tmpfs", inside])
    }

    /// `/dev/shm` is a folder in memory that bubblewrap leaves without a limit.
    pub(super) fn closed_dev(&mut self) -> &mut Bubblewrap {
        self.small_tmpfs("/dev/shm", 64 << 20).options(&["--remount-ro", "/dev"])
    }

    /// An environment of these variables alone.
    pub(super) fn environment<'a>(
        &mut self,
        variables: impl IntoIterator<Item = (&'a str, &'a OsStr)>,
    ) -> &mut Bubblewrap {
        self.options(&["--clearenv"]);
        for (name, value) in variables {
            self.arguments.extend(["--setenv".into(), name.into(), value.into()]);
        }
        self
    }

    /// All of it, with the command that is run inside.
    pub(super) fn command(mut self, command: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
        self.arguments.push("--".into());
        self.arguments.extend(command);
        self.arguments
    }
}
