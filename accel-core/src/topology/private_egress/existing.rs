//! What is decided about a network that exists, and what stands against building in it. Nothing in it is changed but what the spec asks
//! for; where that cannot be told, it is a problem.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::{self, Island, Nat, Plan, Public, Table};
use super::{INTERNET, foreign, zones};
use crate::backend::{Before, Network, NetworkNat, NetworkRoute, NetworkSubnet, NetworkTable};
use crate::error::Problem;
use crate::id::{DeploymentId, Zone};
use crate::spec::{ExistingNetwork, ImplicitTable, Internet, Subnets};
use crate::tags;
use crate::topology::{Kept, Known};

/// Decides about islands, their tables and the NAT gateways.
pub(super) fn network<'a>(
    plan: &mut Plan<'a>,
    spec: &'a ExistingNetwork,
    network: &'a Network,
    known: &Known<'_>,
    problems: &mut Vec<Problem>,
) {
    let survey = Survey { plan, spec, network, deployment: plan.deployment() };
    let islands = survey.select("network.islands", &spec.islands, problems);
    let tables = survey.tables(&islands, problems);
    let public = survey.public(problems);
    let nats = survey.nats(&islands, &tables, &public, known.kept, problems);
    let island = |subnet: &&NetworkSubnet| Island {
        site: subnet.id.clone(),
        zone: subnet.zone.clone(),
        block: subnet.block,
    };
    plan.islands = islands.iter().map(island).collect();
    plan.tables = tables;
    plan.nats = nats;
}

impl Plan<'_> {
    /// The deployment's name: it is well formed, or nothing is planned.
    pub(super) fn deployment(&self) -> Option<DeploymentId> {
        DeploymentId::parse(&self.checked.spec.name).ok()
    }
}

struct Survey<'s> {
    plan: &'s Plan<'s>,
    spec: &'s ExistingNetwork,
    network: &'s Network,
    deployment: Option<DeploymentId>,
}

impl<'s> Survey<'s> {
    fn is_ours(&self, deployment: Option<&DeploymentId>) -> bool {
        foreign::is_ours(deployment, self.deployment.as_ref())
    }

