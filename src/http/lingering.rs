//! The lingering close (RFC 9112, section 9.6): a connection that is dropped while bytes of its client are unread is reset, and the answer
//! that was just sent to that client is lost with it. So the sending half is closed first, and what still comes is read and thrown away, for
//! a while.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::time::timeout;

use super::server::Connection;
use super::shutdown::Shutdown;

/// How long the client may say nothing before it is taken to have heard.
const SILENCE: Duration = Duration::from_secs(2);
/// How long it may go on in all.
const LONGEST: Duration = Duration::from_secs(10);
const BUFFER: usize = 16 * 1024;

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
            let _: Result<_, _> = timeout(LONGEST, hear_out(stream)).await;
            drop(connection);
        };
        drop(self.shutdown.spawn_on(end, &runtime));
    }
}

async fn hear_out(mut stream: TcpStream) -> io::Result<()> {
    stream.shutdown().await?;
    let mut buffer = vec![0; BUFFER];
    while timeout(SILENCE, stream.read(&mut buffer)).await?? > 0 {}
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
