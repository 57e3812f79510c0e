//! What kind of cloud it is: how slow, how forgetful, how large, and which of several possible truths it keeps.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use accel_core::backend::Guard;
use accel_core::resource::Kind;
use accel_core::{AccountId, Place, Region, Zone};

use crate::offer::Service;

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// Everything that can be chosen about a world.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What every call costs, half of it before its effect and half after. With zero, no call waits at all.
    pub latency: Duration,
    /// How long things take.
    pub delays: Delays,
    /// How long the cloud hides what exists, and shows what does not.
    pub lag: Lag,
    /// How many of each there may be.
    pub quotas: Quotas,
    /// What can be had where.
    pub offers: Offers,
    /// Points on which the provider's documents are silent or at odds.
    pub doubts: Doubts,
    /// Whether calls are throttled as the provider's documents say.
    pub throttling: bool,
    /// Whether calls are written to the log.
    pub log: bool,
    /// How much faster than its clock the world runs; 60 lets a person watch a deploy.
    pub speed: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            latency: Duration::from_millis(40),
            delays: Delays::default(),
            lag: Lag::default(),
            quotas: Quotas::default(),
            offers: Offers::default(),
            doubts: Doubts::default(),
            throttling: true,
            log: true,
            speed: 1,
        }
    }
}

impl Settings {
    /// A cloud for sweeps of many histories: no latency, no log, no throttling. All other rules hold.
    pub fn fast() -> Self {
        Self { latency: Duration::ZERO, log: false, throttling: false, ..Self::default() }
    }

    /// A cloud that is done at once and hides nothing: for tests of what is asked, not of when.
    pub fn instant() -> Self {
        Self { delays: Delays::NONE, lag: Lag::OFF, ..Self::fast() }
    }
}

/// How long things take to become ready, and to go.
#[derive(Debug, Clone, Copy)]
pub struct Delays {
    /// A VPC, from pending to available.
    pub vpc: Duration,
    /// A subnet, from pending to available.
    pub subnet: Duration,
    /// An interface endpoint, from pending to available.
    pub endpoint: Duration,
    /// A load balancer, from provisioning to active.
    pub balancer: Duration,
    /// A peering connection, until the other side can accept it.
    pub peering: Duration,
    /// A peering connection, from its acceptance to active.
    pub acceptance: Duration,
    /// A target, from its registration to its first health check; then its group's settings say how many checks, and how far apart.
    pub target: Duration,
    /// An interface endpoint, from deleting to gone; its interfaces stay as long.
    pub endpoint_gone: Duration,
    /// The interfaces of a load balancer, after the balancer's own entry is gone.
    pub balancer_interfaces_gone: Duration,
    /// A peering connection, from deleting to deleted.
    pub peering_gone: Duration,
    /// A NAT gateway, from pending to available or failed.
    pub nat: Duration,
    /// A NAT gateway, from deleting to deleted; its interface and its address are held as long.
    pub nat_gone: Duration,
    /// A NAT gateway that is deleted or has failed is still shown for so long.
    pub nat_trace: Duration,
    /// A gateway endpoint, from pending to available.
    pub gateway_endpoint: Duration,
    /// A gateway endpoint, from deleting to gone.
    pub gateway_endpoint_gone: Duration,
    /// A target group stays in use for so long after its listener is gone.
    pub group_release: Duration,
    /// A private DNS name stays taken for so long after its endpoint is gone.
    pub private_dns_release: Duration,
    /// A subnet counts as associated for so long after its association is gone.
    pub association_release: Duration,
    /// A peering request that nobody accepts expires.
    pub peering_expiry: Duration,
}

