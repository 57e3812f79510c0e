//! In which zones a new network has islands, and where the one NAT gateway stands. What was chosen once stays.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::names;
use crate::backend::ServiceOffer;
use crate::id::{Place, Zone};
use crate::resource::Kind;
use crate::spec::{CheckedEgress, Way};
use crate::topology::{Kept, Known, sticky};

/// The zones that an earlier deploy chose for a new network.
pub(super) fn noted_zones(kept: &[Kept], place: &Place) -> Option<BTreeSet<Zone>> {
    let of_node = |it: &&Kept| it.kind == Kind::Vpc && it.place == *place;
    kept.iter()
        .filter(of_node)
        .find_map(|it| sticky::read_zones(it.note.as_deref()?, &place.region))
}

/// The zones of a new network: those that are in use; then, one after another, that which offers the most services that none of the
/// chosen offers, so that each service gets a zone if it can; of equals that which offers the most, then the first by name.
pub(super) fn choose_zones(
    checked: &CheckedEgress<'_>,
    wanted: usize,
    noted: &[BTreeSet<Zone>],
    known: &Known<'_>,
) -> BTreeSet<Zone> {
    let place = &checked.place;
    let services = checked.services.values().filter(|service| service.spec.via == Way::Endpoint);
    let offers = services.filter_map(|service| known.offer.service(&service.spec.name));
    let mut lacking: Vec<&ServiceOffer> = offers.filter(|offer| !offer.gateway).collect();
    let all = lacking.clone();
    let mut chosen = sticky::choose_zones(wanted, noted, &BTreeSet::new());
    lacking.retain(|offer| !offer.zones.iter().any(|zone| chosen.contains(zone)));
    let has_block = |zone: &&Zone| sticky::has_block(zone, &place.region);
    let usable = known.offer.zones_in(place).iter().filter(has_block);
    let mut others: BTreeSet<&Zone> = usable.filter(|zone| !chosen.contains(*zone)).collect();
    while chosen.len() < wanted {
        let count = |offers: &[&ServiceOffer], zone: &Zone| {
            offers.iter().filter(|offer| offer.zones.contains(zone)).count()
        };
        let worth = |zone: &Zone| Reverse((count(&lacking, zone), count(&all, zone)));
        let Some(best) = others.iter().copied().min_by_key(|zone| (worth(zone), *zone)) else {
            break;
        };
        others.remove(best);
        lacking.retain(|offer| !offer.zones.contains(best));
        chosen.insert(best.clone());
    }
    chosen
}

/// The zone of the one NAT gateway: where it stands already, else the first.
pub(super) fn one_zone<'z>(
    mut zones: impl Iterator<Item = &'z Zone> + Clone,
    kept: &[Kept],
) -> Option<Zone> {
    let stands = |zone: &&Zone| {
        let name = names::nat(zone);
        kept.iter().any(|it| it.kind == Kind::NatGateway && it.node.as_str() == name)
    };
    zones.clone().find(stands).or_else(|| zones.next()).cloned()
}
