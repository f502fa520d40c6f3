//! Refusals as S3 words them: a status, and an XML document with a code that clients look at.

use crate::xml::Xml;
use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use std::fmt::Display;

/// S3's error codes, by their own names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    AccessDenied,
    AuthorizationHeaderMalformed,
    AuthorizationQueryParametersError,
    BucketAlreadyOwnedByYou,
    BucketNotEmpty,
    EntityTooLarge,
    EntityTooSmall,
    IncompleteBody,
    InternalError,
    InvalidAccessKeyId,
    InvalidArgument,
    InvalidBucketName,
    InvalidPart,
    InvalidPartOrder,
    InvalidRange,
    InvalidRequest,
    InvalidURI,
    KeyTooLongError,
    MalformedXML,
    MethodNotAllowed,
    MissingContentLength,
    NoSuchBucket,
    NoSuchKey,
    NoSuchUpload,
    NotImplemented,
    PreconditionFailed,
    RequestTimeTooSkewed,
    SignatureDoesNotMatch,
    XAmzContentSHA256Mismatch,
}

impl Code {
    fn status(self) -> StatusCode {
        match self {
            Code::AccessDenied
            | Code::InvalidAccessKeyId
            | Code::RequestTimeTooSkewed
            | Code::SignatureDoesNotMatch => StatusCode::FORBIDDEN,
            Code::NoSuchBucket | Code::NoSuchKey | Code::NoSuchUpload => StatusCode::NOT_FOUND,
            Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Code::BucketAlreadyOwnedByYou | Code::BucketNotEmpty => StatusCode::CONFLICT,
            Code::MissingContentLength => StatusCode::LENGTH_REQUIRED,
            Code::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Code::InvalidRange => StatusCode::RANGE_NOT_SATISFIABLE,
            Code::InternalError => StatusCode::INTERNAL_SERVER_ERROR,
            Code::NotImplemented => StatusCode::NOT_IMPLEMENTED,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

/// Why a request was refused; the message is for the person who sent it.
#[derive(Debug)]
pub struct Error {
    code: Code,
    message: String,
}

impl Error {
    pub fn new(code: Code, message: impl Into<String>) -> Error {
        Error { code, message: message.into() }
    }

    /// Our fault. The cause goes to the log and not to the client, who could only learn something that is not theirs.
    pub fn internal(cause: impl Display) -> Error {
        eprintln!("error: {cause}");
        Error::new(Code::InternalError, "the server could not complete the request")
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Error {
        Error::internal(error)
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Error {
        Error::internal(error)
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let document = Xml::document("Error", |xml| {
            xml.text("Code", format_args!("{:?}", self.code));
            xml.text("Message", &self.message);
        });
        (self.code.status(), [(header::CONTENT_TYPE, "application/xml")], document).into_response()
    }
}
