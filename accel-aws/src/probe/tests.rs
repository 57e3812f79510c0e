use std::collections::{BTreeMap, BTreeSet};

use accel_core::backend::{Caller, Offer, ServiceOffer};
use accel_core::resource::{EndpointTable, GatewayEndpoint, Kind, NatGateway, RouteReplacement};
use accel_core::topology::Known;
use accel_core::{Acceleration, DeploymentId, ErrorKind, Ref, Side, Topology as _, Zone};
use aws_config::{BehaviorVersion, SdkConfig};

use super::*;
use crate::permissions::{Purpose, document, is_needed};

/// With every option that brings a kind of its own.
const SPEC: &str = r#"
name = "probed"
service_region = "ap-southeast-3"
entry_region = "ap-southeast-1"
path_mtu = true
cross_zone = true

[[services]]
name = "sagemaker.runtime"

[[allow]]
cidr = "203.0.113.0/24"
label = "office"

[tags]
team = "vision"
"#;

fn graph() -> Graph {
    let spec = Acceleration::from_toml(SPEC).expect("the spec is right");
    let query = spec.query(&[]);
    let caller = Caller {
        account: "111122223333".into(),
        partition: "aws".to_owned(),
        identity: String::new(),
    };
    let zones = |place: &Place| -> Vec<Zone> {
        ["a", "b"].map(|letter| Zone::from(format!("{}{letter}", place.region))).into()
    };
    let service = |(place, asked): &(Place, String)| ServiceOffer {
        asked: asked.clone(),
        full_name: asked.clone(),
        place: place.clone(),
        zones: zones(place),
        hosts: Vec::new(),
        policy_supported: true,
        gateway: false,
    };
    let offer = Offer {
        callers: [Side::Service, Side::Entry].map(|side| (side, caller.clone())).into(),
        services: query.services.iter().map(service).collect(),
        zones: query.places.iter().map(|place| (place.clone(), zones(place))).collect(),
        ..Offer::default()
    };
    let mut graph =
        spec.build(&Known { offer: &offer, kept: &[], today: None }).expect("the spec fits").graph;
    add_egress(&mut graph);
    graph
}

/// The network that exists.
fn theirs() -> RemoteId {
    RemoteId::new(Kind::Vpc, Place::new(Side::Service, "ap-southeast-3"), "vpc-theirs")
}

/// What only a way out of a network has, in one that exists.
fn add_egress(graph: &mut Graph) {
    let place = Place::new(Side::Service, "ap-southeast-3");
    let there = |kind, id: &str| RemoteId::new(kind, place.clone(), id);
    let service = "com.amazonaws.ap-southeast-3.s3".to_owned();
    let vpc = Ref::existing(there(Kind::Vpc, "vpc-theirs"));
    let table = Ref::existing(there(Kind::RouteTable, "rtb-theirs"));
    let subnet = Ref::existing(there(Kind::Subnet, "subnet-theirs"));
    let address = Ref::existing(there(Kind::ElasticIp, "eipalloc-theirs"));
    let nat = graph.add("nat", &place, NatGateway { subnet, address });
    let endpoint = GatewayEndpoint { vpc, service: service.clone() };
    let endpoint = graph.add("gateway", &place, endpoint);
    let replaced = RouteReplacement {
        table: table.clone(),
        destination: "0.0.0.0/0".parse().expect("it is a block"),
        nat,
        was: "igw-theirs".to_owned(),
    };
    graph.add("replaced", &place, replaced);
    graph.add("table", &place, EndpointTable { endpoint, table, service });
}

fn aws() -> Aws {
    Aws::new(&SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build())
}

fn name() -> DeploymentId {
    DeploymentId::parse("probed").expect("it is a name")
}

