//! The accept loop: connections in, a bounded number, with deadlines, until the stop.
//!
//! `axum::serve` has no deadline for a silent client and leaves sockets without a close frame at the end, hence our own.

use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::{Request, Version, header, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutStream;
use tokio_util::io::{InspectReader, InspectWriter};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::body::own_room;
use super::lingering::{Behind, Heard, Lingering};
use super::meter::Meter;
use super::pace::paced;
use super::proxies;
use super::settings::ServerSettings;
use super::shutdown::Shutdown;

/// Largest head of a request; cookies and tokens are far smaller.
const MAX_HEAD: usize = 32 * 1024;
const MAX_HTTP2_HEADERS: u32 = 32 * 1024;
const MAX_HTTP2_STREAMS: u32 = 128;
const HTTP2_PING: Duration = Duration::from_secs(20);
const HTTP2_PONG: Duration = Duration::from_secs(10);
/// Pause after a failed accept (no file descriptor left), so that the loop does not burn the processor that would free one.
const BREATH: Duration = Duration::from_millis(100);
/// What the kernel keeps of what is still to be sent, in bytes. By itself it takes megabytes at once and then nothing until a third of them
/// is gone, so that who takes a file slowly and steadily would look like somebody who takes nothing.
const UNSENT: u32 = 64 * 1024;

/// The connection that a request came on, in the request's extensions.
#[derive(Debug, Clone)]
pub(super) struct Connection {
    /// The other end; of a request, the client whom trusted proxies name.
    peer: IpAddr,
    /// Ends it at once.
    cut: CancellationToken,
    meter: Meter,
    /// Whether there was much room when it came.
    is_roomy: bool,
    /// Whether others may ask on it at the same time (HTTP/2).
    is_shared: bool,
    /// What bodies on it hold of their own.
    room: Arc<Semaphore>,
    /// Held by whoever keeps the connection, a WebSocket included, so that the cap counts them all.
    _place: Arc<OwnedSemaphorePermit>,
}

impl Connection {
    pub(super) fn peer(&self) -> IpAddr {
        self.peer
    }

    /// Room that the bodies on it take before any that is shared.
    pub(super) fn room(&self) -> Arc<Semaphore> {
        Arc::clone(&self.room)
    }

    /// What the client has been sent.
    pub(super) fn meter(&self) -> Meter {
        self.meter.clone()
    }

    /// Whether the client has been sent anything.
    pub(super) fn has_been_told(&self) -> bool {
        self.meter.taken() > 0
    }

    /// Ends it at once, with all that runs on it: the other end does not read.
    pub(super) fn cut(&self) {
        self.cut.cancel();
    }

    /// Whether other requests are under way on it, maybe those of other people behind a proxy.
    pub(super) fn is_shared(&self) -> bool {
        self.is_shared
    }

    pub(super) fn is_cut(&self) -> bool {
        self.cut.is_cancelled()
    }
}

struct House {
    router: Router,
    http: auto::Builder<TokioExecutor>,
    settings: ServerSettings,
    shutdown: Shutdown,
    /// Cuts what is left when the grace is over.
    cut: CancellationToken,
}

/// Serves until the stop, and returns when all is over: at most `settings.grace` after it began.
pub async fn serve(listener: TcpListener, router: Router, settings: ServerSettings, shutdown: Shutdown) {
    let places = Arc::new(Semaphore::new(settings.max_connections));
    let http = protocol(&settings);
    let house = Arc::new(House { router, http, settings, shutdown, cut: CancellationToken::new() });
    loop {
        let arrival = tokio::select! {
            biased;
            () = house.shutdown.begun() => break,
            arrival = accept(&listener, &places, house.settings.max_connections) => arrival,
        };
        match arrival {
            Ok((stream, connection)) => drop(house.shutdown.spawn(attend(Arc::clone(&house), stream, connection))),
            Err(error) if is_the_clients(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(house.settings.grace, house.shutdown.finished()).await.is_err() {
        tracing::warn!("the stop's grace is over; what is left is cut");
        house.cut.cancel();
    }
}

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>, most: usize) -> io::Result<(TcpStream, Connection)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    // Answers are small and whole: waiting for more to send only costs time.
    stream.set_nodelay(true)?;
    SockRef::from(&stream).set_tcp_notsent_lowat(UNSENT)?;
    let (cut, meter, is_roomy) = (CancellationToken::new(), Meter::default(), places.available_permits() * 2 >= most);
    let peer = peer.ip().to_canonical();
    Ok((stream, Connection { peer, cut, meter, is_roomy, is_shared: false, room: own_room(), _place: Arc::new(place) }))
}

fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, InvalidInput, NotConnected};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | InvalidInput | NotConnected)
}

