//! A watch, read one event after the other.

use super::{PATIENCE, version};
use futures_util::{StreamExt, stream::BoxStream};
use harness::expect;
use kube::{
    Api, ResourceExt,
    api::{WatchEvent, WatchParams},
};
use serde::de::DeserializeOwned;
use std::fmt::Debug;

/// What a watch tells.
pub struct Events<K> {
    stream: BoxStream<'static, kube::Result<WatchEvent<K>>>,
    /// The version of the last event.
    pub version: u64,
}

impl<K> Debug for Events<K> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Events").finish_non_exhaustive()
    }
}

impl<K: Clone + DeserializeOwned + Debug + kube::Resource + Send + 'static> Events<K> {
    /// What happens after this version.
    pub async fn after(api: &Api<K>, version: &str) -> Events<K> {
        Events::with(api, WatchParams::default(), version).await
    }

    pub async fn with(api: &Api<K>, params: WatchParams, version: &str) -> Events<K> {
        match api.watch(&params, version).await {
            Ok(stream) => Events { stream: stream.boxed(), version: version.parse().unwrap_or_default() },
            Err(error) => expect("objects can be watched").fail(error),
        }
    }

    /// The next event: what happened, and to what. Bookmarks are passed over.
    pub async fn next(&mut self) -> (&'static str, K) {
        loop {
            let next = harness_net::within("a watch tells what happens", PATIENCE, self.stream.next()).await;
            let (kind, object) = match next {
                Some(Ok(WatchEvent::Added(object))) => ("ADDED", object),
                Some(Ok(WatchEvent::Modified(object))) => ("MODIFIED", object),
                Some(Ok(WatchEvent::Deleted(object))) => ("DELETED", object),
                Some(Ok(WatchEvent::Bookmark(_))) => continue,
                other => expect("a watch tells what happens").fail(format!("{other:?}")),
            };
            self.version = version(&object);
            return (kind, object);
        }
    }

    /// The next event as `ADDED name`.
    pub async fn said(&mut self) -> String {
        let (kind, object) = self.next().await;
        format!("{kind} {}", object.name_any())
    }
}

/// Whether a watch is told that it asks for what is not remembered any more: as an answer, or as its first event.
pub async fn is_expired<K>(api: &Api<K>, version: &str) -> Result<(), String>
where
    K: Clone + DeserializeOwned + Debug + Send + 'static,
{
    let mut stream = match api.watch(&WatchParams::default(), version).await {
        Err(kube::Error::Api(status)) if status.code == 410 => return Ok(()),
        Err(error) => return Err(error.to_string()),
        Ok(stream) => stream.boxed(),
    };
    match harness_net::within("a watch says at once that it cannot", PATIENCE, stream.next()).await {
        Some(Ok(WatchEvent::Error(status)) | Err(kube::Error::Api(status))) if status.code == 410 => Ok(()),
        other => Err(format!("{other:?}")),
    }
}
