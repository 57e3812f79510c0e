//! Somebody else's network, and what of ours stands in it: another deployment plays the host.

use accel_core::backend::Found;
use accel_core::resource::{
    Api, ExtraTags, Kind, NatGateway, Route, RouteTable, RouteTableAssociation, Via,
};
use accel_core::{NodeId, Ref, RemoteId, tags};
use ipnet::Ipv4Net;

use super::{Stop, Verdict};
use crate::lab::{Lab, listed};
use crate::samples::{net, node_of};

/// The host's block that the tests route.
pub(super) fn destination() -> Ipv4Net {
    net("198.51.100.0/24")
}

/// Another deployment, whose network has a way to the internet: a subnet, a table, a gateway.
pub(super) async fn host<'s>(lab: &Lab<'s>) -> Result<Lab<'s>, Stop> {
    let mut host = lab.neighbour(&format!("{}-n", lab.deployment)).await?;
    let ready = async {
        host.make_ready(Kind::GatewayAttachment).await?;
        host.make_ready(Kind::Subnet).await?;
        host.make_ready(Kind::RouteTable).await
    };
    match ready.await {
        Ok(_) => Ok(host),
        Err(stop) => {
            host.clear().await?;
            Err(stop)
        }
    }
}

/// Ends a test in a network of somebody else's: first ours goes, then theirs.
pub(super) async fn leave(lab: &mut Lab<'_>, mut host: Lab<'_>, verdict: Verdict) -> Verdict {
    let ours = lab.clear().await;
    let theirs = host.clear().await;
    verdict.and(ours).and(theirs)
}

/// A NAT gateway of ours in the host's subnet. It has a receipt for a route of the host's table, if one is taken over.
pub(super) async fn nat_in(
    lab: &mut Lab<'_>,
    host: &Lab<'_>,
    taken_over: Option<&RemoteId>,
) -> Result<Ref<NatGateway>, Stop> {
    let place = lab.subject.entry.place.clone();
    let subnet = Ref::existing(host.id(Kind::Subnet));
    let nat = NatGateway { subnet, address: lab.lane.island.address.clone() };
    let nat = lab.lane.graph.add("nat", &place, nat);
    if let Some(was) = taken_over {
        let table = host.id(Kind::RouteTable);
        let place_of = destination().to_string();
        let receipt = tags::receipt(table.as_str(), Some(&place_of), Some(was.as_str()));
        let receipt =
            ExtraTags { members: vec![nat.any()], tags: [receipt].into(), api: Api::Network };
        lab.add("receipt", &place, receipt);
    }
    host.settle().await;
    lab.make_ready(node_of(&nat)).await?;
    lab.settle().await;
    Ok(nat)
}

/// A route of the host's, in its table, through its gateway.
pub(super) async fn route_of(host: &mut Lab<'_>) -> Result<(NodeId, RemoteId), Stop> {
    let via = Via::Gateway(host.lane.at_entry.gateway.clone());
    let table = host.lane.entry.table.clone();
    let place = host.subject.entry.place.clone();
    let node = host.add("host.route", &place, Route { table, destination: destination(), via });
    let id = host.make_ready(node).await?;
    host.settle().await;
    Ok((node, id))
}

/// Leads the host's destination somewhere else: to the host's peering connection.
pub(super) async fn point_elsewhere(host: &mut Lab<'_>, now: &RemoteId) -> Result<NodeId, Stop> {
    host.make_ready(Kind::PeeringAcceptance).await?;
    host.settle().await;
    host.backend().delete(now).await?;
    let via = Via::Peering(host.lane.joint.peering.clone());
    let table = host.lane.entry.table.clone();
    let place = host.subject.entry.place.clone();
    let node = host.add("elsewhere", &place, Route { table, destination: destination(), via });
    host.make_ready(node).await?;
    host.settle().await;
    Ok(node)
}

/// What a listing of ours shows of something, and whether it names what it refers to.
pub(super) async fn shown(lab: &Lab<'_>, id: &RemoteId, refs: &[&RemoteId]) -> Result<Found, Stop> {
    let list = lab.list(&id.place).await?;
    let found = listed(&list, id);
    let found = found.ok_or_else(|| Stop::Failed(format!("{} {id} is not listed", id.kind)))?;
    for wanted in refs {
        let named = found.refs.iter().any(|it| it.same(wanted));
        super::ensure!(named, "{id} shows {:?}, not {wanted}", found.refs);
    }
    Ok(found.clone())
}

/// An association of a table of ours with the host's subnet.
pub(super) fn association(lab: &mut Lab<'_>, host: &Lab<'_>) -> NodeId {
    let place = lab.subject.entry.place.clone();
    let vpc = Ref::existing(host.id(Kind::Vpc));
    let table = lab.lane.graph.add("table", &place, RouteTable { vpc });
    let subnet = Ref::existing(host.id(Kind::Subnet));
    lab.add("association", &place, RouteTableAssociation { table, subnet })
}
