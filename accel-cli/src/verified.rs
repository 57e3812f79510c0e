//! What a topology holds against the network itself after a deploy: where names and routes lead, as far as the cloud shows.

use accel_core::topology::Finding;
use serde::Serialize;

use crate::render::text::prose;

/// What was looked at, and what came of it, for people and for the document of a deploy.
#[derive(Debug, Default, Serialize)]
#[serde(transparent)]
pub(crate) struct Verified(Vec<Finding>);

impl From<Vec<Finding>> for Verified {
    fn from(findings: Vec<Finding>) -> Self {
        Self(findings)
    }
}

impl Verified {
    /// Whether nothing was looked at.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether everything holds that was looked at.
    pub(crate) fn holds(&self) -> bool {
        self.0.iter().all(|finding| finding.fault.is_none())
    }

    /// How much of it holds, in a line, and what does not, each in one of its own; nothing if nothing was looked at.
    pub(crate) fn text(&self) -> Option<String> {
        if self.is_empty() {
            return None;
        }
        let holding = self.0.iter().filter(|finding| finding.fault.is_none()).count();
        let all = self.0.len();
        let how = "as far as routes, names and addresses show; no packet was sent";
        let mut lines = vec![prose("", &format!("verified: {holding} of {all} hold, {how}"))];
        lines.extend(self.faults().map(|fault| prose("  ! ", &fault)));
        Some(lines.join("\n"))
    }

    /// What does not hold.
    pub(crate) fn faults(&self) -> impl Iterator<Item = String> {
        let fault =
            |finding: &Finding| Some(format!("{}: {}", finding.what, finding.fault.as_ref()?));
        self.0.iter().filter_map(fault)
    }

    /// Why that is, most often, if anything does not hold.
    pub(crate) fn likely_cause(&self) -> Option<&'static str> {
        let cause = "somebody has changed the network since, or it does not show everything yet; what is not this \
                     deployment's own (DNS settings, tables of yours) is yours to put right";
        (!self.holds()).then_some(cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(faults: [Option<&str>; 2]) -> Verified {
        let what = ["every island has a route to s3", "no island can be reached from the internet"];
        let finding = |(what, fault): (&str, Option<&str>)| Finding {
            what: what.to_owned(),
            fault: fault.map(str::to_owned),
        };
        Verified(what.into_iter().zip(faults).map(finding).collect())
    }

    #[test]
    fn what_holds_is_one_line_and_each_fault_another() {
        let well = findings([None, None]);
        assert!(well.holds() && well.likely_cause().is_none());
        let text = well.text().unwrap();
        assert!(text.starts_with("verified: 2 of 2 hold") && text.lines().count() == 1, "{text}");
        let ill = findings([Some("no route for subnet-1"), None]);
        assert!(!ill.holds() && ill.likely_cause().is_some());
        let text = ill.text().unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("verified: 1 of 2 hold"), "{text}");
        assert_eq!(lines[1], "  ! every island has a route to s3: no route for subnet-1");
    }

    #[test]
    fn where_nothing_was_looked_at_nothing_is_said() {
        assert_eq!(Verified::default().text(), None);
        assert!(Verified::default().holds());
    }
}
