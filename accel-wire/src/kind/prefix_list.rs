//! Prefix lists: those of services with gateway endpoints, which this cloud has none of.

use crate::action::Action;
use crate::family::{Family, Rows, describe};
use crate::service::Service::Ec2;

pub(super) const ACTIONS: &[Action] =
    &[Action::looks(Ec2, "DescribePrefixLists", |asked| describe(&LISTS, asked))];

static LISTS: Family = Family {
    ids: "PrefixListId",
    missing: "InvalidPrefixListID.NotFound",
    also: &[],
    set: "prefixListSet",
    filters: &[
        ("prefix-list-id", |row| vec![row.id.clone()]),
        ("prefix-list-name", |row| vec![row.id.clone()]),
    ],
    rows: Rows::Parts(|_, _| Vec::new()),
    show: |row, xml| xml.field("prefixListId", &row.id),
};
