//! The tests of day 12 that learners cannot read.

mod alert_fires_and_resolves_once;
mod exposition_format;
mod flapping_is_damped;
mod host_gauges;
mod hung_target_is_isolated;
mod label_escaping;
mod latency_histogram;
mod probes_report_up_down;
#[cfg(unix)]
mod reload_keeps_counters;
