//! A run's events as lines of text: what is made, what is waited for and how long that usually takes, what is tried again and why.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::time::Duration;

use accel_core::engine::policy::Verb;
use accel_core::event::{Event, NodeStep, Timed};
use accel_core::{Error, ErrorKind, NodeName};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use crate::show::prose;

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
    /// Nodes whose create had no answer.
    doubted: BTreeSet<NodeName>,
}

#[derive(Debug)]
struct Wait {
    since: Duration,
    usual_secs: u32,
}

/// A call that will be tried again.
#[derive(Debug)]
struct Refusal<'a> {
    at: Duration,
    node: &'a NodeName,
    error: &'a Error,
    after: Duration,
}

impl Progress {
    /// The lines for events that came together.
    fn lines(&mut self, events: &[Timed]) -> Vec<String> {
        let mut lines = Vec::new();
        let mut lost = Vec::new();
        let mut refusals: BTreeMap<(Verb, ErrorKind), Vec<Refusal<'_>>> = BTreeMap::new();
        for timed in events {
            match &timed.event {
                Event::Retry { node, verb, error, after } => {
                    let trouble = (*verb, error.kind());
                    if self.refused.insert(node.clone(), trouble) != Some(trouble) {
                        let refusal = Refusal { at: timed.at, node, error, after: *after };
                        refusals.entry(trouble).or_default().push(refusal);
                    }
                }
                Event::Node { node, step: NodeStep::Lost, .. } => lost.push((timed.at, node)),
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
        if let Some((now, node)) = lost.first() {
            let others = others(lost.len());
            lines.push(at(*now, &format!("! {node}{others} vanished, made anew")));
        }
        let together = refusals.iter();
        lines.extend(together.filter_map(|((verb, _), refusals)| retry(*verb, refusals)));
        lines
    }

    /// What a step is worth saying.
    fn step(&mut self, now: Duration, node: &NodeName, step: &NodeStep) -> Option<String> {
        match step {
            NodeStep::Exists { id, found, usual_secs } => {
                let is_news = self.refused.remove(node).is_some() || self.doubted.remove(node);
                let wait = self.wait(now, node, *usual_secs, "ready");
                let what = wait.unwrap_or_else(|| id.to_string());
                match (found, is_news) {
                    (false, _) => Some(row('+', node, &what)),
                    (true, true) => Some(row('+', node, &format!("found, {what}"))),
                    // How many are there already has been said in one number.
                    (true, false) => None,
                }
            }
            NodeStep::Ready => {
                let took = now.saturating_sub(self.waiting.remove(node)?.since);
                Some(row('=', node, &format!("ready after {:.0} s", took.as_secs_f64())))
            }
            NodeStep::Going { usual_secs } => {
                let wait = self.wait(now, node, *usual_secs, "gone");
                Some(row('~', node, &wait.unwrap_or_default()))
            }
            NodeStep::Gone => {
                self.refused.remove(node);
                let wait = self.waiting.remove(node);
                let took = wait.map(|wait| now.saturating_sub(wait.since).as_secs_f64());
                let took = took.map(|secs| format!("gone after {secs:.0} s"));
                Some(row('-', node, &took.unwrap_or_default()))
            }
            NodeStep::InDoubt => {
                self.doubted.insert(node.clone());
                Some(row('!', node, "no answer: looking"))
            }
            // What follows says more.
            NodeStep::Creating | NodeStep::Deleting => None,
            NodeStep::Replacing { .. } | NodeStep::Lost | NodeStep::Halted { .. } | _ => {
                Some(format!("! {node}: {step}"))
            }
        }
    }

    /// Remembers what takes its time.
    fn wait(
        &mut self,
        now: Duration,
        node: &NodeName,
        secs: Option<u32>,
        end: &str,
    ) -> Option<String> {
        let usual_secs = secs.filter(|secs| *secs > SOON_SECS)?;
        self.waiting.insert(node.clone(), Wait { since: now, usual_secs });
        Some(format!("usually {end} in {usual_secs} s"))
    }

    /// What is waited for now.
    fn waits(&self, now: Duration) -> Vec<String> {
        let wait = |(node, wait): (&NodeName, &Wait)| {
            let waited = now.saturating_sub(wait.since).as_secs();
            let text = format!(". waiting for {node}: {waited} s, usually {} s", wait.usual_secs);
            at(now, &text)
        };
        self.waiting.iter().map(wait).collect()
    }
}

/// One line for all that went wrong together in the same way.
fn retry(verb: Verb, together: &[Refusal<'_>]) -> Option<String> {
    let Refusal { at: now, node, error, after } = together.first()?;
    let others = others(together.len());
    let secs = after.as_secs_f64();
    let why = format!("{}: {}", error.kind(), error.message());
    let text = format!("{node}{others}: {verb} again in {secs:.1} s, {why}");
    Some(prose(&at(*now, "! "), &text))
}

/// What stands behind the first of so many.
fn others(count: usize) -> String {
    if count > 1 { format!(" and {} more", count - 1) } else { String::new() }
}

/// A node, and what is to be said about it, as far as a line goes.
fn row(sign: char, node: &NodeName, what: &str) -> String {
    let row = format!("{sign} {node:<65} {what}");
    row.trim_end().chars().take(90).collect()
}

fn at(now: Duration, text: &str) -> String {
    format!("{:7.1} s {text}", now.as_secs_f64())
}
