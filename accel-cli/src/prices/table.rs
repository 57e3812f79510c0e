//! The dated table of list prices that comes with the program (`data/prices.toml`), with where each price is from.

use std::collections::BTreeMap;

use accel_core::Region;
use serde::{Deserialize, Serialize};

/// How a price is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Basis {
    /// AWS's own price list, page or bill, read in a public copy.
    Copy,
    /// Somebody else's word.
    Reported,
    /// An estimate that nobody has looked up.
    Memory,
}

/// What is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Item {
    /// A network load balancer, per hour.
    BalancerHour,
    /// A capacity unit of a load balancer, per hour.
    NlcuHour,
    /// An interface endpoint, per zone and hour.
    EndpointZoneHour,
    /// What passes an interface endpoint in either direction, per GB.
    EndpointGb,
    /// A public IPv4 address, in use or not, per hour.
    PublicIpv4Hour,
    /// A NAT gateway, per hour.
    NatHour,
    /// What passes a NAT gateway in either direction, per GB.
    NatGb,
    /// What leaves for another region, per GB.
    OtherRegionGb,
    /// What leaves for the internet, per GB.
    InternetGb,
}

impl Item {
    /// Its name, and its unit in a line.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::BalancerHour => "network load balancer",
            Self::NlcuHour => "load balancer capacity",
            Self::EndpointZoneHour => "interface endpoint, per zone",
            Self::EndpointGb => "interface endpoint, data",
            Self::PublicIpv4Hour => "public IPv4 address",
            Self::NatHour => "NAT gateway",
            Self::NatGb => "NAT gateway, data",
            Self::OtherRegionGb => "transfer to the other region",
            Self::InternetGb => "transfer to the internet",
        }
    }

    pub(super) fn unit(self) -> &'static str {
        match self {
            Self::BalancerHour | Self::EndpointZoneHour | Self::PublicIpv4Hour | Self::NatHour => {
                "h"
            }
            Self::NlcuHour
            | Self::EndpointGb
            | Self::NatGb
            | Self::OtherRegionGb
            | Self::InternetGb => "GB",
        }
    }
}

/// One price.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Price {
    pub(super) usd: f64,
    pub(super) source: String,
}

/// Where prices are from.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Source {
    pub(super) basis: Basis,
    pub(super) what: String,
}

/// The table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    pub(super) date: String,
    pub(super) currency: String,
    pub(super) sources: BTreeMap<String, Source>,
    everywhere: BTreeMap<Item, Price>,
    regions: BTreeMap<Region, BTreeMap<Item, Price>>,
}

impl Table {
    /// The table that comes with the program.
    pub(super) fn bundled() -> Self {
        let table: Self = toml::from_str(include_str!("../../data/prices.toml"))
            .expect("the table of prices that comes with the program can be read");
        table.checked()
    }

    /// Every price has a source that is listed.
    pub(super) fn checked(self) -> Self {
        let all = self.regions.values().chain([&self.everywhere]).flat_map(BTreeMap::values);
        for price in all {
            assert!(self.sources.contains_key(&price.source), "no source {}", price.source);
        }
        self
    }

    /// The price in a region, if it is known.
    pub(super) fn price(&self, region: &Region, item: Item) -> Option<(&Price, &Source)> {
        let own = self.regions.get(region).and_then(|prices| prices.get(&item));
        let common = || self.everywhere.get(&item).filter(|_| region.partition() == "aws");
        let price = own.or_else(common)?;
        Some((price, self.sources.get(&price.source)?))
    }

    #[cfg(test)]
    pub(super) fn prices(&self) -> impl Iterator<Item = (String, Item, &Price)> {
        let everywhere = self.everywhere.iter().map(|(item, it)| ("*".to_owned(), *item, it));
        let regional = self.regions.iter().flat_map(|(region, prices)| {
            prices.iter().map(|(item, it)| (region.to_string(), *item, it))
        });
        everywhere.chain(regional)
    }
}