fn questions<T>(look: impl FnOnce(Vec<Question<'_>>) -> T) -> T {
    let (aws, graph, name, standing) = (aws(), graph(), name(), BTreeMap::new());
    let subjects = Subjects::new(&name, &graph, &standing);
    let places: BTreeSet<&Place> = graph.nodes().iter().map(|node| &node.place).collect();
    look(places.into_iter().flat_map(|place| aws.questions(place, &graph, &subjects)).collect())
}

#[test]
fn every_action_of_ec2_is_asked_but_the_one_without_dry_run() {
    let unasked: BTreeSet<&str> = questions(|all| {
        let unasked = all.iter().filter(|one| one.call.is_none()).map(|one| one.action);
        unasked.filter(|action| action.starts_with("ec2:")).collect()
    });
    assert_eq!(unasked, BTreeSet::from(["ec2:ModifyVpcAttribute"]));
}

/// So the test above sees every action there is.
#[test]
fn the_lane_of_these_tests_has_every_kind_that_ec2_serves() {
    let here: BTreeSet<Kind> = graph().nodes().iter().map(accel_core::Node::kind).collect();
    let missing: Vec<&Kind> = Kind::ALL.iter().filter(|kind| !here.contains(kind)).collect();
    assert_eq!(missing, Vec::<&Kind>::new());
}

#[test]
fn what_is_asked_or_cannot_be_is_what_the_policy_allows() {
    let (graph, name, vpc) = (graph(), name(), theirs());
    let policies =
        [Purpose::Deploy, Purpose::Cleanup].map(|it| document(it, &name, &graph, Some(&vpc)));
    let statements = policies.iter().flat_map(|policy| policy["Statement"].as_array().unwrap());
    let actions = statements.flat_map(|statement| match statement["Action"].as_array() {
        Some(list) => list.iter().map(|action| action.as_str().unwrap()).collect(),
        None => vec![statement["Action"].as_str().unwrap()],
    });
    let allowed: BTreeSet<&str> = actions.collect();
    let asked = questions(|all| all.iter().map(|one| one.action).collect::<BTreeSet<&str>>());
    assert_eq!(asked, allowed);
}

/// A spec without any table of theirs in its graph, or with others than before.
#[test]
fn in_a_network_that_exists_all_is_allowed_that_its_tables_may_ask_for_and_no_more() {
    let (empty, vpc) = (Graph::default(), theirs());
    let statements = |purpose| {
        let policy = document(purpose, &name(), &empty, Some(&vpc));
        policy["Statement"].as_array().unwrap().clone()
    };
    let arn =
        |resource: &str| serde_json::json!(format!("arn:aws:ec2:ap-southeast-3:*:{resource}"));
    for (purpose, id, theirs, vpc, actions) in [
        (
            Purpose::Deploy,
            "ChangeRoutesOfTheNetwork",
            "route-table/*",
            Some("vpc/vpc-theirs"),
            &["ec2:CreateRoute", "ec2:DeleteRoute", "ec2:ReplaceRoute"][..],
        ),
        (
            Purpose::Cleanup,
            "ChangeRoutesOfTheNetwork",
            "route-table/*",
            Some("vpc/vpc-theirs"),
            &["ec2:DeleteRoute", "ec2:ReplaceRoute"][..],
        ),
        (
            Purpose::Deploy,
            "AssociateItsSubnets",
            "subnet/*",
            Some("vpc/vpc-theirs"),
            &["ec2:AssociateRouteTable", "ec2:DisassociateRouteTable"][..],
        ),
        (
            Purpose::Cleanup,
            "LeadItsTablesToEndpoints",
            "route-table/*",
            None,
            &["ec2:ModifyVpcEndpoint"][..],
        ),
    ] {
        let all = statements(purpose);
        let of = |id: &str| all.iter().find(|it| it["Sid"] == id).cloned().unwrap();
        let (named, ours) = (of(id), of("ChangeAndRemoveWhatIsOurs"));
        assert_eq!(named["Resource"], arn(theirs), "{id}");
        assert_eq!(named["Action"], serde_json::json!(actions), "{id}");
        let key = named["Condition"].get("ArnLike").map(|it| it["ec2:Vpc"].clone());
        assert_eq!(key, vpc.map(arn), "{id}");
        let tagged = ours["Action"].as_array().unwrap();
        assert!(actions.iter().all(|it| tagged.contains(&serde_json::json!(it))), "{id}");
    }
}

#[test]
fn without_somebodys_network_nothing_of_anybody_elses_may_be_changed() {
    let policy = document(Purpose::Deploy, &name(), &graph(), None);
    let statements = policy["Statement"].as_array().unwrap();
    assert!(statements.iter().all(|it| it["Resource"] == "*"));
}

#[test]
fn a_question_is_about_what_is_there_if_anything_is() {
    let (graph, name) = (graph(), name());
    let vpc = graph.nodes().iter().find(|node| node.kind() == Kind::Vpc).unwrap();
    let id = RemoteId::new(Kind::Vpc, vpc.place.clone(), "vpc-1");
    let standing = BTreeMap::from([(vpc.name.clone(), id)]);
    let subjects = Subjects::new(&name, &graph, &standing);
    let mut there = subjects.of(&vpc.place, "ec2:DeleteVpc").unwrap();
    assert_eq!((there.own().as_str(), there.invented), ("vpc-1", false));
    let mut nowhere = subjects.of(&vpc.place, "ec2:DeleteSubnet").unwrap();
    assert_eq!((nowhere.own().as_str(), nowhere.invented), ("subnet-0acce100000000000", true));
}

#[test]
fn a_question_carries_the_tags_of_the_lane_and_of_its_user() {
    let (graph, name, standing) = (graph(), name(), BTreeMap::new());
    let subjects = Subjects::new(&name, &graph, &standing);
    let vpc = graph.nodes().iter().find(|node| node.kind() == Kind::Vpc).unwrap();
    let tags = subjects.of(&vpc.place, "ec2:CreateVpc").unwrap().tags();
    let value =
        |key: &str| tags.iter().find(|tag| tag.key() == Some(key)).and_then(|tag| tag.value());
    assert_eq!(value(accel_core::tags::DEPLOYMENT), Some("probed"));
    assert_eq!(value("team"), Some("vision"));
}

#[test]
fn a_verdict_says_no_more_than_the_answer() {
    let refused =
        |code: &str, message: &str| Err(Error::new(ErrorKind::Invalid, message).code(code));
    let dry = || refused("DryRunOperation", "it would have succeeded");
    let no = || refused("UnauthorizedOperation", "no. Encoded authorization failure message: a1b2");
    for part in [Part::Look, Part::Make, Part::Change, Part::Tag] {
        assert_eq!(verdict(part, true, &dry()), Verdict::Allowed);
        let denied = Verdict::Denied { why: "no.".to_owned(), encoded: Some("a1b2".to_owned()) };
        assert_eq!(verdict(part, false, &no()), denied);
    }
    let unclear = |code: Option<&str>, why: &str| Verdict::Unclear {
        code: code.map(str::to_owned),
        why: why.to_owned(),
    };
    assert_eq!(
        verdict(Part::Change, true, &no()),
        unclear(Some("UnauthorizedOperation"), NOT_THERE),
        "a policy that goes by tags denies what is not there",
    );
    let missing = refused("InvalidVpcID.NotFound", "no such VPC");
    let expected = unclear(Some("InvalidVpcID.NotFound"), "no such VPC");
    assert_eq!(verdict(Part::Make, true, &missing), expected);
    assert_eq!(verdict(Part::Look, false, &Ok(())), Verdict::Allowed);
    assert_eq!(verdict(Part::Make, false, &Ok(())), unclear(None, IGNORED));
}

#[test]
fn a_kind_needs_what_its_policy_names() {
    assert!(is_needed(Kind::Vpc, "ec2:DeleteVpc"));
    assert!(!is_needed(Kind::Vpc, "ec2:DeleteSubnet"));
}
