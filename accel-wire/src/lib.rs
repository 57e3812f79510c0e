//! A local AWS network that is as strict, as slow and as unreliable as the real one: the simulated cloud on the AWS wire protocol.
//!
//! Any client that speaks the protocol can use it (an SDK, the AWS CLI, Terraform) once its endpoint is this server's address. What
//! it speaks: EC2 and Elastic Load Balancing v2 (Query), STS and Service Quotas, as far as private network lanes need them.
//!
//! ```no_run
//! use accel_mock::{Cloud, Settings};
//! use accel_wire::{Options, Server};
//!
//! # async fn run() -> std::io::Result<()> {
//! let server = Server::new(Cloud::new(Settings::default()), Options::default())?;
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! server.serve(listener).await
//! # }
//! ```
//!
//! # How it is built
//!
//! **The world's behaviour stays in one place: the wire layer translates, it decides nothing.** Whether something may be made, what
//! holds it, how long it takes, who sees it when, and with which code the provider refuses: all of that is `accel_mock::World`.
//! Here a request becomes calls of the world (`make`, `set`, `unmake`, `shown`), and their results become elements of an answer.
//!
//! **Adding an action touches one file.** A file in `kind` holds all actions of one kind of resource as a table: the name, and how
//! the parameters are read. What that gives is the action's deed, a closure over owned values; nothing has happened yet. In
//! between, and the same for all actions, stand what was not read (an error that names it: nothing is passed over in silence),
//! `DryRun`, faults, latency and throttling. A describe is a `family`: how rows come about and how one is written; ids, filters,
//! tags and pages are the same for all.
//!
//! ```text
//! server ─▶ scope (who, where, which service) ─▶ signature ─▶ service (form or JSON ─▶ parameters)
//!              ─▶ action ─▶ decode ─▶ faults, latency, throttling ─▶ deed on the world ─▶ service (elements ─▶ document)
//! ```
//!
//! `control` is for whoever started the server: settings, faults, the log of calls, a new start. `page` shows all of that and the world
//! (`state`) in a browser.
//!
//! Deliberately absent: rules of the cloud, permissions, and an answer for what is not known.

mod action;
mod asked;
mod background;
mod call;
mod control;
mod family;
mod fault;
mod filter;
mod hex;
mod kind;
mod log;
mod moment;
mod page;
mod past;
mod refusal;
mod scope;
mod server;
mod service;
mod signature;
mod state;
mod xml;

pub use background::Background;
pub use fault::{Condition, Faults, Rule, Trouble, Turns};
pub use log::Call;
pub use server::{AccessKey, Options, Server};

/// Everything that the server can do: the service's name in a signature, and the action.
pub fn actions() -> impl Iterator<Item = (&'static str, &'static str)> {
    action::Action::all().map(|action| (action.service.name(), action.name))
}
