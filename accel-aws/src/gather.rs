//! What tags and derived names lead to, and what lies in it.
//!
//! One call names all that carries the deployment's tag; from there, one describe per family shows the rest: tables, gateways,
//! rules and listeners in our things, and tables of somebody's in which ours stand.

use std::collections::{BTreeMap, BTreeSet};

use accel_core::backend::Scope;
use accel_core::resource::{Api, Kind};
use accel_core::tags;
use accel_core::{DeploymentId, Result};
use aws_sdk_ec2::types::{RouteTable, VpcPeeringConnection};
use aws_sdk_elasticloadbalancingv2::types::{LoadBalancer, TargetGroup};

use crate::call::At;
use crate::family::{self, Balancer, HERE, filter};
use crate::view::{View, Want};

/// The ids that carry the deployment's tag, by the type that the EC2 API calls them.
#[derive(Debug, Default)]
pub(crate) struct Tagged {
    pub(crate) by_type: BTreeMap<String, BTreeSet<String>>,
}

impl Tagged {
    fn of(&self, resource_type: &str) -> BTreeSet<String> {
        self.by_type.get(resource_type).cloned().unwrap_or_default()
    }

    fn unknown(&self) -> Vec<String> {
        let known = |name: &str| TYPES.contains(&name);
        let unknown = self.by_type.iter().filter(|(name, _)| !known(name));
        unknown.flat_map(|(name, ids)| ids.iter().map(move |id| format!("{name} {id}"))).collect()
    }
}

/// Source: `TagDescription`, `ResourceType`.
const TYPES: &[&str] = &[
    "vpc",
    "subnet",
    "internet-gateway",
    "route-table",
    "security-group",
    "security-group-rule",
    "vpc-endpoint",
    "vpc-peering-connection",
    "elastic-ip",
    "natgateway",
];

