//! Orders and operators.

use axum::http::{Method, StatusCode};
use dac_service::api::{OrderAnswer, OrderRequest, OrderState};
use dac_service::lab::Lab;

use crate::document::check_against_document;
use crate::harness::{Service, WIDE, ask, code};

fn order(id: &str, size: u32) -> OrderRequest {
    OrderRequest {
        id: id.into(),
        size,
        vendor_id: 0xFFF1,
        product_id: 0x8000,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn order_needs_two_operators() {
    let service = Service::with_limits(WIDE).await;
    let (mut alice, mut bob) = (service.connect("alice").await, service.connect("bob").await);
    let reply = alice.post("/v1/orders", &order(Lab::ORDER, 2)).await.unwrap();
    check_against_document("POST", "/v1/orders", &reply);
    let proposed = reply.json::<OrderAnswer>().unwrap();
    assert_eq!(
        (proposed.state, proposed.opened_by.as_deref()),
        (OrderState::Proposed, Some("alice"))
    );

    let mut cloud = service.connect("cloud-1").await;
    let device = service.lab.device().unwrap();
    let reply = ask(&mut cloud, &device).await;
    assert_eq!(
        (reply.status, &*code(&reply)),
        (StatusCode::CONFLICT, "order-not-approved")
    );

    let path = format!("/v1/orders/{}/approve", Lab::ORDER);
    let reply = alice.send(Method::POST, &path).await.unwrap();
    check_against_document("POST", "/v1/orders/{id}/approve", &reply);
    assert_eq!((reply.status, &*code(&reply)), (StatusCode::FORBIDDEN, "same-operator"));
    let approved = bob
        .send(Method::POST, &path)
        .await
        .unwrap()
        .json::<OrderAnswer>()
        .unwrap();
    assert_eq!(
        (approved.state, approved.approved_by.as_deref()),
        (OrderState::Open, Some("bob"))
    );
    assert_eq!(ask(&mut cloud, &device).await.status, StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn order_gives_no_more_than_its_size() {
    let service = Service::with_limits(WIDE).await;
    service.open_order(3).await;
    let mut cloud = service.connect("cloud-1").await;
    for _ in 0..3 {
        assert_eq!(
            ask(&mut cloud, &service.lab.device().unwrap()).await.status,
            StatusCode::CREATED
        );
    }
    let reply = ask(&mut cloud, &service.lab.device().unwrap()).await;
    assert_eq!((reply.status, &*code(&reply)), (StatusCode::CONFLICT, "order-full"));
    assert_eq!(service.used().await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_for_operators_and_well_formed() {
    let service = Service::start().await;
    let mut alice = service.connect("alice").await;
    let wrong = [
        (order("", 1), StatusCode::BAD_REQUEST, "order"),
        (order("new", 0), StatusCode::BAD_REQUEST, "order"),
        (
            OrderRequest {
                vendor_id: 0,
                ..order("new", 1)
            },
            StatusCode::BAD_REQUEST,
            "malformed",
        ),
        (
            OrderRequest {
                product_id: 0,
                ..order("new", 1)
            },
            StatusCode::BAD_REQUEST,
            "malformed",
        ),
        (order(Lab::ORDER, 1), StatusCode::CONFLICT, "order-known"),
    ];
    for (request, status, wanted) in wrong {
        let reply = alice.post("/v1/orders", &request).await.unwrap();
        check_against_document("POST", "/v1/orders", &reply);
        assert_eq!((reply.status, &*code(&reply)), (status, wanted));
    }
    let reply = alice.send(Method::GET, "/v1/orders/none").await.unwrap();
    check_against_document("GET", "/v1/orders/{id}", &reply);
    assert_eq!((reply.status, &*code(&reply)), (StatusCode::NOT_FOUND, "order-unknown"));
    let reply = alice.send(Method::POST, "/v1/orders/none/approve").await.unwrap();
    assert_eq!((reply.status, &*code(&reply)), (StatusCode::NOT_FOUND, "order-unknown"));
    for client in ["cloud-1", "app", "monitor", "unlisted"] {
        let reply = service
            .connect(client)
            .await
            .post("/v1/orders", &order("new", 1))
            .await
            .unwrap();
        assert_eq!(
            (reply.status, &*code(&reply)),
            (StatusCode::FORBIDDEN, "role"),
            "{client}"
        );
    }
}
