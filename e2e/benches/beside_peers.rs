//! What a lane costs in time, CPU, memory and calls, beside other tools that build the same.
//!
//! `cargo bench -p accel-e2e` measures with scaled provisioning; `-- --real` with the times that were measured at AWS; `-- --runs N`
//! takes the median of N runs. Figures are printed and never judged: only the budgets of calls do not depend on the machine.

use std::io::Write;

use accel_e2e::{Cloud, Cost, Lane, Preset, SPEC};

/// Latency of every call.
const LATENCY_MS: u32 = 40;

/// One row of the table.
struct Row {
    tool: &'static str,
    deploy_s: f64,
    again_s: f64,
    cleanup_s: f64,
    cpu_s: f64,
    peak_mb: f64,
    calls: [u64; 3],
}

/// Measured once on two cores, each as its users run it, on a local AWS of the same kind with 40 ms latency: Terraform 1.11.4 with
/// hashicorp/aws 5.100.0, ansible-core 2.19 with amazon.aws 10.1, a sequential script with awscli 1.45. Medians, about ±25 % where the
/// CPU is the limit. The script's second run checks nothing; the Ansible lane lacks the group on its load balancer.
const fn peers(preset: Preset) -> [Row; 3] {
    match preset {
        Preset::Real => [
            row("Terraform", [141.0, 21.0, 28.0, 6.2, 1145.0], [153, 58, 116]),
            row("script", [204.0, 0.0, 23.0, 33.0, 83.0], [62, 0, 25]),
            row("Ansible", [138.0, 39.0, 32.0, 23.0, 200.0], [142, 98, 55]),
        ],
        Preset::Scaled | Preset::None => [
            row("Terraform", [80.5, 8.0, 13.0, 5.8, 1168.0], [142, 58, 116]),
            row("script", [79.9, 0.0, 17.0, 27.0, 83.0], [49, 0, 25]),
            row("Ansible", [76.2, 25.0, 25.0, 22.0, 200.0], [138, 98, 55]),
        ],
    }
}

const fn row(tool: &'static str, figures: [f64; 5], calls: [u64; 3]) -> Row {
    let [deploy_s, again_s, cleanup_s, cpu_s, peak_mb] = figures;
    Row { tool, deploy_s, again_s, cleanup_s, cpu_s, peak_mb, calls }
}

/// What no tool can be faster than: the critical path of the provider's own delays.
const fn bound_s(preset: Preset) -> f64 {
    match preset {
        Preset::Real => 90.2,
        Preset::Scaled | Preset::None => 18.2,
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let after = |flag: &str| arguments.iter().skip_while(|word| *word != flag).nth(1);
    let runs = after("--runs").and_then(|runs| runs.parse().ok()).unwrap_or(1);
    let Some(cloud) = Cloud::start() else { return };
    let mut presets = vec![Preset::Scaled];
    if arguments.iter().any(|word| word == "--real") {
        presets.push(Preset::Real);
    }
    for preset in presets {
        let ours = measure(&cloud, preset, runs);
        print(preset, &ours);
    }
}

/// The median of some runs: deploy, again, cleanup.
fn measure(cloud: &Cloud, preset: Preset, runs: usize) -> Row {
    let mut rows: Vec<Row> = (0..runs).map(|_| measure_once(cloud, preset)).collect();
    rows.sort_by(|one, other| one.deploy_s.total_cmp(&other.deploy_s));
    rows.swap_remove(rows.len() / 2)
}

fn measure_once(cloud: &Cloud, preset: Preset) -> Row {
    cloud.empty();
    cloud.slow(LATENCY_MS, preset);
    let lane = Lane::new(cloud, SPEC).window("5s");
    let (deploy, deploy_calls) = step(&lane, "deploy");
    lane.verify();
    let (again, again_calls) = step(&lane, "deploy");
    let (cleanup, cleanup_calls) = step(&lane, "cleanup");
    lane.leaves_nothing();
    Row {
        tool: "accel",
        deploy_s: deploy.wall_s,
        again_s: again.wall_s,
        cleanup_s: cleanup.wall_s,
        cpu_s: deploy.cpu_s,
        peak_mb: deploy.peak_mb,
        calls: [deploy_calls, again_calls, cleanup_calls],
    }
}

fn step(lane: &Lane<'_>, command: &str) -> (Cost, u64) {
    lane.cloud.count_anew();
    let cost = lane.measured(command, &["--yes"]);
    assert_eq!(cost.code, 0, "{command} fails; run the tests to see why");
    (cost, lane.cloud.stats().calls)
}

fn print(preset: Preset, ours: &Row) {
    let bound = bound_s(preset);
    let peers = peers(preset);
    let titles = ["", "deploy s", "÷ bound", "again s", "cleanup s", "CPU s", "peak MB"];
    let [tool, deploy, ratio, again, cleanup, cpu, peak] = titles;
    let mut lines = vec![
        String::new(),
        format!("provisioning {preset:?}, {LATENCY_MS} ms per call"),
        format!(
            "{tool:<10} {deploy:>9} {ratio:>8} {again:>8} {cleanup:>10} {cpu:>7} {peak:>8}   \
             calls: deploy, again, cleanup"
        ),
    ];
    lines.extend(peers.iter().chain([ours]).map(|row| line(row, bound)));
    lines.push(format!("{:<10} {bound:>9.1} {:>8.2}", "bound", 1.0));
    let [terraform, script, _] = peers;
    lines.push(format!(
        "Terraform takes {:.2} times as long, the script {:.2} times; \
         budgets: 80, 30 and 60 calls, 1 s CPU, 60 MB",
        terraform.deploy_s / ours.deploy_s,
        script.deploy_s / ours.deploy_s,
    ));
    lines.push(String::new());
    std::io::stdout().write_all(lines.join("\n").as_bytes()).expect("stdout can be written");
}

fn line(row: &Row, bound: f64) -> String {
    let Row { tool, deploy_s, again_s, cleanup_s, cpu_s, peak_mb, calls } = row;
    let ratio = deploy_s / bound;
    let calls = calls.map(|calls| calls.to_string()).join(", ");
    format!(
        "{tool:<10} {deploy_s:>9.1} {ratio:>8.2} {again_s:>8.1} {cleanup_s:>10.1} {cpu_s:>7.1} \
         {peak_mb:>8.0}   {calls}"
    )
}
