//! The table of queues.

use crate::{
    clock::now_ms,
    fault::{Fault, Kind},
    settings::{Settings, arn},
};
use sqlx::SqliteConnection;
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
pub struct Queue {
    pub id: i64,
    pub name: String,
    pub settings: Settings,
}

/// The queue with this name, if there is one.
pub async fn look_up(connection: &mut SqliteConnection, name: &str) -> Result<Option<Queue>, Fault> {
    let query = sqlx::query_as("SELECT id, settings FROM queues WHERE name = ?").bind(name);
    let row: Option<(i64, String)> = query.fetch_optional(connection).await?;
    let Some((id, settings)) = row else { return Ok(None) };
    let settings = serde_json::from_str(&settings).map_err(Fault::internal)?;
    Ok(Some(Queue { id, name: name.to_owned(), settings }))
}

/// The queue with this name.
pub async fn find(connection: &mut SqliteConnection, name: &str) -> Result<Queue, Fault> {
    let missing = || Fault::new(Kind::QueueDoesNotExist, format!("there is no queue {name:?}"));
    look_up(connection, name).await?.ok_or_else(missing)
}

/// The names of all queues that begin so.
pub async fn list(connection: &mut SqliteConnection, prefix: &str) -> sqlx::Result<Vec<String>> {
    let query = sqlx::query_scalar("SELECT name FROM queues WHERE substr(name, 1, length(?1)) = ?1 ORDER BY name");
    query.bind(prefix).fetch_all(connection).await
}

/// Makes a queue. One that is there already is fine, as long as nothing is asked for that it is not.
pub async fn create(
    connection: &mut SqliteConnection,
    name: &str,
    attributes: &BTreeMap<String, String>,
) -> Result<(), Fault> {
    if let Some(there) = look_up(connection, name).await? {
        if there.settings.with(attributes)? != there.settings {
            return Err(Fault::new(Kind::QueueNameExists, "a queue of this name is there, with other attributes"));
        }
        return Ok(());
    }
    let is_fifo = attributes.get("FifoQueue").is_some_and(|value| value == "true");
    check_name(name, is_fifo)?;
    let settings = Settings::new(is_fifo).with(attributes)?;
    check_redrive(connection, &settings).await?;
    sqlx::query("INSERT INTO queues (name, settings) VALUES (?, ?)")
        .bind(name)
        .bind(serde_json::to_string(&settings).map_err(Fault::internal)?)
        .execute(connection)
        .await?;
    Ok(())
}

/// Changes those settings that are named.
pub async fn set(
    connection: &mut SqliteConnection,
    queue: &Queue,
    attributes: &BTreeMap<String, String>,
) -> Result<(), Fault> {
    let settings = queue.settings.with(attributes)?;
    check_redrive(connection, &settings).await?;
    sqlx::query("UPDATE queues SET settings = ? WHERE id = ?")
        .bind(serde_json::to_string(&settings).map_err(Fault::internal)?)
        .bind(queue.id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Deletes a queue, with everything in it.
pub async fn delete(connection: &mut SqliteConnection, queue: &Queue) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM queues WHERE id = ?").bind(queue.id).execute(connection).await.map(drop)
}

/// Everything that is known about a queue: its settings, and how many messages it has.
pub async fn attributes(
    connection: &mut SqliteConnection,
    queue: &Queue,
) -> sqlx::Result<BTreeMap<&'static str, String>> {
    let (visible, in_flight, delayed): (i64, i64, i64) = sqlx::query_as(
        "SELECT count(*) FILTER (WHERE visible_ms <= ?1),
                count(*) FILTER (WHERE visible_ms > ?1 AND receives > 0),
                count(*) FILTER (WHERE visible_ms > ?1 AND receives = 0)
         FROM messages WHERE queue = ?2",
    )
    .bind(now_ms())
    .bind(queue.id)
    .fetch_one(connection)
    .await?;
    let mut attributes = queue.settings.shown();
    attributes.insert("QueueArn", arn(&queue.name));
    attributes.insert("ApproximateNumberOfMessages", visible.to_string());
    attributes.insert("ApproximateNumberOfMessagesNotVisible", in_flight.to_string());
    attributes.insert("ApproximateNumberOfMessagesDelayed", delayed.to_string());
    Ok(attributes)
}

/// A queue for dead letters has to be there, and to keep the order if this one does.
async fn check_redrive(connection: &mut SqliteConnection, settings: &Settings) -> Result<(), Fault> {
    let Some(redrive) = &settings.redrive else { return Ok(()) };
    let target = look_up(connection, &redrive.target).await?;
    if target.is_some_and(|target| target.settings.fifo == settings.fifo) {
        return Ok(());
    }
    let message = format!("RedrivePolicy: there is no queue {:?} of the same kind as this one", redrive.target);
    Err(Fault::new(Kind::InvalidParameterValue, message))
}

fn check_name(name: &str, is_fifo: bool) -> Result<(), Fault> {
    let stem = if is_fifo { name.strip_suffix(".fifo").unwrap_or_default() } else { name };
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if name.len() <= 80 && !stem.is_empty() && stem.bytes().all(is_letter) {
        return Ok(());
    }
    let message = "a name has 1 to 80 letters, digits, - and _; that of a FIFO queue, and no other, ends with .fifo";
    Err(Fault::new(Kind::InvalidParameterValue, message))
}
