//! What oracles see: exposures, the data plane, blockers, other accounts, and the world as text.

use accel_core::backend::{OfferQuery, Phase, ReadItem, Scope};
use accel_core::resource::{Direction, Health as Answers, Kind, Traffic};
use accel_core::tags;
use accel_core::{ErrorKind, NetworkBackend as _, Side};

use crate::testing::{Deployer, entry, lane, net, refused, run, secs, service};
use crate::{Body, Cloud, Exposure, Health, Settings, Via};

const CLIENT: std::net::Ipv4Addr = std::net::Ipv4Addr::new(203, 0, 113, 7);

async fn whole() -> Deployer {
    let mut deployer = Deployer::instant("").await;
    deployer.deploy().await;
    // Nothing takes time there but the checks themselves: two, ten seconds apart.
    secs(20).await;
    deployer
}

fn usable(deployer: &Deployer) -> Result<(), String> {
    let id = deployer.remote("entry.balancer");
    deployer.cloud.inspect(|world| world.usable(id.as_str(), CLIENT))
}

#[test]
fn a_whole_lane_is_open_to_its_clients_and_nobody_else() {
    run(async {
        let deployer = whole().await;
        let group = deployer.remote("entry.group").as_str().to_owned();
        let open = |direction, peer: &str| Exposure::Opening {
            group: group.clone(),
            direction,
            traffic: Traffic::Tcp(443),
            peer: net(peer),
            born: false,
        };
        let expected =
            [open(Direction::Ingress, "203.0.113.0/24"), open(Direction::Egress, "10.1.0.0/16")];
        assert_eq!(deployer.cloud.inspect(crate::World::exposures), expected);
        assert_eq!(usable(&deployer), Ok(()));
    });
}

#[test]
fn what_is_open_for_a_moment_is_seen() {
    run(async {
        let mut deployer = Deployer::instant("service.endpoint").await;
        let exposures = || deployer.cloud.inspect(crate::World::exposures);
        assert_eq!(exposures(), []);
        let id = deployer.remote("service.endpoint");
        deployer.cloud.meddle(|world| {
            world.change(id.as_str(), |body| {
                let Body::InterfaceEndpoint(endpoint) = body else { panic!("an endpoint") };
                endpoint.policy = None;
            });
        });
        assert_eq!(exposures(), [Exposure::OpenPolicy { endpoint: id.as_str().to_owned() }]);
        deployer.deploy_to("entry.address").await;
        let group = deployer.remote("entry.group");
        deployer.cloud.meddle(|world| {
            world.change(group.as_str(), |body| {
                let Body::SecurityGroup(group) = body else { panic!("a group") };
                group.born_open = true;
            });
        });
        assert_eq!(
            deployer.cloud.inspect(crate::World::exposures),
            [],
            "policy set, group not in use"
        );
        deployer.deploy_to("entry.balancer").await;
        let born = deployer.cloud.inspect(|world| {
            let is_born = |e: &Exposure| matches!(e, Exposure::Opening { born: true, .. });
            world.exposures().iter().any(is_born)
        });
        assert!(born);
    });
}

/// Every part of the way matters.
#[test]
fn a_lane_with_any_part_missing_is_not_usable() {
    run(async {
        for part in [
            "entry.route.out",
            "entry.route.lane",
            "service.route.lane",
            "entry.group.ingress",
            "entry.group.egress",
            "service.group.ingress",
            "entry.target",
            "entry.listener",
            "service.endpoint",
            "peering",
            "entry.association",
        ] {
            let deployer = whole().await;
            let id = deployer.remote(part);
            deployer.cloud.meddle(|world| world.vanish(id.as_str()));
            assert!(usable(&deployer).is_err(), "{part}");
        }
    });
}

#[test]
fn keeping_client_addresses_breaks_the_lane() {
    run(async {
        let deployer = whole().await;
        let id = deployer.remote("entry.targets");
        deployer.cloud.meddle(|world| {
            world.change(id.as_str(), |body| {
                let Body::TargetGroup(group) = body else { panic!("a group") };
                group.preserve_client_ip = true;
            });
        });
        assert!(usable(&deployer).is_err());
    });
}

#[test]
fn a_target_is_checked_before_it_is_healthy() {
    run(async {
        let settings = Settings { lag: crate::Lag::OFF, ..Settings::fast() };
        let mut deployer = Deployer::with(settings, "entry.target").await;
        let id = deployer.remote("entry.target");
        let health = |deployer: &Deployer| deployer.cloud.inspect(|w| w.health(id.as_str()));
        assert_eq!(health(&deployer), Health::Unused);
        deployer.deploy_to("entry.listener").await;
        assert_eq!(health(&deployer), Health::Initial);
        secs(30).await;
        assert_eq!(health(&deployer), Health::Healthy);
        let wrong = deployer.cloud.meddle(|w| w.change_target(id.as_str(), [10, 1, 0, 77].into()));
        secs(30).await;
        let health = deployer.cloud.inspect(|world| world.health(&wrong));
        assert_eq!(health, Health::Unhealthy("nobody has the address 10.1.0.77".to_owned()));
    });
}

