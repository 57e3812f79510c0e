//! The program is killed at random instants of its time, wherever it is just then: in a call, in a wait, while it writes its records.
//!
//! `sweeps` kills it right after calls; here nothing but the clock decides. The instants follow from a seed, which `ACCEL_KILL_SEED`
//! sets; what the program is doing at an instant differs from machine to machine all the same.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use accel_e2e::{Cloud, Lane, SPEC};
use serde_json::json;

use crate::cloud;
use crate::sweeps::{ends_well, sweep};

/// One in five of them in a cleanup.
const KILLS: u64 = 30;

/// Most of the time of a lane is waiting; a tenth of what AWS takes leaves it so, and keeps the test short.
fn slow(cloud: &Cloud) {
    cloud.set(&json!({
        "latency_ms": 10, "endpoint_s": 1.2, "balancer_s": 1.8, "peering_s": 0.3,
        "endpoint_delete_s": 0.5, "balancer_interfaces_s": 0.5, "peering_visible_s": 0.2,
    }));
}

/// How long an undisturbed deploy and an undisturbed cleanup take.
fn undisturbed(cloud: &Cloud) -> (Duration, Duration) {
    slow(cloud);
    let lane = Lane::new(cloud, SPEC);
    let deploy = lane.deploy().ends_with(0).took;
    (deploy, lane.cleanup().ends_with(0).took)
}

/// One kill: of which command, and somewhere in which time.
struct Kill {
    seed: u64,
    number: u64,
    command: &'static str,
    within: Duration,
}

/// What a failure shows: how to have the same instants again.
impl fmt::Debug for Kill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, number, command, within } = self;
        write!(f, "ACCEL_KILL_SEED={seed}: kill {number}, of a {command} that takes {within:?}")
    }
}

impl Kill {
    /// Kills the command: if it was faster, it is tried once more from the start, at the next instant.
    fn strike(&self, cloud: &Cloud) {
        let mut instants = Instants(self.seed.wrapping_add(self.number << 32));
        for _ in 0..10 {
            cloud.empty();
            let lane = Lane::new(cloud, SPEC);
            if self.command == "cleanup" {
                let _built = lane.deploy().ends_with(0);
            }
            let killed = lane.killed_after(self.command, instants.next_within(self.within));
            if killed.code().is_none() {
                return self.recover(&lane);
            }
        }
        panic!("it was always faster: {self:?}");
    }

    fn recover(&self, lane: &Lane<'_>) {
        if self.command == "deploy" {
            return ends_well(lane);
        }
        let _removed = lane.cleanup().ends_with(0);
        lane.leaves_nothing();
    }
}

/// Instants that follow from a seed: the generator `SplitMix64` of Steele, Lea and Flood.
struct Instants(u64);

impl Instants {
    fn next_within(&mut self, time: Duration) -> Duration {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^= bits >> 31;
        let share = u32::try_from(bits >> 32).expect("32 bits are left");
        time.mul_f64(f64::from(share) / f64::from(u32::MAX))
    }
}

/// In a gate always the same, so that one run can be compared with another and a red one is not put down to luck; elsewhere another one
/// each time, so that other instants are tried too.
fn seed() -> u64 {
    match std::env::var("ACCEL_KILL_SEED") {
        Ok(seed) => seed.parse().expect("ACCEL_KILL_SEED is a whole number"),
        Err(_) if std::env::var_os("CI").is_some() => 1,
        Err(_) => RandomState::new().hash_one(0),
    }
}

#[test]
fn killed_at_thirty_random_instants_one_more_run_makes_it_right() {
    let cloud = cloud!();
    let (deploy, cleanup) = undisturbed(&cloud);
    let seed = seed();
    let kill = |number| {
        let (command, within) =
            if number % 5 == 4 { ("cleanup", cleanup) } else { ("deploy", deploy) };
        Kill { seed, number, command, within }
    };
    let kills: Vec<Kill> = (0..KILLS).map(kill).collect();
    sweep(&kills, |cloud: &Cloud, kill| {
        slow(cloud);
        kill.strike(cloud);
    });
}
