//! Ctrl-C and a polite kill, for commands that have something to say at their end.

use grader::process::Cancel;

/// Has the first Ctrl-C, SIGTERM or hang-up call off what runs under `cancel`. The second ends us at once, as ever.
///
/// # Errors
/// When the signals cannot be listened to.
pub fn calls_off(cancel: &Cancel) -> Result<(), String> {
    #[cfg(unix)]
    {
        use signal_hook::{
            consts::{SIGHUP, SIGINT, SIGTERM},
            iterator::Signals,
            low_level::emulate_default_handler,
        };
        let cannot = |error| format!("cannot listen to Ctrl-C: {error}");
        let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM]).map_err(cannot)?;
        let cancel = cancel.clone();
        std::thread::spawn(move || {
            for signal in signals.forever() {
                if cancel.is_cancelled() {
                    // It does not return from any of these signals.
                    let _ = emulate_default_handler(signal);
                }
                cancel.cancel();
            }
        });
    }
    #[cfg(not(unix))]
    let _ = cancel;
    Ok(())
}
