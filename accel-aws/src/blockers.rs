//! What still holds a resource that is to be deleted: network interfaces above all, which services leave behind for minutes.

use std::collections::BTreeMap;

use accel_core::backend::Blocker;
use accel_core::resource::Kind;
use accel_core::tags::{self, Tags};
use accel_core::{RemoteId, Result};
use aws_sdk_ec2::types::{Filter, NetworkInterface};

use crate::call::At;
use crate::family::{self, filter};
use crate::kind::{endpoint_of, endpoint_table_text, kind_of_endpoint};
use crate::tags::from_ec2;

impl At<'_> {
    pub(crate) async fn blockers(self, id: &RemoteId) -> Result<Vec<Blocker>> {
        let mut blockers = match interfaces_that_hold(self, id).await? {
            Some(filters) => self.interfaces_as_blockers(id, filters).await?,
            None => Vec::new(),
        };
        blockers.extend(self.dependents(id).await?);
        blockers.sort();
        blockers.dedup();
        Ok(blockers)
    }

    async fn interfaces_as_blockers(
        self,
        id: &RemoteId,
        filters: Vec<Filter>,
    ) -> Result<Vec<Blocker>> {
        let mut interfaces = family::interfaces(self, filters).await?;
        if id.kind == Kind::GatewayAttachment {
            // Only public addresses hold a gateway.
            interfaces.retain(|it| it.association().is_some());
        }
        let mut owners: BTreeMap<String, Tags> = BTreeMap::new();
        let mut blockers = Vec::new();
        for interface in &interfaces {
            let holder = Holder::of(interface);
            if let Some((_, owner)) = &holder
                && !owners.contains_key(owner)
            {
                let tags = self.tags_of(owner).await;
                owners.insert(owner.clone(), tags);
            }
            blockers.push(as_blocker(interface, holder, &owners));
        }
        Ok(blockers)
    }

    /// The tags of a service's resource that left an interface behind; none if it is gone already.
    async fn tags_of(self, owner: &str) -> Tags {
        let ids = [owner.to_owned()].into();
        if owner.starts_with("vpce-") {
            let found = family::bare_endpoints_by_id(self, &ids).await.unwrap_or_default();
            return found.first().map(|(_, it)| from_ec2(it.tags())).unwrap_or_default();
        }
        if owner.starts_with("nat-") {
            let found = family::nats_by_id(self, &ids).await.unwrap_or_default();
            return found.first().map(|(_, it)| from_ec2(it.tags())).unwrap_or_default();
        }
        let found = family::elb_tags_by_arn(self, &ids).await.unwrap_or_default();
        found.into_iter().next().map(|(_, tags)| tags).unwrap_or_default()
    }

    /// Resources, not interfaces, that keep it from going.
    async fn dependents(self, id: &RemoteId) -> Result<Vec<Blocker>> {
        let text = id.as_str();
        let mut found = Vec::new();
        let mut add = |id: Option<&str>, kind: Kind, tags: &Tags| {
            found.extend(id.map(|id| thing(id, kind, tags)));
        };
        match id.kind {
            Kind::Vpc => return self.dependents_of_vpc(text).await,
            Kind::InternetGateway => {
                let it = family::gateways(self, vec![filter("internet-gateway-id", [text])]);
                for vpc in
                    it.await?.iter().flat_map(aws_sdk_ec2::types::InternetGateway::attachments)
                {
                    let attachment = vpc.vpc_id().map(|vpc| format!("{text}/{vpc}"));
                    add(attachment.as_deref(), Kind::GatewayAttachment, &Tags::new());
                }
            }
            Kind::RouteTable => {
                for table in family::tables(self, vec![filter("route-table-id", [text])]).await? {
                    for it in table.associations() {
                        let kind = Kind::RouteTableAssociation;
                        add(it.route_table_association_id(), kind, &Tags::new());
                    }
                    // Whether a gateway endpoint holds the table is not documented. Source: `DeleteRouteTable`.
                    for endpoint in table.routes().iter().filter_map(endpoint_of) {
                        let id = endpoint_table_text(endpoint, text);
                        add(Some(&id), Kind::EndpointTable, &Tags::new());
                    }
                }
            }
            Kind::TargetGroup => {
                let ids = [text.to_owned()].into();
                let groups = family::target_groups_by_arn(self, &ids).await?;
                for arn in groups.iter().flat_map(|(_, it)| it.load_balancer_arns()) {
                    for it in family::listeners_of(self, arn).await? {
                        add(it.listener_arn(), Kind::Listener, &Tags::new());
                    }
                }
            }
            Kind::Subnet
            | Kind::GatewayAttachment
            | Kind::RouteTableAssociation
            | Kind::Route
            | Kind::SecurityGroup
            | Kind::SecurityGroupRule
            | Kind::InterfaceEndpoint
            | Kind::PeeringConnection
            | Kind::ElasticIp
            | Kind::LoadBalancer
            | Kind::Target
            | Kind::Listener
            | Kind::NatGateway
            | Kind::GatewayEndpoint
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
            | Kind::ExtraTags => {}
        }
        Ok(found)
    }

    async fn dependents_of_vpc(self, vpc: &str) -> Result<Vec<Blocker>> {
        let here = || vec![filter("vpc-id", [vpc])];
        let (subnets, groups, tables, endpoints, gateways) = tokio::join!(
            family::subnets(self, here()),
            family::groups(self, here()),
            family::tables(self, here()),
            family::bare_endpoints(self, here()),
            family::gateways(self, vec![filter("attachment.vpc-id", [vpc])]),
        );
        let mut found = Vec::new();
        let mut add = |id: Option<&str>, kind: Kind, tags: &[aws_sdk_ec2::types::Tag]| {
            found.extend(id.map(|id| thing(id, kind, &from_ec2(tags))));
        };
        for it in &subnets? {
            add(it.subnet_id(), Kind::Subnet, it.tags());
        }
        // The VPC takes its default group and its main table along.
        for it in groups?.iter().filter(|it| it.group_name() != Some("default")) {
            add(it.group_id(), Kind::SecurityGroup, it.tags());
        }
        let is_main = |it: &aws_sdk_ec2::types::RouteTable| {
            it.associations().iter().any(|it| it.main() == Some(true))
        };
        for it in tables?.iter().filter(|it| !is_main(it)) {
            add(it.route_table_id(), Kind::RouteTable, it.tags());
        }
        let is_over = |state: &str| state.eq_ignore_ascii_case("deleted");
        let live = |it: &&aws_sdk_ec2::types::VpcEndpoint| {
            it.state().is_none_or(|state| !is_over(state.as_str()))
        };
        for it in endpoints?.iter().filter(live) {
            add(it.vpc_endpoint_id(), kind_of_endpoint(it), it.tags());
        }
        for it in &gateways? {
            let attachment = it.internet_gateway_id().map(|gateway| format!("{gateway}/{vpc}"));
            add(attachment.as_deref(), Kind::GatewayAttachment, it.tags());
        }
        Ok(found)
    }
}

