//! Attributes of a VPC that decide which names resolve in it: one per call.

use accel_core::resource::Kind;
use accel_mock::{Body, Setting, VpcDnsHostnames};

use crate::action::{Act, Action};
use crate::asked::Asked;
use crate::refusal::{Refusal, Result};
use crate::service::Service::Ec2;

pub(super) const ACTIONS: &[Action] = &[
    Action::changes(Ec2, "ModifyVpcAttribute", modify),
    Action::looks(Ec2, "DescribeVpcAttribute", describe),
];

fn modify(asked: &Asked<'_>) -> Result<Act> {
    let id = asked.need("VpcId")?;
    let hostnames: Option<bool> = asked.part("EnableDnsHostnames").parsed("Value")?;
    let support: Option<bool> = asked.part("EnableDnsSupport").parsed("Value")?;
    asked.part("EnableNetworkAddressUsageMetrics").only("Value", "false")?;
    if hostnames.is_some() && support.is_some() {
        let message = "Only one attribute may be modified per call.";
        return Err(Refusal::new("InvalidParameterCombination", message));
    }
    Ok(Box::new(move |turn| {
        let vpc = turn.world.require(turn.caller, Kind::Vpc, &id, None)?.key();
        if let Some(on) = hostnames {
            let setting = Setting::VpcDnsHostnames(VpcDnsHostnames { vpc, on });
            turn.world.set(turn.caller, setting)?;
        }
        if let Some(on) = support {
            turn.world.change(&id, |body| {
                if let Body::Vpc(vpc) = body {
                    vpc.dns_support = on;
                }
            });
        }
        turn.done();
        Ok(())
    }))
}

fn describe(asked: &Asked<'_>) -> Result<Act> {
    let (vpc, attribute) = (asked.need("VpcId")?, asked.need("Attribute")?);
    Ok(Box::new(move |turn| {
        let thing = turn.world.require(turn.caller, Kind::Vpc, &vpc, None)?;
        let Body::Vpc(body) = thing.body() else { unreachable!("a VPC was required") };
        let value = match attribute.as_str() {
            "enableDnsHostnames" => body.dns_hostnames,
            "enableDnsSupport" => body.dns_support,
            "enableNetworkAddressUsageMetrics" => false,
            other => return Err(Refusal::value("attribute", other)),
        };
        let xml = &mut turn.answer.xml;
        xml.field("vpcId", vpc);
        xml.group(&attribute, |xml| xml.field("value", value));
        Ok(())
    }))
}
