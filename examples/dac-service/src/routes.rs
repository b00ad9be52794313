//! The routes, and the processing of every request.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{CACHE_CONTROL, CONNECTION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Extension, Router};

use crate::app::App;
use crate::clients::{Client, Role};
use crate::config::seconds;
use crate::log::Line;
use crate::peer::Peer;
use crate::problem::{Problem, Told};
use crate::{dacs, devices_api, nonces_api, orders, status};

/// A route of the service.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// The method.
    pub method: &'static str,
    /// The path, parameters in braces.
    pub path: &'static str,
    /// The roles that may use the route; empty if every client may.
    pub roles: &'static [Role],
    /// The possible status codes of an answer, ascending.
    pub statuses: &'static [u16],
    handler: fn() -> MethodRouter<Arc<App>>,
}

const EVERY_CLIENT: &[Role] = &[];
const DEVICE_CLOUD: &[Role] = &[Role::DeviceCloud];
const OPERATOR: &[Role] = &[Role::Operator];

/// All routes; a test compares them with the OpenAPI document.
pub const ROUTES: &[Route] = &[
    Route {
        method: "POST",
        path: "/v1/nonces",
        roles: DEVICE_CLOUD,
        statuses: &[201, 400, 403, 408, 413, 415, 429, 503],
        handler: || post(nonces_api::give),
    },
    Route {
        method: "POST",
        path: "/v1/dacs",
        roles: DEVICE_CLOUD,
        statuses: &[200, 201, 400, 403, 408, 409, 413, 415, 422, 429, 503],
        handler: || post(dacs::issue),
    },
    Route {
        method: "POST",
        path: "/v1/dacs/{key}/installed",
        roles: DEVICE_CLOUD,
        statuses: &[200, 400, 403, 404, 409, 429, 503],
        handler: || post(dacs::installed),
    },
    Route {
        method: "POST",
        path: "/v1/dacs/{key}/proved",
        roles: DEVICE_CLOUD,
        statuses: &[200, 400, 403, 404, 408, 409, 413, 415, 429, 503],
        handler: || post(dacs::proved),
    },
    Route {
        method: "GET",
        path: "/v1/devices/{serial}/onboarding",
        roles: &[Role::App],
        statuses: &[200, 400, 403, 404, 429, 503],
        handler: || get(devices_api::onboarding),
    },
    Route {
        method: "POST",
        path: "/v1/orders",
        roles: OPERATOR,
        statuses: &[201, 400, 403, 408, 409, 413, 415, 422, 429, 503],
        handler: || post(orders::open),
    },
    Route {
        method: "GET",
        path: "/v1/orders/{id}",
        roles: OPERATOR,
        statuses: &[200, 400, 403, 404, 429, 503],
        handler: || get(orders::show),
    },
    Route {
        method: "POST",
        path: "/v1/orders/{id}/approve",
        roles: OPERATOR,
        statuses: &[200, 400, 403, 404, 409, 429, 503],
        handler: || post(orders::approve),
    },
    Route {
        method: "GET",
        path: "/healthz",
        roles: EVERY_CLIENT,
        statuses: &[200, 403, 429, 503],
        handler: || get(status::health),
    },
    Route {
        method: "GET",
        path: "/readyz",
        roles: EVERY_CLIENT,
        statuses: &[200, 403, 429, 503],
        handler: || get(status::ready),
    },
    Route {
        method: "GET",
        path: "/metrics",
        roles: &[Role::Monitor],
        statuses: &[200, 403, 429, 503],
        handler: || get(status::metrics),
    },
    Route {
        method: "GET",
        path: "/v1/openapi.json",
        roles: EVERY_CLIENT,
        statuses: &[200, 403, 429, 503],
        handler: || get(status::openapi),
    },
];

/// The paths that are also served without TLS, at a loopback address.
const PROBES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// Creates the router for clients.
pub(crate) fn router(app: Arc<App>) -> Router {
    let router = ROUTES.iter().fold(Router::new(), |router, route| {
        let handler = (route.handler)();
        let guarded = handler.route_layer(from_fn(
            move |Extension(client): Extension<Arc<Client>>, request, next| guard(route, client, request, next),
        ));
        router.route(route.path, guarded)
    });
    router
        .fallback(unknown)
        .method_not_allowed_fallback(not_allowed)
        .layer(from_fn_with_state(app.clone(), answer))
        .with_state(app)
}

/// Creates the router for probes.
pub(crate) fn probe_router(app: Arc<App>) -> Router {
    let routes = ROUTES.iter().filter(|route| PROBES.contains(&route.path));
    routes
        .fold(Router::new(), |router, route| {
            router.route(route.path, (route.handler)())
        })
        .fallback(unknown)
        .method_not_allowed_fallback(not_allowed)
        .with_state(app)
}

