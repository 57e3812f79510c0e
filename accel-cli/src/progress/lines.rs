//! A run's events as lines of text: what is made, what is waited for and how long that usually takes, what is tried again and why.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use accel_core::backend::Blocker;
use accel_core::engine::policy::Verb;
use accel_core::event::{Event, NodeStep, Timed};
use accel_core::resource::{Health, Kind};
use accel_core::{Error, ErrorKind, NodeName};

use crate::render::text::{WIDTH, about, count, prose};

/// What is ready or gone this soon is not worth a line of its own.
const SOON_SECS: u32 = 5;

/// What has been said, so that it is said once, and what is being waited for.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Whether every step is said.
    verbose: bool,
    waiting: BTreeMap<NodeName, Wait>,
    /// What went wrong with a node last: the same again is no news.
    refused: BTreeMap<NodeName, (Verb, ErrorKind)>,
    /// What holds a node, as last said.
    held: BTreeMap<NodeName, Vec<Blocker>>,
    /// Nodes whose create had no answer.
    doubted: BTreeSet<NodeName>,
    goal: Goal,
    /// Until when the run rests before it looks once more.
    looks_at: Option<Duration>,
}

/// How far the run is.
#[derive(Debug, Default)]
struct Goal {
    going: usize,
    /// What is known to be there. A setting that comes with what it is of is never told of: so there is no "of so many".
    made: BTreeSet<NodeName>,
    gone: usize,
}

/// Something that takes its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wait {
    since: Duration,
    pub(super) usual_secs: u32,
    end: &'static str,
}

impl Wait {
    pub(super) fn waited(&self, now: Duration) -> Duration {
        now.saturating_sub(self.since)
    }

    pub(super) fn sentence(&self, what: &str, now: Duration) -> String {
        let waited = self.waited(now).as_secs();
        format!("{what}: {} s, usually {} in {}", waited, self.end, about(self.usual_secs.into()))
    }
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
    pub(super) fn new(verbose: bool) -> Self {
        Self { verbose, ..Self::default() }
    }

    /// What is waited for now.
    pub(super) fn waiting(&self) -> impl Iterator<Item = (&NodeName, &Wait)> {
        self.waiting.iter()
    }

    /// How far the run is, in one line.
    pub(super) fn headline(&self, now: Duration) -> String {
        let Goal { going, made, gone } = &self.goal;
        let mut parts = vec![format!("{} s", now.as_secs())];
        if !made.is_empty() {
            parts.push(format!("{} there", made.len()));
        }
        if *going > 0 {
            parts.push(format!("{} of {going} gone", gone.min(going)));
        }
        if !self.waiting.is_empty() {
            parts.push(format!("waiting for {}", self.waiting.len()));
        }
        if let Some(rest) = self.looks_at.and_then(|at| at.checked_sub(now)) {
            parts.push(format!("one more look in {} s", rest.as_secs()));
        }
        parts.join(", ")
    }

    /// The lines for events that came together.
    pub(super) fn lines(&mut self, events: &[Timed]) -> Vec<String> {
        let mut lines = Vec::new();
        let mut lost = Vec::new();
        let mut refusals: BTreeMap<(Verb, ErrorKind), Vec<Refusal<'_>>> = BTreeMap::new();
        for Timed { at, event } in events {
            self.follow(*at, event);
            match event {
                Event::Retry { node, verb, error, after } => {
                    let trouble = (*verb, error.kind());
                    if self.refused.insert(node.clone(), trouble) != Some(trouble) || self.verbose {
                        let refusal = Refusal { at: *at, node, error, after: *after };
                        refusals.entry(trouble).or_default().push(refusal);
                    }
                }
                Event::Node { node, step: NodeStep::Lost, .. } => lost.push((*at, node)),
                Event::Node { node, kind, step, .. } => {
                    lines.extend(self.step(*at, node, *kind, step));
                }
                Event::Looking { wait } if wait.is_zero() => {
                    lines.push(line(*at, '?', "one more look at everything"));
                }
                Event::Looking { wait } => {
                    let text = format!(
                        "one more look at everything in {} s: until then the cloud may hide what exists",
                        wait.as_secs()
                    );
                    lines.push(line(*at, '?', &text));
                }
                Event::Blocked { node, by } => {
                    if self.held.insert(node.clone(), by.clone()).as_ref() != Some(by) {
                        lines.push(line(*at, '!', &event.to_string()));
                    }
                }
                Event::Began { wanted, existing, going } => {
                    lines.extend(began(*at, *wanted, *existing, *going));
                }
                Event::Missed { .. } | _ => lines.push(line(*at, ' ', &event.to_string())),
            }
        }
        if let Some((now, node)) = lost.first() {
            let text = format!("{node}{} vanished, made anew", others(lost.len()));
            lines.push(line(*now, '!', &text));
        }
        lines.extend(refusals.iter().filter_map(|((verb, _), together)| retry(*verb, together)));
        lines
    }

