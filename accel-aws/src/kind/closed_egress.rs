//! Setting: the removal of a new group's allow-all egress rule.

use accel_core::backend::Request;
use accel_core::resource::Kind;
use accel_core::{RemoteId, Result, resource};
use aws_sdk_ec2::types::{IpPermission, IpRange};

use super::{Shown, of_parent, parts};
use crate::call::At;
use crate::differences::Differences;
use crate::view::{View, Want};

const EVERYWHERE: &str = "0.0.0.0/0";
const EVERYTHING: &str = "-1";

pub(super) fn text(request: &Request<'_>, asked: &resource::ClosedEgress) -> String {
    format!("{}/closed_egress", request.inputs.id(&asked.group))
}

/// By content: the rule's id is nobody's to know without a look. What is not there any more is as asked.
/// Source: `RevokeSecurityGroupEgress`.
pub(super) async fn set(
    at: At<'_>,
    request: &Request<'_>,
    asked: &resource::ClosedEgress,
) -> Result<()> {
    let everything = IpPermission::builder()
        .ip_protocol(EVERYTHING)
        .ip_ranges(IpRange::builder().cidr_ip(EVERYWHERE).build())
        .build();
    let call = at
        .ec2()
        .revoke_security_group_egress()
        .group_id(request.inputs.id(&asked.group).as_str())
        .ip_permissions(everything);
    match at.make("RevokeSecurityGroupEgress", call.send()).await {
        Err(error) if error.provider_code() == Some("InvalidPermission.NotFound") => Ok(()),
        answer => answer.map(drop),
    }
}

pub(super) fn wants(id: &str, want: &mut Want) {
    want.groups.insert(parts(id).0.to_owned());
}

pub(super) fn wants_for(request: &Request<'_>, asked: &resource::ClosedEgress, want: &mut Want) {
    want.groups.insert(request.inputs.id(&asked.group).as_str().to_owned());
}

pub(super) fn show(view: &View, id: &RemoteId) -> Result<Option<Shown>> {
    of_parent(view, Kind::SecurityGroup, id)
}

pub(super) fn compare(
    view: &View,
    request: &Request<'_>,
    asked: &resource::ClosedEgress,
    found: &mut Differences,
) -> Result<()> {
    let group = request.inputs.id(&asked.group);
    let Some(group) = view.groups.get(group.as_str())? else { return Ok(()) };
    let is_open = |it: &IpPermission| {
        let anywhere = it.ip_ranges().iter().any(|range| range.cidr_ip() == Some(EVERYWHERE));
        it.ip_protocol() == Some(EVERYTHING) && anywhere
    };
    let open = group.ip_permissions_egress().iter().any(is_open);
    found.field("lets_everything_out", &false, &open);
    Ok(())
}
