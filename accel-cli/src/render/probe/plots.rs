//! The plots of a probe's report: SVG inside the page, coloured by the page's style. Pure: figures in, text out.

use std::fmt::Write as _;

use accel_client::probe::{Comparison, Pair, ServiceReport, Stage};

use crate::escape;

const WIDTH: f64 = 920.0;
/// Left of the drawing, for the labels of the axis.
const LEFT: f64 = 64.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = 44.0;
/// About so many lines has a grid.
const TICKS: f64 = 6.0;

/// From values to the drawing.
#[derive(Debug, Clone, Copy)]
struct Scale {
    from: f64,
    to: f64,
    start: f64,
    end: f64,
}

impl Scale {
    fn at(self, value: f64) -> f64 {
        let part = (value - self.from) / (self.to - self.from).max(f64::MIN_POSITIVE);
        self.start + part.clamp(0.0, 1.0) * (self.end - self.start)
    }

    /// Round values, a handful of them.
    fn ticks(self) -> Vec<f64> {
        let rough = (self.to - self.from) / TICKS;
        let unit = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|times| times * unit);
        let step = step.into_iter().find(|step| *step >= rough).unwrap_or(unit * 10.0);
        let first = (self.from / step).ceil();
        let ticks = (0..20_i32).map(|count| (first + f64::from(count)) * step);
        ticks.take_while(|tick| *tick <= self.to + step * 1e-6).collect()
    }
}

/// A drawing in the making.
struct Plot(String);

impl Plot {
    fn new(height: f64, label: &str) -> Self {
        Self(format!(
            "<svg viewBox=\"0 0 {WIDTH:.0} {height:.0}\" role=\"img\" aria-label=\"{}\">\n",
            escape::xml(label)
        ))
    }

    fn put(&mut self, element: &str) {
        self.0.push_str(element);
        self.0.push('\n');
    }

    fn line(&mut self, class: &str, [x, y]: [f64; 2], [to_x, to_y]: [f64; 2]) {
        self.put(&format!(
            "<line class=\"{class}\" x1=\"{x:.1}\" y1=\"{y:.1}\" x2=\"{to_x:.1}\" y2=\"{to_y:.1}\"/>"
        ));
    }

    fn text(&mut self, class: &str, [x, y]: [f64; 2], anchor: &str, text: &str) {
        let text = escape::xml(text);
        self.put(&format!(
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"
        ));
    }

    fn rect(&mut self, class: &str, [x, y]: [f64; 2], [width, height]: [f64; 2], tip: &str) {
        let tip = escape::xml(tip);
        self.put(&format!(
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{height:.1}\"><title>{tip}</title></rect>",
            width.max(0.5)
        ));
    }

    fn path(&mut self, class: &str, data: &str) {
        self.put(&format!("<path class=\"{class}\" d=\"{data}\"/>"));
    }

    fn grid_below(&mut self, scale: Scale, bottom: f64, unit: &str) {
        for tick in scale.ticks() {
            let x = scale.at(tick);
            self.line("grid", [x, TOP], [x, bottom]);
            self.text("small", [x, bottom + 18.0], "middle", &number(tick));
        }
        self.text("small", [scale.end, bottom + 36.0], "end", unit);
    }

    fn finish(mut self) -> String {
        self.put("</svg>");
        self.0
    }
}

/// As short as it can be said.
fn number(value: f64) -> String {
    if value.fract().abs() < 1e-9 { format!("{value:.0}") } else { format!("{value:.1}") }
}

/// What part of the measurements was done after so long, on both ways: the farther left, the faster.
pub(super) fn distribution(found: &ServiceReport) -> Option<String> {
    let sorted = |times: Vec<f64>| {
        let mut times = times;
        times.sort_by(f64::total_cmp);
        times
    };
    let total =
        |way: fn(&Pair) -> Option<f64>| sorted(found.pairs.iter().filter_map(way).collect());
    let direct = total(|pair| pair.direct.millis(Stage::Total));
    let lane = total(|pair| pair.lane.millis(Stage::Total));
    let longest = direct.last()?.max(*lane.last()?);
    let shortest = direct.first()?.min(*lane.first()?);
    let bottom = 280.0;
    let room = (longest - shortest).max(1.0) * 0.04;
    let x = Scale {
        from: (shortest - room).max(0.0),
        to: longest + room,
        start: LEFT,
        end: WIDTH - RIGHT,
    };
    let y = Scale { from: 0.0, to: 1.0, start: bottom, end: TOP };
    let mut plot = Plot::new(
        bottom + BOTTOM,
        "the part of the measurements that was done after so long, on both ways",
    );
    plot.grid_below(x, bottom, "total, ms");
    // 95 % and 100 % stand close together.
    for (part, class, lower) in [
        (0.0, "grid", 3.0),
        (0.5, "grid dashed", 3.0),
        (0.95, "grid dashed", 10.0),
        (1.0, "grid", 3.0),
    ] {
        plot.line(class, [LEFT, y.at(part)], [WIDTH - RIGHT, y.at(part)]);
        let label = format!("{:.0} %", part * 100.0);
        plot.text("small", [LEFT - 10.0, y.at(part) + lower], "end", &label);
    }
    for (class, times) in [("curve direct", &direct), ("curve lane", &lane)] {
        plot.path(class, &steps(times, x, y));
    }
    Some(plot.finish())
}