async fn unknown() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "route-unknown", "no such path")
}

async fn not_allowed() -> Problem {
    let detail = "method not allowed; the header Allow lists the methods of this path";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method", detail)
}

/// Refuses clients that have no role of the route.
async fn guard(route: &'static Route, client: Arc<Client>, request: Request, next: Next) -> Response {
    if route.roles.is_empty() || client.has_any(route.roles) {
        return next.run(request).await;
    }
    let roles = route
        .roles
        .iter()
        .map(|role| role.name())
        .collect::<Vec<_>>()
        .join(" or ");
    let detail = format!("the client's certificate lacks the role {roles}");
    Problem::new(StatusCode::FORBIDDEN, "role", detail).into_response()
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The device that an answer concerns, for the log; stored in the response's extensions.
#[derive(Clone, Debug)]
pub(crate) struct About(pub(crate) Arc<str>);

/// Handles every request: checks client and limits, measures the time, writes log and metrics.
async fn answer(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let start = Instant::now();
    let id = request_id(request.headers());
    let method = request.method().as_str().to_owned();
    let path = request
        .extensions()
        .get::<MatchedPath>()
        .map(|path| path.as_str().to_owned());
    let route = ROUTES
        .iter()
        .find(|route| Some(route.path) == path.as_deref() && route.method == method);
    let entered = app.metrics().requests.enter();
    let peer = request.extensions_mut().remove::<Arc<Peer>>();
    let client = peer.and_then(|peer| peer.client(&app.live(), start));
    let mut response = match &client {
        Some(client) => match admit(&app, client, &mut request) {
            Ok(_in_progress) => run(&app, request, next).await,
            Err(problem) => problem.into_response(),
        },
        None => {
            let detail = "the client's certificate was revoked or has expired since the connection was opened";
            closing(Problem::new(StatusCode::FORBIDDEN, "client-certificate", detail))
        }
    };
    drop(entered);
    let status = response.status().as_u16();
    let headers = response.headers_mut();
    // Certificates, nonces and codes must not be cached.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    if matches!(status, 408 | 413) {
        // The rest of the body is not read.
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    let time = start.elapsed();
    let (method, path) = route.map_or(("other", "other"), |route| (route.method, route.path));
    app.metrics().request(method, path, status, time);
    log(&app, &id, client.as_deref(), (method, path), &response, time);
    response
}

fn admit<'a>(
    app: &'a App,
    client: &Arc<Client>,
    request: &mut Request,
) -> Result<tokio::sync::SemaphorePermit<'a>, Problem> {
    let permit = app
        .requests()
        .try_acquire()
        .map_err(|_| Problem::unavailable("busy", "too many requests are in progress", 1))?;
    app.admit_client(client)?;
    request.extensions_mut().insert(client.clone());
    Ok(permit)
}

async fn run(app: &App, request: Request, next: Next) -> Response {
    let limit = seconds(app.limits().request_seconds);
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let detail =
                "the answer was not ready in time; the request may have taken effect, and it is safe to repeat it";
            Problem::unavailable("timeout", detail, 5).into_response()
        }
    }
}

fn closing(problem: Problem) -> Response {
    let mut response = problem.into_response();
    response
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

fn log(
    app: &App,
    id: &str,
    client: Option<&Client>,
    (method, path): (&str, &str),
    response: &Response,
    time: Duration,
) {
    let status = response.status();
    let about = response.extensions().get::<About>();
    let told = response.extensions().get::<Told>();
    app.logger().write(Line {
        level: if status.is_server_error() { "error" } else { "info" },
        event: "request",
        request_id: Some(id),
        client: client.map(|client| &**client.name()),
        method: Some(method),
        route: Some(path),
        status: Some(status.as_u16()),
        code: told.map(|told| told.code),
        message: told.and_then(|told| told.cause.as_deref()),
        serial: about.map(|about| &*about.0),
        microseconds: u64::try_from(time.as_micros()).ok(),
        ..Line::default()
    });
}

/// Returns the client's request id if it is safe to log, otherwise a random one.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
    let is_fit = |id: &&str| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        (1..=64).contains(&id.len()) && id.bytes().all(is_plain)
    };
    given.filter(is_fit).map_or_else(
        || {
            let mut bytes = [0; 16];
            // If this fails, no nonce can be made either; the id need not be secret.
            let _ = getrandom::fill(&mut bytes);
            base16ct::lower::encode_string(&bytes)
        },
        ToOwned::to_owned,
    )
}
