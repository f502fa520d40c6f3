//! A WebSocket client for JSON messages (RFC 6455), which remembers what went over the connection for the failure message.

use crate::Socket;
use futures_util::{SinkExt, StreamExt};
use harness::{expect, timeout};
use serde_json::Value;
use std::{fmt::Display, net::SocketAddr, time::Duration};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message},
};

/// How long a frame may take (before stretching).
const PATIENCE: Duration = Duration::from_secs(5);
/// Frames that a failure shows.
const SHOWN: usize = 8;

/// An open WebSocket. Pings are answered while something is read.
#[derive(Debug)]
pub struct WebSocket {
    stream: WebSocketStream<TcpStream>,
    /// What was sent and received, in words.
    log: Vec<String>,
}

/// The answer to a handshake that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub status: u16,
    pub body: String,
}

impl WebSocket {
    /// Opens a WebSocket at `path`, which has to be accepted.
    pub async fn open(address: SocketAddr, path: &str) -> WebSocket {
        match WebSocket::try_open(address, path).await {
            Ok(socket) => socket,
            Err(refused) => expect(format!("a WebSocket can be opened at {path}"))
                .expected("status 101")
                .fail(format!("status {}: {}", refused.status, refused.body)),
        }
    }

    /// Tries to open a WebSocket at `path`.
    ///
    /// # Errors
    /// The answer, when it is a status other than 101.
    ///
    /// # Panics
    /// When there is no answer, or one that is no HTTP.
    pub async fn try_open(address: SocketAddr, path: &str) -> Result<WebSocket, Refused> {
        WebSocket::over(Socket::connect(address).await.into_inner(), path).await
    }

    /// As [`WebSocket::try_open`], over a connection that is there: for one with unusual settings.
    ///
    /// # Errors
    /// The answer, when it is a status other than 101.
    pub async fn over(stream: TcpStream, path: &str) -> Result<WebSocket, Refused> {
        let host = stream.peer_addr().map_or_else(|_| "localhost".to_owned(), |address| address.to_string());
        let shaking = client_async(format!("ws://{host}{path}"), stream);
        let wanted = expect(format!("the WebSocket handshake at {path} is answered"));
        match tokio::time::timeout(timeout(PATIENCE), shaking).await {
            Ok(Ok((stream, _))) => Ok(WebSocket { stream, log: vec![format!("GET {path}, upgraded")] }),
            Ok(Err(Error::Http(response))) => Err(Refused {
                status: response.status().as_u16(),
                body: String::from_utf8_lossy(response.body().as_deref().unwrap_or_default()).into_owned(),
            }),
            Ok(Err(error)) => wanted.fail(error),
            Err(_) => wanted.fail("silence"),
        }
    }

    /// Sends a JSON message.
    pub async fn send(&mut self, message: &Value) {
        self.send_message(Message::text(message.to_string())).await;
    }

    /// Sends a message of any kind. A connection that is closed already is noticed by the next read.
    pub async fn send_message(&mut self, message: Message) {
        self.log.push(format!("→ {}", words(&message)));
        let _ = tokio::time::timeout(timeout(PATIENCE), self.stream.send(message)).await;
    }

    /// The next message, which has to be JSON. Pings and pongs are passed over.
    pub async fn next(&mut self, requirement: &str) -> Value {
        match self.read(requirement, "a message").await {
            Ok(message) => message,
            Err(code) => self.fail(requirement, "a message", closing(code)),
        }
    }

    /// Everything up to the end of the connection, and the code of the close frame, if one came.
    pub async fn rest(&mut self, requirement: &str) -> (Vec<Value>, Option<u16>) {
        let mut messages = Vec::new();
        loop {
            match self.read(requirement, "the end of the connection").await {
                Ok(message) => messages.push(message),
                Err(code) => return (messages, code),
            }
        }
    }

    /// The server has to close the connection with this code (RFC 6455, section 7.4), whatever it says before.
    pub async fn expect_close(&mut self, requirement: &str, code: u16) {
        let (_, actual) = self.rest(requirement).await;
        if actual != Some(code) {
            self.fail(requirement, &closing(Some(code)), closing(actual));
        }
    }

    /// Answers whether a message comes within `patience`; not stretched, because nothing is judged by it alone.
    pub async fn poll(&mut self, requirement: &str, patience: Duration) -> Option<Value> {
        tokio::time::timeout(patience, self.next(requirement)).await.ok()
    }

    /// Ends the connection as a well-behaved client does.
    pub async fn close(mut self) {
        self.send_message(Message::Close(None)).await;
        let _ = self.rest("a close frame is answered, and the connection ends").await;
    }

    /// A failure of `requirement`, with the last frames of this connection.
    pub fn fail(&self, requirement: &str, expected: &str, actual: impl Display) -> ! {
        let hidden = self.log.len().saturating_sub(SHOWN);
        let dots = (hidden > 0).then(|| format!("… {hidden} frames before"));
        let lines: Vec<_> = dots.into_iter().chain(self.log[hidden..].iter().cloned()).collect();
        expect(requirement).request(lines.join("\n")).expected(expected).fail(actual)
    }

