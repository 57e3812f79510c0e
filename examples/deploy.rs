//! Deploys a lane on the simulated cloud and shows everything: the plan, what happens, what clients need, and where the time went.
//!
//! The cloud is kept in a file, so that `cleanup` finds it, and so does the next `deploy`: kill this one half way and run it again.
//! A spec of one's own may be named: `cargo run --example deploy my-lane.toml`.

#![expect(clippy::print_stdout, reason = "a program that shows things")]

use std::process::ExitCode;

use accel_core::spec::AnyOutputs;
use accel_core::topology::{EgressOutputs, LaneOutputs};
use accel_core::{Deployer, Topology as _};
use accel_examples::{SPEED, Trouble, exit, read_spec, sandbox, watch};
use tokio::sync::mpsc;

#[tokio::main(flavor = "current_thread", start_paused = true)] // simulated time, held back so that one can watch
async fn main() -> ExitCode {
    exit(accel_mock::at_speed(SPEED, deploy()).await)
}

async fn deploy() -> Result<(), Trouble> {
    let spec = read_spec()?;
    let (cloud, journal) = sandbox(&spec.deployment().map_err(|problem| problem.to_string())?)?;
    let (events, heard) = mpsc::channel(1000);
    let deployer = Deployer::new(&cloud).journal(&journal).events(events);

    println!("{}", deployer.plan(&spec).await?);
    let made = watch(heard, deployer.deploy(&spec)).await?;

    match &made.outputs {
        Some(AnyOutputs::Lane(lane)) => tell_lane(lane),
        Some(AnyOutputs::Egress(egress)) => tell_egress(egress),
        None => println!("\nnothing can be used yet"),
    }
    let total = made.timeline.total.as_secs_f64();
    println!("\nit took {total:.0} s, because each of these waited for the one before:");
    for span in made.timeline.critical_path() {
        let began = span.started.unwrap_or_default();
        println!("{:7.1} s  {}", began.as_secs_f64(), span.node);
    }
    println!("{}", made.calls);
    Ok(())
}

fn tell_lane(lane: &LaneOutputs) {
    for entry in &lane.entries {
        println!("\nto reach {}, dial {}", entry.hosts.join(" or "), entry.dial);
        println!("(the name stays in URL, TLS and signature; only what is dialled is new)");
    }
}

fn tell_egress(egress: &EgressOutputs) {
    let subnets: Vec<&str> = egress.islands.iter().map(|island| island.subnet.as_str()).collect();
    println!("\nput functions into {} of {}", subnets.join(" or "), egress.vpc);
    for service in &egress.services {
        println!("calls to {} leave through {:?}", service.service, service.path);
    }
    for from in &egress.addresses {
        println!("calls to the internet come from {} ({})", from.address, from.zone);
    }
}
