//! VPC peering connections.

use accel_core::resource::Kind;
use accel_core::{AccountId, Region};
use accel_mock::{Body, Caller, Key, PeeringConnection, State};

use crate::action::{Act, Action, View};
use crate::asked::Asked;
use crate::family::{Family, Row, Rows, describe};
use crate::refusal::Result;
use crate::service::Service::Ec2;
use crate::xml::Xml;

pub(super) const ACTIONS: &[Action] = &[
    Action::changes(Ec2, "CreateVpcPeeringConnection", create),
    Action::looks(Ec2, "DescribeVpcPeeringConnections", |asked| describe(&PEERINGS, asked)),
    Action::changes(Ec2, "DeleteVpcPeeringConnection", |asked| {
        super::delete(asked, "VpcPeeringConnectionId", Kind::PeeringConnection)
    }),
];

static PEERINGS: Family = Family {
    ids: "VpcPeeringConnectionId",
    missing: "InvalidVpcPeeringConnectionID.NotFound",
    also: &[],
    set: "vpcPeeringConnectionSet",
    filters: &[
        ("vpc-peering-connection-id", |row| vec![row.id.clone()]),
        ("status-code", |row| vec![row.view.world.peering_status(row.thing).0.to_owned()]),
        ("status-message", |row| vec![row.view.world.peering_status(row.thing).1.to_owned()]),
        ("requester-vpc-info.vpc-id", |row| vec![row.view.id(of(row).requester).to_owned()]),
        ("accepter-vpc-info.vpc-id", |row| vec![row.view.id(of(row).accepter).to_owned()]),
        ("requester-vpc-info.owner-id", |row| vec![owner(row.view, of(row).requester)]),
        ("accepter-vpc-info.owner-id", |row| vec![owner(row.view, of(row).accepter)]),
        ("requester-vpc-info.cidr-block", |row| cidr(row.view, of(row).requester)),
        ("accepter-vpc-info.cidr-block", |row| cidr(row.view, of(row).accepter)),
    ],
    rows: Rows::Things(Kind::PeeringConnection),
    show,
};

fn create(asked: &Asked<'_>) -> Result<Act> {
    let (vpc, peer) = (asked.need("VpcId")?, asked.need("PeerVpcId")?);
    let owner = asked.text("PeerOwnerId").map(AccountId::from);
    let region = asked.text("PeerRegion").map(Region::from);
    let tags = asked.tags_for("vpc-peering-connection")?;
    Ok(Box::new(move |turn| {
        let (world, caller) = (&*turn.world, turn.caller);
        let there = Caller {
            account: owner.unwrap_or_else(|| caller.account.clone()),
            region: region.unwrap_or_else(|| caller.region.clone()),
        };
        let requester = world.require(caller, Kind::Vpc, &vpc, None)?.key();
        let accepter = world.refer(&there, Kind::Vpc, &peer)?.key();
        let body = PeeringConnection {
            requester,
            accepter,
            accepted: None,
            accepter_tags: [].into(),
            doomed: false,
        };
        let key = turn.make(Body::PeeringConnection(body), tags, None)?;
        turn.show(|view, xml| show_one(view, key, xml));
        Ok(())
    }))
}

fn of<'w>(row: &Row<'w>) -> &'w PeeringConnection {
    let Body::PeeringConnection(peering) = row.thing.body() else {
        unreachable!("a row of peering connections")
    };
    peering
}

fn owner(view: View<'_>, vpc: Key) -> String {
    view.thing(vpc).account().to_string()
}

fn cidr(view: View<'_>, vpc: Key) -> Vec<String> {
    let Body::Vpc(vpc) = view.thing(vpc).body() else { return Vec::new() };
    vec![vpc.cidr.to_string()]
}

pub(super) fn show_one(view: View<'_>, key: Key, xml: &mut Xml) {
    let row = Row::new(view, view.thing(key), State::Ready);
    xml.group("vpcPeeringConnection", |xml| show(&row, xml));
}

fn show(row: &Row<'_>, xml: &mut Xml) {
    let (peering, view) = (of(row), row.view);
    let (code, message) = view.world.peering_status(row.thing);
    xml.field("vpcPeeringConnectionId", &row.id);
    xml.group("requesterVpcInfo", |xml| show_end(view, peering.requester, true, xml));
    // What is on the other side is told once somebody there has said yes. Source: `DescribeVpcPeeringConnections`, examples.
    let told = peering.accepted.is_some();
    xml.group("accepterVpcInfo", |xml| show_end(view, peering.accepter, told, xml));
    xml.group("status", |xml| {
        xml.field("code", code);
        xml.field("message", message);
    });
    if matches!(code, "initiating-request" | "pending-acceptance") {
        let expiry = view.world.settings().delays.peering_expiry;
        xml.field("expirationTime", view.birth.after(row.thing.created() + expiry));
    }
    row.show_tags(xml);
}

fn show_end(view: View<'_>, vpc: Key, whole: bool, xml: &mut Xml) {
    let thing = view.thing(vpc);
    xml.field("ownerId", thing.account());
    xml.field("vpcId", thing.id());
    xml.field("region", &thing.place().region);
    if whole {
        let blocks = cidr(view, vpc);
        xml.maybe("cidrBlock", blocks.first());
        xml.set("cidrBlockSet", &blocks, |xml, block| xml.field("cidrBlock", block));
        xml.group("peeringOptions", |xml| {
            xml.field("allowDnsResolutionFromRemoteVpc", false);
            xml.field("allowEgressFromLocalClassicLinkToRemoteVpc", false);
            xml.field("allowEgressFromLocalVpcToRemoteClassicLink", false);
        });
    }
}
