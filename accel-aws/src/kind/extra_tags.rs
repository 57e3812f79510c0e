//! Setting: the user's tags on many resources of one API. Its id is the first one's, with an ending.

use accel_core::backend::Request;
use accel_core::resource::{Api, Kind};
use accel_core::tags::Tags;
use accel_core::{RemoteId, Result, resource};

use super::{Shown, parts, show as show_thing, wants as wants_thing};
use crate::call::At;
use crate::differences::Differences;
use crate::tags::{for_ec2, for_elb};
use crate::view::{View, Want};

fn members(request: &Request<'_>, asked: &resource::ExtraTags) -> Vec<RemoteId> {
    asked.members.iter().map(|member| request.inputs.id(member)).collect()
}

pub(super) fn text(request: &Request<'_>, asked: &resource::ExtraTags) -> String {
    let first = asked.members.first().map(|member| request.inputs.id(member));
    first.map(|first| format!("{first}/extra_tags")).unwrap_or_default()
}

/// One call for all: each API takes many at once, and tags all of them or none.
pub(super) async fn set(
    at: At<'_>,
    request: &Request<'_>,
    asked: &resource::ExtraTags,
) -> Result<()> {
    let ids: Vec<String> =
        members(request, asked).iter().map(|id| id.as_str().to_owned()).collect();
    let tags: Tags = asked.tags.clone().into();
    match asked.api {
        Api::Network => {
            let call =
                at.ec2().create_tags().set_resources(Some(ids)).set_tags(Some(for_ec2(&tags)));
            at.make("CreateTags", call.send()).await.map(drop)
        }
        Api::LoadBalancing => {
            let call =
                at.elb().add_tags().set_resource_arns(Some(ids)).set_tags(Some(for_elb(&tags)));
            at.make("AddTags", call.send()).await.map(drop)
        }
    }
}

/// What the id of a first member is of, by its form. Of an endpoint, either kind shows its tags.
fn first(id: &RemoteId) -> RemoteId {
    let text = parts(id.as_str()).0;
    let kinds = [
        ("vpc-", Kind::Vpc),
        ("subnet-", Kind::Subnet),
        ("igw-", Kind::InternetGateway),
        ("rtb-", Kind::RouteTable),
        ("sg-", Kind::SecurityGroup),
        ("sgr-", Kind::SecurityGroupRule),
        ("vpce-", Kind::InterfaceEndpoint),
        ("pcx-", Kind::PeeringConnection),
        ("eipalloc-", Kind::ElasticIp),
        ("nat-", Kind::NatGateway),
    ];
    let of_network = kinds.into_iter().find(|(prefix, _)| text.starts_with(prefix));
    let kind = of_network.map_or_else(
        || {
            if text.contains(":targetgroup/") {
                Kind::TargetGroup
            } else if text.contains(":listener/") {
                Kind::Listener
            } else {
                Kind::LoadBalancer
            }
        },
        |(_, kind)| kind,
    );
    super::id(kind, &id.place, text)
}

pub(super) fn wants(id: &str, want: &mut Want) {
    let place = accel_core::Place::new(accel_core::Side::Service, "");
    wants_thing(&first(&super::id(Kind::ExtraTags, &place, id)), want);
}

pub(super) fn wants_for(request: &Request<'_>, asked: &resource::ExtraTags, want: &mut Want) {
    for member in members(request, asked) {
        match asked.api {
            Api::Network => wants_thing(&member, want),
            Api::LoadBalancing => {
                want.elb_tags.insert(member.as_str().to_owned());
            }
        }
    }
}

pub(super) fn show(view: &View, id: &RemoteId) -> Result<Option<Shown>> {
    Ok(show_thing(view, &first(id))?.map(super::as_setting))
}

/// Tags that others have added do not matter.
pub(super) fn compare(
    view: &View,
    request: &Request<'_>,
    asked: &resource::ExtraTags,
    found: &mut Differences,
) -> Result<()> {
    for member in members(request, asked) {
        let tags = match asked.api {
            Api::Network => show_thing(view, &member)?.map(|shown| shown.tags),
            Api::LoadBalancing => view.elb_tags.get(member.as_str())?.cloned(),
        };
        let tags = tags.unwrap_or_default();
        for (key, value) in &asked.tags {
            let is = tags.get(key).map_or("", String::as_str);
            found.field(key, value.as_str(), is);
        }
    }
    Ok(())
}
