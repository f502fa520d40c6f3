//! Errors, by the names that clients know.

use axum::http::StatusCode;
use serde::Serialize;

/// What went wrong. The names of the variants are those on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Kind {
    QueueDoesNotExist,
    QueueNameExists,
    InvalidAttributeName,
    InvalidAttributeValue,
    InvalidParameterValue,
    MissingParameter,
    InvalidMessageContents,
    ReceiptHandleIsInvalid,
    MessageNotInflight,
    EmptyBatchRequest,
    TooManyEntriesInBatchRequest,
    BatchEntryIdsNotDistinct,
    InvalidBatchEntryId,
    BatchRequestTooLong,
    UnknownOperationException,
    SerializationException,
    /// The database is too busy; the client may try again.
    ServiceUnavailable,
    InternalFailure,
}

impl Kind {
    pub fn status(self) -> StatusCode {
        match self {
            Kind::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Kind::InternalFailure => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

/// A refusal, as it is written.
#[derive(Debug, Clone, Serialize)]
pub struct Fault {
    #[serde(rename = "__type")]
    pub kind: Kind,
    /// For the person who sent the request.
    pub message: String,
}

impl Fault {
    pub fn new(kind: Kind, message: impl Into<String>) -> Fault {
        Fault { kind, message: message.into() }
    }

    /// The cause goes to the log and not to the client.
    pub fn internal(cause: impl std::fmt::Display) -> Fault {
        eprintln!("error: {cause}");
        Fault::new(Kind::InternalFailure, "the server could not complete the request")
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Fault {
        // `problem` logs the cause, and tells a database that is busy from one that is broken.
        match plumbing_sqlite::problem(error).status() {
            StatusCode::SERVICE_UNAVAILABLE => Fault::new(Kind::ServiceUnavailable, "too busy; try again in a moment"),
            _ => Fault::new(Kind::InternalFailure, "the server could not complete the request"),
        }
    }
}