    /// The subnets that a field names, by id.
    fn select(
        &self,
        path: &str,
        subnets: &Subnets,
        problems: &mut Vec<Problem>,
    ) -> Vec<&'s NetworkSubnet> {
        let found = self.network.named(subnets);
        match subnets {
            Subnets::Ids(ids) => {
                let unknown =
                    ids.iter().enumerate().filter(|(_, id)| self.network.subnet(id).is_none());
                problems.extend(unknown.map(|(index, id)| {
                    let message = format!("{} has no subnet {id}", self.network.id);
                    Problem::new(format!("{path}[{index}]"), message)
                }));
            }
            Subnets::Tagged(tag) if found.is_empty() => {
                let message =
                    format!("no subnet of {} carries {} = {}", self.network.id, tag.tag, tag.value);
                problems.push(Problem::new(path, message));
            }
            Subnets::Tagged(_) => {}
        }
        found
    }

    /// The tables that serve the islands, each once.
    fn tables(&self, islands: &[&NetworkSubnet], problems: &mut Vec<Problem>) -> Vec<Table> {
        let mut tables: BTreeMap<String, Table> = BTreeMap::new();
        for island in islands {
            let own = self.network.own_table(&island.id);
            let theirs = own.filter(|table| !self.is_ours(table.deployment.as_ref()));
            let Some(table) = theirs.or_else(|| self.fallback(island, problems)) else {
                let site = island.id.clone();
                let islands = vec![site.clone()];
                let zone = island.zone.clone();
                tables.insert(site.clone(), Table { site, ours: true, islands, zone, was: None });
                continue;
            };
            let known = tables.entry(table.id.clone()).or_insert_with(|| Table {
                site: table.id.clone(),
                ours: false,
                islands: Vec::new(),
                zone: island.zone.clone(),
                was: self.default_route(table, problems),
            });
            if self.stands(table).is_some_and(|zone| *zone == island.zone) {
                known.zone = island.zone.clone();
            }
            known.islands.push(island.id.clone());
        }
        tables.into_values().collect()
    }

    /// The zone of our NAT gateway that holds a table's receipt: an island that comes to the table moves nothing. A receipt may
    /// outlive its route; so the one that the table leads to comes first.
    fn stands(&self, table: &NetworkTable) -> Option<&'s Zone> {
        let place = tags::receipt_place(&table.id, Some(INTERNET));
        let holds = |nat: &&NetworkNat| {
            self.is_ours(nat.deployment.as_ref()) && nat.receipts.contains_key(&place)
        };
        let mut holders = self.network.nats.iter().filter(holds);
        let led_to = table.route(INTERNET).map(|route| &route.target);
        let serves = holders.clone().find(|nat| Some(&nat.id) == led_to);
        let nat = serves.or_else(|| holders.find(|nat| nat.ready))?;
        self.network.subnet(&nat.subnet).map(|subnet| &subnet.zone)
    }

    /// The main table, for an island that has no table of somebody else's; none if it gets one of ours.
    fn fallback(
        &self,
        island: &NetworkSubnet,
        problems: &mut Vec<Problem>,
    ) -> Option<&'s NetworkTable> {
        let main = self.network.main_table()?;
        match self.spec.implicit_table {
            ImplicitTable::Own => {
                // One that has a table of ours already has left the main one.
                let falls_back = self.network.own_table(&island.id).is_none();
                problems.extend(self.irremovable(island, main).filter(|_| falls_back));
                None
            }
            ImplicitTable::Main => Some(main),
            ImplicitTable::Refuse => {
                let public = main.route(INTERNET).filter(|route| route.is_public());
                problems.push(match public {
                    Some(route) => self.public_islands(main, route),
                    None => self.needs_table(island, main),
                });
                None
            }
        }
    }

    fn needs_table(&self, island: &NetworkSubnet, main: &NetworkTable) -> Problem {
        let others = match routes(main).as_slice() {
            [] => String::new(),
            routes => {
                format!(", out of reach of what the main table leads to ({})", routes.join(", "))
            }
        };
        let message = format!(
            "{} has no route table of its own and falls back on the main one, {}, which serves {}: \
             say implicit_table = \"own\" to give it one{others}, or \"main\" to change that one for all of them",
            island.id,
            main.id,
            self.served(main),
        );
        Problem::new("network.implicit_table", message)
    }

    /// Why an island cannot, or must not, get a table of its own in place of the main one: its way out would change as much as by a
    /// replaced route.
    fn irremovable(&self, island: &NetworkSubnet, main: &NetworkTable) -> Option<Problem> {
        let route = main.route(INTERNET)?;
        if route.is_public() {
            return Some(self.public_islands(main, route));
        }
        let wants_internet = self.plan.checked.spec.internet != Internet::None;
        let is_theirs = route.active && !self.is_our_nat(&route.target);
        if !(wants_internet && is_theirs) || self.spec.replace_default_route {
            return None;
        }
        let message = format!(
            "the main table, {}, leads {INTERNET} to {} for {}: say replace_default_route = true to give it a table that \
             leads through NAT until cleanup, or internet = \"none\" and implicit_table = \"main\" to keep that",
            main.id, route.target, island.id
        );
        Some(Problem::new("network.replace_default_route", message))
    }

    fn public_islands(&self, table: &NetworkTable, route: &NetworkRoute) -> Problem {
        let message = format!(
            "{} leads {INTERNET} to {}, so that {} are public: name subnets that are not",
            table.id,
            route.target,
            self.served(table)
        );
        Problem::new("network.islands", message)
    }

    /// What a table's default route leads to and will have to be put back; nothing if there is none, or only ours.
    fn default_route(&self, table: &NetworkTable, problems: &mut Vec<Problem>) -> Option<String> {
        let route = table.route(INTERNET)?;
        if route.is_public() {
            problems.push(self.public_islands(table, route));
            return None;
        }
        if self.plan.checked.spec.internet == Internet::None {
            return None;
        }
        if self.is_our_nat(&route.target) {
            return self.before(table, route, problems);
        }
        problems.extend(self.irreplaceable(table, route));
        Some(route.target.clone())
    }

    fn is_our_nat(&self, id: &str) -> bool {
        foreign::is_our_nat(self.network, self.deployment.as_ref(), id)
    }

    /// What a route of ours led to before. To take a receipt that does not show for one that says "nothing" would write over it, and
    /// cleanup would then delete what it should put back.
    fn before(
        &self,
        table: &NetworkTable,
        route: &NetworkRoute,
        problems: &mut Vec<Problem>,
    ) -> Option<String> {
        match self.network.before(&table.id, route) {
            Before::Nothing => None,
            Before::Was(was) => Some(was.to_owned()),
            Before::Unknown => {
                let message = format!(
                    "{} leads {INTERNET} to {}, whose receipt for that does not show yet: try again in a minute; if that \
                     stays so, lead that route where it should lead without this deployment, or delete it",
                    table.id, route.target
                );
                problems.push(Problem::new("network.islands", message));
                None
            }
        }
    }

    /// Why a default route that is not ours cannot, or must not, be replaced.
    fn irreplaceable(&self, table: &NetworkTable, route: &NetworkRoute) -> Option<Problem> {
        let leads = format!("{} leads {INTERNET} to {}", table.id, route.target);
        if route.active && route.target.starts_with("nat-") && !self.shows_nat(&route.target) {
            // Whose it is cannot be told, and so not what is to be put back.
            let message = format!("{leads}, which does not show yet: try again in a minute");
            return Some(Problem::new("network.islands", message));
        }
        let message = if route.propagated {
            format!(
                "{leads} by a propagated route, which cannot be replaced: switch its propagation into that table off, or \
                 say internet = \"none\" to keep it"
            )
        } else if !route.active {
            format!("{leads}, which is gone: delete that route, for it could not be put back")
        } else if !self.spec.replace_default_route {
            format!(
                "{leads} already, for {}: say replace_default_route = true to lead it through NAT until cleanup puts it \
                 back, or internet = \"none\" to keep it",
                self.served(table)
            )
        } else {
            return None;
        };
        Some(Problem::new("network.replace_default_route", message))
    }

    fn shows_nat(&self, id: &str) -> bool {
        self.network.nats.iter().any(|nat| nat.id == id)
    }

    fn served(&self, table: &NetworkTable) -> String {
        let served = self.network.served_by(table).map(|subnet| subnet.id.as_str());
        served.collect::<Vec<_>>().join(", ")
    }

    /// The public subnets in which NAT gateways can stand, by zone.
    fn public(&self, problems: &mut Vec<Problem>) -> BTreeMap<Zone, Vec<&'s NetworkSubnet>> {
        let mut by_zone: BTreeMap<Zone, Vec<&NetworkSubnet>> = BTreeMap::new();
        if self.plan.checked.spec.internet == Internet::None {
            return by_zone;
        }
        if self.network.gateway.is_none() {
            let message = format!("{} has no internet gateway: attach one first", self.network.id);
            problems.push(Problem::new("internet", message));
        }
        for subnet in self.select("network.public", &self.spec.public, problems) {
            let table = self.network.table_of(&subnet.id);
            let leads_out = |route: &NetworkRoute| route.active && route.is_public();
            if table.and_then(|table| table.route(INTERNET)).is_some_and(leads_out) {
                by_zone.entry(subnet.zone.clone()).or_default().push(subnet);
            } else {
                let message = format!(
                    "{} is not public: its route table does not lead {INTERNET} to an internet gateway",
                    subnet.id
                );
                problems.push(Problem::new("network.public", message));
            }
        }
        by_zone
    }

    fn nats(
        &self,
        islands: &[&NetworkSubnet],
        tables: &[Table],
        public: &BTreeMap<Zone, Vec<&NetworkSubnet>>,
        kept: &[Kept],
        problems: &mut Vec<Problem>,
    ) -> Vec<Nat> {
        let wanted: BTreeSet<Zone> = match self.plan.checked.spec.internet {
            Internet::None => BTreeSet::new(),
            Internet::One => {
                let zones: BTreeSet<&Zone> = islands.iter().map(|island| &island.zone).collect();
                let near = zones.iter().copied().filter(|zone| public.contains_key(*zone));
                let first = near.chain(public.keys());
                zones::one_zone(first, kept).into_iter().collect()
            }
            // A zone whose islands share the table of another's would pay for a gateway that nothing leads to.
            Internet::PerZone => tables.iter().map(|table| table.zone.clone()).collect(),
        };
        let mut nats = Vec::new();
        for zone in wanted {
            if public.is_empty() {
                // Why there is none has been told.
                continue;
            }
            let Some(subnets) = public.get(&zone) else {
                let message = format!(
                    "names no public subnet in {zone}, where an island is: name one, or say internet = \"one\""
                );
                problems.push(Problem::new("network.public", message));
                continue;
            };
            let noted: Vec<&str> = plan::noted_of_nat(kept, &zone).collect();
            let stays = subnets.iter().find(|subnet| noted.contains(&subnet.id.as_str()));
            if let Some(subnet) = stays.or_else(|| subnets.first()) {
                nats.push(Nat {
                    zone,
                    stands_in: Public::Existing(subnet.id.clone()),
                    address: None,
                });
            }
        }
        nats
    }
}

/// What a table leads to, each with where.
pub(super) fn routes(table: &NetworkTable) -> Vec<String> {
    let routes = table.routes.iter();
    routes.map(|route| format!("{} to {}", route.destination, route.target)).collect()
}
