//! A stream that notes when, and how many, bytes come in.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

/// When a flow was last used.
pub(super) struct Activity<'a> {
    last: Mutex<Instant>,
    bytes: &'a AtomicU64,
}

impl<'a> Activity<'a> {
    pub(super) fn new(bytes: &'a AtomicU64) -> Self {
        Self { last: Mutex::new(Instant::now()), bytes }
    }

    pub(super) fn last(&self) -> Instant {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, count: usize) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.bytes.fetch_add(count as u64, Ordering::SeqCst);
    }
}

/// One side of a flow.
pub(super) struct Watched<'a> {
    pub(super) stream: &'a mut TcpStream,
    pub(super) activity: &'a Activity<'a>,
}

impl AsyncRead for Watched<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut *self.stream).poll_read(context, buffer);
        if polled.is_ready() {
            self.activity.note(buffer.filled().len() - before);
        }
        polled
    }
}

impl AsyncWrite for Watched<'_> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream).poll_shutdown(context)
    }
}