    /// Keeps count.
    fn follow(&mut self, at: Duration, event: &Event) {
        match event {
            Event::Began { going, .. } => {
                self.goal = Goal { going: *going, ..Goal::default() };
            }
            Event::Node { node, step, .. } => match step {
                NodeStep::Exists { .. } | NodeStep::Ready => {
                    self.goal.made.insert(node.clone());
                }
                NodeStep::Gone => self.goal.gone += 1,
                NodeStep::Lost | NodeStep::Replacing { .. } => {
                    self.goal.made.remove(node);
                }
                NodeStep::Creating
                | NodeStep::InDoubt
                | NodeStep::Checked { .. }
                | NodeStep::Deleting
                | NodeStep::Going { .. }
                | NodeStep::Halted { .. }
                | _ => {}
            },
            Event::Looking { wait } => self.looks_at = Some(at + *wait),
            Event::Retry { .. } | Event::Blocked { .. } | Event::Missed { .. } | _ => {}
        }
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
                let was_refused = self.refused.remove(node).is_some();
                let is_news = self.doubted.remove(node) || was_refused || self.verbose;
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
                let took = self.waiting.remove(node).map(|wait| wait.waited(now).as_secs_f64());
                let took = took.map(|secs| format!("ready after {secs:.0} s"));
                let took = took.or_else(|| self.verbose.then(|| "ready".to_owned()));
                took.map(|took| row(now, '=', node, &took))
            }
            NodeStep::Checked { health: Health::Healthy, .. } => {
                let took = self.waiting.remove(node).map(|wait| wait.waited(now).as_secs_f64());
                let took = took.map(|secs| format!("healthy after {secs:.0} s"));
                Some(row(now, '=', node, &took.unwrap_or_else(|| "healthy".to_owned())))
            }
            NodeStep::Checked { health, usual_secs } => {
                let since = self.waiting.get(node).map(|wait| wait.since);
                let wait = self.wait(since.unwrap_or(now), node, *usual_secs, "healthy");
                let sign = if matches!(health, Health::Unhealthy { .. }) { '!' } else { '~' };
                let wait = wait.unwrap_or_default();
                Some(line(now, sign, &format!("{node}: {health}, {wait}")))
            }
            NodeStep::Going { usual_secs } => {
                let wait = self.wait(now, node, *usual_secs, "gone");
                Some(row(now, '~', node, &wait.unwrap_or_default()))
            }
            NodeStep::Gone => {
                self.refused.remove(node);
                let took = self.waiting.remove(node).map(|wait| wait.waited(now).as_secs_f64());
                let took = took.map(|secs| format!("gone after {secs:.0} s"));
                Some(row(now, '-', node, &took.unwrap_or_else(|| "gone".to_owned())))
            }
            NodeStep::InDoubt => {
                self.doubted.insert(node.clone());
                Some(row(now, '!', node, "no answer: looking for it"))
            }
            // What follows says more.
            NodeStep::Creating | NodeStep::Deleting if !self.verbose => None,
            NodeStep::Creating | NodeStep::Deleting => Some(row(now, '.', node, &step.to_string())),
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
        end: &'static str,
    ) -> Option<String> {
        let usual_secs = secs.filter(|secs| *secs > SOON_SECS)?;
        self.waiting.insert(node.clone(), Wait { since: now, usual_secs, end });
        Some(format!("usually {end} in {}", about(usual_secs.into())))
    }

    /// What is waited for now, in lines.
    pub(super) fn waits(&self, now: Duration) -> Vec<String> {
        let wait = |(node, wait): (&NodeName, &Wait)| {
            let usual = about(wait.usual_secs.into());
            row(now, '.', node, &format!("{} s, usually {usual}", wait.waited(now).as_secs()))
        };
        self.waiting.iter().map(wait).collect()
    }
}

