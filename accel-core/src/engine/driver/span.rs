//! With the feature `tracing`: a span per node, from its first call until it is ready, gone or halted, and in it a span per call. A
//! batched read has a span of its own. Without the feature: nothing.

use super::Call;
use crate::engine::policy::Verb;
use crate::engine::state::Item;
use crate::event::NodeStep;
use crate::id::{DeploymentId, Place};
use crate::journal::ItemId;

/// The open spans of a run.
#[derive(Debug, Default)]
pub(crate) struct Spans {
    #[cfg(feature = "tracing")]
    nodes: std::collections::BTreeMap<ItemId, tracing::Span>,
}

#[cfg(feature = "tracing")]
impl Spans {
    /// Puts a call into a span, inside that of its node if it is about one.
    pub(super) fn around<'a>(
        &mut self,
        deployment: &DeploymentId,
        about: Option<(ItemId, &Item)>,
        (verb, place): (Verb, &Place),
        call: Call<'a>,
    ) -> Call<'a> {
        use tracing::Instrument as _;
        let span = match about {
            None => tracing::info_span!("call", %deployment, %verb, %place),
            Some((id, item)) => {
                let Item { name, kind, .. } = item;
                let node = self.nodes.entry(id).or_insert_with(
                    || tracing::info_span!("node", %deployment, node = %name, %kind, %place),
                );
                tracing::info_span!(parent: &*node, "call", %verb)
            }
        };
        Box::pin(call.instrument(span))
    }

    /// Closes the span of a node whose story is over.
    pub(super) fn note(&mut self, id: ItemId, step: &NodeStep) {
        if matches!(step, NodeStep::Ready | NodeStep::Gone | NodeStep::Halted { .. }) {
            self.nodes.remove(&id);
        }
    }
}

#[cfg(not(feature = "tracing"))]
#[expect(
    clippy::unused_self,
    clippy::needless_pass_by_ref_mut,
    reason = "the same signatures as with the feature"
)]
impl Spans {
    pub(super) fn around<'a>(
        &mut self,
        _deployment: &DeploymentId,
        _about: Option<(ItemId, &Item)>,
        (_verb, _place): (Verb, &Place),
        call: Call<'a>,
    ) -> Call<'a> {
        call
    }

    pub(super) fn note(&mut self, _id: ItemId, _step: &NodeStep) {}
}
