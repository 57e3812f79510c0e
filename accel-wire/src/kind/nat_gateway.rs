//! NAT gateways.

use accel_core::resource::Kind;
use accel_mock::{Body, Caller, Interface, Key, NatGateway, State, World};

use super::state;
use crate::action::{Act, Action};
use crate::asked::Asked;
use crate::family::{Family, Row, Rows, describe};
use crate::refusal::Result;
use crate::service::Service::Ec2;
use crate::xml::Xml;

pub(super) const ACTIONS: &[Action] = &[
    Action::changes(Ec2, "CreateNatGateway", create),
    Action::looks(Ec2, "DescribeNatGateways", |asked| describe(&GATEWAYS, asked)),
    Action::changes(Ec2, "DeleteNatGateway", delete),
];

/// What is deleted is among them, with its tags, for about an hour. Source: `DeleteNatGateway`.
static GATEWAYS: Family = Family {
    ids: "NatGatewayId",
    missing: "NatGatewayNotFound",
    also: &[],
    set: "natGatewaySet",
    filters: &[
        ("nat-gateway-id", |row| vec![row.id.clone()]),
        ("subnet-id", |row| vec![row.view.id(of(row).subnet).to_owned()]),
        ("vpc-id", |row| vpc(row).map(|vpc| row.view.id(vpc).to_owned()).into_iter().collect()),
        ("state", |row| vec![state(row.state).to_owned()]),
    ],
    rows: Rows::Things(Kind::NatGateway),
    show,
};

fn create(asked: &Asked<'_>) -> Result<Act> {
    asked.only("ConnectivityType", "public")?;
    asked.only("AvailabilityMode", "zonal")?;
    // A public one needs an address. Source: `CreateNatGateway`, `AllocationId`.
    let (subnet, address) = (asked.need("SubnetId")?, asked.need("AllocationId")?);
    let (token, tags) = (asked.text("ClientToken"), asked.tags_for("natgateway")?);
    Ok(Box::new(move |turn| {
        let subnet = referred(turn.world, turn.caller, Kind::Subnet, &subnet)?;
        let address = referred(turn.world, turn.caller, Kind::ElasticIp, &address)?;
        let body = Body::NatGateway(NatGateway { subnet, address });
        let key = turn.make(body, tags, token.clone())?;
        turn.show(|view, xml| {
            let thing = view.thing(key);
            let row = Row::new(view, thing, view.world.state(thing));
            xml.group("natGateway", |xml| show(&row, xml));
            xml.maybe("clientToken", token);
        });
        Ok(())
    }))
}

/// What it stands in, or takes. Where the world says so, what is not seen yet is no reason to refuse: it fails later.
fn referred(world: &World, caller: &Caller, kind: Kind, id: &str) -> Result<Key> {
    let thing = if world.settings().doubts.nat_to_unseen_fails {
        world.refer(caller, kind, id)
    } else {
        world.require(caller, kind, id, None)
    };
    Ok(thing?.key())
}

fn delete(asked: &Asked<'_>) -> Result<Act> {
    let id = asked.need("NatGatewayId")?;
    Ok(Box::new(move |turn| {
        turn.world.unmake(turn.caller, Kind::NatGateway, &id)?;
        turn.answer.xml.field("natGatewayId", id);
        Ok(())
    }))
}

fn of<'w>(row: &Row<'w>) -> &'w NatGateway {
    let Body::NatGateway(nat) = row.thing.body() else { unreachable!("a row of NAT gateways") };
    nat
}

fn vpc(row: &Row<'_>) -> Option<Key> {
    row.view.world.subnet(of(row).subnet).map(|subnet| subnet.vpc)
}

/// Source: `NatGatewayAddress`, `Status`; what is gone has none.
fn address_status(state: State) -> Option<&'static str> {
    match state {
        State::Pending => Some("associating"),
        State::Ready => Some("succeeded"),
        State::Failed => Some("failed"),
        State::Deleting => Some("disassociating"),
        State::Gone => None,
    }
}

/// A code and a message, as the world says why: a failure of the provider's own has no code there. Source: `NatGateway`, `FailureCode`.
fn failure(why: &str) -> (&str, &str) {
    let is_code = |code: &str| !code.is_empty() && !code.contains(' ');
    why.split_once(": ").filter(|(code, _)| is_code(code)).unwrap_or(("InternalError", why))
}

fn show(row: &Row<'_>, xml: &mut Xml) {
    let (nat, view) = (of(row), row.view);
    xml.field("natGatewayId", &row.id);
    xml.field("subnetId", view.id(nat.subnet));
    xml.maybe("vpcId", vpc(row).map(|vpc| view.id(vpc)));
    xml.field("state", state(row.state));
    xml.field("connectivityType", "public");
    xml.field("createTime", view.birth.after(row.thing.created()));
    let failed = row.thing.failure().filter(|_| row.state == State::Failed).map(failure);
    let ended = row.thing.removed().or(failed.map(|_| row.thing.ready()));
    xml.maybe("deleteTime", ended.map(|at| view.birth.after(at)));
    if let Some((code, message)) = failed {
        xml.field("failureCode", code);
        xml.field("failureMessage", message);
    }
    let interface = view.world.interfaces_of(row.thing.key()).next();
    xml.set("natGatewayAddressSet", [interface], |xml, interface| {
        show_address(row, interface, failed.map(|(_, message)| message), xml);
    });
    row.show_tags(xml);
}

/// The address that it was made with. Of one that failed or is gone, only that is told.
fn show_address(row: &Row<'_>, interface: Option<&Interface>, why: Option<&str>, xml: &mut Xml) {
    let (address, view) = (of(row).address, row.view);
    xml.field("allocationId", view.id(address));
    xml.field("publicIp", view.world.address_of(address));
    xml.field("isPrimary", true);
    if let Some(interface) = interface {
        xml.field("associationId", super::derived("eipassoc", view.id(address)));
        xml.field("networkInterfaceId", interface.id());
        xml.field("privateIp", interface.address());
    }
    xml.maybe("failureMessage", why);
    xml.maybe("status", address_status(row.state));
}
