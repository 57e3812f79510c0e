//! Availability zones.

use accel_core::{Region, Zone};

use crate::action::{Act, Action, View};
use crate::asked::Asked;
use crate::filter::Filter;
use crate::refusal::{Refusal, Result};
use crate::service::Service::Ec2;

pub(super) const ACTIONS: &[Action] = &[Action::looks(Ec2, "DescribeAvailabilityZones", describe)];

/// Source: `DescribeAvailabilityZones`, `Filters`.
const FILTERS: &[&str] =
    &["zone-name", "zone-id", "zone-type", "state", "region-name", "opt-in-status", "group-name"];

fn describe(asked: &Asked<'_>) -> Result<Act> {
    let names = asked.texts("ZoneName");
    let filters = Filter::read_any(asked)?;
    let unknown = filters.iter().find(|filter| !FILTERS.contains(&filter.name()));
    unknown.map_or(Ok(()), |filter| Err(Refusal::unknown_filter(filter.name())))?;
    asked.parsed::<bool>("AllAvailabilityZones")?;
    Ok(Box::new(move |turn| {
        let region = turn.caller.region.clone();
        let zones = turn.world.settings().offers.zones_of(&region);
        let known = |name: &&String| zones.iter().any(|zone| zone.as_str() == name.as_str());
        if let Some(missing) = names.iter().find(|name| !known(name)) {
            return Err(Refusal::value("ZoneName", missing));
        }
        turn.show(|view, xml| {
            let takes = |filter: &Filter, zone: &Zone| match filter.name() {
                "zone-name" => filter.takes_value(zone.as_str()),
                "zone-id" => filter.takes_value(&zone_id(view, &region, zone)),
                "zone-type" => filter.takes_value("availability-zone"),
                "state" => filter.takes_value("available"),
                "opt-in-status" => filter.takes_value("opt-in-not-required"),
                _ => filter.takes_value(region.as_str()),
            };
            let is_asked =
                |zone: &&Zone| names.is_empty() || names.iter().any(|name| name == zone.as_str());
            let zones = zones.iter().filter(is_asked);
            let zones = zones.filter(|zone| filters.iter().all(|filter| takes(filter, zone)));
            xml.set("availabilityZoneInfo", zones, |xml, zone| {
                xml.field("zoneName", zone);
                xml.field("zoneId", zone_id(view, &region, zone));
                xml.field("zoneState", "available");
                xml.field("zoneType", "availability-zone");
                xml.field("regionName", &region);
                xml.field("groupName", &region);
                xml.field("networkBorderGroup", &region);
                xml.field("optInStatus", "opt-in-not-required");
                xml.group("messageSet", |_| ());
            });
        });
        Ok(())
    }))
}

/// A zone's id: the region's name without its dashes, and the zone's place in the region. Source: AZ IDs for your AWS resources
/// (the forms are alike; which name has which id differs between accounts).
pub(super) fn zone_id(view: View<'_>, region: &Region, zone: &Zone) -> String {
    let zones = view.world.settings().offers.zones_of(region);
    let position = zones.iter().position(|it| it == zone).map_or(0, |index| index + 1);
    format!("{}-az{position}", region.as_str().replace('-', ""))
}
