//! The amounts, against numbers worked out by hand.

use accel_core::spec::ElasticIps;
use accel_core::topology::Known;
use accel_core::{Acceleration, Graph, NetworkBackend, Topology};
use accel_mock::{Cloud, Settings};

use super::table::{Basis, Item, Table};
use super::{Cause, Estimate, Traffic, estimate, estimate_with};

/// Prices with which every product can be told apart.
const TABLE: &str = r#"
    date = "2026-01-02"
    currency = "USD"
    sources = { known = { basis = "copy", what = "a price list" }, unsure = { basis = "memory", what = "a guess" } }
    [everywhere]
    endpoint_gb = { usd = 0.01, source = "known" }
    public_ipv4_hour = { usd = 0.005, source = "known" }
    [regions.eu-west-1]
    balancer_hour = { usd = 0.02, source = "known" }
    nlcu_hour = { usd = 0.006, source = "known" }
    other_region_gb = { usd = 0.03, source = "known" }
    internet_gb = { usd = 0.09, source = "unsure" }
    [regions.us-east-2]
    endpoint_zone_hour = { usd = 0.011, source = "known" }
    other_region_gb = { usd = 0.05, source = "known" }
"#;

fn table() -> Table {
    toml::from_str::<Table>(TABLE).unwrap().checked()
}

fn lane(service: &str, entry: &str) -> Acceleration {
    Acceleration::new("lane", service, entry).service("sqs").allow("203.0.113.0/24")
}

async fn graph(lane: &Acceleration) -> Graph {
    let cloud = Cloud::new(Settings::default());
    let offer = cloud.offer(&lane.query(&[])).await.unwrap();
    lane.build(&Known { offer: &offer, kept: &[], today: None }).unwrap().graph
}

fn amounts(estimate: &Estimate, cause: Cause) -> Vec<(Item, f64)> {
    let of_it = estimate.lines.iter().filter(|line| line.cause == cause);
    of_it.map(|line| (line.item, line.amount)).collect()
}

#[tokio::test(start_paused = true)]
async fn an_idle_lane_costs_its_balancer_endpoint_and_addresses() {
    let estimate = estimate_with(&table(), &graph(&lane("us-east-2", "eu-west-1")).await, None);
    let mut idle = amounts(&estimate, Cause::Idle);
    idle.sort_by_key(|(item, _)| *item);
    let expect = [
        (Item::BalancerHour, 14.60),     // 1 × 730 × 0.02
        (Item::EndpointZoneHour, 16.06), // 2 zones × 730 × 0.011
        (Item::PublicIpv4Hour, 7.30),    // 2 addresses × 730 × 0.005
    ];
    assert_eq!(idle, expect);
    assert_eq!((estimate.idle, estimate.total), (37.96, 37.96));
    assert!(estimate.complete && estimate.traffic.is_none());
    assert_eq!(estimate.table_date, "2026-01-02");
}

#[tokio::test(start_paused = true)]
async fn each_direction_pays_on_its_own_way() {
    let graph = graph(&lane("us-east-2", "eu-west-1")).await;
    let traffic = Traffic { requests_gb: 10.0, responses_gb: 200.0 };
    let estimate = estimate_with(&table(), &graph, Some(traffic));
    let requests = [
        (Item::NlcuHour, 0.06),      // 10 × 0.006, entry
        (Item::OtherRegionGb, 0.30), // 10 × 0.03, out of the entry
        (Item::EndpointGb, 0.10),    // 10 × 0.01
    ];
    assert_eq!(amounts(&estimate, Cause::Requests), requests);
    let responses = [
        (Item::EndpointGb, 2.00),     // 200 × 0.01
        (Item::OtherRegionGb, 10.00), // 200 × 0.05, out of the service's region
        (Item::NlcuHour, 1.20),       // 200 × 0.006
        (Item::InternetGb, 18.00),    // 200 × 0.09, out of the entry
    ];
    assert_eq!(amounts(&estimate, Cause::Responses), responses);
    let cost = estimate.traffic.unwrap();
    assert_eq!((cost.requests, cost.responses), (0.46, 31.20));
    assert_eq!(format!("{:.2}", estimate.total), "69.62"); // 37.96 + 0.46 + 31.20
    let regions: Vec<&str> = estimate
        .lines
        .iter()
        .filter(|line| line.item == Item::OtherRegionGb)
        .map(|line| line.region.as_str())
        .collect();
    assert_eq!(regions, ["eu-west-1", "us-east-2"], "paid where it leaves");
}

