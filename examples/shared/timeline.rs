//! A timeline as bars of text.

use std::time::Duration;

use accel_core::engine::{Span, Timeline};

/// How wide names and bars are: with the times beside them, a row fits a terminal of 100 columns.
const NAME: usize = 48;
const BAR: u32 = 30;

/// When a thing is ready that takes no longer than this is not watched: nobody knows it exactly.
const SOON_SECS: u32 = 5;

/// When everything that took long was begun, made and ready, and what the whole waited for.
pub fn timeline(timeline: &Timeline) -> String {
    let total = timeline.total;
    let mut spans: Vec<&Span> =
        timeline.spans.iter().filter(|span| span.started.is_some()).collect();
    if spans.is_empty() {
        return format!("nothing had to be made; looking took {:.1} s", total.as_secs_f64());
    }
    spans.sort_by_key(|span| span.started);
    let is_long = |span: &&Span| span.critical || length(span) >= total / 20;
    let (long, short): (Vec<&Span>, Vec<&Span>) = spans.into_iter().partition(is_long);
    let secs = total.as_secs_f64();
    let mut lines = vec![format!(
        "timeline of {secs:.1} s (+ being made, = becoming ready, * on the critical path)"
    )];
    lines.extend(long.into_iter().map(|span| row(span, total)));
    if let Some(last) = short.iter().map(|span| end(span)).max() {
        let (count, secs) = (short.len(), last.as_secs_f64());
        lines.push(format!(
            "  and {count} that took little, the last of them done after {secs:.1} s"
        ));
    }
    lines.join("\n")
}

fn start(span: &Span) -> Duration {
    span.started.unwrap_or_default()
}

fn made(span: &Span) -> Duration {
    span.existed.unwrap_or_default().max(start(span))
}

/// When it was of use: made, or ready if that takes its time.
fn end(span: &Span) -> Duration {
    let is_slow = span.kind.facts().ready.is_some_and(|times| times.usual_secs > SOON_SECS);
    span.ready.filter(|_| is_slow).unwrap_or_default().max(made(span))
}

fn length(span: &Span) -> Duration {
    end(span).saturating_sub(start(span))
}

fn row(span: &Span, total: Duration) -> String {
    let sign = if span.critical { '*' } else { ' ' };
    let name = shortened(span.node.as_str());
    let bar: String = (0..BAR).map(|column| mark(span, total, column)).collect();
    let (from, to) = (start(span).as_secs_f64(), end(span).as_secs_f64());
    format!("{sign} {name:<NAME$} |{bar}| {from:6.1} to {to:5.1}")
}

/// What a span does in one column of the bar.
fn mark(span: &Span, total: Duration, column: u32) -> char {
    let (from, to) = (total * column / BAR, total * (column + 1) / BAR);
    if to <= start(span) || from > end(span) {
        ' '
    } else if from <= made(span) {
        '+'
    } else {
        '='
    }
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= NAME {
        return name.to_owned();
    }
    name.chars().take(NAME - 2).chain("..".chars()).collect()
}

#[cfg(test)]
mod tests {
    use accel_core::resource::Kind;

    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_span() {
        let secs = |secs| Some(Duration::from_secs(secs));
        let span = |kind, started, existed, ready| Span {
            node: "a.node".into(),
            kind,
            started: secs(started),
            existed: secs(existed),
            ready: secs(ready),
            critical: true,
        };
        let mut whole = Timeline::default();
        whole.total = Duration::from_secs(60);
        whole.spans.push(span(Kind::LoadBalancer, 10, 20, 60));
        // Its readiness was only looked at much later.
        whole.spans.push(span(Kind::Vpc, 0, 1, 40));
        let text = timeline(&whole);
        let bars: Vec<&str> = text.lines().filter_map(|line| line.split('|').nth(1)).collect();
        assert_eq!(bars, ["+                             ", "     ++++++==================="]);
        assert!(text.lines().all(|line| line.len() <= 100), "{text}");
    }
}
