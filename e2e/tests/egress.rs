//! Private egress with the AWS backend: in a network of its own, and in one that exists, which is afterwards as it was before.

use std::collections::BTreeSet;

use accel_aws::Aws;
use accel_aws::permissions::{Purpose, actions};
use accel_core::journal::MemoryJournal;
use accel_core::spec::{ExistingNetwork, ImplicitTable, Internet, PrivateEgress, Subnets};
use accel_core::topology::{EgressOutputs, Known};
use accel_core::{
    Deployer, Deployment, Graph, Limits, NetworkBackend as _, NodeName, Topology as _,
};
use accel_e2e::{Cloud, Host, LocalAws as _};
use aws_config::{BehaviorVersion, Region};
use aws_sdk_sts::config::Credentials;

const REGION: &str = "eu-central-1";
const KEY: &str = "AKIA888888888888";

async fn backend(cloud: &Cloud) -> Aws {
    let credentials = Credentials::new(KEY, "secret", None, None, "a test");
    let config = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(cloud.url())
        .credentials_provider(credentials);
    Aws::new(&config.load().await)
}

/// The local AWS hides nothing.
fn limits() -> Limits {
    Limits { window_secs: Some(1), ..Limits::default() }
}

fn wait<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime starts").block_on(test)
}

/// How many calls there were since the last time, and that they are no more than that: half as many again as on an idle machine, for
/// what takes longer is looked at more often.
#[track_caller]
#[expect(
    clippy::print_stdout,
    reason = "the figures are worth knowing, and `--nocapture` shows them"
)]
fn calls(cloud: &Cloud, what: &str, budget: u64) {
    let calls = cloud.stats().calls;
    cloud.count_anew();
    println!("{what}: {calls} API calls");
    assert!(calls <= budget, "{what} makes {calls} calls; its budget is {budget}");
}

fn id<O>(deployment: &Deployment<O>, node: &str) -> String {
    deployment.nodes[&NodeName::from(node)].id.to_string()
}

/// What a spec stands for in the cloud of a backend.
async fn graph_of(spec: &PrivateEgress, aws: &Aws) -> Graph {
    let offer = aws.offer(&spec.query(&[])).await.expect("it offers");
    let known = Known { offer: &offer, kept: &[], today: None };
    spec.build(&known).expect("the spec fits").graph
}

/// Nothing was called but what a policy allows.
#[track_caller]
fn no_more_than(cloud: &Cloud, allowed: &BTreeSet<&str>) {
    let called = cloud.stats().by_action.into_keys();
    let denied: Vec<String> = called
        .filter(|action| action != "sts:GetCallerIdentity" && !allowed.contains(action.as_str()))
        .collect();
    assert!(denied.is_empty(), "{denied:?}");
}

/// Everything that the topology is for holds, as the cloud itself shows it.
async fn verify(deployer: &Deployer<'_>, spec: &PrivateEgress, made: &Deployment<EgressOutputs>) {
    let findings = deployer.verify(spec, &made.nodes, std::time::Duration::ZERO).await;
    let findings = findings.expect("it can be looked at");
    assert!(!findings.is_empty());
    let faults: Vec<_> = findings.iter().filter(|finding| finding.fault.is_some()).collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

/// Deployed, deployed again, verified and removed without a trace.
#[test]
fn a_network_with_a_way_out_of_each_zone_is_built_and_removed_without_a_trace() {
    let Some(cloud) = Cloud::start() else { return };
    wait(async {
        let aws = backend(&cloud).await;
        let spec = PrivateEgress {
            internet: Internet::PerZone,
            ..PrivateEgress::new("functions", REGION)
        };
        let journal = MemoryJournal::default();
        let deployer = Deployer::new(&aws).limits(limits()).journal(&journal);
        let made = deployer.deploy(&spec).await.expect("it deploys");
        calls(&cloud, "a deploy in a new network", 75);
        verify(&deployer, &spec, &made).await;
        calls(&cloud, "a verification", 8);
        let there = cloud.inventory();
        let count = |kind: &str| there.iter().filter(|thing| thing.kind == kind).count();
        let counts = ["nat-gateway", "elastic-ip", "vpc-endpoint", "subnet"].map(count);
        assert_eq!(counts, [2, 2, 3, 4], "{there:#?}");
        let again = deployer.deploy(&spec).await.expect("it deploys again");
        assert_eq!(again.calls.mutating(), 0);
        calls(&cloud, "a second deploy", 30);
        deployer.cleanup(&spec).await.expect("it cleans up");
        calls(&cloud, "a cleanup", 60);
        assert_eq!(cloud.inventory(), []);
    });
}

/// What is built in the host.
fn guests(host: &Host<'_, Cloud>) -> PrivateEgress {
    let network = ExistingNetwork {
        vpc: host.vpc.clone(),
        islands: Subnets::Ids(host.islands.clone()),
        public: Subnets::Ids(vec![host.public.clone()]),
        implicit_table: ImplicitTable::Own,
        replace_default_route: true,
    };
    PrivateEgress {
        network: Some(network),
        internet: Internet::One,
        policy: Some("anybody".to_owned()),
        ..PrivateEgress::new("guests", REGION)
    }
}

/// What is in the way is replaced for as long as the deployment stands; with every record lost, the cloud alone tells how to go back.
#[test]
fn a_network_that_exists_is_afterwards_as_it_was_before() {
    let Some(cloud) = Cloud::start() else { return };
    let host = Host::new(&cloud, KEY);
    let before = host.looks_like();
    let there_before = cloud.inventory();
    cloud.count_anew();
    wait(async {
        let aws = backend(&cloud).await;
        let spec = guests(&host);
        let graph = graph_of(&spec, &aws).await;
        cloud.count_anew();
        let journal = MemoryJournal::default();
        let deployer = Deployer::new(&aws).limits(limits()).journal(&journal);
        let made = deployer.deploy(&spec).await.expect("it deploys");
        no_more_than(&cloud, &actions(Purpose::Deploy, &graph));
        calls(&cloud, "a deploy in a network that exists", 70);
        verify(&deployer, &spec, &made).await;
        let nat = id(&made, "nat.eu-central-1a");
        let form = format!("DescribeRouteTables&RouteTableId.1={}", host.table);
        let table = cloud.call(KEY, REGION, &format!("Version=2016-11-15&Action={form}"));
        assert!(table.contains(&nat) && !table.contains(&host.nat), "{table}");

        cloud.count_anew();
        let again = deployer.deploy(&spec).await.expect("it deploys again");
        assert_eq!(again.calls.mutating(), 0);
        calls(&cloud, "a second deploy", 40);
        let forgetful = Deployer::new(&aws).limits(limits());
        let again = forgetful.deploy(&spec).await.expect("it deploys without records");
        assert_eq!(again.calls.mutating(), 0);
        calls(&cloud, "a deploy without records", 60);

        forgetful.cleanup(&spec).await.expect("it cleans up");
        no_more_than(&cloud, &actions(Purpose::Cleanup, &graph));
        calls(&cloud, "a cleanup without records", 75);
    });
    assert_eq!(cloud.inventory(), there_before);
    for (after, before) in host.looks_like().iter().zip(&before) {
        assert_eq!(after, before);
    }
}
