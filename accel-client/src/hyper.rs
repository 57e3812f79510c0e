//! hyper through a lane: a connector that fails over between zones, for hyper-util's client and what wraps its connector in TLS.
//!
//! ```no_run
//! use accel_client::{Lane, Options, hyper::LaneConnector};
//!
//! # fn connector() -> Result<(), accel_client::SettingsError> {
//! let connector = LaneConnector::new(Lane::from_file("lane.json", Options::default())?);
//! // hyper_rustls::HttpsConnectorBuilder::new().with_native_roots()?.https_only().enable_http1().wrap_connector(connector)
//! # Ok(())
//! # }
//! ```

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use ::hyper::Uri;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use crate::{Lane, LaneError};

type Coming<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

/// Connects to hosts, through the lane where it carries them.
#[derive(Debug, Clone)]
pub struct LaneConnector {
    lane: Lane,
}

impl LaneConnector {
    /// A connector of a lane.
    pub fn new(lane: Lane) -> Self {
        Self { lane }
    }
}

impl Service<Uri> for LaneConnector {
    type Response = TokioIo<TcpStream>;
    type Error = LaneError;
    type Future = Coming<TokioIo<TcpStream>, LaneError>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), LaneError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let lane = self.lane.clone();
        Box::pin(async move {
            let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
            let usual = if uri.scheme_str() == Some("http") { 80 } else { 443 };
            let dialled = lane.dial(host, uri.port_u16().unwrap_or(usual)).await?;
            Ok(TokioIo::new(dialled.stream))
        })
    }
}

/// A lane as the resolver of hyper-util's own `HttpConnector`, for who needs that one's settings.
impl Service<Name> for Lane {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = LaneError;
    type Future = Coming<Self::Response, LaneError>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), LaneError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let lane = self.clone();
        Box::pin(async move { Ok(lane.resolve(name.as_str()).await?.sockets()) })
    }
}
