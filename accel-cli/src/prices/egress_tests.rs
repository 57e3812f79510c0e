//! The ways out of a private egress, against numbers worked out by hand.

use accel_core::spec::{ElasticIps, Internet, Way};
use accel_core::topology::Known;
use accel_core::{Graph, NetworkBackend as _, PrivateEgress, Topology as _};
use accel_mock::{Cloud, Settings};

use super::table::{Item, Table};
use super::{Cause, Estimate, estimate_egress};

/// Prices with which every product can be told apart.
const TABLE: &str = r#"
    date = "2026-01-02"
    currency = "USD"
    sources = { known = { basis = "copy", what = "a price list" } }
    [everywhere]
    endpoint_gb = { usd = 0.01, source = "known" }
    public_ipv4_hour = { usd = 0.005, source = "known" }
    [regions.eu-west-1]
    endpoint_zone_hour = { usd = 0.011, source = "known" }
    nat_hour = { usd = 0.04, source = "known" }
    nat_gb = { usd = 0.05, source = "known" }
    internet_gb = { usd = 0.09, source = "known" }
"#;

fn egress(region: &str, internet: Internet, gb: [u32; 3]) -> PrivateEgress {
    let mut spec = PrivateEgress { internet, ..PrivateEgress::new("egress", region) };
    for (service, gb) in spec.services.iter_mut().zip(gb) {
        service.gb_per_month = gb;
    }
    spec
}

async fn graph(spec: &PrivateEgress) -> Graph {
    let cloud = Cloud::new(Settings::default());
    let offer = cloud.offer(&spec.query(&[])).await.unwrap();
    spec.build(&Known { offer: &offer, kept: &[], today: None }).unwrap().graph
}

async fn estimate(spec: &PrivateEgress) -> Estimate {
    let mut everything = spec.clone();
    everything.services.iter_mut().for_each(|service| service.via = Way::Endpoint);
    let table = toml::from_str::<Table>(TABLE).unwrap().checked();
    estimate_egress(&table, spec, &graph(spec).await, &graph(&everything).await)
}

fn amounts(estimate: &Estimate, cause: Cause) -> Vec<(Item, f64)> {
    let of_it = estimate.lines.iter().filter(|line| line.cause == cause);
    let mut amounts: Vec<_> = of_it.map(|line| (line.item, line.amount)).collect();
    amounts.sort_by_key(|(item, _)| *item);
    amounts
}

#[tokio::test(start_paused = true)]
async fn gateways_addresses_and_endpoint_zones_are_paid_while_they_stand() {
    let spec = egress("eu-west-1", Internet::PerZone, [0, 0, 0]);
    let estimate = estimate(&spec).await;
    let expect = [
        (Item::EndpointZoneHour, 16.06), // sqs: 2 zones × 730 × 0.011
        (Item::PublicIpv4Hour, 7.30),    // 2 addresses × 730 × 0.005
        (Item::NatHour, 58.40),          // 2 gateways × 730 × 0.04
    ];
    assert_eq!(amounts(&estimate, Cause::Idle), expect);
    assert_eq!((estimate.idle, estimate.total, estimate.complete), (81.76, 81.76, true));
    assert!(estimate.not_covered.iter().any(|what| what.starts_with("traffic: say gb_per_month")));
}

