//! Elastic IPs.

use accel_core::resource::Kind;
use accel_mock::{Body, ElasticIp, Holder, Interface};

use crate::action::{Act, Action};
use crate::asked::Asked;
use crate::family::{Family, Row, Rows, describe};
use crate::refusal::Result;
use crate::service::Service::Ec2;
use crate::xml::Xml;

pub(super) const ACTIONS: &[Action] = &[
    Action::changes(Ec2, "AllocateAddress", allocate),
    Action::looks(Ec2, "DescribeAddresses", |asked| describe(&ADDRESSES, asked)),
    Action::looks(Ec2, "DescribeAddressesAttribute", |asked| {
        asked.only("Attribute", "domain-name")?;
        describe(&NAMES, asked)
    }),
    Action::changes(Ec2, "DisassociateAddress", disassociate),
    Action::changes(Ec2, "ReleaseAddress", |asked| {
        asked.text("NetworkBorderGroup");
        super::delete(asked, "AllocationId", Kind::ElasticIp)
    }),
];

static ADDRESSES: Family = Family {
    ids: "AllocationId",
    missing: "InvalidAllocationID.NotFound",
    also: &[("PublicIp", "public-ip")],
    set: "addressesSet",
    filters: &[
        ("allocation-id", |row| vec![row.id.clone()]),
        ("public-ip", |row| vec![row.view.world.address_of(row.thing.key()).to_string()]),
        ("domain", |_| vec!["vpc".to_owned()]),
        ("association-id", |row| {
            holder(row).map(|_| super::derived("eipassoc", &row.id)).into_iter().collect()
        }),
        ("network-interface-id", |row| {
            holder(row).map(|it| it.id().to_owned()).into_iter().collect()
        }),
    ],
    rows: Rows::Things(Kind::ElasticIp),
    show,
};

/// The names that addresses resolve to: none has one, for there is no action that gives it.
static NAMES: Family = Family {
    ids: "AllocationId",
    missing: "InvalidAllocationID.NotFound",
    also: &[],
    set: "addressSet",
    filters: &[],
    rows: Rows::Things(Kind::ElasticIp),
    show: |row, xml| {
        xml.field("publicIp", row.view.world.address_of(row.thing.key()));
        xml.field("allocationId", &row.id);
    },
};

fn allocate(asked: &Asked<'_>) -> Result<Act> {
    asked.only("Domain", "vpc")?;
    let tags = asked.tags_for("elastic-ip")?;
    Ok(Box::new(move |turn| {
        let key = turn.make(Body::ElasticIp(ElasticIp {}), tags, None)?;
        turn.show(|view, xml| {
            xml.field("publicIp", view.world.address_of(key));
            xml.field("allocationId", view.id(key));
            xml.field("domain", "vpc");
            xml.field("publicIpv4Pool", "amazon");
            xml.field("networkBorderGroup", &view.caller.region);
        });
        Ok(())
    }))
}

fn disassociate(asked: &Asked<'_>) -> Result<Act> {
    let association = asked.need("AssociationId")?;
    Ok(Box::new(move |turn| {
        let address = association.replacen("eipassoc", "eipalloc", 1);
        turn.world.disassociate_address(turn.caller, &address, &association)?;
        turn.done();
        Ok(())
    }))
}

fn holder<'w>(row: &Row<'w>) -> Option<&'w Interface> {
    row.view.world.holder_of_address(row.thing.key())
}

fn show(row: &Row<'_>, xml: &mut Xml) {
    let view = row.view;
    xml.field("publicIp", view.world.address_of(row.thing.key()));
    xml.field("allocationId", &row.id);
    xml.field("domain", "vpc");
    xml.field("publicIpv4Pool", "amazon");
    xml.field("networkBorderGroup", &view.caller.region);
    if let Some(holder) = holder(row) {
        xml.field("associationId", super::derived("eipassoc", &row.id));
        xml.field("networkInterfaceId", holder.id());
        xml.field("networkInterfaceOwnerId", row.thing.account());
        xml.field("privateIpAddress", holder.address());
        // Source: `Address`, `ServiceManaged`: of a NAT gateway of one zone it says nothing.
        let of_balancer =
            matches!(holder.holder(), Holder::Thing(key) if view.world.balancer(*key).is_some());
        if of_balancer {
            xml.field("serviceManaged", "nlb");
        }
    }
    row.show_tags(xml);
}
