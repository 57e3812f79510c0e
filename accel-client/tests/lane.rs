//! A lane on loopback: what a lookup and a connection find when zones die, come back and move.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use accel_client::{Answer, Event, Fallback, Lane, LaneError, Names, Options, Settings, Way};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

const HOST: &str = "runtime.sagemaker.ap-southeast-3.amazonaws.com";

/// An address that takes connections until it is dropped.
struct Zone {
    address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Zone {
    async fn at(address: (u8, u16)) -> Self {
        let socket = SocketAddr::from((Ipv4Addr::new(127, 0, 77, address.0), address.1));
        let listener = TcpListener::bind(socket).await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                open.push(stream);
            }
        });
        Self { address, serving }
    }

    fn ip(&self) -> IpAddr {
        self.address.ip()
    }
}

impl Drop for Zone {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Name servers of a test.
#[derive(Debug, Clone, Default)]
struct Known(Arc<Mutex<BTreeMap<String, Vec<IpAddr>>>>);

impl Known {
    fn with(self, name: &str, addresses: &[IpAddr]) -> Self {
        self.0.lock().unwrap().insert(name.to_owned(), addresses.to_vec());
        self
    }
}

impl Names for Known {
    fn lookup<'a>(&'a self, name: &'a str) -> Answer<'a> {
        let found = self.0.lock().unwrap().get(name).cloned();
        Box::pin(async move { found.ok_or_else(|| io::Error::other("no such name")) })
    }
}

fn settings(port: u16, rest: &str) -> Settings {
    let text = format!(
        r#"{{ "schema": "accel.lane-outputs.v1", "generation": "g1", "entries": [{{
            "service": "sagemaker.runtime", "hosts": ["{HOST}"], "ports": [{port}], "allow_private": true, {rest} }}] }}"#
    );
    Settings::parse(&text).unwrap()
}

