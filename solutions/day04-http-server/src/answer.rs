//! From a request to a response: what yesterday was a handler.

use crate::{
    conditions::{Outcome, Version},
    date,
    request::Request,
    response::{Body, Response, Status},
    site::{Found, Site},
};
use std::io::{self, SeekFrom};
use tokio::{fs::File, io::AsyncSeekExt};

/// Answers one request.
pub async fn to(request: &Request, site: &Site) -> Response {
    if !["GET", "HEAD"].contains(&request.method.as_str()) {
        return Response::error(Status(405)).with("Allow", "GET, HEAD");
    }
    match site.find(&request.path).await {
        Ok(Found::File { file, version, media_type }) => {
            send_file(request, file, version, media_type).await.unwrap_or_else(|_| Response::error(Status(500)))
        }
        // Built from the segments: echoing the target would turn `//evil.example` into a link to another host.
        Ok(Found::WithoutSlash) => Response::error(Status(301)).with("Location", request.path.to_folder_url()),
        Err(status) => Response::error(status),
    }
}

/// The file, a part of it, or the news that the client has it already.
async fn send_file(
    request: &Request,
    mut file: File,
    version: Version,
    media_type: &'static str,
) -> io::Result<Response> {
    let size = version.size;
    let response = match version.evaluate(request) {
        Outcome::Whole => Response::new(Status(200), Body::File(file, size)),
        Outcome::NotModified => Response::new(Status(304), Body::None),
        Outcome::Unsatisfiable => {
            let response = Response::error(Status(416));
            return Ok(response.with("Content-Range", format!("bytes */{size}")));
        }
        Outcome::Part { first, last } => {
            file.seek(SeekFrom::Start(first)).await?;
            Response::new(Status(206), Body::File(file, last - first + 1))
                .with("Content-Range", format!("bytes {first}-{last}/{size}"))
        }
    };
    Ok(response
        .with("Content-Type", media_type)
        .with("Accept-Ranges", "bytes")
        .with("Last-Modified", date::format(version.modified))
        .with("ETag", version.etag))
}