impl Default for Delays {
    fn default() -> Self {
        Self {
            vpc: secs(1),
            subnet: secs(1),
            endpoint: secs(60),
            balancer: secs(90),
            peering: secs(2),
            acceptance: secs(3),
            target: secs(10),
            endpoint_gone: secs(60),
            balancer_interfaces_gone: secs(45),
            peering_gone: secs(5),
            nat: secs(90),
            nat_gone: secs(60),
            nat_trace: secs(3600),
            gateway_endpoint: secs(1),
            gateway_endpoint_gone: secs(5),
            group_release: secs(2),
            private_dns_release: secs(120),
            association_release: secs(0),
            peering_expiry: secs(7 * 24 * 3600),
        }
    }
}

impl Delays {
    /// Nothing takes any time.
    pub const NONE: Self = Self {
        vpc: secs(0),
        subnet: secs(0),
        endpoint: secs(0),
        balancer: secs(0),
        peering: secs(0),
        acceptance: secs(0),
        target: secs(0),
        endpoint_gone: secs(0),
        balancer_interfaces_gone: secs(0),
        peering_gone: secs(0),
        nat: secs(0),
        nat_gone: secs(0),
        nat_trace: secs(0),
        gateway_endpoint: secs(0),
        gateway_endpoint_gone: secs(0),
        group_release: secs(0),
        private_dns_release: secs(0),
        association_release: secs(0),
        peering_expiry: secs(7 * 24 * 3600),
    };

    pub(crate) fn ready(&self, kind: Kind) -> Duration {
        match kind {
            Kind::Vpc => self.vpc,
            Kind::Subnet => self.subnet,
            Kind::InterfaceEndpoint => self.endpoint,
            Kind::LoadBalancer => self.balancer,
            Kind::PeeringConnection => self.peering,
            Kind::NatGateway => self.nat,
            Kind::GatewayEndpoint => self.gateway_endpoint,
            Kind::InternetGateway
            | Kind::GatewayAttachment
            | Kind::RouteTable
            | Kind::RouteTableAssociation
            | Kind::Route
            | Kind::SecurityGroup
            | Kind::SecurityGroupRule
            | Kind::ElasticIp
            | Kind::TargetGroup
            | Kind::Target
            | Kind::Listener
            | Kind::EndpointTable
            | Kind::RouteReplacement
            | Kind::VpcDnsHostnames
            | Kind::ClosedEgress
            | Kind::PeeringAcceptance
            | Kind::PeeringTags
            | Kind::EndpointPolicy
            | Kind::HealthCheck
            | Kind::TargetGroupOptions
            | Kind::LoadBalancerOptions
            | Kind::ListenerOptions
            | Kind::RuleDescription
            | Kind::ExtraTags => Duration::ZERO,
        }
    }

    pub(crate) fn gone(&self, kind: Kind) -> Duration {
        match kind {
            Kind::InterfaceEndpoint => self.endpoint_gone,
            Kind::LoadBalancer => self.balancer_interfaces_gone,
            Kind::PeeringConnection => self.peering_gone,
            Kind::NatGateway => self.nat_gone,
            Kind::GatewayEndpoint => self.gateway_endpoint_gone,
            Kind::Vpc
            | Kind::Subnet
            | Kind::InternetGateway
            | Kind::GatewayAttachment
            | Kind::RouteTable
            | Kind::RouteTableAssociation
            | Kind::Route
            | Kind::SecurityGroup
            | Kind::SecurityGroupRule
            | Kind::ElasticIp
            | Kind::TargetGroup
            | Kind::Target
            | Kind::Listener
            | Kind::EndpointTable
            | Kind::RouteReplacement
            | Kind::VpcDnsHostnames
            | Kind::ClosedEgress
            | Kind::PeeringAcceptance
            | Kind::PeeringTags
            | Kind::EndpointPolicy
            | Kind::HealthCheck
            | Kind::TargetGroupOptions
            | Kind::LoadBalancerOptions
            | Kind::ListenerOptions
            | Kind::RuleDescription
            | Kind::ExtraTags => Duration::ZERO,
        }
    }
}