/// The filters that find the interfaces which can hold a kind of thing.
async fn interfaces_that_hold(at: At<'_>, id: &RemoteId) -> Result<Option<Vec<Filter>>> {
    let text = id.as_str();
    Ok(match id.kind {
        Kind::Vpc => Some(vec![filter("vpc-id", [text])]),
        Kind::Subnet => Some(vec![filter("subnet-id", [text])]),
        Kind::SecurityGroup => Some(vec![filter("group-id", [text])]),
        Kind::GatewayAttachment => {
            let vpc = text.rsplit_once('/').map_or(text, |(_, vpc)| vpc);
            Some(vec![filter("vpc-id", [vpc])])
        }
        Kind::ElasticIp => {
            let ids = [text.to_owned()].into();
            let addresses = family::addresses_by_id(at, &ids).await?;
            let holder = addresses.first().and_then(|(_, it)| it.network_interface_id());
            holder.map(|holder| vec![filter("network-interface-id", [holder])])
        }
        Kind::InternetGateway
        | Kind::RouteTable
        | Kind::RouteTableAssociation
        | Kind::Route
        | Kind::SecurityGroupRule
        | Kind::InterfaceEndpoint
        | Kind::PeeringConnection
        | Kind::LoadBalancer
        | Kind::TargetGroup
        | Kind::Target
        | Kind::Listener
        | Kind::NatGateway
        | Kind::GatewayEndpoint
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
        | Kind::ExtraTags => None,
    })
}

