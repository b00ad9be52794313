//! An attacker and its requests.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use cli::Failure;
use dac_service::api::{DacRequest, NonceAnswer, NonceRequest, OrderRequest};
use dac_service::lab::{Connection, Reply};
use dac_service::{MAX_BODY, Nonce, ProblemDocument};
use serde::Serialize;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{DEVICES, KINDS, Kind, Shared};
use crate::failed;

/// The service closes an invalid connection at the latest after the handshake timeout.
const PATIENCE: Duration = Duration::from_secs(40);

/// One of the concurrent attackers, with connections of its own.
pub(super) struct Attacker {
    shared: Arc<Shared>,
    address: SocketAddr,
    random: Random,
    connections: BTreeMap<&'static str, Connection>,
}

/// Kind and outcome of each request, and whether the outcome is the expected one.
type Outcomes = Vec<(Kind, String, bool)>;

impl Attacker {
    pub(super) fn new(shared: Arc<Shared>, address: SocketAddr, seed: u64) -> Self {
        Self {
            shared,
            address,
            random: Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1),
            connections: BTreeMap::new(),
        }
    }

    pub(super) async fn work(&mut self, count: u32) -> Result<Outcomes, Failure> {
        let mut outcomes = Vec::new();
        for _ in 0..count {
            let index = self.random.below(KINDS.len());
            let Some(kind) = KINDS.get(index) else { continue };
            let (outcome, is_expected) = self.one(*kind).await?;
            outcomes.push((*kind, outcome, is_expected));
        }
        Ok(outcomes)
    }

    async fn one(&mut self, kind: Kind) -> Result<(String, bool), Failure> {
        match kind {
            Kind::CertificateExpired => Ok(self.refused_client("expired").await),
            Kind::CertificateNone => Ok(self.refused_client("").await),
            Kind::CertificateOfOtherAuthority => Ok(self.refused_client("stranger").await),
            Kind::CertificateRevoked => Ok(self.refused_client("revoked").await),
            Kind::GarbageTls => self.garbage_tls().await,
            Kind::GarbageHttp => self.garbage_http().await,
            Kind::RoleApp | Kind::RoleCloud | Kind::RoleNobody => self.wrong_role(kind).await,
            _ => self.wrong_request(kind).await,
        }
    }

    /// A client whose handshake must fail.
    async fn refused_client(&self, name: &str) -> (String, bool) {
        match self.shared.clients.get(name).connect(self.address).await {
            Err(_) => ("no connection".into(), true),
            // In TLS 1.3 the client learns of it with the first answer.
            Ok(mut connection) => match connection.send(Method::GET, "/healthz").await {
                Err(_) => ("no connection".into(), true),
                Ok(reply) => (outcome_of(&reply), false),
            },
        }
    }

    /// Bytes that are no handshake, or only its beginning.
    async fn garbage_tls(&mut self) -> Result<(String, bool), Failure> {
        let mut bytes = match self.random.below(3) {
            0 => b"POST /v1/dacs HTTP/1.1\r\nhost: localhost\r\n\r\n".to_vec(),
            1 => vec![0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03],
            _ => Vec::new(),
        };
        let length = self.random.below(2000);
        bytes.extend(self.random.bytes(length));
        let mut stream = TcpStream::connect(self.address).await.map_err(failed)?;
        // The service may close the connection during the write.
        let _ = stream.write_all(&bytes).await;
        let _ = stream.shutdown().await;
        Ok(closed(stream).await)
    }

    /// Invalid HTTP from a client with a valid certificate.
    async fn garbage_http(&mut self) -> Result<(String, bool), Failure> {
        let mut stream = self
            .shared
            .clients
            .get("cloud-1")
            .stream(self.address)
            .await
            .map_err(failed)?;
        let length = 1 + self.random.below(3000);
        let bytes = match self.random.below(4) {
            0 => self.random.bytes(length),
            1 => format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(length)).into_bytes(),
            2 => format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(length * 30)).into_bytes(),
            _ => b"POST /v1/dacs HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"
                .to_vec(),
        };
        let _ = stream.write_all(&bytes).await;
        let _ = stream.shutdown().await;
        Ok(closed(stream).await)
    }

    async fn wrong_role(&mut self, kind: Kind) -> Result<(String, bool), Failure> {
        let first = self.shared.clone();
        let codes = format!("/v1/devices/{}/onboarding", first.first().serial());
        let request = first.first().request(Nonce::new([0; 32])).map_err(failed)?;
        let order = OrderRequest {
            id: "attack".into(),
            size: 1,
            vendor_id: 0xFFF1,
            product_id: 0x8000,
        };
        let choice = self.random.below(2);
        let reply = match (kind, choice) {
            (Kind::RoleApp, 0) => self.post("app", "/v1/dacs", &request).await,
            (Kind::RoleApp, _) => self.post("app", "/v1/orders", &order).await,
            (Kind::RoleCloud, 0) => self.send("cloud-1", &codes).await,
            (Kind::RoleCloud, _) => self.post("cloud-1", "/v1/orders", &order).await,
            (_, 0) => self.post("unlisted", "/v1/dacs", &request).await,
            _ => self.send("unlisted", &codes).await,
        }?;
        Ok((outcome_of(&reply), reply.status == StatusCode::FORBIDDEN))
    }

    async fn wrong_request(&mut self, kind: Kind) -> Result<(String, bool), Failure> {
        let shared = self.shared.clone();
        let victim = 1 + self.random.below(DEVICES - 2);
        let (Some(device), Some(other)) = (shared.devices.get(victim), shared.devices.get(victim + 1)) else {
            return Err(failed("no device"));
        };
        let nonce = self.nonce("cloud-1").await?;
        let request = match kind {
            Kind::IdentityOfOther => other.request_for(device.serial(), nonce),
            Kind::SecondKey => shared.second_key.request(nonce),
            Kind::SerialUnknown => shared.unsold.request(nonce),
            Kind::NonceInvented => device.request(Nonce::new(*self.random_nonce().as_bytes())),
            Kind::NonceStolen => device.request(self.nonce("cloud-2").await?),
            Kind::KeyOfOther => shared
                .first()
                .request(nonce)
                .and_then(|first| device.request_with_csr(nonce, first.csr.0)),
            _ => device.request(nonce),
        };
        let mut request = request.map_err(failed)?;
        let mut body = None;
        match kind {
            Kind::IdentityUnsigned => self.spoil(&mut request.identity.signature.0),
            Kind::BrokenRequest => {
                self.spoil(&mut request.csr.0);
                request = device.request_with_csr(nonce, request.csr.0).map_err(failed)?;
            }
            Kind::NonceReplayed => self.use_up(nonce).await?,
            Kind::BrokenJson => {
                let mut bytes = serde_json::to_vec(&request).map_err(failed)?;
                self.spoil(&mut bytes);
                bytes.truncate(bytes.len() - self.random.below(2) * self.random.below(200));
                body = Some(bytes);
            }
            Kind::BodyTooLarge => body = Some(vec![b' '; MAX_BODY + 1 + self.random.below(100_000)]),
            _ => {}
        }
        let body = body.map_or_else(|| serde_json::to_vec(&request).map_err(failed), Ok)?;
        let reply = match self.post_bytes("cloud-1", "/v1/dacs", body).await {
            Ok(reply) => reply,
            // The rest of a body is not read: the answer may be lost with the connection.
            Err(_) if kind == Kind::BodyTooLarge => return Ok(("closed".into(), true)),
            Err(failure) => return Err(failure),
        };
        let is_expected = match kind {
            Kind::BodyTooLarge => reply.status == StatusCode::PAYLOAD_TOO_LARGE,
            Kind::IdentityOfOther | Kind::IdentityUnsigned | Kind::SerialUnknown => {
                reply.status == StatusCode::FORBIDDEN
            }
            Kind::KeyOfOther | Kind::NonceInvented | Kind::NonceReplayed | Kind::NonceStolen | Kind::SecondKey => {
                reply.status == StatusCode::CONFLICT
            }
            _ => reply.status.is_client_error(),
        };
        Ok((outcome_of(&reply), is_expected))
    }

    /// Uses a nonce in a refused request.
    async fn use_up(&mut self, nonce: Nonce) -> Result<(), Failure> {
        let shared = self.shared.clone();
        let request: DacRequest = shared.unsold.request(nonce).map_err(failed)?;
        self.post("cloud-1", "/v1/dacs", &request).await.map(|_| ())
    }

    /// Flips bits of one byte.
    fn spoil(&mut self, bytes: &mut [u8]) {
        let index = self.random.below(bytes.len());
        let change = u8::try_from(1 + self.random.below(255)).unwrap_or(1);
        if let Some(byte) = bytes.get_mut(index) {
            *byte ^= change;
        }
    }

    fn random_nonce(&mut self) -> Nonce {
        let mut bytes = [0; 32];
        bytes
            .iter_mut()
            .zip(self.random.bytes(32))
            .for_each(|(to, from)| *to = from);
        Nonce::new(bytes)
    }

    async fn nonce(&mut self, client: &'static str) -> Result<Nonce, Failure> {
        let mut connection = self.connection(client).await?;
        let nonce = nonce(&mut connection).await?;
        self.connections.insert(client, connection);
        Ok(nonce)
    }

    async fn post<T: Serialize>(&mut self, client: &'static str, path: &str, value: &T) -> Result<Reply, Failure> {
        let body = serde_json::to_vec(value).map_err(failed)?;
        self.post_bytes(client, path, body).await
    }

    async fn post_bytes(&mut self, client: &'static str, path: &str, body: Vec<u8>) -> Result<Reply, Failure> {
        let mut connection = self.connection(client).await?;
        let reply = connection
            .post_bytes(path, "application/json", body)
            .await
            .map_err(failed)?;
        self.keep(client, connection, &reply);
        Ok(reply)
    }

    async fn send(&mut self, client: &'static str, path: &str) -> Result<Reply, Failure> {
        let mut connection = self.connection(client).await?;
        let reply = connection.send(Method::GET, path).await.map_err(failed)?;
        self.keep(client, connection, &reply);
        Ok(reply)
    }

    async fn connection(&mut self, client: &'static str) -> Result<Connection, Failure> {
        match self.connections.remove(client) {
            Some(connection) if !connection.is_closed() => Ok(connection),
            _ => self
                .shared
                .clients
                .get(client)
                .connect(self.address)
                .await
                .map_err(failed),
        }
    }

    fn keep(&mut self, client: &'static str, connection: Connection, reply: &Reply) {
        if !reply.headers.contains_key("connection") {
            self.connections.insert(client, connection);
        }
    }
}

