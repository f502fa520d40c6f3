//! The table of messages. Everything here happens within a transaction of the caller.

use crate::{
    clock::{Clock, now_ms},
    digest,
    fault::{Fault, Kind},
    queues::Queue,
    wire::{Attributes, Item, Message, Outcome},
};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;
use std::collections::BTreeMap;

/// How long a FIFO queue remembers what it was sent, in seconds of the protocol.
const REMEMBERED: i64 = 300;

/// So many random bytes are in a receipt handle.
const RECEIPT: usize = 24;

#[derive(Debug, sqlx::FromRow)]
struct Row {
    id: i64,
    message_id: String,
    body: String,
    attributes: String,
    group_id: Option<String>,
    deduplication_id: Option<String>,
    sent_ms: i64,
    receives: i64,
    first_received_ms: Option<i64>,
}

/// Stores a message that was checked; in a FIFO queue only if it was not sent in the last minutes.
pub async fn store(
    connection: &mut SqliteConnection,
    queue: &Queue,
    item: &Item,
    clock: Clock,
) -> Result<Outcome, Fault> {
    let deduplication = deduplication_id(queue, item);
    let before = match &deduplication {
        Some(deduplication) => sent_before(connection, queue, deduplication).await?,
        None => None,
    };
    let (message_id, sequence) = match before {
        Some(before) => before,
        None => {
            let id = unique_id().map_err(Fault::internal)?;
            let sequence = insert(connection, queue, item, &id, deduplication.as_deref(), clock).await?;
            (id, sequence)
        }
    };
    Ok(Outcome {
        message_id: Some(message_id),
        body_md5: Some(digest::of_text(&item.message_body)),
        attributes_md5: digest::of_attributes(&item.message_attributes),
        sequence_number: queue.settings.fifo.then(|| sequence_number(sequence)),
    })
}

/// What has the same id is the same message. Without one of its own, its body says which it is.
fn deduplication_id(queue: &Queue, item: &Item) -> Option<String> {
    let of_body = || HEXLOWER.encode(&Sha256::digest(&item.message_body));
    queue.settings.fifo.then(|| item.message_deduplication_id.clone().unwrap_or_else(of_body))
}

/// The id and the sequence number of the message that was sent with this deduplication id.
async fn sent_before(
    connection: &mut SqliteConnection,
    queue: &Queue,
    deduplication: &str,
) -> Result<Option<(String, i64)>, Fault> {
    let query = sqlx::query("DELETE FROM deduplication WHERE queue = ? AND until_ms <= ?");
    query.bind(queue.id).bind(now_ms()).execute(&mut *connection).await?;
    let query = sqlx::query_as("SELECT message_id, sequence FROM deduplication WHERE queue = ? AND id = ?");
    Ok(query.bind(queue.id).bind(deduplication).fetch_optional(connection).await?)
}

