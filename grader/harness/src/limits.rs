//! What the operating system allows a process, and the programs that it starts.

/// Raises the limit of open files to `count`, or as far as the hard limit lets it. A program that is launched afterwards
/// inherits the limit.
///
/// Many systems begin with 1024, which a test with a thousand connections does not get by with.
pub fn allow_open_files(count: u64) {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        // None means that there is no limit.
        if current.is_some_and(|current| current < count) {
            let wanted = maximum.map_or(count, |maximum| maximum.min(count));
            // Where it is refused, the test says what it could not open.
            let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum });
        }
    }
    #[cfg(not(unix))]
    let _ = count;
}
