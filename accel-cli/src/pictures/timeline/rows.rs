//! Which nodes a picture of a run shows, and what it says of the others.

use std::time::Duration;

use accel_core::engine::{Span, Timeline};

/// A node that nobody waited for is shown if it took at least one part in so many of the whole.
const SHOWN_PART: u32 = 50;

/// Kinds that are usually ready within so many seconds are not waited for one by one.
const LOOKED_AT_LATER: u32 = 5;

/// One bar.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) start: Duration,
    /// When its create had been answered, if it was.
    pub(super) existed: Option<Duration>,
    pub(super) end: Duration,
    pub(super) critical: bool,
    /// Whether the run ended before it was ready.
    pub(super) unfinished: bool,
}

impl Row {
    pub(super) fn took(&self) -> Duration {
        self.end.saturating_sub(self.start)
    }
}

/// Everything that a picture of a run shows.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) shown: Vec<Row>,
    /// How many were made besides, and the longest time that one of them took.
    pub(super) others: usize,
    pub(super) others_most: Duration,
    pub(super) total: Duration,
}

pub(super) fn rows(timeline: &Timeline) -> Rows {
    let short = shortener(timeline);
    let row = |span: &Span| {
        let start = span.started?;
        let ended = if slow(span) { span.ready } else { span.ready.and(span.existed) };
        let end = ended.unwrap_or(timeline.total);
        Some(Row {
            name: short(span.node.as_str()),
            kind: span.kind.name(),
            start,
            existed: span.existed,
            end: end.max(start),
            critical: span.critical,
            unfinished: ended.is_none(),
        })
    };
    let total = timeline.total;
    let (mut shown, others): (Vec<Row>, Vec<Row>) =
        timeline.spans.iter().filter_map(row).partition(|row| {
            row.critical || row.unfinished || row.took().saturating_mul(SHOWN_PART) >= total
        });
    shown.sort_by(|a, b| (a.start, a.end, &a.name).cmp(&(b.start, b.end, &b.name)));
    let others_most = others.iter().map(Row::took).max().unwrap_or_default();
    Rows { shown, others: others.len(), others_most, total }
}

/// Whether a node's own time matters. What is ready within seconds is looked at when nothing else is left: its bar ends when it exists,
/// for the time of that look says nothing about it.
fn slow(span: &Span) -> bool {
    span.kind.facts().ready.is_some_and(|times| times.usual_secs > LOOKED_AT_LATER)
}

impl Rows {
    /// What stands under the bars, if there is anything to say.
    pub(super) fn footnote(&self) -> Option<String> {
        let most = seconds(self.others_most);
        match (self.others, self.shown.is_empty()) {
            (0, true) => Some("nothing had to be made".to_owned()),
            (0, false) => None,
            (1, _) => Some(format!("1 more took {most}; the whole did not wait for it")),
            (count, _) => Some(format!(
                "{count} more took at most {most} each; the whole did not wait for them"
            )),
        }
    }
}

/// `40 ms`, `0.3 s`, `12 s`, `2 min 4 s`: as exact as it matters.
pub(crate) fn seconds(time: Duration) -> String {
    let tenths = (time.as_millis() + 50) / 100;
    match tenths {
        0 => format!("{} ms", time.as_millis()),
        1..100 => format!("{}.{} s", tenths / 10, tenths % 10),
        100..1200 => format!("{} s", (tenths + 5) / 10),
        _ => {
            let whole = (tenths + 5) / 10;
            format!("{} min {} s", whole / 60, whole % 60)
        }
    }
}

/// Leaves the entry's region out of the names if it is the same in all of them.
fn shortener(timeline: &Timeline) -> impl Fn(&str) -> String {
    let region = |name: &str| {
        let (region, _) = name.strip_prefix("entry.")?.split_once('.')?;
        Some(region.to_owned())
    };
    let mut regions: Vec<String> =
        timeline.spans.iter().filter_map(|span| region(span.node.as_str())).collect();
    regions.sort();
    regions.dedup();
    let prefix = (regions.len() == 1).then(|| format!("entry.{}.", regions[0]));
    move |name| {
        let rest = prefix.as_deref().and_then(|prefix| name.strip_prefix(prefix));
        rest.map_or_else(|| name.to_owned(), |rest| format!("entry.{rest}"))
    }
}
