//! The same lane by three tools, in turns, on the simulated cloud on the wire: what each costs in time, CPU and calls.
//!
//! `cargo test --package accel-lane-aws --package accel-lane --package accel-e2e --bench over_the_wire -- --runs 3`, with the same
//! packages as the tests, so that the SDK is not compiled once more. A tool that is not installed is said not to run. Figures are
//! printed and never judged.
//!
//! Provisioning takes a tenth of what it takes in AWS, and a call 40 ms. What is new is seen after a tenth of a second by everybody:
//! with more lag than that the others do not reach their end.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use accel_e2e::{Cost, LocalAws as _, SPEC, Wire, binary, cost_of, not_run, venv};
use serde_json::json;
use tempfile::TempDir;

/// What no tool can be faster than, seconds: a VPC and a subnet become available (0.1 s each), then a load balancer (9 s), each after a
/// call that takes 40 ms, and a look that says so.
const BOUND_S: f64 = 9.2 + 6.0 * 0.04;

/// What a tool's command cost.
#[derive(Debug, Clone, Copy)]
struct Step {
    cost: Cost,
    calls: f64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let runs = arguments.iter().skip_while(|word| *word != "--runs").nth(1);
    let runs = runs.and_then(|runs| runs.parse().ok()).unwrap_or(3);
    let mut measured: Vec<(&str, Vec<[Step; 2]>)> = Vec::new();
    for _ in 0..runs {
        for tool in [Some(accel()), terraform(), script()].into_iter().flatten() {
            let steps = run(&tool);
            match measured.iter_mut().find(|(name, _)| *name == tool.name) {
                Some((_, all)) => all.push(steps),
                None => measured.push((tool.name, vec![steps])),
            }
        }
    }
    let mut lines = vec![format!(
        "{:<10} {:>24} {:>8} {:>6} {:>6} {:>26} {:>6}",
        "",
        "deploy s (least, most)",
        "÷ bound",
        "CPU s",
        "calls",
        "cleanup s (least, most)",
        "calls"
    )];
    lines.extend(measured.iter().map(|(name, all)| line(name, all)));
    lines.push(format!("{:<10} {BOUND_S:>8.1}", "bound"));
    std::io::stdout()
        .write_all((lines.join("\n") + "\n").as_bytes())
        .expect("stdout can be written");
}

fn run(tool: &Tool) -> [Step; 2] {
    let cloud = Wire::serve(&["--speed", "10"]);
    let soon = json!({ "by_id": 1000, "by_list": 1000, "settings": 1000, "settled": 1000 });
    cloud.set(&json!({ "latency": 400, "lag": soon }));
    let step = |arguments: &[String]| {
        let before = cloud.calls().len();
        let cost = tool.run(&cloud, arguments);
        let calls = u32::try_from(cloud.calls().len() - before).expect("so many were not made");
        Step { cost, calls: calls.into() }
    };
    let deploy = step(&tool.deploy);
    assert_eq!(deploy.cost.code, 0, "{} does not deploy", tool.name);
    // The script's cleanup ends with 1: interfaces linger, and it gives up.
    [deploy, step(&tool.cleanup)]
}

fn line(name: &str, all: &[[Step; 2]]) -> String {
    let of = |part: usize, figure: &dyn Fn(&Step) -> f64| {
        let mut figures: Vec<f64> = all.iter().map(|steps| figure(&steps[part])).collect();
        figures.sort_by(f64::total_cmp);
        [figures[figures.len() / 2], figures[0], figures[figures.len() - 1]]
    };
    let wall = |step: &Step| step.cost.wall_s;
    let calls = |step: &Step| step.calls;
    let (deploy, cleanup) = (of(0, &wall), of(1, &wall));
    let spread = |[median, least, most]: [f64; 3]| format!("{median:.1} ({least:.1}, {most:.1})");
    format!(
        "{name:<10} {:>24} {:>8.2} {:>6.1} {:>6.0} {:>26} {:>6.0}",
        spread(deploy),
        deploy[0] / BOUND_S,
        of(0, &|step| step.cost.cpu_s)[0],
        of(0, &calls)[0],
        spread(cleanup),
        of(1, &calls)[0],
    )
}

/// A tool in a folder of its own.
struct Tool {
    name: &'static str,
    place: TempDir,
    program: PathBuf,
    deploy: Vec<String>,
    cleanup: Vec<String>,
    /// What else it finds programs in.
    path: Option<PathBuf>,
}

impl Tool {
    fn run(&self, cloud: &Wire, arguments: &[String]) -> Cost {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        cost_of(&self.program, &arguments, |command| self.dress(command, cloud))
    }

    fn dress(&self, command: &mut Command, cloud: &Wire) {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = self.path.iter().cloned().chain(std::env::split_paths(&path));
        command
            .current_dir(self.place.path())
            .env("PATH", std::env::join_paths(path).expect("a path of folders"))
            .env("HOME", self.place.path())
            .env("ENV_FILE", self.place.path().join("env"))
            .env("AWS_ENDPOINT_URL", cloud.url())
            .env("AWS_ACCESS_KEY_ID", "any")
            .env("AWS_SECRET_ACCESS_KEY", "any")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("CHECKPOINT_DISABLE", "1")
            .env_remove("TF_CLI_CONFIG_FILE");
    }
}

fn place() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

/// Without the wait for healthy targets, which the others do not have; its window is a tenth of the usual one, as all times are.
fn accel() -> Tool {
    let place = place();
    std::fs::write(place.path().join("lane.toml"), SPEC).expect("the spec can be written");
    let options = "lane.toml --yes --window 3s --journal journal";
    Tool {
        name: "accel",
        place,
        program: binary(),
        deploy: words(&format!("deploy {options} --no-wait")),
        cleanup: words(&format!("cleanup {options}")),
        path: None,
    }
}

fn peers() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../accel-wire/tests/peers")
}

fn terraform() -> Option<Tool> {
    let plugins = std::env::var_os("ACCEL_TERRAFORM_PLUGINS");
    let plugins = plugins.map_or_else(|| PathBuf::from("/opt/tf-plugins"), PathBuf::from);
    let place = place();
    let lane = peers().join("terraform/main.tf");
    std::fs::copy(lane, place.path().join("main.tf")).expect("a file can be copied");
    let made = Command::new("terraform")
        .args(["init", "-input=false", "-no-color"])
        .arg(format!("-plugin-dir={}", plugins.display()))
        .current_dir(place.path())
        .env_remove("TF_CLI_CONFIG_FILE")
        .output();
    if !made.is_ok_and(|made| made.status.success()) {
        not_run("Terraform or its AWS provider is not installed: ACCEL_TERRAFORM_PLUGINS");
        return None;
    }
    Some(Tool {
        name: "Terraform",
        place,
        program: "terraform".into(),
        deploy: words("apply -input=false -no-color -auto-approve"),
        cleanup: words("destroy -input=false -no-color -auto-approve"),
        path: None,
    })
}

fn script() -> Option<Tool> {
    let python = venv("venv-cli", "accel-wire/tests/peers/requirements.txt")?;
    let script = |name: &str| vec![peers().join(name).display().to_string()];
    Some(Tool {
        name: "script",
        place: place(),
        program: "bash".into(),
        deploy: script("script-deploy.sh"),
        cleanup: script("script-cleanup.sh"),
        path: python.parent().map(Path::to_path_buf),
    })
}
