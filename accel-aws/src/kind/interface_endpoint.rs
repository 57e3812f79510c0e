//! Interface endpoint.

use std::net::Ipv4Addr;

use accel_core::backend::Request;
use accel_core::resource::{Attributes, EndpointAttributes, EndpointInterface, Kind};
use accel_core::{RemoteId, Result, resource};
use aws_sdk_ec2::types::{NetworkInterface, SubnetConfiguration, VpcEndpointType};

use super::{Shown, endpoint};
use crate::call::At;
use crate::differences::Differences;
use crate::family::Endpoint;
use crate::tags::from_ec2;
use crate::view::{View, Want};

pub(super) async fn create(
    at: At<'_>,
    request: &Request<'_>,
    asked: &resource::InterfaceEndpoint,
) -> Result<String> {
    let id =
        |subnet: &accel_core::Ref<resource::Subnet>| request.inputs.id(subnet).as_str().to_owned();
    // In a subnet for which none is given, the cloud picks the address.
    let configuration = |it: &resource::EndpointSubnet| {
        let address = it.address?.to_string();
        Some(SubnetConfiguration::builder().subnet_id(id(&it.subnet)).ipv4(address).build())
    };
    let subnets = asked.subnets.iter();
    let groups = asked.groups.iter().map(|it| request.inputs.id(it).as_str().to_owned());
    // Left out, the type is Gateway and the group the VPC's default one.
    let call = at
        .ec2()
        .create_vpc_endpoint()
        .vpc_endpoint_type(VpcEndpointType::Interface)
        .vpc_id(request.inputs.id(&asked.vpc).as_str())
        .service_name(&asked.service)
        .set_subnet_ids(Some(subnets.clone().map(|it| id(&it.subnet)).collect()))
        .set_subnet_configurations(Some(subnets.filter_map(configuration).collect()))
        .set_security_group_ids(Some(groups.collect()))
        .private_dns_enabled(asked.private_dns);
    endpoint::create(at, request, call).await
}

pub(super) async fn candidates(
    at: At<'_>,
    request: &Request<'_>,
    _asked: &resource::InterfaceEndpoint,
) -> Result<Vec<String>> {
    endpoint::candidates(at, request).await
}

pub(super) fn wants(id: &str, want: &mut Want) {
    want.endpoints.insert(id.to_owned());
}

pub(super) fn show(view: &View, id: &RemoteId) -> Result<Option<Shown>> {
    let Some(it) = view.endpoints.get(id.as_str())? else { return Ok(None) };
    let Some(phase) = endpoint::phase(&it.endpoint, || attributes(it, id)) else {
        return Ok(None);
    };
    let shown = Shown::new(phase)
        .tagged(from_ec2(it.endpoint.tags()))
        .refers(Kind::Vpc, &id.place, it.endpoint.vpc_id())
        .refers(Kind::Subnet, &id.place, it.endpoint.subnet_ids().iter().map(String::as_str));
    let groups = it.endpoint.groups().iter().filter_map(|group| group.group_id());
    Ok(Some(shown.refers(Kind::SecurityGroup, &id.place, groups)))
}

fn attributes(it: &Endpoint, id: &RemoteId) -> Attributes {
    let interface = |interface: &NetworkInterface| {
        Some(EndpointInterface {
            subnet: super::id(Kind::Subnet, &id.place, interface.subnet_id()?),
            address: interface.private_ip_address()?.parse().ok()?,
        })
    };
    let names = it.endpoint.dns_entries().iter().filter_map(|entry| entry.dns_name());
    Attributes::InterfaceEndpoint(EndpointAttributes {
        interfaces: it.interfaces.iter().filter_map(interface).collect(),
        dns_names: names.map(str::to_owned).collect(),
    })
}

pub(super) fn compare(
    view: &View,
    id: &RemoteId,
    request: &Request<'_>,
    asked: &resource::InterfaceEndpoint,
    found: &mut Differences,
) -> Result<()> {
    let Some(it) = view.endpoints.get(id.as_str())? else { return Ok(()) };
    let text = |id: RemoteId| id.as_str().to_owned();
    endpoint::compare(&it.endpoint, &request.inputs.id(&asked.vpc), &asked.service, found);
    let subnets = asked.subnets.iter().map(|it| text(request.inputs.id(&it.subnet))).collect();
    found.set("subnets", subnets, it.endpoint.subnet_ids().to_vec());
    for subnet in &asked.subnets {
        let lies = request.inputs.id(&subnet.subnet);
        let address = it.interfaces.iter().find(|it| it.subnet_id() == Some(lies.as_str()));
        let address = address.and_then(|it| it.private_ip_address()?.parse::<Ipv4Addr>().ok());
        if let (Some(asked), Some(is)) = (subnet.address, address) {
            found.field("address", &asked, &is);
        }
    }
    let groups = asked.groups.iter().map(|group| text(request.inputs.id(group))).collect();
    let is = it.endpoint.groups().iter().filter_map(|group| group.group_id());
    found.set("groups", groups, is.map(str::to_owned).collect());
    let private = it.endpoint.private_dns_enabled().unwrap_or_default();
    found.field("private_dns", &asked.private_dns, &private);
    Ok(())
}

pub(super) async fn delete(at: At<'_>, id: &str) -> Result<()> {
    endpoint::delete(at, id).await
}
