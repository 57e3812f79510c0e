//! Everything that a spec or an existing network can hold against a deploy: all of it at once, before any call.

#![expect(clippy::assigning_clones, reason = "a table of changes, one to a line")]

use std::fmt::Write as _;

use accel_core::backend::{Guard, Network, NetworkSubnet};
use accel_core::resource::Kind;
use accel_core::spec::{
    ElasticIps, ExistingNetwork, ImplicitTable, Internet, PrivateEgress, SubnetTag, Subnets, Way,
};
use accel_core::{Problem, Topology};

use super::support::{
    build_with, endpoint, existing, network, new, offer, our_nat, place, route, table,
};
use crate::support::golden;

fn write(text: &mut String, title: &str, problems: &[Problem]) {
    writeln!(text, "{title}").unwrap();
    for problem in problems {
        writeln!(text, "  {}: {}", problem.path, problem.message).unwrap();
    }
}

type Change = fn(&mut PrivateEgress);

const OF_THE_SPEC: &[(&str, Change)] = &[
    ("everything missing", |it| *it = PrivateEgress::default()),
    ("a block too small, and zones", |it| {
        it.cidr = "10.0.0.0/25".to_owned();
        it.zones = 9;
    }),
    ("a public block", |it| it.cidr = "203.0.113.0/24".to_owned()),
    ("nothing to do", |it| {
        it.services.clear();
        it.internet = Internet::None;
    }),
    ("services", |it| {
        it.services[0].name = "S3".to_owned();
        it.services[1].name = "sqs".to_owned();
        it.services[2].policy = Some("all of it".to_owned());
        it.services[2].ports = vec![0, 443, 443];
    }),
    ("NAT without internet, and its policy", |it| {
        it.internet = Internet::None;
        it.services[2].via = Way::Nat;
        it.services[2].policy = Some("anybody".to_owned());
    }),
    ("policies", |it| {
        it.policy = Some("{\"no\": \"statement\"}".to_owned());
        it.callers.org = Some("us".to_owned());
    }),
    ("callers beside a policy", |it| {
        it.policy = Some("anybody".to_owned());
        it.callers.accounts = vec!["444455556666".into()];
    }),
    ("addresses off", |it| it.elastic_ips = ElasticIps::Off),
    ("addresses", |it| {
        let ids = ["eipalloc-0a1b2c3d", "eipalloc-0a1b2c3d", "eip-1"];
        it.elastic_ips = ElasticIps::Existing(ids.map(str::to_owned).to_vec());
        it.internet = Internet::None;
    }),
    ("a network that says nothing", |it| it.network = Some(ExistingNetwork::default())),
    ("account and tags", |it| {
        it.account = Some("me".into());
        it.tags = [("accel:mine".to_owned(), "1".to_owned())].into();
    }),
];

const OF_AN_EXISTING: &[(&str, Change)] = &[
    ("no policy said", |it| it.policy = None),
    ("fields without effect", |it| {
        it.cidr = "10.9.0.0/16".to_owned();
        it.zones = 3;
        it.internet = Internet::None;
        it.network.as_mut().unwrap().replace_default_route = true;
    }),
    ("ids", |it| {
        let network = it.network.as_mut().unwrap();
        network.vpc = "my-vpc".to_owned();
        let ids = ["subnet-00000c", "subnet-00000c", "island"];
        network.islands = Subnets::Ids(ids.map(str::to_owned).to_vec());
        network.public = Subnets::Tagged(SubnetTag { tag: String::new(), value: String::new() });
    }),
    ("a subnet that is both", |it| {
        let network = it.network.as_mut().unwrap();
        network.public = network.islands.clone();
    }),
    ("no public subnet", |it| it.network.as_mut().unwrap().public = Subnets::default()),
];

