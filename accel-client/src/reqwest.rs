//! reqwest through a lane: `reqwest::Client::builder().dns_resolver(std::sync::Arc::new(lane)).no_proxy()`.
//!
//! Give it a `connect_timeout`: reqwest goes on from an address that is silent to the next one only when that is over.

use ::reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::Lane;

impl Resolve for Lane {
    fn resolve(&self, name: Name) -> Resolving {
        let lane = self.clone();
        Box::pin(async move {
            let resolved = lane.resolve(name.as_str()).await?;
            Ok(Box::new(resolved.sockets()) as Addrs)
        })
    }
}
