//! A peer that speaks the network's protocol as the test tells it.

use bitcoin::{
    Network,
    consensus::{deserialize, serialize},
    p2p::{
        Address, ServiceFlags,
        message::{NetworkMessage, RawNetworkMessage},
        message_network::VersionMessage,
    },
};
use harness::expect;
use harness_net::within;
use std::{
    net::SocketAddr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const PATIENCE: Duration = Duration::from_secs(10);

/// A connection to a node, after the greeting.
#[derive(Debug)]
pub struct Peer {
    stream: TcpStream,
}

impl Peer {
    /// Connects and greets.
    pub async fn connect(address: SocketAddr) -> Peer {
        let stream = TcpStream::connect(address).await;
        let stream = stream.unwrap_or_else(|error| {
            expect("the node can be connected to").expected("a connection").fail(error);
        });
        let mut peer = Peer { stream };
        let services = ServiceFlags::NETWORK | ServiceFlags::WITNESS;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let endpoint = Address::new(&address, services);
        let agent = "/tests/".to_owned();
        let version = VersionMessage::new(services, now.cast_signed(), endpoint.clone(), endpoint, 7, agent, 0);
        peer.send(NetworkMessage::Version(version)).await;
        peer.find("the node greets with version", |message| matches!(message, NetworkMessage::Version(_))).await;
        peer.send(NetworkMessage::Verack).await;
        peer.find("the node answers version with verack", |message| matches!(message, NetworkMessage::Verack)).await;
        peer
    }

    /// Sends a message that has to be taken.
    pub async fn send(&mut self, message: NetworkMessage) {
        let sent = self.try_send(message).await;
        expect("the node reads what a peer sends").that(sent.is_ok(), format!("{sent:?}"));
    }

    /// Sends a message, if the connection lasts.
    pub async fn try_send(&mut self, message: NetworkMessage) -> std::io::Result<()> {
        let bytes = serialize(&RawNetworkMessage::new(Network::Regtest.magic(), message));
        self.raw(&bytes).await
    }

    /// Sends bytes, if the connection lasts.
    pub async fn raw(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        within("the node reads what a peer sends", PATIENCE, self.stream.write_all(bytes)).await
    }

    /// The next message that `wanted` is true for. Others are let go, but pings are answered.
    pub async fn find(&mut self, requirement: &str, wanted: impl Fn(&NetworkMessage) -> bool) -> NetworkMessage {
        let search = async {
            loop {
                match self.receive().await {
                    Ok(Some(message)) if wanted(&message) => return message,
                    Ok(Some(NetworkMessage::Ping(nonce))) => self.send(NetworkMessage::Pong(nonce)).await,
                    Ok(Some(_)) => {}
                    Ok(None) => expect(requirement).expected("a message").fail("the node has hung up"),
                    Err(error) => expect(requirement).expected("a message").fail(error),
                }
            }
        };
        within(requirement, PATIENCE, search).await
    }

    /// Everything that was sent before is dealt with when this returns.
    pub async fn catch_up(&mut self, nonce: u64) {
        self.send(NetworkMessage::Ping(nonce)).await;
        let requirement = "ping is answered by pong, after what was sent before";
        self.find(requirement, |message| *message == NetworkMessage::Pong(nonce)).await;
    }

    /// The node has to hang up.
    pub async fn expect_end(&mut self, requirement: &str) {
        let end = async { while let Ok(Some(_)) = self.receive().await {} };
        within(requirement, PATIENCE, end).await;
    }

    /// The next message; none when the node has hung up.
    async fn receive(&mut self) -> std::io::Result<Option<NetworkMessage>> {
        let mut bytes = vec![0; 24];
        if self.stream.read_exact(&mut bytes).await.is_err() {
            return Ok(None);
        }
        let length = u32::from_le_bytes([bytes[16], bytes[17], bytes[18], bytes[19]]);
        bytes.resize(24 + length as usize, 0);
        self.stream.read_exact(&mut bytes[24..]).await?;
        match deserialize::<RawNetworkMessage>(&bytes) {
            Ok(message) => Ok(Some(message.into_payload())),
            Err(error) => {
                expect("the node sends messages of Bitcoin's protocol").expected("such a message").fail(error)
            }
        }
    }
}
