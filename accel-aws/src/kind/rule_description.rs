//! Setting: the text beside a security group rule.

use accel_core::backend::Request;
use accel_core::resource::Kind;
use accel_core::{Error, ErrorKind, RemoteId, Result, resource};
use aws_sdk_ec2::types::SecurityGroupRuleDescription;

use super::{Shown, of_parent, parts};
use crate::call::At;
use crate::differences::Differences;
use crate::view::{View, Want};

pub(super) fn text(request: &Request<'_>, asked: &resource::RuleDescription) -> String {
    format!("{}/description", request.inputs.id(&asked.rule))
}

/// Each direction has a call of its own, which wants the group too: a look tells both.
pub(super) async fn set(
    at: At<'_>,
    request: &Request<'_>,
    asked: &resource::RuleDescription,
) -> Result<()> {
    const INGRESS: &str = "UpdateSecurityGroupRuleDescriptionsIngress";
    const EGRESS: &str = "UpdateSecurityGroupRuleDescriptionsEgress";
    let id = request.inputs.id(&asked.rule);
    let mut want = Want::default();
    want.rules.insert(id.as_str().to_owned());
    let view = View::look(at, &want).await;
    let Some(rule) = view.rules.get(id.as_str())? else {
        let why = format!("the rule {id} does not show yet");
        return Err(Error::new(ErrorKind::NotYet, why).operation(INGRESS).place(at.place.clone()));
    };
    let group = rule.group_id().unwrap_or_default();
    let description = SecurityGroupRuleDescription::builder()
        .security_group_rule_id(id.as_str())
        .description(&asked.description)
        .build();
    if rule.is_egress().unwrap_or_default() {
        let call = at.ec2().update_security_group_rule_descriptions_egress().group_id(group);
        let call = call.security_group_rule_descriptions(description);
        at.make(EGRESS, call.send()).await.map(drop)
    } else {
        let call = at.ec2().update_security_group_rule_descriptions_ingress().group_id(group);
        let call = call.security_group_rule_descriptions(description);
        at.make(INGRESS, call.send()).await.map(drop)
    }
}

pub(super) fn wants(id: &str, want: &mut Want) {
    want.rules.insert(parts(id).0.to_owned());
}

pub(super) fn wants_for(request: &Request<'_>, asked: &resource::RuleDescription, want: &mut Want) {
    want.rules.insert(request.inputs.id(&asked.rule).as_str().to_owned());
}

pub(super) fn show(view: &View, id: &RemoteId) -> Result<Option<Shown>> {
    of_parent(view, Kind::SecurityGroupRule, id)
}

pub(super) fn compare(
    view: &View,
    request: &Request<'_>,
    asked: &resource::RuleDescription,
    found: &mut Differences,
) -> Result<()> {
    let rule = request.inputs.id(&asked.rule);
    if let Some(rule) = view.rules.get(rule.as_str())? {
        let is = rule.description().unwrap_or_default();
        found.field("description", asked.description.as_str(), is);
    }
    Ok(())
}
