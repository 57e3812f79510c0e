//! The times of a run as bars of text. Signs, not colours, say what matters.

use std::time::Duration;

use accel_core::engine::Timeline;

use super::rows::{Row, Rows, rows, seconds};
use crate::escape;

/// Narrower than this, bars say nothing.
const BAR_MIN: usize = 10;
const NAME_MAX: usize = 44;
/// The sign before a name, and the gaps between name, bar and time.
const SIGNS: usize = 2 + 2 + 2;

/// The chart, one line per node that took a noticeable time, at most `width` columns wide (if that leaves room for bars).
pub(crate) fn text(timeline: &Timeline, width: usize) -> String {
    let rows = rows(timeline);
    let mut lines: Vec<String> = Vec::new();
    if rows.shown.is_empty() {
        lines.push(format!("it took {}", seconds(rows.total)));
    } else {
        let mark = "◆ what the whole waited for";
        lines.push(format!("where {} went   {mark}   ░ beside it", seconds(rows.total)));
        let chart = Chart::new(&rows, width);
        lines.extend(rows.shown.iter().map(|row| chart.line(row)));
        lines.push(chart.axis());
    }
    lines.extend(rows.footnote());
    let mut text = String::new();
    for line in &lines {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

struct Chart {
    name: usize,
    bar: usize,
    total: Duration,
}

impl Chart {
    fn new(rows: &Rows, width: usize) -> Self {
        let longest = |of: fn(&Row) -> usize| rows.shown.iter().map(of).max().unwrap_or_default();
        let times = longest(|row| time(row).chars().count());
        let name = longest(|row| row.name.chars().count()).min(NAME_MAX);
        let name = name.min(width.saturating_sub(times + SIGNS + BAR_MIN)).max(BAR_MIN);
        let bar = width.saturating_sub(name + times + SIGNS).max(BAR_MIN);
        Self { name, bar, total: rows.total }
    }

    fn line(&self, row: &Row) -> String {
        let (sign, fill) = if row.critical { ('◆', "█") } else { (' ', "░") };
        let from = self.cell(row.start).min(self.bar - 1);
        let to = self.cell(row.end).clamp(from + 1, self.bar);
        let gap = " ".repeat(from);
        let bar = fill.repeat(to - from);
        let rest = " ".repeat(self.bar - to);
        let name = fitting(&escape::terminal(&row.name), self.name);
        format!("{sign} {name:<width$}  {gap}{bar}{rest}  {}", time(row), width = self.name)
    }

    fn axis(&self) -> String {
        let end = seconds(self.total);
        let room = self.bar.saturating_sub(end.chars().count() + 1);
        format!("  {:width$}  {:<room$} {end}", "", "0", width = self.name)
    }

    /// The column at which a time lies, rounded.
    fn cell(&self, at: Duration) -> usize {
        let part = at.as_secs_f64() / self.total.as_secs_f64().max(f64::MIN_POSITIVE);
        #[expect(clippy::cast_possible_truncation, reason = "it is between 0 and the width")]
        #[expect(clippy::cast_sign_loss, reason = "it is between 0 and the width")]
        #[expect(clippy::cast_precision_loss, reason = "a width is small")]
        let cell = (part.clamp(0.0, 1.0) * self.bar as f64).round() as usize;
        cell
    }
}

fn time(row: &Row) -> String {
    let unfinished = if row.unfinished { ", not ready" } else { "" };
    format!("{}{unfinished}", seconds(row.took()))
}

/// The text, or its end: the ends of names tell them apart.
fn fitting(text: &str, width: usize) -> String {
    let count = text.chars().count();
    if count <= width {
        return text.to_owned();
    }
    std::iter::once('…').chain(text.chars().skip(count + 1 - width)).collect()
}
