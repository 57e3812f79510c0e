//! The Resource Groups Tagging API: everything that carries tags, whatever service it is of.
//!
//! Source: `GetResources`, `GetTagKeys`, `GetTagValues`, `TagResources`, `UntagResources`. What once had tags and has none now is not
//! told, though the provider may.

use std::collections::BTreeSet;

use accel_core::resource::Kind;
use accel_mock::{ExtraTags, Key, Setting, Sight, Thing};
use serde_json::{Map, Value, json};

use super::balancing::{arn_of, kind_of, named};
use super::extra_tags::{TAGGABLE, member};
use crate::action::{Act, Action, Turn, View};
use crate::asked::Asked;
use crate::family::{id_in, tags_of, token};
use crate::refusal::{Refusal, Result};
use crate::service::Service::Tagging;

pub(super) const ACTIONS: &[Action] = &[
    Action::looks(Tagging, "GetResources", get_resources),
    Action::looks(Tagging, "GetTagKeys", get_keys),
    Action::looks(Tagging, "GetTagValues", get_values),
    Action::changes(Tagging, "TagResources", tag),
    Action::changes(Tagging, "UntagResources", untag),
];

/// The most ARNs of one call that changes tags, and of one that looks. Source: `ResourceARNListForTagUntag`, `ResourceARNListForGet`.
const CHANGED_MAX: usize = 20;
const LOOKED_AT_MAX: usize = 100;

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new("InvalidParameterException", message)
}

/// Everything with tags in the caller's account and region, by ARN.
fn tagged(view: View<'_>) -> Vec<(String, &Thing)> {
    let kinds = TAGGABLE.iter().map(|(_, kind, _)| *kind);
    let kinds = kinds.chain([Kind::LoadBalancer, Kind::TargetGroup, Kind::Listener]);
    let things = kinds.flat_map(|kind| view.world.shown(view.caller, kind, Sight::List));
    let tagged = things.filter(|(thing, _)| !tags_of(view, thing).is_empty());
    let mut all: Vec<_> = tagged.map(|(thing, _)| (arn(view, thing), thing)).collect();
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    all
}

/// The ARN of a thing, on the caller's side of it. Source: Resource types defined by Amazon EC2.
fn arn(view: View<'_>, thing: &Thing) -> String {
    let caller = view.caller;
    match TAGGABLE.iter().find(|(_, kind, _)| *kind == thing.kind()) {
        Some((_, _, of)) => {
            let resource = format!("{of}/{}", thing.id());
            super::arn(&caller.region, &caller.account, "ec2", &resource)
        }
        None => arn_of(view, thing),
    }
}

/// The service and the resource in an ARN.
fn parts(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.splitn(6, ':');
    Some((parts.nth(2)?, parts.nth(2)?))
}

/// Whether an ARN is of a type: `ec2`, `ec2:vpc`, `elasticloadbalancing:loadbalancer`, `elasticloadbalancing:loadbalancer/net`.
fn is_of_type(arn: &str, wanted: &str) -> bool {
    let Some((service, resource)) = parts(arn) else { return false };
    match wanted.split_once(':') {
        None => service == wanted,
        Some((of, kind)) => {
            let rest = resource.strip_prefix(kind);
            service == of && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        }
    }
}

/// What is asked of resources: their tags, types and ARNs.
#[derive(Debug)]
struct Wanted {
    tags: Vec<(String, Vec<String>)>,
    types: Vec<String>,
    arns: Vec<String>,
}

impl Wanted {
    fn read(asked: &Asked<'_>) -> Result<Self> {
        let mut tags = Vec::new();
        for filter in asked.items("TagFilters") {
            tags.push((filter.need("Key")?, filter.texts("Values")));
        }
        let (types, arns) = (asked.texts("ResourceTypeFilters"), asked.texts("ResourceARNList"));
        if arns.len() > LOOKED_AT_MAX {
            return Err(invalid("ResourceARNList has at most 100 ARNs"));
        }
        Ok(Self { tags, types, arns })
    }

    fn takes(&self, view: View<'_>, arn: &str, thing: &Thing) -> bool {
        let tags = tags_of(view, thing);
        let has = |(key, values): &(String, Vec<String>)| {
            tags.get(key).is_some_and(|value| values.is_empty() || values.contains(value))
        };
        self.tags.iter().all(has)
            && (self.types.is_empty() || self.types.iter().any(|of| is_of_type(arn, of)))
            && (self.arns.is_empty() || self.arns.iter().any(|it| it == arn))
    }
}

fn get_resources(asked: &Asked<'_>) -> Result<Act> {
    let wanted = Wanted::read(asked)?;
    asked.only("IncludeComplianceDetails", "false")?;
    asked.only("ExcludeCompliantResources", "false")?;
    let size: Option<usize> = asked.parsed("ResourcesPerPage")?;
    if size.is_some_and(|size| !(1..=100).contains(&size)) {
        return Err(invalid("ResourcesPerPage is 1 to 100"));
    }
    let after = read_token(asked)?;
    if !wanted.arns.is_empty() && (size.is_some() || after.is_some()) {
        return Err(invalid("ResourceARNList and pages do not go together"));
    }
    // Source: `ResourcesPerPage`, "By default, AWS sets this value to 50".
    let size = size.unwrap_or(if wanted.arns.is_empty() { 50 } else { LOOKED_AT_MAX });
    Ok(Box::new(move |turn| {
        let view = turn.view();
        let mut all = tagged(view);
        all.retain(|(arn, thing)| wanted.takes(view, arn, thing));
        all.retain(|(arn, _)| after.as_ref().is_none_or(|after| arn > after));
        let more = all.len() > size;
        all.truncate(size);
        let next = all.last().filter(|_| more).map(|(arn, _)| token(arn));
        let shown = all.iter().map(|(arn, thing)| {
            let tag = |(key, value): (&String, &String)| json!({ "Key": key, "Value": value });
            let tags: Vec<Value> = tags_of(view, thing).iter().map(tag).collect();
            json!({ "ResourceARN": arn, "Tags": tags })
        });
        let shown: Vec<Value> = shown.collect();
        let next = next.unwrap_or_default();
        turn.answer.json = json!({ "ResourceTagMappingList": shown, "PaginationToken": next });
        Ok(())
    }))
}