fn pinned(zones: &[&Zone]) -> Settings {
    let ips: Vec<_> = zones.iter().map(|zone| format!("{:?}", zone.ip().to_string())).collect();
    settings(zones[0].address.port(), &format!(r#""addresses": [{}]"#, ips.join(",")))
}

fn quick() -> Options {
    Options::default().patience(Duration::from_millis(300)).check_every(Duration::from_millis(100))
}

async fn two() -> [Zone; 2] {
    let first = Zone::at((1, 0)).await;
    let second = Zone::at((2, first.address.port())).await;
    [first, second]
}

async fn until(lane: &Lane, what: impl Fn(&[IpAddr]) -> bool) -> Vec<IpAddr> {
    for _ in 0..100 {
        let found = lane.resolve(HOST).await.unwrap().addresses;
        if what(&found) {
            return found;
        }
        sleep(Duration::from_millis(50)).await;
    }
    panic!("{:?}", lane.status());
}

#[tokio::test]
async fn a_host_of_the_lane_resolves_to_all_its_zones_and_every_other_name_goes_to_the_system() {
    let zones = two().await;
    let elsewhere: IpAddr = "198.51.100.9".parse().unwrap();
    let names = Known::default().with("sts.amazonaws.com", &[elsewhere]);
    let lane = Lane::with(pinned(&[&zones[0], &zones[1]]), quick().names(names));
    let mut found = lane.resolve(&HOST.to_ascii_uppercase()).await.unwrap();
    found.addresses.sort();
    assert_eq!((found.addresses, found.way), (zones.iter().map(Zone::ip).collect(), Way::Lane));
    let other = lane.resolve("sts.amazonaws.com").await.unwrap();
    assert_eq!((other.addresses, other.way), (vec![elsewhere], Way::Elsewhere));
    assert!(matches!(lane.resolve("nobody.example").await, Err(LaneError::Unresolved { .. })));
    let counted = lane.counters();
    assert_eq!((counted.resolved, counted.elsewhere, counted.failed), (1, 1, 1));
}

#[tokio::test]
async fn the_first_lookup_waits_for_an_address_that_answers() {
    let [first, second] = two().await;
    let settings = pinned(&[&first, &second]);
    let alive = second.ip();
    drop(first);
    let lane = Lane::with(settings, quick());
    assert_eq!(lane.resolve(HOST).await.unwrap().addresses[0], alive);
}

#[tokio::test]
async fn a_zone_that_dies_is_set_aside_and_comes_back() {
    let [first, second] = two().await;
    let lane = Lane::with(pinned(&[&first, &second]), quick());
    let mut events = lane.events();
    lane.resolve(HOST).await.unwrap();
    let (dead, place) = (first.ip(), (1, first.address.port()));
    drop(first);
    until(&lane, |found| found[1] == dead && lane.status()[0].addresses[1].failures > 0).await;
    assert!(matches!(events.recv().await, Ok(Event::SetAside { address, .. }) if address == dead));
    let _again = Zone::at(place).await;
    until(&lane, |_| lane.status()[0].addresses.iter().all(|known| known.failures == 0)).await;
    assert!(matches!(events.recv().await, Ok(Event::Back { address, .. }) if address == dead));
}

#[tokio::test]
async fn a_connection_is_made_through_the_zone_that_is_left() {
    let [first, second] = two().await;
    let (port, alive) = (first.address.port(), second.ip());
    let lane = Lane::with(pinned(&[&first, &second]), quick());
    drop(first);
    for _ in 0..5 {
        let dialled = lane.dial(HOST, port).await.unwrap();
        assert_eq!((dialled.address.ip(), dialled.way), (alive, Way::Lane));
    }
    assert_eq!(lane.counters().dialled, 5);
}

#[tokio::test]
async fn with_every_zone_dead_a_connection_fails_and_never_goes_the_public_way_unasked() {
    let [first, second] = two().await;
    let public = Zone::at((9, first.address.port())).await;
    let port = first.address.port();
    let settings = pinned(&[&first, &second]);
    drop((first, second));
    let names = Known::default().with(HOST, &[public.ip()]);

    let strict = Lane::with(settings.clone(), quick().names(names.clone()));
    let error = strict.dial(HOST, port).await.unwrap_err();
    assert!(
        matches!(&error, LaneError::Unreachable(all) if all.tried.len() == 2 && all.lane),
        "{error}"
    );
    assert!(!strict.resolve(HOST).await.unwrap().addresses.contains(&public.ip()));

    let lenient = Lane::with(settings, quick().names(names).fallback(Fallback::Public));
    let dialled = lenient.dial(HOST, port).await.unwrap();
    assert_eq!((dialled.address.ip(), dialled.way), (public.ip(), Way::Public));
    let resolved = lenient.resolve(HOST).await.unwrap();
    assert_eq!((resolved.addresses, resolved.way), (vec![public.ip()], Way::Public));
    assert_eq!(lenient.counters().fell_back, 2);
}

/// However long it has been down, and however rarely it is asked for.
#[tokio::test]
async fn who_may_fall_back_does_not_wait_for_what_has_failed() {
    let [first, second] = two().await;
    let settings = pinned(&[&first, &second]);
    drop((first, second));
    let public: IpAddr = "198.51.100.7".parse().unwrap();
    let names = Known::default().with(HOST, &[public]);
    let options = quick().patience(Duration::from_secs(2)).names(names);
    let lane = Lane::with(settings, options.fallback(Fallback::Public));
    for pause in [0, 1, 4] {
        sleep(Duration::from_secs(pause)).await;
        let answer = timeout(Duration::from_millis(500), lane.resolve(HOST)).await;
        assert_eq!(answer.expect("it does not wait").unwrap().way, Way::Public, "after {pause} s");
    }
}

#[tokio::test]
async fn a_lane_whose_name_does_not_resolve_says_so_at_once_and_finds_it_later() {
    let zone = Zone::at((10, 0)).await;
    let names = Known::default();
    let settings = settings(zone.address.port(), r#""dial": "lane.example.com""#);
    let lane = Lane::with(
        settings,
        quick().names(names.clone()).resolve_every(Duration::from_millis(100)),
    );
    assert!(matches!(lane.resolve(HOST).await, Err(LaneError::NoAddress { .. })));
    let _known = names.with("lane.example.com", &[zone.ip()]);
    sleep(Duration::from_millis(1100)).await;
    assert_eq!(lane.resolve(HOST).await.unwrap().addresses, [zone.ip()]);
}

#[tokio::test]
async fn no_value_of_an_option_and_no_settings_made_by_hand_panic() {
    let zone = Zone::at((11, 0)).await;
    let mut settings = pinned(&[&zone]);
    for extreme in [Duration::ZERO, Duration::MAX] {
        let options =
            Options::default().check_every(extreme).resolve_every(extreme).patience(extreme);
        let lane = Lane::with(settings.clone(), options);
        assert_eq!(lane.resolve(HOST).await.unwrap().addresses, [zone.ip()]);
    }
    settings.services[0].ports.clear();
    let lane = Lane::with(settings, quick());
    assert_eq!(lane.resolve(HOST).await.unwrap().addresses, [zone.ip()], "better than nothing");
}

/// A rebuilt lane may have the same address in another service's place.
#[tokio::test]
async fn what_failed_by_old_settings_is_not_held_against_the_new_ones() {
    let zone = Zone::at((12, 0)).await;
    let mut old = pinned(&[&zone]);
    old.services[0].ports = vec![1];
    let lane = Lane::with(old, quick());
    assert!(lane.dial(HOST, 1).await.is_err());
    lane.replace(pinned(&[&zone]));
    let dialled = lane.dial(HOST, zone.address.port()).await.unwrap();
    assert_eq!(dialled.address, zone.address);
    assert_eq!(lane.status()[0].addresses[0].failures, 0);
}

#[tokio::test]
async fn a_lane_that_was_built_anew_is_picked_up_from_its_file() {
    let [first, second] = two().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lane.json");
    let entry = |zone: &Zone, generation: &str| {
        format!(
            r#"{{ "schema": "accel.lane-outputs.v1", "generation": "{generation}", "entries": [{{
                "hosts": ["{HOST}"], "ports": [{}], "allow_private": true, "addresses": ["{}"] }}] }}"#,
            zone.address.port(),
            zone.ip()
        )
    };
    std::fs::write(&file, entry(&first, "before")).unwrap();
    let lane = Lane::from_file(&file, quick()).unwrap();
    assert_eq!(lane.resolve(HOST).await.unwrap().addresses, [first.ip()]);
    let mut events = lane.events();
    std::fs::write(&file, "{ half").unwrap();
    let refused = async {
        loop {
            lane.resolve(HOST).await.unwrap();
            if let Ok(Event::Refused { .. }) = events.try_recv() {
                break;
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(Duration::from_secs(5), refused).await.unwrap();
    std::fs::write(&file, entry(&second, "after")).unwrap();
    until(&lane, |found| found == [second.ip()]).await;
    assert_eq!(lane.settings().generation, "after");
    // It moves once more, and the next call goes there at once: it is looked at the file before.
    let before = entry(&first, "moved");
    drop(second);
    std::fs::write(&file, before).unwrap();
    let dialled = lane.dial(HOST, first.address.port()).await.unwrap();
    assert_eq!(dialled.address, first.address);
}

#[tokio::test]
async fn a_name_gives_addresses_and_its_private_answers_are_ignored_and_counted() {
    let zone = Zone::at((3, 0)).await;
    let foreign: IpAddr = "10.1.2.3".parse().unwrap();
    let names = Known::default().with("lane.example.com", &[zone.ip(), foreign]);
    let believing = settings(zone.address.port(), r#""dial": "lane.example.com""#);
    let lane = Lane::with(believing.clone(), quick().names(names.clone()));
    assert_eq!(lane.resolve(HOST).await.unwrap().addresses[0], zone.ip());

    let mut strict = believing;
    strict.services[0].allow_private = false;
    let lane = Lane::with(strict, quick().names(names));
    let error = lane.resolve(HOST).await.unwrap_err();
    assert!(matches!(error, LaneError::NoAddress { .. }), "{error}");
    assert_eq!(lane.counters().ignored, 2);
}

#[tokio::test]
async fn expired_settings_are_not_used() {
    let zone = Zone::at((4, 0)).await;
    let public: IpAddr = "198.51.100.7".parse().unwrap();
    let mut old = pinned(&[&zone]);
    old.expires = Some(std::time::UNIX_EPOCH);
    let names = Known::default().with(HOST, &[public]);
    let lane = Lane::with(old.clone(), quick().names(names.clone()));
    let error = lane.resolve(HOST).await.unwrap_err();
    assert!(error.to_string().contains("expired at 1970-01-01T00:00:00Z"), "{error}");
    sleep(Duration::from_millis(100)).await;
    assert_eq!(lane.counters().checks, 0, "nobody asks at addresses that may be a stranger's");
    let lane = Lane::with(old, quick().names(names).fallback(Fallback::Public));
    assert_eq!(lane.resolve(HOST).await.unwrap().way, Way::Public);
}

#[tokio::test]
async fn a_port_that_the_lane_does_not_take_is_refused() {
    let zone = Zone::at((5, 0)).await;
    let lane = Lane::with(pinned(&[&zone]), quick());
    let error = lane.dial(HOST, 8443).await.unwrap_err();
    assert!(matches!(error, LaneError::Port { port: 8443, .. }), "{error}");
}

#[tokio::test]
async fn a_lane_that_nobody_uses_makes_no_traffic_and_its_task_ends_with_it() {
    let zone = Zone::at((6, 0)).await;
    let lane = Lane::with(pinned(&[&zone]), quick());
    sleep(Duration::from_millis(300)).await;
    assert_eq!(lane.counters().checks, 0);
    lane.resolve(HOST).await.unwrap();
    let checked = lane.counters().checks;
    sleep(Duration::from_millis(500)).await;
    assert_eq!((checked, lane.counters().checks), (1, 1));
    drop(lane);
    sleep(Duration::from_millis(50)).await;
    let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    assert_eq!(tasks, 1, "only the zone's");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_million_lookups_take_no_more_memory_than_a_few() {
    fn resident_kib() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
    let zone = Zone::at((8, 0)).await;
    let lane = Lane::with(pinned(&[&zone]), quick());
    let look_up = async |times: u32| {
        for _ in 0..times {
            assert_eq!(lane.resolve(HOST).await.unwrap().addresses.len(), 1);
        }
    };
    look_up(50_000).await;
    let before = resident_kib();
    look_up(1_000_000).await;
    let grown = resident_kib().saturating_sub(before);
    assert!(grown < 4096, "{grown} KiB more");
}

#[tokio::test]
async fn connections_send_keep_alives_before_the_load_balancer_forgets_them() {
    let zone = Zone::at((7, 0)).await;
    let lane = Lane::with(pinned(&[&zone]), quick());
    let dialled = lane.dial(HOST, zone.address.port()).await.unwrap();
    let socket = socket2::SockRef::from(&dialled.stream);
    assert!(socket.keepalive().unwrap() && socket.tcp_nodelay().unwrap());
    // The shortest time that a load balancer can be told to remember an idle connection.
    assert!(socket.tcp_keepalive_time().unwrap() < Duration::from_secs(60));
}
