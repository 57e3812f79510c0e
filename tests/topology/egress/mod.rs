//! The private egress topology and its spec: every problem, what people read before, and what sticks.

mod notes;
mod problems;
mod support;
mod verified;

use std::fmt::Write as _;

use accel_core::Graph;
use accel_core::backend::Network;
use accel_core::resource::{Kind, Resource};
use accel_core::spec::{
    EgressService, ElasticIps, ExistingNetwork, ImplicitTable, Internet, PrivateEgress, Subnets,
    Way,
};

use crate::support::{golden, kept, node};
use support::{
    build_with, endpoint, existing, graph, network, new, offer, our_nat, route, table, zone,
};

/// The existing network, changed.
fn in_network(change: impl FnOnce(&mut ExistingNetwork)) -> PrivateEgress {
    let mut spec = existing();
    change(spec.network.as_mut().unwrap());
    spec
}

/// With a default route of each island table that leads elsewhere.
fn with_way_out() -> Network {
    let mut network = network();
    network.tables[1].routes.push(route("0.0.0.0/0", "eni-00000a"));
    network.tables[2].routes.push(route("0.0.0.0/0", "nat-00000b"));
    let mut foreign = our_nat("nat-00000b", "subnet-00000d", &[]);
    foreign.deployment = None;
    network.nats.push(foreign);
    network
}

fn names(graph: &Graph) -> Vec<&str> {
    graph.nodes().iter().map(|node| node.name.as_str()).collect()
}

#[test]
fn a_newer_accel_with_the_same_egress_replaces_nothing() {
    let mut text = String::new();
    let replacing = in_network(|it| it.replace_default_route = true);
    let cases = [
        ("new network", new(), vec![]),
        ("existing network", existing(), vec![network()]),
        ("default routes replaced", replacing, vec![with_way_out()]),
    ];
    for (title, spec, networks) in cases {
        writeln!(text, "{title}").unwrap();
        for node in graph(&spec, &networks, &[]).nodes() {
            let keep = node.keep.as_ref().map(|keep| format!("  ({keep})")).unwrap_or_default();
            writeln!(text, "  {} {}{keep}", node.fingerprint, node.name).unwrap();
        }
    }
    golden("egress-fingerprints", &text);
}

#[test]
fn notes_say_what_changes_for_whom_and_how_calls_leave() {
    let mut text = String::new();
    let mut own = in_network(|it| it.implicit_table = ImplicitTable::Own);
    own.services.push(EgressService { via: Way::Nat, ..EgressService::new("kms") });
    let mut implicit = network();
    implicit.tables.remove(2);
    implicit.tables[0].routes = vec![route("10.9.0.0/16", "pcx-000001")];
    implicit.tables.push(table(
        "rtb-00000c",
        &["subnet-00000c", "subnet-00000d"],
        vec![route("0.0.0.0/0", "igw-000001")],
    ));
    let none = PrivateEgress { internet: Internet::None, ..new() };
    let cases = [
        ("new network", new(), vec![]),
        ("new network, no internet", none, vec![]),
        ("existing network", existing(), vec![network()]),
        (
            "default routes replaced",
            in_network(|it| it.replace_default_route = true),
            vec![with_way_out()],
        ),
        ("a table of its own", own, vec![implicit]),
    ];
    for (title, spec, networks) in cases {
        let notes = build_with(&spec, &offer(&spec, &networks), &[]).unwrap().notes;
        writeln!(text, "{title}\n  {}", notes.join("\n  ")).unwrap();
    }
    golden("egress-notes", &text);
}