impl At<'_> {
    /// What carries the deployment's tag.
    pub(crate) async fn tagged(self, deployment: &DeploymentId) -> Result<Tagged> {
        let ours = filter(format!("tag:{}", tags::DEPLOYMENT), [deployment.as_str()]);
        let call = self.ec2().describe_tags().filters(ours);
        let mut pages = call.into_paginator().page_size(1000).items().send();
        let mut tagged = Tagged::default();
        while let Some(item) = pages.next().await {
            let item = self.looked("DescribeTags", item)?;
            // Every tag of a resource may come, not only the one that was asked for.
            if item.key() != Some(tags::DEPLOYMENT) || item.value() != Some(deployment.as_str()) {
                continue;
            }
            if let (Some(of), Some(id)) = (item.resource_type(), item.resource_id()) {
                let ids = tagged.by_type.entry(of.as_str().to_owned()).or_default();
                ids.insert(id.to_owned());
            }
        }
        Ok(tagged)
    }

    /// Everything of the EC2 API.
    pub(crate) async fn network(self, scope: Scope<'_>) -> Result<(View, Vec<String>)> {
        let tagged = self.tagged(scope.deployment).await?;
        let vpcs = tagged.of("vpc");
        let mut view = View::default();
        let (by_id, gateways, tables, rules, peerings) = tokio::join!(
            Box::pin(self.by_id(&tagged)),
            self.gateways(scope, &tagged, &vpcs),
            self.tables(&tagged, &vpcs),
            self.rules(&tagged),
            self.peerings(&tagged, &vpcs),
        );
        view.take(by_id?);
        let mut tables = tables?;
        tables.extend(self.tables_of_others(scope, &view, &vpcs).await?);
        for it in gateways? {
            view.gateways.put(it.internet_gateway_id.clone().unwrap_or_default(), it);
        }
        for table in tables {
            for (id, association) in family::associations_of(table.clone()) {
                view.associations.put(id, association);
            }
            view.tables.put(table.route_table_id.clone().unwrap_or_default(), table);
        }
        for it in rules? {
            view.rules.put(it.security_group_rule_id.clone().unwrap_or_default(), it);
        }
        for it in peerings? {
            view.peerings.put(it.vpc_peering_connection_id.clone().unwrap_or_default(), it);
        }
        Ok((view, tagged.unknown()))
    }

    /// What nothing but its own id leads to.
    async fn by_id(self, tagged: &Tagged) -> Result<View> {
        let want = Want {
            vpcs: tagged.of("vpc"),
            subnets: tagged.of("subnet"),
            groups: tagged.of("security-group"),
            endpoints: tagged.of("vpc-endpoint"),
            addresses: tagged.of("elastic-ip"),
            nats: tagged.of("natgateway"),
            ..Default::default()
        };
        let view = View::look(self, &want).await;
        view.whole()?;
        Ok(view)
    }

    /// Our gateways, and whatever is attached to our VPCs.
    async fn gateways(
        self,
        scope: Scope<'_>,
        tagged: &Tagged,
        vpcs: &BTreeSet<String>,
    ) -> Result<Vec<aws_sdk_ec2::types::InternetGateway>> {
        let mut all = Vec::new();
        if !vpcs.is_empty() && scope.wants(&[Kind::InternetGateway, Kind::GatewayAttachment]) {
            all = family::gateways(self, vec![filter("attachment.vpc-id", vpcs)]).await?;
        }
        let mut rest = tagged.of("internet-gateway");
        for gateway in &all {
            rest.remove(gateway.internet_gateway_id().unwrap_or_default());
        }
        if !rest.is_empty() {
            all.extend(family::gateways(self, vec![filter("internet-gateway-id", &rest)]).await?);
        }
        Ok(all)
    }

    /// Our tables, and those of our VPCs.
    async fn tables(self, tagged: &Tagged, vpcs: &BTreeSet<String>) -> Result<Vec<RouteTable>> {
        let mut all = Vec::new();
        if !vpcs.is_empty() {
            all = family::tables(self, vec![filter("vpc-id", vpcs)]).await?;
        }
        let mut rest = tagged.of("route-table");
        for table in &all {
            rest.remove(table.route_table_id().unwrap_or_default());
        }
        if !rest.is_empty() {
            all.extend(family::tables(self, vec![filter("route-table-id", &rest)]).await?);
        }
        Ok(all)
    }

    /// Where what is ours lies in a VPC of somebody's, a subnet may stand in a table of theirs, and a table of theirs lead to a NAT
    /// gateway. One deployment can have both kinds of VPC, if its spec has changed half way.
    async fn tables_of_others(
        self,
        scope: Scope<'_>,
        view: &View,
        vpcs: &BTreeSet<String>,
    ) -> Result<Vec<RouteTable>> {
        let is_theirs = |vpc: Option<&str>| vpc.is_none_or(|vpc| !vpcs.contains(vpc));
        let routes = scope.wants(&[Kind::Route, Kind::RouteReplacement]);
        let subnets = view.subnets.all().filter(|(_, it)| is_theirs(it.vpc_id()));
        let nats = view.nats.all().filter(|(_, it)| routes && is_theirs(it.vpc_id()));
        let (standing, leading) = tokio::join!(
            self.tables_by("association.subnet-id", subnets.map(|(id, _)| id).collect()),
            self.tables_by("route.nat-gateway-id", nats.map(|(id, _)| id).collect()),
        );
        let mut all = standing?;
        all.extend(leading?);
        Ok(all)
    }

    async fn tables_by(self, name: &str, values: BTreeSet<&str>) -> Result<Vec<RouteTable>> {
        if values.is_empty() {
            return Ok(Vec::new());
        }
        family::tables(self, vec![filter(name, values)]).await
    }

    /// Our rules, and whatever opens our groups.
    async fn rules(self, tagged: &Tagged) -> Result<Vec<aws_sdk_ec2::types::SecurityGroupRule>> {
        let groups = tagged.of("security-group");
        let mut all = Vec::new();
        if !groups.is_empty() {
            all = family::rules(self, vec![filter("group-id", &groups)]).await?;
        }
        let mut rest = tagged.of("security-group-rule");
        for rule in &all {
            rest.remove(rule.security_group_rule_id().unwrap_or_default());
        }
        if !rest.is_empty() {
            let rest = vec![filter("security-group-rule-id", &rest)];
            all.extend(family::rules(self, rest).await?);
        }
        Ok(all)
    }

    /// Our connections, and those that wait for our VPCs: their tags are on the other side.
    async fn peerings(
        self,
        tagged: &Tagged,
        vpcs: &BTreeSet<String>,
    ) -> Result<Vec<VpcPeeringConnection>> {
        let ids = tagged.of("vpc-peering-connection");
        if ids.is_empty() && vpcs.is_empty() {
            return Ok(Vec::new());
        }
        // One call for both: filters can only be joined by "and", and a region has few.
        let live =
            ["initiating-request", "pending-acceptance", "provisioning", "active", "deleting"];
        let all = family::peerings(self, vec![filter("status-code", live)]).await?;
        let is_ours = |it: &VpcPeeringConnection| {
            let ends = [it.requester_vpc_info(), it.accepter_vpc_info()];
            let mut ends = ends.into_iter().flatten().filter_map(|end| end.vpc_id());
            it.vpc_peering_connection_id().is_some_and(|id| ids.contains(id))
                || ends.any(|vpc| vpcs.contains(vpc))
        };
        Ok(all.into_iter().filter(is_ours).collect())
    }

    /// The load balancers and target groups whose names begin so.
    pub(crate) async fn named_alike(
        self,
        prefix: &str,
    ) -> Result<(Vec<LoadBalancer>, Vec<TargetGroup>)> {
        let mut want = Want::default();
        want.balancers_here.insert(HERE.to_owned());
        want.groups_here.insert(HERE.to_owned());
        let view = View::look(self, &want).await;
        let mut balancers = view.balancers_here.get(HERE)?.cloned().unwrap_or_default();
        balancers.retain(|it| it.load_balancer_name().is_some_and(|it| it.starts_with(prefix)));
        let mut groups = view.groups_here.get(HERE)?.cloned().unwrap_or_default();
        groups.retain(|it| it.target_group_name().is_some_and(|it| it.starts_with(prefix)));
        Ok((balancers, groups))
    }

    /// Everything of the load balancing API.
    pub(crate) async fn balancing(self, scope: Scope<'_>) -> Result<View> {
        if !has_balancing(scope) {
            return Ok(View::default());
        }
        let prefix = tags::name_prefix(scope.deployment);
        let (balancers, groups) = self.named_alike(&prefix).await?;
        let mut in_front: BTreeSet<String> =
            groups.iter().flat_map(TargetGroup::load_balancer_arns).cloned().collect();
        in_front.extend(balancers.iter().filter_map(|it| it.load_balancer_arn.clone()));
        let arns: BTreeSet<String> =
            groups.iter().filter_map(|it| it.target_group_arn.clone()).collect();
        let listeners = in_front.iter().map(|arn| family::listeners_of(self, arn));
        let (listeners, targets) = tokio::join!(
            futures_util::future::join_all(listeners),
            family::targets_by_group(self, &arns)
        );
        let mut view = View::default();
        let mut tagged: BTreeSet<String> = arns;
        tagged.extend(balancers.iter().filter_map(|it| it.load_balancer_arn.clone()));
        for listeners in listeners {
            for listener in listeners? {
                let arn = listener.listener_arn().unwrap_or_default().to_owned();
                view.listeners.put(arn.clone(), listener);
                tagged.insert(arn);
            }
        }
        for (arn, targets) in targets? {
            view.targets.put(arn, targets);
        }
        for balancer in balancers {
            let arn = balancer.load_balancer_arn.clone().unwrap_or_default();
            view.balancers.put(arn, Balancer::There(Box::new(balancer)));
        }
        for group in groups {
            view.target_groups.put(group.target_group_arn.clone().unwrap_or_default(), group);
        }
        if !tagged.is_empty() {
            for (arn, tags) in family::elb_tags_by_arn(self, &tagged).await? {
                view.elb_tags.put(arn, tags);
            }
        }
        Ok(view)
    }
}

