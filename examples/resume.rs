//! Kills a deploy at its worst moments, goes on each time, and counts: nothing is lost, nothing is there twice.
//!
//! The simulated cloud is in memory and its faults are data: here the process dies right after the cloud has made something, before it
//! hears of it. That is how tools leave orphans behind that nobody finds until the bill comes.

#![expect(clippy::print_stdout, reason = "a program that shows things")]

use std::collections::BTreeMap;
use std::process::ExitCode;

use accel_core::event::{Event, NodeStep, Timed};
use accel_core::journal::MemoryJournal;
use accel_core::tags::Ownership;
use accel_core::{Acceleration, Deployer, NodeName};
use accel_examples::{Trouble, exit, in_virtual_time, read_spec, show};
use accel_mock::{Cloud, Schedule, Settings};
use tokio::sync::mpsc;

/// When each run dies: after the cloud has made this, before the answer comes.
const DEATHS: [(&str, &str); 3] = [
    ("the first VPC", "create:vpc=crash-after"),
    ("the network load balancer, which costs money", "create:load_balancer=crash-after"),
    ("the last rule", "create:listener=crash-after"),
];

fn main() -> ExitCode {
    exit(run())
}

fn run() -> Result<(), Trouble> {
    let spec = read_spec(None)?;
    in_virtual_time(resume(&spec))?
}

async fn resume(spec: &Acceleration) -> Result<(), Trouble> {
    let cloud = Cloud::new(Settings::default());
    let journal = MemoryJournal::default();
    for (moment, death) in DEATHS {
        cloud.set_schedule(death.parse()?);
        let (deployer, mut heard) = deployer(&cloud, &journal);
        tokio::select! {
            end = deployer.deploy(spec) => return Err(format!("{end:?} instead of a death").into()),
            () = cloud.crashed() => {}
        }
        tell(&mut heard);
        println!("  killed: the cloud has made {moment}, and the answer is lost");
        println!("  {}", count(&cloud)?);
        cloud.revive();
    }

    cloud.set_schedule(Schedule::default());
    let (last, mut heard) = deployer(&cloud, &journal);
    let made = last.deploy(spec).await?;
    tell(&mut heard);
    println!("  finished: {}", show::calls(&made.calls));
    println!("  {}", count(&cloud)?);

    let again = deployer(&cloud, &journal).0.deploy(spec).await?;
    println!("the same once more: {}", show::calls(&again.calls));
    if again.calls.mutating() > 0 {
        return Err("a deploy with nothing to do has changed something".into());
    }
    let report = deployer(&cloud, &journal).0.cleanup(spec).await?;
    println!("{}", show::cleaned(&report));
    match cloud.inspect(|world| world.live().count()) {
        0 => Ok(()),
        left => Err(format!("the cloud still holds {left} things").into()),
    }
}

/// A new run. A journal in memory has no lock that ends with its process, so we give our word that the last run is over.
fn deployer<'a>(
    cloud: &'a Cloud,
    journal: &'a MemoryJournal,
) -> (Deployer<'a>, mpsc::Receiver<Timed>) {
    let (events, heard) = mpsc::channel(1000);
    (Deployer::new(cloud).journal(journal).take_over(true).events(events), heard)
}

/// How a run began, and what it found of the one before.
fn tell(heard: &mut mpsc::Receiver<Timed>) {
    let mut made = 0;
    while let Ok(Timed { at, event }) = heard.try_recv() {
        match &event {
            Event::Began { .. } => println!("a run begins: {event}"),
            Event::Node { step: NodeStep::InDoubt, .. } => println!("  {event} {at:?}"),
            Event::Node { step: NodeStep::Exists { found: false, .. }, .. } => made += 1,
            _ => println!("  {event} {at:?}"),
        }
    }
    println!("  {made} made");
}

/// What the cloud holds of the deployment, by what the things say about themselves.
fn count(cloud: &Cloud) -> Result<String, Trouble> {
    let mut nodes: BTreeMap<NodeName, u32> = BTreeMap::new();
    cloud.inspect(|world| {
        for tags in world.live().filter_map(|thing| Ownership::read(thing.tags())) {
            *nodes.entry(tags.owner.node).or_default() += 1;
        }
    });
    match nodes.iter().find(|(_, count)| **count > 1) {
        Some((node, count)) => Err(format!("{node} is there {count} times").into()),
        None => Ok(format!("the cloud holds {} tagged things, no node twice", nodes.len())),
    }
}
