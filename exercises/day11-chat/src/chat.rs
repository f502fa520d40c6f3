//! What all connections share.

use crate::hub::Hub;
use std::{sync::Arc, time::Duration};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long connections may take to say goodbye when the program ends.
const FAREWELL: Duration = Duration::from_millis(1200);

/// The running chat. Cloning is cheap, and the clones are one chat.
#[derive(Debug, Clone)]
pub struct Chat {
    pub hub: Arc<Hub>,
    pub settings: Settings,
    /// Cancelled when the program is to end.
    pub stopping: CancellationToken,
    /// Knows the connections that are open.
    pub connections: TaskTracker,
}

/// What applies to each connection.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Messages that may wait for a client.
    pub queue: usize,
    /// Time between two pings.
    pub ping: Duration,
}

impl Chat {
    /// A chat with empty rooms that remember so many messages each.
    pub fn new(history: usize, settings: Settings) -> Chat {
        let hub = Arc::new(Hub::new(history));
        Chat { hub, settings, stopping: CancellationToken::new(), connections: TaskTracker::new() }
    }

    /// Waits until all connections have ended, but not for ever.
    pub async fn closed(&self) {
        self.connections.close();
        if tokio::time::timeout(FAREWELL, self.connections.wait()).await.is_err() {
            eprintln!("{} connections did not say goodbye in time", self.connections.len());
        }
    }
}
