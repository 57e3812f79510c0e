//! Interface endpoints.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use accel_core::resource::{Attributes, Kind};
use accel_mock::{Body, InterfaceEndpoint, Key, State, World};

use crate::action::{Act, Action, Turn};
use crate::asked::Asked;
use crate::family::{Family, Row, Rows, describe};
use crate::refusal::{Refusal, Result};
use crate::service::Service::Ec2;
use crate::xml::Xml;

pub(super) const ACTIONS: &[Action] = &[
    Action::changes(Ec2, "CreateVpcEndpoint", create),
    Action::looks(Ec2, "DescribeVpcEndpoints", |asked| describe(&ENDPOINTS, asked)),
    Action::changes(Ec2, "DeleteVpcEndpoints", delete),
];

static ENDPOINTS: Family = Family {
    ids: "VpcEndpointId",
    missing: "InvalidVpcEndpointId.NotFound",
    also: &[],
    set: "vpcEndpointSet",
    filters: &[
        ("vpc-endpoint-id", |row| vec![row.id.clone()]),
        ("vpc-id", |row| vec![row.view.id(of(row).vpc).to_owned()]),
        ("service-name", |row| vec![of(row).service.clone()]),
        ("vpc-endpoint-state", |row| vec![state(row.state).to_owned()]),
        ("vpc-endpoint-type", |_| vec!["Interface".to_owned()]),
        ("ip-address-type", |_| vec!["ipv4".to_owned()]),
    ],
    rows: Rows::Things(Kind::InterfaceEndpoint),
    show,
};

/// A create, as it was asked.
#[derive(Debug)]
struct Wanted {
    vpc: String,
    service: String,
    subnets: Vec<String>,
    addresses: BTreeMap<String, Ipv4Addr>,
    groups: Vec<String>,
    private_dns: bool,
    policy: Option<String>,
}

fn create(asked: &Asked<'_>) -> Result<Act> {
    // Left out, it is a gateway endpoint. Source: `CreateVpcEndpoint`, `VpcEndpointType`.
    let kind = asked.text("VpcEndpointType").unwrap_or_else(|| "Gateway".to_owned());
    if kind != "Interface" {
        return Err(Refusal::not_simulated(format!("VpcEndpointType={kind}")));
    }
    asked.only("IpAddressType", "ipv4")?;
    asked.part("DnsOptions").only("DnsRecordIpType", "ipv4")?;
    let (mut subnets, mut addresses) = (asked.texts("SubnetId"), BTreeMap::new());
    for configuration in asked.items("SubnetConfiguration") {
        let subnet = configuration.need("SubnetId")?;
        if let Some(address) = configuration.parsed("Ipv4")? {
            addresses.insert(subnet.clone(), address);
        }
        if !subnets.contains(&subnet) {
            subnets.push(subnet);
        }
    }
    let wanted = Wanted {
        vpc: asked.need("VpcId")?,
        service: asked.need("ServiceName")?,
        subnets,
        addresses,
        groups: asked.texts("SecurityGroupId"),
        // Source: `CreateVpcEndpoint`, `PrivateDnsEnabled` ("Default: true").
        private_dns: asked.parsed("PrivateDnsEnabled")?.unwrap_or(true),
        policy: asked.text("PolicyDocument"),
    };
    let (token, tags) = (asked.text("ClientToken"), asked.tags_for("vpc-endpoint")?);
    Ok(Box::new(move |turn| {
        let body = Body::InterfaceEndpoint(wanted.body(turn, token.as_deref())?);
        let key = turn.make(body, tags, token.clone())?;
        turn.show(|view, xml| {
            let thing = view.thing(key);
            let row = Row::new(view, thing, view.world.state(thing));
            xml.group("vpcEndpoint", |xml| show(&row, xml));
            xml.maybe("clientToken", token);
        });
        Ok(())
    }))
}

impl Wanted {
    fn body(self, turn: &Turn<'_>, token: Option<&str>) -> Result<InterfaceEndpoint> {
        let (world, caller) = (&*turn.world, turn.caller);
        let vpc = world.require(caller, Kind::Vpc, &self.vpc, None)?.key();
        let earlier = token.and_then(|token| world.made_with_token(caller, token));
        let mut subnets = Vec::with_capacity(self.subnets.len());
        for id in &self.subnets {
            let key = world.require(caller, Kind::Subnet, id, None)?.key();
            let address = self.addresses.get(id).copied();
            let address = address.or_else(|| address_in(world, earlier, key));
            let address = address.or_else(|| world.next_free(key)).ok_or_else(|| {
                let message = format!("There are no free addresses in subnet '{id}'.");
                Refusal::new("InsufficientFreeAddressesInSubnet", message)
            })?;
            subnets.push((key, address));
        }
        let mut groups = Vec::with_capacity(self.groups.len());
        for id in &self.groups {
            groups.push(world.require(caller, Kind::SecurityGroup, id, None)?.key());
        }
        if groups.is_empty() {
            // Source: `CreateVpcEndpoint`, `SecurityGroupIds`: the default group of the VPC.
            groups.extend(world.default_group(vpc));
        }
        let Self { service, private_dns, policy, .. } = self;
        Ok(InterfaceEndpoint { vpc, service, subnets, groups, private_dns, policy })
    }
}

