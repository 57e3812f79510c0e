//! Kills a deploy and a cleanup at their worst moments, goes on each time, and counts: nothing is lost, nothing is there twice.
//!
//! The worst moment is right after the cloud has done something and before the process hears of it: that is how tools leave things
//! behind that nobody finds until the bill comes. Here faults are data, so that moment can be chosen.

#![expect(clippy::print_stdout, reason = "a program that shows things")]

use std::collections::BTreeSet;
use std::process::ExitCode;

use accel_core::journal::MemoryJournal;
use accel_core::tags::Ownership;
use accel_core::{AnySpec, Deployer, Failure};
use accel_examples::{Trouble, cleaned, exit, read_spec};
use accel_mock::{Cloud, Schedule, Settings};
use tokio::time::Instant;

/// The calls after which the runs die: of this kind the first one, or the one with this number.
const DEPLOYS: [&str; 3] = ["create:vpc#2", "create:load_balancer", "create:listener"];
const CLEANUPS: [&str; 2] = ["delete:load_balancer", "delete:vpc"];

#[tokio::main(flavor = "current_thread", start_paused = true)] // simulated minutes pass at once
async fn main() -> ExitCode {
    exit(resume().await)
}

async fn resume() -> Result<(), Trouble> {
    let stage = Stage {
        cloud: Cloud::new(Settings::default()),
        journal: MemoryJournal::default(),
        spec: read_spec()?,
    };
    for call in DEPLOYS {
        stage.kill("deploy", stage.deployer().deploy(&stage.spec), call).await?;
    }
    let made = stage.deployer().deploy(&stage.spec).await?;
    println!("deploy   finished: {}", made.calls);
    println!("         {}", stage.count()?);

    let again = stage.deployer().deploy(&stage.spec).await?;
    println!(
        "deploy   once more: {}, {} of them to change something",
        again.calls,
        again.calls.mutating()
    );

    for call in CLEANUPS {
        stage.kill("cleanup", stage.deployer().cleanup(&stage.spec), call).await?;
    }
    let report = stage.deployer().cleanup(&stage.spec).await?;
    println!("cleanup  finished: {}", report.calls);
    println!("{}", cleaned(&report));
    match stage.cloud.inspect(|world| world.live().count()) {
        0 => Ok(()),
        left => Err(format!("the cloud still holds {left} things").into()),
    }
}

/// What outlives a process: the cloud and the journal.
struct Stage {
    cloud: Cloud,
    journal: MemoryJournal,
    spec: AnySpec,
}

impl Stage {
    /// A new run. A journal in memory has no lock that ends with its process, so we give our word that the run before is over.
    fn deployer(&self) -> Deployer<'_> {
        Deployer::new(&self.cloud).journal(&self.journal).take_over(true)
    }

    /// Lets a run begin, and lets it die.
    async fn kill<T>(
        &self,
        name: &str,
        run: impl Future<Output = Result<T, Failure>>,
        call: &str,
    ) -> Result<(), Trouble> {
        self.cloud.set_schedule(format!("{call}=crash-after").parse()?);
        let began = Instant::now();
        tokio::select! {
            end = run => {
                end?;
                return Err(format!("the {name} has ended before {call}").into());
            }
            () = self.cloud.crashed() => {}
        }
        // From here on, only what the cloud and the journal hold is known.
        self.cloud.set_schedule(Schedule::default());
        self.cloud.revive();
        let secs = began.elapsed().as_secs_f64();
        println!("{name:<8} killed after {secs:.1} s: {call} has taken effect, its answer is lost");
        println!("         {}", self.count()?);
        Ok(())
    }

    /// What the cloud holds, and that no node of the deployment is there twice.
    fn count(&self) -> Result<String, Trouble> {
        self.cloud.inspect(|world| {
            let mut nodes = BTreeSet::new();
            for tags in world.live().filter_map(|thing| Ownership::read(thing.tags())) {
                if !nodes.insert(tags.owner.node.clone()) {
                    return Err(format!("{} is there twice", tags.owner.node).into());
                }
            }
            Ok(format!("things in the cloud: {}, none of them twice", world.live().count()))
        })
    }
}
