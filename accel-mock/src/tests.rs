//! The world as a whole: a lane is built, read, found and removed.

use accel_core::NetworkBackend;
use accel_core::backend::{Phase, Scope};
use accel_core::resource::{Describe as _, Kind};

use crate::settings::{Lag, Settings};
use crate::testing::{Deployer, entry, lane, run, service};
use crate::{Cloud, State};

fn clouds() -> Vec<(&'static str, Settings)> {
    vec![
        ("usual", Settings::default()),
        ("instant", Settings::instant()),
        ("worst lag", Settings { lag: Lag::worst(), ..Settings::default() }),
    ]
}

#[test]
fn a_lane_can_be_built_and_removed() {
    for (name, settings) in clouds() {
        let cloud = Cloud::new(settings);
        run(async {
            let mut deployer = Deployer::new(&cloud, "lane", lane());
            deployer.deploy().await;
            for node in deployer.graph.nodes() {
                let Phase::Ready(ready) = deployer.read(node.name.as_str()).await else { continue };
                let settled = cloud.inspect(|w| w.settings().lag.settled.is_zero());
                assert!(!settled || ready.differs.is_empty(), "{}: {ready:?}", node.name);
            }
            deployer.clean_up().await;
        });
        let left = cloud
            .inspect(|world| world.live().map(|thing| thing.id().to_owned()).collect::<Vec<_>>());
        assert_eq!(left, Vec::<String>::new(), "{name}");
        assert_eq!(cloud.inspect(|world| world.interfaces().count()), 0);
    }
}

#[test]
fn what_was_made_is_found_as_it_was_asked() {
    let cloud = Cloud::new(Settings::instant());
    run(async {
        let mut deployer = Deployer::new(&cloud, "lane", lane());
        deployer.deploy().await;
        for node in deployer.graph.nodes() {
            let name = node.name.as_str();
            assert_eq!(deployer.find(name).await, Ok(Some(deployer.remote(name))), "{name}");
        }
        let mut other = Deployer::new(&cloud, "other", lane());
        other.bound.clone_from(&deployer.bound);
        for node in other.graph.nodes().iter().filter(|node| node.kind().facts().taggable) {
            assert_eq!(other.find(node.name.as_str()).await, Ok(None), "{}", node.name);
        }
    });
}

/// What a create carries needs no call of its own.
#[test]
fn carried_settings_are_so_from_the_start() {
    let cloud = Cloud::new(Settings::instant());
    run(async {
        let mut deployer = Deployer::new(&cloud, "lane", lane());
        deployer.deploy_to("service.endpoint").await;
        assert!(deployer.find("service.policy").await.unwrap().is_some());
        assert!(deployer.find("service.tags").await.unwrap().is_some());
        assert!(deployer.find("entry.group.ingress.text").await.unwrap().is_some());
    });
}

#[test]
fn a_list_shows_everything_with_its_references_and_keys() {
    let cloud = Cloud::new(Settings::instant());
    run(async {
        let mut deployer = Deployer::new(&cloud, "lane", lane());
        deployer.deploy().await;
        let mut found = Vec::new();
        for place in [service(), entry()] {
            found.extend(cloud.list(Scope::all(&deployer.deployment, &place)).await.unwrap().found);
        }
        for node in deployer.graph.nodes() {
            if node.kind().facts().setting && node.kind() != Kind::PeeringTags {
                continue;
            }
            let id = deployer.remote(node.name.as_str());
            let shown = found.iter().find(|f| f.id == id).unwrap_or_else(|| panic!("{id}"));
            let inputs = deployer.inputs_of(deployer.id(node.name.as_str()));
            let inputs = accel_core::backend::Inputs::new(&inputs);
            assert_eq!(shown.key, node.resource.key(&inputs), "{id}");
            let mut held = Vec::new();
            node.resource.clone().refs(&mut |link| {
                if let (accel_core::graph::To::Node(to), accel_core::graph::Role::Holds) =
                    (&*link.to, link.role)
                {
                    held.push(deployer.remote(deployer.graph.node(*to).name.as_str()));
                }
            });
            let shown_refs = &shown.refs[..held.len().min(shown.refs.len())];
            assert_eq!(shown_refs, held, "{id}");
        }
    });
}

#[test]
fn a_lost_endpoint_shows_as_deleting_until_its_interfaces_are_gone() {
    let cloud = Cloud::new(Settings { lag: Lag::OFF, ..Settings::default() });
    run(async {
        let mut deployer = Deployer::new(&cloud, "lane", lane());
        deployer.deploy().await;
        for name in ["service.endpoint", "entry.balancer", "island.nat"] {
            cloud.delete(&deployer.remote(name)).await.unwrap();
            assert_eq!(deployer.read(name).await, Phase::Deleting);
        }
        tokio::time::sleep(std::time::Duration::from_secs(61)).await;
        for name in ["service.endpoint", "entry.balancer", "island.nat"] {
            assert_eq!(deployer.read(name).await, Phase::Gone);
        }
        assert_eq!(cloud.inspect(|world| world.interfaces().count()), 0);
        assert!(cloud.inspect(|world| world.live().all(|t| world.state(t) == State::Ready)));
    });
}

/// A person can watch a deploy at sixty times its speed.
#[test]
fn a_fast_world_is_faster_in_everything() {
    let took = |speed| {
        run(async {
            let settings = Settings { speed, lag: Lag::OFF, ..Settings::default() };
            let deployer = Deployer::with(settings, "").await;
            let start = tokio::time::Instant::now();
            let id = deployer.create("service.vpc").await.unwrap();
            let items = [accel_core::backend::ReadItem { id: &id, request: None }];
            while deployer.cloud.read(&items).await[0] == Ok(Phase::Pending) {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
            start.elapsed()
        })
    };
    assert!(took(1) >= std::time::Duration::from_secs(1));
    assert!(took(60) < std::time::Duration::from_millis(40));
}
