//! Core.

pub mod backend;
pub mod clock;
pub mod deployer;
pub mod engine;
pub mod error;
pub mod event;
pub mod graph;
pub mod id;
pub mod journal;
pub mod resource;
pub mod spec;
pub mod tags;
pub mod topology;

pub use backend::NetworkBackend;
pub use clock::{Clock, SystemClock};
pub use deployer::{
    Calls, Cleaned, CleanupReport, Deployer, Deployment, Failure, Plan, Status, cleanup, deploy,
    plan, status,
};
pub use engine::{Limits, Stop};
pub use error::{Error, ErrorKind, Problem, Result};
pub use graph::{Graph, Node, NodeId, Ref};
pub use id::{
    AccountId, DeploymentId, Fingerprint, InvalidName, NodeName, Owner, Place, Region, RemoteId,
    RunId, Side, Zone,
};
pub use spec::Acceleration;
pub use topology::Topology;