fn read_token(asked: &Asked<'_>) -> Result<Option<String>> {
    let Some(token) = asked.text("PaginationToken").filter(|token| !token.is_empty()) else {
        return Ok(None);
    };
    id_in(&token).map(Some).ok_or_else(|| invalid("PaginationToken is none of ours"))
}

fn get_keys(asked: &Asked<'_>) -> Result<Act> {
    asked.only("PaginationToken", "")?;
    Ok(Box::new(|turn| {
        let view = turn.view();
        let all = tagged(view);
        let keys: BTreeSet<_> = all.iter().flat_map(|(_, it)| tags_of(view, it).keys()).collect();
        turn.answer.json = json!({ "TagKeys": keys, "PaginationToken": "" });
        Ok(())
    }))
}

fn get_values(asked: &Asked<'_>) -> Result<Act> {
    let key = asked.need("Key")?;
    asked.only("PaginationToken", "")?;
    Ok(Box::new(move |turn| {
        let view = turn.view();
        let all = tagged(view);
        let values: BTreeSet<_> =
            all.iter().filter_map(|(_, it)| tags_of(view, it).get(&key)).collect();
        turn.answer.json = json!({ "TagValues": values, "PaginationToken": "" });
        Ok(())
    }))
}

/// The thing of an ARN, and whether its other side is meant.
fn find(turn: &Turn<'_>, wanted: &str) -> Result<(Key, bool)> {
    let absent = || invalid(format!("{wanted} names nothing here"));
    let (service, resource) = parts(wanted).ok_or_else(absent)?;
    let found = match service {
        "ec2" => member(turn, resource.rsplit_once('/').map_or("", |(_, id)| id))?,
        "elasticloadbalancing" => (named(turn, kind_of(wanted).0, wanted)?.key(), false),
        _ => return Err(absent()),
    };
    let view = turn.view();
    if arn(view, view.thing(found.0)) == wanted { Ok(found) } else { Err(absent()) }
}

fn read_arns(asked: &Asked<'_>) -> Result<Vec<String>> {
    let arns = asked.texts("ResourceARNList");
    if arns.is_empty() || arns.len() > CHANGED_MAX {
        return Err(invalid("ResourceARNList has 1 to 20 ARNs"));
    }
    Ok(arns)
}

/// Does it to each thing; what fails is said in the answer, and is no failure of the call.
fn each(
    turn: &mut Turn<'_>,
    arns: &[String],
    mut change: impl FnMut(&mut Turn<'_>, (Key, bool)) -> Result<()>,
) {
    let mut failed = Map::new();
    for arn in arns {
        if let Err(refusal) = find(turn, arn).and_then(|found| change(turn, found)) {
            let Refusal { code, message, status, .. } = refusal;
            let why = json!({ "StatusCode": status, "ErrorCode": code, "ErrorMessage": message });
            failed.insert(arn.clone(), why);
        }
    }
    turn.answer.json = json!({ "FailedResourcesMap": failed });
}

fn tag(asked: &Asked<'_>) -> Result<Act> {
    let (arns, tags) = (read_arns(asked)?, asked.entries("Tags"));
    if tags.is_empty() {
        return Err(invalid("Tags is empty"));
    }
    Ok(Box::new(move |turn| {
        each(turn, &arns, |turn, found| {
            let tags = tags.clone().into();
            let setting = Setting::ExtraTags(ExtraTags { members: vec![found], tags });
            Ok(turn.world.set(turn.caller, setting)?)
        });
        Ok(())
    }))
}

fn untag(asked: &Asked<'_>) -> Result<Act> {
    let (arns, keys) = (read_arns(asked)?, asked.texts("TagKeys"));
    if keys.is_empty() {
        return Err(invalid("TagKeys is empty"));
    }
    Ok(Box::new(move |turn| {
        each(turn, &arns, |turn, (key, other_side)| {
            for tag in &keys {
                turn.world.untag(key, other_side, tag, None);
            }
            Ok(())
        });
        Ok(())
    }))
}

#[cfg(test)]
mod tests {
    use super::is_of_type;

    #[test]
    fn a_type_is_a_service_or_the_beginning_of_a_resource() {
        let balancer = "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/net/lb/1";
        for (wanted, fits) in [
            ("elasticloadbalancing", true),
            ("elasticloadbalancing:loadbalancer", true),
            ("elasticloadbalancing:loadbalancer/net", true),
            ("elasticloadbalancing:loadbalancer/app", false),
            ("elasticloadbalancing:load", false),
            ("ec2", false),
            ("ec2:loadbalancer", false),
        ] {
            assert_eq!(is_of_type(balancer, wanted), fits, "{wanted}");
        }
    }
}
