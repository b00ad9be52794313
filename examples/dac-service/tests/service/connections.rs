//! Admission and duration of connections.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use dac_service::lab::ClientFault;
use rustls::version::{TLS12, TLS13};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::document::check_against_document;
use crate::harness::{Service, WIDE, code, get};

/// In TLS 1.3 a client learns that its certificate is refused when it first reads.
async fn connects(service: &Service, client: &dac_service::lab::TlsClient) -> bool {
    match client.connect(service.address).await {
        Ok(mut connection) => match connection.send(Method::GET, "/healthz").await {
            Ok(reply) => reply.status == StatusCode::OK,
            Err(ClientFault::Http(_) | ClientFault::Connection(_)) => false,
        },
        Err(_) => false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_valid_certificates_of_the_clients_authority_connect() {
    let service = Service::start().await;
    for versions in [&[&TLS13][..], &[&TLS12][..]] {
        for name in ["cloud-1", "app", "unlisted"] {
            assert!(
                connects(&service, &service.lab.client_with(name, versions).unwrap()).await,
                "{name}"
            );
        }
        for name in ["revoked", "expired", "stranger"] {
            assert!(
                !connects(&service, &service.lab.client_with(name, versions).unwrap()).await,
                "{name}"
            );
        }
    }
    assert!(!connects(&service, &service.lab.anonymous().unwrap()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_are_those_of_the_certificate() {
    let service = Service::start().await;
    let paths = [
        (Method::POST, "/v1/nonces", "cloud-1"),
        (Method::POST, "/v1/dacs", "cloud-1"),
        (Method::GET, "/v1/devices/x/onboarding", "app"),
        (Method::POST, "/v1/orders", "alice"),
        (Method::GET, "/metrics", "monitor"),
    ];
    for client in ["cloud-1", "app", "alice", "monitor", "unlisted"] {
        let mut connection = service.connect(client).await;
        for (method, path, wanted) in paths.clone() {
            let reply = connection.send(method, path).await.unwrap();
            let is_refused = reply.status == StatusCode::FORBIDDEN && code(&reply) == "role";
            assert_eq!(is_refused, client != wanted, "{client} {path}");
        }
        for path in ["/healthz", "/readyz", "/v1/openapi.json"] {
            let reply = connection.send(Method::GET, path).await.unwrap();
            check_against_document("GET", path, &reply);
            assert_eq!(reply.status, StatusCode::OK, "{client} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_may_be_organizational_units() {
    let without = |text: String| {
        let end = text.find("[[clients]]").unwrap();
        let limits = text.find("[limits]").unwrap();
        format!("{}{}", &text[..end], &text[limits..]).replace("[tls]\n", "[tls]\nroles_from_ou = true\n")
    };
    let service = Service::with_configuration(WIDE, without).await;
    service.open_order(1).await;
    get(&mut service.connect("cloud-1").await, &service.lab.device().unwrap()).await;
    let reply = service
        .connect("app")
        .await
        .send(Method::POST, "/v1/nonces")
        .await
        .unwrap();
    assert_eq!(code(&reply), "role");
}

#[tokio::test(flavor = "multi_thread")]
async fn reload_locks_out_revoked_clients_on_open_connections() {
    let service = Service::start().await;
    let mut open = service.connect("cloud-2").await;
    assert_eq!(open.send(Method::GET, "/healthz").await.unwrap().status, StatusCode::OK);
    service.lab.revoke(&["revoked", "cloud-2"]).unwrap();
    assert_eq!(open.send(Method::GET, "/healthz").await.unwrap().status, StatusCode::OK);
    service.app.reload().unwrap();
    let reply = open.send(Method::GET, "/healthz").await.unwrap();
    check_against_document("GET", "/healthz", &reply);
    assert_eq!(
        (reply.status, &*code(&reply)),
        (StatusCode::FORBIDDEN, "client-certificate")
    );
    assert_eq!(reply.headers["connection"], "close");
    assert!(!connects(&service, &service.lab.client("cloud-2").unwrap()).await);
    assert!(connects(&service, &service.lab.client("cloud-1").unwrap()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn reload_that_fails_leaves_all_as_it_was() {
    let service = Service::start().await;
    for file in ["client-ca.crl", "sold.csv", "server.pem", "service.toml"] {
        let path = service.lab.folder().join(file);
        let good = std::fs::read(&path).unwrap();
        std::fs::write(&path, "nothing").unwrap();
        assert!(service.app.reload().is_err(), "{file}");
        std::fs::write(&path, good).unwrap();
    }
    get(&mut service.connect("cloud-1").await, &service.lab.device().unwrap()).await;
    service.app.reload().unwrap();
    let metrics = service
        .connect("monitor")
        .await
        .send(Method::GET, "/metrics")
        .await
        .unwrap();
    check_against_document("GET", "/metrics", &metrics);
    let text = String::from_utf8(metrics.body).unwrap();
    assert!(
        text.contains("dac_reloads_total 1\n") && text.contains("dac_reloads_failed_total 4\n"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_and_noise_do_not_disturb() {
    let service = Service::with_limits(&format!("{WIDE}handshake_seconds = 1\nhandshakes = 8\n")).await;
    service.open_order(10).await;
    for noise in [
        &b""[..],
        b"GET / HTTP/1.1\r\n\r\n",
        &[0x16, 0x03, 0x01, 0xFF, 0xFF],
        &[0; 4096],
        &[0x80; 20000],
    ] {
        let mut stream = TcpStream::connect(service.address).await.unwrap();
        let _ = stream.write_all(noise).await;
    }
    // They send nothing: the handshake timeout ends them.
    let mut silent = Vec::new();
    for _ in 0..8 {
        silent.push(TcpStream::connect(service.address).await.unwrap());
    }
    for mut stream in silent {
        let mut bytes = [0; 1];
        let end = timeout(Duration::from_secs(5), stream.read(&mut bytes)).await.unwrap();
        assert!(matches!(end, Ok(0) | Err(_)));
    }
    get(&mut service.connect("cloud-1").await, &service.lab.device().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_of_one_client_are_limited_and_idle_ones_end() {
    let limits = format!("{WIDE}connections_per_client = 2\nheader_seconds = 1\n");
    let service = Service::with_limits(&limits).await;
    let client = service.lab.client("cloud-1").unwrap();
    let mut first = client.connect(service.address).await.unwrap();
    let mut second = client.connect(service.address).await.unwrap();
    for connection in [&mut first, &mut second] {
        assert_eq!(
            connection.send(Method::GET, "/healthz").await.unwrap().status,
            StatusCode::OK
        );
    }
    assert!(!connects(&service, &client).await);
    assert!(connects(&service, &service.lab.client("cloud-2").unwrap()).await);
    sleep(Duration::from_millis(1500)).await;
    assert!(first.send(Method::GET, "/healthz").await.is_err());
    assert!(connects(&service, &client).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn request_ids_are_checked_and_logged() {
    let service = Service::start().await;
    let mut cloud = service.connect("cloud-1").await;
    let with_id = |id: &[u8]| {
        let request = axum::http::Request::builder()
            .uri("/healthz")
            .header("host", "localhost");
        request.header("x-request-id", axum::http::HeaderValue::from_bytes(id).unwrap())
    };
    let given = cloud
        .exchange(with_id(b"Req_1.2-3"), axum::body::Body::empty())
        .await
        .unwrap();
    assert_eq!(given.headers["x-request-id"], "Req_1.2-3");
    for id in [&b"a b"[..], b"\"}{", b"", &[b'x'; 65], b"\xFF"] {
        let reply = cloud.exchange(with_id(id), axum::body::Body::empty()).await.unwrap();
        assert_eq!(reply.headers["x-request-id"].len(), 32, "{id:?}");
    }
    drop(cloud);
    let log = service.stop().await;
    let lines = log
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .collect::<Vec<_>>();
    let line = lines.iter().find(|line| line["request_id"] == "Req_1.2-3").unwrap();
    assert_eq!(
        (&line["client"], &line["route"], &line["status"]),
        (&"cloud-1".into(), &"/healthz".into(), &200.into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_answers_requests_in_progress() {
    let service = Service::start().await;
    let devices = (0..20).map(|_| service.lab.device().unwrap()).collect::<Vec<_>>();
    let mut tasks = tokio::task::JoinSet::new();
    for device in devices {
        let mut cloud = service.connect("cloud-1").await;
        let nonce = crate::harness::nonce(&mut cloud).await;
        tasks.spawn(async move { cloud.post("/v1/dacs", &device.request(nonce).unwrap()).await });
    }
    sleep(Duration::from_millis(5)).await;
    let address = service.address;
    let log = service.stop().await;
    for reply in tasks.join_all().await {
        // Answered, or never begun.
        assert!(reply.is_err() || reply.unwrap().status == StatusCode::CREATED);
    }
    assert!(log.contains("all requests are answered"), "{log}");
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_need_no_certificate_and_are_few() {
    let with_probes = |text: String| format!("probes = \"127.0.0.1:0\"\n{text}");
    let service = Service::with_configuration(WIDE, with_probes).await;
    for (path, status) in [
        ("/healthz", "200"),
        ("/readyz", "200"),
        ("/metrics", "200"),
        ("/v1/openapi.json", "404"),
        ("/v1/dacs", "404"),
    ] {
        let mut stream = TcpStream::connect(service.probes.unwrap()).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {answer}");
    }
}

/// A refusal that comes before the body leaves the connection usable.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_after_its_refusal_does_not_end_the_connection() {
    let with_probes = |text: String| format!("probes = \"127.0.0.1:0\"\n{text}");
    let service = Service::with_configuration(WIDE, with_probes).await;
    let mut stream = TcpStream::connect(service.probes.unwrap()).await.unwrap();
    let head = b"POST /healthz HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\n\r\n";
    stream.write_all(head).await.unwrap();
    let mut answer = vec![0; 4096];
    let len = stream.read(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..len]).into_owned();
    assert!(
        answer.starts_with("HTTP/1.1 405") && !answer.contains("connection: close"),
        "{answer}"
    );
    sleep(Duration::from_millis(50)).await;
    stream
        .write_all(b"12345GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}
