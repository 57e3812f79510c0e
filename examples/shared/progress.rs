//! A run's events as lines of text: what is made, what is waited for and how long that usually takes, what is tried again and why.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::time::Duration;

use accel_core::engine::policy::Verb;
use accel_core::event::{Event, NodeStep, Timed};
use accel_core::resource::Kind;
use accel_core::{Error, ErrorKind, NodeName};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use crate::show::{WIDTH, prose};

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
        for Timed { at, event } in events {
            match event {
                Event::Retry { node, verb, error, after } => {
                    let trouble = (*verb, error.kind());
                    if self.refused.insert(node.clone(), trouble) != Some(trouble) {
                        let refusal = Refusal { at: *at, node, error, after: *after };
                        refusals.entry(trouble).or_default().push(refusal);
                    }
                }
                Event::Node { node, step: NodeStep::Lost, .. } => lost.push((*at, node)),
                Event::Node { node, kind, step, .. } => {
                    lines.extend(self.step(*at, node, *kind, step));
                }
                Event::Looking { wait } if wait.is_zero() => {
                    lines.push(line(*at, '?', "one more look for strays"));
                }
                Event::Looking { wait } => {
                    let secs = wait.as_secs();
                    lines.push(line(*at, '?', &format!("one more look, {secs} s from now")));
                }
                Event::Began { .. } | Event::Blocked { .. } | Event::Missed { .. } | _ => {
                    lines.push(line(*at, ' ', &event.to_string()));
                }
            }
        }
        if let Some((now, node)) = lost.first() {
            let text = format!("{node}{} vanished, made anew", others(lost.len()));
            lines.push(line(*now, '!', &text));
        }
        lines.extend(refusals.iter().filter_map(|((verb, _), together)| retry(*verb, together)));
        lines
    }

    /// What a step is worth saying.
    fn step(
        &mut self,
        now: Duration,
        node: &NodeName,
        kind: Kind,
        step: &NodeStep,
    ) -> Option<String> {
        match step {
            NodeStep::Exists { id, found, usual_secs } => {
                let is_news = self.refused.remove(node).is_some() || self.doubted.remove(node);
                let wait = self.wait(now, node, *usual_secs, "ready");
                // A setting has no id of its own.
                let id = if kind.facts().setting { "set".to_owned() } else { id.to_string() };
                let what = wait.unwrap_or(id);
                match (found, is_news) {
                    (false, _) => Some(row(now, '+', node, &what)),
                    (true, true) => Some(row(now, '+', node, &format!("found, {what}"))),
                    // How many are there already has been said in one number.
                    (true, false) => None,
                }
            }
            NodeStep::Ready => {
                let took = now.saturating_sub(self.waiting.remove(node)?.since);
                Some(row(now, '=', node, &format!("ready after {:.0} s", took.as_secs_f64())))
            }
            NodeStep::Going { usual_secs } => {
                let wait = self.wait(now, node, *usual_secs, "gone");
                Some(row(now, '~', node, &wait.unwrap_or_default()))
            }
            NodeStep::Gone => {
                self.refused.remove(node);
                let wait = self.waiting.remove(node);
                let took = wait.map(|wait| now.saturating_sub(wait.since).as_secs_f64());
                let took = took.map(|secs| format!("gone after {secs:.0} s"));
                Some(row(now, '-', node, &took.unwrap_or_default()))
            }
            NodeStep::InDoubt => {
                self.doubted.insert(node.clone());
                Some(row(now, '!', node, "no answer: looking"))
            }
            // What follows says more.
            NodeStep::Creating | NodeStep::Deleting => None,
            // The error names the node.
            NodeStep::Halted { error } => Some(line(now, '!', &format!("halted: {error}"))),
            NodeStep::Replacing { .. } | NodeStep::Lost | _ => {
                Some(line(now, '!', &format!("{node}: {step}")))
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
            let text = format!("waiting for {node}: {waited} s, usually {} s", wait.usual_secs);
            line(now, '.', &text)
        };
        self.waiting.iter().map(wait).collect()
    }
}

