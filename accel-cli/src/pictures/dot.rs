//! Every resource of a graph and what it refers to, in the language of Graphviz. Settings are lines of their parents.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use accel_core::graph::Role;
use accel_core::{Graph, Node, NodeId, Place};

use super::lines::line;
use super::scene::key;
use crate::escape;

/// The digraph. An arrow goes from what is made first to what is made from it, so that the picture is read from left to right.
pub(crate) fn dot(graph: &Graph) -> String {
    let mut out = String::from(HEAD);
    let mut put = |line: String| {
        out.push_str(&line);
        out.push('\n');
    };
    for (index, (place, ids)) in by_place(graph).into_iter().enumerate() {
        put(format!("  subgraph cluster_{index} {{"));
        put(format!("    label=\"{}\";", escape::dot(&place.to_string())));
        for id in ids {
            put(format!("    {} [label=\"{}\"];", key(id), label(graph, id)));
        }
        put("  }".to_owned());
    }
    for id in graph.ids().filter(|id| is_shown(graph.node(*id))) {
        for edge in graph.node(id).edges() {
            if is_shown(graph.node(edge.to)) {
                let style = match edge.role {
                    Role::Holds => "",
                    Role::Value => " [style=dashed]",
                    Role::After => " [style=dotted]",
                };
                put(format!("  {} -> {}{style};", key(edge.to), key(id)));
            }
        }
    }
    out.push_str("}\n");
    out
}

const HEAD: &str = "\
digraph lane {
  // solid: the cloud keeps the reference; dashed: a value is used; dotted: order alone
  graph [rankdir=LR, fontname=\"sans-serif\", fontsize=12, color=gray];
  node [shape=box, style=rounded, fontname=\"sans-serif\", fontsize=10];
  edge [arrowsize=0.6];
";

fn by_place(graph: &Graph) -> BTreeMap<&Place, Vec<NodeId>> {
    let mut places: BTreeMap<&Place, Vec<NodeId>> = BTreeMap::new();
    for id in graph.ids().filter(|id| is_shown(graph.node(*id))) {
        places.entry(&graph.node(id).place).or_default().push(id);
    }
    places
}

fn is_shown(node: &Node) -> bool {
    !node.kind().facts().setting
}

fn label(graph: &Graph, id: NodeId) -> String {
    let node = graph.node(id);
    let mut text = format!("{}\\n{}", escape::dot(node.name.as_str()), node.kind());
    let of_it = graph.nodes().iter().filter(|other| other.resource.parent() == Some(id));
    for said in of_it.filter_map(line) {
        write!(text, "\\n{}", escape::dot(&said)).expect("a string takes everything");
    }
    text
}
