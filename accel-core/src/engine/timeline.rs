//! When each node was started, existed and was ready, and which of them the whole waited for.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::state::{Item, State};
use crate::event::NodeStep;
use crate::graph::Need;
use crate::id::NodeName;
use crate::resource::Kind;

/// The times of one node, since the run began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The node.
    pub node: NodeName,
    /// What it is.
    pub kind: Kind,
    /// When its create was first sent; none if it was there before or came with its parent.
    pub started: Option<Duration>,
    /// When it had an id.
    pub existed: Option<Duration>,
    /// When it was known to be ready.
    pub ready: Option<Duration>,
    /// Whether it is on the critical path.
    pub critical: bool,
}

/// The times of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// One span per node, in the order in which they were first heard of.
    pub spans: Vec<Span>,
    /// How long the whole took.
    pub total: Duration,
    #[serde(skip)]
    index: BTreeMap<NodeName, usize>,
}

impl Timeline {
    fn span(&mut self, item: &Item) -> Option<&mut Span> {
        item.node?;
        let index = *self.index.entry(item.name.clone()).or_insert_with(|| {
            self.spans.push(Span {
                node: item.name.clone(),
                kind: item.kind,
                started: None,
                existed: None,
                ready: None,
                critical: false,
            });
            self.spans.len() - 1
        });
        self.spans.get_mut(index)
    }

    pub(crate) fn note(&mut self, item: &Item, step: &NodeStep, at: Duration) {
        let instant = item.kind.facts().ready.is_none();
        let Some(span) = self.span(item) else { return };
        match step {
            NodeStep::Creating => span.started = span.started.or(Some(at)),
            NodeStep::Exists { .. } => {
                span.existed = Some(at);
                if instant {
                    span.ready = Some(at);
                }
            }
            NodeStep::Ready => span.ready = Some(at),
            NodeStep::InDoubt
            | NodeStep::Checked { .. }
            | NodeStep::Replacing { .. }
            | NodeStep::Lost
            | NodeStep::Deleting
            | NodeStep::Going { .. }
            | NodeStep::Gone
            | NodeStep::Halted { .. } => {}
        }
    }

    /// A setting that came with its parent's create.
    pub(crate) fn ready(&mut self, item: &Item, at: Duration) {
        if let Some(span) = self.span(item) {
            span.existed = span.existed.or(Some(at));
            span.ready = Some(at);
        }
    }

    /// Marks the chain that the whole waited for: from what was ready last, back along whatever its start waited for longest. What is
    /// looked at only when nothing else is left is not what anybody waited for.
    pub(crate) fn finish(&mut self, state: &State, total: Duration) {
        self.total = total;
        let slow = |span: &Span| span.kind.facts().ready.is_none_or(|times| times.usual_secs > 5);
        let mut last = (0..self.spans.len())
            .filter(|i| self.spans[*i].started.is_some() && slow(&self.spans[*i]))
            .max_by_key(|i| self.spans[*i].ready);
        while let Some(index) = last {
            self.spans[index].critical = true;
            let Some(node) = state.graph.find(&self.spans[index].node) else { break };
            let edges = state.graph.node(node).edges().iter();
            last = edges
                .filter_map(|edge| {
                    let before = *self.index.get(&state.graph.node(edge.to).name)?;
                    let span = &self.spans[before];
                    let at = if edge.need == Need::Ready { span.ready } else { span.existed };
                    (span.started.is_some() && !span.critical).then_some((at, before))
                })
                .max()
                .map(|(_, before)| before);
        }
    }

    /// The nodes that the whole waited for, first to last.
    pub fn critical_path(&self) -> Vec<&Span> {
        let mut path: Vec<&Span> = self.spans.iter().filter(|span| span.critical).collect();
        path.sort_by_key(|span| span.existed);
        path
    }
}
