//! `POST /v1/nonces`.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};

use crate::api::{NonceAnswer, NonceRequest};
use crate::app::App;
use crate::body::Sent;
use crate::clients::Client;
use crate::nonces::NonceFault;
use crate::problem::Problem;

pub(crate) async fn give(
    State(app): State<Arc<App>>,
    Extension(client): Extension<Arc<Client>>,
    Sent(request): Sent<NonceRequest>,
) -> Result<(StatusCode, Json<NonceAnswer>), Problem> {
    if !(1..=NonceRequest::MAX).contains(&request.count) {
        return Err(Problem::malformed(format!("count must be 1 to {}", NonceRequest::MAX)));
    }
    let given = app
        .nonces()
        .give(client.fingerprint(), request.count.into(), Instant::now());
    let nonces = given.map_err(|fault| match fault {
        NonceFault::Full(seconds) => {
            let detail = "the number of unused nonces has reached limits.nonces_per_client or limits.nonces";
            Problem::too_many("nonces-full", detail, seconds)
        }
        NonceFault::Random => Problem::unavailable("random", "the operating system provides no random numbers", 5),
    })?;
    let expires_in = app.nonces().lifetime().as_secs();
    Ok((StatusCode::CREATED, Json(NonceAnswer { nonces, expires_in })))
}
