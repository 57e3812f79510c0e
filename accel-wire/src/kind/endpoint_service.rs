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

const INTERFACE: &str = "Interface";

/// A service, by its name and one of the types of endpoint that it has: of a name with two types there are two.
/// Source: `ServiceDetail`, `ServiceType`; Gateway endpoints, AWS `PrivateLink` guide.
type Detail = (String, &'static str, Offered);

fn types(it: &Offered) -> impl Iterator<Item = &'static str> + use<> {
    [INTERFACE].into_iter().chain(it.gateway.then_some("Gateway"))
}

fn describe(asked: &Asked<'_>) -> Result<Act> {
    let names = asked.texts("ServiceName");
    let filters = Filter::read_any(asked)?;
    let unknown = filters.iter().find(|filter| !FILTERS.contains(&filter.name()));
    unknown.map_or(Ok(()), |filter| Err(Refusal::unknown_filter(filter.name())))?;
    asked.only("MaxResults", "1000")?;
    Ok(Box::new(move |turn| {
        let (region, offers) = (&turn.caller.region, &turn.world.settings().offers);
        let all = offers.full_names(region).into_iter();
        let found: Vec<Detail> = all
            .filter_map(|name| Some((name.clone(), offers.service(region, &name)?)))
            .flat_map(|(name, it)| types(&it).map(move |of| (name.clone(), of, it.clone())))
            .collect();
        if let Some(missing) = names.iter().find(|name| found.iter().all(|(it, ..)| it != *name)) {
            let message = format!("The Vpc Endpoint Service '{missing}' does not exist");
            return Err(Refusal::new("InvalidServiceName", message));
        }
        let takes = |filter: &Filter, name: &str, of: &str| match filter.name() {
            "service-name" => filter.takes_value(name),
            "service-type" => filter.takes_value(of),
            _ => filter.takes_value("amazon"),
        };
        let asked_for = |(name, of, _): &&Detail| {
            (names.is_empty() || names.contains(name))
                && filters.iter().all(|filter| takes(filter, name, of))
        };
        let found: Vec<_> = found.iter().filter(asked_for).collect();
        turn.show(|view, xml| {
            let names: BTreeSet<&String> = found.iter().map(|(name, ..)| name).collect();
            xml.values("serviceNameSet", names);
            xml.set("serviceDetailSet", &found, |xml, detail| show(view, detail, xml));
        });
        Ok(())
    }))
}

fn show(view: View<'_>, (name, of, it): &Detail, xml: &mut Xml) {
    let region = &view.caller.region;
    let zone_ids: BTreeSet<String> =
        it.zones.iter().map(|zone| zone_id(view, region, zone)).collect();
    xml.field("serviceName", name);
    xml.field("serviceId", format!("vpce-svc-{}", super::stable_hex(&format!("{of} {name}"))));
    xml.set("serviceType", [of], |xml, of| xml.field("serviceType", of));
    xml.field("serviceRegion", region);
    xml.values("availabilityZoneIdSet", zone_ids);
    xml.values("availabilityZoneSet", &it.zones);
    xml.field("owner", "amazon");
    let short = name.rsplit_once(&format!("{region}.")).map_or(name.as_str(), |(_, short)| short);
    if *of == INTERFACE {
        xml.values("baseEndpointDnsNameSet", [format!("{short}.{region}.vpce.amazonaws.com")]);
        xml.maybe("privateDnsName", it.hosts.first());
        xml.set("privateDnsNameSet", &it.hosts, |xml, host| xml.field("privateDnsName", host));
        xml.field("privateDnsNameVerificationState", "verified");
        xml.values("supportedIpAddressTypeSet", ["ipv4"]);
    } else {
        // A gateway has no names of its own: it is a route to those of the service.
        xml.values("baseEndpointDnsNameSet", it.hosts.first());
    }
    xml.field("vpcEndpointPolicySupported", it.policy_supported);
    xml.field("acceptanceRequired", false);
    xml.field("managesVpcEndpoints", false);
}
