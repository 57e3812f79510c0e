//! What the backend promises beyond the conformance suite: tenants, permissions, and how few calls say it.

use std::collections::{BTreeMap, BTreeSet};

use accel_aws::permissions::{Purpose, actions};
use accel_aws::{Aws, Verdict};
use accel_core::journal::MemoryJournal;
use accel_core::{Acceleration, Deployer, Limits, Topology as _};
use accel_e2e::{Cloud, Preset};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::Credentials;

fn lane(name: &str) -> Acceleration {
    Acceleration::new(name, "ap-southeast-3", "ap-southeast-1")
        .service("sagemaker.runtime")
        .allow("203.0.113.0/24")
}

/// The account is the last twelve digits of the key.
async fn config(cloud: &Cloud, key: &str) -> SdkConfig {
    let credentials = Credentials::new(key, "secret", None, None, "a test");
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(cloud.url())
        .credentials_provider(credentials)
        .load()
        .await
}

/// The local AWS hides nothing.
fn limits() -> Limits {
    Limits { window_secs: Some(1), ..Limits::default() }
}

fn wait<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime starts").block_on(test)
}

/// Two tenants with other credentials in one process, at the same time: each sees and touches its own alone.
#[test]
fn two_tenants_share_no_client_and_no_look() {
    let Some(cloud) = Cloud::start() else { return };
    wait(async {
        let keys = ["AKIA111111111111", "AKIA222222222222"];
        let spec = lane("same-name");
        let (one, other) = (config(&cloud, keys[0]).await, config(&cloud, keys[1]).await);
        let (one, other) = (Aws::new(&one), Aws::new(&other));
        let deployers = [&one, &other].map(|aws| Deployer::new(aws).limits(limits()));
        let (first, second) = tokio::join!(deployers[0].deploy(&spec), deployers[1].deploy(&spec));
        let (first, second) = (first.expect("it deploys"), second.expect("it deploys"));
        let ids = |nodes: &accel_core::Deployment<_>| -> BTreeSet<String> {
            nodes.nodes.values().map(|node| node.id.to_string()).collect()
        };
        assert!(ids(&first).is_disjoint(&ids(&second)), "each lane is its own");
        deployers[0].cleanup(&spec).await.expect("it cleans up");
        let left = cloud.inventory();
        assert!(left.iter().all(|thing| thing.account == "222222222222"), "{left:?}");
        assert!(!left.is_empty());
        deployers[1].cleanup(&spec).await.expect("it cleans up");
        assert_eq!(cloud.inventory(), []);
    });
}

/// Two accounts, one per side: each call is made with the credentials of its side, and the connection is accepted by the other account.
#[test]
fn a_lane_can_join_two_accounts() {
    let Some(cloud) = Cloud::start() else { return };
    wait(async {
        let service = config(&cloud, "AKIA333333333333").await;
        let entry = config(&cloud, "AKIA444444444444").await;
        let aws = Aws::with_sides(&service, &entry);
        let spec = lane("two-accounts");
        let deployer = Deployer::new(&aws).limits(limits());
        deployer.deploy(&spec).await.expect("it deploys");
        let there = cloud.inventory();
        let account_of = |kind: &str| -> BTreeSet<&str> {
            let of_kind = there.iter().filter(|thing| thing.kind == kind);
            of_kind.map(|thing| thing.account.as_str()).collect()
        };
        assert_eq!(account_of("vpc-endpoint"), BTreeSet::from(["333333333333"]));
        assert_eq!(account_of("load-balancer"), BTreeSet::from(["444444444444"]));
        deployer.cleanup(&spec).await.expect("it cleans up");
        assert_eq!(cloud.inventory(), []);
    });
}

