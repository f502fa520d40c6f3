//! Connections to other nodes: who connects to whom, the greeting, and a task for each. What the messages mean is a matter
//! of `sync`.

use crate::{
    fault::{Fault, Refusal},
    node::Node,
    rules,
    sync::{self, Session},
    wire,
};
use bitcoin::p2p::{Address, ServiceFlags, message::NetworkMessage, message_network::VersionMessage};
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::BufReader,
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{Semaphore, broadcast::error::RecvError, mpsc},
    time::timeout,
};

/// So many others may be connected to us.
const MOST_INBOUND: usize = 64;

/// How long a greeting, or the writing of one message, may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// So many messages wait to be looked at; then the peer has to wait, too.
const INBOX: usize = 16;

/// Why a connection has ended.
#[derive(Debug)]
pub enum Parting {
    /// The network, or bytes that are no message.
    Io(io::Error),
    /// The peer has broken this rule.
    Rule(&'static str),
    /// Something of ours failed.
    Failure(Fault),
}

impl From<io::Error> for Parting {
    fn from(error: io::Error) -> Parting {
        Parting::Io(error)
    }
}

impl From<Fault> for Parting {
    fn from(fault: Fault) -> Parting {
        Parting::Failure(fault)
    }
}

impl From<Refusal> for Parting {
    fn from(refusal: Refusal) -> Parting {
        match refusal {
            Refusal::Rule(rule) => Parting::Rule(rule),
            Refusal::Failure(fault) => Parting::Failure(fault),
        }
    }
}

/// Where messages to a peer go.
#[derive(Debug)]
pub struct Outbox(OwnedWriteHalf);

impl Outbox {
    /// Returns when the message is on its way, or the peer takes too long to read.
    pub async fn send(&mut self, message: NetworkMessage) -> Result<(), Parting> {
        let written = timeout(PATIENCE, wire::write(&mut self.0, message)).await;
        Ok(written.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?)
    }
}

/// Lets others connect.
pub async fn listen(node: Node, listener: TcpListener) {
    let places = Arc::new(Semaphore::new(MOST_INBOUND));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, address)) => {
                let node = node.clone();
                tokio::spawn(async move {
                    log(address, talk(&node, stream, address).await);
                    drop(place);
                });
            }
            Err(error) => {
                eprintln!("warning: a peer could not connect: {error}");
                // As when there are too many open files: it will not be better at once.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Connects to another node, again and again.
pub async fn connect(node: Node, address: SocketAddr, retry: Duration) {
    loop {
        let result = match TcpStream::connect(address).await {
            Ok(stream) => talk(&node, stream, address).await,
            Err(error) => Err(error.into()),
        };
        log(address, result);
        tokio::time::sleep(retry).await;
    }
}

fn log(address: SocketAddr, result: Result<(), Parting>) {
    match result {
        Ok(()) => eprintln!("peer {address} has hung up"),
        Err(Parting::Io(error)) => eprintln!("peer {address}: {error}"),
        Err(Parting::Rule(rule)) => eprintln!("peer {address} has broken a rule: {rule}"),
        Err(Parting::Failure(fault)) => eprintln!("peer {address} was let go: {}", fault.message),
    }
}

/// One connection, from greeting to end.
async fn talk(node: &Node, stream: TcpStream, address: SocketAddr) -> Result<(), Parting> {
    // Small messages leave at once. Where that cannot be set, they come later.
    drop(stream.set_nodelay(true));
    let (reader, writer) = stream.into_split();
    let (mut reader, mut outbox) = (BufReader::new(reader), Outbox(writer));
    let greeting = timeout(PATIENCE, greet(node, &mut reader, &mut outbox, address)).await;
    greeting.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))?;
    // Before the first question, so that no news is missed.
    let mut news = node.listen();
    outbox.send(sync::ask(node).await?).await?;

    // To read a message takes several steps, and `select!` may end it between two. So a task of its own does it.
    let (sender, mut inbox) = mpsc::channel(INBOX);
    let reading = tokio::spawn(async move {
        while let Some(message) = wire::read(&mut reader).await.transpose() {
            let is_last = message.is_err();
            if sender.send(message).await.is_err() || is_last {
                break;
            }
        }
    });
    let result = async {
        let mut session = Session::default();
        loop {
            tokio::select! {
                // What the peer says first: while many blocks come, the news of each would help nobody.
                biased;
                message = inbox.recv() => match message {
                    Some(message) => session.answer(node, message?, &mut outbox).await?,
                    None => return Ok(()),
                },
                item = news.recv() => match item {
                    Ok(item) => outbox.send(NetworkMessage::Inv(vec![item])).await?,
                    // So far behind that news was lost. The last one, which is still there, is the tip.
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return Ok(()),
                },
            }
        }
    }
    .await;
    reading.abort();
    result
}

/// `version` and `verack`, in both directions.
async fn greet(
    node: &Node,
    reader: &mut BufReader<OwnedReadHalf>,
    outbox: &mut Outbox,
    address: SocketAddr,
) -> Result<(), Parting> {
    let services = ServiceFlags::NETWORK | ServiceFlags::WITNESS;
    let nobody = SocketAddr::from(([0, 0, 0, 0], 0));
    let height = i32::try_from(node.tip().await?.height).unwrap_or(i32::MAX);
    let mut version = VersionMessage::new(
        services,
        rules::now().into(),
        Address::new(&address, ServiceFlags::NONE),
        Address::new(&nobody, services),
        // Two nodes with the same nonce would be one that talks to itself. Nobody here looks at it.
        0,
        "/chain-node:0.1/".to_owned(),
        height,
    );
    version.relay = true;
    outbox.send(NetworkMessage::Version(version)).await?;
    let (mut has_version, mut has_verack) = (false, false);
    while !(has_version && has_verack) {
        match wire::read(reader).await? {
            Some(NetworkMessage::Version(_)) => {
                has_version = true;
                outbox.send(NetworkMessage::Verack).await?;
            }
            Some(NetworkMessage::Verack) => has_verack = true,
            // What newer nodes say here about themselves.
            Some(_) => {}
            None => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
        }
    }
    Ok(())
}
