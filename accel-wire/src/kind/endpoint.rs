//! Endpoints of a VPC, of either type: the API has the same actions for both.

use accel_core::resource::Kind;
use accel_mock::{Body, EndpointPolicy, Key, Setting, State, Thing};

use super::{endpoint_table, gateway_endpoint, interface_endpoint, state};
use crate::action::{Act, Action, Turn};
use crate::asked::Asked;
use crate::family::{Family, Row, Rows, describe};
use crate::refusal::{Refusal, Result};
use crate::service::Service::Ec2;
use crate::xml::Xml;

pub(super) const ACTIONS: &[Action] = &[
    Action::changes(Ec2, "CreateVpcEndpoint", create),
    Action::looks(Ec2, "DescribeVpcEndpoints", |asked| describe(&ENDPOINTS, asked)),
    Action::changes(Ec2, "ModifyVpcEndpoint", modify),
    Action::changes(Ec2, "DeleteVpcEndpoints", delete),
];

/// What an id of an endpoint can name.
const KINDS: &[Kind] = &[Kind::InterfaceEndpoint, Kind::GatewayEndpoint];

static ENDPOINTS: Family = Family {
    ids: "VpcEndpointId",
    missing: "InvalidVpcEndpointId.NotFound",
    also: &[],
    set: "vpcEndpointSet",
    filters: &[
        ("vpc-endpoint-id", |row| vec![row.id.clone()]),
        ("vpc-id", |row| vec![row.view.id(parts(row.thing).vpc).to_owned()]),
        ("service-name", |row| vec![parts(row.thing).service.to_owned()]),
        ("vpc-endpoint-state", |row| vec![state(row.state).to_owned()]),
        ("vpc-endpoint-type", |row| vec![parts(row.thing).of_type.to_owned()]),
        ("ip-address-type", |_| vec!["ipv4".to_owned()]),
    ],
    rows: Rows::AnyOf(KINDS),
    show,
};

/// What endpoints of both types have.
struct Parts<'w> {
    vpc: Key,
    service: &'w str,
    of_type: &'static str,
    policy: Option<&'w str>,
}

fn parts(thing: &Thing) -> Parts<'_> {
    if let Body::InterfaceEndpoint(it) = thing.body() {
        let (vpc, service, policy) = (it.vpc, &it.service, it.policy.as_deref());
        return Parts { vpc, service, of_type: "Interface", policy };
    }
    let Body::GatewayEndpoint(it) = thing.body() else { unreachable!("a row of endpoints") };
    let (vpc, service, policy) = (it.vpc, &it.service, it.policy.as_deref());
    Parts { vpc, service, of_type: "Gateway", policy }
}

fn create(asked: &Asked<'_>) -> Result<Act> {
    // Left out, it is a gateway endpoint. Source: `CreateVpcEndpoint`, `VpcEndpointType`.
    match asked.text("VpcEndpointType").as_deref() {
        None | Some("Gateway") => gateway_endpoint::create(asked),
        Some("Interface") => interface_endpoint::create(asked),
        Some(other) => Err(Refusal::not_simulated(format!("VpcEndpointType={other}"))),
    }
}

/// The answer of a create.
pub(super) fn show_made(turn: &mut Turn<'_>, key: Key, token: Option<String>) {
    turn.show(|view, xml| {
        let thing = view.thing(key);
        let row = Row::new(view, thing, view.world.state(thing));
        xml.group("vpcEndpoint", |xml| show(&row, xml));
        xml.maybe("clientToken", token);
    });
}

/// The policy of an endpoint, and the tables of a gateway endpoint: all that the call asks for, or nothing.
fn modify(asked: &Asked<'_>) -> Result<Act> {
    let id = asked.need("VpcEndpointId")?;
    let policy = asked.text("PolicyDocument");
    let reset = asked.parsed("ResetPolicy")?.unwrap_or_default();
    let (add, remove) = (asked.texts("AddRouteTableId"), asked.texts("RemoveRouteTableId"));
    if policy.is_some() && reset {
        let message = "PolicyDocument and ResetPolicy do not go together.";
        return Err(Refusal::new("InvalidParameterCombination", message));
    }
    // Source: `ModifyVpcEndpoint`, `ResetPolicy`: the default policy allows full access.
    let policy = policy.or_else(|| reset.then(|| OPEN.to_owned()));
    Ok(Box::new(move |turn| {
        if policy.is_none() && add.is_empty() && remove.is_empty() {
            return Err(Refusal::missing("PolicyDocument"));
        }
        turn.all_or_none(|world, caller| {
            let find = |kind: &Kind| world.require(caller, *kind, &id, None).map(Thing::key);
            let found = KINDS.iter().map(find).reduce(Result::or);
            let endpoint = found.expect("endpoints have types")?;
            if let Some(policy) = policy {
                world.set(caller, Setting::EndpointPolicy(EndpointPolicy { endpoint, policy }))?;
            }
            endpoint_table::remove(world, caller, endpoint, &remove)?;
            endpoint_table::add(world, caller, endpoint, &add)
        })?;
        turn.done();
        Ok(())
    }))
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
            let shown = |kind: &&Kind| turn.world.shown_by_id(turn.caller, **kind, &id).is_some();
            let kind = KINDS.iter().find(shown).copied().unwrap_or(Kind::InterfaceEndpoint);
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

/// Who may use an endpoint without a policy of its own. Source: Control access to VPC endpoints using endpoint policies, default
/// policy.
const OPEN: &str =
    r#"{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}"#;

fn show(row: &Row<'_>, xml: &mut Xml) {
    let (endpoint, view) = (parts(row.thing), row.view);
    xml.field("vpcEndpointId", &row.id);
    xml.field("vpcEndpointType", endpoint.of_type);
    xml.field("vpcId", view.id(endpoint.vpc));
    xml.field("serviceName", endpoint.service);
    xml.field("serviceRegion", &view.caller.region);
    xml.field("state", state(row.state));
    xml.field("policyDocument", endpoint.policy.unwrap_or(OPEN));
    xml.values("routeTableIdSet", endpoint_table::all(row).map(|(_, _, table)| table));
    interface_endpoint::show(row, xml);
    xml.field("requesterManaged", false);
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