fn thing(id: &str, kind: Kind, tags: &Tags) -> Blocker {
    Blocker {
        id: id.to_owned(),
        what: kind.to_string(),
        deployment: tags.get(tags::DEPLOYMENT).cloned(),
        usual_secs: kind.facts().gone.map(|times| times.usual_secs),
    }
}

/// Whose a service's interface is. Its description says it, and it carries no tags of its owner.
/// Source: Requester-managed network interfaces, Amazon EC2 user guide.
struct Holder;

impl Holder {
    fn of(interface: &NetworkInterface) -> Option<(Kind, String)> {
        let description = interface.description()?;
        let named = |prefix| description.split([' ', ':']).find(|word| word.starts_with(prefix));
        if let Some(endpoint) = named("vpce-") {
            return Some((Kind::InterfaceEndpoint, endpoint.to_owned()));
        }
        if let Some(nat) = named("nat-") {
            return Some((Kind::NatGateway, nat.to_owned()));
        }
        let name = description.strip_prefix("ELB net/")?;
        let zone = interface.availability_zone()?;
        let region = zone.trim_end_matches(|letter: char| letter.is_ascii_lowercase());
        let partition = accel_core::Region::from(region).partition();
        let account = interface.owner_id()?;
        let arn = format!(
            "arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/net/{name}"
        );
        Some((Kind::LoadBalancer, arn))
    }
}

fn as_blocker(
    interface: &NetworkInterface,
    holder: Option<(Kind, String)>,
    owners: &BTreeMap<String, Tags>,
) -> Blocker {
    let what = match (&holder, interface.description()) {
        (Some((kind, owner)), _) => format!("network interface of {kind} {owner}"),
        (None, Some(text)) if !text.is_empty() => format!("network interface, {text:?}"),
        (None, _) => "network interface".to_owned(),
    };
    let tags = match &holder {
        Some((_, owner)) => owners.get(owner).cloned().unwrap_or_default(),
        None => from_ec2(interface.tag_set()),
    };
    let times = holder.and_then(|(kind, _)| kind.facts().gone);
    Blocker {
        id: interface.network_interface_id().unwrap_or_default().to_owned(),
        what,
        deployment: tags.get(tags::DEPLOYMENT).cloned(),
        usual_secs: times.map(|times| times.usual_secs),
    }
}

#[cfg(test)]
mod tests {
    use accel_core::backend::NetworkBackend as _;
    use accel_core::{Place, Side};

    use super::*;
    use crate::answers::{Answers, wait};

    #[test]
    fn what_holds_a_table_are_its_subnets_and_the_endpoints_that_it_leads_to() {
        let answers = Answers::default().to(
            "DescribeRouteTables",
            "rtb-1",
            "<routeTableSet><item><routeTableId>rtb-1</routeTableId>\
             <associationSet><item><routeTableAssociationId>rtbassoc-1</routeTableAssociationId></item></associationSet>\
             <routeSet><item><destinationPrefixListId>pl-1</destinationPrefixListId><gatewayId>vpce-1</gatewayId></item></routeSet>\
             </item></routeTableSet>",
        );
        let place = Place::new(Side::Service, "eu-central-1");
        let table = RemoteId::new(Kind::RouteTable, place, "rtb-1");
        let blockers = wait(answers.aws().blockers(&table)).expect("it can be asked");
        let held: Vec<(&str, &str)> =
            blockers.iter().map(|it| (it.id.as_str(), it.what.as_str())).collect();
        let kinds = [Kind::RouteTableAssociation, Kind::EndpointTable].map(|it| it.to_string());
        assert_eq!(held, [("rtbassoc-1", kinds[0].as_str()), ("vpce-1/rtb-1", kinds[1].as_str())]);
    }
}
