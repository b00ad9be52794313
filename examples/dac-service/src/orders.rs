//! Orders: opened by one operator, and approved by another if the configuration requires it.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use matter_issuance::OrderUse;
use matter_ledger::{NewOrder, OrderState as LedgerState};
use matter_types::{ProductId, VendorId};

use crate::api::{OrderAnswer, OrderRequest, OrderState};
use crate::app::App;
use crate::body::Sent;
use crate::clients::Client;
use crate::problem::Problem;

pub(crate) async fn open(
    State(app): State<Arc<App>>,
    Extension(client): Extension<Arc<Client>>,
    Sent(request): Sent<OrderRequest>,
) -> Result<(StatusCode, Json<OrderAnswer>), Problem> {
    VendorId::new(request.vendor_id).map_err(|error| Problem::malformed(format!("vendor_id: {error}")))?;
    ProductId::new(request.product_id).map_err(|error| Problem::malformed(format!("product_id: {error}")))?;
    let order = NewOrder {
        id: checked(request.id)?,
        size: request.size,
        vendor_id: request.vendor_id,
        product_id: request.product_id,
        operator: client.name().to_string(),
        needs_approval: app.two_operators(),
    };
    let opened = app.office().open_order(order).await?;
    Ok((StatusCode::CREATED, Json(answer(opened))))
}

pub(crate) async fn approve(
    State(app): State<Arc<App>>,
    Extension(client): Extension<Arc<Client>>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<OrderAnswer>, Problem> {
    let approved = app
        .office()
        .approve_order(id_of(id)?, client.name().to_string())
        .await?;
    Ok(Json(answer(approved)))
}

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<OrderAnswer>, Problem> {
    Ok(Json(answer(app.office().order(id_of(id)?).await?)))
}

fn id_of(id: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    let Path(id) = id.map_err(|_| Problem::malformed("the path is not UTF-8"))?;
    checked(id)
}

/// Checks an id, which must be safe as a path segment.
fn checked(id: String) -> Result<String, Problem> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let begins = id.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    if !begins || id.len() > 64 || !id.bytes().all(is_plain) {
        let detail = "an order's id must have 1 to 64 letters, digits, dots, underscores or dashes, and begin with a letter or digit";
        return Err(Problem::new(StatusCode::BAD_REQUEST, "order", detail));
    }
    Ok(id)
}

fn answer(OrderUse { order, used, .. }: OrderUse) -> OrderAnswer {
    OrderAnswer {
        id: order.id,
        size: order.size,
        used,
        vendor_id: order.vendor_id,
        product_id: order.product_id,
        state: match order.state {
            LedgerState::Proposed => OrderState::Proposed,
            LedgerState::Open => OrderState::Open,
            _ => OrderState::Closed,
        },
        opened_by: order.opened_by,
        approved_by: order.approved_by,
    }
}
