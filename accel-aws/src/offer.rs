//! What AWS offers for planning.

use std::collections::BTreeSet;

use accel_core::backend::{Caller, Guard, Offer, OfferQuery, Quota, ServiceOffer};
use accel_core::resource::Kind;
use accel_core::{AccountId, Error, ErrorKind, Place, Result, Side, Zone};
use aws_sdk_ec2::types::{InternetGatewayBlockMode, ServiceDetail, ServiceType};
use futures_util::future::join_all;

use crate::aws::Aws;
use crate::call::At;
use crate::family::{self, filter};
use crate::kind::is_endpoint_live;

/// The quotas of the service `vpc` that are of a whole region: that of NAT gateways is of a zone. Source: Amazon VPC quotas; Service
/// Quotas, quota codes.
const VPC_QUOTAS: [(Kind, &str); 3] = [
    (Kind::Vpc, "L-F678F1CE"),
    (Kind::InternetGateway, "L-A4707A72"),
    (Kind::GatewayEndpoint, "L-1B52E74A"),
];
/// EC2-VPC elastic IPs, of the service `ec2`. Source: Service Quotas, quota codes.
const ADDRESS_QUOTA: &str = "L-0263D0A3";
/// Source: `DescribeAccountLimits`, names of limits.
const BALANCER_LIMITS: [(Kind, &str); 2] =
    [(Kind::LoadBalancer, "network-load-balancers"), (Kind::TargetGroup, "target-groups")];

impl Aws {
    /// Without callers, zones and services there is nothing to plan with: what keeps them from being asked is an error, which time or a
    /// person mends. Limits and guard rails that may not be asked are a warning.
    pub(crate) async fn offer_of(&self, query: &OfferQuery) -> Result<Offer> {
        let endpoints: Vec<String> = self.endpoints().into_iter().collect();
        let endpoint = (!endpoints.is_empty()).then(|| endpoints.join(", "));
        let mut found = Offer { endpoint, ..Offer::default() };
        let sides: BTreeSet<Side> = query.places.iter().map(|place| place.side).collect();
        let (callers, zones, services, networks, room) = tokio::join!(
            self.callers(&sides, &query.places),
            join_all(query.zones.iter().map(|place| self.at(place).zones())),
            join_all(query.places.iter().map(|place| self.services(place, query))),
            join_all(query.networks.iter().map(|(place, id)| self.at(place).network_of(id))),
            Box::pin(self.room(query)),
        );
        for (side, caller) in sides.into_iter().zip(callers) {
            found.callers.push((side, caller?));
        }
        for (place, zones) in query.zones.iter().zip(zones) {
            match zones {
                Err(error) if is_closed(&error) => found.closed_regions.push(place.region.clone()),
                zones => found.zones.push((place.clone(), zones?)),
            }
        }
        for (place, services) in query.places.iter().zip(services) {
            match services {
                Err(error) if is_closed(&error) => found.closed_regions.push(place.region.clone()),
                services => found.services.extend(services?),
            }
        }
        for ((place, _), network) in query.networks.iter().zip(networks) {
            match network {
                Err(error) if is_closed(&error) => found.closed_regions.push(place.region.clone()),
                network => found.networks.extend(network?),
            }
        }
        let room = room?;
        found.quotas = room.quotas;
        found.guards = room.guards;
        found.not_checked = room.not_checked;
        Ok(found)
    }

    /// Who calls on each side; one account for both sides is asked for once.
    async fn callers(&self, sides: &BTreeSet<Side>, places: &[Place]) -> Vec<Result<Caller>> {
        let own = |side: Side| places.iter().find(move |place| self.same_account(place.side, side));
        let asked: BTreeSet<&Place> = sides.iter().filter_map(|side| own(*side)).collect();
        let answers = join_all(asked.iter().map(|place| self.identity(self.at(place)))).await;
        let of = |side: &Side| {
            let place = own(*side).expect("a side is of some place");
            let position = asked.iter().position(|asked| *asked == place);
            answers[position.expect("it was asked")].clone()
        };
        sides.iter().map(of).collect()
    }

