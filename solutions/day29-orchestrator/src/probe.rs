//! Whether a pod answers.

use crate::views::{Check, Probe};
use std::{io, net::Ipv4Addr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::watch,
    task::JoinHandle,
    time::{MissedTickBehavior, interval, timeout},
};

/// A probe may take so long. A real second: a fast machine is no reason to be impatient with a slow one.
const PATIENCE: Duration = Duration::from_secs(1);

/// Asks a pod again and again whether it is ready, until it is dropped.
#[derive(Debug)]
pub struct Readiness {
    ready: watch::Receiver<bool>,
    task: JoinHandle<()>,
}

impl Readiness {
    /// Begins to ask. Until the first answer, `ready` is what holds; without a probe, whatever runs is ready.
    pub fn follow(probe: Option<Probe>, address: Ipv4Addr, second: Duration, ready: bool) -> Readiness {
        let (sender, receiver) = watch::channel(ready || probe.is_none());
        let task = tokio::spawn(async move {
            let Some(probe) = probe else { return std::future::pending().await };
            let mut ticks = interval(second * probe.period_seconds.max(1));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut failures = 0;
            loop {
                ticks.tick().await;
                let passes = matches!(timeout(PATIENCE, ask(&probe.check, address)).await, Ok(Ok(true)));
                failures = if passes { 0 } else { failures + 1 };
                if passes || failures >= probe.failure_threshold.max(1) {
                    sender.send_if_modified(|ready| std::mem::replace(ready, passes) != passes);
                }
            }
        });
        Readiness { ready: receiver, task }
    }

    pub fn is_ready(&mut self) -> bool {
        *self.ready.borrow_and_update()
    }

    /// Returns when the answer is another one.
    pub async fn changed(&mut self) {
        if self.ready.changed().await.is_err() {
            // Nobody asks any more, so there is no news.
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Readiness {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn ask(check: &Check, address: Ipv4Addr) -> io::Result<bool> {
    match check {
        Check::TcpSocket { port } => TcpStream::connect((address, *port)).await.map(|_| true),
        Check::HttpGet { path, port } => {
            let mut stream = TcpStream::connect((address, *port)).await?;
            let request = format!("GET {path} HTTP/1.1\r\nHost: {address}:{port}\r\nConnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).await?;
            let mut head = [0; 12];
            stream.read_exact(&mut head).await?;
            // The status stands after `HTTP/1.1 `.
            Ok(matches!(head.get(9), Some(b'2' | b'3')))
        }
    }
}
