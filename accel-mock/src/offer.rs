//! What the cloud offers: zones, services, limits, and who calls.

use std::collections::BTreeSet;

use accel_core::backend::{Caller, Guard, Offer, OfferQuery, Quota, ServiceOffer};
use accel_core::resource::Kind;
use accel_core::{Place, Region, Side, Zone};

use crate::ask::Accounts;
use crate::settings::Offers;
use crate::world::World;

/// One service that can have an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Zones in which it can have one.
    pub zones: BTreeSet<Zone>,
    /// Host names that clients use.
    pub hosts: Vec<String>,
    /// Whether an endpoint of it can have a policy.
    pub policy_supported: bool,
    /// Whether it can have a gateway endpoint.
    pub gateway: bool,
}

/// How a usual service is named, and which hosts its clients use; `R` is the region, `S` the partition's suffix.
struct Usual {
    short: &'static str,
    hosts: &'static [&'static str],
    policy: bool,
    /// Whether its name begins with `cn.` in the partition `aws-cn`.
    cn: bool,
    /// Whether it can have a gateway endpoint, too.
    gateway: bool,
}

const fn usual(short: &'static str, hosts: &'static [&'static str]) -> Usual {
    Usual { short, hosts, policy: true, cn: true, gateway: false }
}

const fn plain_in_cn(short: &'static str, hosts: &'static [&'static str]) -> Usual {
    Usual { short, hosts, policy: true, cn: false, gateway: false }
}

const fn without_policy(short: &'static str, hosts: &'static [&'static str]) -> Usual {
    Usual { short, hosts, policy: false, cn: true, gateway: false }
}

const fn with_gateway(short: &'static str, hosts: &'static [&'static str]) -> Usual {
    Usual { short, hosts, policy: true, cn: false, gateway: true }
}

/// Source: AWS services that integrate with interface endpoints; Gateway endpoints, AWS `PrivateLink` guide; service endpoints, AWS
/// General Reference.
const USUAL: &[Usual] = &[
    usual("sagemaker.runtime", &["runtime.sagemaker.R.S"]),
    usual("sagemaker.api", &["api.sagemaker.R.S"]),
    usual("sagemaker.featurestore-runtime", &["featurestore-runtime.sagemaker.R.S"]),
    usual("bedrock-runtime", &["bedrock-runtime.R.S"]),
    usual("bedrock-agent-runtime", &["bedrock-agent-runtime.R.S"]),
    usual("sqs", &["sqs.R.S", "R.queue.S"]),
    usual("sns", &["sns.R.S"]),
    with_gateway("s3", &["s3.R.S", "*.s3.R.S", "s3-accesspoint.R.S", "s3-control.R.S"]),
    with_gateway("dynamodb", &["dynamodb.R.S"]),
    plain_in_cn("kms", &["kms.R.S"]),
    usual("secretsmanager", &["secretsmanager.R.S"]),
    usual("sts", &["sts.R.S"]),
    plain_in_cn("ssm", &["ssm.R.S"]),
    usual("lambda", &["lambda.R.S"]),
    usual("monitoring", &["monitoring.R.S"]),
    plain_in_cn("logs", &["logs.R.S"]),
    usual("ecr.api", &["api.ecr.R.S"]),
    usual("ecr.dkr", &["*.dkr.ecr.R.S"]),
    plain_in_cn("ecs", &["ecs.R.S"]),
    usual("kinesis-streams", &["kinesis.R.S"]),
    usual("kinesis-firehose", &["firehose.R.S"]),
    usual("states", &["states.R.S"]),
    usual("events", &["events.R.S"]),
    usual("athena", &["athena.R.S"]),
    usual("glue", &["glue.R.S"]),
    usual("textract", &["textract.R.S"]),
    usual("rekognition", &["rekognition.R.S"]),
    usual("transcribe", &["transcribe.R.S"]),
    usual("translate", &["translate.R.S"]),
    usual("polly", &["polly.R.S"]),
    usual("comprehend", &["comprehend.R.S"]),
    usual("execute-api", &["*.execute-api.R.S"]),
    usual("iot.data", &["data-ats.iot.R.S"]),
    without_policy("email-smtp", &["email-smtp.R.S"]),
];

/// Zones by letter where they are not the first three. Source: AWS Regions and Availability Zones.
const LETTERS: &[(&str, &str)] = &[
    ("us-east-1", "abcdef"),
    ("us-west-2", "abcd"),
    ("ap-northeast-1", "acd"),
    ("ap-northeast-2", "abcd"),
    ("ap-southeast-1", "abc"),
    ("ap-southeast-3", "abc"),
    ("us-west-1", "ac"),
    ("ca-central-1", "abd"),
    ("cn-north-1", "abd"),
];

/// The domain of a partition's hosts.
fn suffix(region: &Region) -> &'static str {
    if region.partition() == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" }
}

impl Usual {
    fn full_name(&self, region: &Region) -> String {
        let cn = if self.cn && region.partition() == "aws-cn" { "cn." } else { "" };
        format!("{cn}com.amazonaws.{region}.{}", self.short)
    }

    /// The part of a full name after `com.amazonaws.REGION.`, if the name is this service's. Formats nothing.
    fn is_named(&self, region: &Region, full_name: &str) -> bool {
        let cn = self.cn && region.partition() == "aws-cn";
        let rest = if cn { full_name.strip_prefix("cn.") } else { Some(full_name) };
        rest.and_then(|rest| rest.strip_prefix("com.amazonaws."))
            .and_then(|rest| rest.strip_prefix(region.as_str()))
            .and_then(|rest| rest.strip_prefix('.'))
            == Some(self.short)
    }

    fn service(&self, zones: BTreeSet<Zone>, region: &Region) -> Service {
        let host = |pattern: &&str| {
            let labels = pattern.split('.').map(|label| match label {
                "R" => region.as_str(),
                "S" => suffix(region),
                label => label,
            });
            labels.collect::<Vec<_>>().join(".")
        };
        Service {
            zones,
            hosts: self.hosts.iter().map(host).collect(),
            policy_supported: self.policy,
            gateway: self.gateway,
        }
    }
}

impl Offers {
    /// The zones of a region, in the cloud's order.
    pub fn zones_of(&self, region: &Region) -> Vec<Zone> {
        if let Some(zones) = self.zones.get(region) {
            return zones.clone();
        }
        let known = LETTERS.iter().find(|(name, _)| *name == region.as_str());
        let letters = known.map_or("abc", |(_, letters)| letters);
        letters.chars().map(|letter| Zone::new(format!("{region}{letter}"))).collect()
    }

    /// A service by its full name.
    pub fn service(&self, region: &Region, full_name: &str) -> Option<Service> {
        let mut service = self.services.get(&(region.clone(), full_name.to_owned())).cloned();
        if service.is_none() {
            let zones = || self.zones_of(region).into_iter().collect();
            let usual = USUAL.iter().find(|usual| usual.is_named(region, full_name));
            service = usual.map(|usual| usual.service(zones(), region));
        }
        if let (Some(service), Some(lacking)) =
            (&mut service, self.lacking.get(&(region.clone(), full_name.to_owned())))
        {
            service.zones.retain(|zone| !lacking.contains(zone));
        }
        service
    }

    /// The full name of what somebody asks for by its short or its full name.
    pub fn full_name(&self, region: &Region, asked: &str) -> Option<String> {
        let own = |(r, name): &&(Region, String)| {
            r == region
                && (name == asked
                    || name.strip_suffix(asked).is_some_and(|p| p.ends_with(&format!("{region}."))))
        };
        if let Some((_, name)) = self.services.keys().find(own) {
            return Some(name.clone());
        }
        USUAL
            .iter()
            .find(|usual| usual.short == asked || usual.is_named(region, asked))
            .map(|usual| usual.full_name(region))
    }

    /// The full names of all services of a region.
    pub fn full_names(&self, region: &Region) -> BTreeSet<String> {
        let own = self.services.keys().filter(|(r, _)| r == region).map(|(_, name)| name.clone());
        own.chain(USUAL.iter().map(|usual| usual.full_name(region))).collect()
    }

    /// Takes a service's endpoint out of a zone.
    pub fn drop_service_zone(&mut self, region: &Region, full_name: &str, zone: Zone) {
        self.lacking.entry((region.clone(), full_name.to_owned())).or_default().insert(zone);
    }
}

impl World {
    pub(crate) fn offer(&self, query: &OfferQuery, accounts: &Accounts) -> Offer {
        let offers = &self.settings.offers;
        let services = query.services.iter().filter_map(|(place, asked)| {
            let full_name = offers.full_name(&place.region, asked)?;
            let service = offers.service(&place.region, &full_name)?;
            Some(ServiceOffer {
                asked: asked.clone(),
                full_name,
                place: place.clone(),
                zones: service.zones.into_iter().collect(),
                hosts: service.hosts,
                policy_supported: service.policy_supported,
                gateway: service.gateway,
            })
        });
        let open = |place: &&Place| !offers.closed_regions.contains(&place.region);
        let open: Vec<&Place> = query.places.iter().filter(open).collect();
        let zoned = query.zones.iter().filter(|place| open.contains(place));
        let sides: BTreeSet<Side> = query.places.iter().map(|place| place.side).collect();
        let caller = |side: &Side| (*side, self.caller(*side, query, accounts));
        let limited = |place: &Place, kind: Kind| query.room.contains(&(place.clone(), kind));
        let guarded = |(place, _): &&(Place, Guard)| limited(place, Kind::InternetGateway);
        let asked: BTreeSet<&Place> = query.room.iter().map(|(place, _)| place).collect();
        let quotas = asked.into_iter().flat_map(|place| self.quotas(place, accounts));
        Offer {
            callers: sides.iter().map(caller).collect(),
            services: services.filter(|service| open.contains(&&service.place)).collect(),
            zones: zoned.map(|place| (place.clone(), offers.zones_of(&place.region))).collect(),
            networks: self.networks(query, accounts),
            quotas: quotas.filter(|quota| limited(&quota.place, quota.kind)).collect(),
            guards: offers.guards.iter().filter(guarded).cloned().collect(),
            closed_regions: query
                .places
                .iter()
                .map(|place| place.region.clone())
                .filter(|region| offers.closed_regions.contains(region))
                .collect(),
            endpoint: offers.endpoint.clone(),
            not_checked: offers.not_checked.clone(),
        }
    }

    fn caller(&self, side: Side, query: &OfferQuery, accounts: &Accounts) -> Caller {
        let account = accounts.of(side);
        let place = query.places.iter().find(|place| place.side == side);
        let partition = place.map_or("aws", |place| place.region.partition());
        let identity = self
            .settings
            .offers
            .identities
            .get(account)
            .cloned()
            .unwrap_or_else(|| format!("arn:{partition}:iam::{account}:user/accel"));
        Caller { account: account.clone(), partition: partition.to_owned(), identity }
    }

    fn quotas(&self, place: &Place, accounts: &Accounts) -> Vec<Quota> {
        let quotas = &self.settings.quotas;
        let account = accounts.of(place.side);
        let limits = [
            (Kind::Vpc, quotas.vpcs, quotas.default_vpcs),
            (Kind::InternetGateway, quotas.gateways, quotas.default_vpcs),
            (Kind::ElasticIp, quotas.addresses, 0),
            (Kind::SecurityGroup, quotas.groups, quotas.default_vpcs),
            (Kind::LoadBalancer, quotas.balancers, 0),
            (Kind::TargetGroup, quotas.target_groups, 0),
            (Kind::GatewayEndpoint, quotas.gateway_endpoints, 0),
        ];
        let quota = |(kind, limit, already)| Quota {
            place: place.clone(),
            kind,
            limit,
            used: already + self.population(account, &place.region, kind),
        };
        limits.map(quota).to_vec()
    }
}
