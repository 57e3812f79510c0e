//! What is looked at after a deploy: each thing that must hold can be told from its opposite.

use std::collections::BTreeMap;

use accel_core::backend::{Bound, Network};
use accel_core::resource::Kind;
use accel_core::spec::{Internet, SubnetTag, Subnets, Way};
use accel_core::topology::Made;
use accel_core::{NodeName, RemoteId, Topology};

use super::support::{endpoint, existing, network, offer, our_nat, place, route};

/// What the nodes of [`existing`] have become.
fn nodes() -> BTreeMap<NodeName, Bound> {
    let made = [
        ("endpoint.sqs", Kind::InterfaceEndpoint, "vpce-000001"),
        ("gateway.s3", Kind::GatewayEndpoint, "vpce-000002"),
        ("gateway.dynamodb", Kind::GatewayEndpoint, "vpce-000003"),
        ("nat.eu-central-1a", Kind::NatGateway, "nat-000001"),
        ("nat.eu-central-1b", Kind::NatGateway, "nat-000002"),
    ];
    let bound = |(name, kind, id): (&str, Kind, &str)| {
        let id = RemoteId::new(kind, place(), id);
        (NodeName::from(name), Bound { id, attributes: None })
    };
    made.map(bound).into()
}

/// The network after the deploy.
fn after() -> Network {
    let mut after = network();
    after.endpoints.push(endpoint("vpce-000001", Kind::InterfaceEndpoint, "sqs"));
    for (id, service, list) in
        [("vpce-000002", "s3", "pl-000001"), ("vpce-000003", "dynamodb", "pl-000002")]
    {
        after.endpoints.push(endpoint(id, Kind::GatewayEndpoint, service));
        after.tables[1].routes.push(route(list, id));
        after.tables[2].routes.push(route(list, id));
    }
    after.tables[1].routes.push(route("0.0.0.0/0", "nat-000001"));
    after.tables[2].routes.push(route("0.0.0.0/0", "nat-000002"));
    after.nats.push(our_nat("nat-000001", "subnet-00000c", &[]));
    after.nats.push(our_nat("nat-000002", "subnet-00000d", &[]));
    after
}

fn faults(network: &Network) -> Vec<String> {
    let (spec, nodes) = (existing(), nodes());
    let offer = offer(&spec, std::slice::from_ref(network));
    let findings = spec.verify(&Made::new(&offer, &nodes), network);
    assert_eq!(findings.len(), 6, "{findings:?}");
    findings.into_iter().filter_map(|finding| finding.fault).collect()
}

#[test]
fn a_network_that_is_as_asked_has_no_fault() {
    assert_eq!(faults(&after()), [""; 0]);
}

#[test]
fn a_table_that_kept_somebodys_gateway_endpoint_has_no_fault() {
    let mut network = after();
    let mut other = endpoint("vpce-000009", Kind::GatewayEndpoint, "s3");
    other.deployment = Some(accel_core::DeploymentId::parse("others").unwrap());
    network.endpoints.push(other);
    network.tables[1].routes[0].target = "vpce-000009".to_owned();
    assert_eq!(faults(&network), [""; 0]);
}

#[test]
fn whatever_leads_elsewhere_is_a_fault_of_its_own() {
    type Break = fn(&mut Network);
    let broken: [(Break, &str); 10] = [
        (|it| it.endpoints[0].private_dns = false, "its private DNS is off"),
        (|it| it.endpoints[0].ready = false, "vpce-000001 is not ready"),
        (|it| it.dns_support = false, "DNS support of vpc-000001 is off"),
        (|it| drop(it.endpoints.remove(0)), "vpc-000001 shows no vpce-000001"),
        (|it| drop(it.tables[1].routes.remove(0)), "no route for subnet-00000a"),
        (|it| drop(it.tables[2].routes.remove(2)), "subnet-00000b: no default route"),
        (|it| it.tables[2].routes[2].target = "eni-1".to_owned(), "subnet-00000b: leads to eni-1"),
        (|it| it.nats[0].ready = false, "subnet-00000a: nat-000001 takes nothing"),
        (|it| drop(it.subnets.remove(0)), "vpc-000001 shows no subnet-00000a"),
        (
            |it| it.tables[1].routes.push(route("8.8.8.0/24", "igw-000001")),
            "subnet-00000a leads to an internet gateway",
        ),
    ];
    for (change, fault) in broken {
        let mut network = after();
        change(&mut network);
        assert_eq!(faults(&network), [fault]);
    }
}

/// Without internet nothing of the deployment is a way to it, and a gateway that was left over is told.
#[test]
fn a_way_out_that_was_not_asked_for_is_a_fault() {
    let mut spec = existing();
    spec.internet = Internet::None;
    spec.network.as_mut().unwrap().public = Subnets::default();
    let (nodes, network) = (nodes(), after());
    let offer = offer(&spec, std::slice::from_ref(&network));
    let findings = spec.verify(&Made::new(&offer, &nodes), &network);
    let faults: Vec<String> = findings.into_iter().filter_map(|it| it.fault).collect();
    assert_eq!(faults, ["subnet-00000a leads to nat-000001; subnet-00000b leads to nat-000002"]);
}

#[test]
fn islands_by_a_tag_that_none_carries_are_a_fault() {
    let mut spec = existing();
    let tag = SubnetTag { tag: "tier".to_owned(), value: "gone".to_owned() };
    spec.network.as_mut().unwrap().islands = Subnets::Tagged(tag);
    let (nodes, network) = (nodes(), after());
    let offer = offer(&spec, std::slice::from_ref(&network));
    let findings = spec.verify(&Made::new(&offer, &nodes), &network);
    let faults: Vec<String> = findings.into_iter().filter_map(|it| it.fault).collect();
    assert_eq!(faults, ["no subnet is named, or carries the tag"]);
}

/// Calls to a service through NAT go there only where nobody's endpoint has the service's names.
#[test]
fn an_endpoint_of_others_takes_the_calls_to_its_service() {
    let mut spec = existing();
    spec.services[2].via = Way::Nat;
    let mut network = after();
    network.endpoints[0].id = "vpce-theirs".to_owned();
    let offer = offer(&spec, std::slice::from_ref(&network));
    let (nodes, what) = (nodes(), "calls to sqs go to vpce-theirs, which has its names here");
    let finding = |network: &Network| {
        let findings = spec.verify(&Made::new(&offer, &nodes), network);
        findings.into_iter().find(|it| it.what == what).unwrap().fault
    };
    assert_eq!(finding(&network), None);
    network.endpoints[0].ready = false;
    assert_eq!(finding(&network).as_deref(), Some("vpce-theirs is not ready"));
}