/// A xorshift64* generator; the numbers need not be secret.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % end).unwrap_or_default()
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count)
            .map(|_| self.next().to_be_bytes().first().copied().unwrap_or_default())
            .collect()
    }
}

/// Requests a nonce.
pub(super) async fn nonce(connection: &mut Connection) -> Result<Nonce, Failure> {
    let reply = connection
        .post("/v1/nonces", &NonceRequest { count: 1 })
        .await
        .map_err(failed)?;
    let answer = reply.json::<NonceAnswer>();
    let answer = answer.map_err(|_| Failure::No(format!("no nonce: {}", outcome_of(&reply))))?;
    answer
        .nonces
        .first()
        .copied()
        .ok_or_else(|| Failure::No("no nonce".into()))
}

/// Returns status and code of an answer.
pub(super) fn outcome_of(reply: &Reply) -> String {
    let code = reply
        .json::<ProblemDocument>()
        .map(|problem| problem.code)
        .unwrap_or_default();
    format!("{} {code}", reply.status.as_u16()).trim_end().into()
}

/// Waits until the other side closes; before that it sends at most a refusal.
async fn closed(mut stream: impl AsyncRead + Unpin) -> (String, bool) {
    let mut answer = Vec::new();
    let end = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    let status = answer
        .strip_prefix(b"HTTP/1.1 ")
        .and_then(|rest| rest.first_chunk::<3>());
    match (end, status) {
        (Err(_), _) => ("left open".into(), false),
        (Ok(_), Some(status)) => {
            let status = String::from_utf8_lossy(status).into_owned();
            let is_refusal = status.starts_with('4');
            (status, is_refusal)
        }
        (Ok(_), None) => ("closed".into(), true),
    }
}