    async fn identity(&self, at: At<'_>) -> Result<Caller> {
        let answer = at.apis().sts.get_caller_identity().send().await;
        let answer = at.looked("GetCallerIdentity", answer)?;
        let identity = answer.arn().unwrap_or_default().to_owned();
        let account = answer.account().unwrap_or_default();
        let partition = identity.split(':').nth(1).unwrap_or("aws").to_owned();
        Ok(Caller { account: AccountId::from(account), partition, identity })
    }

    async fn services(&self, place: &Place, query: &OfferQuery) -> Result<Vec<ServiceOffer>> {
        let asked: Vec<&str> = query
            .services
            .iter()
            .filter(|(p, _)| p == place)
            .map(|(_, name)| name.as_str())
            .collect();
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let names: BTreeSet<String> =
            asked.iter().flat_map(|asked| possible_names(place, asked)).collect();
        let details = self.at(place).service_details(&names).await?;
        Ok(asked.iter().filter_map(|asked| service_offer(place, asked, &details)).collect())
    }
}

/// What a caller whose region is not enabled is told. Source: Error codes for the Amazon EC2 API, `OptInRequired`, `AuthFailure`.
fn is_closed(error: &Error) -> bool {
    matches!(error.provider_code(), Some("OptInRequired"))
}

/// The full names that a short name may stand for. A filter tells which of them exist: in the partition `aws-cn` some have the prefix
/// and some have not. Source: AWS services that integrate with AWS PrivateLink; endpoints in China.
fn possible_names(place: &Place, asked: &str) -> Vec<String> {
    let region = &place.region;
    vec![
        asked.to_owned(),
        format!("com.amazonaws.{region}.{asked}"),
        format!("cn.com.amazonaws.{region}.{asked}"),
        format!("aws.{}.{region}.{}", first_label(asked), rest(asked)),
    ]
}

fn first_label(asked: &str) -> &str {
    asked.split_once('.').map_or(asked, |(first, _)| first)
}

fn rest(asked: &str) -> &str {
    asked.split_once('.').map_or("", |(_, rest)| rest)
}

/// One service, or two of one name: S3 and `DynamoDB` have one for gateways and one for interfaces.
fn service_offer(place: &Place, asked: &str, details: &[ServiceDetail]) -> Option<ServiceOffer> {
    let names = possible_names(place, asked);
    let is_named =
        |detail: &&ServiceDetail, name: &String| detail.service_name() == Some(name.as_str());
    let name = names.iter().find(|name| details.iter().any(|it| is_named(&it, name)))?;
    let mut of_name = details.iter().filter(|it| is_named(it, name));
    let interface = of_name.clone().find(|it| !is_gateway(it));
    let gateway = of_name.find(|it| is_gateway(it));
    let found = interface.or(gateway)?;
    // A gateway is in no zone.
    let zones = interface.map(ServiceDetail::availability_zones).unwrap_or_default();
    let mut hosts: BTreeSet<String> = found
        .private_dns_names()
        .iter()
        .filter_map(|it| it.private_dns_name())
        .map(str::to_owned)
        .collect();
    hosts.extend(found.private_dns_name().map(str::to_owned));
    Some(ServiceOffer {
        asked: asked.to_owned(),
        full_name: found.service_name()?.to_owned(),
        place: place.clone(),
        zones: zones.iter().map(|zone| Zone::from(zone.as_str())).collect(),
        hosts: hosts.into_iter().collect(),
        policy_supported: found.vpc_endpoint_policy_supported().unwrap_or_default(),
        gateway: gateway.is_some(),
    })
}

fn is_gateway(detail: &ServiceDetail) -> bool {
    detail.service_type().iter().any(|it| it.service_type() == Some(&ServiceType::Gateway))
}

/// What limits what shall be made.
#[derive(Debug, Default)]
struct Room {
    quotas: Vec<Quota>,
    guards: Vec<(Place, Guard)>,
    not_checked: Vec<String>,
}

