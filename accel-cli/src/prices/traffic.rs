//! How much traffic is to be priced.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// GB in a month, by direction: they pass the same things, but pay in different regions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Traffic {
    /// From the clients to the service.
    pub(crate) requests_gb: f64,
    /// From the service to the clients.
    pub(crate) responses_gb: f64,
}

impl FromStr for Traffic {
    type Err = String;

    /// `100` is 100 GB each way; `20/300` is 20 GB of requests and 300 GB of responses.
    fn from_str(text: &str) -> Result<Self, String> {
        let (requests, responses) = text.split_once('/').unwrap_or((text, text));
        Ok(Self { requests_gb: gigabytes(requests)?, responses_gb: gigabytes(responses)? })
    }
}

/// More than all of AWS carries in a month: a larger number is a slip.
const GB_MAX: f64 = 1e12;

fn gigabytes(text: &str) -> Result<f64, String> {
    let number = text.trim().parse().ok().filter(|number| (0.0..=GB_MAX).contains(number));
    number.ok_or_else(|| {
        format!("{text:?} is no number of GB; write 100, or 20/300 for requests/responses")
    })
}

impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} GB of requests and {} GB of responses", self.requests_gb, self.responses_gb)
    }
}
