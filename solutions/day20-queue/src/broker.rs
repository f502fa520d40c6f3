//! The operations. Each change is one transaction, and rings the bell of its queue once that is on disk.

use crate::{
    bells::Bells,
    check,
    clock::{self, Clock},
    digest,
    fault::{Fault, Kind},
    messages,
    queues::{self, Queue},
    wire::{Item, Message, Outcome, Request, needed, within},
};
use plumbing_sqlite::Database;
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::{Sqlite, Transaction};
use std::collections::BTreeMap;

/// What all requests share. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Broker {
    database: Database,
    clock: Clock,
    bells: Bells,
}

/// What can be done with one message, or with each of a batch.
#[derive(Debug, Clone, Copy)]
pub enum Act {
    Send,
    Delete,
    ChangeVisibility,
}

/// The answer where there is nothing to say.
#[derive(Debug, Serialize)]
pub struct Done {}

impl Broker {
    pub fn new(database: Database, clock: Clock) -> Broker {
        Broker { database, clock, bells: Bells::default() }
    }

    /// Returns the queue's name.
    pub async fn create_queue(&self, request: Request) -> Result<String, Fault> {
        let name = needed("QueueName", &request.queue_name)?;
        let mut transaction = self.database.begin().await?;
        queues::create(&mut transaction, name, &request.attributes).await?;
        transaction.commit().await?;
        Ok(name.to_owned())
    }

    pub async fn find_queue(&self, request: Request) -> Result<String, Fault> {
        let mut connection = self.database.reader().acquire().await?;
        Ok(queues::find(&mut connection, needed("QueueName", &request.queue_name)?).await?.name)
    }

    pub async fn list_queues(&self, request: Request) -> Result<Vec<String>, Fault> {
        let mut connection = self.database.reader().acquire().await?;
        Ok(queues::list(&mut connection, &request.queue_name_prefix).await?)
    }

