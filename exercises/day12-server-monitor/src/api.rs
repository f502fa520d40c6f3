//! What the monitor shows: metrics for Prometheus, and the targets as JSON.

use crate::{
    config::{How, Target},
    exposition::{self, Family, Kind, Sample},
    host,
    monitor::Monitor,
    record::Record,
};
use axum::{
    Router,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::Timestamp;
use plumbing::Json;
use serde::Serialize;
use std::{path::PathBuf, sync::Arc};

struct App {
    monitor: Arc<Monitor>,
    procfs: PathBuf,
}

/// The whole HTTP side, without a socket.
pub fn app(monitor: Arc<Monitor>, procfs: PathBuf) -> Router {
    let routes = Router::new().route("/metrics", get(metrics)).route("/api/targets", get(targets));
    plumbing::with_fallbacks(routes).with_state(Arc::new(App { monitor, procfs }))
}

/// `GET /metrics`. It shows what is known, and probes nothing: whoever asks must not have to wait for a target.
async fn metrics(State(app): State<Arc<App>>) -> Response {
    let mut families = host::read(&app.procfs).await;
    families.extend(of_targets(&app.monitor.targets()));
    families.extend(of_the_monitor(&app.monitor));
    ([(header::CONTENT_TYPE, exposition::MEDIA_TYPE)], exposition::render(&families)).into_response()
}

fn of_targets(targets: &[(Arc<Target>, Record)]) -> Vec<Family> {
    let (mut up, mut checks, mut durations) = (Vec::new(), Vec::new(), Vec::new());
    for (target, record) in targets {
        if let Some(last) = &record.last {
            up.push(Sample::new(if last.error.is_none() { 1.0 } else { 0.0 }).with("target", &target.name));
        }
        for (result, count) in [("success", record.successes), ("failure", record.failures)] {
            checks.push(Sample::new(count as f64).with("target", &target.name).with("result", result));
        }
        durations.extend(Sample::histogram(&record.durations, "target", &target.name));
    }
    vec![
        Family::new("probe_up", Kind::Gauge, "Whether the last probe was a success.", up),
        Family::new("probe_checks_total", Kind::Counter, "Probes that have ended.", checks),
        Family::new("probe_duration_seconds", Kind::Histogram, "How long probes took.", durations),
    ]
}

fn of_the_monitor(monitor: &Monitor) -> Vec<Family> {
    let reloads = monitor.reloads();
    let results = [("success", reloads.successes), ("failure", reloads.failures)];
    let counts = results.map(|(result, count)| Sample::new(count as f64).with("result", result));
    let last = Sample::new(if reloads.last_succeeded { 1.0 } else { 0.0 });
    vec![
        Family::new("monitor_config_reloads_total", Kind::Counter, "Reloads of the config.", counts.into()),
        Family::new(
            "monitor_config_last_reload_successful",
            Kind::Gauge,
            "Whether the last reload of the config was a success.",
            vec![last],
        ),
    ]
}

#[derive(Serialize)]
struct TargetList {
    targets: Vec<TargetView>,
}

#[derive(Serialize)]
struct TargetView {
    name: String,
    kind: &'static str,
    address: String,
    state: &'static str,
    checks: u64,
    failures: u64,
    last_check: Option<Timestamp>,
    last_error: Option<String>,
    firing: bool,
}

/// `GET /api/targets`
async fn targets(State(app): State<Arc<App>>) -> Json<TargetList> {
    let targets = app.monitor.targets();
    Json(TargetList { targets: targets.into_iter().map(|(target, record)| view(&target, record)).collect() })
}

fn view(target: &Target, record: Record) -> TargetView {
    let (last_check, last_error) = record.last.map_or((None, None), |last| (Some(last.at), last.error));
    TargetView {
        name: target.name.clone(),
        kind: match target.how {
            How::Http(_) => "http",
            How::Tcp => "tcp",
        },
        address: target.address.clone(),
        state: match (&last_check, &last_error) {
            (None, _) => "unknown",
            (Some(_), None) => "up",
            (Some(_), Some(_)) => "down",
        },
        checks: record.successes + record.failures,
        failures: record.failures,
        last_check,
        last_error,
        firing: record.firing,
    }
}
