//! Tags of the load balancing API.

use accel_mock::{ExtraTags, Key, Setting};

use super::balancing::{arn_of, kind_of, named};
use crate::action::{Act, Action, Turn};
use crate::asked::Asked;
use crate::refusal::{Refusal, Result};
use crate::service::Service::LoadBalancing;
use crate::xml::Xml;

pub(super) const ACTIONS: &[Action] = &[
    Action::changes(LoadBalancing, "AddTags", add),
    Action::changes(LoadBalancing, "RemoveTags", remove),
    Action::looks(LoadBalancing, "DescribeTags", describe),
];

fn read_arns(asked: &Asked<'_>) -> Result<Vec<String>> {
    let arns = asked.texts("ResourceArns");
    if arns.is_empty() {
        return Err(Refusal::missing("ResourceArns"));
    }
    // Source: `DescribeTags`: "You can specify up to 20 resources in a single call".
    if arns.len() > 20 {
        return Err(Refusal::new("ValidationError", "No more than 20 resources per call"));
    }
    Ok(arns)
}

fn keys(turn: &Turn<'_>, arns: &[String]) -> Result<Vec<Key>> {
    arns.iter().map(|arn| named(turn, kind_of(arn).0, arn).map(accel_mock::Thing::key)).collect()
}

fn add(asked: &Asked<'_>) -> Result<Act> {
    let (arns, tags) = (read_arns(asked)?, asked.tags("Tags")?);
    Ok(Box::new(move |turn| {
        let members = keys(turn, &arns)?.into_iter().map(|key| (key, false)).collect();
        let setting = Setting::ExtraTags(ExtraTags { members, tags });
        Ok(turn.world.set(turn.caller, setting)?)
    }))
}

fn remove(asked: &Asked<'_>) -> Result<Act> {
    let (arns, tags) = (read_arns(asked)?, asked.texts("TagKeys"));
    Ok(Box::new(move |turn| {
        for key in keys(turn, &arns)? {
            for tag in &tags {
                turn.world.untag(key, false, tag, None);
            }
        }
        Ok(())
    }))
}

fn describe(asked: &Asked<'_>) -> Result<Act> {
    let arns = read_arns(asked)?;
    Ok(Box::new(move |turn| {
        let keys = keys(turn, &arns)?;
        let view = turn.view();
        let mut xml = Xml::default();
        xml.members("TagDescriptions", keys, |xml, key| {
            let thing = view.thing(key);
            xml.field("ResourceArn", arn_of(view, thing));
            xml.members("Tags", thing.tags().iter(), |xml, (key, value)| {
                xml.field("Key", key);
                xml.field("Value", value);
            });
        });
        turn.answer.xml = xml;
        Ok(())
    }))
}
