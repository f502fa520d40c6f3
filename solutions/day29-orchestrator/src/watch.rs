//! Changes as they happen. A watch is a place in the table of changes: it reads what follows the place, and waits for news.
//! So it has no queue that could overflow, and nothing can happen between a list and the watch after it.

use crate::{
    fault::Fault,
    resource::Resource,
    selector::Filter,
    store::{Changed, Store},
    views::{Object, meta},
};
use bytes::Bytes;
use futures_util::stream::{self, Stream};
use serde_json::{Value, json};
use std::{convert::Infallible, time::Duration};
use tokio::{sync::watch, time::Instant};

/// One client that watches.
#[derive(Debug)]
pub struct Watch {
    store: Store,
    resource: Resource,
    namespace: Option<String>,
    filter: Filter,
    /// Everything up to here has been told.
    version: i64,
    /// What is to be told first.
    first: String,
    news: watch::Receiver<bool>,
    ends: Instant,
    is_over: bool,
}

impl Watch {
    /// A watch of what changes after `version`; none means: tell first what is there.
    pub async fn begin(
        store: Store,
        resource: Resource,
        namespace: Option<String>,
        filter: Filter,
        version: Option<i64>,
        limit: Duration,
    ) -> Result<Watch, Fault> {
        let news = store.news();
        let mut first = String::new();
        let version = match version {
            Some(version) => {
                // Too old a version is an error now, while there is a status line to say so.
                store.changes(resource, version).await?;
                version
            }
            None => {
                let (version, objects) = store.list(resource, namespace.as_deref()).await?;
                objects
                    .iter()
                    .filter(|object| filter.matches(object))
                    .for_each(|object| line(&mut first, "ADDED", object));
                version
            }
        };
        let ends = Instant::now() + limit;
        Ok(Watch { store, resource, namespace, filter, version, first, news, ends, is_over: false })
    }

    /// The body of the answer, a JSON document a line. When nobody reads it any more, it is dropped, and that is all.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
        stream::unfold(self, |mut watch| async move {
            let text = watch.next().await?;
            Some((Ok(Bytes::from(text)), watch))
        })
    }

    /// The next lines, or none when it is over.
    async fn next(&mut self) -> Option<String> {
        let mut lines = std::mem::take(&mut self.first);
        while lines.is_empty() {
            if self.is_over || *self.news.borrow_and_update() {
                return None;
            }
            match self.store.changes(self.resource, self.version).await {
                Ok(batch) => {
                    self.version = batch.version;
                    batch.changes.iter().for_each(|change| self.tell(&mut lines, change));
                    if batch.is_full {
                        continue;
                    }
                }
                Err(fault) => {
                    // The status line is long gone, so the error is an event, and the last one.
                    line(&mut lines, "ERROR", &fault.to_json());
                    self.is_over = true;
                }
            }
            if lines.is_empty() {
                tokio::select! {
                    _ = self.news.changed() => {}
                    () = tokio::time::sleep_until(self.ends) => return None,
                }
            }
        }
        Some(lines)
    }

    /// What a change is to somebody who knows only what the filter lets through.
    fn tell(&self, lines: &mut String, change: &Changed) {
        let concerns = |object: &&Object| {
            let is_here = self.namespace.as_ref().is_none_or(|namespace| *namespace == meta(object).namespace);
            is_here && self.filter.matches(object)
        };
        let before = change.before.as_ref().filter(concerns);
        let after = change.after.as_ref().filter(concerns);
        match (before, after) {
            (None, None) => {}
            (None, Some(object)) => line(lines, "ADDED", object),
            (Some(_), Some(object)) => line(lines, "MODIFIED", object),
            (Some(object), None) => {
                let mut last = object.clone();
                last["metadata"]["resourceVersion"] = change.version.to_string().into();
                line(lines, "DELETED", &last);
            }
        }
    }
}

fn line(lines: &mut String, kind: &str, object: &Value) {
    lines.push_str(&json!({ "type": kind, "object": object }).to_string());
    lines.push('\n');
}
