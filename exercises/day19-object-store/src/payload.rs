//! The body of a request on its way to a file: what arrives is checked against what was signed.
//!
//! `aws-chunked` puts a line with its size, and perhaps its signature, before each piece of the body (there is HTTP's own
//! chunked encoding below it, or none). After the last piece, which is empty, come trailers and an empty line:
//!
//! ```text
//! 5;chunk-signature=ad80…\r\n
//! Hello\r\n
//! 0;chunk-signature=b6c6…\r\n
//! \r\n
//! ```

use crate::{
    error::{Code, Error},
    signature::is_signed,
};
use axum::body::Body;
use futures_util::TryStreamExt;
use md5::Md5;
use sha2::{Digest, Sha256};
use std::io;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_util::io::StreamReader;

/// Longer than any line between two pieces.
const LONGEST_LINE: u64 = 4096;

/// How a body is to be checked.
#[derive(Debug)]
pub enum Payload {
    /// By its SHA-256.
    Signed(Vec<u8>),
    /// Not at all.
    Unsigned,
    /// In pieces, of this length in all, and each by a signature where there is a chain of them.
    Chunks { length: u64, chain: Option<Chain> },
}

/// Each piece is signed together with the signature before it, so that none can be left out, added or moved.
#[derive(Debug)]
pub struct Chain {
    pub key: Vec<u8>,
    pub time: String,
    pub scope: String,
    /// At first that of the request.
    pub previous: Vec<u8>,
}

/// What has been received.
#[derive(Debug)]
pub struct Content {
    pub size: u64,
    pub md5: [u8; 16],
}

impl Payload {
    /// Writes the body to `out`, at most `limit` bytes.
    pub async fn receive(self, body: Body, out: &mut (impl AsyncWrite + Unpin), limit: u64) -> Result<Content, Error> {
        let mut reader = StreamReader::new(body.into_data_stream().map_err(io::Error::other));
        let mut sink = Sink { out, limit, size: 0, md5: Md5::new(), sha256: Sha256::new() };
        match self {
            Payload::Unsigned => sink.take(&mut reader, u64::MAX).await?,
            Payload::Signed(digest) => {
                todo!("take the body, and compare its SHA-256 with {digest:?}; {:?}", Code::XAmzContentSHA256Mismatch)
            }
            Payload::Chunks { length, chain } => {
                sink.take_chunks(&mut reader, chain).await?;
                if sink.size != length {
                    return Err(incomplete("x-amz-decoded-content-length is another"));
                }
            }
        }
        sink.out.flush().await?;
        Ok(Content { size: sink.size, md5: sink.md5.finalize().into() })
    }
}

/// Where the content goes, and what is known of it so far.
struct Sink<'a, W> {
    out: &'a mut W,
    limit: u64,
    size: u64,
    md5: Md5,
    /// Of the piece that is being received.
    sha256: Sha256,
}

impl<W: AsyncWrite + Unpin> Sink<'_, W> {
    /// Takes `length` bytes, or fewer when the reader ends before.
    async fn take(&mut self, reader: &mut (impl AsyncBufRead + Unpin), length: u64) -> Result<(), Error> {
        let mut reader = reader.take(length);
        loop {
            let bytes = reader.fill_buf().await.map_err(incomplete)?;
            if bytes.is_empty() {
                return Ok(());
            }
            self.size += bytes.len() as u64;
            if self.size > self.limit {
                return Err(Error::new(Code::EntityTooLarge, format!("at most {} bytes are taken", self.limit)));
            }
            self.md5.update(bytes);
            self.sha256.update(bytes);
            self.out.write_all(bytes).await?;
            let length = bytes.len();
            reader.consume(length);
        }
    }

    async fn take_chunks(
        &mut self,
        reader: &mut (impl AsyncBufRead + Unpin),
        mut chain: Option<Chain>,
    ) -> Result<(), Error> {
        loop {
            let head = line(reader).await?;
            let (size, extension) = head.split_once(';').unwrap_or((&head, ""));
            let size = u64::from_str_radix(size, 16).map_err(incomplete)?;
            let before = self.size;
            self.take(reader, size).await?;
            if self.size - before != size {
                return Err(incomplete("the body ends within a piece"));
            }
            if let Some(chain) = &mut chain {
                let digest = self.sha256.finalize_reset();
                chain.next(&digest, extension.strip_prefix("chunk-signature=").unwrap_or_default())?;
            }
            if size == 0 {
                // Trailers may name a checksum. It says no more than the signature or the ETag does.
                while !line(reader).await?.is_empty() {}
                return Ok(());
            }
            if !line(reader).await?.is_empty() {
                return Err(incomplete("a piece is longer than its size"));
            }
        }
    }
}

impl Chain {
    /// The next piece has to have this signature.
    fn next(&mut self, digest: &[u8], signature: &str) -> Result<(), Error> {
        todo!(
            "the piece with the digest {digest:?} after {:?} at {} for {}: is {signature} its signature under {} bytes? {:?}",
            self.previous,
            self.time,
            self.scope,
            self.key.len(),
            is_signed(&[], "", &[])
        )
    }
}

/// A line without its end.
async fn line(reader: &mut (impl AsyncBufRead + Unpin)) -> Result<String, Error> {
    let mut line = String::new();
    reader.take(LONGEST_LINE).read_line(&mut line).await.map_err(incomplete)?;
    let line = line.strip_suffix("\r\n").ok_or_else(|| incomplete("a line of aws-chunked is missing"))?;
    Ok(line.to_owned())
}

fn incomplete(why: impl std::fmt::Display) -> Error {
    Error::new(Code::IncompleteBody, why.to_string())
}
