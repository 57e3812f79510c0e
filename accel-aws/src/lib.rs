//! The AWS backend of accel: the contract of [`accel_core::NetworkBackend`] on the AWS SDK for Rust.
//!
//! It translates and decides nothing: no retry, no waiting, no policy. The SDK's own retries are off, because a silent retry of
//! `CreateVpc` after a lost answer makes a second VPC; every call has a deadline.
//!
//! ```no_run
//! # async fn example() -> Result<(), accel_core::Failure> {
//! use accel_core::Acceleration;
//!
//! let spec = Acceleration::new("sagemaker-jakarta", "ap-southeast-3", "ap-southeast-1")
//!     .service("sagemaker.runtime")
//!     .allow("203.0.113.0/24");
//! let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
//! let aws = accel_aws::Aws::new(&config);
//! let lane = accel_core::deploy(&aws, &spec).await?;
//! println!("{} nodes", lane.nodes.len());
//! # Ok(())
//! # }
//! ```
//!
//! [`Aws`] is built from configurations and reads no environment, profile or global itself; [`from_env`] is separate. Each value has
//! clients of its own: two tenants in one process share none, and nothing that was looked up for one is shown to another.
//!
//! # How it is built
//! * A *kind* (`kind/`, one file each, named as in `accel-core`) says how a resource is made and removed, and reads one from a view.
//! * A *view* holds what one look has shown: one describe per family of resources, however many of them are asked for.
//! * *Errors* (`error/`) are one table from operation, code and message to [`accel_core::ErrorKind`], with a source for each row.

#[cfg(test)]
mod answers;
mod aws;
mod backend;
mod blockers;
mod call;
mod clients;
mod differences;
mod error;
mod family;
mod find;
mod gather;
mod kind;
mod list;
mod network;
mod offer;
pub mod permissions;
mod probe;
mod tags;
mod view;

pub use aws::{Aws, Profiles, from_env};
pub use probe::{Permission, Verdict};
