//! Hears out who is still sending when the answer is there already (RFC 9112, section 9.6).
//!
//! A connection that is dropped while bytes of its client are unread is reset, and the answer that was just sent to that client is lost
//! with it. So what is left of a body is read and thrown away, after which the connection serves the next request; and where that is too
//! much, or the connection ends for another reason, its sending half is closed first, and it lingers until the client has ended it too.
//!
//! A stream of HTTP/2 is reset by itself, and may be with the answer on its way (RFC 9113, section 8.1). Clients lose it all the same, or
//! wait for ever, so that bodies are heard out there too, and the answer ends behind them: some stop sending once it has ended.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::Version;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::server::Connection;
use super::shutdown::Shutdown;

/// How long the client may say nothing before it is taken to have heard.
const SILENCE: Duration = Duration::from_secs(2);
/// How long a connection lingers at most, and for how many bytes.
const LONGEST: Duration = Duration::from_secs(10);
const LAST_BYTES: u64 = 64 * 1024 * 1024;
/// How old a request may become while its body is heard out: who has used up that time for a body that was wanted gets no more.
const OLDEST: Duration = Duration::from_secs(30);
/// How many bytes of a body are heard out: a few photos. Of a stream of HTTP/2, behind which no connection lingers, the largest file.
const MOST: usize = 16 * 1024 * 1024;
const MOST_OF_A_STREAM: usize = 112 * 1024 * 1024;
const BUFFER: usize = 16 * 1024;

/// A request's body that is heard out when it is dropped before its end.
pub(super) struct Heard {
    /// Taken by the end.
    body: Option<Incoming>,
    /// Whether the client sends it only when it is asked to (`Expect`), which it then is not any more.
    waits_to_be_asked: bool,
    until: Instant,
    most: usize,
    shutdown: Shutdown,
    over: CancellationToken,
}

impl Heard {
    pub(super) fn new(body: Incoming, version: Version, waits_to_be_asked: bool, shutdown: Shutdown) -> Self {
        let most = if version == Version::HTTP_2 { MOST_OF_A_STREAM } else { MOST };
        let (until, over) = (Instant::now() + OLDEST, CancellationToken::new());
        if body.is_end_stream() {
            over.cancel();
        }
        Self { body: Some(body), waits_to_be_asked, until, most, shutdown, over }
    }

    /// Told when no more of it is read.
    pub(super) fn over(&self) -> CancellationToken {
        self.over.clone()
    }
}

impl Drop for Heard {
    fn drop(&mut self) {
        let over = self.over.clone().drop_guard();
        let (Some(body), false, Ok(runtime)) = (self.body.take(), self.waits_to_be_asked, Handle::try_current()) else {
            return;
        };
        if body.is_end_stream() || body.size_hint().lower() > self.most as u64 {
            return;
        }
        let (shutdown, until, most) = (self.shutdown.clone(), self.until, self.most);
        let end = async move {
            let mut body = Limited::new(body, most);
            let hearing = async { while let Ok(Some(Ok(_))) = timeout(SILENCE, body.frame()).await {} };
            tokio::select! {
                () = shutdown.begun() => {}
                _ = timeout_at(until, hearing) => {}
            }
            drop(over);
        };
        drop(runtime.spawn(end));
    }
}

impl Body for Heard {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.waits_to_be_asked = false;
        let polled = self.body.as_mut().map_or(Poll::Ready(None), |body| Pin::new(body).poll_frame(cx));
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.over.cancel();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(SizeHint::default, Body::size_hint)
    }
}

/// An answer's body that ends only when no more of the request's is read.
pub(super) struct Behind {
    /// Taken by its end, behind which no body need bear to be asked again.
    body: Option<axum::body::Body>,
    over: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
}

impl Behind {
    pub(super) fn new(body: axum::body::Body, over: CancellationToken) -> Self {
        let over = Some(over).filter(|over| !over.is_cancelled());
        Self { body: Some(body), over: over.map(|over| Box::pin(over.cancelled_owned())) }
    }
}

impl Body for Behind {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if let Some(body) = &mut self.body {
            if let Some(frame) = ready!(Pin::new(body).poll_frame(cx)) {
                return Poll::Ready(Some(frame));
            }
            self.body = None;
        }
        if let Some(over) = &mut self.over {
            ready!(over.as_mut().poll(cx));
            self.over = None;
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.over.is_none() && self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

/// A connection that lingers when it is dropped, if its client was told anything and has not ended it itself.
pub(super) struct Lingering {
    /// Taken by the end.
    stream: Option<TcpStream>,
    connection: Connection,
    shutdown: Shutdown,
    has_ended: bool,
}

impl Lingering {
    pub(super) fn new(stream: TcpStream, connection: Connection, shutdown: Shutdown) -> Self {
        Self { stream: Some(stream), connection, shutdown, has_ended: false }
    }

    fn stream(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        self.stream.as_mut().map(Pin::new).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        let is_owed = !self.has_ended && self.connection.has_been_told() && !self.connection.is_cut();
        let (Some(stream), true, Ok(runtime)) = (self.stream.take(), is_owed, Handle::try_current()) else { return };
        let connection = self.connection.clone();
        let end = async move {
            // Whichever way it ends, the connection is over, and its place is free.
            let _: Result<_, _> = timeout(LONGEST, linger(stream)).await;
            drop(connection);
        };
        drop(self.shutdown.spawn_on(end, &runtime));
    }
}

async fn linger(mut stream: TcpStream) -> io::Result<()> {
    stream.shutdown().await?;
    let mut last = stream.take(LAST_BYTES);
    let mut buffer = vec![0; BUFFER];
    while timeout(SILENCE, last.read(&mut buffer)).await?? > 0 {}
    Ok(())
}

impl AsyncRead for Lingering {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = self.stream()?.poll_read(cx, buffer);
        self.has_ended |= polled.is_ready() && buffer.filled().len() == before;
        polled
    }
}

impl AsyncWrite for Lingering {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.stream()?.poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream()?.poll_write_vectored(cx, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.as_ref().is_some_and(AsyncWrite::is_write_vectored)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_shutdown(cx)
    }
}
