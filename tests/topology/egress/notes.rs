//! What people read before a deploy in a network that exists, where calls leave otherwise than through anything of ours.

use std::fmt::Write as _;

use accel_core::backend::Network;
use accel_core::resource::Kind;
use accel_core::spec::{EgressService, ImplicitTable, Internet, PrivateEgress, Subnets, Way};

use super::support::{build_with, endpoint, existing, network, offer, our_nat, route};
use crate::support::golden;

/// Without internet.
fn closed() -> PrivateEgress {
    let mut spec = PrivateEgress { internet: Internet::None, ..existing() };
    spec.network.as_mut().unwrap().public = Subnets::default();
    spec
}

/// The tables lead to gateways of ours, one of which stands in for somebody's instance.
fn after_a_deploy_with_internet() -> Network {
    let mut network = network();
    network.tables[1].routes.push(route("0.0.0.0/0", "nat-000001"));
    network.tables[2].routes.push(route("0.0.0.0/0", "nat-000002"));
    let receipt = [("rtb-00000a/0.0.0.0/0", "eni-00000a")];
    network.nats.push(our_nat("nat-000001", "subnet-00000c", &receipt));
    network.nats.push(our_nat("nat-000002", "subnet-00000d", &[]));
    network
}

/// One island's table leads somewhere, and the other island has none.
fn half_open() -> Network {
    let mut network = network();
    network.tables[0].routes.clear();
    network.tables[1].routes.push(route("0.0.0.0/0", "tgw-000001"));
    network.tables.remove(2);
    network
}

#[test]
fn notes_say_which_calls_do_not_go_where_the_spec_alone_would_lead_them() {
    let mut own = closed();
    own.network.as_mut().unwrap().implicit_table = ImplicitTable::Own;
    let mut taken = network();
    for (id, service) in [("vpce-00000a", "sqs"), ("vpce-00000b", "s3")] {
        taken.endpoints.push(endpoint(id, Kind::InterfaceEndpoint, service));
    }
    let mut through_nat = existing();
    through_nat.services.retain(|service| service.name != "sqs");
    through_nat.services.push(EgressService { via: Way::Nat, ..EgressService::new("sqs") });
    let mut by_own_names = existing();
    by_own_names.services[2].private_dns = false;
    let cases = [
        ("internet given up", closed(), after_a_deploy_with_internet()),
        ("one island with a way out", own, half_open()),
        ("names that others have taken", through_nat, taken.clone()),
        ("the same, with an endpoint", by_own_names, taken),
    ];
    let mut text = String::new();
    for (title, spec, network) in cases {
        let notes = build_with(&spec, &offer(&spec, &[network]), &[]).unwrap().notes;
        writeln!(text, "{title}\n  {}", notes.join("\n  ")).unwrap();
    }
    golden("egress-notes-of-others", &text);
}
