//! Request bodies: JSON within limits of size and time.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use hyper::body::{Frame, Incoming, SizeHint};
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

/// A body as it arrives. What a handler leaves of it is read and discarded within the limits of size and time: hyper closes
/// a connection with an unread body without announcing it in the response, and the client's next request would fail.
#[derive(Debug)]
pub(crate) struct Arriving {
    /// `None` after the end.
    body: Option<Incoming>,
    time: Duration,
}

impl Arriving {
    pub(crate) fn new(body: Incoming, time: Duration) -> Self {
        Self { body: Some(body), time }
    }
}

impl HttpBody for Arriving {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let polled = Pin::new(body).poll_frame(context);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.body = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Incoming::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or_else(|| SizeHint::with_exact(0), Incoming::size_hint)
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        let Some(body) = self.body.take().filter(|body| !body.is_end_stream()) else {
            return;
        };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(tokio::time::timeout(self.time, discard(body)));
        }
    }
}

async fn discard(mut body: Incoming) {
    let mut count = 0_u64;
    while let Some(Ok(frame)) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let len = frame.data_ref().map_or(0, Bytes::len);
        count = count.saturating_add(u64::try_from(len).unwrap_or(u64::MAX));
        if count > MAX_PASSED_OVER {
            return;
        }
    }
}

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
