//! Tags of the EC2 API: written, taken away, and found on everything at once.

use accel_core::resource::Kind;
use accel_core::tags::Tags;
use accel_mock::{ExtraTags, Key, Setting, Sight};

use crate::action::{Act, Action, Turn, View};
use crate::asked::Asked;
use crate::family::{id_in, tags_of, token};
use crate::filter::Filter;
use crate::refusal::{Refusal, Result};
use crate::service::Service::Ec2;

pub(super) const ACTIONS: &[Action] = &[
    Action::changes(Ec2, "CreateTags", create),
    Action::changes(Ec2, "DeleteTags", delete),
    Action::looks(Ec2, "DescribeTags", describe),
];

/// What can carry tags: the beginning of its ids, its kind, and its name. Source: `TagDescription`, `ResourceType`.
pub(super) const TAGGABLE: &[(&str, Kind, &str)] = &[
    ("vpc", Kind::Vpc, "vpc"),
    ("subnet", Kind::Subnet, "subnet"),
    ("igw", Kind::InternetGateway, "internet-gateway"),
    ("rtb", Kind::RouteTable, "route-table"),
    ("sg", Kind::SecurityGroup, "security-group"),
    ("sgr", Kind::SecurityGroupRule, "security-group-rule"),
    ("vpce", Kind::InterfaceEndpoint, "vpc-endpoint"),
    ("vpce", Kind::GatewayEndpoint, "vpc-endpoint"),
    ("nat", Kind::NatGateway, "natgateway"),
    ("pcx", Kind::PeeringConnection, "vpc-peering-connection"),
    ("eipalloc", Kind::ElasticIp, "elastic-ip"),
];

/// The thing of an id, and whether its other side is meant.
pub(super) fn member(turn: &Turn<'_>, id: &str) -> Result<(Key, bool)> {
    let prefix = id.rsplit_once('-').map_or("", |(prefix, _)| prefix);
    let of = TAGGABLE.iter().filter(|(beginning, ..)| *beginning == prefix);
    let require = |(_, kind, _): &(_, Kind, _)| turn.world.require(turn.caller, *kind, id, None);
    // Endpoints of both types have ids of one form.
    let Some(thing) = of.map(require).reduce(Result::or) else {
        return Err(Refusal::new("InvalidID", format!("The ID '{id}' is not valid")));
    };
    let thing = thing?;
    Ok((thing.key(), !turn.caller.is_at(thing)))
}

fn members(turn: &Turn<'_>, ids: &[String]) -> Result<Vec<(Key, bool)>> {
    ids.iter().map(|id| member(turn, id)).collect()
}

fn create(asked: &Asked<'_>) -> Result<Act> {
    let (ids, tags) = (asked.texts("ResourceId"), asked.tags("Tag")?);
    if ids.is_empty() {
        return Err(Refusal::missing("ResourceId"));
    }
    Ok(Box::new(move |turn| {
        let members = members(turn, &ids)?;
        turn.world.set(turn.caller, Setting::ExtraTags(ExtraTags { members, tags }))?;
        turn.done();
        Ok(())
    }))
}

fn delete(asked: &Asked<'_>) -> Result<Act> {
    let ids = asked.texts("ResourceId");
    let mut tags = Vec::new();
    for tag in asked.items("Tag") {
        tags.push((tag.need("Key")?, tag.text("Value")));
    }
    Ok(Box::new(move |turn| {
        for (key, other_side) in members(turn, &ids)? {
            // Without any named, all go. Source: `DeleteTags`, `Tags`.
            let all = tags_of(turn.view(), turn.world.thing(key));
            let all: Vec<_> = all.keys().map(|tag| (tag.clone(), None)).collect();
            for (tag, value) in if tags.is_empty() { &all } else { &tags } {
                turn.world.untag(key, other_side, tag, value.as_deref());
            }
        }
        turn.done();
        Ok(())
    }))
}

/// One tag of one thing.
#[derive(Debug)]
struct Tag<'w> {
    id: &'w str,
    all: &'w Tags,
    of: &'static str,
    key: &'w str,
    value: &'w str,
}

impl Tag<'_> {
    fn passes(&self, filter: &Filter) -> bool {
        match filter.name() {
            "key" => filter.takes_value(self.key),
            "value" => filter.takes_value(self.value),
            "resource-id" => filter.takes_value(self.id),
            "resource-type" => filter.takes_value(self.of),
            _ => filter.takes_tags(self.all),
        }
    }

    /// Where it stands among all.
    fn place(&self) -> String {
        format!("{}\n{}", self.id, self.key)
    }
}

/// What else can carry tags, as far as the world holds any of it.
fn stranger_type(id: &str) -> &'static str {
    let types = [("nat-", "natgateway"), ("dopt-", "dhcp-options"), ("i-", "instance")];
    let known = types.into_iter().find(|(beginning, _)| id.starts_with(beginning));
    known.map_or("network-interface", |(_, of)| of)
}

fn tags<'w>(view: View<'w>) -> Vec<Tag<'w>> {
    let known = TAGGABLE.iter().flat_map(|(_, kind, of)| {
        let shown = view.world.shown(view.caller, *kind, Sight::List);
        shown.map(move |(thing, _)| (thing.id(), *of, tags_of(view, thing)))
    });
    let strangers =
        view.world.strangers(view.caller).map(|(id, tags)| (id, stranger_type(id), tags));
    let tags_of = |(id, of, all): (&'w str, &'static str, &'w Tags)| {
        all.iter().map(move |(key, value)| Tag { id, all, of, key, value })
    };
    known.chain(strangers).flat_map(tags_of).collect()
}

fn describe(asked: &Asked<'_>) -> Result<Act> {
    let filters = Filter::read_any(asked)?;
    let known = |name: &str| {
        ["key", "value", "resource-id", "resource-type"].contains(&name) || name.starts_with("tag:")
    };
    if let Some(unknown) = filters.iter().find(|filter| !known(filter.name())) {
        return Err(Refusal::unknown_filter(unknown.name()));
    }
    let size: usize = asked.parsed("MaxResults")?.unwrap_or(1000);
    let after = asked.text("NextToken").as_deref().and_then(id_in);
    Ok(Box::new(move |turn| {
        turn.show(|view, xml| {
            let mut all = tags(view);
            all.retain(|tag| filters.iter().all(|filter| tag.passes(filter)));
            all.sort_by_cached_key(Tag::place);
            all.retain(|tag| after.as_ref().is_none_or(|after| tag.place() > *after));
            let more = all.len() > size;
            all.truncate(size);
            let next = all.last().filter(|_| more).map(|last| token(&last.place()));
            xml.set("tagSet", &all, |xml, tag| {
                xml.field("resourceId", tag.id);
                xml.field("resourceType", tag.of);
                xml.field("key", tag.key);
                xml.field("value", tag.value);
            });
            xml.maybe("nextToken", next);
        });
        Ok(())
    }))
}
