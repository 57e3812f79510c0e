//! Whether packets and names go where they should, held against what the cloud shows of the whole network.

use super::outputs::{self, EgressIsland};
use super::{INTERNET, foreign, names};
use crate::backend::{Network, NetworkEndpoint, NetworkNat, NetworkRoute, NetworkTable};
use crate::id::DeploymentId;
use crate::resource::Kind;
use crate::spec::{self, CheckedEgressService, Internet, PrivateEgress, Way};
use crate::topology::{Finding, Made};

pub(super) fn findings(spec: &PrivateEgress, made: &Made<'_>, network: &Network) -> Vec<Finding> {
    let Ok(checked) = spec::check_egress(spec) else { return Vec::new() };
    let islands = outputs::islands(&checked, made);
    let ours = DeploymentId::parse(&spec.name).ok();
    let look = Look { spec, made, network, islands, ours };
    let mut findings = Vec::new();
    for (label, service) in &checked.services {
        findings.push(look.service(label, service));
    }
    findings.push(look.has_islands());
    findings.push(look.internet());
    findings.push(look.nothing_public());
    findings
}

struct Look<'l> {
    spec: &'l PrivateEgress,
    made: &'l Made<'l>,
    network: &'l Network,
    islands: Vec<EgressIsland>,
    ours: Option<DeploymentId>,
}

fn finding(what: String, faults: &[String]) -> Finding {
    Finding { what, fault: (!faults.is_empty()).then(|| faults.join("; ")) }
}

impl Look<'_> {
    /// The table that serves an island.
    fn table(&self, island: &EgressIsland) -> Option<&NetworkTable> {
        self.network.table_of(&island.subnet)
    }

    fn service(&self, label: &str, service: &CheckedEgressService<'_>) -> Finding {
        let interface = self.made.id(&names::endpoint(label));
        let gateway = self.made.id(&names::gateway(label));
        match (service.spec.via, interface, gateway) {
            (Way::Nat, ..) => self.through_nat(label),
            (Way::Endpoint, Some(id), _) => self.interface(label, id.as_str(), service),
            (Way::Endpoint, None, Some(id)) => self.gateway(label, id.as_str()),
            (Way::Endpoint, None, None) => {
                finding(format!("{label} has an endpoint"), &["there is none".to_owned()])
            }
        }
    }

    fn through_nat(&self, label: &str) -> Finding {
        let ours = self.ours.as_ref();
        let taker = foreign::has_names_of(self.network, ours, &self.spec.region, label);
        let Some(taker) = taker else {
            return finding(format!("calls to {label} leave through NAT"), &self.faults_of_nat());
        };
        let what = format!("calls to {label} go to {}, which has its names here", taker.id);
        let fault = (!taker.ready).then(|| format!("{} is not ready", taker.id));
        finding(what, fault.as_slice())
    }

    fn interface(&self, label: &str, id: &str, service: &CheckedEgressService<'_>) -> Finding {
        let private = service.spec.private_dns;
        let what = if private {
            format!("the names of {label} lead to {id} in all of {}", self.network.id)
        } else {
            format!("{id} takes calls to {label} by its own names")
        };
        let Some(endpoint) = self.network.endpoints.iter().find(|it| it.id == id) else {
            return finding(what, &[format!("{} shows no {id}", self.network.id)]);
        };
        let mut faults = Vec::new();
        if !endpoint.ready {
            faults.push(format!("{id} is not ready"));
        }
        if private && !endpoint.private_dns {
            faults.push("its private DNS is off".to_owned());
        }
        if private && !self.network.dns_support {
            faults.push(format!("DNS support of {} is off", self.network.id));
        }
        if private && !self.network.dns_hostnames {
            faults.push(format!("DNS hostnames of {} are off", self.network.id));
        }
        finding(what, &faults)
    }

    fn gateway(&self, label: &str, id: &str) -> Finding {
        let endpoints = &self.network.endpoints;
        let ours = endpoints.iter().find(|it| it.id == id);
        // A table that led to another's endpoint of the service before keeps that.
        let theirs = |it: &&NetworkEndpoint| {
            let other = |ours: &NetworkEndpoint| {
                it.service == ours.service && it.deployment != ours.deployment
            };
            it.kind == Kind::GatewayEndpoint && ours.is_some_and(other)
        };
        let theirs: Vec<&str> = endpoints.iter().filter(theirs).map(|it| it.id.as_str()).collect();
        let lacking = self.islands.iter().filter(|island| {
            let routes = self.table(island).into_iter().flat_map(|table| &table.routes);
            let leads = |target: &str| target == id || theirs.contains(&target);
            !routes.into_iter().any(|route| leads(&route.target) && route.active)
        });
        let faults: Vec<String> =
            lacking.map(|island| format!("no route for {}", island.subnet)).collect();
        finding(format!("every island has a route to {label} through {id}"), &faults)
    }

    fn faults_of_nat(&self) -> Vec<String> {
        let nats: Vec<&str> =
            self.made.starting_with(names::NATS).map(|(_, bound)| bound.id.as_str()).collect();
        let fault = |island: &EgressIsland| {
            let route = self.table(island).and_then(|table| table.route(INTERNET));
            let Some(route) = route else { return Some("no default route".to_owned()) };
            let target = &route.target;
            if !nats.contains(&target.as_str()) {
                return Some(format!("leads to {target}"));
            }
            let ready = |it: &&NetworkNat| it.id == *target && it.ready;
            let works = route.active && self.network.nats.iter().any(|it| ready(&it));
            (!works).then(|| format!("{target} takes nothing"))
        };
        let named = |island: &EgressIsland| Some(format!("{}: {}", island.subnet, fault(island)?));
        self.islands.iter().filter_map(named).collect()
    }

    fn internet(&self) -> Finding {
        if self.spec.internet != Internet::None {
            let what = "every island leads to the internet through a NAT gateway that is ready";
            return finding(what.to_owned(), &self.faults_of_nat());
        }
        let what = "no island leads to the internet through anything of this deployment".to_owned();
        let ours = |route: &NetworkRoute| {
            foreign::is_our_nat(self.network, self.ours.as_ref(), &route.target)
        };
        let faults = self.islands.iter().filter_map(|island| {
            let route = self.table(island)?.routes.iter().find(|route| ours(route))?;
            Some(format!("{} leads to {}", island.subnet, route.target))
        });
        finding(what, &faults.collect::<Vec<_>>())
    }

    /// Whoever loses the tag by which islands are chosen is none any more, and what is said of all of them would hold for nobody.
    fn has_islands(&self) -> Finding {
        let mut faults = Vec::new();
        if self.islands.is_empty() {
            faults.push("no subnet is named, or carries the tag".to_owned());
        }
        for island in &self.islands {
            if self.network.subnet(&island.subnet).is_none() {
                faults.push(format!("{} shows no {}", self.network.id, island.subnet));
            }
        }
        finding("every island is there".to_owned(), &faults)
    }

    /// An island is not reached from the internet: no route to an internet gateway, and no public addresses.
    fn nothing_public(&self) -> Finding {
        let mut faults = Vec::new();
        for island in &self.islands {
            let leads_out = self.table(island).is_some_and(|table| {
                table.routes.iter().any(|route| route.active && route.target.starts_with("igw-"))
            });
            if leads_out {
                faults.push(format!("{} leads to an internet gateway", island.subnet));
            }
            let made = self.spec.network.is_none();
            if made && self.network.subnet(&island.subnet).is_some_and(|it| it.public_addresses) {
                faults.push(format!("{} gives out public addresses", island.subnet));
            }
        }
        finding("no island can be reached from the internet".to_owned(), &faults)
    }
}