    /// The next JSON message, or the code of the close frame that came instead; none when the connection just ended.
    async fn read(&mut self, requirement: &str, expected: &str) -> Result<Value, Option<u16>> {
        loop {
            let frame = match tokio::time::timeout(timeout(PATIENCE), self.stream.next()).await {
                Ok(Some(Ok(frame))) => frame,
                Ok(Some(Err(_)) | None) => return Err(None),
                Err(_) => {
                    let silence = format!("silence for {} s", timeout(PATIENCE).as_secs_f32());
                    self.fail(requirement, expected, silence);
                }
            };
            if !matches!(frame, Message::Ping(_) | Message::Pong(_)) {
                self.log.push(format!("← {}", words(&frame)));
            }
            match frame {
                Message::Text(text) => match serde_json::from_str(&text) {
                    Ok(message) => return Ok(message),
                    Err(error) => self.fail(requirement, "JSON", format!("{error}: {text}")),
                },
                Message::Binary(bytes) => {
                    self.fail(requirement, "text", format!("{} binary bytes", bytes.len()));
                }
                Message::Close(frame) => {
                    let code = frame.map(|frame| u16::from(frame.code));
                    // Reading on sends our close frame and waits for the end of the connection.
                    while let Ok(Some(Ok(_))) = tokio::time::timeout(timeout(PATIENCE), self.stream.next()).await {}
                    return Err(code);
                }
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }
}

fn closing(code: Option<u16>) -> String {
    code.map_or_else(
        || "the end of the connection without a close code".to_owned(),
        |code| format!("close code {code}"),
    )
}

fn words(message: &Message) -> String {
    match message {
        Message::Text(text) => shortened(text),
        Message::Binary(bytes) => format!("{} binary bytes", bytes.len()),
        Message::Ping(_) => "ping".to_owned(),
        Message::Pong(_) => "pong".to_owned(),
        Message::Close(frame) => format!("close {}", frame.as_ref().map_or(1005, |frame| u16::from(frame.code))),
        Message::Frame(frame) => format!("frame {frame:?}"),
    }
}

fn shortened(text: &str) -> String {
    let mut letters = text.chars();
    let start: String = letters.by_ref().take(120).collect();
    if letters.next().is_some() { format!("{start}… ({} bytes)", text.len()) } else { start }
}

/// A WebSocket whose frames are bytes of the test's own making, for what no client would send. The handshake is done.
pub async fn raw(address: SocketAddr, path: &str) -> Socket {
    let mut socket = Socket::connect(address).await;
    let head = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    socket.send(head).await;
    let end = |bytes: &[u8]| bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
    let answer = socket.read_until(end).await.unwrap_or_else(|closed| closed.0);
    let text = String::from_utf8_lossy(&answer).into_owned();
    expect(format!("the WebSocket handshake at {path} is accepted"))
        .expected("status 101")
        .that(text.starts_with("HTTP/1.1 101 "), &text);
    socket
}

/// A text message, for [`WebSocket::send_message`].
pub fn text(text: impl Into<String>) -> Message {
    Message::text(text.into())
}

/// A binary message, for [`WebSocket::send_message`].
pub fn binary(bytes: &[u8]) -> Message {
    Message::binary(bytes.to_vec())
}

/// A frame as a client sends it (RFC 6455, section 5.2), masked with zeros: `first` is the byte with FIN and opcode.
///
/// # Panics
/// With a payload of 64 KiB or more.
pub fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match u16::try_from(payload.len()) {
        Ok(length @ 0..=125) => frame.push(0x80 | length as u8),
        Ok(length) => {
            frame.push(0x80 | 126);
            frame.extend(length.to_be_bytes());
        }
        Err(_) => panic!("a frame of {} bytes is too long for this function", payload.len()),
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

/// The next frame of a server: its first byte and its payload; none when the connection ends before.
pub async fn frame(socket: &mut Socket) -> Option<(u8, Vec<u8>)> {
    let length = |bytes: &[u8]| match bytes {
        [_, short @ 0..=125, ..] => Some((2, usize::from(*short))),
        [_, 126, high, low, ..] => Some((4, usize::from(u16::from_be_bytes([*high, *low])))),
        _ => None,
    };
    let complete = |bytes: &[u8]| {
        let (head, payload) = length(bytes)?;
        (bytes.len() >= head + payload).then_some(head + payload)
    };
    let bytes = socket.read_until(complete).await.ok()?;
    let (head, _) = length(&bytes)?;
    Some((bytes[0], bytes[head..].to_vec()))
}

/// The server has to send a close frame with this code, whatever it sends before, and then end the connection.
pub async fn expect_close(requirement: &str, socket: &mut Socket, code: u16) {
    let mut actual = None;
    while let Some((first, payload)) = frame(socket).await {
        if let (0x88, [high, low, ..]) = (first, payload.as_slice()) {
            actual = Some(u16::from_be_bytes([*high, *low]));
        }
    }
    expect(requirement).expected(closing(Some(code))).that(actual == Some(code), closing(actual));
}
