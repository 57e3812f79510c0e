//! What people read, word by word.

use std::time::Duration;

use accel_core::backend::{Difference, Phase, Ready};
use accel_core::deployer::{Change, Cleaned, CleanupReport, NodeStatus, Plan, PlannedNode, Status};
use accel_core::engine::Stranger;
use accel_core::resource::{Attributes, Kind};
use accel_core::spec::AnyOutputs;
use accel_core::{Calls, DeploymentId, Place, RemoteId, Side};
use serde_json::json;

use super::{cleanup, outputs, plan, status};

/// Holds a text against the one that is kept.
fn golden(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../golden");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(format!("text-{name}"), text));
}

fn lane() -> DeploymentId {
    DeploymentId::parse("lane").unwrap()
}

fn entry() -> Place {
    Place::new(Side::Entry, "ap-southeast-1")
}

fn id(kind: Kind, text: &str) -> RemoteId {
    RemoteId::new(kind, entry(), text)
}

fn stranger() -> Stranger {
    let why = "stands inside a resource of ours: ingress tcp/22 0.0.0.0/0".to_owned();
    Stranger { id: id(Kind::SecurityGroupRule, "sgr-9"), why }
}

fn planned(node: &str, kind: Kind, change: Change) -> PlannedNode {
    let id = (change != Change::Make).then(|| id(kind, "x-1"));
    let node = node.into();
    PlannedNode { node, kind, place: entry(), change, id, follows: false, outage: false }
}

fn a_plan(nodes: Vec<PlannedNode>) -> Plan {
    Plan {
        deployment: lane(),
        nodes,
        notes: Vec::new(),
        strangers: Vec::new(),
        digest: "0123456789abcdef".to_owned(),
        usual_secs: 95,
        calls: Calls::default(),
    }
}

#[test]
fn a_plan_names_what_is_replaced_with_its_order_and_outage() {
    let balancer = |follows, outage| PlannedNode {
        follows,
        outage,
        ..planned("entry.balancer", Kind::LoadBalancer, Change::Replace)
    };
    let mut text = a_plan(vec![
        planned("entry.vpc", Kind::Vpc, Change::Keep),
        planned("entry.subnet.a", Kind::Subnet, Change::Make),
        planned("entry.subnet.b", Kind::Subnet, Change::Make),
        planned("entry.dns", Kind::VpcDnsHostnames, Change::Set),
        balancer(false, true),
        PlannedNode { node: "entry.balancer.two".into(), ..balancer(false, false) },
        PlannedNode { node: "entry.listener".into(), ..balancer(true, false) },
        planned("entry.rule", Kind::SecurityGroupRule, Change::Delete),
    ]);
    text.notes.push("open to 203.0.113.0/24".to_owned());
    text.strangers.push(stranger());
    golden("plan", &plan::plan(&text));
}

#[test]
fn a_plan_without_work_says_so() {
    let nothing = a_plan(vec![planned("entry.vpc", Kind::Vpc, Change::Keep)]);
    golden("plan-nothing", &plan::plan(&nothing));
}

#[test]
fn only_what_nobody_has_allowed_is_asked_for() {
    let two = ["a", "b"].map(|node| planned(node, Kind::Vpc, Change::Replace));
    let plan = a_plan(two.into());
    assert_eq!(plan::not_allowed(&plan, &["a".into()]), ["b"]);
}

fn a_status(phases: Vec<Phase>) -> Status {
    let node = |(number, phase): (usize, Phase)| {
        let id = (phase != Phase::Gone).then(|| id(Kind::Vpc, "vpc-1"));
        let node = format!("node.{number}").into();
        NodeStatus { node, kind: Kind::Vpc, place: entry(), id, phase }
    };
    Status {
        deployment: lane(),
        nodes: phases.into_iter().enumerate().map(node).collect(),
        surplus: Vec::new(),
        strangers: Vec::new(),
        unknown: Vec::new(),
        calls: Calls::default(),
    }
}

#[test]
fn a_status_has_a_line_for_whatever_is_not_as_asked() {
    let difference = Difference {
        field: "deletion_protection".to_owned(),
        asked: "true".to_owned(),
        is: "false".to_owned(),
    };
    let ready = Ready::new(Attributes::Plain);
    let mut odd = a_status(vec![
        Phase::Ready(ready.clone()),
        Phase::Ready(Ready { differs: vec![difference], ..ready.clone() }),
        Phase::Ready(Ready { warning: Some("is impaired".to_owned()), ..ready }),
        Phase::Pending,
        Phase::Waiting { on: "somebody to accept it".to_owned() },
        Phase::Failed { why: "no capacity".to_owned() },
        Phase::Deleting,
        Phase::Gone,
    ]);
    odd.surplus.push(id(Kind::Subnet, "subnet-7"));
    odd.strangers.push(stranger());
    odd.unknown.push("nat-gateway nat-1".to_owned());
    golden("status", &status::status(&odd));
}

#[test]
fn a_status_is_one_line_if_all_is_well_or_nothing_is_there() {
    let well = a_status(vec![Phase::Ready(Ready::new(Attributes::Plain))]);
    assert_eq!(status::status(&well), "lane: as asked, 1 node ready");
    assert_eq!(status::status(&a_status(vec![Phase::Gone])), "lane: not there");
}

