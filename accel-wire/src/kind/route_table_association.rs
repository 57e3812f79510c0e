//! Associations of subnets with route tables.

use accel_core::resource::Kind;
use accel_mock::{Body, RouteTableAssociation, Sight, State};

use super::route_table;
use crate::action::{Act, Action};
use crate::asked::Asked;
use crate::family::Row;
use crate::refusal::Result;
use crate::service::Service::Ec2;
use crate::xml::Xml;

pub(super) const ACTIONS: &[Action] = &[
    Action::changes(Ec2, "AssociateRouteTable", associate),
    Action::changes(Ec2, "DisassociateRouteTable", |asked| {
        super::delete(asked, "AssociationId", Kind::RouteTableAssociation)
    }),
];

/// An association, as its table shows it; the main one has no subnet.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) id: String,
    pub(super) subnet: Option<String>,
    state: State,
    failure: Option<String>,
}

/// The associations of a table.
pub(super) fn all<'w>(row: &Row<'w>, sight: Sight) -> impl Iterator<Item = Shown> + use<'w> {
    let view = row.view;
    let id = super::derived("rtbassoc", &row.id);
    let main = Shown { id, subnet: None, state: State::Ready, failure: None };
    let main = route_table::of(row).main.then_some(main);
    let parts = view.world.shown_parts(row.thing.key(), Kind::RouteTableAssociation, sight);
    main.into_iter().chain(parts.filter_map(move |(part, state)| {
        let Body::RouteTableAssociation(it) = part.body() else { return None };
        Some(Shown {
            id: part.id().to_owned(),
            subnet: Some(view.id(it.subnet).to_owned()),
            state,
            failure: part.failure().map(str::to_owned),
        })
    }))
}

fn associate(asked: &Asked<'_>) -> Result<Act> {
    let (table, subnet) = (asked.need("RouteTableId")?, asked.need("SubnetId")?);
    Ok(Box::new(move |turn| {
        let (world, caller) = (&*turn.world, turn.caller);
        let table = world.require(caller, Kind::RouteTable, &table, None)?.key();
        let subnet = world.require(caller, Kind::Subnet, &subnet, None)?.key();
        let body = Body::RouteTableAssociation(RouteTableAssociation { table, subnet });
        let key = turn.make(body, [].into(), None)?;
        turn.show(|view, xml| {
            xml.field("associationId", view.id(key));
            xml.group("associationState", |xml| xml.field("state", "associated"));
        });
        Ok(())
    }))
}

pub(super) fn show(table: &str, it: &Shown, xml: &mut Xml) {
    let state = match it.state {
        State::Pending => "associating",
        State::Ready => "associated",
        State::Failed => "failed",
        State::Deleting => "disassociating",
        State::Gone => "disassociated",
    };
    xml.field("routeTableAssociationId", &it.id);
    xml.field("routeTableId", table);
    xml.maybe("subnetId", it.subnet.as_ref());
    xml.field("main", it.subnet.is_none());
    xml.group("associationState", |xml| {
        xml.field("state", state);
        if it.state == State::Failed {
            xml.maybe("statusMessage", it.failure.as_ref());
        }
    });
}
