//! Tests with a real browser. The grader runs them; they are skipped where there is none.

#[path = "../../../exercises/day30-portfolio/tests/support/mod.rs"]
#[allow(dead_code, unused_imports)]
mod support;

use harness::{expect, require_tool, skip, timeout};
use harness_net::{Answer, Upstream};
use serde_json::{Value, json};
use std::{
    process::{Command, Output, Stdio},
    time::Duration,
};
use support::{Portfolio, with};

/// The page as it is, but without its Content-Security-Policy: what is tested is the page, and not the second wall behind it.
/// `/` shows it in frames of several widths and writes down how wide its content is in each.
async fn gallery(portfolio: &Portfolio) -> Upstream {
    const FRAMES: &str = r#"<!DOCTYPE html><title>waiting</title><body><iframe src="/page" width="320" height="600"></iframe>
        <iframe src="/page" width="390" height="600"></iframe><iframe src="/page" width="1280" height="600"></iframe>
        <script>onload = () => {
            const widths = [...document.querySelectorAll("iframe")].map(frame => {
                const root = frame.contentDocument.documentElement;
                const is_hacked = frame.contentWindow.hacked === true || root.ownerDocument.title === "hacked";
                return `${root.clientWidth}:${root.scrollWidth}:${is_hacked ? "hacked" : "fine"}`;
            });
            document.body.setAttribute("data-measured", widths.join(" "));
        }</script>"#;
    let (page, style) = (portfolio.get("/").await.body, portfolio.get("/style.css").await.body);
    Upstream::start(move |request| match request.target.as_str() {
        "/" => Answer::new(200, FRAMES).header("content-type", "text/html"),
        "/page" => Answer::new(200, page.clone()).header("content-type", "text/html; charset=utf-8"),
        "/style.css" => Answer::new(200, style.clone()).header("content-type", "text/css"),
        _ => Answer::new(404, ""),
    })
}

/// The document after everything has loaded and run.
fn browse(url: &str) -> String {
    let tool = require_tool("chromium", "chromium");
    let home = harness::private();
    let mut command = Command::new(tool);
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]);
    command.args(["--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"]);
    command.arg(format!("--user-data-dir={}", home.path().display())).env("HOME", home.path());
    command.args(["--window-size=1400,900", "--virtual-time-budget=5000", "--dump-dom", url]);
    command.env_remove("http_proxy").env_remove("HTTP_PROXY").arg("--no-proxy-server");
    let Output { status, stdout, stderr } = run(&mut command);
    let dom = String::from_utf8_lossy(&stdout).into_owned();
    if !status.success() || dom.trim().is_empty() {
        let why = String::from_utf8_lossy(&stderr).lines().last().unwrap_or_default().to_owned();
        skip(&format!("chromium does not run here ({why})"), "apt-get install chromium, outside a sandbox");
    }
    dom
}

/// A browser that hangs is ended, and counts as one that does not run.
fn run(command: &mut Command) -> Output {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child = child.unwrap_or_else(|error| panic!("chromium cannot be started: {error}"));
    let id = child.id();
    let (ended, end) = std::sync::mpsc::channel();
    std::thread::spawn(move || ended.send(child.wait_with_output()));
    match end.recv_timeout(timeout(Duration::from_secs(40))) {
        Ok(output) => output.unwrap_or_else(|error| panic!("chromium cannot be waited for: {error}")),
        Err(_) => {
            drop(Command::new("kill").args(["-9", &id.to_string()]).status());
            skip("chromium hangs here", "apt-get install chromium, outside a sandbox")
        }
    }
}

/// What the frames have written down: the width of each, that of its content, and whether a script ran.
fn measured(gallery: &Upstream) -> Vec<(u32, u32, String)> {
    let dom = browse(&format!("{}/", gallery.url()));
    let measured = dom.split_once("data-measured=\"").and_then(|(_, rest)| rest.split_once('"'));
    let wanted = || expect("a browser shows the page in frames");
    let (measured, _) = measured.unwrap_or_else(|| wanted().fail(&dom));
    let frames: Vec<_> = measured
        .split(' ')
        .filter_map(|frame| {
            let mut parts = frame.split(':');
            Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.to_owned()))
        })
        .collect();
    wanted().request(measured).eq(frames.len(), 3);
    frames
}

mod in_a_browser {
    use super::{Portfolio, Value, expect, gallery, json, measured, with};

    /// Each would run in one place or another.
    const PROGRAMS: [&str; 6] = [
        "<script>window.hacked = true</script>",
        "\"><img src=x onerror=\"window.hacked = true\">",
        "</h3></title><svg onload=\"window.hacked = true\">",
        "' onmouseover='window.hacked = true' autofocus onfocus='window.hacked = true",
        "<iframe srcdoc=\"<script>parent.hacked = true</script>\"></iframe>",
        "--><script>document.title = 'hacked'</script>",
    ];

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_phone_and_a_desktop_need_not_scroll_sideways() {
        let mut portfolio = Portfolio::start();
        let mut days: Vec<_> = (1..=30).map(|number| portfolio.day(number, "star")).collect();
        // Words without a place to break them are what makes pages too wide.
        for day in &mut days {
            *day = with(day, "/title", "Donaudampfschifffahrt".repeat(5));
        }
        portfolio.publish(&days).await;
        portfolio.certify().await;
        for (width, content, _) in measured(&gallery(&portfolio).await) {
            let holds = content <= width;
            expect(format!("the page fits {width} pixels")).that(holds, format!("it is {content} pixels wide"));
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_browser_runs_nothing_of_it() {
        let profile = |text: &str| json!({"name": text, "label": text, "summary": text});
        let mut portfolio = Portfolio::of(profile(PROGRAMS.concat().as_str()));
        let days: Vec<Value> = (1..=30)
            .map(|number| {
                with(&portfolio.day(number, "passed"), "/title", PROGRAMS[usize::from(number) % PROGRAMS.len()])
            })
            .collect();
        portfolio.publish(&days).await;
        for (_, _, state) in measured(&gallery(&portfolio).await) {
            expect("nothing that a report or the profile says runs in a browser").eq(state.as_str(), "fine");
        }
    }
}
