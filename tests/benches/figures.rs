//! The project's figures beside their budgets: `cargo bench -p accel-tests`. Nothing here fails; it reports.
//!
//! `cargo bench -p accel-tests -- fleet` measures one group only, so that a profiler sees nothing else.

#![expect(clippy::print_stdout, reason = "a report is printed")]

use std::time::Duration;

use accel_core::{Acceleration, AnySpec, Calls, Deployer};
use accel_mock::{Cloud, Lag, Quotas, Schedule, Settings, Verdict};
use accel_tests::harness::{Stage, jakarta, virtually};
use accel_tests::scenes::Scene;
use tokio::time::Instant;

fn main() {
    println!("{:<76}{:>12}{:>12}", "figure", "measured", "budget");
    let groups: [(&str, fn()); 6] = [
        ("nodes", nodes),
        ("calls", calls),
        ("makespan", makespan),
        ("histories", histories),
        ("engine", engine),
        ("fleet", fleet),
    ];
    let named: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    for (name, measure) in groups {
        if named.is_empty() || named.iter().any(|wanted| wanted == name) {
            measure();
        }
    }
}

fn row(figure: &str, measured: impl std::fmt::Display, budget: &str) {
    println!("{figure:<76}{measured:>12}{budget:>12}");
}

/// The time that an act spends on a core, which virtual time does not show. What others do on the machine is not counted, unless the
/// system does not tell: then it is real time.
fn on_a_core<T>(act: impl FnOnce() -> T) -> (T, Duration) {
    #[expect(
        clippy::disallowed_methods,
        reason = "the bench measures real time beside virtual time"
    )]
    let began = std::time::Instant::now();
    let before = spent_on_a_core();
    let value = act();
    let spent = spent_on_a_core().zip(before).map(|(after, before)| after.saturating_sub(before));
    (value, spent.unwrap_or_else(|| began.elapsed()))
}

/// The time that this thread, the main one, has spent on a core so far. Source: `proc_pid_schedstat`, the Linux kernel's documentation
/// of scheduler statistics.
fn spent_on_a_core() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

fn nodes() {
    for scene in Scene::ALL {
        let count = virtually(async {
            let (stage, spec) = scene.stage(Settings::instant(), false);
            stage.graph(&spec).await.len()
        });
        let budget = if scene == Scene::Lane { "about 37" } else { "" };
        row(&format!("nodes of the graph ({scene})"), count, budget);
    }
}

fn calls() {
    for scene in Scene::ALL {
        calls_with(scene, "no lag", Lag::OFF);
        calls_with(scene, "default lag", Lag::default());
    }
}

fn calls_with(scene: Scene, what: &str, lag: Lag) {
    let run = |(stage, spec): (Stage, AnySpec)| async move {
        let first = stage.deployer().deploy(&spec).await.expect("it deploys").calls;
        let second = stage.deployer().deploy(&spec).await.expect("it deploys again").calls;
        let last = stage.deployer().cleanup(&spec).await.expect("it cleans up").calls;
        [first, second, last]
    };
    for journal in [true, false] {
        let settings = Settings { lag, ..Settings::default() };
        let [first, second, last]: [Calls; 3] =
            virtually(async { run(scene.stage(settings, journal)).await });
        let with = if journal { "journal" } else { "no journal" };
        let with = format!("{with}, {scene}");
        row(&format!("verb calls, deploy ({what}, {with})"), first.total(), "80");
        row(&format!("verb calls, second deploy ({what}, {with})"), second.total(), "30");
        row(&format!("verb calls, cleanup ({what}, {with})"), last.total(), "60");
    }
}

/// What the longest way takes at least: its calls, the delay of its slowest thing, and how long what is new is hidden from the next call.
///
/// Of a lane: VPC, subnet, load balancer, its delay, one look. Of an egress in a new network: VPC, attachment, route, NAT gateway, its
/// delay, one look, default route; in one that exists: address, NAT gateway, its delay, one look, default route.
fn bound(scene: Scene, settings: &Settings) -> Duration {
    let (calls, hidden, slowest) = match scene {
        Scene::Lane => (4, 2, settings.delays.balancer),
        Scene::NewNetwork => (6, 2, settings.delays.nat),
        Scene::ExistingNetwork => (4, 1, settings.delays.nat),
    };
    settings.latency * calls + settings.lag.by_id * hidden + slowest
}

