//! `accel policy`: the IAM policies that belong to a lane.

use crate::args::Policy;
use crate::input;
use crate::terminal::Terminal;
use crate::trouble::{Exit, Outcome};

#[cfg(feature = "aws")]
pub(super) fn run(args: &Policy, terminal: &Terminal) -> Outcome<Exit> {
    use crate::args::PolicyPurpose;
    use crate::sketch;
    use accel_aws::permissions::{Purpose, document};

    let spec = input::spec(&args.spec)?;
    let graph = sketch::graph(&spec)?;
    let purpose = match args.purpose {
        PolicyPurpose::Deploy => Purpose::Deploy,
        PolicyPurpose::Cleanup => Purpose::Cleanup,
        PolicyPurpose::Callers => Purpose::Callers,
    };
    terminal.document(&document(purpose, &graph));
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
