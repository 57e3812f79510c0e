//! From what was seen to what is wrong and what to do: in which layer a call through the lane fails, and why.
//!
//! Pure: what is known comes in as [`Evidence`], the environment of the client among it; [`diagnose`] asks nobody. Each [`Diagnosis`]
//! says how sure it is, for most failures look alike from outside: a load balancer drops who is not allowed in the same silence in
//! which a firewall does.
//!
//! The words of AWS by which answers are told apart, and where they are written down:
//!
//! | words | source |
//! | --- | --- |
//! | `because no VPC endpoint policy allows the … action`, `with an explicit deny in a … policy` | IAM User Guide, "Troubleshooting access denied error messages" (some services leave the reason out, as it says) |
//! | `Signature expired: … is now earlier than … (… - 15 min.)` | aws-sdk-js #254, aws-cli #6676; 5 min. in m0ngr31/kanzi #270 |
//! | `Signature not yet current: … is still later than … (… + 5 min.)` | aws-sdk-go #2194, awsbeats #48 |
//! | `RequestTimeTooSkewed`, with `RequestTime` and `ServerTime` | aws-sdk-php #612, minio-py #285 |
//! | `SignatureDoesNotMatch`, `The request signature we calculated does not match the signature you provided` | aws-sdk-go #1473, where a name of the user's own was signed |
//! | the names of `AWS_ENDPOINT_URL…`, `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` | AWS CLI User Guide, "Using endpoints in the AWS CLI" |
//! | an NLB forgets idle flows after 350 s and resets them then | NLB guide, "Connection idle timeout" |
//! | `aws:SourceIp` is not that of the client behind an endpoint | IAM User Guide, "AWS global condition context keys" |
//!
//! Not verified against an account: what a load balancer without any healthy target does to a new connection (refused, reset, or no
//! address in its name); all of them are taken for it here.

mod aws;
mod bypass;
mod cause;
mod path;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, SystemTime};

pub use cause::{Cause, Whose};

use crate::probe::Attempt;
use crate::settings::{Expired, Service, Settings};

/// After so long a load balancer forgets an idle connection, where nobody has set another limit.
pub const IDLE_LIMIT: Duration = Duration::from_secs(350);

/// What is known of a call that failed. What is not known is left as [`Default`] has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The host in the client's URL.
    pub host: String,
    /// The name whose answers are the lane's addresses.
    pub dial: Option<String>,
    /// The lane's addresses.
    pub addresses: Vec<Ipv4Addr>,
    /// Since when the settings are too old, if they are.
    pub expired: Option<Expired>,
    /// Names that could not be resolved, each with what the resolver says.
    pub unresolved: Vec<(String, String)>,
    /// The addresses that the client itself found for the host, where it finds them by name: a hosts file, a DNS of one's own.
    pub resolved: Vec<IpAddr>,
    /// What became of attempts through the lane, one per zone.
    pub lane: Vec<Attempt>,
    /// What became of attempts to other places: the service directly, or anything else on the internet.
    pub direct: Vec<Attempt>,
    /// How many healthy targets the control plane counts.
    pub healthy_targets: Option<usize>,
    /// For how long the connection had been idle before it failed.
    pub idle: Option<Duration>,
    /// After how long the load balancer forgets, where it is not [`IDLE_LIMIT`].
    pub idle_limit: Option<Duration>,
    /// What the client says: the text of an error of an SDK, or the body of an answer. 64 KiB of it are read.
    pub text: String,
    /// Whether the same signed call works without the lane.
    pub direct_works: Option<bool>,
    /// The environment of the client.
    pub environment: BTreeMap<String, String>,
    /// What this machine's clock says.
    pub now: Option<SystemTime>,
}

impl Evidence {
    /// What the settings say of a service, at that time.
    pub fn of_service(settings: &Settings, service: &Service, now: SystemTime) -> Self {
        Self {
            host: service.hosts.first().map(ToString::to_string).unwrap_or_default(),
            dial: service.dial.clone(),
            addresses: service.addresses.clone(),
            expired: settings.valid_at(now).err(),
            now: Some(now),
            ..Self::default()
        }
    }

    /// With the attempts of a probe.
    #[must_use]
    pub fn attempts(self, lane: Vec<Attempt>, direct: Vec<Attempt>) -> Self {
        Self { lane, direct, ..self }
    }

    fn idle_limit(&self) -> Duration {
        self.idle_limit.unwrap_or(IDLE_LIMIT)
    }

    /// Whether a name is the load balancer's: the one that is dialled, or one as AWS gives them.
    fn is_balancer(&self, name: &str) -> bool {
        let dial = self.dial.as_deref().is_some_and(|dial| dial.eq_ignore_ascii_case(name));
        dial || name.to_ascii_lowercase().contains(".elb.")
    }
}

impl From<Attempt> for Evidence {
    /// One attempt through the lane.
    fn from(attempt: Attempt) -> Self {
        Self { host: attempt.host.clone(), lane: vec![attempt], ..Self::default() }
    }
}

/// How sure a diagnosis is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sure {
    /// Nothing else looks like this.
    Certain,
    /// It fits everything that was seen, and something else might.
    Likely,
    /// It is one of several reasons.
    Possible,
}

/// What is wrong. [`Display`](fmt::Display) says it in two lines: what it is, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// What it is.
    pub cause: Cause,
    /// How sure that is.
    pub sure: Sure,
}

impl Diagnosis {
    /// A word for programs, which does not change: `not-allowed`.
    pub fn code(&self) -> &'static str {
        self.cause.code()
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.sure {
            Sure::Certain => "",
            Sure::Likely => "likely: ",
            Sure::Possible => "possibly: ",
        })?;
        write!(f, "{}\n  do: {}", self.cause, self.cause.what_to_do())
    }
}

/// What fits the evidence, the surest first; nothing if nothing is wrong that shows.
pub fn diagnose(evidence: &Evidence) -> Vec<Diagnosis> {
    let mut found = Found::default();
    if let Some(expired) = evidence.expired {
        found.add(Sure::Certain, Cause::SettingsExpired(expired));
    }
    path::judge(evidence, &mut found);
    aws::judge(evidence, &mut found);
    bypass::judge(evidence, &mut found);
    words::judge(evidence, &mut found);
    found.diagnoses.sort_by_key(|diagnosis| diagnosis.sure);
    found.diagnoses
}

/// What an error text of a client says, with nothing else known.
pub fn of_text(text: &str) -> Vec<Diagnosis> {
    diagnose(&Evidence { text: text.to_owned(), ..Evidence::default() })
}

/// Each kind of cause once, as it was found first: the rules that know more come first.
#[derive(Debug, Default)]
struct Found {
    diagnoses: Vec<Diagnosis>,
}

impl Found {
    fn add(&mut self, sure: Sure, cause: Cause) {
        if !self.has(cause.code()) {
            self.diagnoses.push(Diagnosis { cause, sure });
        }
    }

    fn has(&self, code: &str) -> bool {
        self.diagnoses.iter().any(|known| known.code() == code)
    }
}
