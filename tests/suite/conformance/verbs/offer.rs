//! What the cloud offers for planning. What cannot be asked is listed as not checked, never an error.

use accel_core::backend::{Network, Offer, OfferQuery};
use accel_core::resource::Kind;
use accel_core::{Place, Side};

use super::{ensure, ensure_eq};
use crate::conformance::{Stop, Verdict};
use crate::lab::Lab;
use crate::samples::net;

async fn offer(lab: &Lab<'_>, services: &[&str]) -> Result<Offer, Stop> {
    let place = &lab.subject.service.place;
    let query = OfferQuery {
        places: vec![place.clone(), lab.subject.entry.place.clone()],
        zones: vec![place.clone(), lab.subject.entry.place.clone()],
        services: services.iter().map(|name| (place.clone(), (*name).to_owned())).collect(),
        networks: Vec::new(),
        room: vec![(lab.subject.entry.place.clone(), Kind::Vpc)],
    };
    Ok(lab.backend().offer(&query).await?)
}

/// The subject's own zones are among them.
pub(crate) async fn names_the_zones_of_each_place(lab: &mut Lab<'_>) -> Verdict {
    let offer = offer(lab, &[]).await?;
    for site in [&lab.subject.service, &lab.subject.entry] {
        let zones = offer.zones_in(&site.place);
        for zone in &site.zones {
            ensure!(zones.contains(zone), "{zone} is none of {zones:?}");
        }
    }
    Ok(())
}

/// By either name it is the same service, and `asked` says which name was used.
pub(crate) async fn finds_a_service_by_its_short_and_its_full_name(lab: &mut Lab<'_>) -> Verdict {
    let (short, full) = (lab.subject.endpoint_service.clone(), lab.lane.service_name.clone());
    let offer = offer(lab, &[&short, &full]).await?;
    for name in [&short, &full] {
        let Some(service) = offer.service(name) else {
            return Err(Stop::Failed(format!("{name} is not offered")));
        };
        ensure_eq!(service.full_name, full, "the full name of {name}");
        ensure_eq!(service.place, lab.subject.service.place, "the place of {name}");
        ensure!(!service.hosts.is_empty(), "{name} has no host name");
        for zone in &lab.subject.service.zones {
            ensure!(service.zones.contains(zone), "{name} is not offered in {zone}");
        }
    }
    Ok(())
}

/// The zones of a service are those in which it can have an endpoint.
pub(crate) async fn leaves_out_zones_that_lack_the_service(lab: &mut Lab<'_>) -> Verdict {
    let Some(barred) = &lab.subject.barred_zone else {
        return Err(Stop::Skipped("the subject names no zone without the service".to_owned()));
    };
    let name = &lab.subject.endpoint_service;
    let offer = offer(lab, &[name]).await?;
    let zones = offer.service(name).map(|service| service.zones.as_slice()).unwrap_or_default();
    ensure!(!zones.contains(barred), "{name} is offered in {barred}");
    Ok(())
}

/// A name that nobody knows is absent; the others are answered.
pub(crate) async fn leaves_out_an_unknown_service(lab: &mut Lab<'_>) -> Verdict {
    let known = lab.subject.endpoint_service.clone();
    let offer = offer(lab, &["no.such.service", &known]).await?;
    ensure_eq!(offer.service("no.such.service"), None, "an unknown service is offered");
    ensure!(offer.service(&known).is_some(), "{known} is not offered beside an unknown name");
    Ok(())
}

/// Who pays is known before the first call, on both sides.
pub(crate) async fn says_who_calls_on_each_side(lab: &mut Lab<'_>) -> Verdict {
    let offer = offer(lab, &[]).await?;
    for side in [Side::Service, Side::Entry] {
        let caller = offer.caller(side);
        let known = caller.is_some_and(|it| {
            !it.account.as_str().is_empty() && !it.partition.is_empty() && !it.identity.is_empty()
        });
        ensure!(known, "the caller of the {side} side is {caller:?}");
    }
    Ok(())
}

/// A plan that does not fit is refused before it starts: use never exceeds the limit, and what exists is counted.
pub(crate) async fn counts_what_is_used_of_each_quota(lab: &mut Lab<'_>) -> Verdict {
    let place = lab.subject.entry.place.clone();
    let vpcs = |offer: &Offer, place: &Place| {
        offer.quotas.iter().find(|it| it.kind == Kind::Vpc && it.place == *place).cloned()
    };
    let before = offer(lab, &[]).await?;
    let Some(before) = vpcs(&before, &place) else {
        ensure!(!before.not_checked.is_empty(), "no quota of VPCs, and nobody says why");
        return Ok(());
    };
    lab.make_ready(Kind::Vpc).await?;
    lab.settle().await;
    let after = vpcs(&offer(lab, &[]).await?, &place);
    ensure_eq!(after.as_ref().map(|it| it.used), Some(before.used + 1), "VPCs in use");
    ensure_eq!(after.map(|it| it.limit), Some(before.limit), "the limit of VPCs");
    Ok(())
}

/// Which services can be reached by a route alone.
pub(crate) async fn says_which_services_can_have_gateway_endpoints(lab: &mut Lab<'_>) -> Verdict {
    let other = lab.subject.endpoint_service.clone();
    let offer = offer(lab, &["s3", "dynamodb", &other]).await?;
    for (name, can) in [("s3", true), ("dynamodb", true), (other.as_str(), false)] {
        let says = offer.service(name).map(|service| service.gateway);
        ensure_eq!(says, Some(can), "whether {name} can have a gateway endpoint");
    }
    Ok(())
}