#[test]
fn every_problem_of_a_spec_is_told_at_once() {
    let mut text = String::new();
    for (base, cases) in [(new(), OF_THE_SPEC), (existing(), OF_AN_EXISTING)] {
        for (title, change) in cases {
            let mut spec = base.clone();
            change(&mut spec);
            let problems = spec.check();
            assert!(!problems.is_empty(), "{title}");
            write(&mut text, title, &problems);
        }
    }
    golden("egress-problems", &text);
}

type Change2 = fn(&mut PrivateEgress, &mut Network);

const OF_THE_NETWORK: &[(&str, Change2)] = &[
    ("another VPC", |_, it| it.id = "vpc-000002".to_owned()),
    ("unknown subnets", |_, it| it.subnets.retain(|subnet| subnet.id != "subnet-00000b")),
    ("a tag that nobody carries", |spec, _| {
        let tag = SubnetTag { tag: "tier".to_owned(), value: "isle".to_owned() };
        spec.network.as_mut().unwrap().islands = Subnets::Tagged(tag);
    }),
    ("DNS off", |_, it| {
        it.dns_support = false;
        it.dns_hostnames = false;
    }),
    ("private DNS taken", |_, it| {
        it.endpoints.push(endpoint("vpce-000001", Kind::InterfaceEndpoint, "sqs"));
    }),
    ("a gateway endpoint on every table", |_, it| {
        let mut other = endpoint("vpce-000002", Kind::GatewayEndpoint, "s3");
        other.tables = ["rtb-00000a", "rtb-00000b"].map(str::to_owned).to_vec();
        it.endpoints.push(other);
    }),
    ("the main table used implicitly", |_, it| {
        fall_back(it, &["tgw-000001"]);
        it.tables[0].routes.push(route("10.9.0.0/16", "pcx-000001"));
    }),
    ("the main table used implicitly, which leads nowhere", |_, it| fall_back(it, &[])),
    ("a main table that makes public", |_, it| {
        it.tables.retain(|table| table.id != "rtb-00000b");
    }),
    ("a main table that makes public, for a table of one's own", |spec, it| {
        spec.network.as_mut().unwrap().implicit_table = ImplicitTable::Own;
        it.tables.retain(|table| table.id != "rtb-00000b");
    }),
    ("a main table that leads elsewhere, for a table of one's own", |spec, it| {
        spec.network.as_mut().unwrap().implicit_table = ImplicitTable::Own;
        fall_back(it, &["tgw-000001"]);
    }),
    ("islands that are public", |spec, it| {
        spec.network.as_mut().unwrap().implicit_table = ImplicitTable::Main;
        it.tables.retain(|table| table.id != "rtb-00000b");
    }),
    ("a default route that leads elsewhere", |_, it| {
        it.tables[1].routes.push(route("0.0.0.0/0", "eni-000001"));
    }),
    ("a default route that leads nowhere", |spec, it| {
        spec.network.as_mut().unwrap().replace_default_route = true;
        it.tables[1].routes.push(route("0.0.0.0/0", "nat-000001"));
        it.tables[1].routes[0].active = false;
    }),
    ("a NAT gateway that does not show yet", |spec, it| {
        spec.network.as_mut().unwrap().replace_default_route = true;
        it.tables[1].routes.push(route("0.0.0.0/0", "nat-000009"));
    }),
    ("a default route that is propagated", |spec, it| {
        spec.network.as_mut().unwrap().replace_default_route = true;
        it.tables[1].routes.push(route("0.0.0.0/0", "vgw-000001"));
        it.tables[1].routes[0].propagated = true;
    }),
    ("a receipt that does not show yet", |spec, it| {
        spec.network.as_mut().unwrap().replace_default_route = true;
        it.tables[1].routes.push(route("0.0.0.0/0", "nat-000001"));
        it.nats.push(our_nat("nat-000001", "subnet-00000c", &[("rtb-00000b/0.0.0.0/0", "-")]));
    }),
    ("no internet gateway", |_, it| {
        it.gateway = None;
        it.tables[0].routes.clear();
    }),
    ("no public subnet in a zone", |spec, _| {
        spec.network.as_mut().unwrap().public = Subnets::Ids(vec!["subnet-00000c".to_owned()]);
    }),
    ("full subnets", |_, it| it.subnets.iter_mut().for_each(|subnet| subnet.free = 0)),
    ("addresses that are too few", |spec, _| {
        spec.elastic_ips = ElasticIps::Existing(vec!["eipalloc-00000a".to_owned()]);
    }),
    ("more tables than a resource takes tags", |spec, it| {
        spec.tags = (0..20).map(|n| (format!("tag-{n}"), "1".to_owned())).collect();
        let tag = SubnetTag { tag: "tier".to_owned(), value: "island".to_owned() };
        spec.network.as_mut().unwrap().islands = Subnets::Tagged(tag);
        for n in 0..17 {
            let id = format!("subnet-1{n:05}");
            it.tables.push(table(&format!("rtb-1{n:05}"), &[&id], Vec::new()));
            it.subnets.push(NetworkSubnet { id, ..it.subnets[0].clone() });
        }
    }),
    ("much of it together", |_, it| {
        it.dns_hostnames = false;
        it.gateway = None;
        it.endpoints.push(endpoint("vpce-000001", Kind::InterfaceEndpoint, "sqs"));
        it.subnets[0].free = 0;
        it.tables[2].routes.push(route("0.0.0.0/0", "vgw-000001"));
    }),
];

