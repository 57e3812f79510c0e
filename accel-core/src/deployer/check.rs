//! The checks that it is the right deployment in the right place, before anything is written or changed.

use super::Deployer;
use super::opening::{Opened, Pins};
use super::report::Failure;
use crate::backend::Found;
use crate::engine::Step;
use crate::id::{DeploymentId, RunId};
use crate::journal::{FORMAT, Purpose};
use crate::tags::{DEPLOYMENT, Ownership, SCHEMA, unknown_schema};

/// A found thing with what its tags say.
type Tagged<'a> = (&'a Found, Ownership<'a>);

impl Opened<'_> {
    pub(super) fn check(&self, pins: &Pins, deployer: &Deployer<'_>) -> Result<(), Failure> {
        self.check_schema()?;
        self.check_records()?;
        let tags: Vec<_> = self.tags().collect();
        self.check_accounts(pins, &tags)?;
        if self.started.purpose == Purpose::Deploy {
            self.check_places(&tags)?;
        }
        if deployer.adopt { Ok(()) } else { self.check_makers(&tags) }
    }

    fn check_schema(&self) -> Result<(), Failure> {
        let name = self.driver.deployment.as_str();
        let ours = |found: &&Found| found.tags.get(DEPLOYMENT).is_some_and(|tag| tag == name);
        for found in self.found.iter().filter(ours) {
            if let Some(schema) = unknown_schema(&found.tags) {
                return Err(Failure::refused(
                    format!(
                        "{} has tags of schema {schema}; this accel knows up to {SCHEMA}",
                        found.id
                    ),
                    "use the newer accel that made it",
                ));
            }
        }
        Ok(())
    }

    fn check_records(&self) -> Result<(), Failure> {
        let Some(last) = self.driver.state.runs.last() else { return Ok(()) };
        if last.format > FORMAT {
            return Err(Failure::refused(
                format!("the journal has format {}; this accel knows up to {FORMAT}", last.format),
                format!("use accel {} or newer", last.version),
            ));
        }
        let backend = self.driver.backend.name();
        if last.backend != backend {
            return Err(Failure::refused(
                format!("the journal is of backend {}, not {backend}", last.backend),
                "use the journal of this backend, or another directory",
            ));
        }
        let partition = &self.started.partition;
        if last.partition != *partition && !partition.is_empty() {
            return Err(Failure::refused(
                format!("the journal is of partition {}, not {partition}", last.partition),
                "use the credentials and regions of that partition, or another name",
            ));
        }
        Ok(())
    }

    /// What stands, and what the records know, says where the deployment is: a deploy elsewhere would leave it behind.
    fn check_places(&self, tags: &[Tagged<'_>]) -> Result<(), Failure> {
        let state = &self.driver.state;
        let stands = state.items.iter().any(|item| item.live() || item.step == Step::Intended);
        let last = state.runs.last().filter(|_| stands);
        let recorded = last.map(|run| run.stamp.places.clone()).unwrap_or_default();
        let mut named = tags.iter().flat_map(|(_, tags)| tags.places()).chain(recorded);
        let Some(left_out) = named.find(|place| !self.places.contains(place)) else {
            return Ok(());
        };
        let asked: Vec<String> = self.places.iter().map(ToString::to_string).collect();
        Err(Failure::refused(
            format!("the deployment is also in {left_out}, but asked for is {}", asked.join(", ")),
            "clean it up where it is, or choose another name",
        ))
    }

    /// The accounts that call must be those that are pinned, recorded and written on what exists.
    fn check_accounts(&self, pins: &Pins, tags: &[Tagged<'_>]) -> Result<(), Failure> {
        let recorded = self.driver.state.runs.last().map(|last| last.stamp.accounts.clone());
        let tagged = tags.iter().flat_map(|(_, tags)| tags.accounts()).collect::<Vec<_>>();
        let sources = [
            ("is pinned to", pins.accounts.clone()),
            ("is recorded in", recorded.unwrap_or_default()),
            ("was made in", tagged),
        ];
        for (what, accounts) in sources {
            for (side, account) in accounts {
                match self.offer.caller(side) {
                    Some(caller) if caller.account != account => {
                        return Err(Failure::refused(
                            format!(
                                "the {side} side {what} account {account}, but the caller is in {}",
                                caller.account
                            ),
                            "use the credentials of that account; nothing was changed",
                        ));
                    }
                    Some(_) | None => {}
                }
            }
        }
        Ok(())
    }

    /// Deployments of one name of two people must not melt together.
    fn check_makers(&self, tags: &[Tagged<'_>]) -> Result<(), Failure> {
        let by = crate::tags::fit(&self.by);
        let made_by_another = |(_, tags): &&Tagged<'_>| {
            let known = tags.run.as_ref().is_some_and(|run| self.driver.state.knows_run(run));
            !known && tags.by != Some(by.as_str())
        };
        let theirs: Vec<_> = tags.iter().filter(made_by_another).collect();
        let Some((found, tags)) = theirs.first() else { return Ok(()) };
        let count = theirs.len();
        Err(Failure::refused(
            format!(
                "{count} things of this deployment were made by {}, run {} (first: {} {})",
                tags.by.unwrap_or("somebody"),
                tags.run.as_ref().map_or("unknown", RunId::as_str),
                found.id.kind,
                found.id
            ),
            "choose another name, or say that they are yours (adopt)",
        ))
    }

    /// Whether what exists says that it is protected.
    pub(crate) fn protected(&self) -> bool {
        self.tags().any(|(_, tags)| tags.protected)
    }

    /// The tags of what is of this deployment.
    pub(super) fn tags(&self) -> impl Iterator<Item = Tagged<'_>> {
        owned(&self.driver.deployment, &self.found)
    }
}

/// What is of a deployment, with its tags.
pub(super) fn owned<'f>(
    deployment: &'f DeploymentId,
    found: &'f [Found],
) -> impl Iterator<Item = Tagged<'f>> {
    let tagged = found.iter().filter_map(|found| Some((found, Ownership::read(&found.tags)?)));
    tagged.filter(|(_, tags)| tags.owner.deployment == *deployment)
}
