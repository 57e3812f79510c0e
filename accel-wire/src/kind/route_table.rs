//! Route tables, with their associations and routes.

use accel_core::resource::Kind;
use accel_mock::{Body, RouteTable, Sight, State};

use super::{route, route_table_association as association};
use crate::action::{Act, Action};
use crate::asked::Asked;
use crate::family::{Family, Row, Rows, describe};
use crate::refusal::Result;
use crate::service::Service::Ec2;
use crate::xml::Xml;

pub(super) const ACTIONS: &[Action] = &[
    Action::changes(Ec2, "CreateRouteTable", create),
    Action::looks(Ec2, "DescribeRouteTables", |asked| describe(&TABLES, asked)),
    Action::changes(Ec2, "DeleteRouteTable", |asked| {
        super::delete(asked, "RouteTableId", Kind::RouteTable)
    }),
];

static TABLES: Family = Family {
    ids: "RouteTableId",
    missing: "InvalidRouteTableID.NotFound",
    also: &[],
    set: "routeTableSet",
    filters: &[
        ("route-table-id", |row| vec![row.id.clone()]),
        ("vpc-id", |row| vec![row.view.id(of(row).vpc).to_owned()]),
        ("owner-id", |row| vec![row.thing.account().to_string()]),
        ("association.main", |row| {
            association::all(row, Sight::List).map(|it| it.subnet.is_none().to_string()).collect()
        }),
        ("association.route-table-association-id", |row| {
            association::all(row, Sight::List).map(|it| it.id).collect()
        }),
        ("association.subnet-id", |row| {
            association::all(row, Sight::List).filter_map(|it| it.subnet).collect()
        }),
        ("association.route-table-id", |row| {
            association::all(row, Sight::List).map(|_| row.id.clone()).collect()
        }),
        ("route.destination-cidr-block", |row| {
            route::all(row).map(|(route, _)| route.destination.to_string()).collect()
        }),
        ("route.destination-prefix-list-id", |row| {
            route::lists(row).map(|(list, _)| list).collect()
        }),
        ("route.nat-gateway-id", |row| route::targets(row, "natGatewayId")),
        ("route.state", route::states),
        ("route.gateway-id", |row| route::targets(row, "gatewayId")),
        ("route.vpc-peering-connection-id", |row| route::targets(row, "vpcPeeringConnectionId")),
    ],
    rows: Rows::Things(Kind::RouteTable),
    show,
};

fn create(asked: &Asked<'_>) -> Result<Act> {
    let (vpc, token) = (asked.need("VpcId")?, asked.text("ClientToken"));
    let tags = asked.tags_for("route-table")?;
    Ok(Box::new(move |turn| {
        let vpc = turn.world.require(turn.caller, Kind::Vpc, &vpc, None)?.key();
        let body = Body::RouteTable(RouteTable { vpc, main: false });
        let key = turn.make(body, tags, token.clone())?;
        turn.show(|view, xml| {
            let row = Row::new(view, view.thing(key), State::Ready);
            xml.group("routeTable", |xml| show(&row, xml));
            xml.maybe("clientToken", token);
        });
        Ok(())
    }))
}

pub(super) fn of<'w>(row: &Row<'w>) -> &'w RouteTable {
    let Body::RouteTable(table) = row.thing.body() else { unreachable!("a row of tables") };
    table
}

fn show(row: &Row<'_>, xml: &mut Xml) {
    xml.field("routeTableId", &row.id);
    xml.field("vpcId", row.view.id(of(row).vpc));
    xml.field("ownerId", row.thing.account());
    route::show_all(row, xml);
    xml.set("associationSet", association::all(row, Sight::List), |xml, it| {
        association::show(&row.id, &it, xml);
    });
    xml.group("propagatingVgwSet", |_| ());
    row.show_tags(xml);
}
