//! A describe: which rows there are, which of them were asked for, and a page of those.
//!
//! A family of resources says how its rows come about and how they are written; ids, filters, tags and pages are the same for all.

use std::collections::BTreeSet;

use accel_core::resource::Kind;
use accel_core::tags::Tags;
use accel_mock::{Body, Interface, Sight, State, Thing};

use crate::action::{Act, View};
use crate::asked::Asked;
use crate::filter::Filter;
use crate::hex::{hex, unhex};
use crate::refusal::{Refusal, Result};
use crate::xml::Xml;

/// The values of a row that a filter compares.
pub(crate) type Values = fn(&Row<'_>) -> Vec<String>;

/// A family of resources of the EC2 API.
#[derive(Debug)]
pub(crate) struct Family {
    /// The parameter that lists ids.
    pub(crate) ids: &'static str,
    /// The code for an id that is not there.
    pub(crate) missing: &'static str,
    /// Parameters that are filters by another name.
    pub(crate) also: &'static [(&'static str, &'static str)],
    /// The element around all.
    pub(crate) set: &'static str,
    /// The filters, besides those by tags.
    pub(crate) filters: &'static [(&'static str, Values)],
    pub(crate) rows: Rows,
    pub(crate) show: fn(&Row<'_>, &mut Xml),
}

/// How rows come about.
#[derive(Debug)]
pub(crate) enum Rows {
    /// All things of a kind: their ids are those of the rows.
    Things(Kind),
    /// All things of several kinds, which the API takes for one.
    AnyOf(&'static [Kind]),
    /// What belongs to things, or to none.
    Parts(for<'w> fn(View<'w>, Sight) -> Vec<Row<'w>>),
}

impl Rows {
    /// The rows with these ids, or all. A look by ids costs what it finds, however large the world is.
    fn rows<'w>(&self, view: View<'w>, ids: &[String]) -> Vec<Row<'w>> {
        let sight = if ids.is_empty() { Sight::List } else { Sight::Id };
        match self {
            Self::Things(kind) => things(view, *kind, ids, sight),
            Self::AnyOf(kinds) => {
                kinds.iter().flat_map(|kind| things(view, *kind, ids, sight)).collect()
            }
            Self::Parts(rows) => {
                let mut rows = rows(view, sight);
                rows.retain(|row| ids.is_empty() || ids.contains(&row.id));
                rows
            }
        }
    }
}

fn things<'w>(view: View<'w>, kind: Kind, ids: &[String], sight: Sight) -> Vec<Row<'w>> {
    let row = |(thing, state)| Row::new(view, thing, state);
    if ids.is_empty() {
        return view.world.shown(view.caller, kind, sight).map(row).collect();
    }
    let ids: BTreeSet<&String> = ids.iter().collect();
    ids.into_iter()
        .filter_map(|id| view.world.shown_by_id(view.caller, kind, id))
        .map(row)
        .collect()
}

/// One resource in a describe.
#[derive(Debug, Clone)]
pub(crate) struct Row<'w> {
    pub(crate) view: View<'w>,
    pub(crate) id: String,
    /// What it is, or what it belongs to.
    pub(crate) thing: &'w Thing,
    pub(crate) state: State,
    /// Of a network interface, what it is; the thing is its subnet.
    pub(crate) interface: Option<&'w Interface>,
    /// Whether it is that thing, and carries its tags.
    pub(crate) own: bool,
}

impl<'w> Row<'w> {
    pub(crate) fn new(view: View<'w>, thing: &'w Thing, state: State) -> Self {
        Self { view, id: thing.id().to_owned(), thing, state, interface: None, own: true }
    }

    /// What belongs to a thing and is none by itself: it has the thing's number, which no other thing has.
    pub(crate) fn part(view: View<'w>, prefix: &str, thing: &'w Thing) -> Self {
        let id = format!("{prefix}-{}", number(thing.id()));
        Self { view, id, thing, state: State::Ready, interface: None, own: false }
    }

