//! A network of somebody's in a simulated cloud: the document, and the table of a spec.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use accel_core::Region;
use accel_mock::Premises;
use serde::Serialize;

use crate::escape;

/// What the names of the blueprint's public subnets and of its islands begin with.
pub(crate) const PUBLIC: &str = "public.";
pub(crate) const ISLANDS: &str = "island.";

#[derive(Debug, Serialize)]
pub(crate) struct Furnished<'a> {
    schema: &'static str,
    region: &'a Region,
    vpc: &'a str,
    islands: Vec<&'a str>,
    public: Vec<&'a str>,
    /// By name; `main` serves every subnet that has no other.
    tables: &'a BTreeMap<String, String>,
}

impl<'a> Furnished<'a> {
    pub(crate) fn new(region: &'a Region, premises: &'a Premises) -> Self {
        let of = |prefix: &str| {
            let subnets = premises.subnets.iter().filter(|(name, _)| name.starts_with(prefix));
            subnets.map(|(_, id)| id.as_str()).collect()
        };
        Self {
            schema: "accel.network.v1",
            region,
            vpc: &premises.vpc,
            islands: of(ISLANDS),
            public: of(PUBLIC),
            tables: &premises.tables,
        }
    }
}

/// As a spec has it.
impl fmt::Display for Furnished<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { region, vpc, islands, public, .. } = self;
        writeln!(f, "\n# Somebody's network in {region}, in a simulated cloud.\n[network]")?;
        writeln!(f, "vpc = {vpc:?}\nislands = {islands:?}\npublic = {public:?}")
    }
}

/// What a person does with it.
pub(crate) fn furnished(file: &Path) -> String {
    format!(
        "this is the [network] table of a private egress's spec: `accel plan SPEC --backend sim --cloud {}`",
        escape::path(file)
    )
}
