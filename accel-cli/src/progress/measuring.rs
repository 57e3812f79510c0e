//! How far a probe is.

use std::time::Duration;

use accel_client::probe::{Stage, Step};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::Instant;

use crate::escape;
use crate::terminal::Terminal;

/// Where no bar can be drawn, a line is said after so long.
const QUIET: Duration = Duration::from_secs(10);

/// Tells of pairs as they are measured: a bar where a person sees it, else a line now and then.
#[derive(Debug)]
pub(crate) struct Measuring<'a> {
    terminal: &'a Terminal,
    service: String,
    bar: Option<ProgressBar>,
    said: Instant,
}

impl<'a> Measuring<'a> {
    pub(crate) fn new(terminal: &'a Terminal) -> Self {
        Self { terminal, service: String::new(), bar: None, said: Instant::now() }
    }

    pub(crate) fn tell(&mut self, step: Step<'_>) {
        if self.service != step.service {
            self.begin(step);
        }
        let sentence = escape::terminal(&sentence(step)).into_owned();
        if let Some(bar) = &self.bar {
            bar.set_position(step.done.into());
            bar.set_message(sentence);
        } else if self.said.elapsed() >= QUIET {
            self.said = Instant::now();
            self.terminal.say(&format!("{} of {} pairs, {sentence}", step.done, step.of));
        }
    }

    fn begin(&mut self, step: Step<'_>) {
        step.service.clone_into(&mut self.service);
        self.said = Instant::now();
        let Step { service, host, of, .. } = step;
        self.terminal.say(&format!("measuring {service} at {host}: {of} pairs"));
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        self.bar = self.terminal.live().map(|bars| {
            let style = ProgressStyle::with_template("  {bar:30} {pos}/{len} {msg}, {eta} left")
                .expect("the template is well formed")
                .progress_chars("=> ");
            bars.add(ProgressBar::new(of.into()).with_style(style))
        });
    }
}

impl Drop for Measuring<'_> {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// What was measured last.
fn sentence(step: Step<'_>) -> String {
    let Some(pair) = step.pair else { return "warming up".to_owned() };
    let took = |millis: Option<f64>| millis.map_or("failed".to_owned(), |ms| format!("{ms:.0} ms"));
    let direct = took(pair.direct.millis(Stage::Total));
    format!("direct {direct}, lane {}", took(pair.lane.millis(Stage::Total)))
}