/// What broke shows at once, and what was mended after as many checks as the target group asks for.
#[test]
fn a_mended_path_is_believed_after_some_checks() {
    run(async {
        let deployer = Deployer::instant("entry.listener").await;
        let (id, route) = (deployer.remote("entry.target"), deployer.remote("entry.route.lane"));
        let phase = async |deployer: &Deployer| {
            let item = ReadItem { id: &id, request: None };
            let phase = deployer.cloud.read(&[item]).await.remove(0).unwrap();
            phase.health().cloned().expect("a target has a health")
        };
        let timeout = Answers::Unhealthy {
            reason: "Target.Timeout".to_owned(),
            says: "Request timed out".to_owned(),
        };
        assert_eq!(phase(&deployer).await, Answers::Initial);
        deployer.cloud.delete(&route).await.unwrap();
        assert_eq!(phase(&deployer).await, Answers::Initial);
        secs(20).await;
        assert_eq!(phase(&deployer).await, timeout);
        deployer.create("entry.route.lane").await.unwrap();
        secs(19).await;
        assert_eq!(phase(&deployer).await, timeout);
        secs(1).await;
        assert_eq!(phase(&deployer).await, Answers::Healthy);
        deployer.cloud.delete(&route).await.unwrap();
        assert_eq!(phase(&deployer).await, timeout);
    });
}

#[test]
fn another_account_sees_nothing_and_reaches_nothing() {
    run(async {
        let deployer = whole().await;
        let stranger = deployer.cloud.as_accounts("999900001111", "999900001111");
        for place in [service(), entry()] {
            let listing = stranger.list(Scope::all(&deployer.deployment, &place)).await.unwrap();
            assert_eq!(listing, accel_core::backend::Listing::default());
        }
        let id = deployer.remote("entry.listener");
        stranger.delete(&id).await.unwrap();
        assert!(deployer.cloud.inspect(|world| world.find(id.as_str()).is_some()));
    });
}

#[test]
fn a_lane_can_join_two_accounts() {
    let cloud = Cloud::new(Settings::default()).as_accounts("111100001111", "222200002222");
    run(async {
        let mut deployer = Deployer::new(&cloud, "lane", lane());
        deployer.deploy().await;
        let query = OfferQuery {
            places: vec![service(), entry()],
            room: vec![(entry(), Kind::Vpc)],
            ..OfferQuery::default()
        };
        let offer = cloud.offer(&query).await.unwrap();
        assert_eq!(offer.caller(Side::Entry).unwrap().account.as_str(), "222200002222");
        let used = offer.quotas.iter().find(|q| q.kind == Kind::Vpc && q.place == entry());
        assert_eq!(used.unwrap().used, 2);
        deployer.clean_up().await;
    });
    assert_eq!(cloud.inspect(|world| world.live().count()), 0);
}

#[test]
fn a_closed_region_denies_everything() {
    run(async {
        let deployer = Deployer::instant("").await;
        deployer.cloud.adjust(|settings| {
            settings.offers.closed_regions.insert(service().region);
        });
        let answer = refused(deployer.create("service.vpc").await);
        assert_eq!(answer, (ErrorKind::Denied, "OptInRequired".to_owned()));
        let query = OfferQuery { places: vec![service()], ..OfferQuery::default() };
        let offer = deployer.cloud.offer(&query).await.unwrap();
        assert_eq!(offer.closed_regions, [service().region]);
        assert!(offer.zones_in(&service()).is_empty());
    });
}

#[test]
fn services_are_offered_by_short_and_full_name() {
    run(async {
        let cloud = Cloud::new(Settings::instant());
        let check = |region: &'static str, asked: &'static str| {
            let cloud = cloud.clone();
            async move {
                let place = accel_core::Place::new(Side::Service, region);
                let services = vec![(place.clone(), asked.to_owned())];
                let query = OfferQuery { places: vec![place], services, ..OfferQuery::default() };
                let offer = cloud.offer(&query).await.unwrap();
                let service = offer.service(asked)?.clone();
                Some((service.full_name, service.hosts[0].clone(), service.zones.len()))
            }
        };
        let expect =
            |name: &str, host: &str, zones| Some((name.to_owned(), host.to_owned(), zones));
        let jakarta = expect(
            "com.amazonaws.ap-southeast-3.sagemaker.runtime",
            "runtime.sagemaker.ap-southeast-3.amazonaws.com",
            3,
        );
        assert_eq!(check("ap-southeast-3", "sagemaker.runtime").await, jakarta);
        let full = "com.amazonaws.ap-southeast-3.sagemaker.runtime";
        assert_eq!(check("ap-southeast-3", full).await, jakarta);
        assert_eq!(check("us-east-1", full).await, None);
        let cn = expect("cn.com.amazonaws.cn-north-1.sqs", "sqs.cn-north-1.amazonaws.com.cn", 3);
        assert_eq!(check("cn-north-1", "sqs").await, cn);
        let cn = expect("com.amazonaws.cn-north-1.kms", "kms.cn-north-1.amazonaws.com.cn", 3);
        assert_eq!(check("cn-north-1", "kms").await, cn);
        assert_eq!(check("us-east-1", "sqs").await.unwrap().2, 6);
        assert_eq!(check("us-east-1", "unheard.of").await, None);
    });
}