/// The printed policy names every action that a deploy, a change and a cleanup call.
#[test]
fn the_least_policy_names_every_action_that_is_called() {
    let Some(cloud) = Cloud::start() else { return };
    wait(async {
        let aws = Aws::new(&config(&cloud, "AKIA555555555555").await);
        let spec = lane("permitted");
        let wider = spec.clone().allow("198.51.100.0/24");
        let deployer = Deployer::new(&aws).limits(limits());
        let mut graphs = Vec::new();
        for spec in [&spec, &wider] {
            let plan = deployer.plan(spec).await.expect("it plans");
            assert!(!plan.is_empty());
            deployer.deploy(spec).await.expect("it deploys");
            graphs.push(graph_of(spec, &aws).await);
        }
        let graph = graphs.pop().expect("there are two");
        let check = |purpose: Purpose, what: &str| {
            let allowed = actions(purpose, &graph);
            let called = cloud.stats().by_action;
            let denied: Vec<&String> = called
                .keys()
                .filter(|action| *action != "sts:GetCallerIdentity")
                .filter(|action| !allowed.contains(action.as_str()))
                .collect();
            assert!(denied.is_empty(), "{what} calls {denied:?}, which its policy does not allow");
        };
        check(Purpose::Deploy, "a deploy");
        cloud.count_anew();
        deployer.cleanup(&wider).await.expect("it cleans up");
        check(Purpose::Cleanup, "a cleanup");
    });
}

/// A probe asks each question once, few at a time, and never without `DryRun`.
#[test]
fn a_probe_makes_no_call_without_dry_run() {
    let Some(cloud) = Cloud::start() else { return };
    wait(async {
        let aws = Aws::new(&config(&cloud, "AKIA777777777777").await);
        let spec = lane("probed");
        let graph = graph_of(&spec, &aws).await;
        cloud.count_anew();
        cloud.slow(20, Preset::None);
        let name = spec.deployment().expect("it has a name");
        let found = aws.probe(&name, &graph, &BTreeMap::new()).await;
        let calls = cloud.calls();
        let calls = calls.as_array().expect("a list of calls");
        let asked = found.iter().filter(|one| !matches!(one.verdict, Verdict::NotProbed { .. }));
        assert_eq!(calls.len(), asked.count());
        assert!(calls.len() > 60, "{}", calls.len());
        for call in calls {
            assert_eq!((&call["dry_run"], &call["status"]), (&true.into(), &412.into()), "{call}");
        }
        let at_once = cloud.stats().whole["most_in_flight"].as_u64().expect("a number");
        assert!((2..=8).contains(&at_once), "{at_once}");
        assert_eq!(cloud.inventory(), []);
    });
}

/// What a spec stands for in the cloud of a backend.
async fn graph_of(spec: &Acceleration, aws: &Aws) -> accel_core::Graph {
    use accel_core::NetworkBackend as _;
    use accel_core::topology::Known;
    let offer = aws.offer(&spec.query(&[])).await.expect("it offers");
    let known = Known { offer: &offer, kept: &[], today: None };
    spec.build(&known).expect("the spec fits").graph
}

/// Fewer calls than the least of what Terraform needed for the same lane on the same local AWS, preflight and polls included.
#[test]
fn it_says_what_it_must_in_fewer_calls_than_its_peers() {
    let Some(cloud) = Cloud::start() else { return };
    wait(async {
        let aws = Aws::new(&config(&cloud, "AKIA666666666666").await);
        let spec = lane("thrifty");
        let journal = MemoryJournal::default();
        let deployer = Deployer::new(&aws).limits(limits()).journal(&journal);
        let calls = |what: &str, budget: u64, peer: u64| {
            let calls = cloud.stats().calls;
            cloud.count_anew();
            assert!(calls < peer, "{what} makes {calls} calls; its budget is {budget}");
        };
        deployer.deploy(&spec).await.expect("it deploys");
        calls("a deploy", 80, 142);
        let again = deployer.deploy(&spec).await.expect("it deploys again");
        assert_eq!(again.calls.mutating(), 0);
        calls("a second deploy", 30, 58);
        deployer.cleanup(&spec).await.expect("it cleans up");
        calls("a cleanup", 60, 116);
    });
}
