//! Everything of a deployment in a place.
//!
//! Tags lead to everything of the EC2 API: one call names all that carries the deployment's tag, whatever it is. The load balancing API
//! finds nothing by tags; there the derived names lead, and the tags decide. From what was found, one call per family shows the rest:
//! tables, gateways, rules and listeners in our things, whoever has put them there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use accel_core::backend::{Found, Listing, Phase, Scope};
use accel_core::resource::Kind;
use accel_core::tags;
use accel_core::{DeploymentId, Place, RemoteId, Result};

use crate::call::At;
use crate::family::Endpoint;
use crate::gather::has_balancing;
use crate::kind::{self, destination_of, target_key, target_text};
use crate::tags::is_of;
use crate::view::View;

impl At<'_> {
    pub(crate) async fn list(self, scope: Scope<'_>) -> Result<Listing> {
        let changes = self.aws.changes.load(Ordering::Relaxed);
        let (network, balancing) =
            tokio::join!(Box::pin(self.network(scope)), Box::pin(self.balancing(scope)));
        let ((mut view, unknown), balancing) = (network?, balancing?);
        view.take(balancing);
        let found = show(&view, self.place, scope.deployment)?;
        self.remember(changes, view);
        Ok(Listing { found, unknown })
    }

    /// The ids that tags and derived names lead to. In the load balancing API a name is not proof, but the engine asks for no more.
    pub(crate) async fn glance(self, scope: Scope<'_>) -> Result<BTreeSet<String>> {
        let balancing = async {
            if has_balancing(scope) {
                self.named_alike(&tags::name_prefix(scope.deployment)).await
            } else {
                Ok(Default::default())
            }
        };
        let (tagged, balancing) = tokio::join!(self.tagged(scope.deployment), balancing);
        let (balancers, groups) = balancing?;
        let mut ids: BTreeSet<String> = tagged?.by_type.into_values().flatten().collect();
        ids.extend(balancers.into_iter().filter_map(|it| it.load_balancer_arn));
        ids.extend(groups.into_iter().filter_map(|it| it.target_group_arn));
        Ok(ids)
    }
}

/// The listing as it is put together, each thing once.
struct Sheet<'v> {
    view: &'v View,
    place: &'v Place,
    deployment: &'v DeploymentId,
    found: BTreeMap<RemoteId, Found>,
}

/// Puts a view together as a listing.
fn show(view: &View, place: &Place, deployment: &DeploymentId) -> Result<Vec<Found>> {
    let mut sheet = Sheet { view, place, deployment, found: BTreeMap::new() };
    sheet.tagged(Kind::Vpc, view.vpcs.all().map(|(id, _)| id))?;
    sheet.tagged(Kind::Subnet, view.subnets.all().map(|(id, _)| id))?;
    sheet.tagged(Kind::InternetGateway, view.gateways.all().map(|(id, _)| id))?;
    sheet.tagged(Kind::RouteTable, view.tables.all().map(|(id, _)| id))?;
    sheet.tagged(Kind::SecurityGroup, view.groups.all().map(|(id, _)| id))?;
    for kind in [Kind::InterfaceEndpoint, Kind::GatewayEndpoint] {
        let of_kind = |it: &&(&str, &Endpoint)| kind::kind_of_endpoint(&it.1.endpoint) == kind;
        let endpoints: Vec<_> = view.endpoints.all().collect();
        sheet.tagged(kind, endpoints.iter().filter(of_kind).map(|(id, _)| *id))?;
    }
    sheet.tagged(Kind::NatGateway, view.nats.all().map(|(id, _)| id))?;
    sheet.tagged(Kind::ElasticIp, view.addresses.all().map(|(id, _)| id))?;
    sheet.tagged(Kind::LoadBalancer, view.balancers.all().map(|(id, _)| id))?;
    sheet.tagged(Kind::TargetGroup, view.target_groups.all().map(|(id, _)| id))?;
    sheet.peerings()?;
    sheet.children()?;
    Ok(sheet.found.into_values().filter(|found| found.phase != Phase::Gone).collect())
}