/// One line for all that went wrong together in the same way.
fn retry(verb: Verb, together: &[Refusal<'_>]) -> Option<String> {
    let Refusal { at, node, error, after } = together.first()?;
    let (others, secs) = (others(together.len()), after.as_secs_f64());
    let why = format!("{}: {}", error.kind(), error.message());
    Some(line(*at, '!', &format!("{node}{others}: {verb} again in {secs:.1} s, {why}")))
}

/// What stands behind the first of so many.
fn others(count: usize) -> String {
    if count > 1 { format!(" and {} more", count - 1) } else { String::new() }
}

/// A node, and what is to be said about it as far as the line goes.
fn row(now: Duration, sign: char, node: &NodeName, what: &str) -> String {
    let row = format!("{}{node:<65} {what}", label(now, sign));
    if row.chars().count() <= WIDTH {
        return row.trim_end().to_owned();
    }
    row.chars().take(WIDTH - 2).chain("..".chars()).collect()
}

fn line(now: Duration, sign: char, text: &str) -> String {
    prose(&label(now, sign), text)
}

fn label(now: Duration, sign: char) -> String {
    format!("{:7.1} s {sign} ", now.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use accel_core::{Place, RemoteId, Side};

    use super::*;

    fn place() -> Place {
        Place::new(Side::Entry, "ap-southeast-1")
    }

    fn step(secs: u64, node: &str, kind: Kind, step: NodeStep) -> Timed {
        let event = Event::Node { node: node.into(), place: place(), kind, step };
        Timed { at: Duration::from_secs(secs), event }
    }

    fn made(kind: Kind, id: &str, found: bool, usual_secs: Option<u32>) -> NodeStep {
        NodeStep::Exists { id: RemoteId::new(kind, place(), id), found, usual_secs }
    }

    fn refused(node: &str) -> Timed {
        let error = Error::new(ErrorKind::NotYet, "vpc-1 does not exist");
        let (verb, after) = (Verb::Create, Duration::from_millis(300));
        Timed { at: Duration::ZERO, event: Event::Retry { node: node.into(), verb, error, after } }
    }

    #[test]
    fn what_goes_wrong_together_is_one_line_and_the_same_again_is_none() {
        let mut progress = Progress::default();
        let lines = progress.lines(&[refused("a"), refused("b"), refused("a")]);
        assert_eq!(
            lines,
            ["    0.0 s ! a and 1 more: create again in 0.3 s, not yet: vpc-1 does not exist"]
        );
        assert!(progress.lines(&[refused("b")]).is_empty());
    }

    #[test]
    fn what_takes_its_time_is_announced_remembered_and_closed() {
        let mut progress = Progress::default();
        let kind = Kind::LoadBalancer;
        let begun = progress.lines(&[step(1, "nlb", kind, made(kind, "nlb-1", false, Some(120)))]);
        assert!(begun[0].ends_with("usually ready in 120 s"), "{begun:?}");
        let waits = progress.waits(Duration::from_secs(21));
        assert_eq!(waits, ["   21.0 s . waiting for nlb: 20 s, usually 120 s"]);
        let ready = progress.lines(&[step(95, "nlb", kind, NodeStep::Ready)]);
        assert!(ready[0].ends_with("ready after 94 s"), "{ready:?}");
        assert!(progress.waits(Duration::from_secs(99)).is_empty());
    }

    #[test]
    fn what_is_found_is_news_only_after_a_doubt() {
        let mut progress = Progress::default();
        let found = || step(0, "vpc", Kind::Vpc, made(Kind::Vpc, "vpc-1", true, Some(2)));
        assert!(progress.lines(&[found()]).is_empty());
        let lines = progress.lines(&[step(0, "vpc", Kind::Vpc, NodeStep::InDoubt), found()]);
        assert!(lines[0].ends_with("no answer: looking"), "{lines:?}");
        assert!(lines[1].ends_with("found, vpc-1"), "{lines:?}");
    }

    #[test]
    fn no_row_is_longer_than_a_terminal_is_wide() {
        let name = "entry.ap-southeast-1.target.sagemaker.runtime.443.ap-southeast-3a";
        let id = "a".repeat(100);
        let mut progress = Progress::default();
        let lines =
            progress.lines(&[step(9, name, Kind::Target, made(Kind::Target, &id, false, None))]);
        assert!(lines[0].len() == WIDTH && lines[0].ends_with("aa.."), "{lines:?}");
    }
}