#[tokio::test(start_paused = true)]
async fn what_has_no_price_is_named_and_never_guessed() {
    let graph = graph(&lane("eu-west-1", "us-east-2")).await;
    let traffic = Some(Traffic { requests_gb: 1.0, responses_gb: 1.0 });
    let estimate = estimate_with(&table(), &graph, traffic);
    assert!(!estimate.complete);
    let expect = [
        "interface endpoint, per zone in eu-west-1: no price in the table",
        "load balancer capacity in us-east-2: no price in the table",
        "network load balancer in us-east-2: no price in the table",
        "transfer to the internet in us-east-2: no price in the table",
    ];
    assert_eq!(estimate.not_covered[..4], expect);
    assert_eq!(amounts(&estimate, Cause::Idle), [(Item::PublicIpv4Hour, 7.30)]);
    assert!(estimate.to_string().starts_with("at least USD 7.30 a month"), "{estimate}");
}

#[test]
fn common_prices_hold_in_their_partition_alone() {
    let table = table();
    for (region, known) in [("ap-south-1", true), ("cn-north-1", false), ("us-gov-west-1", false)] {
        let price = table.price(&region.into(), Item::PublicIpv4Hour);
        assert_eq!(price.is_some(), known, "{region}");
        assert!(table.price(&region.into(), Item::BalancerHour).is_none(), "{region}");
    }
}

#[tokio::test(start_paused = true)]
async fn addresses_are_counted_however_they_come() {
    let mut lane = lane("us-east-2", "eu-west-1");
    let addresses = |estimate: &Estimate| {
        let paid = estimate.lines.iter().find(|paid| paid.item == Item::PublicIpv4Hour);
        paid.map_or_else(|| "0".to_owned(), |paid| (paid.quantity / 730.0).to_string())
    };
    for elastic_ips in [ElasticIps::Made, ElasticIps::Off] {
        lane.elastic_ips = elastic_ips;
        let estimate = estimate_with(&table(), &graph(&lane).await, None);
        assert_eq!(addresses(&estimate), "2");
    }
    let ids = ["eipalloc-0a1b2c3d4e5f60711", "eipalloc-0a1b2c3d4e5f60712"];
    lane.elastic_ips = ElasticIps::Existing(ids.map(str::to_owned).to_vec());
    let estimate = estimate_with(&table(), &graph(&lane).await, None);
    assert_eq!(addresses(&estimate), "0");
    assert!(estimate.not_covered[0].starts_with("2 elastic IPs of your own"), "{estimate}");
    lane.elastic_ips = ElasticIps::Made;
    let estimate = estimate_with(&table(), &graph(&lane.service("sns")).await, None);
    assert_eq!(addresses(&estimate), "4", "two services in two zones");
}

#[tokio::test(start_paused = true)]
async fn within_one_region_nothing_is_paid_for_another() {
    let graph = graph(&lane("eu-west-1", "eu-west-1")).await;
    let traffic = Some(Traffic { requests_gb: 1.0, responses_gb: 1.0 });
    let estimate = estimate_with(&table(), &graph, traffic);
    assert!(estimate.lines.iter().all(|line| line.item != Item::OtherRegionGb));
    assert!(estimate.not_covered.contains(&"transfer between zones of one region".to_owned()));
}

#[test]
fn traffic_is_read_or_refused() {
    let both = Traffic { requests_gb: 100.0, responses_gb: 100.0 };
    assert_eq!("100".parse(), Ok(both));
    assert_eq!("0.5/20".parse(), Ok(Traffic { requests_gb: 0.5, responses_gb: 20.0 }));
    for wrong in ["", "-1", "NaN", "inf", "1e400", "1/2/3", "ten", "1/"] {
        assert!(wrong.parse::<Traffic>().is_err(), "{wrong:?}");
    }
}

#[test]
fn every_price_of_the_table_has_a_source_and_a_sane_size() {
    let table = Table::bundled();
    let mut seen = 0;
    for (region, item, price) in table.prices() {
        let source = &table.sources[&price.source];
        assert!(price.usd > 0.0 && price.usd < 1.0, "{region} {item:?}");
        assert!(source.basis == Basis::Memory || source.what.len() > 20, "{region} {item:?}");
        seen += 1;
    }
    assert!(seen > 30);
    let digits: Vec<&str> = table.date.split('-').collect();
    assert_eq!(digits.iter().map(|part| part.len()).collect::<Vec<_>>(), [4, 2, 2]);
}

#[tokio::test(start_paused = true)]
async fn the_text_of_an_estimate_is_as_it_was() {
    let text = include_str!("../../../examples/specs/sagemaker-jakarta.toml");
    let graph = graph(&Acceleration::from_toml(text).unwrap()).await;
    let traffic = Some(Traffic { requests_gb: 100.0, responses_gb: 100.0 });
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../golden");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
        .bind(|| insta::assert_snapshot!("jakarta-cost", estimate(&graph, traffic).to_string()));
    let empty = estimate(&Graph::default(), None);
    assert_eq!((empty.total, empty.complete), (0.0, true));
}