impl Aws {
    /// What limits the kinds that shall be made, and nothing else.
    async fn room(&self, query: &OfferQuery) -> Result<Room> {
        let places: BTreeSet<&Place> = query.room.iter().map(|(place, _)| place).collect();
        let kinds = |place: &Place| -> BTreeSet<Kind> {
            query.room.iter().filter(|(p, _)| p == place).map(|(_, kind)| *kind).collect()
        };
        let rooms = places.iter().map(|place| {
            let kinds = kinds(place);
            async move { self.at(place).room(&kinds).await }
        });
        let mut all = Room::default();
        for room in join_all(rooms).await {
            let room = room?;
            all.quotas.extend(room.quotas);
            all.guards.extend(room.guards);
            all.not_checked.extend(room.not_checked);
        }
        Ok(all)
    }
}

impl At<'_> {
    async fn zones(self) -> Result<Vec<Zone>> {
        // Local and wavelength zones hold neither load balancers nor endpoints.
        let call = self
            .ec2()
            .describe_availability_zones()
            .filters(filter("zone-type", ["availability-zone"]))
            .filters(filter("state", ["available"]));
        let answer = self.looked("DescribeAvailabilityZones", call.send().await)?;
        let zones = answer.availability_zones().iter().filter_map(|zone| zone.zone_name());
        Ok(zones.map(Zone::from).collect())
    }

    async fn service_details(self, names: &BTreeSet<String>) -> Result<Vec<ServiceDetail>> {
        let call = self
            .ec2()
            .describe_vpc_endpoint_services()
            .filters(filter("service-name", names))
            .filters(filter("service-type", ["Interface", "Gateway"]));
        let answer = self.looked("DescribeVpcEndpointServices", call.send().await)?;
        Ok(answer.service_details.unwrap_or_default())
    }

    async fn room(self, kinds: &BTreeSet<Kind>) -> Result<Room> {
        let any = |of: &[Kind]| of.iter().any(|kind| kinds.contains(kind));
        let (network, addresses, balancers, guard) = tokio::join!(
            when(
                VPC_QUOTAS.iter().any(|(kind, _)| kinds.contains(kind)),
                self.network_quotas(kinds)
            ),
            when(any(&[Kind::ElasticIp]), self.address_quota()),
            when(any(&[Kind::LoadBalancer, Kind::TargetGroup]), self.balancer_quotas(kinds)),
            when(any(&[Kind::InternetGateway]), self.guard()),
        );
        let mut room = Room::default();
        for (what, answer) in [
            ("quotas of networks", network),
            ("quota of elastic IPs", addresses.map(|it| it.map(|quota| vec![quota]))),
            ("quotas of load balancers", balancers),
        ] {
            room.quotas
                .extend(self.noted(&mut room.not_checked, what, answer)?.unwrap_or_default());
        }
        let guard = self.noted(&mut room.not_checked, "VPC Block Public Access", guard)?.flatten();
        room.guards.extend(guard.map(|guard| (self.place.clone(), guard)));
        Ok(room)
    }

    /// The answer of a check. One that cannot be made is noted; one that came too soon is asked again.
    fn noted<T>(
        self,
        not_checked: &mut Vec<String>,
        what: &str,
        answer: Option<Result<T>>,
    ) -> Result<Option<T>> {
        match answer.transpose() {
            Err(error) if error.kind() == ErrorKind::Throttled => Err(error),
            Err(error) => {
                not_checked.push(format!("{what} in {}: {error}", self.place.region));
                Ok(None)
            }
            Ok(answer) => Ok(answer),
        }
    }

    async fn network_quotas(self, kinds: &BTreeSet<Kind>) -> Result<Vec<Quota>> {
        let limits = async {
            let mut pages = self
                .apis()
                .quotas
                .list_service_quotas()
                .service_code("vpc")
                .into_paginator()
                .items()
                .send();
            let mut limits = Vec::new();
            while let Some(item) = pages.next().await {
                limits.push(self.looked("ListServiceQuotas", item)?);
            }
            Ok(limits)
        };
        let wants = |kind| kinds.contains(&kind);
        let (limits, vpcs, gateways, endpoints) = tokio::join!(
            limits,
            when(wants(Kind::Vpc), family::vpcs(self, Vec::new())),
            when(wants(Kind::InternetGateway), family::gateways(self, Vec::new())),
            when(wants(Kind::GatewayEndpoint), self.gateway_endpoints()),
        );
        let limits: Vec<aws_sdk_servicequotas::types::ServiceQuota> = limits?;
        let uses = [
            (Kind::Vpc, vpcs.map(|all| all.map(|all| all.len()))),
            (Kind::InternetGateway, gateways.map(|all| all.map(|all| all.len()))),
            (Kind::GatewayEndpoint, endpoints),
        ];
        let quota = |(kind, used): (Kind, Option<Result<usize>>)| {
            let (_, code) = VPC_QUOTAS.iter().find(|(of, _)| *of == kind)?;
            let limit = limits.iter().find(|it| it.quota_code() == Some(*code))?.value()?;
            Some(self.quota(kind, whole(limit), used?.ok()?))
        };
        Ok(uses.into_iter().filter_map(quota).collect())
    }

    async fn gateway_endpoints(self) -> Result<usize> {
        let gateways = vec![filter("vpc-endpoint-type", ["Gateway"])];
        let all = family::bare_endpoints(self, gateways).await?;
        Ok(all.iter().filter(|it| is_endpoint_live(it)).count())
    }

    async fn address_quota(self) -> Result<Quota> {
        let quotas = self.apis().quotas;
        let limit = quotas.get_service_quota().service_code("ec2").quota_code(ADDRESS_QUOTA);
        let (limit, used) = tokio::join!(limit.send(), family::addresses(self, Vec::new()));
        let limit = self.looked("GetServiceQuota", limit)?.quota.and_then(|quota| quota.value());
        let limit = limit.ok_or_else(|| self.incomplete("GetServiceQuota", "value"))?;
        Ok(self.quota(Kind::ElasticIp, whole(limit), used?.len()))
    }

    async fn balancer_quotas(self, kinds: &BTreeSet<Kind>) -> Result<Vec<Quota>> {
        let (limits, here) =
            tokio::join!(self.elb().describe_account_limits().send(), self.named_alike(""));
        let limits = self.looked("DescribeAccountLimits", limits)?;
        let (balancers, groups) = here?;
        let is_network = |it: &aws_sdk_elasticloadbalancingv2::types::LoadBalancer| {
            it.r#type().is_some_and(|it| it.as_str() == "network")
        };
        let balancers = balancers.iter().filter(|it| is_network(it)).count();
        let used = |kind| if kind == Kind::LoadBalancer { balancers } else { groups.len() };
        let quota = |(kind, name): &(Kind, &str)| {
            let limit = limits.limits().iter().find(|it| it.name() == Some(*name))?;
            Some(self.quota(*kind, limit.max()?.parse().ok()?, used(*kind)))
        };
        let asked = BALANCER_LIMITS.iter().filter(|(kind, _)| kinds.contains(kind));
        Ok(asked.filter_map(quota).collect())
    }

    /// What keeps the internet out of every VPC of the account. Source: Block public access to VPCs and subnets.
    async fn guard(self) -> Result<Option<Guard>> {
        let call = self.ec2().describe_vpc_block_public_access_options();
        let answer = self.looked("DescribeVpcBlockPublicAccessOptions", call.send().await)?;
        let options = answer.vpc_block_public_access_options;
        let mode = options.as_ref().and_then(|it| it.internet_gateway_block_mode());
        Ok(match mode.map(InternetGatewayBlockMode::as_str) {
            None | Some("off") => None,
            Some("block-ingress") => Some(Guard::BlockIngress),
            // A mode that is not known yet may be the stricter one.
            Some(_) => Some(Guard::BlockBidirectional),
        })
    }

    fn quota(self, kind: Kind, limit: u32, used: usize) -> Quota {
        let used = u32::try_from(used).unwrap_or(u32::MAX);
        Quota { place: self.place.clone(), kind, limit, used }
    }
}

/// Service Quotas gives every limit as a fraction.
fn whole(limit: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast keeps to the bounds"
    )]
    let limit = limit as u32;
    limit
}

async fn when<T>(wanted: bool, look: impl Future<Output = T>) -> Option<T> {
    if wanted { Some(look.await) } else { None }
}
