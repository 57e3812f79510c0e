//! Choices that stick: zones and fixed addresses. They are made once, noted on the node, and read back from its tags for as long as
//! something of that node exists.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use sha2::{Digest, Sha256};

use crate::id::{Region, Zone};
use crate::spec::ZONE_SLOTS;

/// Addresses at the start of a subnet that the cloud keeps; the last one is kept too. Source: Amazon VPC, subnet sizing.
const KEPT_AT_START: u32 = 4;
const KEPT_AT_END: u32 = 1;

/// A fixed address per zone.
pub(super) type Pins = BTreeMap<Zone, Ipv4Addr>;

/// `ap-southeast-1a ap-southeast-1b`
pub(super) fn write_zones(zones: &BTreeSet<Zone>) -> String {
    let words: Vec<&str> = zones.iter().map(Zone::as_str).collect();
    words.join(" ")
}

/// Reads it back; `None` if somebody else wrote it.
pub(super) fn read_zones(note: &str, region: &Region) -> Option<BTreeSet<Zone>> {
    let zone = |word: &str| Some(Zone::from(word)).filter(|zone| slot(zone, region).is_some());
    note.split(' ').map(zone).collect()
}

/// `ap-southeast-3a=10.1.0.23 ap-southeast-3b=10.1.32.87`
pub(super) fn write_pins(pins: &Pins) -> String {
    let words: Vec<String> = pins.iter().map(|(zone, pin)| format!("{zone}={pin}")).collect();
    words.join(" ")
}

/// Reads them back; `None` if somebody else wrote them.
pub(super) fn read_pins(note: &str, region: &Region) -> Option<Pins> {
    let pin = |word: &str| {
        let (zone, address) = word.split_once('=')?;
        let zone = Some(Zone::from(zone)).filter(|zone| slot(zone, region).is_some())?;
        Some((zone, address.parse().ok()?))
    };
    note.split(' ').map(pin).collect()
}

/// Which of a VPC's equal blocks belongs to a zone: its letter decides, so that no zone's block depends on which others are in use.
/// Zones that are not named by one letter, or by one beyond h, have none.
fn slot(zone: &Zone, region: &Region) -> Option<u8> {
    let slot = u8::try_from(zone.letter_in(region)?).ok()?.checked_sub(b'a')?;
    (slot < ZONE_SLOTS).then_some(slot)
}

/// Whether a zone has a block.
pub(super) fn has_block(zone: &Zone, region: &Region) -> bool {
    slot(zone, region).is_some()
}

/// The zone's block of a VPC.
pub(super) fn block(vpc: Ipv4Net, zone: &Zone, region: &Region) -> Option<Ipv4Net> {
    let more_bits = u8::try_from(ZONE_SLOTS.trailing_zeros()).ok()?;
    let slot = usize::from(slot(zone, region)?);
    vpc.subnets(vpc.prefix_len() + more_bits).ok()?.nth(slot)
}

/// `count` zones: those that are in use already, then the first of the offered by name. Fewer if there are not enough.
///
/// While a replacement is under way there are several notes: one that has the wanted number of zones is the one that is meant to stay,
/// else the longest.
pub(super) fn choose_zones(
    count: usize,
    noted: &[BTreeSet<Zone>],
    offered: &BTreeSet<Zone>,
) -> BTreeSet<Zone> {
    let meant = noted.iter().max_by_key(|zones| (zones.len() == count, zones.len(), *zones));
    let in_use = meant.into_iter().flatten();
    let others = offered.iter().filter(|zone| !meant.is_some_and(|zones| zones.contains(*zone)));
    in_use.chain(others).take(count).cloned().collect()
}

/// Who wants addresses: a service, and the block of each of its zones.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    pub(super) label: &'a str,
    pub(super) blocks: BTreeMap<Zone, Ipv4Net>,
    /// What earlier deploys noted for this service.
    pub(super) noted: Vec<Pins>,
}

/// Fixed addresses for every service, in the order asked; `None` for one whose blocks are full.
///
/// Noted addresses stay if they are for the very zones that are wanted. Others are fresh: they derive from service and zones, and avoid
/// every address in `taken`, so that an endpoint with other zones can be made before the old one goes.
pub(super) fn pin(wanted: &[Wanted<'_>], taken: &BTreeSet<Ipv4Addr>) -> Vec<Option<Pins>> {
    let mut given = BTreeSet::new();
    let mut pins: Vec<Option<Pins>> = Vec::new();
    for service in wanted {
        let kept = service.noted.iter().find(|pins| service.can_keep(pins, &given)).cloned();
        given.extend(kept.iter().flat_map(Pins::values));
        pins.push(kept);
    }
    given.extend(taken);
    for (service, pins) in wanted.iter().zip(&mut pins) {
        if pins.is_none() {
            *pins = service.fresh(&given);
            given.extend(pins.iter().flat_map(Pins::values));
        }
    }
    pins
}

impl Wanted<'_> {
    fn can_keep(&self, pins: &Pins, given: &BTreeSet<Ipv4Addr>) -> bool {
        pins.keys().eq(self.blocks.keys())
            && pins.iter().all(|(zone, pin)| {
                !given.contains(pin) && self.blocks.get(zone).is_some_and(|b| is_usable(*b, *pin))
            })
    }

    fn fresh(&self, given: &BTreeSet<Ipv4Addr>) -> Option<Pins> {
        let pin = |(zone, block): (&Zone, &Ipv4Net)| {
            let (first, count) = usable(*block);
            let start = self.hash(zone) % u64::from(count);
            (0..u64::from(count))
                .filter_map(|step| u32::try_from((start + step) % u64::from(count)).ok())
                .map(|offset| Ipv4Addr::from(first + offset))
                .find(|address| !given.contains(address))
                .map(|address| (zone.clone(), address))
        };
        self.blocks.iter().map(pin).collect()
    }

    fn hash(&self, zone: &Zone) -> u64 {
        let mut hash = Sha256::new();
        hash.update(self.label);
        for zone in self.blocks.keys().chain([zone]) {
            hash.update([0]);
            hash.update(zone.as_str());
        }
        let digest = hash.finalize();
        u64::from_be_bytes(digest[..8].try_into().expect("a digest has 32 bytes"))
    }
}

