//! Deploys a lane on the simulated cloud and shows everything: the plan, what happens, what clients need, and where the time went.
//!
//! The cloud is kept in a file, so that `cleanup` finds it, and so does the next `deploy`: kill this one half way and run it again.

#![expect(clippy::print_stdout, reason = "a program that shows things")]

use std::process::ExitCode;

use accel_core::{Acceleration, Deployer, Failure, Topology as _};
use accel_examples::{Arguments, Sandbox, Trouble, at_speed, exit, read_spec, show, speed, watch};
use tokio::sync::mpsc;

const USAGE: &str = "deploy [SPEC] [--cloud FILE] [--speed N]";

fn main() -> ExitCode {
    exit(run())
}

fn run() -> Result<(), Trouble> {
    let Some(mut arguments) = Arguments::of_process(USAGE) else { return Ok(()) };
    let speed = speed(&mut arguments)?;
    let sandbox = Sandbox::open(arguments.option("--cloud")?)?;
    let spec = read_spec(arguments.last()?.as_deref())?;
    println!("the simulated cloud in {}, {speed} times as fast as real time\n", sandbox.path());
    at_speed(speed, deploy(&sandbox, &spec))?
}

async fn deploy(sandbox: &Sandbox, spec: &Acceleration) -> Result<(), Trouble> {
    let deployment = spec.deployment().map_err(|_| Failure::Spec(spec.check()))?;
    let journal = sandbox.journal(&deployment)?;
    let (events, heard) = mpsc::channel(1000);
    let deployer = Deployer::new(sandbox).journal(&journal).events(events);

    println!("{}\n", show::plan(&deployer.plan(spec).await?));
    let made = watch(heard, deployer.deploy(spec)).await?;
    if let Some(outputs) = &made.outputs {
        println!("\n{}\n", show::outputs(outputs));
    }
    println!("{}\n\n{}", show::timeline(&made.timeline), show::calls(&made.calls));
    Ok(())
}
