//! Everything that can be wrong with a spec, alone or against an offer.

use std::fmt::Write as _;

use accel_core::Topology;
use accel_core::backend::{Guard, Offer};
use accel_core::spec::{Acceleration, Allow, ElasticIps, HealthCheck, Service};

use crate::support::{build, build_with, golden, jakarta, kept, offer};

type Change = fn(&mut Acceleration);

/// Every way to spoil a spec.
const CHANGES: &[(&str, Change)] = &[
    ("an empty spec", |s| *s = Acceleration::default()),
    ("a name that fits no tag", |s| s.name = "Sage Maker".into()),
    ("a name that is too long", |s| s.name = "a".repeat(33)),
    ("no region", |s| s.service_region = "jakarta".into()),
    ("two partitions", |s| s.entry_region = "cn-north-1".into()),
    ("no services", |s| s.services.clear()),
    ("a service twice", |s| {
        s.services.push(Service::new("com.amazonaws.ap-southeast-3.sagemaker.runtime"));
    }),
    ("no service name", |s| s.services[0].name = "SageMaker Runtime".into()),
    ("a service of another region", |s| {
        s.services[0].name = "com.amazonaws.eu-west-1.sqs".into();
    }),
    ("no ports", |s| s.services[0].ports.clear()),
    ("port 0, and one twice", |s| s.services[0].ports = vec![0, 443, 443]),
    ("nobody allowed", |s| s.allow.clear()),
    ("no block", |s| s.allow[0].cidr = "203.0.113.0".into()),
    ("host bits", |s| s.allow[0].cidr = "203.0.113.7/24".into()),
    ("a block twice", |s| s.allow.push(Allow::new("203.0.113.0/24"))),
    ("private clients", |s| s.allow[0].cidr = "10.1.2.0/24".into()),
    ("the internet", |s| s.allow[0].cidr = "0.0.0.0/0".into()),
    ("the internet in two halves", |s| {
        s.allow = vec!["0.0.0.0/1".into(), "128.0.0.0/1".into()];
    }),
    ("no day", |s| s.allow[0].until = Some("31.03.2027".into())),
    ("a label with odd characters", |s| s.allow[0].label = Some("<b>".into())),
    ("no elastic IP", |s| {
        s.elastic_ips =
            ElasticIps::Existing(vec!["203.0.113.9".into(), "eipalloc-0a1b2c3d".into()]);
    }),
    ("one elastic IP for two zones", |s| {
        s.elastic_ips = ElasticIps::Existing(vec!["eipalloc-0a1b2c3d".into()]);
    }),
    ("one list for two services", |s| {
        s.elastic_ips = ElasticIps::Existing(vec!["eipalloc-0a1b2c3d".into(); 2]);
        s.services.push("sqs".into());
    }),
    ("one list for two services of three", |s| {
        s.elastic_ips =
            ElasticIps::Existing(vec!["eipalloc-0a1b2c3d".into(), "eipalloc-0a1b2c3e".into()]);
        s.services.extend(["sqs", "sns"].map(Service::from));
        s.services[0].elastic_ips = Some(ElasticIps::Off);
    }),
    ("one address for two services", |s| {
        s.zones = 1;
        s.services.push("sqs".into());
        for service in &mut s.services {
            service.elastic_ips = Some(ElasticIps::Existing(vec!["eipalloc-0a1b2c3d".into()]));
        }
    }),
    ("no zones", |s| s.zones = 0),
    ("too many zones", |s| s.zones = 7),
    ("overlapping networks", |s| s.entry_cidr = "10.1.128.0/17".into()),
    ("a small network", |s| s.service_cidr = "10.1.0.0/26".into()),
    ("a large network", |s| s.service_cidr = "10.0.0.0/8".into()),
    ("a public network", |s| s.entry_cidr = "198.51.100.0/24".into()),
    ("a network with host bits", |s| s.entry_cidr = "10.2.0.1/16".into()),
    ("a network with too little room", |s| {
        s.entry_cidr = "10.2.0.0/25".into();
        s.services.extend(["sqs", "sns", "kms", "logs"].map(Service::from));
    }),
    ("no accounts", |s| {
        s.account = Some("1234".into());
        s.entry_account = Some("11112222333x".into());
        s.callers.accounts = vec!["root".into()];
    }),
    ("no organisation", |s| s.callers.org = Some("r-1234".into())),
    ("a policy that is no JSON", |s| s.policy = Some("allow all".into())),
    ("a policy that is none", |s| s.policy = Some("[]".into())),
    ("a long policy", |s| {
        s.policy = Some(format!("{{\"Statement\": \"{}\"}}", "x".repeat(20_480)));
    }),
    ("callers beside a policy", |s| {
        s.policy = Some("{\"Statement\": []}".into());
        s.callers.accounts = vec!["444455556666".into()];
    }),
    ("reserved tags", |s| {
        s.tags = ["aws:x", "Accel:node", ""].map(|k| (k.to_owned(), String::new())).into();
    }),
    ("odd tags", |s| s.tags = [("a".to_owned(), "<b>".to_owned())].into()),
    ("many tags", |s| {
        s.tags = (0..36).map(|n| (format!("tag-{n}"), String::new())).collect();
    }),
    ("numbers out of range", |s| {
        s.idle_timeout_secs = 59;
        s.health_check = HealthCheck { interval_secs: 4, healthy: 1, unhealthy: 11 };
    }),
];