/// Whether anything of the load balancing API is looked for.
pub(crate) fn has_balancing(scope: Scope<'_>) -> bool {
    scope.kinds.iter().any(|kind| kind.facts().api == Api::LoadBalancing)
}

#[cfg(test)]
mod tests {
    use accel_core::backend::NetworkBackend as _;
    use accel_core::{Place, Side};

    use super::*;
    use crate::answers::{Answers, wait};

    /// A table of somebody's that leads to a NAT gateway.
    const TABLE: &str = "<routeTableSet><item><routeTableId>rtb-1</routeTableId><vpcId>vpc-theirs</vpcId><routeSet><item>\
        <destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><natGatewayId>nat-1</natGatewayId><origin>CreateRoute</origin>\
        </item></routeSet></item></routeTableSet>";

    /// The ids of a listing where a VPC and a NAT gateway carry the deployment's tag, and how often tables were asked for by
    /// gateway.
    fn listed(vpc_of_nat: &str) -> (Vec<String>, usize) {
        let tag = |more: &str| {
            format!("<item>{more}<key>{}</key><value>guests</value></item>", tags::DEPLOYMENT)
        };
        let of = |of: &str, id: &str| {
            tag(&format!("<resourceId>{id}</resourceId><resourceType>{of}</resourceType>"))
        };
        let tagged =
            format!("<tagSet>{}{}</tagSet>", of("vpc", "vpc-ours"), of("natgateway", "nat-1"));
        let mine = format!("<state>available</state><tagSet>{}</tagSet>", tag(""));
        let vpcs = format!("<vpcSet><item><vpcId>vpc-ours</vpcId>{mine}</item></vpcSet>");
        let nat = format!("<natGatewayId>nat-1</natGatewayId><vpcId>{vpc_of_nat}</vpcId>{mine}");
        let nats = format!("<natGatewaySet><item>{nat}</item></natGatewaySet>");
        let answers = Answers::default()
            .to("DescribeTags", "", &tagged)
            .to("DescribeVpcs", "", &vpcs)
            .to("DescribeNatGateways", "", &nats)
            .to("DescribeRouteTables", "route.nat-gateway-id", TABLE);
        let place = Place::new(Side::Service, "eu-central-1");
        let deployment = DeploymentId::parse("guests").expect("it is a name");
        let kinds = [Kind::Vpc, Kind::NatGateway, Kind::Route];
        let scope = Scope { deployment: &deployment, place: &place, kinds: &kinds };
        let found = wait(answers.aws().list(scope)).expect("it can be listed").found;
        let ids = found.iter().map(|it| it.id.to_string()).collect();
        (ids, answers.asked("route.nat-gateway-id"))
    }

    /// A deployment was built in a network of somebody's, and then, from a changed spec, begun in one of its own.
    #[test]
    fn a_route_in_somebodys_table_is_listed_beside_a_network_of_our_own() {
        let (ids, asked) = listed("vpc-theirs");
        assert_eq!(
            (ids.contains(&"rtb-1/0.0.0.0/0@nat-1".to_owned()), asked),
            (true, 1),
            "{ids:?}"
        );
    }

    #[test]
    fn in_a_network_of_our_own_nobodys_tables_are_asked_for() {
        assert_eq!(listed("vpc-ours").1, 0);
    }
}
