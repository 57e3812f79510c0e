//! A network as it is, whoever made it: one look of eight calls, all at once.

use accel_core::backend::{
    Network, NetworkEndpoint, NetworkNat, NetworkRoute, NetworkSubnet, NetworkTable,
};
use accel_core::resource::Kind;
use accel_core::tags::{self, Tags};
use accel_core::{DeploymentId, ErrorKind, Result, Zone};
use aws_sdk_ec2::types::{
    InternetGateway, NatGateway, Route, RouteOrigin, RouteState, RouteTable, Subnet, Vpc,
    VpcAttributeName, VpcCidrBlockStateCode, VpcEndpoint,
};
use ipnet::Ipv4Net;

use crate::call::At;
use crate::family::{self, filter};
use crate::kind::{
    destination, is_endpoint_live, is_endpoint_ready, is_nat_ready, kind_of_endpoint, leads_to,
};
use crate::tags::from_ec2;

impl At<'_> {
    /// The network of that id, if it exists.
    pub(crate) async fn network_of(self, vpc: &str) -> Result<Option<Network>> {
        let within = || vec![filter("vpc-id", [vpc])];
        let attribute = |attribute| async move {
            match family::vpc_attribute(self, vpc, attribute).await {
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
                answer => answer,
            }
        };
        let (vpcs, support, hostnames, subnets, tables, gateways, endpoints, nats) = tokio::join!(
            Box::pin(family::vpcs(self, within())),
            Box::pin(attribute(VpcAttributeName::EnableDnsSupport)),
            Box::pin(attribute(VpcAttributeName::EnableDnsHostnames)),
            Box::pin(family::subnets(self, within())),
            Box::pin(family::tables(self, within())),
            Box::pin(family::gateways(self, vec![filter("attachment.vpc-id", [vpc])])),
            Box::pin(family::bare_endpoints(self, within())),
            Box::pin(family::nats(self, within())),
        );
        let Some(found) = vpcs?.into_iter().next() else { return Ok(None) };
        let gateways = gateways?;
        let gateway = gateways.first().and_then(InternetGateway::internet_gateway_id);
        Ok(Some(Network {
            place: self.place.clone(),
            id: vpc.to_owned(),
            blocks: blocks_of(&found),
            dns_support: support?,
            dns_hostnames: hostnames?,
            gateway: gateway.map(str::to_owned),
            subnets: by_id(subnets?.iter().filter_map(subnet), |it| &it.id),
            tables: by_id(tables?.iter().filter_map(table), |it| &it.id),
            endpoints: by_id(endpoints?.iter().filter_map(endpoint), |it| &it.id),
            nats: by_id(nats?.iter().filter_map(nat), |it| &it.id),
        }))
    }
}

fn by_id<T>(all: impl Iterator<Item = T>, id: impl Fn(&T) -> &String) -> Vec<T> {
    let mut all: Vec<T> = all.collect();
    all.sort_by(|a, b| id(a).cmp(id(b)));
    all
}

fn blocks_of(vpc: &Vpc) -> Vec<Ipv4Net> {
    let associated = vpc.cidr_block_association_set().iter().filter(|it| {
        let state = it.cidr_block_state().and_then(|state| state.state());
        state == Some(&VpcCidrBlockStateCode::Associated)
    });
    let mut blocks: Vec<Ipv4Net> =
        associated.filter_map(|it| it.cidr_block()?.parse().ok()).collect();
    blocks.extend(vpc.cidr_block().and_then(|block| block.parse::<Ipv4Net>().ok()));
    blocks.sort_unstable();
    blocks.dedup();
    blocks
}

/// Those that have a block at all: one for IPv6 only has none.
fn subnet(it: &Subnet) -> Option<NetworkSubnet> {
    Some(NetworkSubnet {
        id: it.subnet_id()?.to_owned(),
        zone: Zone::from(it.availability_zone()?),
        block: it.cidr_block()?.parse().ok()?,
        free: it.available_ip_address_count().and_then(|n| n.try_into().ok()).unwrap_or_default(),
        public_addresses: it.map_public_ip_on_launch().unwrap_or_default(),
        tags: from_ec2(it.tags()),
    })
}

fn table(it: &RouteTable) -> Option<NetworkTable> {
    let associations = it.associations();
    let mut subnets: Vec<String> =
        associations.iter().filter_map(|it| it.subnet_id().map(str::to_owned)).collect();
    subnets.sort();
    Some(NetworkTable {
        id: it.route_table_id()?.to_owned(),
        main: associations.iter().any(|it| it.main() == Some(true)),
        subnets,
        routes: it.routes().iter().filter_map(route).collect(),
        deployment: deployment(&from_ec2(it.tags())),
    })
}

/// A route that leads out of the network.
fn route(it: &Route) -> Option<NetworkRoute> {
    let target = leads_to(it);
    (target != "local").then_some(())?;
    let made = [RouteOrigin::CreateRoute, RouteOrigin::CreateRouteTable];
    Some(NetworkRoute {
        destination: destination(it)?.to_owned(),
        target: target.to_owned(),
        active: it.state() == Some(&RouteState::Active),
        propagated: it.origin().is_some_and(|origin| !made.contains(origin)),
    })
}

fn endpoint(it: &VpcEndpoint) -> Option<NetworkEndpoint> {
    is_endpoint_live(it).then_some(())?;
    let kind = kind_of_endpoint(it);
    let names = it.private_dns_enabled().unwrap_or_default();
    Some(NetworkEndpoint {
        id: it.vpc_endpoint_id()?.to_owned(),
        kind,
        service: it.service_name().unwrap_or_default().to_owned(),
        // A gateway changes where packets go, and no name.
        private_dns: kind == Kind::InterfaceEndpoint && names,
        subnets: sorted(it.subnet_ids()),
        tables: sorted(it.route_table_ids()),
        ready: is_endpoint_ready(it),
        deployment: deployment(&from_ec2(it.tags())),
    })
}

/// In whatever state it shows: a route to one that is going still says what was before.
fn nat(it: &NatGateway) -> Option<NetworkNat> {
    let tags = from_ec2(it.tags());
    let receipts = tags::receipts(&tags).map(|(place, was)| (place.to_owned(), was.to_owned()));
    Some(NetworkNat {
        id: it.nat_gateway_id()?.to_owned(),
        // One of all zones stands in none.
        subnet: it.subnet_id().unwrap_or_default().to_owned(),
        ready: is_nat_ready(it),
        deployment: deployment(&tags),
        receipts: receipts.collect(),
    })
}

fn sorted(ids: &[String]) -> Vec<String> {
    let mut ids = ids.to_vec();
    ids.sort();
    ids
}

fn deployment(tags: &Tags) -> Option<DeploymentId> {
    DeploymentId::parse(tags.get(tags::DEPLOYMENT)?).ok()
}