fn a_lane(services: &[&str]) -> AnyOutputs {
    let entry = |service: &&str| {
        json!({
            "service": service, "full_name": format!("com.amazonaws.ap-southeast-3.{service}"),
            "service_region": "ap-southeast-3", "entry_region": "ap-southeast-1",
            "dial": format!("{service}.elb.amazonaws.com"),
            "addresses": [{ "zone": "ap-southeast-1a", "address": "198.18.0.1" },
                          { "zone": "ap-southeast-1b", "address": "198.18.0.2" }],
            "hosts": [format!("{service}.ap-southeast-3.amazonaws.com"), "*.it's.example"],
            "ports": [443, 8443], "endpoint": "vpce-1", "metric_name": "net/lane/1",
        })
    };
    let entries: Vec<_> = services.iter().map(entry).collect();
    let document = json!({ "schema": "accel.lane-outputs.v1", "deployment": "lane",
        "generation": "0123456789abcdef", "complete": true, "entries": entries });
    AnyOutputs::Lane(serde_json::from_value(document).unwrap())
}

fn an_egress() -> AnyOutputs {
    let document = json!({ "schema": "accel.egress-outputs.v1", "deployment": "functions",
        "region": "eu-central-1", "vpc": "vpc-1", "complete": false,
        "islands": [{ "subnet": "subnet-1", "zone": "eu-central-1a" }, { "subnet": "subnet-2" }],
        "services": [
            { "service": "s3", "path": "gateway_endpoint", "endpoint": "vpce-1",
              "hosts": ["s3.eu-central-1.amazonaws.com", "*.it's.example"], "endpoint_names": [] },
            { "service": "sns", "path": "nat", "hosts": ["sns.eu-central-1.amazonaws.com"],
              "endpoint_names": [] },
            { "service": "sqs", "path": "interface_endpoint", "endpoint": "vpce-2", "hosts": [],
              "endpoint_names": ["vpce-2.sqs.vpce.amazonaws.com", "vpce-2-a.sqs.vpce.amazonaws.com"] },
        ],
        "addresses": [{ "zone": "eu-central-1a", "address": "198.18.0.1" }],
    });
    AnyOutputs::Egress(serde_json::from_value(document).unwrap())
}

#[test]
fn outputs_of_an_egress_say_where_functions_go_and_how_calls_leave() {
    golden("outputs-egress", &outputs::text(&an_egress()));
}

#[test]
fn outputs_of_an_egress_for_a_shell_are_one_word_each() {
    let text = outputs::shell(&an_egress());
    for line in text.lines() {
        assert_eq!(shlex::split(line).unwrap().len(), 1, "{line}");
    }
    assert!(text.contains("\nACCEL_ISLANDS='subnet-1 subnet-2'\n"), "{text}");
    assert!(
        text.contains("\nACCEL_WAY_2=nat\n") && text.contains("\nACCEL_ENDPOINT_2=''\n"),
        "{text}"
    );
}

#[test]
fn outputs_for_a_shell_are_one_word_each() {
    let text = outputs::shell(&a_lane(&["sqs"]));
    for line in text.lines() {
        assert_eq!(shlex::split(line).unwrap().len(), 1, "{line}");
    }
    let hosts = text.lines().find(|line| line.starts_with("ACCEL_HOSTS=")).unwrap();
    let word = shlex::split(hosts).unwrap().remove(0);
    assert_eq!(word, "ACCEL_HOSTS=sqs.ap-southeast-3.amazonaws.com *.it's.example");
}

#[test]
fn several_services_are_numbered() {
    let text = outputs::shell(&a_lane(&["sqs", "sns"]));
    assert!(
        text.contains("ACCEL_SERVICE_1=sqs\n") && text.contains("ACCEL_SERVICE_2=sns\n"),
        "{text}"
    );
}

#[test]
fn outputs_for_people_name_what_to_dial_for_what() {
    golden("outputs", &outputs::text(&a_lane(&["sqs"])));
}

fn a_report(outcome: Cleaned) -> CleanupReport {
    CleanupReport {
        id: lane(),
        run: "run".into(),
        outcome,
        kept: Vec::new(),
        places: vec![Place::new(Side::Service, "ap-southeast-3"), entry()],
        calls: Calls::default(),
        strangers: Vec::new(),
        unknown: Vec::new(),
        took: Duration::from_secs(200),
    }
}

#[test]
fn a_cleanup_says_whether_anything_is_left_and_where_it_looked() {
    let done = a_report(Cleaned::NothingLeft { removed: 33 });
    assert_eq!(
        cleanup::cleanup(&done),
        "lane: 33 things removed in 4 min; nothing left in ap-southeast-1 and ap-southeast-3"
    );
    let none = cleanup::cleanup(&a_report(Cleaned::NothingFound));
    assert!(none.contains("nothing found") && !none.contains("nothing left"), "{none}");
    let kept = vec![id(Kind::ElasticIp, "eipalloc-1")];
    let kept = cleanup::cleanup(&CleanupReport { kept, ..done });
    assert!(kept.starts_with("  kept, and paid for: elastic IP eipalloc-1 in"), "{kept}");
    assert!(kept.contains("nothing else left"), "{kept}");
}
