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
use accel_e2e::Cloud;
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

/// A network that somebody has made: a public subnet, and three islands. One has a table that leads to the internet through somebody's
/// NAT gateway, one has a table that leads nowhere, and one falls back on the main table.
struct Host<'c> {
    cloud: &'c Cloud,
    vpc: String,
    public: String,
    islands: Vec<String>,
    /// The table of the first island.
    table: String,
    nat: String,
}

impl<'c> Host<'c> {
    fn new(cloud: &'c Cloud) -> Self {
        let mut host = Self {
            cloud,
            vpc: made(cloud, "Action=CreateVpc&CidrBlock=10.50.0.0/16", "vpcId"),
            public: String::new(),
            islands: Vec::new(),
            table: String::new(),
            nat: String::new(),
        };
        let vpc = host.vpc.clone();
        let on = format!("Action=ModifyVpcAttribute&VpcId={vpc}&EnableDnsHostnames.Value=true");
        made(cloud, &on, "requestId");
        let gateway = made(cloud, "Action=CreateInternetGateway", "internetGatewayId");
        let attach =
            format!("Action=AttachInternetGateway&VpcId={vpc}&InternetGatewayId={gateway}");
        made(cloud, &attach, "requestId");
        host.public = host.subnet(0, 'a');
        host.islands = vec![host.subnet(1, 'a'), host.subnet(2, 'b'), host.subnet(3, 'c')];
        let out = host.table_of(&host.public);
        host.route(&out, &format!("GatewayId={gateway}"));
        let address = made(cloud, "Action=AllocateAddress&Domain=vpc", "allocationId");
        let public = &host.public;
        let nat = format!("Action=CreateNatGateway&SubnetId={public}&AllocationId={address}");
        host.nat = made(cloud, &nat, "natGatewayId");
        host.table = host.table_of(&host.islands[0]);
        host.route(&host.table, &format!("NatGatewayId={}", host.nat));
        host.table_of(&host.islands[1]);
        host
    }

    fn subnet(&self, number: u8, zone: char) -> String {
        let vpc = &self.vpc;
        let form = format!(
            "Action=CreateSubnet&VpcId={vpc}&CidrBlock=10.50.{number}.0/24&AvailabilityZone={REGION}{zone}"
        );
        made(self.cloud, &form, "subnetId")
    }

    fn table_of(&self, subnet: &str) -> String {
        let form = format!("Action=CreateRouteTable&VpcId={}", self.vpc);
        let table = made(self.cloud, &form, "routeTableId");
        let form = format!("Action=AssociateRouteTable&RouteTableId={table}&SubnetId={subnet}");
        made(self.cloud, &form, "associationId");
        table
    }

    fn route(&self, table: &str, target: &str) {
        let form = format!(
            "Action=CreateRoute&RouteTableId={table}&DestinationCidrBlock=0.0.0.0/0&{target}"
        );
        made(self.cloud, &form, "requestId");
    }

    fn spec(&self) -> PrivateEgress {
        let network = ExistingNetwork {
            vpc: self.vpc.clone(),
            islands: Subnets::Ids(self.islands.clone()),
            public: Subnets::Ids(vec![self.public.clone()]),
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

    /// All that a stranger sees of the network, word by word; of what is deleted, AWS shows a trace for a while.
    fn looks_like(&self) -> Vec<String> {
        let vpc = &self.vpc;
        let attribute = |name| format!("DescribeVpcAttribute&VpcId={vpc}&Attribute={name}");
        let within = |what: &str| format!("{what}&Filter.1.Name=vpc-id&Filter.1.Value.1={vpc}");
        let live = |what: &str, state: &str| {
            format!("{}&Filter.2.Name={state}&Filter.2.Value.1=available", within(what))
        };
        let forms = [
            within("DescribeVpcs"),
            attribute("enableDnsSupport"),
            attribute("enableDnsHostnames"),
            within("DescribeSubnets"),
            within("DescribeRouteTables"),
            within("DescribeSecurityGroups"),
            within("DescribeNetworkInterfaces"),
            format!(
                "DescribeInternetGateways&Filter.1.Name=attachment.vpc-id&Filter.1.Value.1={vpc}"
            ),
            live("DescribeNatGateways", "state"),
            live("DescribeVpcEndpoints", "vpc-endpoint-state"),
            "DescribeAddresses".to_owned(),
        ];
        let look = |form: &String| {
            let answer = self.cloud.call(KEY, REGION, &format!("Version=2016-11-15&Action={form}"));
            without_request_id(&answer)
        };
        forms.iter().map(look).collect()
    }
}

/// Calls an action as somebody else, and gives the text of the answer's first element of that name.
fn made(cloud: &Cloud, form: &str, element: &str) -> String {
    let answer = cloud.call(KEY, REGION, &format!("Version=2016-11-15&{form}"));
    let (_, rest) = answer.split_once(&format!("<{element}>")).expect("the element is there");
    let (text, _) = rest.split_once('<').expect("the element ends");
    text.to_owned()
}

fn without_request_id(answer: &str) -> String {
    let (before, rest) = answer.split_once("<requestId>").expect("an answer has an id");
    let (_, after) = rest.split_once("</requestId>").expect("the element ends");
    format!("{before}{after}")
}

/// What is in the way is replaced for as long as the deployment stands; with every record lost, the cloud alone tells how to go back.
#[test]
fn a_network_that_exists_is_afterwards_as_it_was_before() {
    let Some(cloud) = Cloud::start() else { return };
    let host = Host::new(&cloud);
    let before = host.looks_like();
    let there_before = cloud.inventory();
    cloud.count_anew();
    wait(async {
        let aws = backend(&cloud).await;
        let spec = host.spec();
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
