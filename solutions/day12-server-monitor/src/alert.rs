//! Messages to the webhook: one after the other, each until it is accepted.

use crate::{config::Delivery, probe::innermost, record::Change};
use jiff::Timestamp;
use reqwest::{Client, header::CONTENT_TYPE};
use serde::Serialize;
use tokio::sync::{mpsc, watch};

/// So many messages wait at most while the webhook does not accept any.
const WAITING: usize = 10_000;

/// That an alert has changed, as the webhook gets it.
#[derive(Debug, Clone, Serialize)]
pub struct Message {
    status: &'static str,
    target: String,
    /// Why the last probe failed; null when the alert resolves.
    error: Option<String>,
    at: Timestamp,
}

impl Message {
    pub fn new(change: Change, target: &str, error: Option<String>, at: Timestamp) -> Message {
        let status = match change {
            Change::Fires => "firing",
            Change::Resolves => "resolved",
        };
        Message { status, target: target.to_owned(), error, at }
    }
}

/// Takes messages without ever making the caller wait.
#[derive(Debug)]
pub struct Outbox {
    queue: mpsc::Sender<Message>,
    delivery: watch::Sender<Delivery>,
}

impl Outbox {
    /// Starts the task that delivers. Until [`Outbox::configure`] there is no webhook.
    pub fn start(client: Client) -> Outbox {
        let (queue, waiting) = mpsc::channel(WAITING);
        let (delivery, settings) = watch::channel(Delivery::default());
        tokio::spawn(deliver(client, waiting, settings));
        Outbox { queue, delivery }
    }

    /// From now on, messages go there, those that wait already included.
    pub fn configure(&self, delivery: Delivery) {
        self.delivery.send_replace(delivery);
    }

    /// Queues a message.
    pub fn send(&self, message: Message) {
        if let Err(error) = self.queue.try_send(message) {
            eprintln!("error: the webhook is too far behind, so a message is lost: {error}");
        }
    }
}

async fn deliver(client: Client, mut waiting: mpsc::Receiver<Message>, settings: watch::Receiver<Delivery>) {
    while let Some(message) = waiting.recv().await {
        loop {
            // Looked up each time: the webhook that never answers may be why the config was changed.
            let delivery = settings.borrow().clone();
            match post(&client, &delivery, &message).await {
                Ok(()) => break,
                Err(why) => eprintln!("error: the webhook did not accept a message: {why}"),
            }
            tokio::time::sleep(delivery.retry).await;
        }
    }
}

/// Sends the message once. Without a webhook there is nothing to do.
async fn post(client: &Client, delivery: &Delivery, message: &Message) -> Result<(), String> {
    let Some(webhook) = &delivery.webhook else { return Ok(()) };
    let body = serde_json::to_vec(message).map_err(|error| error.to_string())?;
    let request = client.post(webhook.clone()).header(CONTENT_TYPE, "application/json").body(body);
    let response = request.timeout(delivery.timeout).send().await;
    // The innermost cause names no address. A webhook's often has a secret in it, and this goes into the log.
    let status = response.map_err(|error| innermost(&error.without_url()))?.status();
    if status.is_success() { Ok(()) } else { Err(format!("status {}", status.as_u16())) }
}
