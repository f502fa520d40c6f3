//! Connections: bytes from and to sockets, and who may come in. Knows packets, but not what they do.

use crate::{
    broker::{ConnectionId, Event, Handle, Outbox},
    codec::{Connect, DecodeError, FromClient, Refusal, ToClient, take_packet},
    users::Users,
};
use plumbing::Failure;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{
        Semaphore,
        mpsc::{UnboundedReceiver, unbounded_channel},
        oneshot,
    },
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Room made for one read.
const READ: usize = 4 * 1024;
/// Packets of one connection that wait for the broker. Then TCP makes its client wait.
const WAITING_PACKETS: usize = 64;
/// What is still to be written at the end of a connection gets this long.
const GRACE: Duration = Duration::from_millis(1000);

/// What a client has to get through before it may talk to the broker.
#[derive(Debug)]
pub struct Gate {
    /// Without them everybody may come in.
    pub users: Option<Users>,
    pub connect_timeout: Duration,
}

impl Gate {
    /// The CONNECT of a client that may come in.
    ///
    /// # Errors
    /// The refusal to send.
    fn admit(&self, connect: Connect) -> Result<Connect, Refusal> {
        // A session that is to be found again needs a name [3.1.3.1].
        if connect.client_id.is_empty() && !connect.clean_session {
            return Err(Refusal::Identifier);
        }
        let (name, password) = (connect.user_name.as_deref(), connect.password.as_deref());
        match (&self.users, name, password) {
            // A name that nobody checks is none.
            (None, ..) => Ok(Connect { user_name: None, ..connect }),
            (Some(users), Some(name), Some(password)) if users.know(name, password) => Ok(connect),
            _ => Err(Refusal::NotAuthorized),
        }
    }
}

/// The silence that ends a connection: one and a half times its keep alive, which is in seconds [3.1.2.10]. None when
/// the client has asked for no limit.
fn longest_silence(keep_alive: u16) -> Option<Duration> {
    todo!("the longest silence for a keep alive of {keep_alive} s, none for 0")
}

/// Serves until SIGTERM, or until the broker has ended.
pub async fn serve(
    listener: TcpListener,
    gate: Gate,
    broker: Handle,
    mut broker_end: oneshot::Receiver<Result<(), Failure>>,
) -> Result<(), Failure> {
    let (gate, stop, connections) = (Arc::new(gate), CancellationToken::new(), TaskTracker::new());
    let accept = async {
        for id in 0.. {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let (gate, broker, stop) = (Arc::clone(&gate), broker.clone(), stop.clone());
                    connections.spawn(async move {
                        tokio::select! {
                            () = converse(stream, id, &gate, &broker) => {}
                            () = stop.cancelled() => {}
                        }
                    });
                }
                // Out of file descriptors, most likely: those who are connected go on.
                Err(error) => {
                    eprintln!("error: a connection could not be accepted: {error}");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    };
    tokio::select! {
        () = accept => {}
        signal = plumbing::shutdown_signal() => signal?,
        end = &mut broker_end => return end.unwrap_or_else(|_| Err(Failure::new("the broker's thread has panicked"))),
    }
    drop(listener);
    stop.cancel();
    connections.close();
    connections.wait().await;
    Ok(())
}

/// One connection, from its first byte to its last.
async fn converse(stream: TcpStream, id: ConnectionId, gate: &Gate, broker: &Handle) {
    // Packets are written whole, so there is nothing to gain from waiting for more.
    let _ = stream.set_nodelay(true);
    let (reader, mut writer) = stream.into_split();
    let mut packets = Packets { reader, buffer: Vec::new() };
    let admitted = match timeout(gate.connect_timeout, packets.next()).await {
        Ok(Ok(Some(FromClient::Connect(connect)))) => gate.admit(connect),
        Ok(Err(DecodeError::ProtocolLevel(_))) => Err(Refusal::ProtocolVersion),
        // Silence, or something that is no CONNECT, gets no answer.
        _ => return,
    };
    let connect = match admitted {
        Ok(connect) => connect,
        Err(refusal) => {
            let mut bytes = Vec::new();
            ToClient::Refused(refusal).encode(&mut bytes);
            let _ = timeout(GRACE, writer.write_all(&bytes)).await;
            return;
        }
    };
    let keep_alive = connect.keep_alive;
    let (sender, outputs) = unbounded_channel();
    let (unwritten, give_up) = (Arc::new(AtomicUsize::new(0)), CancellationToken::new());
    let outbox = Outbox { sender, unwritten: Arc::clone(&unwritten), give_up: give_up.clone() };
    let _ = broker.send(Event::Connected(id, connect, outbox));
    let write = write_all(&mut writer, outputs, &unwritten);
    tokio::pin!(write);
    tokio::select! {
        () = &mut write => {}
        () = give_up.cancelled() => {}
        () = read_all(&mut packets, id, keep_alive, broker) => {
            // Whatever ended it, what came before is answered.
            let _ = broker.send(Event::Lost(id));
            let _ = timeout(GRACE, &mut write).await;
        }
    }
    // The broker does not mind to hear it twice.
    let _ = broker.send(Event::Lost(id));
}

/// Packets to the broker, until the connection ends, is silent for too long, or brings what is no packet.
async fn read_all(packets: &mut Packets, id: ConnectionId, keep_alive: u16, broker: &Handle) {
    let room = Arc::new(Semaphore::new(WAITING_PACKETS));
    loop {
        let packet = match longest_silence(keep_alive) {
            Some(limit) => timeout(limit, packets.next()).await.unwrap_or(Ok(None)),
            None => packets.next().await,
        };
        let Ok(Some(packet)) = packet else { return };
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        let last = matches!(packet, FromClient::Disconnect);
        // It fails only when the broker has ended, and with it the program.
        let _ = broker.send(Event::Packet(id, packet, permit));
        if last {
            return;
        }
    }
}

/// Bytes to the socket, until the broker has dropped the outbox.
async fn write_all(writer: &mut OwnedWriteHalf, mut outputs: UnboundedReceiver<Vec<u8>>, unwritten: &AtomicUsize) {
    while let Some(bytes) = outputs.recv().await {
        if writer.write_all(&bytes).await.is_err() {
            return;
        }
        unwritten.fetch_sub(bytes.len(), Ordering::Relaxed);
    }
    let _ = writer.shutdown().await;
}

#[derive(Debug)]
struct Packets {
    reader: OwnedReadHalf,
    buffer: Vec<u8>,
}

impl Packets {
    /// The next packet, or none at the end of the connection.
    async fn next(&mut self) -> Result<Option<FromClient>, DecodeError> {
        loop {
            if let Some((packet, length)) = take_packet(&self.buffer)? {
                self.buffer.drain(..length);
                return Ok(Some(packet));
            }
            self.buffer.reserve(READ);
            if matches!(self.reader.read_buf(&mut self.buffer).await, Ok(0) | Err(_)) {
                return Ok(None);
            }
        }
    }
}