    /// The tags as the caller sees them: those of a peering connection are kept per side.
    pub(crate) fn tags(&self) -> Option<&'w Tags> {
        self.own.then(|| tags_of(self.view, self.thing))
    }

    pub(crate) fn show_tags(&self, xml: &mut Xml) {
        xml.set("tagSet", self.tags().into_iter().flat_map(|tags| tags.iter()), |xml, tag| {
            xml.field("key", tag.0);
            xml.field("value", tag.1);
        });
    }
}

/// The tags of a thing, on the caller's side of it.
pub(crate) fn tags_of<'w>(view: View<'w>, thing: &'w Thing) -> &'w Tags {
    if let (Body::PeeringConnection(peering), false) = (thing.body(), view.caller.is_at(thing)) {
        &peering.accepter_tags
    } else {
        thing.tags()
    }
}

/// The number in an id.
pub(crate) fn number(id: &str) -> &str {
    id.rsplit_once('-').map_or(id, |(_, number)| number)
}

/// Reads a describe of a family.
pub(crate) fn describe(family: &'static Family, asked: &Asked<'_>) -> Result<Act> {
    let ids = asked.texts(family.ids);
    let mut filters = Filter::read(asked, family)?;
    for (parameter, filter) in family.also {
        let values = asked.texts(parameter);
        if !values.is_empty() {
            filters.push(Filter::exact(filter, values));
        }
    }
    let page = Page::read(asked)?;
    Ok(Box::new(move |turn| {
        let mut text = String::new();
        let next = {
            let view = turn.view();
            let mut rows = family.rows.rows(view, &ids);
            all_there(family, &ids, &rows)?;
            rows.retain(|row| filters.iter().all(|filter| filter.takes(family, row)));
            let next = page.cut(&mut rows, |row| &row.id);
            let mut xml = Xml::default();
            xml.set(family.set, &rows, |xml, row| (family.show)(row, xml));
            text.push_str(&xml.into_text());
            next
        };
        turn.answer.xml.append(&text);
        turn.answer.xml.maybe("nextToken", next);
        Ok(())
    }))
}

/// One id that is not there fails the whole call.
fn all_there(family: &Family, ids: &[String], rows: &[Row<'_>]) -> Result<()> {
    let missing = ids.iter().find(|id| !rows.iter().any(|row| row.id == **id));
    missing.map_or(Ok(()), |id| {
        Err(Refusal::new(family.missing, format!("The ID '{id}' does not exist")))
    })
}

/// Which part of all rows was asked for.
#[derive(Debug)]
pub(crate) struct Page {
    size: Option<usize>,
    /// The last id of the page before.
    after: Option<String>,
}

impl Page {
    /// Source: Pagination, Amazon EC2 API reference (5 to 1000 per page).
    pub(crate) fn read(asked: &Asked<'_>) -> Result<Self> {
        let size: Option<usize> = asked.parsed("MaxResults")?;
        if let Some(size) = size.filter(|size| !(5..=1000).contains(size)) {
            return Err(Refusal::value("MaxResults", &size.to_string()));
        }
        let token = asked.text("NextToken").filter(|token| !token.is_empty());
        let none_of_ours =
            || Refusal::new("InvalidNextToken", "The token for the next page is none of ours.");
        let after = token.map(|token| id_in(&token).ok_or_else(none_of_ours));
        Ok(Self { size, after: after.transpose()? })
    }

    /// Keeps the rows of this page, in the order of their ids, and says what leads to the next.
    pub(crate) fn cut<T>(&self, rows: &mut Vec<T>, id: impl Fn(&T) -> &str) -> Option<String> {
        rows.sort_by(|a, b| id(a).cmp(id(b)));
        if let Some(after) = &self.after {
            rows.retain(|row| id(row) > after.as_str());
        }
        let size = self.size?;
        let more = rows.len() > size;
        rows.truncate(size);
        rows.last().filter(|_| more).map(|last| token(id(last)))
    }
}

/// Tokens are nobody's business: they are written so that nobody reads an id in them.
pub(crate) fn token(id: &str) -> String {
    hex(id.as_bytes())
}

/// The id in a token, if it is one of ours.
pub(crate) fn id_in(token: &str) -> Option<String> {
    String::from_utf8(unhex(token)?).ok()
}
