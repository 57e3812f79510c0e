//! What the feature `tracing` of the core adds: spans.
//!
//! One test, alone in its process: whether a place in the code is traced is asked of whoever reaches it first, and another
//! thread without a subscriber would answer no for all.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use accel_mock::{Cloud, Settings};
use accel_tests::harness::{jakarta, virtually};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Metadata};

/// One span: its name, its fields, and the name of the span that it lies in.
#[derive(Debug, Clone, Default)]
struct Seen {
    name: &'static str,
    fields: BTreeMap<&'static str, String>,
    parent: Option<u64>,
    closed: bool,
}

impl Visit for Seen {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.fields.insert(field.name(), format!("{value:?}"));
    }
}

/// Keeps every span.
#[derive(Debug, Clone, Default)]
struct Keeper(Arc<Mutex<Vec<Seen>>>);

impl Keeper {
    fn with<T>(&self, act: impl FnOnce(&mut Vec<Seen>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl tracing::Subscriber for Keeper {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut seen = Seen { name: span.metadata().name(), ..Seen::default() };
        seen.parent = span.parent().map(Id::into_u64);
        span.record(&mut seen);
        self.with(|spans| {
            spans.push(seen);
            Id::from_u64(spans.len() as u64)
        })
    }

    fn record(&self, _: &Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}

    fn try_close(&self, id: Id) -> bool {
        let index = usize::try_from(id.into_u64() - 1).expect("a position");
        self.with(|spans| spans[index].closed = true);
        true
    }
}

#[test]
fn every_node_and_call_has_a_span() {
    let keeper = Keeper::default();
    let nodes = tracing::subscriber::with_default(keeper.clone(), || {
        virtually(async {
            let cloud = Cloud::new(Settings::fast());
            accel_core::deploy(&cloud, &jakarta()).await.expect("it is deployed").nodes
        })
    });
    let spans = keeper.with(std::mem::take);
    let node_of = |span: &Seen| {
        let parent = &spans[usize::try_from(span.parent? - 1).ok()?];
        parent.fields.get("node").cloned()
    };
    let creates = spans.iter().filter(|s| s.name == "call" && s.fields["verb"] == "create");
    let made: Vec<Option<String>> = creates.map(node_of).collect();
    assert!(made.iter().all(Option::is_some), "each create lies in the span of its node");
    let named = spans.iter().filter(|span| span.name == "node");
    let named: Vec<&Seen> = named.collect();
    assert!(named.iter().all(|span| span.closed && span.fields.contains_key("place")));
    for made in made.iter().flatten() {
        assert!(nodes.keys().any(|node| node.as_str() == made), "{made}");
    }
    assert!(named.len() > 30, "a lane has many nodes: {}", named.len());
}
