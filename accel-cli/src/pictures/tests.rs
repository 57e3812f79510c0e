//! The pictures of the example specs as golden files, and what holds for every picture. The golden SVG files are there to be opened.

use std::collections::BTreeSet;
use std::time::Duration;

use accel_core::engine::{Span, Timeline};
use accel_core::resource::{
    BalancerSubnet, Direction, EndpointSubnet, InterfaceEndpoint, InternetGateway, Kind,
    LoadBalancer, RuleDescription, SecurityGroup, SecurityGroupRule, Subnet, Traffic, Vpc,
};
use accel_core::topology::Known;
use accel_core::{
    Acceleration, Deployer, Graph, NetworkBackend, Place, Ref, RemoteId, Side, Topology,
};
use accel_mock::{Cloud, Settings};
use roxmltree::Document;

use super::{dot, mermaid, svg, timeline};

const JAKARTA: &str = include_str!("../../../examples/specs/sagemaker-jakarta.toml");
const FRANKFURT: &str = include_str!("../../../examples/specs/two-services-frankfurt.toml");

/// Tries to end every syntax that a picture is written in, and to write backwards.
const HOSTILE: &str =
    "a\"]--></style><script>alert(1)</script>&amp;'`\\N\n%%{init}%% end;#quot;\u{202e}\u{1b}[2J";

async fn graph(text: &str) -> Graph {
    let spec = Acceleration::from_toml(text).unwrap();
    let cloud = Cloud::new(Settings::default());
    let offer = cloud.offer(&spec.query(&[])).await.unwrap();
    spec.build(&Known { offer: &offer, kept: &[], today: None }).unwrap().graph
}

async fn deployed(text: &str) -> Timeline {
    let spec = Acceleration::from_toml(text).unwrap();
    let cloud = Cloud::new(Settings::default());
    Deployer::new(&cloud).deploy(&spec).await.unwrap().timeline
}

fn golden(check: impl FnOnce()) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../golden");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(check);
}

#[tokio::test(start_paused = true)]
async fn a_lane_is_drawn_as_it_always_was() {
    for (name, text) in [("jakarta", JAKARTA), ("frankfurt", FRANKFURT)] {
        let graph = graph(text).await;
        golden(|| {
            insta::assert_snapshot!(format!("{name}-mermaid"), mermaid(&graph));
            insta::assert_snapshot!(format!("{name}-dot"), dot(&graph));
            insta::assert_binary_snapshot!(&format!("{name}-lane.svg"), svg(&graph).into_bytes());
        });
    }
}

#[tokio::test(start_paused = true)]
async fn the_times_of_a_run_are_drawn_as_they_always_were() {
    let times = deployed(JAKARTA).await;
    golden(|| {
        insta::assert_snapshot!("jakarta-times-text", timeline::text(&times, 100));
        insta::assert_binary_snapshot!("jakarta-times.svg", timeline::svg(&times).into_bytes());
    });
}

#[tokio::test(start_paused = true)]
async fn every_picture_stands_alone() {
    let lanes = [graph(JAKARTA).await, graph(FRANKFURT).await, hostile(), Graph::default()];
    let times = [deployed(JAKARTA).await, times(HOSTILE), Timeline::default()];
    let all = lanes.iter().map(svg).chain(times.iter().map(timeline::svg));
    for picture in all {
        let document = Document::parse(&picture).unwrap();
        let elements = document.descendants().filter(roxmltree::Node::is_element);
        let known =
            ["svg", "title", "desc", "style", "defs", "marker", "g", "rect", "path", "text"];
        for element in elements {
            assert!(known.contains(&element.tag_name().name()), "{element:?}");
            for attribute in element.attributes() {
                let name = attribute.name();
                assert!(name != "href" && name != "style" && !name.starts_with("on"), "{name}");
            }
        }
        let style = document.descendants().find(|node| node.has_tag_name("style")).unwrap();
        let style = style.text().unwrap();
        assert!(style.contains("prefers-color-scheme: dark"));
        assert!(!style.contains("url(") && !style.contains('@') || style.contains("@media"));
        assert!(!style.contains("@import") && !style.contains("@font-face"));
        let root = document.root_element();
        assert_eq!(root.attribute("role"), Some("img"));
        assert!(root.descendants().any(|node| node.has_tag_name("title")));
    }
}