/// Stores a message, and its deduplication id. Returns its sequence number.
async fn insert(
    connection: &mut SqliteConnection,
    queue: &Queue,
    item: &Item,
    message_id: &str,
    deduplication: Option<&str>,
    clock: Clock,
) -> Result<i64, Fault> {
    let stored = sqlx::query(
        "INSERT INTO messages (queue, message_id, body, attributes, group_id, deduplication_id, sent_ms, visible_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(queue.id)
    .bind(message_id)
    .bind(&item.message_body)
    .bind(serde_json::to_string(&item.message_attributes).map_err(Fault::internal)?)
    .bind(item.message_group_id.as_ref().filter(|_| queue.settings.fifo))
    .bind(deduplication)
    .bind(now_ms())
    .bind(clock.in_seconds(item.delay_seconds.unwrap_or(queue.settings.delay)))
    .execute(&mut *connection)
    .await?;
    let sequence = stored.last_insert_rowid();
    if let Some(deduplication) = deduplication {
        sqlx::query("INSERT INTO deduplication (queue, id, message_id, sequence, until_ms) VALUES (?, ?, ?, ?, ?)")
            .bind(queue.id)
            .bind(deduplication)
            .bind(message_id)
            .bind(sequence)
            .bind(clock.in_seconds(REMEMBERED))
            .execute(connection)
            .await?;
    }
    Ok(sequence)
}

/// Moves what was received too often to the queue for dead letters. Returns that queue's id, if something was moved.
pub async fn bury(connection: &mut SqliteConnection, queue: &Queue, now_ms: i64) -> Result<Option<i64>, Fault> {
    let Some(redrive) = &queue.settings.redrive else { return Ok(None) };
    let query = sqlx::query_scalar("SELECT id FROM queues WHERE name = ?").bind(&redrive.target);
    // If that queue was deleted, the message stays where it is: to be received once more is better than to be lost.
    let Some(target): Option<i64> = query.fetch_optional(&mut *connection).await? else { return Ok(None) };
    let moved = sqlx::query(
        "UPDATE messages SET queue = ?, receives = 0, first_received_ms = NULL, receipt = NULL
         WHERE queue = ? AND visible_ms <= ? AND receives >= ?",
    )
    .bind(target)
    .bind(queue.id)
    .bind(now_ms)
    .bind(redrive.max_receives)
    .execute(connection)
    .await?;
    Ok((moved.rows_affected() > 0).then_some(target))
}

/// Takes up to `limit` visible messages, oldest first: they are invisible until `visible_ms`, and get new handles.
pub async fn take(
    connection: &mut SqliteConnection,
    queue: &Queue,
    limit: i64,
    now_ms: i64,
    visible_ms: i64,
) -> Result<Vec<Message>, Fault> {
    let mut taken = Vec::new();
    for mut row in visible(connection, queue, limit, now_ms).await? {
        row.receives += 1;
        row.first_received_ms = row.first_received_ms.or(Some(now_ms));
        let receipt = new_receipt().map_err(Fault::internal)?;
        hand_out(connection, &row, &receipt, visible_ms).await?;
        taken.push(show(row, receipt)?);
    }
    Ok(taken)
}

/// Up to `limit` messages that may be handed out now.
async fn visible(connection: &mut SqliteConnection, queue: &Queue, limit: i64, now_ms: i64) -> Result<Vec<Row>, Fault> {
    // A group of a FIFO queue stands still while one of its messages is with somebody. What has no group has nobody to
    // wait for: a comparison with NULL is never true.
    let rows = sqlx::query_as(
        "SELECT * FROM messages WHERE queue = ?1 AND visible_ms <= ?2 AND NOT EXISTS (
             SELECT 1 FROM messages AS other
             WHERE other.queue = ?1 AND other.group_id = messages.group_id AND other.visible_ms > ?2
         ) ORDER BY id LIMIT ?3",
    )
    .bind(queue.id)
    .bind(now_ms)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

/// Writes down that a message is with somebody.
async fn hand_out(connection: &mut SqliteConnection, row: &Row, receipt: &str, visible_ms: i64) -> Result<(), Fault> {
    sqlx::query("UPDATE messages SET visible_ms = ?, receipt = ?, receives = ?, first_received_ms = ? WHERE id = ?")
        .bind(visible_ms)
        .bind(receipt)
        .bind(row.receives)
        .bind(row.first_received_ms)
        .bind(row.id)
        .execute(connection)
        .await?;
    Ok(())
}

/// When the next message becomes visible by itself.
pub async fn next_visible(connection: &mut SqliteConnection, queue: &Queue, now_ms: i64) -> Result<Option<i64>, Fault> {
    let query = sqlx::query_scalar("SELECT min(visible_ms) FROM messages WHERE queue = ? AND visible_ms > ?");
    Ok(query.bind(queue.id).bind(now_ms).fetch_one(connection).await?)
}

/// Deletes the message whose latest handle this is. If it was received again since, it stays.
pub async fn delete(connection: &mut SqliteConnection, queue: &Queue, receipt: &str) -> Result<(), Fault> {
    check_receipt(receipt)?;
    let query = sqlx::query("DELETE FROM messages WHERE queue = ? AND receipt = ?");
    query.bind(queue.id).bind(receipt).execute(connection).await?;
    Ok(())
}

/// Makes a message that is in flight visible at another time.
pub async fn change_visibility(
    connection: &mut SqliteConnection,
    queue: &Queue,
    receipt: &str,
    visible_ms: i64,
) -> Result<(), Fault> {
    check_receipt(receipt)?;
    let query = sqlx::query("UPDATE messages SET visible_ms = ? WHERE queue = ? AND receipt = ? AND visible_ms > ?");
    let query = query.bind(visible_ms).bind(queue.id).bind(receipt).bind(now_ms());
    if query.execute(connection).await?.rows_affected() == 0 {
        return Err(Fault::new(Kind::MessageNotInflight, "no message is in flight with this handle"));
    }
    Ok(())
}

/// Deletes all messages of a queue.
pub async fn purge(connection: &mut SqliteConnection, queue: &Queue) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM messages WHERE queue = ?").bind(queue.id).execute(connection).await.map(drop)
}

/// Random, in the form of a UUID.
fn unique_id() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    let hex = HEXLOWER.encode(&bytes);
    Ok(format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]))
}

/// A handle stands for one receive of a message, and not for the message.
fn new_receipt() -> Result<String, getrandom::Error> {
    let mut bytes = [0; RECEIPT];
    getrandom::fill(&mut bytes)?;
    Ok(BASE64URL_NOPAD.encode(&bytes))
}

fn check_receipt(receipt: &str) -> Result<(), Fault> {
    let bytes = BASE64URL_NOPAD.decode(receipt.as_bytes());
    if bytes.is_ok_and(|bytes| bytes.len() == RECEIPT) {
        return Ok(());
    }
    Err(Fault::new(Kind::ReceiptHandleIsInvalid, "this is no receipt handle"))
}

/// Texts of one length have the order of their numbers.
fn sequence_number(id: i64) -> String {
    format!("{id:020}")
}

/// A message with everything that is known of it. The caller leaves out what was not asked for.
fn show(row: Row, receipt_handle: String) -> Result<Message, Fault> {
    let message_attributes: Attributes = serde_json::from_str(&row.attributes).map_err(Fault::internal)?;
    let mut attributes = BTreeMap::from([
        ("SentTimestamp", row.sent_ms.to_string()),
        ("ApproximateReceiveCount", row.receives.to_string()),
        ("ApproximateFirstReceiveTimestamp", row.first_received_ms.unwrap_or_default().to_string()),
    ]);
    if let (Some(group), Some(deduplication)) = (row.group_id, row.deduplication_id) {
        attributes.insert("MessageGroupId", group);
        attributes.insert("MessageDeduplicationId", deduplication);
        attributes.insert("SequenceNumber", sequence_number(row.id));
    }
    Ok(Message {
        message_id: row.message_id,
        receipt_handle,
        body_md5: digest::of_text(&row.body),
        body: row.body,
        attributes,
        message_attributes,
        attributes_md5: None,
    })
}
