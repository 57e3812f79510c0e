//! Removes a deployment from the simulated cloud and proves that nothing of it is left.
//!
//! With the spec lost, its name and regions would do ([`Deployer::cleanup_named`]): everything carries its owner in tags.

#![expect(clippy::print_stdout, reason = "a program that shows things")]

use std::process::ExitCode;

use accel_core::{Deployer, Topology as _};
use accel_examples::{SPEED, Trouble, cleaned, exit, read_spec, sandbox, watch};
use tokio::sync::mpsc;

#[tokio::main(flavor = "current_thread", start_paused = true)] // simulated time, held back so that one can watch
async fn main() -> ExitCode {
    exit(accel_mock::at_speed(SPEED, cleanup()).await)
}

async fn cleanup() -> Result<(), Trouble> {
    let spec = read_spec()?;
    let (cloud, journal) = sandbox(&spec.deployment().map_err(|problem| problem.to_string())?)?;
    let (events, heard) = mpsc::channel(1000);
    let deployer = Deployer::new(&cloud).journal(&journal).events(events);

    let report = watch(heard, deployer.cleanup(&spec)).await?;
    println!("\n{}\n{}", report.calls, cleaned(&report));
    Ok(())
}