#[tokio::test(start_paused = true)]
async fn no_text_leaves_its_picture() {
    for graph in [graph(JAKARTA).await, graph(FRANKFURT).await, hostile()] {
        let picture = svg(&graph);
        let document = Document::parse(&picture).unwrap();
        let number = |node: &roxmltree::Node<'_, '_>, name| -> f64 {
            node.attribute(name).unwrap().parse().unwrap()
        };
        let root = document.root_element();
        let (width, height) = (number(&root, "width"), number(&root, "height"));
        for shape in document.descendants().filter(|node| node.has_tag_name("rect")) {
            if shape.attribute("class") == Some("paper") {
                continue;
            }
            assert!(number(&shape, "x") + number(&shape, "width") <= width, "{shape:?}");
            assert!(number(&shape, "y") + number(&shape, "height") <= height, "{shape:?}");
        }
        for shape in document.descendants().filter(|node| node.has_tag_name("text")) {
            assert!(number(&shape, "y") < height, "{shape:?}");
            // Even as wide as they are drawn here, titles end inside.
            let letters = u32::try_from(shape.text().unwrap_or_default().chars().count()).unwrap();
            if shape.attribute("class") == Some("title") {
                assert!(f64::from(letters) * 9.0 < width, "{shape:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn cards_do_not_overlap() {
    for text in [JAKARTA, FRANKFURT] {
        let picture = svg(&graph(text).await);
        let document = Document::parse(&picture).unwrap();
        let cards = document.descendants().filter(|node| {
            let class = node.attribute("class").unwrap_or_default();
            node.has_tag_name("rect") && (class.starts_with("card") || class == "network")
        });
        let side = |card: &roxmltree::Node<'_, '_>, at, size| -> (f64, f64) {
            let number = |name| card.attribute(name).unwrap().parse::<f64>().unwrap();
            (number(at), number(at) + number(size))
        };
        let spots: Vec<_> =
            cards.map(|card| (side(&card, "x", "width"), side(&card, "y", "height"))).collect();
        let apart = |a: (f64, f64), b: (f64, f64)| a.1 <= b.0 || b.1 <= a.0;
        for (index, one) in spots.iter().enumerate() {
            for other in &spots[index + 1..] {
                assert!(apart(one.0, other.0) || apart(one.1, other.1), "{one:?} {other:?}");
            }
        }
        assert!(spots.len() >= 6, "clients, balancer, endpoint, service and two networks");
    }
}

#[tokio::test(start_paused = true)]
async fn dot_has_every_resource_and_no_setting() {
    let graph = graph(FRANKFURT).await;
    let text = dot(&graph);
    for (index, node) in graph.nodes().iter().enumerate() {
        let shown = text.contains(&format!("    n{index} [label=\"{}\\n", node.name));
        assert_eq!(shown, !node.kind().facts().setting, "{}", node.name);
    }
}

#[tokio::test(start_paused = true)]
async fn the_way_of_a_connection_is_whole() {
    let text = mermaid(&graph(FRANKFURT).await);
    let arrows: Vec<(String, String)> = text
        .lines()
        .filter_map(|line| {
            let (from, to) = line.trim().split_once(" -->")?;
            let to = to.rsplit(' ').next()?;
            Some((from.to_owned(), to.to_owned()))
        })
        .collect();
    let mut reached = BTreeSet::from(["clients".to_owned()]);
    while let Some((_, to)) =
        arrows.iter().find(|(from, to)| reached.contains(from) && !reached.contains(to))
    {
        reached.insert(to.clone());
    }
    let services = reached.iter().filter(|key| key.starts_with('s')).count();
    assert_eq!(services, 2, "{arrows:?}");
}

#[test]
fn text_from_outside_ends_no_syntax() {
    let graph = hostile();
    for line in mermaid(&graph).lines().chain(dot(&graph).lines()) {
        assert!(!line.chars().any(|c| c.is_control() || c == '\u{202e}'), "{line:?}");
    }
    for line in mermaid(&graph).lines().skip(1) {
        assert!(!line.contains("<script"), "{line:?}");
        assert_eq!(line.matches('"').count() % 2, 0, "{line:?}");
        assert!(!line.contains("%%"), "{line:?}");
    }
    assert!(!timeline::text(&times(HOSTILE), 80).contains('\u{1b}'));
}

#[tokio::test(start_paused = true)]
async fn bars_fit_the_width() {
    let times = deployed(JAKARTA).await;
    for width in [50, 80, 100, 140] {
        let text = timeline::text(&times, width);
        let mut lines = text.lines().skip(1).filter(|line| !line.contains(" more took "));
        assert!(lines.all(|line| line.chars().count() <= width), "{width}:\n{text}");
        let critical = text.lines().skip(1).filter(|line| line.starts_with('◆')).count();
        assert_eq!(critical, times.critical_path().len(), "{text}");
    }
    assert!(!timeline::text(&times, 0).is_empty());
}

#[test]
fn a_run_that_was_stopped_says_what_is_not_ready() {
    let text = timeline::text(&times("entry.balancer"), 80);
    assert!(text.contains("entry.balancer") && text.contains("not ready"), "{text}");
    assert!(timeline::svg(&times("entry.balancer")).contains(">not ready<"));
    assert_eq!(timeline::text(&Timeline::default(), 80), "it took 0 ms\nnothing had to be made\n");
}

fn times(name: &str) -> Timeline {
    let mut times = Timeline::default();
    times.total = Duration::from_secs(40);
    times.spans.push(Span {
        node: name.into(),
        kind: Kind::LoadBalancer,
        started: Some(Duration::from_secs(1)),
        existed: Some(Duration::from_secs(2)),
        ready: None,
        critical: false,
    });
    times
}

/// A graph that no topology of ours makes: hostile names, loose ends, what exists already.
fn hostile() -> Graph {
    let entry = Place::new(Side::Entry, HOSTILE);
    let service = Place::new(Side::Service, "");
    let mut graph = Graph::default();
    let vpc = graph.add(HOSTILE, &entry, Vpc { cidr: "10.2.0.0/16".parse().unwrap() });
    let cidr = "10.2.0.0/20".parse().unwrap();
    let subnet = Subnet { vpc: vpc.clone(), cidr, zone: HOSTILE.into() };
    let subnet = graph.add("subnet", &entry, subnet);
    let group = SecurityGroup { vpc, description: HOSTILE.to_owned() };
    let group = graph.add("group", &entry, group);
    let peer = "0.0.0.0/0".parse().unwrap();
    let (direction, traffic) = (Direction::Ingress, Traffic::All);
    let rule = SecurityGroupRule { group: group.clone(), direction, traffic, peer };
    let rule = graph.add("rule", &entry, rule);
    let description = RuleDescription { rule, description: HOSTILE.to_owned() };
    graph.add("description", &entry, description);
    let address = RemoteId::new(Kind::ElasticIp, entry.clone(), HOSTILE);
    let address = Some(Ref::existing(address));
    let subnets = vec![BalancerSubnet { subnet, address }];
    let balancer = LoadBalancer { subnets, groups: vec![group], internet_facing: true };
    graph.add(format!("entry.{HOSTILE}.balancer.{HOSTILE}"), &entry, balancer);
    graph.add("loose", &entry, InternetGateway {});
    let existing = |kind| RemoteId::new(kind, service.clone(), HOSTILE);
    let endpoint = InterfaceEndpoint {
        vpc: Ref::existing(existing(Kind::Vpc)),
        service: HOSTILE.to_owned(),
        subnets: vec![EndpointSubnet {
            subnet: Ref::existing(existing(Kind::Subnet)),
            address: Some("10.1.0.4".parse().unwrap()),
        }],
        groups: Vec::new(),
        private_dns: false,
    };
    graph.add("endpoint", &service, endpoint);
    graph
}
