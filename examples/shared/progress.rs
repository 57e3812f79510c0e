//! A run's events as lines of text: what is made, what is waited for and how long that usually takes, what is tried again and why.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::time::Duration;

use accel_core::ErrorKind;
use accel_core::NodeName;
use accel_core::engine::policy::Verb;
use accel_core::event::{Event, NodeStep, Timed};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

/// What is ready or gone this soon is not worth a line of its own.
const SOON_SECS: u32 = 5;

/// After so long without a line, a line says what is waited for.
const QUIET: Duration = Duration::from_secs(20);

/// Runs a deploy or a cleanup and prints what happens, as it happens.
#[expect(clippy::print_stdout, reason = "that is what it is for")]
pub async fn watch<T>(mut heard: mpsc::Receiver<Timed>, run: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let mut progress = Progress::default();
    let mut run = pin!(run);
    loop {
        let (lines, end) = tokio::select! {
            biased;
            end = &mut run => (progress.lines(&all(&mut heard)), Some(end)),
            Some(first) = heard.recv() => {
                let mut events = vec![first];
                events.extend(all(&mut heard));
                (progress.lines(&events), None)
            }
            () = sleep(QUIET) => (Vec::from_iter(progress.waits(began.elapsed())), None),
        };
        for line in lines {
            println!("{line}");
        }
        if let Some(end) = end {
            return end;
        }
    }
}

/// Everything that has been sent so far.
fn all(heard: &mut mpsc::Receiver<Timed>) -> Vec<Timed> {
    std::iter::from_fn(|| heard.try_recv().ok()).collect()
}

/// What has been said, so that it is said once.
#[derive(Debug, Default)]
struct Progress {
    /// What takes its time, since when, and what to expect.
    waiting: BTreeMap<NodeName, Wait>,
    /// What went wrong with a node last: the same again is no news.
    refused: BTreeMap<NodeName, (Verb, ErrorKind)>,
}

#[derive(Debug)]
struct Wait {
    since: Duration,
    usual_secs: u32,
}

impl Progress {
    /// The lines for events that came together.
    fn lines(&mut self, events: &[Timed]) -> Vec<String> {
        let mut lines = Vec::new();
        let mut retries: BTreeMap<(Verb, ErrorKind), Vec<&Timed>> = BTreeMap::new();
        for timed in events {
            match &timed.event {
                Event::Retry { node, verb, error, .. } => {
                    let trouble = (*verb, error.kind());
                    if self.refused.insert(node.clone(), trouble) != Some(trouble) {
                        retries.entry(trouble).or_default().push(timed);
                    }
                }
                Event::Node { node, step, .. } => {
                    lines.extend(self.step(timed.at, node, step).map(|text| at(timed.at, &text)));
                }
                Event::Looking { wait } if wait.is_zero() => {
                    lines.push(at(timed.at, "? one more look for strays"));
                }
                Event::Looking { wait } => {
                    let secs = wait.as_secs();
                    lines.push(at(timed.at, &format!("? one more look, {secs} s from now")));
                }
                Event::Began { .. } | Event::Blocked { .. } | Event::Missed { .. } | _ => {
                    lines.push(at(timed.at, &timed.event.to_string()));
                }
            }
        }
        lines.extend(retries.values().flat_map(|together| retry(together)));
        lines
    }

    /// What a step is worth saying.
    fn step(&mut self, now: Duration, node: &NodeName, step: &NodeStep) -> Option<String> {
        match step {
            NodeStep::Exists { id, found, usual_secs } => {
                self.refused.remove(node);
                let what = if *found { "there" } else { "made" };
                let wait = self.wait(now, node, *usual_secs, "ready");
                Some(format!("+ {node:<63} {what} {id}{wait}"))
            }
            NodeStep::Ready => {
                let took = now - self.waiting.remove(node)?.since;
                Some(format!("= {node:<63} ready after {:.0} s", took.as_secs_f64()))
            }
            NodeStep::Going { usual_secs } => {
                let wait = self.wait(now, node, *usual_secs, "gone");
                Some(format!("~ {node:<63} going{wait}"))
            }
            NodeStep::Gone => {
                self.refused.remove(node);
                self.waiting.remove(node);
                Some(format!("- {node:<63} gone"))
            }
            // What follows says more.
            NodeStep::Creating | NodeStep::Deleting => None,
            NodeStep::InDoubt
            | NodeStep::Replacing { .. }
            | NodeStep::Lost
            | NodeStep::Halted { .. }
            | _ => Some(format!("! {node}: {step}")),
        }
    }

    /// Remembers what takes its time.
    fn wait(&mut self, now: Duration, node: &NodeName, secs: Option<u32>, end: &str) -> String {
        let Some(usual_secs) = secs.filter(|secs| *secs > SOON_SECS) else { return String::new() };
        self.waiting.insert(node.clone(), Wait { since: now, usual_secs });
        format!(", usually {end} in {usual_secs} s")
    }

    /// What is waited for now.
    fn waits(&self, now: Duration) -> Vec<String> {
        let wait = |(node, wait): (&NodeName, &Wait)| {
            let waited = (now - wait.since).as_secs();
            let text = format!(". waiting for {node}: {waited} s, usually {} s", wait.usual_secs);
            at(now, &text)
        };
        self.waiting.iter().map(wait).collect()
    }
}

/// One line for all that went wrong together in the same way.
fn retry(together: &[&Timed]) -> Option<String> {
    let nodes: BTreeSet<&NodeName> = together
        .iter()
        .filter_map(|timed| match &timed.event {
            Event::Retry { node, .. } => Some(node),
            _ => None,
        })
        .collect();
    let Timed { at: now, event: Event::Retry { verb, error, after, .. } } = together.first()?
    else {
        return None;
    };
    let first = nodes.first()?;
    let others = match nodes.len() - 1 {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let text = format!(
        "! {first}{others}: {verb} again in {:.1} s: {}: {}",
        after.as_secs_f64(),
        error.kind(),
        error.message()
    );
    Some(at(*now, &text))
}

fn at(now: Duration, text: &str) -> String {
    format!("{:7.1} s {text}", now.as_secs_f64())
}