fn makespan() {
    let lags = [("no lag", Lag::OFF), ("default lag", Lag::default())];
    let all = Scene::ALL.into_iter().flat_map(|scene| lags.map(|(what, lag)| (scene, what, lag)));
    for (scene, what, lag) in all {
        let settings = Settings { lag, ..Settings::default() };
        let bound = bound(scene, &settings);
        let took = virtually(async {
            let (stage, spec) = scene.stage(settings, true);
            let deployment = stage.deployer().deploy(&spec).await.expect("it deploys");
            let ready = deployment.timeline.spans.iter().filter_map(|span| span.ready).max();
            ready.expect("something was made")
        });
        let ratio = took.as_secs_f64() / bound.as_secs_f64();
        row(
            &format!("makespan ÷ critical path ({scene}, {what}: {took:.1?} ÷ {bound:.1?})"),
            format!("{ratio:.3}"),
            "1.05",
        );
    }
}

/// Whole histories on one core: deploy with a fault, go on, clean up.
fn histories() {
    let verdicts = [Verdict::Lose, Verdict::CrashAfter, Verdict::Drop, Verdict::CrashBefore];
    let history = |number: u64| {
        virtually(async {
            let spec = jakarta();
            let cloud = Cloud::new(Settings::fast());
            let verdict = verdicts[usize::try_from(number % 4).expect("less than 4")];
            cloud.set_schedule(Schedule::one(1 + number % 110, verdict));
            let run = || Deployer::new(&cloud).adopt(true).take_over(true);
            tokio::select! {
                biased;
                result = async { run().deploy(&spec).await } => drop(result),
                () = cloud.crashed() => cloud.revive(),
            }
            cloud.set_schedule(Schedule::default());
            run().deploy(&spec).await.expect("it goes on");
            run().cleanup(&spec).await.expect("it cleans up");
        });
    };
    let many = 1_000;
    let ((), took) = on_a_core(|| (0..many).for_each(history));
    row(
        "simulated histories per second and core",
        format!("{:.0}", 1000.0 / took.as_secs_f64()),
        "1000",
    );
}

fn engine() {
    let deploy = || {
        virtually(async {
            let cloud = Cloud::new(Settings::fast());
            Deployer::new(&cloud).deploy(&jakarta()).await.expect("it deploys");
        });
    };
    deploy();
    let ((), took) = on_a_core(|| (0..100).for_each(|_| deploy()));
    row("CPU of one deploy, engine and simulator", format!("{:.2?}", took / 100), "20 ms");
}

/// Many deployments in one process, in one cloud.
fn fleet() {
    let deploy_all = |count: u32| {
        virtually(async move {
            let cloud = Cloud::new(Settings { quotas: Quotas::roomy(), ..Settings::fast() });
            let began = Instant::now();
            let one = |number: u32| {
                let cloud = cloud.clone();
                async move {
                    let spec = Acceleration { name: format!("lane-{number}"), ..jakarta() };
                    Deployer::new(&cloud)
                        .deploy(&spec)
                        .await
                        .map(|_| ())
                        .map_err(|error| error.to_string())
                }
            };
            let results = futures_util::future::join_all((0..count).map(one)).await;
            let failed = results.iter().filter(|result| result.is_err()).count();
            assert_eq!(failed, 0, "{:?}", results.iter().find(|result| result.is_err()));
            began.elapsed()
        })
    };
    let (_, hundred) = on_a_core(|| deploy_all(100));
    let (_, thousand) = on_a_core(|| deploy_all(1000));
    let ratio = thousand.as_secs_f64() / hundred.as_secs_f64();
    row(
        &format!("CPU of 1,000 deployments ÷ 100 deployments ({thousand:.1?} ÷ {hundred:.1?})"),
        format!("{ratio:.1}"),
        "10",
    );
    row("peak memory of this process", peak_memory(), "1 GiB");
}

fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    line.map_or_else(|| "not known".to_owned(), |line| line[6..].trim().to_owned())
}
