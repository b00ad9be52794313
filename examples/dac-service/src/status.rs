//! Health, readiness, metrics, and the description of the service.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use crate::api::HealthAnswer;
use crate::app::App;
use crate::problem::Problem;

/// The description of the service (OpenAPI 3.1).
pub const OPENAPI: &str = include_str!("../openapi.json");

fn ok() -> Json<HealthAnswer> {
    Json(HealthAnswer { status: "ok".into() })
}

/// Answers if the process is alive.
pub(crate) async fn health() -> Json<HealthAnswer> {
    ok()
}

/// Answers if the ledger responds and the last signature succeeded.
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Result<Json<HealthAnswer>, Problem> {
    app.office().ready().await?;
    Ok(ok())
}

pub(crate) async fn metrics(State(app): State<Arc<App>>) -> Response {
    let text = app.metrics().text(app.nonces().outstanding(), app.logger().dropped());
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

pub(crate) async fn openapi() -> Response {
    ([(CONTENT_TYPE, "application/json")], OPENAPI).into_response()
}