/// The address that an earlier call with the same token was given: the cloud's choice is no parameter.
fn address_in(world: &World, earlier: Option<Key>, subnet: Key) -> Option<Ipv4Addr> {
    let Body::InterfaceEndpoint(endpoint) = world.thing(earlier?).body() else { return None };
    endpoint.subnets.iter().find(|(key, _)| *key == subnet).map(|(_, address)| *address)
}

const MISSING_IN_A_BATCH: &str = "InvalidVpcEndpoint.NotFound";

/// Answers with success, and names what it did not delete; what is not there has a code of its own in that list.
/// Source: `DeleteVpcEndpoints`, `Unsuccessful`; Error codes for the Amazon EC2 API; `resourceVPCEndpointDelete` of Terraform's AWS provider.
fn delete(asked: &Asked<'_>) -> Result<Act> {
    let ids = asked.texts("VpcEndpointId");
    if ids.is_empty() {
        return Err(Refusal::missing("VpcEndpointId"));
    }
    Ok(Box::new(move |turn| {
        let mut refused = Vec::new();
        for id in ids {
            let kind = Kind::InterfaceEndpoint;
            let found = turn.world.require(turn.caller, kind, &id, Some(MISSING_IN_A_BATCH));
            let found = found.map(drop);
            if let Err(error) = found.and_then(|()| turn.world.unmake(turn.caller, kind, &id)) {
                refused.push((id, Refusal::from(error)));
            }
        }
        turn.answer.xml.set("unsuccessful", refused, |xml, (id, refusal)| {
            xml.group("error", |xml| {
                xml.field("code", refusal.code);
                xml.field("message", refusal.message);
            });
            xml.field("resourceId", id);
        });
        Ok(())
    }))
}

fn of<'w>(row: &Row<'w>) -> &'w InterfaceEndpoint {
    let Body::InterfaceEndpoint(endpoint) = row.thing.body() else {
        unreachable!("a row of endpoints")
    };
    endpoint
}

/// As the wire writes them: lower case, whatever the model says.
fn state(state: State) -> &'static str {
    match state {
        State::Pending => "pending",
        State::Ready => "available",
        State::Failed => "failed",
        State::Deleting => "deleting",
        State::Gone => "deleted",
    }
}

/// Who may use an endpoint without a policy of its own. Source: Control access to VPC endpoints using endpoint policies, default
/// policy.
const OPEN: &str =
    r#"{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}"#;

fn show(row: &Row<'_>, xml: &mut Xml) {
    let (endpoint, view) = (of(row), row.view);
    xml.field("vpcEndpointId", &row.id);
    xml.field("vpcEndpointType", "Interface");
    xml.field("vpcId", view.id(endpoint.vpc));
    xml.field("serviceName", &endpoint.service);
    xml.field("serviceRegion", &view.caller.region);
    xml.field("state", state(row.state));
    xml.field("policyDocument", endpoint.policy.as_deref().unwrap_or(OPEN));
    xml.group("routeTableIdSet", |_| ());
    xml.values("subnetIdSet", endpoint.subnets.iter().map(|(key, _)| view.id(*key)));
    xml.set("groupSet", &endpoint.groups, |xml, key| super::show_group(view, *key, xml));
    xml.field("ipAddressType", "ipv4");
    xml.group("dnsOptions", |xml| xml.field("dnsRecordIpType", "ipv4"));
    xml.field("privateDnsEnabled", endpoint.private_dns);
    xml.field("requesterManaged", false);
    let interfaces = view.world.interfaces_of(row.thing.key());
    xml.values("networkInterfaceIdSet", interfaces.map(accel_mock::Interface::id));
    let names = if let Attributes::InterfaceEndpoint(it) = view.world.attributes(row.thing) {
        it.dns_names
    } else {
        Vec::new()
    };
    xml.set("dnsEntrySet", names, |xml, name| {
        xml.field("dnsName", name);
        xml.field("hostedZoneId", "Z00000000000000000000");
    });
    xml.field("creationTimestamp", view.birth.after(row.thing.created()));
    xml.field("ownerId", row.thing.account());
    if row.state == State::Failed {
        let why = row.thing.failure().unwrap_or_default();
        xml.field("failureReason", why);
        xml.group("lastError", |xml| {
            xml.field("message", why);
            xml.field("code", "InternalError");
        });
    }
    row.show_tags(xml);
}
