//! Starts and stops a service.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::http::{Method, StatusCode};
use dac_service::api::{DacAnswer, NonceAnswer, NonceRequest, OrderRequest};
use dac_service::lab::{Connection, Lab, LabDevice, LabOptions, Reply};
use dac_service::{App, Logger, Nonce, ProblemDocument, Server};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::document::check_against_document;

/// A service with its folder.
pub(crate) struct Service {
    pub(crate) lab: Lab,
    pub(crate) app: Arc<App>,
    pub(crate) address: SocketAddr,
    pub(crate) probes: Option<SocketAddr>,
    pub(crate) log: Log,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
    folder: TempDir,
}

/// The log of the service.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Limits that a test reaches only on purpose.
pub(crate) const WIDE: &str =
    "client_rate = 100000\nclient_burst = 100000\ndevice_rate = 100000\ndevice_burst = 1000\n";

impl Service {
    /// Starts a service with an open order for all its devices.
    pub(crate) async fn start() -> Self {
        let service = Self::with_limits(WIDE).await;
        service.open_order(100).await;
        service
    }

    /// Starts a service without an order.
    pub(crate) async fn with_limits(limits: &str) -> Self {
        Self::with_configuration(limits, |text| text).await
    }

    pub(crate) async fn with_configuration(limits: &str, change: impl FnOnce(String) -> String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = LabOptions {
            limits: limits.into(),
            ..LabOptions::default()
        };
        let lab = Lab::create(&folder.path().join("lab"), &options).unwrap();
        let text = std::fs::read_to_string(lab.configuration()).unwrap();
        std::fs::write(lab.configuration(), change(text)).unwrap();
        let log = Log::default();
        let opened = App::open(&lab.configuration(), Logger::new(log.clone()));
        let (app, config) = opened.unwrap_or_else(|failure| panic!("{failure:?}"));
        let server = Server::bind(app.clone(), config.listen, config.probes).await.unwrap();
        let (address, probes) = (server.address().unwrap(), server.probe_address());
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        Self {
            lab,
            app,
            address,
            probes,
            log,
            stop: Some(stop),
            task,
            folder,
        }
    }

    pub(crate) async fn open_order(&self, size: u32) {
        let order = OrderRequest {
            id: Lab::ORDER.into(),
            size,
            vendor_id: 0xFFF1,
            product_id: 0x8000,
        };
        let opened = self.connect("alice").await.post("/v1/orders", &order).await.unwrap();
        assert_eq!(opened.status, StatusCode::CREATED, "{opened:?}");
        let path = format!("/v1/orders/{}/approve", Lab::ORDER);
        let approved = self.connect("bob").await.send(Method::POST, &path).await.unwrap();
        assert_eq!(approved.status, StatusCode::OK, "{approved:?}");
    }

    pub(crate) async fn connect(&self, client: &str) -> Connection {
        self.lab.client(client).unwrap().connect(self.address).await.unwrap()
    }

    /// Returns the number of certificates issued for the order.
    pub(crate) async fn used(&self) -> u64 {
        let path = format!("/v1/orders/{}", Lab::ORDER);
        let order = self.connect("alice").await.send(Method::GET, &path).await.unwrap();
        order.json::<dac_service::api::OrderAnswer>().unwrap().used
    }

    /// Stops the service after requests in progress are answered. Returns the log.
    pub(crate) async fn stop(self) -> String {
        let log = self.log.clone();
        self.stop_and_keep().await;
        log.text()
    }

    /// Stops the service; returns the folder, which is removed on drop.
    pub(crate) async fn stop_and_keep(mut self) -> TempDir {
        let _ = self.stop.take().unwrap().send(());
        self.task.await.unwrap();
        // The writer of the log, and the desk, end with the last user of the service.
        drop(Arc::try_unwrap(self.app).unwrap_or_else(|_| panic!("a connection is left")));
        self.folder
    }
}

/// Requests one nonce.
pub(crate) async fn nonce(connection: &mut Connection) -> Nonce {
    let reply = connection.post("/v1/nonces", &NonceRequest { count: 1 }).await.unwrap();
    assert_eq!(reply.status, StatusCode::CREATED, "{reply:?}");
    check_against_document("POST", "/v1/nonces", &reply);
    reply.json::<NonceAnswer>().unwrap().nonces[0]
}

/// Requests a certificate.
pub(crate) async fn ask(connection: &mut Connection, device: &LabDevice) -> Reply {
    let nonce = nonce(connection).await;
    let reply = connection
        .post("/v1/dacs", &device.request(nonce).unwrap())
        .await
        .unwrap();
    check_against_document("POST", "/v1/dacs", &reply);
    reply
}

/// Requests a certificate that must be issued.
pub(crate) async fn get(connection: &mut Connection, device: &LabDevice) -> DacAnswer {
    let reply = ask(connection, device).await;
    assert_eq!(
        reply.status,
        StatusCode::CREATED,
        "{}",
        String::from_utf8_lossy(&reply.body)
    );
    reply.json().unwrap()
}

/// Returns the code of a problem.
pub(crate) fn code(reply: &Reply) -> String {
    assert_eq!(reply.headers["content-type"], "application/problem+json", "{reply:?}");
    let problem = reply.json::<ProblemDocument>().unwrap();
    assert_eq!(problem.status, reply.status.as_u16());
    problem.code
}