async fn network(lab: &Lab<'_>, id: &str) -> Result<Option<Network>, Stop> {
    let place = lab.subject.entry.place.clone();
    let networks = vec![(place.clone(), id.to_owned())];
    let query = OfferQuery { places: vec![place], networks, ..OfferQuery::default() };
    let offer = lab.backend().offer(&query).await?;
    Ok(offer.network(id).cloned())
}

/// Somebody else's network or ours: every part, and how it hangs together.
pub(crate) async fn shows_what_a_network_holds(lab: &mut Lab<'_>) -> Verdict {
    for kind in
        [Kind::RouteReplacement, Kind::EndpointTable, Kind::RouteTableAssociation, Kind::Route]
    {
        lab.make_ready(kind).await?;
    }
    let vpc = lab.id(Kind::Vpc);
    lab.settle().await;
    let Some(network) = network(lab, vpc.as_str()).await? else {
        return Err(Stop::Failed(format!("{vpc} is not shown")));
    };
    let id = |kind: Kind| lab.id(kind).as_str().to_owned();
    ensure_eq!(network.blocks, vec![net("10.2.0.0/16")], "its blocks");
    ensure!(network.dns_support && !network.dns_hostnames, "its DNS is {network:?}");
    ensure_eq!(network.gateway, Some(id(Kind::InternetGateway)), "its gateway");
    let subnet = network.subnet(&id(Kind::Subnet));
    let shown = subnet.map(|it| (&it.zone, it.block, it.public_addresses));
    let zone = &lab.subject.entry.zones[0];
    ensure_eq!(shown, Some((zone, net("10.2.0.0/20"), false)), "its subnet");
    let free = subnet.map_or(0, |it| it.free);
    ensure!((4000..4091).contains(&free), "{free} addresses are free beside a NAT gateway's");
    let Some(table) = network.own_table(&id(Kind::Subnet)) else {
        return Err(Stop::Failed("the subnet has no table".to_owned()));
    };
    ensure_eq!(table.deployment.as_ref(), Some(&lab.deployment), "whose the table is");
    let target = |to: &str| table.route(to).map(|it| (it.target.clone(), it.active));
    let out = target("0.0.0.0/0");
    ensure_eq!(out, Some((id(Kind::InternetGateway), true)), "the default route");
    let taken = target("198.51.100.0/24");
    ensure_eq!(taken, Some((id(Kind::NatGateway), true)), "the replaced route");
    let endpoint = id(Kind::GatewayEndpoint);
    let listed = table.routes.iter().find(|it| it.target == endpoint);
    let listed = listed.map(|it| it.destination.as_str());
    ensure!(listed.is_some_and(|to| to.starts_with("pl-")), "the route to {endpoint}: {listed:?}");
    let local = table.routes.iter().find(|it| it.target == "local");
    ensure_eq!(local, None, "the network itself is a route");
    holds_gates(lab, &network)
}

fn holds_gates(lab: &Lab<'_>, network: &Network) -> Verdict {
    let id = |kind: Kind| lab.id(kind).as_str().to_owned();
    let endpoints: Vec<_> = network.endpoints.iter().map(|it| (&it.id, it.kind)).collect();
    ensure_eq!(endpoints, [(&id(Kind::GatewayEndpoint), Kind::GatewayEndpoint)], "its endpoints");
    let endpoint = &network.endpoints[0];
    ensure_eq!(endpoint.tables, vec![id(Kind::RouteTable)], "the endpoint's tables");
    ensure!(endpoint.ready && !endpoint.private_dns, "the endpoint is {endpoint:?}");
    let nats: Vec<_> = network.nats.iter().map(|it| (&it.id, &it.subnet, it.ready)).collect();
    ensure_eq!(nats, [(&id(Kind::NatGateway), &id(Kind::Subnet), true)], "its NAT gateways");
    let place = format!("{}/198.51.100.0/24", id(Kind::RouteTable));
    let was = network.nats[0].receipts.get(&place);
    ensure_eq!(was, Some(&id(Kind::InternetGateway)), "the receipt for {place}");
    Ok(())
}

/// What nobody has, or has no more, is no error; and in what is there, what is on its way out is left out. A NAT gateway may show for as
/// long as the cloud tells of it, and is not ready then: what its receipts say is still needed.
pub(crate) async fn leaves_out_what_is_gone_of_networks(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::NatGateway).await?;
    lab.make_ready(Kind::GatewayEndpoint).await?;
    for kind in [Kind::NatGateway, Kind::GatewayEndpoint] {
        let id = lab.id(kind);
        lab.remove(&id).await?;
    }
    lab.settle().await;
    let vpc = lab.id(Kind::Vpc);
    let Some(there) = network(lab, vpc.as_str()).await? else {
        return Err(Stop::Failed(format!("{vpc} is not shown")));
    };
    ensure!(there.endpoints.is_empty(), "what is gone shows: {there:?}");
    ensure!(!there.nats.iter().any(|nat| nat.ready), "what is gone is ready: {there:?}");
    lab.clear().await?;
    lab.settle().await;
    ensure_eq!(network(lab, vpc.as_str()).await?, None, "a network that is gone");
    Ok(())
}

/// What is not asked for is no error.
pub(crate) async fn answers_an_empty_query(lab: &mut Lab<'_>) -> Verdict {
    let offer = lab.backend().offer(&OfferQuery::default()).await?;
    ensure!(offer.services.is_empty(), "nobody asked for {:?}", offer.services);
    Ok(())
}