/// How an eventually consistent cloud hides what exists and shows what is gone.
///
/// Reads are not monotonic: between the first sight and `settled`, a look may find it, miss it and find it again.
#[derive(Debug, Clone, Copy)]
pub struct Lag {
    /// Hidden from every look by id for so long.
    pub by_id: Duration,
    /// Hidden from every look by tag, name or filter for so long.
    pub by_list: Duration,
    /// A changed setting still reads as before for so long.
    pub settings: Duration,
    /// Seen by every look from then on. Less than the 30 seconds that the engine allows for it.
    pub settled: Duration,
}

impl Default for Lag {
    fn default() -> Self {
        Self { by_id: secs(1), by_list: secs(3), settings: secs(1), settled: secs(20) }
    }
}

impl Lag {
    /// Every look sees what is.
    pub const OFF: Self =
        Self { by_id: secs(0), by_list: secs(0), settings: secs(0), settled: secs(0) };

    /// As bad as it may become: everything stays hidden until just before the window ends.
    pub fn worst() -> Self {
        Self { by_id: secs(10), by_list: secs(27), settings: secs(10), settled: secs(29) }
    }
}

/// How many of each there may be. Source: Amazon VPC quotas; Quotas for your Network Load Balancers.
#[derive(Debug, Clone, Copy)]
pub struct Quotas {
    /// VPCs per region.
    pub vpcs: u32,
    /// How many of these are in use by default VPCs; they also use a gateway each.
    pub default_vpcs: u32,
    /// Internet gateways per region.
    pub gateways: u32,
    /// Elastic IPs per region.
    pub addresses: u32,
    /// Load balancers per region.
    pub balancers: u32,
    /// Target groups per region.
    pub target_groups: u32,
    /// Security groups per region.
    pub groups: u32,
    /// Rules per group and direction.
    pub rules: u32,
    /// Groups per network interface.
    pub groups_per_interface: u32,
    /// Subnets per VPC.
    pub subnets: u32,
    /// Route tables per VPC, its main one included.
    pub tables: u32,
    /// Routes per table, those to gateway endpoints included.
    pub routes: u32,
    /// Interface endpoints per VPC.
    pub endpoints: u32,
    /// Gateway endpoints per region.
    pub gateway_endpoints: u32,
    /// NAT gateways per zone, pending and deleting ones included.
    pub nats_per_zone: u32,
    /// Active peering connections per VPC.
    pub peerings: u32,
    /// Requested and not yet accepted ones per VPC.
    pub peering_requests: u32,
    /// Listeners per load balancer.
    pub listeners: u32,
    /// Targets per target group.
    pub targets: u32,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            vpcs: 5,
            default_vpcs: 1,
            gateways: 5,
            addresses: 5,
            balancers: 50,
            target_groups: 3000,
            groups: 2500,
            rules: 60,
            groups_per_interface: 5,
            subnets: 200,
            tables: 200,
            routes: 500,
            endpoints: 50,
            gateway_endpoints: 20,
            nats_per_zone: 5,
            peerings: 50,
            peering_requests: 25,
            listeners: 50,
            targets: 1000,
        }
    }
}

impl Quotas {
    /// Room for a thousand deployments.
    pub fn roomy() -> Self {
        Self {
            vpcs: 10_000,
            gateways: 10_000,
            addresses: 10_000,
            balancers: 10_000,
            gateway_endpoints: 10_000,
            nats_per_zone: 10_000,
            ..Self::default()
        }
    }
}

