//! The AWS SDK for Rust through a lane.
//!
//! Set the client on the services that the lane carries, or on all: names that are not the lane's are resolved by the system.
//!
//! ```no_run
//! use accel_client::{Lane, Options, aws};
//!
//! # fn config() -> Result<(), accel_client::SettingsError> {
//! let lane = Lane::from_file("lane.json", Options::default())?;
//! let http = aws::http_client(&lane);
//! // aws_sdk_sagemakerruntime::config::Builder::from(&sdk_config).http_client(http).build()
//! # Ok(())
//! # }
//! ```
//!
//! Proxies of the environment are not used, as with the SDK's own client. Connections in the pool are closed after 90 s without a
//! request: the load balancer forgets them after 350 s.

use std::time::Duration;

use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, TlsContext, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use crate::Lane;

/// How long a connection may wait in the pool for its next request.
pub const POOL_IDLE: Duration = Duration::from_secs(90);

/// An HTTP client for the SDK that goes through the lane and trusts the authorities that this machine trusts.
pub fn http_client(lane: &Lane) -> SharedHttpClient {
    http_client_with(lane, TlsContext::default())
}

/// An HTTP client for the SDK that goes through the lane and trusts what the context says.
pub fn http_client_with(lane: &Lane, tls: TlsContext) -> SharedHttpClient {
    Builder::new()
        .pool_idle_timeout(POOL_IDLE)
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(tls)
        .build_with_resolver(lane.clone())
}

impl ResolveDns for Lane {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::new(async move {
            let resolved = self.resolve(name).await.map_err(ResolveDnsError::new)?;
            Ok(resolved.addresses)
        })
    }
}