#[test]
fn blockers_say_whose_they_are_and_how_long_they_stay() {
    run(async {
        let deployer = whole().await;
        let blockers = deployer.cloud.blockers(&deployer.remote("service.group")).await.unwrap();
        assert_eq!(blockers.len(), 1);
        assert_eq!(blockers[0].deployment.as_deref(), Some("lane"));
        assert_eq!(blockers[0].usual_secs, Some(120));
        let vpc = deployer.remote("entry.vpc");
        let foreign =
            deployer.cloud.meddle(|w| w.add_foreign_subnet(vpc.as_str(), net("10.2.240.0/24")));
        let blockers = deployer.cloud.blockers(&vpc).await.unwrap();
        let holder = blockers.iter().find(|blocker| blocker.id == foreign).unwrap();
        assert_eq!((holder.what.as_str(), &holder.deployment), ("subnet", &None));
    });
}

#[test]
fn copied_tags_unknown_things_and_foreign_routes_are_listed() {
    run(async {
        let deployer = whole().await;
        let account = "111122223333".into();
        let tags = tags::Tags::from([(tags::DEPLOYMENT.to_owned(), "lane".to_owned())]);
        let (copy, route) = deployer.cloud.meddle(|world| {
            world.add_unknown(&account, &entry(), "nat-000001", tags);
            let vpc = deployer.remote("entry.vpc");
            let copy = world.add_foreign_group(vpc.as_str(), "somebody's");
            world.copy_tags(vpc.as_str(), &copy);
            let table = deployer.remote("entry.table");
            let route = world.add_foreign_route(table.as_str(), net("192.0.2.0/24"), "nat-000001");
            (copy, route)
        });
        let listing =
            deployer.cloud.list(Scope::all(&deployer.deployment, &entry())).await.unwrap();
        assert_eq!(listing.unknown, ["nat-000001"]);
        for id in [&copy, &route] {
            assert!(listing.found.iter().any(|found| found.id.as_str() == id), "{id}");
        }
        deployer.cloud.inspect(|world| {
            let Body::Route(route) = world.find(&route).unwrap().body() else { panic!("a route") };
            assert_eq!(route.via, Via::Foreign("nat-000001".to_owned()));
        });
        let neighbour = accel_core::DeploymentId::parse("lan").unwrap();
        assert_eq!(deployer.cloud.list(Scope::all(&neighbour, &entry())).await.unwrap().found, []);
    });
}

#[test]
fn the_world_and_the_log_can_be_read() {
    run(async {
        let mut deployer = Deployer::instant("service.group").await;
        deployer.cloud.adjust(|settings| settings.log = true);
        deployer.cloud.set_schedule("create#2=lose".parse().unwrap());
        deployer.deploy_to("service.group.closed").await;
        let again = deployer.create("service.group.closed").await;
        assert_eq!(again.unwrap_err().kind(), ErrorKind::Ambiguous);
        let shown = deployer.cloud.snapshot();
        assert!(shown.starts_with("time 0.000 s, "), "{shown}");
        assert!(
            shown.contains(
                "  vpc-000001       ready    VPC: 10.1.0.0/16, DNS hostnames [lane/service.vpc]\n"
            ),
            "{shown}"
        );
        let calls = deployer.cloud.calls();
        let text = crate::as_text(&calls);
        let last = text.lines().last().unwrap();
        assert!(
            last.ends_with("for service.group.closed in ap-southeast-3 (service): ok (lose)"),
            "{last}"
        );
        let lines = crate::as_json_lines(&calls);
        let parsed: Vec<crate::Call> =
            lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(parsed, calls);
    });
}

#[test]
fn a_watcher_is_told_of_every_call_after_its_effect() {
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    run(async {
        let deployer = Deployer::instant("").await;
        let told = std::sync::Arc::clone(&seen);
        deployer.cloud.watch(move |world, call| {
            told.lock().unwrap().push((call.number, world.live().count()));
        });
        let id = deployer.create("service.vpc").await.unwrap();
        deployer.cloud.delete(&id).await.unwrap();
    });
    assert_eq!(*seen.lock().unwrap(), [(1, 1), (2, 0)]);
}

#[test]
fn a_setting_that_others_change_differs() {
    run(async {
        let deployer = whole().await;
        let id = deployer.remote("entry.targets");
        deployer.cloud.meddle(|world| {
            world.change(id.as_str(), |body| {
                let Body::TargetGroup(group) = body else { panic!("a group") };
                group.deregistration_delay_secs = 300;
            });
        });
        let Phase::Ready(ready) = deployer.read("entry.targets.options").await else { panic!() };
        assert_eq!(ready.differs.len(), 1);
        assert_eq!((ready.differs[0].asked.as_str(), ready.differs[0].is.as_str()), ("30", "300"));
        assert_eq!(deployer.find("entry.targets.options").await, Ok(None));
    });
}
