//! Promises about NAT gateways.

use accel_core::backend::Phase;
use accel_core::resource::{Attributes, Kind, NatGateway};
use accel_core::{NodeId, RemoteId};
use tokio::time::{Duration, Instant};

use super::{Stop, Verdict, ensure, ensure_eq, holds, in_the_way};
use crate::lab::{Lab, listed};

/// What is accepted may be given up later: that is told with the reason, wherever one looks, and is no answer to "is it there?".
async fn fails_with(lab: &Lab<'_>, id: &RemoteId, node: NodeId, code: &str) -> Verdict {
    let limit = Kind::NatGateway.facts().ready.map_or(0, |times| times.limit_secs);
    let deadline = Instant::now() + Duration::from_secs(limit.into());
    let why = loop {
        let phase = lab.phase(id).await?;
        if let Phase::Failed { why } = phase {
            break why;
        }
        ensure!(Instant::now() < deadline, "{id} is {phase:?}, not failed");
        lab.pause().await;
    };
    ensure!(why.contains(code), "it failed with {why:?}, not with {code}");
    lab.settle().await;
    let list = lab.list(&id.place).await?;
    let shown = listed(&list, id).map(|found| found.phase.clone());
    ensure_eq!(shown, Some(Phase::Failed { why }), "what a list says of it");
    ensure_eq!(lab.find(&lab.asked(node)).await?, None, "a failed one is found");
    Ok(())
}

/// Source: `NatGateway`, `FailureCode`.
pub(super) async fn without_an_internet_gateway_fails_with_its_code(lab: &mut Lab<'_>) -> Verdict {
    let place = lab.subject.entry.place.clone();
    let subnet = lab.lane.entry.subnets[0].clone();
    let address = lab.lane.island.address.clone();
    // Without the `after` edge the lab makes no gateway.
    let node = lab.add("without.a.gateway", &place, NatGateway { subnet, address });
    lab.make_needs(node).await?;
    lab.settle().await;
    let id = lab.make(node).await?;
    fails_with(lab, &id, node, "Gateway.NotAttached").await
}

/// An address serves one; whether that shows at once or later. Source: `NatGateway`, `FailureCode`.
pub(super) async fn conflicts_with_another_holder_of_its_address(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::NatGateway).await?;
    let place = lab.subject.entry.place.clone();
    let subnet = lab.lane.entry.subnets[1].clone();
    let address = lab.lane.island.address.clone();
    let node = lab.add("second", &place, NatGateway { subnet, address });
    lab.make_needs(node).await?;
    lab.settle().await;
    let asked = lab.asked(node);
    match lab.create_once(&asked).await {
        Err(error) => in_the_way(&error),
        Ok(id) => {
            lab.bind(node, &id);
            fails_with(lab, &id, node, "Resource.AlreadyAssociated").await
        }
    }
}

/// The connections of what is behind it come from there.
pub(super) async fn has_the_address_of_its_elastic_ip(lab: &mut Lab<'_>) -> Verdict {
    let id = lab.make_ready(Kind::NatGateway).await?;
    let Attributes::NatGateway(nat) = lab.until_ready(&id).await?.attributes else {
        return Err(Stop::Failed("a NAT gateway has other attributes".to_owned()));
    };
    let address = lab.lane.island.address.clone();
    let address = lab.id(&address);
    let Attributes::ElasticIp(it) = lab.until_ready(&address).await?.attributes else {
        return Err(Stop::Failed("an elastic IP has other attributes".to_owned()));
    };
    ensure_eq!(nat.address, it.address, "the address of {id}");
    Ok(())
}

/// A cloud shows it for an hour after its end, with its tags: that is a trace.
pub(super) async fn that_is_deleted_is_gone_though_it_lingers(lab: &mut Lab<'_>) -> Verdict {
    let id = lab.make_ready(Kind::NatGateway).await?;
    lab.remove(&id).await?;
    lab.settle().await;
    ensure_eq!(lab.phase(&id).await?, Phase::Gone, "a deleted one");
    let list = lab.list(&id.place).await?;
    ensure_eq!(listed(&list, &id), None, "a deleted one is listed");
    ensure_eq!(lab.find(&lab.asked(Kind::NatGateway)).await?, None, "a deleted one is found");
    lab.backend().delete(&id).await?;
    Ok(())
}

/// Its interface lies in the subnet, with a public address.
pub(super) async fn holds_its_subnet_and_the_way_to_the_internet(lab: &mut Lab<'_>) -> Verdict {
    let nat = lab.make_ready(Kind::NatGateway).await?;
    holds(lab, Kind::Subnet, &nat).await?;
    holds(lab, Kind::GatewayAttachment, &nat).await?;
    lab.remove(&nat).await?;
    lab.settle().await;
    for kind in [Kind::Subnet, Kind::GatewayAttachment] {
        let id = lab.id(kind);
        lab.backend().delete(&id).await?;
    }
    Ok(())
}

/// Deleting it leaves the route, without effect, where it is. Source: `DeleteNatGateway`.
pub(super) async fn leaves_the_routes_that_lead_to_it(lab: &mut Lab<'_>) -> Verdict {
    let route = lab.lane.island.route.clone();
    let route = lab.make_ready(&route).await?;
    let nat = lab.id(Kind::NatGateway);
    lab.remove(&nat).await?;
    lab.settle().await;
    let phase = lab.phase(&route).await?;
    ensure!(phase != Phase::Gone, "the route went with the NAT gateway");
    let list = lab.list(&route.place).await?;
    ensure!(listed(&list, &route).is_some(), "the dead route is not listed");
    lab.remove(&route).await
}
