//! The lane as a Mermaid flow chart: GitHub, GitLab and most wikis draw it from the text.

use std::fmt::Write as _;

use accel_core::Graph;

use super::scene::{Arrow, Card, Look, Scene, scene};
use crate::escape;

/// Lines as long as ours are stay whole.
const HEAD: &str = "%%{init: {\"flowchart\": {\"wrappingWidth\": 320}}}%%";

/// The chart.
pub(crate) fn mermaid(graph: &Graph) -> String {
    let scene = scene(graph);
    let mut out = format!("{HEAD}\nflowchart LR\n");
    let mut put = |line: String| {
        out.push_str(&line);
        out.push('\n');
    };
    if let Some(clients) = &scene.clients {
        put(format!("  {}", shape(clients)));
    }
    for (index, area) in scene.areas.iter().enumerate() {
        put(format!("  subgraph p{index}[\"{}\"]", escape::mermaid(&area.place.to_string())));
        for card in area.path.iter().chain(&area.networks) {
            put(format!("    {}", shape(card)));
        }
        put("  end".to_owned());
    }
    for card in scene.peering.iter().chain(&scene.services) {
        put(format!("  {}", shape(card)));
    }
    for arrow in arrows(&scene) {
        let label = match arrow.label.as_str() {
            "" => String::new(),
            label => format!("|\"{}\"|", escape::mermaid(label)),
        };
        put(format!("  {} -->{label} {}", arrow.from, arrow.to));
    }
    out
}

/// The arrows, those between two places bent over the peering connection, each once.
fn arrows(scene: &Scene) -> Vec<Arrow> {
    let area_of = |key: &str| {
        scene.areas.iter().position(|area| area.path.iter().any(|card| card.key == key))
    };
    let mut bent: Vec<Arrow> = Vec::new();
    for arrow in &scene.arrows {
        let (from, to) = (area_of(&arrow.from), area_of(&arrow.to));
        let crosses = from.is_some() && to.is_some() && from != to;
        match scene.peering.first().filter(|_| crosses) {
            Some(bridge) => {
                bent.push(Arrow { to: bridge.key.clone(), ..arrow.clone() });
                let label = String::new();
                bent.push(Arrow { from: bridge.key.clone(), to: arrow.to.clone(), label });
            }
            None => bent.push(arrow.clone()),
        }
    }
    let mut once: Vec<Arrow> = Vec::new();
    for arrow in bent {
        if !once.contains(&arrow) {
            once.push(arrow);
        }
    }
    once
}

fn shape(card: &Card) -> String {
    let mut text = format!("<b>{}</b>", escape::mermaid(&card.title));
    for line in std::iter::once(&card.kind).chain(&card.lines) {
        write!(text, "<br/>{}", escape::mermaid(line)).expect("a string takes everything");
    }
    let (open, close) = match card.look {
        Look::Clients | Look::Islands | Look::Service => ("([", "])"),
        Look::Peering => ("{{", "}}"),
        Look::Balancer | Look::Gateway | Look::Endpoint => ("[", "]"),
        Look::Network | Look::Other => ("(", ")"),
    };
    format!("{}{open}\"{text}\"{close}", card.key)
}
