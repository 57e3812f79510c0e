//! Internet gateways.

use accel_core::resource::Kind;
use accel_mock::{Body, InternetGateway, Sight, State};

use crate::action::{Act, Action};
use crate::asked::Asked;
use crate::family::{Family, Row, Rows, describe};
use crate::refusal::Result;
use crate::service::Service::Ec2;
use crate::xml::Xml;

pub(super) const ACTIONS: &[Action] = &[
    Action::changes(Ec2, "CreateInternetGateway", create),
    Action::looks(Ec2, "DescribeInternetGateways", |asked| describe(&GATEWAYS, asked)),
    Action::changes(Ec2, "DeleteInternetGateway", |asked| {
        super::delete(asked, "InternetGatewayId", Kind::InternetGateway)
    }),
];

static GATEWAYS: Family = Family {
    ids: "InternetGatewayId",
    missing: "InvalidInternetGatewayID.NotFound",
    also: &[],
    set: "internetGatewaySet",
    filters: &[
        ("internet-gateway-id", |row| vec![row.id.clone()]),
        ("attachment.vpc-id", vpcs),
        // The wire says `available`, whatever the model says. Source: `DescribeInternetGateways`, `attachment.state`.
        ("attachment.state", |row| vpcs(row).iter().map(|_| "available".to_owned()).collect()),
        ("owner-id", |row| vec![row.thing.account().to_string()]),
    ],
    rows: Rows::Things(Kind::InternetGateway),
    show,
};

fn create(asked: &Asked<'_>) -> Result<Act> {
    let tags = asked.tags_for("internet-gateway")?;
    Ok(Box::new(move |turn| {
        let key = turn.make(Body::InternetGateway(InternetGateway {}), tags, None)?;
        turn.show(|view, xml| {
            let row = Row::new(view, view.thing(key), State::Ready);
            xml.group("internetGateway", |xml| show(&row, xml));
        });
        Ok(())
    }))
}

/// The VPCs that it is attached to: one, at most.
fn vpcs(row: &Row<'_>) -> Vec<String> {
    let view = row.view;
    let parts = view.world.shown_parts(row.thing.key(), Kind::GatewayAttachment, Sight::List);
    let attachments = parts.filter_map(|(part, _)| view.world.attachment(part.key()));
    attachments.map(|it| view.id(it.vpc).to_owned()).collect()
}

fn show(row: &Row<'_>, xml: &mut Xml) {
    xml.field("internetGatewayId", &row.id);
    xml.field("ownerId", row.thing.account());
    xml.set("attachmentSet", vpcs(row), |xml, vpc| {
        xml.field("vpcId", vpc);
        xml.field("state", "available");
    });
    row.show_tags(xml);
}