/// One step up for every measurement.
fn steps(sorted: &[f64], x: Scale, y: Scale) -> String {
    let mut data = format!("M{:.1} {:.1}", x.start, y.start);
    #[expect(clippy::cast_precision_loss, reason = "nobody measures 2^52 times")]
    let each = 1.0 / sorted.len() as f64;
    let mut part = 0.0;
    for time in sorted {
        part += each;
        write!(data, " H{:.1} V{:.1}", x.at(*time), y.at(part)).expect("a string takes everything");
    }
    write!(data, " H{:.1}", x.end).expect("a string takes everything");
    data
}

/// What each pair says, in the order in which they were measured: below nothing, the lane was faster.
pub(super) fn differences(found: &ServiceReport) -> Option<String> {
    let of =
        |pair: &Pair| Some(pair.lane.millis(Stage::Total)? - pair.direct.millis(Stage::Total)?);
    let points: Vec<_> = found.pairs.iter().map(|pair| (pair.at.as_secs_f64(), of(pair))).collect();
    let known: Vec<f64> = points.iter().filter_map(|(_, difference)| *difference).collect();
    let (low, high) =
        known.iter().fold((0.0_f64, 0.0_f64), |(low, high), it| (low.min(*it), high.max(*it)));
    let last = points.last().map(|(at, _)| *at).filter(|_| !known.is_empty())?;
    let room = ((high - low) * 0.1).max(0.5);
    let bottom = 240.0;
    let x = Scale { from: 0.0, to: last.max(1.0), start: LEFT, end: WIDTH - RIGHT };
    let y = Scale { from: low - room, to: high + room, start: bottom, end: TOP };
    let mut plot = Plot::new(
        bottom + BOTTOM,
        "the difference of every pair, in the order in which they were measured",
    );
    plot.grid_below(x, bottom, "seconds since the first pair");
    for tick in y.ticks() {
        let class = if tick == 0.0 { "zero" } else { "grid" };
        plot.line(class, [LEFT, y.at(tick)], [WIDTH - RIGHT, y.at(tick)]);
        plot.text("small", [LEFT - 10.0, y.at(tick) + 4.0], "end", &signed(tick));
    }
    if let Some(interval) = found.verdict.difference_ms.and_then(|it| it.interval) {
        let (top, height) = (y.at(interval.high), y.at(interval.low) - y.at(interval.high));
        let tip = "the difference of the medians, with its interval of 95 %";
        plot.rect("band", [LEFT, top], [WIDTH - LEFT - RIGHT, height.max(1.0)], tip);
    }
    for (at, difference) in points {
        let x = x.at(at);
        match difference {
            Some(difference) => plot.put(&format!(
                "<circle class=\"{}\" cx=\"{x:.1}\" cy=\"{:.1}\" r=\"3.2\"><title>{} ms</title></circle>",
                if difference < 0.0 { "dot lane" } else { "dot direct" },
                y.at(difference),
                signed(difference)
            )),
            None => plot.text("failed", [x, bottom - 6.0], "middle", "✕"),
        }
    }
    Some(plot.finish())
}

fn signed(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    if rounded == 0.0 {
        return "0".to_owned();
    }
    let sign = if rounded > 0.0 { "+" } else { "−" };
    format!("{sign}{}", number(rounded.abs()))
}

/// The medians of the stages, one behind the other, on both ways.
pub(super) fn stages(found: &ServiceReport) -> Option<String> {
    const ROW: f64 = 44.0;
    let parts = [Stage::Connect, Stage::Tls, Stage::FirstByte];
    let comparisons: Option<Vec<&Comparison>> =
        parts.map(|stage| found.stage(stage)).into_iter().collect();
    let comparisons = comparisons?;
    let medians =
        |of: fn(&Comparison) -> f64| -> Vec<f64> { comparisons.iter().map(|it| of(it)).collect() };
    let direct = medians(|it| it.direct.p50.value);
    let lane = medians(|it| it.lane.p50.value);
    let longest = direct.iter().sum::<f64>().max(lane.iter().sum());
    let bottom = TOP + 2.0 * ROW + 8.0;
    let x = Scale { from: 0.0, to: longest * 1.02, start: LEFT, end: WIDTH - RIGHT };
    let mut plot =
        Plot::new(bottom + BOTTOM, "the medians of the stages, one behind the other, on both ways");
    plot.grid_below(x, bottom, "ms at p50");
    for (row, name, medians) in [(0.0, "direct", direct), (1.0, "lane", lane)] {
        let top = TOP + 8.0 + row * ROW;
        plot.text("name", [LEFT - 10.0, top + 19.0], "end", name);
        let mut from = 0.0;
        for (stage, time) in parts.iter().zip(medians) {
            let (start, end) = (x.at(from), x.at(from + time));
            let label = format!("{stage} {time:.1} ms");
            plot.rect(&format!("bar {name}"), [start, top], [end - start - 1.0, 28.0], &label);
            // Where it does not fit, pointing at it tells.
            if end - start > 110.0 {
                plot.text("inbar", [f64::midpoint(start, end), top + 18.5], "middle", &label);
            }
            from += time;
        }
    }
    Some(plot.finish())
}