/// What there is to do; nothing is not worth a line.
fn began(now: Duration, wanted: usize, existing: usize, going: usize) -> Option<String> {
    let wanted = (wanted > 0).then(|| format!("{existing} of {wanted} are there"));
    let going = (going > 0).then(|| format!("{} to go", count(going, "thing")));
    let parts: Vec<String> = wanted.into_iter().chain(going).collect();
    (!parts.is_empty()).then(|| line(now, ' ', &parts.join(", ")))
}

/// One line for all that went wrong together in the same way.
fn retry(verb: Verb, together: &[Refusal<'_>]) -> Option<String> {
    let Refusal { at, node, error, after } = together.first()?;
    let (others, secs) = (others(together.len()), after.as_secs_f64());
    let why = format!("{}: {}", error.kind(), error.message());
    let code = error.provider_code().map(|code| format!(" [{code}]")).unwrap_or_default();
    let text = format!("{node}{others}: {verb} again in {secs:.1} s, {why}{code}");
    Some(line(*at, '!', &text))
}

/// What stands behind the first of so many.
fn others(count: usize) -> String {
    if count > 1 { format!(" and {} more", count - 1) } else { String::new() }
}

/// A node, and what is to be said about it as far as the line goes.
fn row(now: Duration, sign: char, node: &NodeName, what: &str) -> String {
    let row = format!("{}{node:<62} {what}", label(now, sign));
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
        let error = Error::new(ErrorKind::NotYet, "vpc-1 does not exist").code("InvalidVpcID");
        let (verb, after) = (Verb::Create, Duration::from_millis(300));
        Timed { at: Duration::ZERO, event: Event::Retry { node: node.into(), verb, error, after } }
    }

    #[test]
    fn what_goes_wrong_together_is_one_line_and_the_same_again_is_none() {
        let mut progress = Progress::default();
        let lines = progress.lines(&[refused("a"), refused("b"), refused("a")]);
        let line = "    0.0 s ! a and 1 more: create again in 0.3 s, not yet: vpc-1 does not exist \
                    [InvalidVpcID]";
        assert_eq!(lines, [line]);
        assert!(progress.lines(&[refused("b")]).is_empty());
    }

    #[test]
    fn what_takes_its_time_is_announced_remembered_and_closed() {
        let mut progress = Progress::default();
        let kind = Kind::LoadBalancer;
        let begun = progress.lines(&[step(1, "nlb", kind, made(kind, "nlb-1", false, Some(120)))]);
        assert!(begun[0].ends_with("usually ready in 2 min"), "{begun:?}");
        let waits = progress.waits(Duration::from_secs(21));
        assert_eq!(waits, [format!("   21.0 s . {:<62} 20 s, usually 2 min", "nlb")]);
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
        assert!(lines[0].ends_with("no answer: looking for it"), "{lines:?}");
        assert!(lines[1].ends_with("found, vpc-1"), "{lines:?}");
    }

    #[test]
    fn the_headline_counts_what_is_there_and_what_is_gone() {
        let mut progress = Progress::default();
        let began = Event::Began { wanted: 2, existing: 1, going: 1 };
        let mut events = vec![Timed { at: Duration::ZERO, event: began }];
        events.push(step(1, "vpc", Kind::Vpc, made(Kind::Vpc, "vpc-1", true, None)));
        events.push(step(2, "old", Kind::Vpc, NodeStep::Gone));
        progress.lines(&events);
        assert_eq!(progress.headline(Duration::from_secs(3)), "3 s, 1 there, 1 of 1 gone");
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
