//! Private, accelerated lanes to cloud service endpoints: built, kept and taken down without a trace.
//!
//! **Deploy makes the cloud equal to a graph. Cleanup is deploying the empty graph.** A node of the graph is one mutating call; who owns
//! what stands in tags on the resources themselves. So a run may be killed at any instant: run it again, and it converges or cleans up.
//!
//! ```
//! use accel_core::journal::FileJournal;
//! use accel_core::{Acceleration, Deployer, DeploymentId, NetworkBackend};
//!
//! async fn there_and_back(backend: &dyn NetworkBackend) -> Result<(), Box<dyn std::error::Error>> {
//!     let lane = Acceleration::new("sagemaker-jakarta", "ap-southeast-3", "ap-southeast-1")
//!         .service("sagemaker.runtime")
//!         .allow("203.0.113.0/24");
//!     let journal = FileJournal::open("journals", &DeploymentId::parse(&lane.name)?)?;
//!     let deployer = Deployer::new(backend).journal(&journal);
//!
//!     let plan = deployer.plan(&lane).await?;
//!     println!("{plan}");
//!     let deployment = deployer.clone().expect(plan.digest).deploy(&lane).await?;
//!     println!("{:?} after {}", deployment.outputs, deployment.calls);
//!
//!     let report = deployer.cleanup(&lane).await?;
//!     println!("{:?} in {:?}", report.outcome, report.places);
//!     Ok(())
//! }
//! ```
//!
//! # Reading order
//!
//! 1. [`id`] and [`error`]: the small words. An error's kind says whether the call took effect, and who can fix it.
//! 2. [`resource`]: the vocabulary. One file per kind, with all that the engine knows of it ([`resource::Facts`]).
//! 3. [`graph`]: nodes, typed references, fingerprints. A cycle cannot be written.
//! 4. [`spec`] and [`topology`]: what a user writes, and the pure function from there to a graph.
//! 5. [`backend`] and [`tags`]: the contract with a cloud, and how ownership is written on what it holds.
//! 6. [`journal`]: what was intended and what came of it. Optional: the tags alone are enough.
//! 7. [`engine`]: `state` folds records, `decide` says what is due, [`engine::policy`] what an error is followed by, `outcome` what an
//!    answer means, `reconcile` what a listing means; `driver` is the loop around them.
//! 8. [`deployer`]: deploy, usable, cleanup, plan and status, which put all of this together. [`event`] is what an observer hears meanwhile.
//!
//! [`clock`] is the only way to the wall clock. `ARCHITECTURE.md` in the repository tells how one run goes, and what always holds.
//!
//! Deliberately absent: any cloud's SDK, printing, the environment, tasks of its own, and an `update` verb.

pub mod backend;
pub mod clock;
pub mod deployer;
pub mod engine;
pub mod error;
pub mod event;
pub mod graph;
pub mod id;
pub mod journal;
mod network;
pub mod resource;
pub mod spec;
pub mod tags;
pub mod topology;

pub use backend::NetworkBackend;
pub use clock::{Clock, SystemClock};
pub use deployer::{
    Calls, Cleaned, CleanupReport, Deployer, Deployment, Failure, Plan, Status, Usability, cleanup,
    deploy, plan, status,
};
pub use engine::{Limits, Stop};
pub use error::{Error, ErrorKind, Problem, Result};
pub use graph::{Graph, Node, NodeId, Ref};
pub use id::{
    AccountId, DeploymentId, Fingerprint, InvalidName, NodeName, Owner, Place, Region, RemoteId,
    RunId, Side, Zone,
};
pub use spec::{Acceleration, AnySpec, PrivateEgress};
pub use topology::Topology;
