//! Connections: accepting, handshakes, limits, shutdown.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tower::Service;

use crate::app::App;
use crate::body::Arriving;
use crate::config::seconds;
use crate::log::Line;
use crate::peer::Peer;
use crate::routes;

/// Limits of a request: number of header fields, and their size with the request line in bytes.
const MAX_HEADERS: usize = 64;
const MAX_HEAD: usize = 32 * 1024;
/// Pause after the system refused a connection, for example for lack of file handles.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A listening service.
#[derive(Debug)]
pub struct Server {
    app: Arc<App>,
    listener: TcpListener,
    probes: Option<TcpListener>,
    connections: Arc<Semaphore>,
    handshakes: Arc<Semaphore>,
}

impl Server {
    /// Listens at the addresses of the configuration.
    ///
    /// # Errors
    ///
    /// I/O errors of the system.
    pub async fn bind(app: Arc<App>, listen: SocketAddr, probes: Option<SocketAddr>) -> io::Result<Self> {
        let permits = |count: u32| usize::try_from(count).unwrap_or(Semaphore::MAX_PERMITS);
        let limits = app.limits();
        let (connections, handshakes) = (permits(limits.connections), permits(limits.handshakes));
        Ok(Self {
            app,
            listener: TcpListener::bind(listen).await?,
            probes: match probes {
                Some(probes) => Some(TcpListener::bind(probes).await?),
                None => None,
            },
            connections: Arc::new(Semaphore::new(connections)),
            handshakes: Arc::new(Semaphore::new(handshakes)),
        })
    }

    /// Returns the address for clients.
    ///
    /// # Errors
    ///
    /// I/O errors of the system.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Returns the address of the probes, if any.
    #[must_use]
    pub fn probe_address(&self) -> Option<SocketAddr> {
        self.probes.as_ref()?.local_addr().ok()
    }

    /// Serves until `stop` ends; then lets requests in progress finish.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let (stopping, stopped) = watch::channel(false);
        let router = routes::router(self.app.clone());
        let probe_router = routes::probe_router(self.app.clone());
        let mut stop = pin!(stop);
        loop {
            let probe = async {
                match &self.probes {
                    Some(probes) => probes.accept().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = &mut stop => break,
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, peer)) => self.start(stream, peer, router.clone(), stopped.clone()),
                    Err(_) => sleep(ACCEPT_PAUSE).await,
                },
                accepted = probe => match accepted {
                    Ok((stream, _)) => self.start_probe(stream, probe_router.clone(), stopped.clone()),
                    Err(_) => sleep(ACCEPT_PAUSE).await,
                },
            }
        }
        let Self {
            app,
            listener,
            probes,
            connections,
            ..
        } = self;
        drop((listener, probes));
        // No new connections: open ones finish the request in progress.
        let _ = stopping.send(true);
        let all = app.limits().connections;
        let drained = timeout(seconds(app.limits().drain_seconds), connections.acquire_many(all)).await;
        let message = match drained {
            Ok(_) => "all requests are answered",
            Err(_) => "requests in progress were cut off",
        };
        app.logger().info("drained", message);
    }

    /// Starts the task of a connection, unless the limit is reached.
    fn start(&self, stream: TcpStream, address: SocketAddr, router: Router, stopped: watch::Receiver<bool>) {
        let permits = self.connections.clone().try_acquire_owned().and_then(|connection| {
            let handshake = self.handshakes.clone().try_acquire_owned()?;
            Ok((connection, handshake))
        });
        let Ok((connection, handshake)) = permits else {
            self.app.metrics().connections_refused.add();
            return;
        };
        let app = self.app.clone();
        tokio::spawn(async move {
            let _connection = connection;
            serve_client(&app, stream, address, handshake, router, stopped).await;
        });
    }

    fn start_probe(&self, stream: TcpStream, router: Router, stopped: watch::Receiver<bool>) {
        let Ok(connection) = self.connections.clone().try_acquire_owned() else {
            self.app.metrics().connections_refused.add();
            return;
        };
        let app = self.app.clone();
        tokio::spawn(async move {
            let _connection = connection;
            serve(&app, stream, router, None, stopped).await;
        });
    }
}

/// Performs the handshake, then answers requests.
async fn serve_client(
    app: &Arc<App>,
    stream: TcpStream,
    address: SocketAddr,
    handshake: OwnedSemaphorePermit,
    router: Router,
    stopped: watch::Receiver<bool>,
) {
    let failed = |reason: &str| {
        app.metrics().handshakes_failed.add();
        app.logger().write(Line {
            level: "warn",
            event: "handshake",
            peer: Some(&address.to_string()),
            message: Some(reason),
            ..Line::default()
        });
    };
    // Answers are small and must not be delayed.
    let _ = stream.set_nodelay(true);
    let live = app.live();
    let accepted = TlsAcceptor::from(live.tls.server.clone()).accept(stream);
    let stream = match timeout(seconds(app.limits().handshake_seconds), accepted).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return failed(&error.to_string()),
        Err(_) => return failed("it took too long"),
    };
    drop(handshake);
    let chain = stream.get_ref().1.peer_certificates().map(<[_]>::to_vec);
    let Some(peer) = chain.and_then(|chain| Peer::new(chain, &live)) else {
        return failed("the client has no certificate");
    };
    let Some(_entered) = app
        .connections_of()
        .enter(peer.fingerprint(), app.limits().connections_per_client)
    else {
        app.metrics().connections_refused.add();
        return;
    };
    let _counted = app.metrics().connections.enter();
    drop(live);
    serve(app, stream, router, Some(Arc::new(peer)), stopped).await;
}

/// Answers the requests of a connection until it ends or the service stops.
async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    app: &App,
    stream: S,
    router: Router,
    peer: Option<Arc<Peer>>,
    mut stopped: watch::Receiver<bool>,
) {
    let limits = app.limits();
    let body_time = seconds(limits.body_seconds);
    let answer = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(|body| Body::new(Arriving::new(body, body_time)));
        if let Some(peer) = &peer {
            request.extensions_mut().insert(peer.clone());
        }
        let mut router = router.clone();
        let answered = Service::call(&mut router, request);
        async move {
            let answered: Result<Response, Infallible> = answered.await;
            answered
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(seconds(limits.header_seconds))
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), answer);
    let mut connection = pin!(connection);
    tokio::select! {
        // An error of the connection concerns only the client.
        _ = connection.as_mut() => return,
        _ = stopped.wait_for(|stopped| *stopped) => {}
        () = sleep(seconds(limits.connection_seconds)) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = timeout(seconds(limits.drain_seconds), connection).await;
}