fn protocol(settings: &ServerSettings) -> auto::Builder<TokioExecutor> {
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(settings.idle_timeout)
        .max_buf_size(MAX_HEAD)
        // For the answer of a handshake (`websocket`).
        .preserve_header_case(true);
    http.http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(HTTP2_PING)
        .keep_alive_timeout(HTTP2_PONG)
        .max_concurrent_streams(MAX_HTTP2_STREAMS)
        .max_header_list_size(MAX_HTTP2_HEADERS);
    http
}

/// The stream with its bytes counted.
fn counted<S: AsyncRead + AsyncWrite>(stream: S, meter: Meter) -> impl AsyncRead + AsyncWrite {
    let heard = meter.clone();
    let stream = InspectWriter::new(stream, move |bytes| meter.count_taken(bytes));
    InspectReader::new(stream, move |bytes| heard.count_heard(bytes))
}

/// Serves one connection until it ends, is found silent, or is cut.
async fn attend(house: Arc<House>, stream: TcpStream, connection: Connection) {
    let has_asked = Arc::new(AtomicBool::new(false));
    let (cut, meter, is_roomy) = (connection.cut.clone(), connection.meter(), connection.is_roomy);
    let stream = Lingering::new(stream, connection.clone(), house.shutdown.clone());
    let service = {
        let (has_asked, house) = (Arc::clone(&has_asked), Arc::clone(&house));
        service_fn(move |mut request: Request<Incoming>| {
            let House { router, settings, shutdown, .. } = &*house;
            has_asked.store(true, Ordering::Relaxed);
            let (version, patience) = (request.version(), settings.write_timeout);
            let peer = proxies::client(&settings.trusted_proxies, connection.peer, request.headers());
            let connection = Connection { peer, is_shared: version == Version::HTTP_2, ..connection.clone() };
            request.extensions_mut().insert(connection.clone());
            // Over HTTP/2 curl 7 says so and does not wait.
            let waits_to_be_asked = version < Version::HTTP_2 && request.headers().contains_key(header::EXPECT);
            let request = request.map(|body| Heard::new(body, version, waits_to_be_asked, shutdown.clone()));
            let over = Some(request.body().over()).filter(|_| version == Version::HTTP_2);
            let answer = router.clone().oneshot(request.map(Body::new));
            async move {
                let response = answer.await?;
                let response = match over {
                    Some(over) => response.map(|body| Body::new(Behind::new(body, over))),
                    None => response,
                };
                Ok::<_, Infallible>(paced(response, version, &connection, patience))
            }
        })
    };
    let mut stream = TimeoutStream::new(counted(stream, meter));
    // For what nobody else watches; the kernel takes little in large jumps.
    stream.set_write_timeout(Some(house.settings.write_timeout * 2));
    let stream = TokioIo::new(Box::pin(stream));
    let mut http = house.http.clone();
    if !is_roomy {
        http.http1().header_read_timeout(house.settings.header_timeout);
    }
    let conversation = http.serve_connection_with_upgrades(stream, service);
    let mut conversation = std::pin::pin!(conversation);
    // Of the first head; hyper's own deadline is that of the next ones, with the time between them.
    let mut patience = std::pin::pin!(tokio::time::sleep(house.settings.header_timeout));
    let (mut is_stopping, mut is_patient) = (false, true);
    loop {
        tokio::select! {
            // An error here is the client's: a broken head, a lost connection, a deadline missed.
            _ = conversation.as_mut() => return,
            () = house.shutdown.begun(), if !is_stopping => {
                is_stopping = true;
                conversation.as_mut().graceful_shutdown();
            }
            () = patience.as_mut(), if is_patient => {
                is_patient = false;
                if !has_asked.load(Ordering::Relaxed) {
                    return;
                }
            }
            () = house.cut.cancelled() => return,
            () = cut.cancelled() => return,
        }
    }
}
