//! A network that somebody has, made with plain calls: what a deployment in it must leave as it was.

use std::thread;
use std::time::{Duration, Instant};

use crate::LocalAws;

/// How long is waited until what was made shows, and is ready.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a served cloud hides what was made: 30 seconds, at thirty times AWS's speed, and half of that again.
const SETTLED: Duration = Duration::from_millis(1500);

const REGION: &str = "eu-central-1";

/// A public subnet and three islands. One has a table that leads to the internet through somebody's NAT gateway, one has a table that
/// leads nowhere, and one falls back on the main table.
#[derive(Debug)]
pub struct Host<'c, C: LocalAws> {
    cloud: &'c C,
    key: String,
    /// The VPC.
    pub vpc: String,
    /// The subnet that leads to an internet gateway.
    pub public: String,
    /// The subnets that do not.
    pub islands: Vec<String>,
    /// The table of the first island.
    pub table: String,
    /// Where it leads.
    pub nat: String,
}

impl<'c, C: LocalAws> Host<'c, C> {
    /// Makes one in Frankfurt with somebody's key, and waits until it is ready.
    ///
    /// # Panics
    ///
    /// If the cloud refuses it, or takes longer than a minute.
    #[must_use]
    pub fn new(cloud: &'c C, key: &str) -> Self {
        let mut host = Self {
            cloud,
            key: key.to_owned(),
            vpc: String::new(),
            public: String::new(),
            islands: Vec::new(),
            table: String::new(),
            nat: String::new(),
        };
        host.vpc = host.make("Action=CreateVpc&CidrBlock=10.50.0.0/16", "vpcId");
        let vpc = host.vpc.clone();
        let on = format!("Action=ModifyVpcAttribute&VpcId={vpc}&EnableDnsHostnames.Value=true");
        host.make(&on, "requestId");
        let gateway = host.make("Action=CreateInternetGateway", "internetGatewayId");
        let attach =
            format!("Action=AttachInternetGateway&VpcId={vpc}&InternetGatewayId={gateway}");
        host.make(&attach, "requestId");
        host.public = host.subnet(0, 'a');
        host.islands = vec![host.subnet(1, 'a'), host.subnet(2, 'b'), host.subnet(3, 'c')];
        let out = host.table_of(&host.public);
        host.route(&out, &format!("GatewayId={gateway}"));
        let address = host.make("Action=AllocateAddress&Domain=vpc", "allocationId");
        let public = &host.public;
        let nat = format!("Action=CreateNatGateway&SubnetId={public}&AllocationId={address}");
        host.nat = host.make(&nat, "natGatewayId");
        host.wait_for_nat();
        host.table = host.table_of(&host.islands[0]);
        host.route(&host.table, &format!("NatGatewayId={}", host.nat));
        host.table_of(&host.islands[1]);
        // It has been there for longer than the cloud hides anything.
        thread::sleep(SETTLED);
        host
    }

    /// The text of that element of the answer. What the cloud does not show yet is asked for again.
    fn make(&self, form: &str, element: &str) -> String {
        let form = format!("Version=2016-11-15&{form}");
        let until = Instant::now() + PATIENCE;
        loop {
            match self.cloud.ask(&self.key, REGION, &form) {
                Ok(answer) => return text_of(&answer, element).to_owned(),
                Err(refusal) if refusal.contains("NotFound") && Instant::now() < until => {
                    thread::sleep(Duration::from_millis(50));
                }
                Err(refusal) => panic!("{form}: {refusal}"),
            }
        }
    }

    fn wait_for_nat(&self) {
        let form = format!("Action=DescribeNatGateways&NatGatewayId.1={}", self.nat);
        let until = Instant::now() + PATIENCE;
        while self.make(&form, "state") != "available" {
            assert!(Instant::now() < until, "{} is not ready", self.nat);
            thread::sleep(Duration::from_millis(100));
        }
    }

    fn subnet(&self, number: u8, zone: char) -> String {
        let vpc = &self.vpc;
        let form = format!(
            "Action=CreateSubnet&VpcId={vpc}&CidrBlock=10.50.{number}.0/24&AvailabilityZone={REGION}{zone}"
        );
        self.make(&form, "subnetId")
    }

    fn table_of(&self, subnet: &str) -> String {
        let form = format!("Action=CreateRouteTable&VpcId={}", self.vpc);
        let table = self.make(&form, "routeTableId");
        let form = format!("Action=AssociateRouteTable&RouteTableId={table}&SubnetId={subnet}");
        self.make(&form, "associationId");
        table
    }

    fn route(&self, table: &str, target: &str) {
        let form = format!(
            "Action=CreateRoute&RouteTableId={table}&DestinationCidrBlock=0.0.0.0/0&{target}"
        );
        self.make(&form, "requestId");
    }

    /// What is built in it: endpoints, one NAT gateway, and a table of its own for the island without one.
    #[must_use]
    pub fn spec(&self) -> String {
        let Self { vpc, public, islands, .. } = self;
        format!(
            "topology = \"private-egress\"\nname = \"guests\"\nregion = \"{REGION}\"\ninternet = \"one\"\n\
             policy = \"anybody\"\n\n[network]\nvpc = \"{vpc}\"\nislands = {islands:?}\npublic = [\"{public}\"]\n\
             implicit_table = \"own\"\nreplace_default_route = true\n"
        )
    }

    /// All that a stranger sees of the network, word by word; of what is deleted, AWS shows a trace for a while.
    #[must_use]
    pub fn looks_like(&self) -> Vec<String> {
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
            let form = format!("Version=2016-11-15&Action={form}");
            without_request_id(&self.cloud.call(&self.key, REGION, &form))
        };
        forms.iter().map(look).collect()
    }
}

/// The text of an answer's first element of that name.
///
/// # Panics
///
/// If there is none.
#[must_use]
pub fn text_of<'a>(answer: &'a str, element: &str) -> &'a str {
    let (_, rest) = answer.split_once(&format!("<{element}>")).expect("the element is there");
    let (text, _) = rest.split_once('<').expect("the element ends");
    text
}

fn without_request_id(answer: &str) -> String {
    let (before, rest) = answer.split_once("<requestId>").expect("an answer has an id");
    let (_, after) = rest.split_once("</requestId>").expect("the element ends");
    format!("{before}{after}")
}
