//! A client of the service with a single connection.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::lab::authority::Result;
use crate::tls::provider;

/// The service answers within its own limits. If a connection ends while a request is handed over, hyper may return
/// neither an answer nor an error.
const PATIENCE: Duration = Duration::from_secs(60);

/// Reason for a missing answer.
#[derive(Debug)]
pub enum ClientFault {
    /// The connection could not be made, or ended.
    Connection(io::Error),
    /// The other side does not speak HTTP, or has closed the connection.
    Http(hyper::Error),
}

impl fmt::Display for ClientFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection(error) => write!(f, "connection: {error}"),
            Self::Http(error) => write!(f, "HTTP: {error}"),
        }
    }
}

impl std::error::Error for ClientFault {}

/// The TLS configuration of a client.
#[derive(Clone, Debug)]
pub struct TlsClient {
    config: Arc<ClientConfig>,
}

impl TlsClient {
    /// Trusts an authority, and presents a chain with its PKCS#8 key if one is given.
    ///
    /// # Errors
    ///
    /// If they are unusable.
    pub fn new(
        authority: &[u8],
        chain: Option<(&[Vec<u8>], &[u8])>,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(authority))?;
        let builder = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(versions)?
            .with_root_certificates(roots);
        let config = match chain {
            Some((chain, key)) => {
                let chain = chain.iter().map(|der| CertificateDer::from(der.clone())).collect();
                builder.with_client_auth_cert(chain, PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.to_vec())))?
            }
            None => builder.with_no_client_auth(),
        };
        Ok(Self {
            config: Arc::new(config),
        })
    }

    /// Connects.
    ///
    /// # Errors
    ///
    /// [`ClientFault`]
    pub async fn connect(&self, address: SocketAddr) -> std::result::Result<Connection, ClientFault> {
        let stream = TokioIo::new(self.stream(address).await.map_err(ClientFault::Connection)?);
        let (sender, connection) = http1::handshake(stream).await.map_err(ClientFault::Http)?;
        tokio::spawn(connection);
        Ok(Connection { sender })
    }
}

impl TlsClient {
    /// Connects, and leaves HTTP to the caller.
    ///
    /// # Errors
    ///
    /// Errors of the system and of the handshake.
    pub async fn stream(&self, address: SocketAddr) -> io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST).into());
        TlsConnector::from(self.config.clone()).connect(name, stream).await
    }
}

/// An open connection.
#[derive(Debug)]
pub struct Connection {
    sender: SendRequest<Body>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The header.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// Reads the body as JSON.
    ///
    /// # Errors
    ///
    /// If it is malformed.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        Ok(serde_json::from_slice(&self.body)?)
    }
}

impl Connection {
    /// Returns whether the other side has closed the connection.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Sends a request without a body.
    ///
    /// # Errors
    ///
    /// [`ClientFault`]
    pub async fn send(&mut self, method: Method, path: &str) -> std::result::Result<Reply, ClientFault> {
        self.exchange(request(method, path), Body::empty()).await
    }

    /// Sends a value as JSON.
    ///
    /// # Errors
    ///
    /// [`ClientFault`]
    pub async fn post<T: Serialize>(&mut self, path: &str, value: &T) -> std::result::Result<Reply, ClientFault> {
        let body = serde_json::to_vec(value).unwrap_or_default();
        self.post_bytes(path, "application/json", body).await
    }

    /// Sends a body unchanged.
    ///
    /// # Errors
    ///
    /// [`ClientFault`]
    pub async fn post_bytes(
        &mut self,
        path: &str,
        media: &str,
        body: Vec<u8>,
    ) -> std::result::Result<Reply, ClientFault> {
        let request = request(Method::POST, path).header(CONTENT_TYPE, media);
        self.exchange(request, Body::from(body)).await
    }

    /// Sends a prepared request.
    ///
    /// # Errors
    ///
    /// [`ClientFault`]
    pub async fn exchange(
        &mut self,
        request: axum::http::request::Builder,
        body: Body,
    ) -> std::result::Result<Reply, ClientFault> {
        let invalid = |error| ClientFault::Connection(io::Error::new(io::ErrorKind::InvalidInput, error));
        let request = request.body(body).map_err(invalid)?;
        let answer = tokio::time::timeout(PATIENCE, self.answer(request)).await;
        answer.unwrap_or_else(|_| Err(ClientFault::Connection(io::ErrorKind::TimedOut.into())))
    }

    async fn answer(&mut self, request: Request<Body>) -> std::result::Result<Reply, ClientFault> {
        self.sender.ready().await.map_err(ClientFault::Http)?;
        let response = self.sender.send_request(request).await.map_err(ClientFault::Http)?;
        let (parts, mut body) = response.into_parts();
        let mut bytes = Vec::new();
        while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
            if let Ok(data) = frame.map_err(ClientFault::Http)?.into_data() {
                bytes.extend_from_slice(&data);
            }
        }
        Ok(Reply {
            status: parts.status,
            headers: parts.headers,
            body: bytes,
        })
    }
}

/// Begins a request.
pub(crate) fn request(method: Method, path: &str) -> axum::http::request::Builder {
    Request::builder().method(method).uri(path).header(HOST, "localhost")
}
