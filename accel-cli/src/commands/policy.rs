//! `accel policy`: the IAM policies that belong to a deployment.

use crate::args::Policy;
use crate::input;
use crate::terminal::Terminal;
use crate::trouble::{Exit, Outcome};

/// What whoever uses the callers' policy must know. Source: IAM, "AWS global condition context keys" (`aws:SourceVpce`, `aws:SourceIp`,
/// `aws:VpcSourceIp`) and "IAM JSON policy elements: Condition operators" (a negated operator holds for a key that is not there).
#[cfg(feature = "aws")]
const CALLERS: &str = include_str!("../../data/callers-policy.txt");

/// The same, where what calls stands in a network. Source, beside those above: AWS Lambda, "Using source function ARN to control function
/// access behavior" (which calls of Lambda's own carry `lambda:SourceFunctionArn`, and which do not).
#[cfg(feature = "aws")]
const EGRESS_CALLERS: &str = include_str!("../../data/egress-callers-policy.txt");

#[cfg(feature = "aws")]
pub(super) fn run(args: &Policy, terminal: &Terminal) -> Outcome<Exit> {
    use accel_aws::permissions::{Purpose, document, for_callers};
    use accel_core::{AnySpec, Topology as _};

    use crate::args::PolicyPurpose;
    use crate::sketch;
    use crate::trouble::Trouble;

    let spec = input::spec(&args.spec)?;
    let least = |purpose| -> Outcome<serde_json::Value> {
        let deployment = spec.topology.deployment();
        let deployment =
            deployment.map_err(|problem| Trouble::problems(&spec.file, vec![problem]))?;
        let network = network(&spec.topology);
        Ok(document(purpose, &deployment, &sketch::graph(&spec)?, network.as_ref()))
    };
    let policy = match args.purpose {
        PolicyPurpose::Deploy => least(Purpose::Deploy)?,
        PolicyPurpose::Cleanup => least(Purpose::Cleanup)?,
        PolicyPurpose::Callers => {
            // It names the endpoints, which only what stands can tell.
            for_callers(endpoints(&spec, args, terminal)?)
        }
    };
    terminal.document(&policy);
    if args.purpose == PolicyPurpose::Callers {
        terminal.say(match &spec.topology {
            AnySpec::Acceleration(_) => CALLERS.trim_end(),
            AnySpec::PrivateEgress(_) => EGRESS_CALLERS.trim_end(),
        });
    }
    Ok(Exit::Done)
}

/// The VPC of somebody's in which the spec builds. Of all that stands there it alone is certain: the rest of the sketch is
/// imagined.
#[cfg(feature = "aws")]
fn network(topology: &accel_core::AnySpec) -> Option<accel_core::RemoteId> {
    use accel_core::resource::Kind;
    use accel_core::{AnySpec, RemoteId, Topology as _};

    match topology {
        AnySpec::Acceleration(_) => None,
        AnySpec::PrivateEgress(egress) => {
            let place = topology.places().into_iter().next()?;
            Some(RemoteId::new(Kind::Vpc, place, egress.network.as_ref()?.vpc.as_str()))
        }
    }
}

/// The ids that calls can be required to come through: one at least.
#[cfg(feature = "aws")]
fn endpoints(spec: &input::Spec, args: &Policy, terminal: &Terminal) -> Outcome<Vec<String>> {
    use accel_core::spec::AnyOutputs;

    use crate::standing;
    use crate::trouble::Trouble;

    let endpoints: Vec<String> = match standing::outputs(spec, &args.cloud, args.others, terminal)?
    {
        AnyOutputs::Lane(lane) => lane.entries.into_iter().map(|entry| entry.endpoint).collect(),
        AnyOutputs::Egress(egress) => {
            egress.services.into_iter().filter_map(|route| route.endpoint).collect()
        }
    };
    if endpoints.is_empty() {
        return Err(Trouble::input(format!("{}: no call leaves through an endpoint", spec.name))
            .because("what leaves through NAT has no id that a policy could require")
            .next("give a service an endpoint (via = \"endpoint\"), and deploy"));
    }
    Ok(endpoints)
}

/// Which calls a node makes is known to the backend alone.
#[cfg(not(feature = "aws"))]
pub(super) fn run(args: &Policy, _terminal: &Terminal) -> Outcome<Exit> {
    use crate::trouble::Trouble;

    input::spec(&args.spec)?;
    Err(Trouble::input("this accel was built without the AWS backend, which knows the permissions")
        .next("build it with its default features"))
}
