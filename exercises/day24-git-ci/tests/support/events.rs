//! A live log, read as a browser's `EventSource` reads it.

use harness::expect;
use harness_net::{Call, SendError, within};
use std::time::Duration;

/// A stream of server-sent events.
#[derive(Debug)]
pub struct Events {
    response: reqwest::Response,
    /// What has come of the next event.
    rest: String,
    curl: String,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    pub kind: String,
    pub id: String,
    pub data: String,
}

impl Events {
    pub async fn open(call: Call) -> Events {
        let curl = call.curl();
        let response = call.stream().await.unwrap_or_else(|SendError(why)| {
            expect("a live log can be opened").request(&curl).expected("an HTTP response").fail(why)
        });
        let media = response.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let seen = format!("status {}, content-type {media}", response.status());
        let is_stream = response.status() == 200 && media.starts_with("text/event-stream");
        expect("a live log is a stream of events")
            .request(&curl)
            .expected("200, text/event-stream")
            .that(is_stream, seen);
        Events { response, rest: String::new(), curl }
    }

    /// The next event; none at the end of the stream.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((block, rest)) = self.rest.split_once("\n\n") {
                let event = parse(block);
                self.rest = rest.to_owned();
                // A comment keeps the connection open and says nothing.
                match event {
                    Some(event) => return Some(event),
                    None => continue,
                }
            }
            let piece = within("the live log goes on", Duration::from_secs(9), self.response.chunk()).await;
            match piece {
                Ok(Some(bytes)) => self.rest.push_str(&String::from_utf8_lossy(&bytes)),
                Ok(None) => return None,
                Err(error) => {
                    expect("the live log goes on").request(&self.curl).expected("an event").fail(error.to_string())
                }
            }
        }
    }

    /// Reads until a line that contains this, and returns it.
    pub async fn until(&mut self, text: &str) -> Event {
        while let Some(event) = self.next().await {
            if event.kind == "log" && event.data.contains(text) {
                return event;
            }
        }
        expect("the line comes while the run goes on")
            .request(&self.curl)
            .expected(text)
            .fail("the stream ended without it")
    }

    /// All lines that are still to come, and the data of the event `end`.
    pub async fn rest(mut self) -> (Vec<Event>, String) {
        let mut lines = Vec::new();
        while let Some(event) = self.next().await {
            match event.kind.as_str() {
                "log" => lines.push(event),
                "end" => {
                    let more = self.next().await;
                    expect("the stream is over after `end`").request(&self.curl).eq(more, None);
                    return (lines, event.data);
                }
                other => expect("there are events `log` and `end`").request(&self.curl).fail(other),
            }
        }
        expect("the last event is `end`").request(&self.curl).fail("the stream ended without it")
    }
}

/// Fields of one event (HTML standard, section 9.2.6).
fn parse(block: &str) -> Option<Event> {
    let mut event = Event::default();
    let mut has_fields = false;
    for line in block.lines() {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => event.kind = value.to_owned(),
            "id" => event.id = value.to_owned(),
            "data" => event.data.push_str(value),
            _ => continue,
        }
        has_fields = true;
    }
    has_fields.then_some(event)
}
