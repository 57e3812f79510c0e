//! What the original scripts left behind: a lane without any tag, and a file of ids.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "each test crate uses a part")]
mod support;

use accel_core::resource::Kind;
use accel_core::tags::NODE;
use accel_mock::{Body, Cloud, Settings, Thing, World};
use serde_json::Value;
use support::{Bench, LANE};

const ARN: &str = "arn:aws:elasticloadbalancing:ap-southeast-1:111122223333:";

const ARNS: &[(Kind, &str)] = &[
    (Kind::LoadBalancer, "loadbalancer/net/by-hand/50dc6c495c0c9188"),
    (Kind::TargetGroup, "targetgroup/by-hand/73e2d6bc24d8a067"),
    (Kind::Listener, "listener/net/by-hand/50dc6c495c0c9188/0467ef3c8400ae65"),
];

/// What the variables name, by the node that stands for it here.
const NAMES: &[(&str, &str)] = &[
    ("RESOURCE_VPC_ID", "service.vpc"),
    ("RESOURCE_SUBNET1_ID", "service.subnet.ap-southeast-3a"),
    ("RESOURCE_SUBNET2_ID", "service.subnet.ap-southeast-3b"),
    ("RESOURCE_SG_ID", "service.group"),
    ("RESOURCE_ROUTE_TABLE_ID", "service.route-table"),
    ("RESOURCE_VPC_ENDPOINT_ID", "service.endpoint.sagemaker.runtime"),
    ("EXPOSE_VPC_ID", "entry.ap-southeast-1.vpc"),
    ("EXPOSE_PUBLIC_SUBNET1_ID", "entry.ap-southeast-1.subnet.ap-southeast-1a"),
    ("EXPOSE_PUBLIC_SUBNET2_ID", "entry.ap-southeast-1.subnet.ap-southeast-1b"),
    ("EXPOSE_PUBLIC_ROUTE_TABLE_ID", "entry.ap-southeast-1.route-table"),
    ("EXPOSE_IGW_ID", "entry.ap-southeast-1.gateway"),
    ("VPC_PEERING_ID", "entry.ap-southeast-1.peering"),
    ("NLB_ARN", "entry.ap-southeast-1.balancer.sagemaker.runtime"),
    ("NLB_TARGET_GROUP_ARN", "entry.ap-southeast-1.target-group.sagemaker.runtime.443"),
    ("NLB_LISTENER_ARN", "entry.ap-southeast-1.listener.sagemaker.runtime.443"),
];

fn cloud(bench: &Bench) -> Cloud {
    let still = Settings { speed: 0, ..Settings::default() };
    Cloud::open(bench.path("cloud.json"), still).unwrap()
}

fn id_of(world: &World, node: &str) -> String {
    let is_it = |thing: &&Thing| thing.tags().get(NODE).is_some_and(|it| it == node);
    world.live().find(is_it).unwrap_or_else(|| panic!("no {node}")).id().to_owned()
}

/// A lane of ours, made to look as if somebody's scripts had made it: no tags, and names of the load balancing API's own form.
/// Says the lines of the file that the scripts would have left.
fn left_behind(bench: &Bench) -> Vec<String> {
    bench.write("lane.toml", &format!("elastic_ips = \"off\"\n{LANE}"));
    bench.done("deploy lane.toml --yes --journal none");
    cloud(bench).meddle(|world| {
        // The scripts used the default group of the VPC, which goes with it.
        let balancer = id_of(world, "entry.ap-southeast-1.balancer.sagemaker.runtime");
        world.change(&balancer, |body| {
            let Body::LoadBalancer(balancer) = body else { panic!("no balancer") };
            balancer.groups.clear();
        });
        let group = id_of(world, "entry.ap-southeast-1.group");
        world.vanish(&group);
    });
    let mut renamed = Vec::new();
    let mut lines = vec![
        "export RESOURCE_REGION=\"ap-southeast-3\"".to_owned(),
        "export EXPOSE_REGION=\"ap-southeast-1\"".to_owned(),
    ];
    cloud(bench).inspect(|world| {
        for (name, node) in NAMES {
            let thing = world.find(&id_of(world, node)).unwrap();
            let resource = ARNS.iter().find(|(kind, _)| *kind == thing.kind());
            let id = match resource {
                None => thing.id().to_owned(),
                Some((_, resource)) => format!("{ARN}{resource}"),
            };
            renamed.push((thing.id().to_owned(), id.clone()));
            lines.push(format!("export {name}=\"{id}\""));
        }
    });
    let mut world: Value = serde_json::from_str(&bench.read("cloud.json")).unwrap();
    strip(&mut world, &renamed);
    bench.write("cloud.json", &world.to_string());
    lines
}