/// The first address of a subnet that can be ours, and how many there are.
fn usable(block: Ipv4Net) -> (u32, u32) {
    let size = 1_u32 << (32 - u32::from(block.prefix_len()));
    (u32::from(block.network()) + KEPT_AT_START, size - KEPT_AT_START - KEPT_AT_END)
}

fn is_usable(block: Ipv4Net, address: Ipv4Addr) -> bool {
    let (first, count) = usable(block);
    (first..first + count).contains(&u32::from(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGION: &str = "ap-southeast-3";

    fn zones(letters: &str) -> BTreeSet<Zone> {
        letters.chars().map(|letter| Zone::new(format!("{REGION}{letter}"))).collect()
    }

    fn wanted<'a>(label: &'a str, letters: &str, noted: &[Pins]) -> Wanted<'a> {
        let vpc = "10.1.0.0/25".parse().unwrap();
        let with_block = |zone: Zone| {
            let block = block(vpc, &zone, &REGION.into()).unwrap();
            (zone, block)
        };
        let blocks = zones(letters).into_iter().map(with_block).collect();
        Wanted { label, blocks, noted: noted.to_vec() }
    }

    #[test]
    fn a_zone_has_its_own_block_whatever_others_there_are() {
        let block = |zone: &str| {
            block("10.1.0.0/16".parse().unwrap(), &zone.into(), &REGION.into())
                .map(|block| block.to_string())
        };
        assert_eq!(block("ap-southeast-3a").as_deref(), Some("10.1.0.0/19"));
        assert_eq!(block("ap-southeast-3h").as_deref(), Some("10.1.224.0/19"));
        for none in ["ap-southeast-3i", "ap-southeast-1a", "ap-southeast-3", "us-west-2-lax-1a"] {
            assert_eq!(block(none), None, "{none}");
        }
    }

    #[test]
    fn zones_in_use_come_first() {
        let choose = |count, noted: &[&str], offered: &str| {
            let noted: Vec<_> = noted.iter().map(|letters| zones(letters)).collect();
            choose_zones(count, &noted, &zones(offered))
        };
        assert_eq!(choose(2, &[], "cab"), zones("ab"));
        assert_eq!(choose(2, &["bd"], "abcd"), zones("bd"));
        assert_eq!(choose(3, &["bd"], "abcd"), zones("abd"));
        assert_eq!(choose(1, &["bd"], "abcd"), zones("b"));
        assert_eq!(choose(2, &["bd", "abd"], "abcd"), zones("bd"));
        assert_eq!(choose(3, &["bd", "abd"], "abcd"), zones("abd"));
        assert_eq!(choose(2, &["xy"], ""), zones("xy"));
        assert_eq!(choose(3, &[], "a"), zones("a"));
    }

    #[test]
    fn notes_are_read_as_they_were_written() {
        let region = REGION.into();
        let pins = pin(&[wanted("sqs", "ab", &[])], &BTreeSet::new()).remove(0).unwrap();
        assert_eq!(read_pins(&write_pins(&pins), &region), Some(pins));
        assert_eq!(read_zones(&write_zones(&zones("ab")), &region), Some(zones("ab")));
        for strange in ["", " ", "ap-southeast-1a=10.1.0.4", "ap-southeast-3a=10.1.0", "a=b=c"] {
            assert_eq!(read_pins(strange, &region), None, "{strange:?}");
            assert_eq!(read_zones(strange, &region), None, "{strange:?}");
        }
    }

    #[test]
    fn a_full_subnet_says_so() {
        // A /28 has sixteen addresses, of which five are the cloud's.
        let labels: Vec<String> = (0..12).map(|n| format!("service-{n}")).collect();
        let all: Vec<_> = labels.iter().map(|label| wanted(label, "a", &[])).collect();
        let pins = pin(&all, &BTreeSet::new());
        let given: BTreeSet<_> = pins.iter().flatten().flat_map(Pins::values).collect();
        assert_eq!((given.len(), pins.iter().filter(|pins| pins.is_none()).count()), (11, 1));
        let ends = |address: &&Ipv4Addr| matches!(address.octets()[3], 0..=3 | 15);
        assert_eq!(given.into_iter().find(ends), None);
    }

    #[test]
    fn what_is_noted_wins_over_what_is_new() {
        let fresh = pin(&[wanted("sqs", "a", &[])], &BTreeSet::new()).remove(0).unwrap();
        let taken = fresh.values().copied().collect();
        let both = [wanted("sqs", "a", &[]), wanted("zz", "a", std::slice::from_ref(&fresh))];
        let pins = pin(&both, &taken);
        assert_eq!(pins[1].as_ref(), Some(&fresh));
        assert_ne!(pins[0].as_ref(), Some(&fresh));
        // Noted for other zones: a new endpoint, so new addresses.
        let other = pin(&[wanted("sqs", "ab", std::slice::from_ref(&fresh))], &taken);
        assert!(other[0].as_ref().unwrap().values().all(|address| !taken.contains(address)));
    }
}
