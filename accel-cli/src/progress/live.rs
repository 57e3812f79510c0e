//! The part of a terminal that changes: how far the run is, and one bar for each thing that is waited for.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::lines::{Progress, Wait};
use crate::escape;

/// So many things are shown; the others are counted.
const BARS_MAX: usize = 8;

const STEPS: u64 = 100;

/// Bars below the lines.
#[derive(Debug)]
pub(super) struct Live {
    bars: MultiProgress,
    head: ProgressBar,
    waits: Vec<ProgressBar>,
}

impl Live {
    pub(super) fn new(bars: &MultiProgress) -> Self {
        let head = bars.add(ProgressBar::new(0).with_style(style("{spinner} {msg}")));
        Self { bars: bars.clone(), head, waits: Vec::new() }
    }

    pub(super) fn draw(&mut self, progress: &Progress, now: Duration) {
        self.head.set_message(progress.headline(now));
        self.head.tick();
        let shown: Vec<_> = progress.waiting().take(BARS_MAX).collect();
        while self.waits.len() > shown.len() {
            if let Some(bar) = self.waits.pop() {
                bar.finish_and_clear();
                self.bars.remove(&bar);
            }
        }
        while self.waits.len() < shown.len() {
            let bar = ProgressBar::new(STEPS).with_style(style("  {bar:16} {msg}"));
            self.waits.push(self.bars.add(bar));
        }
        for (bar, (node, wait)) in self.waits.iter().zip(shown) {
            bar.set_position(filled(wait, now));
            bar.set_message(escape::terminal(&wait.sentence(node.as_str(), now)).into_owned());
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        for bar in self.waits.iter().chain([&self.head]) {
            bar.finish_and_clear();
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).expect("the template is well formed");
    style.progress_chars("=> ")
}

/// How much of the usual time has passed. What takes longer stays short of the end: nobody knows how much longer.
fn filled(wait: &Wait, now: Duration) -> u64 {
    let waited = wait.waited(now).as_secs();
    (waited * STEPS / u64::from(wait.usual_secs.max(1))).min(STEPS - 1)
}
