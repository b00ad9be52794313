//! Request bodies: JSON within limits of size and time.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;

use axum::body::{Body, HttpBody};
use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use crate::api::Object;
use crate::app::App;
use crate::config::seconds;
use crate::problem::Problem;

/// The largest size of a body in bytes.
pub const MAX_BODY: usize = 16 * 1024;
const MAX_LEN: u64 = 16 * 1024;

/// The largest size of an oversized body that is read and discarded, so that its sender can read the refusal.
const MAX_PASSED_OVER: u64 = 1024 * 1024;

/// A JSON body.
#[derive(Debug)]
pub(crate) struct Sent<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "media-type",
                "the body must be application/json",
            ));
        }
        let announced = request
            .headers()
            .get(CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if announced.is_some_and(|announced| announced > MAX_PASSED_OVER) {
            return Err(too_large());
        }
        let time = seconds(app.limits().body_seconds);
        let bytes = tokio::time::timeout(time, read(request.into_body()))
            .await
            .map_err(|_| {
                let detail = format!("the body did not arrive within {} s", time.as_secs());
                Problem::new(StatusCode::REQUEST_TIMEOUT, "body-timeout", detail)
            })??;
        let bytes = bytes.ok_or_else(too_large)?;
        serde_json::from_slice(&bytes)
            .map(|Object(sent)| Self(sent))
            .map_err(|error| Problem::malformed(format!("the body is not the expected JSON: {error}")))
    }
}

fn too_large() -> Problem {
    let detail = format!("the body has more than {MAX_BODY} bytes");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", detail)
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(kind)) = headers.get(CONTENT_TYPE).map(|kind| kind.to_str()) else {
        return false;
    };
    let kind = kind.split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/json")
}

/// Returns the body; `None` if it is too large.
async fn read(mut body: Body) -> Result<Option<Vec<u8>>, Problem> {
    let mut bytes = Vec::new();
    let mut count = 0_u64;
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(|_| Problem::malformed("the body ended too early, or its length is malformed"))?;
        let Ok(data) = frame.into_data() else { continue };
        count = count.saturating_add(u64::try_from(data.len()).unwrap_or(u64::MAX));
        if bytes.len().saturating_add(data.len()) <= MAX_BODY && count <= MAX_LEN {
            bytes.extend_from_slice(&data);
        } else if count > MAX_PASSED_OVER {
            break;
        }
    }
    Ok((count <= MAX_LEN).then_some(bytes))
}
