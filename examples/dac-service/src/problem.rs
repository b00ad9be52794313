//! Refusals and failures as problem documents (RFC 9457).

use std::borrow::Cow;

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

/// A refusal or failure of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: Cow<'static, str>,
    retry_after: Option<u64>,
    /// For the log only.
    cause: Option<String>,
}

/// The document as sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProblemDocument {
    /// Always `about:blank`: status and code identify the problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status' usual name.
    pub title: String,
    /// The status code.
    pub status: u16,
    /// One sentence.
    pub detail: String,
    /// The machine-readable reason.
    pub code: String,
}

/// The log data of a problem, stored in the response's extensions.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) code: &'static str,
    pub(crate) cause: Option<String>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            retry_after: None,
            cause: None,
        }
    }

    pub(crate) fn malformed(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", detail)
    }

    /// The request exceeds a rate limit; it may be repeated after `seconds`.
    pub(crate) fn too_many(code: &'static str, detail: impl Into<Cow<'static, str>>, seconds: u64) -> Self {
        let mut problem = Self::new(StatusCode::TOO_MANY_REQUESTS, code, detail);
        problem.retry_after = Some(seconds.max(1));
        problem
    }

    /// The service cannot answer at present; the same request may be repeated after `seconds`.
    pub(crate) fn unavailable(code: &'static str, detail: impl Into<Cow<'static, str>>, seconds: u64) -> Self {
        let mut problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail);
        problem.retry_after = Some(seconds.max(1));
        problem
    }

    /// Adds a cause for the log, which the client does not see.
    pub(crate) fn with_cause(mut self, cause: String) -> Self {
        self.cause = Some(cause);
        self
    }

    /// Returns the HTTP status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the machine-readable reason.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let document = ProblemDocument {
            kind: "about:blank".into(),
            title: self.status.canonical_reason().unwrap_or_default().into(),
            status: self.status.as_u16(),
            detail: self.detail.into_owned(),
            code: self.code.into(),
        };
        let mut response = (self.status, Json(document)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(Told {
            code: self.code,
            cause: self.cause,
        });
        response
    }
}
