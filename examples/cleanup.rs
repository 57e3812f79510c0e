//! Removes a deployment from the simulated cloud and proves that nothing of it is left.
//!
//! It needs no spec and no journal: a name and its regions are enough, because everything carries its owner in tags.

#![expect(clippy::print_stdout, reason = "a program that shows things")]

use std::process::ExitCode;

use accel_core::{Acceleration, Deployer, DeploymentId, Place, Side, Topology as _};
use accel_examples::{Arguments, Sandbox, Trouble, at_speed, exit, read_spec, show, speed, watch};
use tokio::sync::mpsc;

const USAGE: &str = "cleanup [SPEC] [--cloud FILE] [--speed N]
       cleanup --name NAME --regions service=REGION,entry=REGION [--cloud FILE] [--speed N]";

fn main() -> ExitCode {
    exit(run())
}

fn run() -> Result<(), Trouble> {
    let Some(mut arguments) = Arguments::of_process(USAGE) else { return Ok(()) };
    let speed = speed(&mut arguments)?;
    let sandbox = Sandbox::open(arguments.option("--cloud")?)?;
    at_speed(speed, cleanup(&sandbox, &What::of(arguments)?))?
}

/// What is to go.
enum What {
    Spec(Box<Acceleration>),
    Named(DeploymentId, Vec<Place>),
}

impl What {
    fn of(mut arguments: Arguments) -> Result<Self, Trouble> {
        match (arguments.option("--name")?, arguments.option("--regions")?) {
            (None, None) => Ok(Self::Spec(Box::new(read_spec(arguments.last()?.as_deref())?))),
            (Some(name), Some(regions)) => {
                let places = regions.split(',').map(place).collect::<Option<_>>();
                let places =
                    places.ok_or_else(|| arguments.wrong("--regions is not understood"))?;
                arguments.none()?;
                Ok(Self::Named(DeploymentId::parse(&name)?, places))
            }
            (Some(_), None) | (None, Some(_)) => {
                Err(arguments.wrong("--name and --regions go together"))
            }
        }
    }

    fn deployment(&self) -> Result<DeploymentId, Trouble> {
        match self {
            Self::Spec(spec) => Ok(spec.deployment().map_err(|problem| problem.to_string())?),
            Self::Named(name, _) => Ok(name.clone()),
        }
    }
}

/// `service=ap-southeast-3`
fn place(word: &str) -> Option<Place> {
    match word.split_once('=')? {
        (_, "") => None,
        ("service", region) => Some(Place::new(Side::Service, region)),
        ("entry", region) => Some(Place::new(Side::Entry, region)),
        (_, _) => None,
    }
}

async fn cleanup(sandbox: &Sandbox, what: &What) -> Result<(), Trouble> {
    let deployment = what.deployment()?;
    let journal = sandbox.journal(&deployment)?;
    let (events, heard) = mpsc::channel(1000);
    let deployer = Deployer::new(sandbox).journal(&journal).events(events);
    let report = match what {
        What::Spec(spec) => watch(heard, deployer.cleanup(&**spec)).await?,
        What::Named(name, places) => watch(heard, deployer.cleanup_named(name, places)).await?,
    };
    println!("\n{}\n{}", show::calls(&report.calls), show::cleaned(&report));
    drop(journal);
    Ok(sandbox.tidy(&deployment)?)
}