/// What a deploy has left shows the same graph again, though the tables lead elsewhere now.
#[test]
fn what_was_replaced_is_known_from_its_receipt() {
    let spec = in_network(|it| it.replace_default_route = true);
    let first = graph(&spec, &[with_way_out()], &[]);
    let Resource::RouteReplacement(it) = &node(&first, "default-route.rtb-00000a").resource else {
        panic!("a replacement")
    };
    assert_eq!(it.was, "eni-00000a");
    let mut after = with_way_out();
    after.tables[1].routes = vec![route("0.0.0.0/0", "nat-000001")];
    after.tables[2].routes = vec![route("0.0.0.0/0", "nat-000002")];
    after.nats.push(our_nat(
        "nat-000001",
        "subnet-00000c",
        &[("rtb-00000a/0.0.0.0/0", "eni-00000a")],
    ));
    after.nats.push(our_nat(
        "nat-000002",
        "subnet-00000d",
        &[("rtb-00000b/0.0.0.0/0", "nat-00000b")],
    ));
    assert_eq!(graph(&spec, &[after.clone()], &kept(&first)), first);
    // The word is needed for what is replaced, not for what has been.
    assert_eq!(graph(&existing(), &[after], &kept(&first)), first);
}

/// A route that was only added has a receipt that says so, and stays an addition.
#[test]
fn what_was_added_stays_an_addition() {
    let first = graph(&existing(), &[network()], &[]);
    assert_eq!(node(&first, "default-route.rtb-00000a").kind(), Kind::Route);
    let mut after = network();
    after.tables[1].routes = vec![route("0.0.0.0/0", "nat-000001")];
    after.nats.push(our_nat("nat-000001", "subnet-00000c", &[("rtb-00000a/0.0.0.0/0", "-")]));
    assert_eq!(graph(&existing(), &[after], &kept(&first)), first);
}

/// Everything of ours in somebody else's table or on somebody else's subnet has its receipt before it is there.
#[test]
fn nothing_stands_in_what_is_not_ours_without_a_receipt() {
    let own = in_network(|it| it.implicit_table = ImplicitTable::Own);
    let mut implicit = network();
    implicit.tables.truncate(2);
    implicit.tables[0].routes.clear();
    implicit.tables.push(table(
        "rtb-00000c",
        &["subnet-00000c", "subnet-00000d"],
        vec![route("0.0.0.0/0", "igw-000001")],
    ));
    for (spec, network) in [(existing(), network()), (own, implicit)] {
        let graph = graph(&spec, &[network], &[]);
        for node in graph.nodes().iter().filter(|node| !node.kind().facts().taggable) {
            let foreign = node.resource.existing().pop().map(|id| id.to_string());
            let Some(foreign) = foreign.filter(|_| !node.kind().facts().setting) else { continue };
            let before: Vec<&Resource> =
                node.edges().iter().map(|edge| &graph.node(edge.to).resource).collect();
            let says = |resource: &&Resource| {
                matches!(resource, Resource::ExtraTags(tags)
                    if tags.tags.keys().any(|key| key.contains(&foreign)))
            };
            assert!(before.iter().any(says), "{}", node.name);
        }
    }
}

/// A table of one's own takes an island's way out from it as much as a replaced route does.
#[test]
fn an_island_leaves_the_main_tables_way_out_only_on_a_word() {
    let mut implicit = network();
    implicit.tables.truncate(2);
    implicit.tables[0].routes = vec![route("0.0.0.0/0", "tgw-000001")];
    let public = ["subnet-00000c", "subnet-00000d"];
    implicit.tables.push(table("rtb-00000c", &public, vec![route("0.0.0.0/0", "igw-000001")]));
    let build = |spec: &PrivateEgress, it: &Network| {
        build_with(spec, &offer(spec, std::slice::from_ref(it)), &[])
    };
    let own = in_network(|it| it.implicit_table = ImplicitTable::Own);
    assert_eq!(build(&own, &implicit).unwrap_err()[0].path, "network.replace_default_route");
    let mut said = own.clone();
    said.network.as_mut().unwrap().replace_default_route = true;
    let notes = build(&said, &implicit).unwrap().notes.join("\n");
    assert!(notes.contains("out of its reach then: 0.0.0.0/0 to tgw-000001"), "{notes}");

    // One that has left it already needs no word any more.
    let mut ours = table("rtb-00000d", &["subnet-00000b"], Vec::new());
    ours.deployment = Some(accel_core::DeploymentId::parse("functions").unwrap());
    implicit.tables.push(ours);
    assert!(build(&own, &implicit).is_ok());
}