    pub async fn get_queue_attributes(&self, request: Request) -> Result<BTreeMap<&'static str, String>, Fault> {
        let (mut transaction, queue) = self.open(&request).await?;
        let mut attributes = queues::attributes(&mut transaction, &queue).await?;
        attributes.retain(|name, _| is_wanted(&request.attribute_names, name));
        Ok(attributes)
    }

    pub async fn set_queue_attributes(&self, request: Request) -> Result<Done, Fault> {
        let (mut transaction, queue) = self.open(&request).await?;
        queues::set(&mut transaction, &queue, &request.attributes).await?;
        self.close(transaction, &queue).await
    }

    pub async fn delete_queue(&self, request: Request) -> Result<Done, Fault> {
        let (mut transaction, queue) = self.open(&request).await?;
        queues::delete(&mut transaction, &queue).await?;
        transaction.commit().await?;
        self.bells.remove(queue.id);
        Ok(Done {})
    }

    pub async fn purge_queue(&self, request: Request) -> Result<Done, Fault> {
        let (mut transaction, queue) = self.open(&request).await?;
        messages::purge(&mut transaction, &queue).await?;
        self.close(transaction, &queue).await
    }

    /// Does one thing.
    pub async fn one(&self, act: Act, request: Request) -> Result<Outcome, Fault> {
        let (mut transaction, queue) = self.open(&request).await?;
        let outcome = self.act(&mut transaction, &queue, act, &request.item).await?;
        self.close(transaction, &queue).await?;
        Ok(outcome)
    }

    /// Does up to ten things. What is wrong with one of them is no matter of the others.
    pub async fn batch(&self, act: Act, request: Request) -> Result<Value, Fault> {
        check::batch(&request.entries)?;
        let (mut transaction, queue) = self.open(&request).await?;
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for entry in &request.entries {
            match self.act(&mut transaction, &queue, act, entry).await {
                Ok(outcome) => {
                    let mut result = json!(outcome);
                    result["Id"] = json!(entry.id);
                    successful.push(result);
                }
                Err(Fault { kind, message }) if kind.status().is_client_error() => {
                    failed.push(json!({"Id": entry.id, "Code": kind, "Message": message, "SenderFault": true}));
                }
                // A database that fails is not the fault of an entry: nothing of the batch is done then.
                Err(ours) => return Err(ours),
            }
        }
        self.close(transaction, &queue).await?;
        Ok(json!({"Successful": successful, "Failed": failed}))
    }

    async fn act(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
        queue: &Queue,
        act: Act,
        item: &Item,
    ) -> Result<Outcome, Fault> {
        match act {
            Act::Send => {
                check::message(queue, item)?;
                messages::store(transaction, queue, item, self.clock).await
            }
            Act::Delete => {
                messages::delete(transaction, queue, &item.receipt_handle).await?;
                Ok(Outcome::default())
            }
            Act::ChangeVisibility => {
                let missing = || Fault::new(Kind::MissingParameter, "VisibilityTimeout is missing");
                let seconds = item.visibility_timeout.ok_or_else(missing)?;
                let seconds = within("VisibilityTimeout", seconds, 0..=43_200)?;
                let visible_ms = self.clock.in_seconds(seconds);
                messages::change_visibility(transaction, queue, &item.receipt_handle, visible_ms).await?;
                Ok(Outcome::default())
            }
        }
    }

    /// Returns messages as soon as there are some, and none when the time is up.
    pub async fn receive(&self, request: Request) -> Result<Vec<Message>, Fault> {
        let limit = within("MaxNumberOfMessages", request.max_number_of_messages.unwrap_or(1), 1..=10)?;
        within("VisibilityTimeout", request.item.visibility_timeout.unwrap_or(0), 0..=43_200)?;
        within("WaitTimeSeconds", request.wait_time_seconds.unwrap_or(0), 0..=20)?;
        let mut end_ms = None;
        let mut messages = loop {
            let (transaction, queue) = self.open(&request).await?;
            let wait = request.wait_time_seconds.unwrap_or(queue.settings.wait);
            let end_ms = *end_ms.get_or_insert(self.clock.in_seconds(wait));
            // Before the look, so that what happens during the look is heard.
            let mut bell = self.bells.listen(queue.id);
            let visibility = request.item.visibility_timeout.unwrap_or(queue.settings.visibility);
            let (messages, next_ms) = self.look(transaction, &queue, limit, visibility).await?;
            if !messages.is_empty() || clock::now_ms() >= end_ms {
                break messages;
            }
            // Until somebody rings, a message becomes visible by itself, or the time is up.
            let wake_ms = next_ms.map_or(end_ms, |next_ms| next_ms.min(end_ms));
            tokio::select! {
                // An error says that the queue was deleted, and so will the next look.
                _ = bell.changed() => {}
                () = tokio::time::sleep(clock::until(wake_ms)) => {}
            }
        };
        for message in &mut messages {
            message.attributes.retain(|name, _| {
                is_wanted(&request.attribute_names, name) || is_wanted(&request.message_system_attribute_names, name)
            });
            message.message_attributes.retain(|name, _| is_wanted(&request.message_attribute_names, name));
            message.attributes_md5 = digest::of_attributes(&message.message_attributes);
        }
        Ok(messages)
    }

    /// Looks once, and takes what is there. Returns also when the next message becomes visible by itself.
    async fn look(
        &self,
        mut transaction: Transaction<'static, Sqlite>,
        queue: &Queue,
        limit: i64,
        visibility: i64,
    ) -> Result<(Vec<Message>, Option<i64>), Fault> {
        // One moment for all three: what became visible between two moments would be seen by neither.
        let (now_ms, visible_ms) = (clock::now_ms(), self.clock.in_seconds(visibility));
        let dead_letters = messages::bury(&mut transaction, queue, now_ms).await?;
        let messages = messages::take(&mut transaction, queue, limit, now_ms, visible_ms).await?;
        let next_ms = messages::next_visible(&mut transaction, queue, now_ms).await?;
        if dead_letters.is_some() || !messages.is_empty() {
            transaction.commit().await?;
        }
        if let Some(dead_letters) = dead_letters {
            self.bells.ring(dead_letters);
        }
        Ok((messages, next_ms))
    }

    /// Begins a transaction about the queue of a request.
    async fn open(&self, request: &Request) -> Result<(Transaction<'static, Sqlite>, Queue), Fault> {
        let url = needed("QueueUrl", &request.queue_url)?;
        let name = url.rsplit('/').next().unwrap_or_default();
        let mut transaction = self.database.begin().await?;
        let queue = queues::find(&mut transaction, name).await?;
        Ok((transaction, queue))
    }

    /// Commits it, and wakes who waits at the queue.
    async fn close(&self, transaction: Transaction<'static, Sqlite>, queue: &Queue) -> Result<Done, Fault> {
        transaction.commit().await?;
        self.bells.ring(queue.id);
        Ok(Done {})
    }
}

/// Whether a list of names asks for this one: by its name, by how it begins, or together with all others.
fn is_wanted(wanted: &[String], name: &str) -> bool {
    wanted.iter().any(|wanted| match wanted.strip_suffix(".*") {
        Some(beginning) => name.starts_with(beginning),
        None => wanted == "All" || wanted == name,
    })
}