/// What can be had where. Every field may be changed while the world lives: a cloud grows zones, and loses them.
#[derive(Debug, Clone, Default)]
pub struct Offers {
    /// Zones per region; a region that is not named has the usual ones.
    pub zones: BTreeMap<Region, Vec<Zone>>,
    /// Services that are not as usual, by region and full name.
    pub services: BTreeMap<(Region, String), Service>,
    /// Zones of a region that have no endpoint of a service, by region and full name.
    pub lacking: BTreeMap<(Region, String), BTreeSet<Zone>>,
    /// Guard rails of the account.
    pub guards: Vec<(Place, Guard)>,
    /// Regions that the account has not opted into: every call there is denied.
    pub closed_regions: BTreeSet<Region>,
    /// The API endpoint, if it is not the provider's own.
    pub endpoint: Option<String>,
    /// What the caller may not ask for: answered as not checked.
    pub not_checked: Vec<String>,
    /// The caller's identity, per account.
    pub identities: BTreeMap<AccountId, String>,
}

/// Points on which the provider's documents are silent: both answers are possible, so both must be survived.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question with two possible answers")]
pub struct Doubts {
    /// Whether tags count as parameters when a token or a name is used again.
    pub tags_are_parameters: bool,
    /// Whether a token whose object is gone still answers with that object's id; if not, it makes another.
    pub tokens_of_the_dead: bool,
    /// How long a token is remembered.
    pub token_memory: Duration,
    /// Whether a route to a peering connection that is not accepted yet is taken (and is a black hole until then).
    pub route_to_pending_peering: bool,
    /// Whether a route to a NAT gateway that is pending is taken (and is a black hole until that is available).
    pub route_to_pending_nat: bool,
    /// Whether a NAT gateway in a subnet, or with an address, that the cloud does not show yet is taken and fails later.
    pub nat_to_unseen_fails: bool,
    /// Whether adding a table to a gateway endpoint again succeeds.
    pub repeat_endpoint_table: bool,
    /// Whether a route table that leads to a gateway endpoint refuses to be deleted; if not, its route goes with it.
    pub endpoint_holds_table: bool,
    /// Whether associating the same pair again answers with the association that there is.
    pub repeat_association: bool,
    /// For how long an address that a NAT gateway has left is refused to be released, as if it were somebody else's. As seen in public
    /// logs: `AuthFailure`, kops#938.
    pub address_released_late: Duration,
    /// For how long a gateway endpoint that has taken a change refuses another. As seen in public logs: `OperationInProgress`,
    /// terraform-provider-aws#42884.
    pub endpoint_busy: Duration,
    /// Whether accepting a peering connection again succeeds.
    pub repeat_acceptance: bool,
    /// Whether a request to a VPC that the cloud does not show yet is taken and fails later.
    pub peering_to_unseen_fails: bool,
}

impl Doubts {
    /// Every point the other way than by default: what holds under both holds whatever the cloud does.
    pub fn otherwise() -> Self {
        let usual = Self::default();
        Self {
            tags_are_parameters: !usual.tags_are_parameters,
            tokens_of_the_dead: !usual.tokens_of_the_dead,
            token_memory: secs(60),
            route_to_pending_peering: !usual.route_to_pending_peering,
            route_to_pending_nat: !usual.route_to_pending_nat,
            nat_to_unseen_fails: !usual.nat_to_unseen_fails,
            repeat_endpoint_table: !usual.repeat_endpoint_table,
            endpoint_holds_table: !usual.endpoint_holds_table,
            repeat_association: !usual.repeat_association,
            address_released_late: secs(5),
            endpoint_busy: secs(1),
            repeat_acceptance: !usual.repeat_acceptance,
            peering_to_unseen_fails: !usual.peering_to_unseen_fails,
        }
    }
}

impl Default for Doubts {
    fn default() -> Self {
        Self {
            tags_are_parameters: false,
            tokens_of_the_dead: true,
            token_memory: secs(24 * 3600),
            route_to_pending_peering: true,
            route_to_pending_nat: true,
            nat_to_unseen_fails: false,
            repeat_endpoint_table: false,
            endpoint_holds_table: true,
            repeat_association: false,
            address_released_late: Duration::ZERO,
            endpoint_busy: Duration::ZERO,
            repeat_acceptance: true,
            peering_to_unseen_fails: false,
        }
    }
}
