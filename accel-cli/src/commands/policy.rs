//! `accel policy`: the IAM policies that belong to a lane.

use crate::args::Policy;
use crate::input;
use crate::terminal::Terminal;
use crate::trouble::{Exit, Outcome};

/// What whoever uses the callers' policy must know. Source: IAM, "AWS global condition context keys" (`aws:SourceVpce`, `aws:SourceIp`,
/// `aws:VpcSourceIp`) and "IAM JSON policy elements: Condition operators" (a negated operator holds for a key that is not there).
#[cfg(feature = "aws")]
const CALLERS: &str = include_str!("../../data/callers-policy.txt");

#[cfg(feature = "aws")]
pub(super) fn run(args: &Policy, terminal: &Terminal) -> Outcome<Exit> {
    use accel_aws::permissions::{Purpose, document, for_callers};
    use accel_core::Topology as _;

    use crate::args::PolicyPurpose;
    use crate::lane;
    use crate::sketch;
    use crate::trouble::Trouble;

    let spec = input::spec(&args.spec)?;
    let least = |purpose| -> Outcome<serde_json::Value> {
        let deployment = spec.lane.deployment();
        let deployment =
            deployment.map_err(|problem| Trouble::problems(&spec.file, vec![problem]))?;
        Ok(document(purpose, &deployment, &sketch::graph(&spec)?))
    };
    let policy = match args.purpose {
        PolicyPurpose::Deploy => least(Purpose::Deploy)?,
        PolicyPurpose::Cleanup => least(Purpose::Cleanup)?,
        PolicyPurpose::Callers => {
            // It names the endpoints, which only the lane that stands can tell.
            let lane = lane::outputs(&spec, &args.cloud, args.others, terminal)?;
            for_callers(lane.entries.into_iter().map(|entry| entry.endpoint))
        }
    };
    terminal.document(&policy);
    if args.purpose == PolicyPurpose::Callers {
        terminal.say(CALLERS.trim_end());
    }
    Ok(Exit::Done)
}

/// Which calls a node makes is known to the backend alone.
#[cfg(not(feature = "aws"))]
pub(super) fn run(args: &Policy, _terminal: &Terminal) -> Outcome<Exit> {
    use crate::trouble::Trouble;

    input::spec(&args.spec)?;
    Err(Trouble::input("this accel was built without the AWS backend, which knows the permissions")
        .next("build it with its default features"))
}