#[tokio::test(start_paused = true)]
async fn each_service_is_compared_either_way_and_the_break_even_is_told() {
    // s3, dynamodb and sqs, in this order.
    let mut spec = egress("eu-west-1", Internet::One, [500, 50, 200]);
    spec.internet_gb_per_month = 100;
    let estimate = estimate(&spec).await;
    let ways = estimate.ways.as_ref().unwrap();
    let of = |n: usize| (ways.services[n].endpoint, ways.services[n].nat, ways.services[n].cheaper);
    assert_eq!(of(0), (Some(0.0), Some(25.0), Some(Way::Endpoint))); // 500 × 0.05
    assert_eq!(of(1), (Some(0.0), Some(2.5), Some(Way::Endpoint))); // 50 × 0.05
    // 2 zones × 730 × 0.011 + 200 × 0.01, against 200 × 0.05
    assert_eq!(of(2), (Some(18.06), Some(10.0), Some(Way::Nat)));
    assert_eq!(ways.services[2].break_even_gb, Some(401.5)); // 16.06 ÷ (0.05 − 0.01)
    assert_eq!(ways.services[0].break_even_gb, None, "it is free at any amount");
    // 200 × 0.01 through the endpoint, 100 × 0.05 to the internet
    let moving = [(Item::EndpointGb, 2.0), (Item::NatGb, 5.0)];
    assert_eq!(amounts(&estimate, Cause::Moving), moving);
    assert_eq!((ways.moving, ways.moving_gb), (7.0, 850));
    // 16.06 + 3.65 + 29.20 stand, 7.00 move
    assert_eq!(format!("{:.2}", estimate.total), "55.91");
}

#[tokio::test(start_paused = true)]
async fn a_service_through_nat_is_priced_there_and_compared_with_the_endpoint_that_it_has_not() {
    let mut spec = egress("eu-west-1", Internet::One, [0, 0, 500]);
    spec.services[2].via = Way::Nat;
    let estimate = estimate(&spec).await;
    let ways = estimate.ways.as_ref().unwrap();
    assert_eq!(ways.through_nat, ["sqs"]);
    assert_eq!(amounts(&estimate, Cause::Moving), [(Item::NatGb, 25.0)]); // 500 × 0.05
    let sqs = &ways.services[2];
    // 16.06 + 500 × 0.01 would be less.
    assert_eq!((sqs.zones, sqs.endpoint, sqs.nat), (2, Some(21.06), Some(25.0)));
    assert_eq!((sqs.chosen, sqs.cheaper), (Way::Nat, Some(Way::Endpoint)));
    assert!(
        !amounts(&estimate, Cause::Idle).iter().any(|(item, _)| *item == Item::EndpointZoneHour)
    );
    let text = estimate.to_string();
    assert!(text.contains("still through NAT: sqs, the internet,"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn without_internet_the_gateway_that_nat_would_need_is_said_and_not_counted() {
    let mut spec = egress("eu-west-1", Internet::None, [10, 0, 0]);
    spec.internet_gb_per_month = 1000;
    let estimate = estimate(&spec).await;
    let ways = estimate.ways.as_ref().unwrap();
    assert!(amounts(&estimate, Cause::Moving).is_empty() && !ways.nat_stands);
    // 730 × 0.04 + 730 × 0.005
    assert!(ways.assumptions[0].contains("about USD 32.85 a month"), "{ways:?}");
    assert!(estimate.to_string().contains("there is no NAT gateway"), "{estimate}");
}

#[tokio::test(start_paused = true)]
async fn what_has_no_price_is_named_and_own_addresses_are_not_counted() {
    let mut spec = egress("us-east-2", Internet::One, [1, 1, 1]);
    spec.elastic_ips = ElasticIps::Existing(vec!["eipalloc-0a1b2c3d4e5f60711".to_owned()]);
    let estimate = estimate(&spec).await;
    assert!(!estimate.complete);
    let expect = [
        "NAT gateway in us-east-2: no price in the table",
        "interface endpoint, per zone in us-east-2: no price in the table",
        "1 elastic IP of your own: they cost the same without it",
    ];
    assert_eq!(estimate.not_covered[..3], expect);
    assert!(amounts(&estimate, Cause::Idle).is_empty());
    let ways = estimate.ways.as_ref().unwrap();
    assert!(ways.services.iter().all(|service| service.nat.is_none() && service.cheaper.is_none()));
    assert!(estimate.to_string().contains("no price"), "{estimate}");
}