#[test]
fn zones_stay_when_the_offer_grows_or_a_service_comes_to_a_zone() {
    let spec = new();
    let first = graph(&spec, &[], &[]);
    let mut more = offer(&spec, &[]);
    more.zones[0].1 = ["z", "c", "b", "a"].map(zone).to_vec();
    let again = build_with(&spec, &more, &kept(&first)).unwrap().graph;
    assert_eq!(again, first);

    let mut fewer = offer(&spec, &[]);
    let sqs = fewer.services.iter_mut().find(|it| it.asked == "sqs").unwrap();
    sqs.zones = vec![zone("a")];
    let three = PrivateEgress { zones: 3, ..spec };
    let first = build_with(&three, &fewer, &[]).unwrap().graph;
    assert!(names(&first).contains(&"endpoint.sqs"));
    // It is offered everywhere now; its endpoint stays where it is.
    let again = graph(&three, &[], &kept(&first));
    assert_eq!(again, first);
}

#[test]
fn every_service_gets_a_zone_that_offers_it_if_there_is_room_for_one() {
    let zones = |spec: &PrivateEgress, at: &[(&str, &str)]| {
        let mut offer = offer(spec, &[]);
        for (service, letters) in at {
            let it = offer.services.iter_mut().find(|it| it.asked == *service).unwrap();
            it.zones = letters.chars().map(|letter| zone(&letter.to_string())).collect();
        }
        let graph = build_with(spec, &offer, &[]).unwrap().graph;
        let letter = |name: &str| name.strip_prefix("island.eu-central-1").map(str::to_owned);
        names(&graph).into_iter().filter_map(letter).collect::<String>()
    };
    let mut spec = new();
    spec.services.push(EgressService::new("kms"));
    assert_eq!(zones(&spec, &[]), "ab");
    assert_eq!(zones(&spec, &[("sqs", "c")]), "ac");
    assert_eq!(zones(&spec, &[("sqs", "bc")]), "bc");
    assert_eq!(zones(&spec, &[("sqs", "c"), ("kms", "b")]), "bc");
    assert_eq!(zones(&spec, &[("sqs", "ac"), ("kms", "ab")]), "ab");
}

#[test]
fn one_gateway_or_one_per_zone_touches_no_island() {
    let one = graph(&new(), &[], &[]);
    let both = PrivateEgress { internet: Internet::PerZone, ..new() };
    let per_zone = graph(&both, &[], &kept(&one));
    let same = |name: &str| node(&one, name).fingerprint == node(&per_zone, name).fingerprint;
    for name in ["island.eu-central-1a", "table.eu-central-1a", "nat.eu-central-1a", "endpoint.sqs"]
    {
        assert!(same(name), "{name}");
    }
    assert!(!same("default-route.eu-central-1b"), "it leads to the gateway of its own zone now");
    let back = graph(&new(), &[], &kept(&per_zone));
    assert_eq!(back, one);
}

/// Islands of two zones share a table: it leads to one gateway, and nobody pays for another.
#[test]
fn a_gateway_is_made_only_where_a_table_leads_to_it_and_a_table_stays_with_its_own() {
    let mut shared = network();
    shared.tables.remove(2);
    shared.tables[1].subnets.push("subnet-00000b".to_owned());
    let mut later = existing();
    let b = vec!["subnet-00000b".to_owned()];
    later.network.as_mut().unwrap().islands = Subnets::Ids(b);
    let nats = |graph: &Graph| {
        let nats = names(graph).into_iter().filter(|name| name.starts_with("nat."));
        nats.map(str::to_owned).collect::<Vec<_>>()
    };
    let built = build_with(&existing(), &offer(&existing(), &[shared.clone()]), &[]).unwrap();
    assert_eq!(nats(&built.graph), ["nat.eu-central-1a"]);
    let crossing = "islands in eu-central-1b lead to a NAT gateway in another zone";
    assert!(built.notes.iter().any(|note| note.contains(crossing)), "{:?}", built.notes);

    // The island of a lower id comes to a table that leads to the other zone's gateway.
    let first = graph(&later, &[shared.clone()], &[]);
    assert_eq!(nats(&first), ["nat.eu-central-1b"]);
    shared.tables[1].routes = vec![route("0.0.0.0/0", "nat-000001")];
    shared.nats.push(our_nat("nat-000001", "subnet-00000d", &[("rtb-00000a/0.0.0.0/0", "-")]));
    let both = graph(&existing(), &[shared], &kept(&first));
    assert_eq!(nats(&both), ["nat.eu-central-1b"]);
    let route = "default-route.rtb-00000a";
    assert_eq!(node(&both, route).fingerprint, node(&first, route).fingerprint);
}

