//! A deterministic simulated cloud, stricter than the real one.
//!
//! [`Cloud`] is a backend; clones share one [`World`]. The world has ordered maps, ids from a counter and no randomness, and its time
//! is tokio's, so a test that pauses that clock runs days in milliseconds, the same way every time. [`Settings`] say how slow, how
//! forgetful and how large it is, and which of several possible truths it keeps where the provider's documents are silent. A
//! [`Schedule`] says what goes wrong: faults are data, and print themselves.
//!
//! The tour: `world` holds what exists and the few operations on it, `agenda` what happens by itself; `kind` has the rules, one file
//! per kind, each rule with its source; `sight` decides who sees what when; `look`, `list`, `offer` and `blockers` answer what was
//! asked; `backend` makes every verb one call with a number, a latency and a verdict from `fault`; `cloud` is the handle, and `action` is the
//! world as the provider's own API has it, for whoever speaks that. `blueprint` makes somebody's network, in which a deployment may stand. For oracles:
//! `exposure` says what is open, `path` whether a packet comes back, `way` where it leaves, `snapshot` shows everything as text, `inventory` what is nobody's deployment with every field, `onlook` what no client sees, and `drift` changes what
//! nobody asked for. `file` lets a world outlive its process, and is the only place with a wall clock; `pace` lets a person watch.
//!
//! Deliberately absent: randomness, background tasks, and any rule about who may do what.

mod action;
#[cfg(test)]
mod action_tests;
mod agenda;
mod ask;
mod backend;
mod blockers;
mod blueprint;
mod clock;
mod cloud;
mod drift;
mod exposure;
mod fault;
mod file;
mod hold;
mod interface;
mod inventory;
mod kind;
mod list;
mod log;
mod look;
mod network;
mod offer;
mod onlook;
mod operation;
mod pace;
mod pairs;
mod path;
mod refusal;
mod settings;
mod sight;
mod snapshot;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod thing;
mod throttle;
mod token;
#[cfg(test)]
mod view_tests;
mod way;
mod world;

pub use action::Caller;
pub use blueprint::{
    Blueprint, Leads, MAIN_TABLE, PlannedEndpoint, PlannedSubnet, PlannedTable, Premises,
};
pub use cloud::Cloud;
pub use exposure::Exposure;
pub use fault::{Rule, Schedule, Verb, Verdict};
pub use interface::{Holder, Interface};
pub use kind::{
    Body, Checks, ElasticIp, EndpointTable, GatewayAttachment, GatewayEndpoint, InterfaceEndpoint,
    InternetGateway, Listener, LoadBalancer, NatGateway, PeeringConnection, PeeringState, Route,
    RouteTable, RouteTableAssociation, SecurityGroup, SecurityGroupRule, Subnet, Target,
    TargetGroup, Via, Vpc, prefix_list,
};
pub use kind::{
    ClosedEgress, EndpointPolicy, ExtraTags, HealthCheck, ListenerOptions, LoadBalancerOptions,
    PeeringAcceptance, PeeringTags, RouteReplacement, RuleDescription, Setting, TargetGroupOptions,
    VpcDnsHostnames,
};
pub use log::{Call, Outcome, as_json_lines, as_text};
pub use offer::Service;
pub use onlook::News;
pub use pace::at_speed;
pub use path::Health;
pub use settings::{Delays, Doubts, Lag, Offers, Quotas, Settings};
pub use sight::Sight;
pub use thing::{Key, State, Thing};
pub use way::Way;
pub use world::World;
