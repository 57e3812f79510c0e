//! The data path of a lane: whether its services answer through each of its addresses, under their own certificates.

use std::time::Duration;

use accel_client::Settings;
use accel_client::probe::{self, Trust, Verified};
use accel_core::topology::LaneOutputs;
use serde::Serialize;

use crate::trouble::{Exit, Outcome, Trouble};

/// How long one address may take to answer. A lane that needs longer helps nobody.
const PATIENCE: Duration = Duration::from_secs(10);

/// What came of each address, for people and for the document of a deploy.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct DataPath(Vec<Walked>);

#[derive(Debug, Serialize)]
struct Walked {
    service: String,
    host: String,
    address: Option<String>,
    answered: bool,
    /// Of the answer. Without credentials a refusal is what a service says when all is well.
    status: Option<u16>,
    /// From the first packet to the first byte of the answer.
    took_ms: Option<u128>,
    fault: Option<String>,
}

/// Who vouches for services. Known before the first call, for without it nothing can be verified.
pub(crate) fn trust() -> Outcome<Trust> {
    Trust::system().map_err(|error| {
        Trouble::input("no certificate can be verified").because(error.to_string()).next(
            "install the certificate authorities of this system (often a package ca-certificates), or name a file in SSL_CERT_FILE",
        )
    })
}

/// Asks through every address of a deployed lane.
pub(crate) async fn ask(outputs: &LaneOutputs, trust: &Trust) -> Outcome<DataPath> {
    let settings = Settings::try_from(outputs).map_err(|error| {
        Trouble::new(Exit::WorkLeft, "the lane cannot be dialled").because(error.to_string())
    })?;
    Ok(walk(&settings, trust).await)
}

async fn walk(settings: &Settings, trust: &Trust) -> DataPath {
    let options = probe::Options { deadline: PATIENCE, ..probe::Options::default() };
    let verified = probe::verify(settings, trust, &options).await;
    DataPath(verified.into_iter().map(Walked::of).collect())
}

impl DataPath {
    /// For people, in a few lines.
    pub(crate) fn text(&self) -> String {
        let answered = self.0.iter().filter(|walked| walked.answered).count();
        let mut lines = vec![format!(
            "the service answers under its own certificate through {answered} of {} addresses",
            self.0.len()
        )];
        lines.extend(self.0.iter().map(Walked::line));
        lines.join("\n")
    }

    /// What a person must do, unless all is well.
    pub(crate) fn trouble(&self, subject: &str, again: &str) -> Option<Trouble> {
        let faulty: Vec<_> = self.0.iter().filter(|walked| !walked.answered).collect();
        if faulty.is_empty() {
            return None;
        }
        let what = format!("{subject} is deployed, and its data path is not as it must be");
        let trouble = Trouble::new(Exit::WorkLeft, what);
        let trouble =
            faulty.iter().fold(trouble, |all, walked| all.because(walked.line().trim_start()));
        Some(trouble.next(format!("run `{again}`: it says why, and what to do")))
    }
}

impl Walked {
    fn of(Verified { service, attempt }: Verified) -> Self {
        Self {
            service,
            answered: attempt.is_answered(),
            status: attempt.answer.as_ref().map(|answer| answer.status),
            took_ms: attempt.total().map(|took| took.as_millis()),
            fault: attempt.fault.as_ref().map(ToString::to_string),
            address: attempt.address.map(|address| address.to_string()),
            host: attempt.host,
        }
    }

    fn line(&self) -> String {
        let address = self.address.as_deref().unwrap_or("no address");
        let Self { service, status, took_ms, fault, .. } = self;
        match (status, took_ms, fault) {
            (Some(status), Some(took), _) => {
                format!("  {service} {address}: {status} after {took} ms")
            }
            (_, _, Some(fault)) => format!("  {service} {address}: {fault}"),
            (_, _, None) => format!("  {service} {address}: no answer"),
        }
    }
}

#[cfg(test)]
mod tests {
    use accel_lab::{Answer, Authority, Lane, Service};

    use super::*;

    const HOST: &str = "runtime.sagemaker.ap-southeast-3.amazonaws.com";

    #[tokio::test]
    async fn every_address_is_asked_and_one_that_does_not_answer_is_trouble() {
        let authority = Authority::new();
        let service = Service::start(&authority.identity(&[HOST]), |_| Answer::unsigned()).await;
        let lane = Lane::start(2, service.address()).unwrap();
        let settings = Settings::parse(&lane.settings(&[HOST])).unwrap();
        let trust = Trust::system_and(&[authority.pem().as_bytes().to_vec()]).unwrap();
        let well = walk(&settings, &trust).await;
        assert!(well.trouble("lane.toml", "accel status").is_none(), "{}", well.text());
        assert!(well.text().contains("through 2 of 2 addresses"), "{}", well.text());

        lane.zones[1].die().await;
        let half = walk(&settings, &trust).await;
        let trouble = half.trouble("lane.toml", "accel status").unwrap();
        assert_eq!((trouble.exit, trouble.why.len()), (Exit::WorkLeft, 1));
        assert!(trouble.why[0].contains("connect"), "{trouble:?}");
    }

    #[tokio::test]
    async fn another_certificate_is_trouble_and_says_whose() {
        let authority = Authority::new();
        let service =
            Service::start(&authority.identity(&["other.example.com"]), |_| Answer::unsigned())
                .await;
        let lane = Lane::start(1, service.address()).unwrap();
        let settings = Settings::parse(&lane.settings(&[HOST])).unwrap();
        let trust = Trust::system_and(&[authority.pem().as_bytes().to_vec()]).unwrap();
        let trouble = walk(&settings, &trust).await.trouble("lane.toml", "accel status").unwrap();
        assert!(trouble.why[0].contains("other.example.com"), "{trouble:?}");
        assert!(service.seen().is_empty());
    }
}