/// Takes away all tags, and renames.
fn strip(value: &mut Value, renamed: &[(String, String)]) {
    let new = |text: &str| {
        let name = renamed.iter().find(|(old, _)| old == text);
        name.map_or_else(|| text.to_owned(), |(_, new)| new.clone())
    };
    match value {
        Value::Object(fields) => {
            *fields = std::mem::take(fields)
                .into_iter()
                .map(|(name, field)| (new(&name), field))
                .collect();
            for (name, field) in fields.iter_mut() {
                if name == "tags" || name == "accepter_tags" {
                    *field = Value::Object(serde_json::Map::new());
                } else {
                    strip(field, renamed);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| strip(item, renamed)),
        Value::String(text) => *text = new(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn live(bench: &Bench) -> Vec<String> {
    let name = |thing: &Thing| format!("{} {}", thing.kind(), thing.id());
    cloud(bench).inspect(|world| world.live().map(name).collect())
}

#[test]
fn everything_that_the_file_names_goes_with_all_that_hangs_on_it() {
    let bench = Bench::new();
    let lines = left_behind(&bench);
    bench.write("env", &lines.join("\n"));
    let refused = bench.sim("cleanup --seed-env env").ended(2);
    assert!(refused.stderr.contains("15 things there"), "{}", refused.stderr);
    assert_eq!(live(&bench).len(), 26, "{:?}", live(&bench));
    let said = bench.done("cleanup --seed-env env --yes");
    assert!(said.stdout.contains("15 things of the file removed"), "{}", said.stdout);
    assert!(live(&bench).is_empty(), "{:?}", live(&bench));
    let again = bench.done("cleanup --seed-env env --yes");
    assert!(again.stderr.contains("nothing found: is it the right account"), "{}", again.stderr);
}

/// The scripts were killed before they wrote all ids: what hangs on what is named goes too; what lies between is named as what holds it,
/// and goes when the file names it.
#[test]
fn a_file_that_breaks_off_is_gone_on_with() {
    let bench = Bench::new();
    let lines = left_behind(&bench);
    let without = |names: &[&str]| -> String {
        let kept = lines.iter().filter(|line| !names.iter().any(|name| line.contains(name)));
        kept.map(String::as_str).collect::<Vec<_>>().join("\n")
    };
    bench.write("env", &without(&["NLB_LISTENER_ARN", "VPC_PEERING_ID"]));
    let halted = bench.sim("cleanup --seed-env env --yes").ended(1);
    assert!(halted.stderr.contains("(peering connection)"), "{}", halted.stderr);
    assert_eq!(live(&bench).len(), 3, "{:?}", live(&bench));
    bench.write("env", &without(&[]));
    bench.done("cleanup --seed-env env --yes");
    assert!(live(&bench).is_empty(), "{:?}", live(&bench));
}

#[test]
fn what_belongs_to_a_lane_is_refused() {
    let bench = Bench::new();
    bench.done("deploy lane.toml --yes");
    let vpc = cloud(&bench).inspect(|world| id_of(world, "service.vpc"));
    bench.write(
        "env",
        &format!("RESOURCE_REGION=ap-southeast-3\nexport RESOURCE_VPC_ID=\"{vpc}\"\n"),
    );
    let refused = bench.sim("cleanup --seed-env env --yes").ended(2);
    assert!(refused.stderr.contains("carries accel's tags"), "{}", refused.stderr);
    bench.done("status lane.toml --check");
}

/// Starts a slow cleanup, and kills it as soon as it has said this.
#[cfg(unix)]
fn killed_after(bench: &Bench, words: &str) {
    use std::io::{BufRead as _, BufReader};

    let line = "cleanup --seed-env env --yes --backend sim --cloud cloud.json --speed 40";
    let mut child = bench.program(line).spawn().unwrap();
    let said = BufReader::new(child.stderr.take().unwrap());
    let found = said.lines().map_while(Result::ok).any(|line| line.contains(words));
    assert!(found, "it never said {words}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[cfg(unix)]
#[test]
fn killed_anywhere_the_same_file_leads_on() {
    for words in ["deleting network", "gone: network", "adopted as", "seed.subnet", "twice"] {
        let bench = Bench::new();
        let lines = left_behind(&bench);
        bench.write("env", &lines.join("\n"));
        if words == "twice" {
            killed_after(&bench, "adopted as");
            killed_after(&bench, "seed.vpce");
        } else {
            killed_after(&bench, words);
        }
        bench.done("cleanup --seed-env env --yes");
        assert!(live(&bench).is_empty(), "{words}: {:?}", live(&bench));
    }
}
