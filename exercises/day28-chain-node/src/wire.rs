//! Messages of Bitcoin's network over TCP: 4 bytes that name the network, 12 the command, 4 the length of the payload, 4 of
//! its checksum, and the payload.

use bitcoin::{
    Network,
    consensus::{deserialize, serialize},
    p2p::message::{NetworkMessage, RawNetworkMessage},
};
use std::io::{self, ErrorKind};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

const HEADER: usize = 24;

/// The largest payload, as in Bitcoin Core. A block in it has at most four megabytes.
const LARGEST: usize = 4_000_000;

/// Reads one message; none when the peer has hung up between two of them.
pub async fn read(reader: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<NetworkMessage>> {
    let mut bytes = vec![0; HEADER];
    if let Err(error) = reader.read_exact(&mut bytes).await {
        return if error.kind() == ErrorKind::UnexpectedEof { Ok(None) } else { Err(error) };
    }
    if bytes[..4] != Network::Regtest.magic().to_bytes() {
        return Err(wrong("this is not regtest"));
    }
    let length = u32::from_le_bytes([bytes[16], bytes[17], bytes[18], bytes[19]]);
    // Before the memory is taken: anybody can claim anything.
    let length = usize::try_from(length).ok().filter(|length| *length <= LARGEST).ok_or_else(|| wrong("too long"))?;
    bytes.resize(HEADER + length, 0);
    reader.read_exact(&mut bytes[HEADER..]).await?;
    let message: RawNetworkMessage = deserialize(&bytes).map_err(|error| wrong(&error.to_string()))?;
    Ok(Some(message.into_payload()))
}

/// Writes one message.
pub async fn write(writer: &mut (impl AsyncWrite + Unpin), message: NetworkMessage) -> io::Result<()> {
    let message = RawNetworkMessage::new(Network::Regtest.magic(), message);
    writer.write_all(&serialize(&message)).await
}

fn wrong(why: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, why)
}
