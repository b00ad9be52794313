//! Requests that must be refused.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use dac_service::api::{Bytes, DacRequest, NonceRequest};
use dac_service::{MAX_BODY, Nonce};

use crate::document::check_against_document;
use crate::harness::{Service, WIDE, ask, code, get, nonce};

/// Sends a request that must be refused with a status and a code.
async fn refused(service: &Service, request: &DacRequest, status: StatusCode, wanted: &str) {
    let reply = service
        .connect("cloud-1")
        .await
        .post("/v1/dacs", request)
        .await
        .unwrap();
    check_against_document("POST", "/v1/dacs", &reply);
    assert_eq!((reply.status, &*code(&reply)), (status, wanted));
}

#[tokio::test(flavor = "multi_thread")]
async fn old_identity_must_belong_to_the_device() {
    let service = Service::start().await;
    let (device, other) = (service.lab.device().unwrap(), service.lab.device().unwrap());
    let mut cloud = service.connect("cloud-1").await;
    let forbidden = StatusCode::FORBIDDEN;

    // Another device's certificate and signature, over this device's serial number.
    let request = other.request_for(device.serial(), nonce(&mut cloud).await).unwrap();
    refused(&service, &request, forbidden, "identity-name").await;
    // This device's certificate with another device's signature.
    let mut request = device.request(nonce(&mut cloud).await).unwrap();
    request.identity.signature = other
        .request_for(device.serial(), request.nonce)
        .unwrap()
        .identity
        .signature;
    refused(&service, &request, forbidden, "identity-signature").await;
    // A signature over another CSR.
    let mut request = device.request(nonce(&mut cloud).await).unwrap();
    request.csr = other.request(request.nonce).unwrap().csr;
    refused(&service, &request, forbidden, "identity-signature").await;
    // A signature over another nonce.
    let mut request = device.request(Nonce::new([3; 32])).unwrap();
    request.nonce = nonce(&mut cloud).await;
    refused(&service, &request, forbidden, "identity-signature").await;
    // A certificate from another authority of the same name.
    let strangers = dac_service::lab::Authority::new("CN=Laboratory Devices").unwrap();
    let stranger = dac_service::lab::LabDevice::new(device.serial(), &strangers).unwrap();
    let request = stranger.request(nonce(&mut cloud).await).unwrap();
    refused(&service, &request, forbidden, "identity-chain").await;
    // Bytes that are not a certificate.
    let mut request = device.request(nonce(&mut cloud).await).unwrap();
    request.identity.certificate = Bytes(b"no certificate".to_vec());
    refused(&service, &request, forbidden, "identity-malformed").await;
    // A device that was not sold.
    let unsold = service.lab.device_of("LAMP-9999999").unwrap();
    let request = unsold.request(nonce(&mut cloud).await).unwrap();
    refused(&service, &request, forbidden, "serial-unknown").await;
    // Another order.
    let mut request = device.request(nonce(&mut cloud).await).unwrap();
    request.order = Some("other".into());
    refused(&service, &request, forbidden, "order-mismatch").await;
    assert_eq!(service.used().await, 0);
    get(&mut cloud, &device).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn key_in_the_list_suffices_and_must_match() {
    use sha2::{Digest, Sha256};
    let service = Service::start().await;
    // The list has the hash of the key, so the authority does not matter.
    let strangers = dac_service::lab::Authority::new("CN=Long Gone").unwrap();
    let device = dac_service::lab::LabDevice::new("LAMP-0000000", &strangers).unwrap();
    let pin = base16ct::lower::encode_string(&Sha256::digest(key_info(device.old_certificate())));
    let text = format!("serial,identity\nLAMP-0000000,{pin}\n");
    std::fs::write(service.lab.folder().join("sold.csv"), text).unwrap();
    service.app.reload().unwrap();
    let mut cloud = service.connect("cloud-1").await;
    let imitation = service.lab.device_of("LAMP-0000000").unwrap();
    let reply = ask(&mut cloud, &imitation).await;
    assert_eq!((reply.status, &*code(&reply)), (StatusCode::FORBIDDEN, "identity-key"));
    get(&mut cloud, &device).await;
}

/// Returns the SubjectPublicKeyInfo of a certificate.
fn key_info(certificate: &[u8]) -> Vec<u8> {
    use der::{Decode, Encode};
    let certificate = x509_cert::Certificate::from_der(certificate).unwrap();
    certificate
        .tbs_certificate()
        .subject_public_key_info()
        .to_der()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn csr_must_be_well_formed_and_signed() {
    let service = Service::start().await;
    let mut cloud = service.connect("cloud-1").await;
    let device = service.lab.device().unwrap();
    let good = device.request(Nonce::new([0; 32])).unwrap().csr.0;
    let mut wrong_signature = good.clone();
    *wrong_signature.last_mut().unwrap() ^= 1;
    let cases = [
        (vec![0x30, 0x00], "csr-form"),
        (wrong_signature, "csr-signature"),
        ([good.as_slice(), &[0]].concat(), "csr-trailing"),
        (vec![0x30; 1025], "csr-too-long"),
    ];
    for (csr, wanted) in cases {
        let request = device.request_with_csr(nonce(&mut cloud).await, csr).unwrap();
        refused(&service, &request, StatusCode::UNPROCESSABLE_ENTITY, wanted).await;
    }
    assert_eq!(service.used().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nonce_is_valid_once_and_for_its_client() {
    let service = Service::start().await;
    let mut cloud = service.connect("cloud-1").await;
    let device = service.lab.device().unwrap();
    let request = device.request(nonce(&mut cloud).await).unwrap();
    let stolen = service
        .connect("cloud-2")
        .await
        .post("/v1/dacs", &request)
        .await
        .unwrap();
    assert_eq!((stolen.status, &*code(&stolen)), (StatusCode::CONFLICT, "nonce"));
    assert_eq!(
        cloud.post("/v1/dacs", &request).await.unwrap().status,
        StatusCode::CREATED
    );
    let replayed = cloud.post("/v1/dacs", &request).await.unwrap();
    assert_eq!((replayed.status, &*code(&replayed)), (StatusCode::CONFLICT, "nonce"));
    let invented = device.request(Nonce::new([9; 32])).unwrap();
    refused(&service, &invented, StatusCode::CONFLICT, "nonce").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_requests_get_status_400_or_415() {
    let service = Service::start().await;
    let mut cloud = service.connect("cloud-1").await;
    let device = service.lab.device().unwrap();
    let good = serde_json::to_string(&device.request(Nonce::new([0; 32])).unwrap()).unwrap();
    let deep = "[".repeat(8000);
    let array = format!(
        "{}[\"MIIB\",[],\"MEUC\"]}}",
        &good[..good.find("{\"certificate\"").unwrap()]
    );
    let bodies = [
        "",
        "null",
        "[]",
        "{}",
        "{",
        "\"",
        "\u{0}",
        "{\"count\":0}",
        "{\"count\":65}",
        "{\"count\":-1}",
        "{\"count\":1.5}",
        "{\"count\":1e400}",
        "{\"count\":1,\"count\":2}",
        "{\"count\":1}x",
        "{\"other\":1}",
        &deep,
        &array,
        &good.replace("\"csr\":\"M", "\"csr\":\"*"),
        &good.replace("\"csr\"", "\"CSR\""),
        &good.replace(&"00".repeat(32), &"0G".repeat(32)),
        &good.replace(device.serial(), ""),
        &good.replace(device.serial(), &"x".repeat(65)),
        &good.replace(device.serial(), "a b"),
        &good.replace(device.serial(), "\\u0000"),
    ];
    for path in ["/v1/nonces", "/v1/dacs", "/v1/orders", "/v1/dacs/0/proved"] {
        let client = if path == "/v1/orders" { "alice" } else { "cloud-1" };
        let mut connection = service.connect(client).await;
        for body in bodies.iter().filter(|body| !(path == "/v1/nonces" && **body == "{}")) {
            let reply = connection
                .post_bytes(path, "application/json", body.as_bytes().to_vec())
                .await
                .unwrap();
            assert_eq!(
                (reply.status, &*code(&reply)).0,
                StatusCode::BAD_REQUEST,
                "{path} {body}"
            );
        }
        let reply = connection
            .post_bytes(path, "application/json", vec![0xFF; 100])
            .await
            .unwrap();
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        for media in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "",
            "application/jsonp",
        ] {
            let reply = connection.post_bytes(path, media, b"{}".to_vec()).await.unwrap();
            assert_eq!(
                (reply.status, &*code(&reply)),
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type")
            );
        }
    }
    for path in ["/v1/dacs/0/installed", "/v1/dacs/%FF/installed"] {
        let reply = cloud.send(Method::POST, path).await.unwrap();
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{path}");
    }
    let reply = service
        .connect("app")
        .await
        .send(Method::GET, "/v1/devices/%20/onboarding")
        .await
        .unwrap();
    assert_eq!((reply.status, &*code(&reply)), (StatusCode::BAD_REQUEST, "device-id"));
    let mut nonces = service.connect("cloud-1").await;
    let reply = nonces
        .post_bytes("/v1/nonces", "Application/JSON; charset=utf-8", b"{}".to_vec())
        .await
        .unwrap();
    assert_eq!(reply.status, StatusCode::CREATED);
    assert_eq!(service.used().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_paths_and_methods_get_problem_documents() {
    let service = Service::start().await;
    let mut cloud = service.connect("cloud-1").await;
    for path in ["/", "/v1", "/v1/dacs/", "/v2/nonces", "/v1/nonces/x", "/%2e%2e/metrics"] {
        let reply = cloud.send(Method::GET, path).await.unwrap();
        assert_eq!(
            (reply.status, &*code(&reply)),
            (StatusCode::NOT_FOUND, "route-unknown"),
            "{path}"
        );
    }
    for (method, path, allowed) in [
        (Method::GET, "/v1/nonces", "POST"),
        (Method::DELETE, "/v1/dacs", "POST"),
        (Method::PUT, "/v1/devices/x/onboarding", "GET,HEAD"),
        (Method::TRACE, "/metrics", "GET,HEAD"),
    ] {
        let reply = cloud.send(method, path).await.unwrap();
        assert_eq!(
            (reply.status, &*code(&reply)),
            (StatusCode::METHOD_NOT_ALLOWED, "method"),
            "{path}"
        );
        assert_eq!(reply.headers["allow"], allowed, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn large_bodies_are_refused() {
    let service = Service::start().await;
    let text = |len: usize| format!("{{\"serial\":\"{}\"}}", "x".repeat(len)).into_bytes();
    // A body of the largest size is read, and refused for its contents.
    let body = text(MAX_BODY - 13);
    assert_eq!(body.len(), MAX_BODY);
    let reply = service
        .connect("cloud-1")
        .await
        .post_bytes("/v1/dacs", "application/json", body)
        .await
        .unwrap();
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let reply = service
        .connect("cloud-1")
        .await
        .post_bytes("/v1/dacs", "application/json", text(MAX_BODY))
        .await
        .unwrap();
    check_against_document("POST", "/v1/dacs", &reply);
    assert_eq!(
        (reply.status, &*code(&reply)),
        (StatusCode::PAYLOAD_TOO_LARGE, "body-too-large")
    );
    assert_eq!(reply.headers["connection"], "close");
    // A body without a Content-Length.
    let chunks = Chunks(vec![vec![b' '; 5000]; 4]);
    let request = axum::http::Request::builder().method(Method::POST).uri("/v1/dacs");
    let request = request
        .header("host", "localhost")
        .header("content-type", "application/json");
    let reply = service
        .connect("cloud-1")
        .await
        .exchange(request, Body::new(chunks))
        .await
        .unwrap();
    assert_eq!(code(&reply), "body-too-large");
}

/// A body in chunks.
struct Chunks(Vec<Vec<u8>>);

impl axum::body::HttpBody for Chunks {
    type Data = axum::body::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Self::Data>, Self::Error>>> {
        let chunk = self.0.pop();
        std::task::Poll::Ready(chunk.map(|chunk| Ok(hyper::body::Frame::data(chunk.into()))))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rates_and_numbers_of_nonces_are_limited() {
    let limits = "client_rate = 1\nclient_burst = 6\ndevice_rate = 1\ndevice_burst = 2\nnonces_per_client = 3\n";
    let service = Service::with_limits(limits).await;
    service.open_order(10).await;
    let mut cloud = service.connect("cloud-1").await;
    let reply = cloud.post("/v1/nonces", &NonceRequest { count: 4 }).await.unwrap();
    check_against_document("POST", "/v1/nonces", &reply);
    assert_eq!(
        (reply.status, &*code(&reply)),
        (StatusCode::TOO_MANY_REQUESTS, "nonces-full")
    );
    let device = service.lab.device().unwrap();
    let mut codes = Vec::new();
    for _ in 0..3 {
        let reply = ask(&mut service.connect("cloud-2").await, &device).await;
        codes.push(reply.status.as_u16());
    }
    assert_eq!(codes, [201, 200, 429]);
    let reply = service
        .connect("cloud-2")
        .await
        .send(Method::GET, "/healthz")
        .await
        .unwrap();
    check_against_document("GET", "/healthz", &reply);
    assert_eq!(
        (reply.status, &*code(&reply)),
        (StatusCode::TOO_MANY_REQUESTS, "client-rate")
    );
    assert_eq!(reply.headers["retry-after"], "1");
    // Another client is not affected.
    assert_eq!(
        cloud.send(Method::GET, "/healthz").await.unwrap().status,
        StatusCode::OK
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_bodies_time_out() {
    let service = Service::with_limits(&format!("{WIDE}body_seconds = 1\n")).await;
    let request = axum::http::Request::builder().method(Method::POST).uri("/v1/nonces");
    let request = request
        .header("host", "localhost")
        .header("content-type", "application/json")
        .header("content-length", "10");
    let reply = service
        .connect("cloud-1")
        .await
        .exchange(request, Body::new(Never))
        .await
        .unwrap();
    check_against_document("POST", "/v1/nonces", &reply);
    assert_eq!(
        (reply.status, &*code(&reply)),
        (StatusCode::REQUEST_TIMEOUT, "body-timeout")
    );
}

/// A body that never arrives.
struct Never;

impl axum::body::HttpBody for Never {
    type Data = axum::body::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Self::Data>, Self::Error>>> {
        std::task::Poll::Pending
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        hyper::body::SizeHint::with_exact(10)
    }
}
