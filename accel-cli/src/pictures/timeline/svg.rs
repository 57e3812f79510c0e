//! The times of a run as a picture.

use std::time::Duration;

use accel_core::engine::Timeline;

use super::rows::{Row, Rows, rows, seconds};
use crate::pictures::canvas::{Anchor, Canvas, fitting_end};

const WIDTH: f64 = 960.0;
const MARGIN: f64 = 24.0;
const NAMES: f64 = 300.0;
/// Room for the time after the longest bar.
const TIMES: f64 = 84.0;
const ROW: f64 = 26.0;
const BAR: f64 = 14.0;
const TOP: f64 = 84.0;
const BARS: f64 = WIDTH - 2.0 * MARGIN - NAMES - TIMES;

/// The chart as a self-contained SVG document.
pub(crate) fn svg(timeline: &Timeline) -> String {
    let rows = rows(timeline);
    #[expect(clippy::cast_precision_loss, reason = "a graph is small")]
    let bottom = TOP + ROW * rows.shown.len() as f64;
    let footnote = rows.footnote();
    let height = bottom + if footnote.is_some() { 54.0 } else { 30.0 };
    let title = format!("Where {} went", seconds(rows.total));
    let mut canvas = Canvas::new(WIDTH, height, &title, &description(&rows));
    canvas.text(MARGIN, 36.0, "title", Anchor::Start, &title);
    legend(&mut canvas);
    if !rows.shown.is_empty() {
        axis(&mut canvas, rows.total, bottom);
    }
    chain(&mut canvas, &rows);
    let mut y = TOP;
    for row in &rows.shown {
        bar(&mut canvas, row, rows.total, y);
        y += ROW;
    }
    if let Some(footnote) = &footnote {
        canvas.text(MARGIN, bottom + 32.0, "small", Anchor::Start, footnote);
    }
    canvas.finish()
}

fn description(rows: &Rows) -> String {
    let path: Vec<String> = rows
        .shown
        .iter()
        .filter(|row| row.critical)
        .map(|row| format!("{} {}", row.name, seconds(row.took())))
        .collect();
    format!("The whole waited for: {}", path.join(", "))
}

fn legend(canvas: &mut Canvas) {
    let x = MARGIN + NAMES;
    canvas.rect("bar critical", x, 28.0, 22.0, 9.0, 2.0);
    canvas.text(x + 30.0, 37.0, "small", Anchor::Start, "◆ what the whole waited for");
    canvas.rect("bar", x + 210.0, 28.0, 22.0, 9.0, 2.0);
    canvas.text(x + 240.0, 37.0, "small", Anchor::Start, "beside it");
    canvas.rect("call", x + 320.0, 28.0, 22.0, 9.0, 2.0);
    canvas.text(x + 350.0, 37.0, "small", Anchor::Start, "until the call was answered");
}

fn at(time: Duration, total: Duration) -> f64 {
    let part = time.as_secs_f64() / total.as_secs_f64().max(f64::MIN_POSITIVE);
    MARGIN + NAMES + BARS * part.clamp(0.0, 1.0)
}

fn axis(canvas: &mut Canvas, total: Duration, bottom: f64) {
    let step = step(total);
    let mut time = Duration::ZERO;
    while time <= total {
        let x = at(time, total);
        canvas.line("grid", x, TOP - 12.0, x, bottom);
        canvas.text(x, TOP - 18.0, "small", Anchor::Middle, &tick(time));
        time += step;
    }
}

fn tick(time: Duration) -> String {
    if time.is_zero() { "0".to_owned() } else { seconds(time).replace(".0 s", " s") }
}

/// A round step that gives 4 to 10 of them.
fn step(total: Duration) -> Duration {
    const STEPS: [u64; 14] = [
        100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000,
        1_200_000,
    ];
    let steps = STEPS.map(Duration::from_millis);
    let fits = steps.into_iter().find(|step| total.as_millis() / step.as_millis() <= 9);
    fits.unwrap_or(total.max(Duration::from_secs(1)) / 5)
}

fn bar(canvas: &mut Canvas, row: &Row, total: Duration, y: f64) {
    let (from, to) = (at(row.start, total), at(row.end, total));
    let width = (to - from).max(2.0);
    let (text, bar) = if row.critical { ("name strong", "bar critical") } else { ("name", "bar") };
    let sign = if row.critical { "◆ " } else { "" };
    let middle = y + ROW / 2.0;
    let name = fitting_end(&row.name, NAMES - 36.0, 12.5);
    canvas.titled(&format!("{}, a {}: {}", row.name, row.kind, seconds(row.took())), |canvas| {
        canvas.text(
            MARGIN + NAMES - 12.0,
            middle + 4.0,
            text,
            Anchor::End,
            &format!("{sign}{name}"),
        );
        canvas.rect(bar, from, middle - BAR / 2.0, width, BAR, 3.0);
        let call = row.existed.map_or(0.0, |existed| at(existed, total) - from);
        if call >= 1.0 {
            canvas.rect("call", from, middle + BAR / 2.0 - 3.0, call.min(width), 3.0, 0.0);
        }
    });
    let time = if row.unfinished { "not ready".to_owned() } else { seconds(row.took()) };
    canvas.text(from + width + 6.0, middle + 4.0, "small", Anchor::Start, &time);
}

/// Thin lines from each bar of the critical path to the next.
fn chain(canvas: &mut Canvas, rows: &Rows) {
    let mut y = TOP;
    let mut last: Option<(f64, f64)> = None;
    for row in &rows.shown {
        let middle = y + ROW / 2.0;
        if row.critical {
            if let Some((x, from)) = last {
                let to = at(row.start, rows.total);
                canvas.path("chain", &format!("M{x:.1} {from:.1} V{middle:.1} H{to:.1}"));
            }
            last = Some((at(row.end, rows.total), middle));
        }
        y += ROW;
    }
}