/// One island falls back on the main table, which leads there; the public subnets have a table of their own.
fn fall_back(network: &mut Network, to: &[&str]) {
    let public = ["subnet-00000c", "subnet-00000d"];
    let out = std::mem::take(&mut network.tables[0].routes);
    network.tables[0].routes = to.iter().map(|target| route("0.0.0.0/0", target)).collect();
    network.tables.retain(|table| table.id != "rtb-00000b");
    network.tables.push(table("rtb-00000c", &public, out));
}

#[test]
fn everything_in_an_existing_network_that_stands_against_it_is_told_at_once() {
    let mut text = String::new();
    for (title, change) in OF_THE_NETWORK {
        let (mut spec, mut network) = (existing(), network());
        change(&mut spec, &mut network);
        let problems = build_with(&spec, &offer(&spec, &[network]), &[]).unwrap_err();
        write(&mut text, title, &problems);
    }
    golden("egress-network-problems", &text);
}

#[test]
fn what_the_offer_lacks_is_told() {
    let mut text = String::new();
    let spec = existing();
    let mut lacking = offer(&spec, &[network()]);
    lacking.services.retain(|service| service.asked != "dynamodb");
    lacking.services.iter_mut().for_each(|service| {
        service.zones.clear();
        service.policy_supported = service.gateway;
    });
    write(&mut text, "services", &build_with(&spec, &lacking, &[]).unwrap_err());
    let mut poor = offer(&new(), &[]);
    poor.quotas.iter_mut().for_each(|quota| quota.used = quota.limit);
    poor.zones[0].1.truncate(1);
    write(&mut text, "quotas and zones", &build_with(&new(), &poor, &[]).unwrap_err());
    let mut guarded = offer(&new(), &[]);
    guarded.guards = vec![(place(), Guard::BlockBidirectional)];
    write(&mut text, "a guard rail", &build_with(&new(), &guarded, &[]).unwrap_err());
    golden("egress-offer-problems", &text);
}

/// It keeps out what comes from the internet; what leaves through a NAT gateway is let through, and so is what needs none.
#[test]
fn a_guard_rail_against_what_comes_in_stops_no_egress() {
    let mut guarded = offer(&new(), &[]);
    guarded.guards = vec![(place(), Guard::BlockIngress)];
    assert!(build_with(&new(), &guarded, &[]).is_ok());
    guarded.guards = vec![(place(), Guard::BlockBidirectional)];
    let none = PrivateEgress { internet: Internet::None, ..new() };
    assert!(build_with(&none, &guarded, &[]).is_ok());
}