/// The golden file holds path and message of each problem, by what causes it.
#[test]
fn every_problem_has_a_path_and_a_way_out() {
    let mut text = String::new();
    for (title, change) in CHANGES {
        let mut spec = jakarta();
        change(&mut spec);
        let problems = spec.check();
        assert!(!problems.is_empty(), "{title} is no problem");
        assert_eq!(build_with(&spec, &offer(&spec), &[]), Err(problems.clone()), "{title}");
        writeln!(text, "{title}").unwrap();
        for problem in problems {
            writeln!(text, "  {problem}").unwrap();
        }
    }
    golden("problems", &text);
}

#[test]
fn the_internet_is_opened_only_in_so_many_words() {
    let check = |allow: &[&str], allow_internet: bool| {
        let mut spec = jakarta();
        spec.allow = allow.iter().map(|cidr| Allow::new(*cidr)).collect();
        spec.allow_internet = allow_internet;
        spec.check().is_empty()
    };
    assert!(check(&["20.0.0.0/8"], false), "one /8 may be");
    assert!(!check(&["20.0.0.0/8", "21.0.0.0/32"], false), "one address more may not");
    assert!(check(&["20.0.0.0/8", "20.1.0.0/16"], false), "what is counted twice may");
    assert!(!check(&["0.0.0.0/1", "128.0.0.0/2", "192.0.0.0/2"], false));
    assert!(check(&["0.0.0.0/1", "128.0.0.0/1"], true));
    assert!(!check(&[], true), "the word alone opens nothing");
}

#[test]
fn a_text_that_cannot_be_read_says_where() {
    let toml = |text: &str| Acceleration::from_toml(text).unwrap_err().path;
    assert_eq!(toml("name = \"a\"\nnome = \"b\""), "line 2, column 1");
    assert_eq!(toml("name = "), "line 1, column 8");
    assert_eq!(toml("[[services]]\nname = \"sqs\"\nports = [70000]"), "line 3, column 10");
    let json = |text: &str| Acceleration::from_json(text).unwrap_err();
    assert_eq!(json("{\n  \"nome\": \"b\"}").path, "line 2, column 8");
    assert!(json("{\"elastic_ips\": \"on\"}").message.contains("\"made\", \"off\""));
}

type Spoil = fn(&mut Acceleration, &mut Offer);

/// Every way in which an offer can stand against a spec.
const OFFERS: &[(&str, Spoil)] = &[
    ("no such service", |_, o| o.services.clear()),
    ("one zone", |_, o| o.services[0].zones.truncate(1)),
    ("only local zones", |_, o| {
        o.services[0].zones = vec!["ap-southeast-3-jkt-1a".into(), "ap-southeast-3i".into()];
    }),
    ("no zones for load balancers", |_, o| o.zones[1].1.clear()),
    ("no policy", |_, o| o.services[0].policy_supported = false),
    ("another account", |s, _| s.account = Some("999999999999".into())),
    ("another account on one side", |s, _| s.entry_account = Some("999999999999".into())),
    ("another partition", |_, o| o.callers[0].1.partition = "aws-cn".into()),
    ("nobody known, nobody pinned", |_, o| o.callers.clear()),
    ("a closed region", |_, o| o.closed_regions.push("ap-southeast-3".into())),
    ("a guard rail", |s, o| {
        o.guards.push((s.places().remove(1), Guard::BlockIngress));
    }),
    ("no room for VPCs", |_, o| o.quotas[0].used = 5),
    ("no room for addresses", |s, o| {
        s.zones = 3;
        o.quotas[4].used = 3;
    }),
    ("one pool for both sides", |s, o| {
        s.entry_region = s.service_region.clone();
        *o = offer(s);
        o.quotas[0].used = 4;
        o.quotas[3].used = 4;
    }),
    ("everything at once", |s, o| {
        s.account = Some("999999999999".into());
        o.closed_regions.push("ap-southeast-1".into());
        o.services[0].zones.truncate(1);
        o.services[0].policy_supported = false;
        o.quotas[4].limit = 1;
    }),
];

#[test]
fn every_problem_with_the_offer_has_a_way_out() {
    let mut text = String::new();
    for (title, spoil) in OFFERS {
        let mut spec = jakarta();
        let mut offer = offer(&spec);
        spoil(&mut spec, &mut offer);
        assert_eq!(spec.check(), [], "{title}");
        let problems = build_with(&spec, &offer, &[]).expect_err(title);
        writeln!(text, "{title}").unwrap();
        for problem in problems {
            writeln!(text, "  {problem}").unwrap();
        }
    }
    golden("offer-problems", &text);
}

/// What a deployment has already needs no more room.
#[test]
fn quotas_count_only_what_is_new() {
    let spec = jakarta();
    let graph = build(&spec);
    let mut offer = offer(&spec);
    for quota in &mut offer.quotas {
        quota.used = quota.limit;
    }
    assert!(build_with(&spec, &offer, &[]).is_err());
    assert_eq!(build_with(&spec, &offer, &kept(&graph)).unwrap().graph, graph);
}
