//! Whether packets and names go where they should, held against what the cloud shows of the whole network.

use super::outputs::{self, EgressIsland};
use super::{INTERNET, names};
use crate::backend::{Network, NetworkNat, NetworkTable};
use crate::spec::{self, CheckedEgressService, Internet, PrivateEgress, Way};
use crate::topology::{Finding, Made};

pub(super) fn findings(spec: &PrivateEgress, made: &Made<'_>, network: &Network) -> Vec<Finding> {
    let Ok(checked) = spec::check_egress(spec) else { return Vec::new() };
    let islands = outputs::islands(&checked, made);
    let look = Look { spec, made, network, islands };
    let mut findings = Vec::new();
    for (label, service) in &checked.services {
        findings.push(look.service(label, service));
    }
    findings.push(look.internet());
    findings.push(look.nothing_public());
    findings
}

struct Look<'l> {
    spec: &'l PrivateEgress,
    made: &'l Made<'l>,
    network: &'l Network,
    islands: Vec<EgressIsland>,
}

fn finding(what: String, faults: &[String]) -> Finding {
    Finding { what, fault: (!faults.is_empty()).then(|| faults.join("; ")) }
}

impl Look<'_> {
    /// The table that serves an island.
    fn table(&self, island: &EgressIsland) -> Option<&NetworkTable> {
        self.network.own_table(&island.subnet).or_else(|| self.network.main_table())
    }

    fn service(&self, label: &str, service: &CheckedEgressService<'_>) -> Finding {
        let interface = self.made.id(&names::endpoint(label));
        let gateway = self.made.id(&names::gateway(label));
        match (service.spec.via, interface, gateway) {
            (Way::Nat, ..) => {
                finding(format!("calls to {label} leave through NAT"), &self.faults_of_nat())
            }
            (Way::Endpoint, Some(id), _) => self.interface(label, id.as_str(), service),
            (Way::Endpoint, None, Some(id)) => self.gateway(label, id.as_str()),
            (Way::Endpoint, None, None) => {
                finding(format!("{label} has an endpoint"), &["there is none".to_owned()])
            }
        }
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
        let lacking = self.islands.iter().filter(|island| {
            let routes = self.table(island).into_iter().flat_map(|table| &table.routes);
            !routes.into_iter().any(|route| route.target == id && route.active)
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
        let nats = self.made.starting_with(names::NATS).map(|(_, bound)| bound.id.to_string());
        finding(what, &nats.map(|id| format!("{id} is there")).collect::<Vec<_>>())
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