impl Sheet<'_> {
    fn is_listed(&self, kind: Kind, text: &str) -> bool {
        self.found.contains_key(&kind::id(kind, self.place, text))
    }

    fn put(&mut self, id: RemoteId, wanted: impl Fn(&Found) -> bool) -> Result<()> {
        if let Some(shown) = kind::show(self.view, &id)? {
            let found = shown.found(id);
            if wanted(&found) {
                self.found.insert(found.id.clone(), found);
            }
        }
        Ok(())
    }

    /// What carries the deployment's tags.
    fn tagged<'t>(&mut self, kind: Kind, texts: impl Iterator<Item = &'t str>) -> Result<()> {
        let deployment = self.deployment;
        for text in texts {
            let id = kind::id(kind, self.place, text);
            self.put(id, |found| is_of(&found.tags, deployment))?;
        }
        Ok(())
    }

    /// Each connection on the side on which it is: the requester's VPC is in the requester's place.
    fn peerings(&mut self) -> Result<()> {
        let view = self.view;
        for (text, peering) in view.peerings.all() {
            let (asks, asked) = (peering.requester_vpc_info(), peering.accepter_vpc_info());
            let region = |end: Option<&aws_sdk_ec2::types::VpcPeeringConnectionVpcInfo>| {
                end.and_then(|end| end.region()).unwrap_or_default().to_owned()
            };
            let ours = |end: Option<&aws_sdk_ec2::types::VpcPeeringConnectionVpcInfo>| {
                let vpc = end.and_then(|end| end.vpc_id()).unwrap_or_default();
                self.is_listed(Kind::Vpc, vpc)
            };
            let tags = crate::tags::from_ec2(peering.tags());
            let tagged_here = is_of(&tags, self.deployment);
            let here = self.place.region.as_str();
            let asking =
                region(asks) == here && (region(asked) != here || ours(asks) || !ours(asked));
            if asking && (tagged_here || ours(asks)) {
                let id = kind::id(Kind::PeeringConnection, self.place, text);
                self.put(id, |found| is_of(&found.tags, self.deployment))?;
            } else if region(asked) == here
                && (tagged_here || ours(asked))
                && let Some(found) = kind::other_side(peering, self.place)
            {
                self.found.insert(found.id.clone(), found);
            }
        }
        Ok(())
    }

    /// What lies in our things: ours, or put there by somebody; never another deployment's own.
    fn children(&mut self) -> Result<()> {
        let (view, place, deployment) = (self.view, self.place, self.deployment);
        let is_strange = |found: &Found| {
            found.tags.get(tags::DEPLOYMENT).is_some_and(|name| name != deployment.as_str())
        };
        for (text, rule) in view.rules.all() {
            if self.is_listed(Kind::SecurityGroup, rule.group_id().unwrap_or_default())
                || is_of(&crate::tags::from_ec2(rule.tags()), deployment)
            {
                let id = kind::id(Kind::SecurityGroupRule, place, text);
                self.put(id, |found| !is_strange(found))?;
            }
        }
        for (gateway, it) in view.gateways.all() {
            for vpc in it.attachments().iter().filter_map(|it| it.vpc_id()) {
                if self.is_listed(Kind::InternetGateway, gateway) || self.is_listed(Kind::Vpc, vpc)
                {
                    let text = format!("{gateway}/{vpc}");
                    self.put(kind::id(Kind::GatewayAttachment, place, &text), |_| true)?;
                }
            }
        }
        self.tables_children()?;
        self.endpoints_children()?;
        self.balancers_children(&is_strange)
    }

    fn tables_children(&mut self) -> Result<()> {
        let (view, place) = (self.view, self.place);
        for (text, it) in view.associations.all() {
            let ours = self.is_listed(Kind::RouteTable, it.route_table_id().unwrap_or_default())
                || self.is_listed(Kind::Subnet, it.subnet_id().unwrap_or_default());
            if ours && it.main() != Some(true) {
                self.put(kind::id(Kind::RouteTableAssociation, place, text), |_| true)?;
            }
        }
        for (table, it) in view.tables.all() {
            for route in it.routes() {
                let Some(destination) = destination_of(route) else { continue };
                let peering = route.vpc_peering_connection_id().unwrap_or_default();
                let ours = self.is_listed(Kind::RouteTable, table)
                    || self
                        .is_listed(Kind::InternetGateway, route.gateway_id().unwrap_or_default())
                    || self.is_listed(Kind::PeeringConnection, peering)
                    || self.is_listed(Kind::PeeringTags, peering)
                    || self.is_listed(Kind::NatGateway, route.nat_gateway_id().unwrap_or_default());
                if ours {
                    let id = self.route_id(table, destination, route.nat_gateway_id());
                    self.put(id, |_| true)?;
                }
            }
        }
        Ok(())
    }

    /// Whether a route through a NAT gateway of ours has taken the place of another, a receipt on the gateway says.
    fn route_id(&self, table: &str, destination: &str, nat: Option<&str>) -> RemoteId {
        let text = kind::route_text(table, destination, nat);
        let shown =
            nat.and_then(|nat| self.found.get(&kind::id(Kind::NatGateway, self.place, nat)));
        let stands = tags::receipt_place(table, Some(destination));
        let receipt = shown.and_then(|nat| {
            tags::receipts(&nat.tags).find(|(place, _)| *place == stands).map(|(_, was)| was)
        });
        match receipt {
            Some(was) if was != tags::NOTHING_BEFORE => {
                let text = kind::replacement_text(&text, was);
                kind::id(Kind::RouteReplacement, self.place, &text)
            }
            Some(_) | None => kind::id(Kind::Route, self.place, &text),
        }
    }

    /// The tables of our gateway endpoints, and whatever endpoints our tables lead to.
    fn endpoints_children(&mut self) -> Result<()> {
        let (view, place) = (self.view, self.place);
        let mut pairs: BTreeSet<(&str, &str)> = BTreeSet::new();
        for (endpoint, it) in view.endpoints.all() {
            if self.is_listed(Kind::GatewayEndpoint, endpoint) {
                let tables = it.endpoint.route_table_ids().iter();
                pairs.extend(tables.map(|table| (endpoint, table.as_str())));
            }
        }
        for (table, it) in view.tables.all() {
            if self.is_listed(Kind::RouteTable, table) {
                let endpoints = it.routes().iter().filter_map(kind::endpoint_of);
                pairs.extend(endpoints.map(|endpoint| (endpoint, table)));
            }
        }
        for (endpoint, table) in pairs {
            let text = kind::endpoint_table_text(endpoint, table);
            self.put(kind::id(Kind::EndpointTable, place, &text), |_| true)?;
        }
        Ok(())
    }

    fn balancers_children(&mut self, is_strange: &impl Fn(&Found) -> bool) -> Result<()> {
        let (view, place) = (self.view, self.place);
        for (text, _) in view.listeners.all() {
            let id = kind::id(Kind::Listener, place, text);
            let Some(shown) = kind::show(view, &id)? else { continue };
            let ours = shown.refs.iter().any(|id| self.is_listed(id.kind, id.as_str()));
            if ours || is_of(&shown.tags, self.deployment) {
                self.put(id, |found| !is_strange(found))?;
            }
        }
        for (group, targets) in view.targets.all() {
            if !self.is_listed(Kind::TargetGroup, group) {
                continue;
            }
            for key in targets.iter().filter_map(|it| it.target().and_then(target_key)) {
                let id = kind::id(Kind::Target, place, &target_text(group, &key));
                self.put(id, |_| true)?;
            }
        }
        Ok(())
    }
}