#[test]
fn a_table_that_leads_to_somebodys_gateway_endpoint_keeps_it_and_the_others_get_ours() {
    let mut network = network();
    let mut other = endpoint("vpce-000009", Kind::GatewayEndpoint, "s3");
    other.tables = vec!["rtb-00000a".to_owned()];
    network.endpoints.push(other);
    let built = build_with(&existing(), &offer(&existing(), &[network]), &[]).unwrap();
    let made = names(&built.graph);
    assert!(!made.contains(&"gateway-table.s3.rtb-00000a"));
    assert!(made.contains(&"gateway-table.s3.rtb-00000b"));
    assert!(made.contains(&"gateway-table.dynamodb.rtb-00000a"));
    let Resource::ExtraTags(receipts) = &node(&built.graph, "receipts.gateway.s3").resource else {
        panic!("tags")
    };
    assert_eq!(receipts.tags.len(), 1);
    let note = "calls to s3 from rtb-00000a go to vpce-000009 as before";
    assert!(built.notes.iter().any(|it| it.starts_with(note)), "{:?}", built.notes);
}

/// Others have it on their lists: an island in an earlier zone must not move it.
#[test]
fn a_gateway_that_stands_keeps_its_own_address() {
    let addresses =
        |ids: &[&str]| ElasticIps::Existing(ids.iter().map(|it| (*it).to_owned()).collect());
    let (x, y) = ("eipalloc-00000a", "eipalloc-00000b");
    let mut one = in_network(|it| it.islands = Subnets::Ids(vec!["subnet-00000b".to_owned()]));
    one.elastic_ips = addresses(&[x]);
    let first = graph(&one, &[network()], &[]);
    let mut two = existing();
    two.elastic_ips = addresses(&[x, y]);
    let both = graph(&two, &[network()], &kept(&first));
    let nat = "nat.eu-central-1b";
    assert_eq!(node(&both, nat).fingerprint, node(&first, nat).fingerprint);
    assert_ne!(graph(&two, &[network()], &[]), both, "else by the order of zones");

    let mut one = PrivateEgress { zones: 1, internet: Internet::PerZone, ..new() };
    one.elastic_ips = addresses(&[y]);
    let first = graph(&one, &[], &[]);
    let two = PrivateEgress { zones: 2, elastic_ips: addresses(&[x, y]), ..one };
    let both = graph(&two, &[], &kept(&first));
    let nat = "nat.eu-central-1a";
    assert_eq!(node(&both, nat).fingerprint, node(&first, nat).fingerprint);
}

#[test]
fn services_come_and_go_without_touching_others() {
    let first = graph(&new(), &[], &[]);
    let mut spec = new();
    spec.services.insert(0, EgressService::new("kms"));
    spec.services.reverse();
    let more = graph(&spec, &[], &kept(&first));
    for it in first.nodes().iter().filter(|node| node.kind() != Kind::ExtraTags) {
        assert_eq!(it.fingerprint, node(&more, it.name.as_str()).fingerprint, "{}", it.name);
    }
}

#[test]
fn the_same_egress_in_toml_json_and_rust() {
    for spec in [new(), existing()] {
        let json = serde_json::to_string(&spec).unwrap();
        assert_eq!(PrivateEgress::from_json(&json), Ok(spec));
    }
    let toml =
        format!("name = \"functions\"\nregion = \"{}\"\ninternet = \"one\"\n", support::REGION);
    assert_eq!(PrivateEgress::from_toml(&toml), Ok(new()));
}
