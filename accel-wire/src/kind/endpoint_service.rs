//! Services that can have an endpoint.

use std::collections::BTreeSet;

use accel_mock::Service as Offered;

use super::availability_zone::zone_id;
use crate::action::{Act, Action, View};
use crate::asked::Asked;
use crate::filter::Filter;
use crate::refusal::{Refusal, Result};
use crate::service::Service::Ec2;
use crate::xml::Xml;

pub(super) const ACTIONS: &[Action] =
    &[Action::looks(Ec2, "DescribeVpcEndpointServices", describe)];

/// Source: `DescribeVpcEndpointServices`, `Filters`.
const FILTERS: &[&str] = &["service-name", "service-type", "owner"];

fn describe(asked: &Asked<'_>) -> Result<Act> {
    let names = asked.texts("ServiceName");
    let filters = Filter::read_any(asked)?;
    let unknown = filters.iter().find(|filter| !FILTERS.contains(&filter.name()));
    unknown.map_or(Ok(()), |filter| Err(Refusal::unknown_filter(filter.name())))?;
    asked.only("MaxResults", "1000")?;
    Ok(Box::new(move |turn| {
        let (region, offers) = (&turn.caller.region, &turn.world.settings().offers);
        let all = offers.full_names(region).into_iter();
        let found: Vec<(String, Offered)> =
            all.filter_map(|name| Some((name.clone(), offers.service(region, &name)?))).collect();
        if let Some(missing) = names.iter().find(|name| found.iter().all(|(it, _)| it != *name)) {
            let message = format!("The Vpc Endpoint Service '{missing}' does not exist");
            return Err(Refusal::new("InvalidServiceName", message));
        }
        let takes = |filter: &Filter, name: &str| match filter.name() {
            "service-name" => filter.takes_value(name),
            "service-type" => filter.takes_value("Interface"),
            _ => filter.takes_value("amazon"),
        };
        let asked_for = |(name, _): &&(String, Offered)| {
            (names.is_empty() || names.contains(name))
                && filters.iter().all(|filter| takes(filter, name))
        };
        let found: Vec<_> = found.iter().filter(asked_for).collect();
        turn.show(|view, xml| {
            xml.values("serviceNameSet", found.iter().map(|(name, _)| name));
            xml.set("serviceDetailSet", &found, |xml, (name, it)| show(view, name, it, xml));
        });
        Ok(())
    }))
}

fn show(view: View<'_>, name: &str, it: &Offered, xml: &mut Xml) {
    let region = &view.caller.region;
    let zone_ids: BTreeSet<String> =
        it.zones.iter().map(|zone| zone_id(view, region, zone)).collect();
    xml.field("serviceName", name);
    xml.field("serviceId", format!("vpce-svc-{}", super::stable_hex(name)));
    xml.set("serviceType", ["Interface"], |xml, of| xml.field("serviceType", of));
    xml.field("serviceRegion", region);
    xml.values("availabilityZoneIdSet", zone_ids);
    xml.values("availabilityZoneSet", &it.zones);
    xml.field("owner", "amazon");
    let short = name.rsplit_once(&format!("{region}.")).map_or(name, |(_, short)| short);
    xml.values("baseEndpointDnsNameSet", [format!("{short}.{region}.vpce.amazonaws.com")]);
    xml.maybe("privateDnsName", it.hosts.first());
    xml.set("privateDnsNameSet", &it.hosts, |xml, host| xml.field("privateDnsName", host));
    xml.field("vpcEndpointPolicySupported", it.policy_supported);
    xml.field("acceptanceRequired", false);
    xml.field("managesVpcEndpoints", false);
    xml.field("privateDnsNameVerificationState", "verified");
    xml.values("supportedIpAddressTypeSet", ["ipv4"]);
}
