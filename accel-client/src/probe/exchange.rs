//! One request and the beginning of its answer over a connection that stands.

use std::convert::Infallible;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use http_body_util::BodyExt as _;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, CONNECTION, HOST, USER_AGENT};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::{Answer, Ask, Fault, Layer};

/// So much is kept of the body of an answer.
const BODY_BYTES_MAX: usize = 4096;

/// The headers of an answer may be so long.
const HEADER_BYTES_MAX: usize = 64 << 10;

/// What is uploaded is handed over in pieces of this size.
const PIECE: &[u8] = &[0; 16 << 10];

/// What is known of an exchange while it goes on, and after it was given up.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// When the first byte of the answer came.
    pub(super) first_byte: Arc<OnceLock<Instant>>,
    /// How much of the body was handed over to the connection.
    pub(super) sent: Arc<AtomicU64>,
    /// How much that was when the answer began.
    pub(super) sent_before_answer: OnceLock<u64>,
    /// The answer, once its headers are here; its body may be on the way.
    pub(super) answer: OnceLock<Answer>,
}

/// Asks, and reads the beginning of the answer. What is known is in `progress` even if this is dropped.
pub(super) async fn exchange<S>(
    stream: S,
    authority: &str,
    ask: Ask,
    progress: &Progress,
) -> Result<Vec<u8>, Fault>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let stamped = Stamped { inner: stream, first_byte: Arc::clone(&progress.first_byte) };
    let mut builder = http1::Builder::new();
    builder.max_buf_size(HEADER_BYTES_MAX);
    let (mut sender, connection) =
        builder.handshake(TokioIo::new(stamped)).await.map_err(|error| fault(&error))?;
    let mut connection = pin!(connection);
    let asked = async {
        let response =
            sender.send_request(request(authority, ask, progress)).await.map_err(|e| fault(&e))?;
        let sent = progress.sent.load(Ordering::Relaxed);
        progress.sent_before_answer.get_or_init(|| sent);
        progress.answer.get_or_init(|| head(&response));
        Ok(beginning(response.into_body()).await)
    };
    let mut asked = pin!(asked);
    tokio::select! {
        biased;
        answer = &mut asked => answer,
        // Nothing more comes; what has come is still to be taken.
        _ = &mut connection => asked.await,
    }
}

fn request(authority: &str, ask: Ask, progress: &Progress) -> Request<Zeros> {
    let (method, left) = match ask {
        Ask::Get => (Method::GET, 0),
        Ask::Upload { bytes } => (Method::POST, bytes),
    };
    let body = Zeros { left, sent: Arc::clone(&progress.sent) };
    Request::builder()
        .method(method)
        .uri("/")
        .header(HOST, authority)
        .header(USER_AGENT, concat!("accel-probe/", env!("CARGO_PKG_VERSION")))
        .header(ACCEPT, "*/*")
        .header(CONNECTION, "close")
        .body(body)
        .expect("a host name is a header")
}

fn head(response: &Response<Incoming>) -> Answer {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let headers = response.headers().iter();
    Answer {
        status: response.status().as_u16(),
        headers: headers.map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect(),
        body: Vec::new(),
    }
}

/// The beginning of a body. Where it breaks off, what came before counts.
async fn beginning(mut body: Incoming) -> Vec<u8> {
    let mut read = Vec::new();
    while read.len() < BODY_BYTES_MAX {
        let Some(Ok(frame)) = body.frame().await else { break };
        let Ok(data) = frame.into_data() else { break };
        let room = BODY_BYTES_MAX - read.len();
        read.extend_from_slice(&data[..data.len().min(room)]);
    }
    read
}

/// What hyper says, and beneath it the system.
fn fault(error: &hyper::Error) -> Fault {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<io::Error>() {
            let fault = Fault::of_io(Layer::Http, io);
            return Fault { message: format!("{error}: {}", fault.message), ..fault };
        }
        source = cause.source();
    }
    if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        let message = "the connection ended before an answer";
        let io = Some(io::ErrorKind::UnexpectedEof);
        return Fault { io, ..Fault::new(Layer::Http, message) };
    }
    Fault::new(Layer::Http, error.to_string())
}

/// A body of zeros, and how much of it has been taken.
#[derive(Debug)]
struct Zeros {
    left: u64,
    sent: Arc<AtomicU64>,
}

impl Body for Zeros {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = usize::try_from(self.left).unwrap_or(usize::MAX).min(PIECE.len());
        if piece == 0 {
            return Poll::Ready(None);
        }
        self.left -= piece as u64;
        self.sent.fetch_add(piece as u64, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&PIECE[..piece])))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// A stream that remembers when its first byte was read.
#[derive(Debug)]
struct Stamped<S> {
    inner: S,
    first_byte: Arc<OnceLock<Instant>>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Stamped<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buffer))?;
        if buffer.filled().len() > before {
            self.first_byte.get_or_init(Instant::now);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Stamped<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
