//! Lists of the addresses of services: what the routes to gateway endpoints have for their destination.
//!
//! Source: `DescribePrefixLists`; AWS-managed prefix lists, Amazon VPC user guide.

use accel_core::Region;

use crate::action::{Act, Action, View};
use crate::asked::Asked;
use crate::family::Page;
use crate::filter::Filter;
use crate::refusal::{Refusal, Result};
use crate::service::Service::Ec2;
use crate::xml::Xml;

pub(super) const ACTIONS: &[Action] = &[Action::looks(Ec2, "DescribePrefixLists", describe)];

/// Source: `DescribePrefixLists`, `Filters`.
const FILTERS: &[&str] = &["prefix-list-id", "prefix-list-name"];

/// One list.
struct List {
    id: String,
    service: String,
}

impl List {
    fn passes(&self, filter: &Filter) -> bool {
        let id = filter.name() == "prefix-list-id";
        filter.takes_value(if id { &self.id } else { &self.service })
    }
}

/// One for each service that has gateway endpoints: everybody in a region sees the same.
fn lists(view: View<'_>, region: &Region) -> Vec<List> {
    let offers = &view.world.settings().offers;
    let has_gateways =
        |name: &String| offers.service(region, name).is_some_and(|service| service.gateway);
    let names = offers.full_names(region).into_iter().filter(has_gateways);
    names.map(|service| List { id: accel_mock::prefix_list(region, &service), service }).collect()
}

fn describe(asked: &Asked<'_>) -> Result<Act> {
    let (ids, filters) = (asked.texts("PrefixListId"), Filter::read_any(asked)?);
    let unknown = filters.iter().find(|filter| !FILTERS.contains(&filter.name()));
    unknown.map_or(Ok(()), |filter| Err(Refusal::unknown_filter(filter.name())))?;
    let page = Page::read(asked)?;
    Ok(Box::new(move |turn| {
        let mut lists = lists(turn.view(), &turn.caller.region);
        if let Some(id) = ids.iter().find(|id| lists.iter().all(|list| list.id != **id)) {
            let message = format!("The prefix list ID '{id}' does not exist");
            return Err(Refusal::new("InvalidPrefixListID.NotFound", message));
        }
        lists.retain(|list| {
            (ids.is_empty() || ids.contains(&list.id))
                && filters.iter().all(|filter| list.passes(filter))
        });
        let next = page.cut(&mut lists, |list| &list.id);
        let xml = &mut turn.answer.xml;
        xml.set("prefixListSet", &lists, show);
        xml.maybe("nextToken", next);
        Ok(())
    }))
}

/// Its addresses are nobody's: the block for tests of networks (RFC 2544), of which each list has one part.
fn show(xml: &mut Xml, list: &List) {
    let part = list.id.bytes().fold(0_u8, |part, byte| part.wrapping_mul(31).wrapping_add(byte));
    xml.field("prefixListId", &list.id);
    xml.field("prefixListName", &list.service);
    xml.values("cidrSet", [format!("198.18.{part}.0/24")]);
}
