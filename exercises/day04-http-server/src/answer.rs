//! From a request to a response: what yesterday was a handler.

use crate::{
    conditions::{Outcome, Version},
    request::Request,
    response::{Body, Response, Status},
    site::{Found, Site},
};
use tokio::fs::File;

/// Answers one request.
pub async fn to(request: &Request, site: &Site) -> Response {
    match site.find(&request.path).await {
        Ok(Found::File { file, version, media_type }) => send_file(request, file, &version, media_type),
        Ok(Found::WithoutSlash) => todo!("301 to {}", request.path.to_folder_url()),
        Err(status) => Response::error(status),
    }
}

/// The file, a part of it, or the news that the client has it already. The last two are for tasks 8 and 9, and so are the
/// headers that make them possible.
fn send_file(request: &Request, file: File, version: &Version, media_type: &'static str) -> Response {
    let response = match version.evaluate(request) {
        Outcome::Whole => Response::new(Status(200), Body::File(file, version.size)),
        Outcome::NotModified => Response::new(Status(304), Body::None),
        Outcome::Part { first, last } => todo!("206 with the bytes {first} to {last} of {file:?}"),
        Outcome::Unsatisfiable => todo!("416, and how long the file is: {}", version.size),
    };
    response.with("Content-Type", media_type)
}
