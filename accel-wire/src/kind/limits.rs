//! How many of each there may be: limits of the load balancing API, and Service Quotas.

use accel_mock::Quotas;
use serde_json::{Value, json};

use crate::action::{Act, Action, View};
use crate::asked::Asked;
use crate::refusal::{Refusal, Result};
use crate::service::Service::{LoadBalancing, Quotas as ServiceQuotas};

pub(super) const ACTIONS: &[Action] = &[
    Action::looks(LoadBalancing, "DescribeAccountLimits", describe_account_limits),
    Action::looks(ServiceQuotas, "ListServiceQuotas", list),
    Action::looks(ServiceQuotas, "GetServiceQuota", get),
];

type Limit = fn(&Quotas) -> u32;

/// Source: `DescribeAccountLimits`, names of limits.
const BALANCING: &[(&str, Limit)] = &[
    ("network-load-balancers", |quotas| quotas.balancers),
    ("target-groups", |quotas| quotas.target_groups),
    ("listeners-per-network-load-balancer", |quotas| quotas.listeners),
    ("targets-per-network-load-balancer", |quotas| quotas.targets),
];

/// Service, code, name and limit. Source: Service Quotas, quota codes.
const QUOTAS: &[(&str, &str, &str, Limit)] = &[
    ("vpc", "L-F678F1CE", "VPCs per Region", |quotas| quotas.vpcs),
    ("vpc", "L-A4707A72", "Internet gateways per Region", |quotas| quotas.gateways),
    ("vpc", "L-E79EC296", "VPC security groups per Region", |quotas| quotas.groups),
    ("vpc", "L-29B6F2EB", "Interface VPC endpoints per VPC", |quotas| quotas.endpoints),
    ("vpc", "L-1B52E74A", "Gateway VPC endpoints per Region", |quotas| quotas.gateway_endpoints),
    ("vpc", "L-FE5A380F", "NAT gateways per Availability Zone", |quotas| quotas.nats_per_zone),
    ("ec2", "L-0263D0A3", "EC2-VPC Elastic IPs", |quotas| quotas.addresses),
];

fn describe_account_limits(asked: &Asked<'_>) -> Result<Act> {
    asked.only("PageSize", "400")?;
    Ok(Box::new(|turn| {
        turn.show(|view, xml| {
            let quotas = &view.world.settings().quotas;
            xml.members("Limits", BALANCING, |xml, (name, limit)| {
                xml.field("Name", name);
                xml.field("Max", limit(quotas));
            });
        });
        Ok(())
    }))
}

fn quota(view: View<'_>, (service, code, name, limit): &(&str, &str, &str, Limit)) -> Value {
    let caller = view.caller;
    let resource = format!("{service}/{code}");
    json!({
        "ServiceCode": service,
        "ServiceName": service,
        "QuotaArn": super::arn(&caller.region, &caller.account, "servicequotas", &resource),
        "QuotaCode": code,
        "QuotaName": name,
        "Value": f64::from(limit(&view.world.settings().quotas)),
        "Unit": "None",
        "Adjustable": true,
        "GlobalQuota": false,
    })
}

fn no_such() -> Refusal {
    let message = "The request failed because the specified service or quota does not exist.";
    Refusal::new("NoSuchResourceException", message)
}

fn list(asked: &Asked<'_>) -> Result<Act> {
    let service = asked.need("ServiceCode")?;
    asked.only("MaxResults", "100")?;
    Ok(Box::new(move |turn| {
        let of_service: Vec<_> = QUOTAS.iter().filter(|(of, ..)| *of == service).collect();
        if of_service.is_empty() {
            return Err(no_such());
        }
        let quotas: Vec<Value> = of_service.into_iter().map(|it| quota(turn.view(), it)).collect();
        turn.answer.json = json!({ "Quotas": quotas });
        Ok(())
    }))
}

fn get(asked: &Asked<'_>) -> Result<Act> {
    let (service, code) = (asked.need("ServiceCode")?, asked.need("QuotaCode")?);
    Ok(Box::new(move |turn| {
        let found = QUOTAS.iter().find(|(of, it, ..)| *of == service && *it == code);
        let found = quota(turn.view(), found.ok_or_else(no_such)?);
        turn.answer.json = json!({ "Quota": found });
        Ok(())
    }))
}
