//! What is wrong with a command or a spec is said at once, all of it, and nothing is changed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use support::{Bench, LANE};

#[test]
fn every_problem_of_a_spec_is_told_with_its_field() {
    let bench = Bench::new();
    let spec = r#"{"name": "Lane", "service_region": "jakarta", "entry_region": "ap-southeast-1",
                   "services": [{"name": "sqs", "ports": []}], "allow": [{"cidr": "1.2.3.4"}], "zones": 9}"#;
    bench.write("lane.json", spec);
    for command in ["plan", "deploy", "status", "outputs", "cleanup"] {
        let said = bench.sim(&format!("{command} lane.json")).ended(2);
        for field in
            ["name: ", "service_region: ", "services[0].ports", "allow[0].cidr: ", "zones: "]
        {
            assert!(said.stderr.contains(&format!("\n  {field}")), "{field}: {}", said.stderr);
        }
        assert!(said.stderr.contains("\nnext: "), "{}", said.stderr);
    }
    assert!(!bench.path("cloud.json").exists());
}

#[test]
fn problems_are_a_document_too() {
    let bench = Bench::new();
    bench.write("lane.toml", &LANE.replace("203.0.113.0/24", "everybody"));
    let document = bench.sim("deploy lane.toml --yes --json").ended(2).json();
    assert_eq!(document["schema"], "accel.failure.v1");
    assert_eq!((&document["kind"], &document["exit_code"]), (&"spec".into(), &2.into()));
    assert_eq!(document["problems"][0]["path"], "allow[0].cidr");
}

#[test]
fn a_text_that_is_no_spec_is_told_with_its_line() {
    let bench = Bench::new();
    bench.write("lane.toml", "name = \"lane\"\nzone = 2\n");
    let said = bench.sim("plan lane.toml").ended(2);
    assert!(said.stderr.contains("line 2, column 1"), "{}", said.stderr);
    bench.sim("plan nowhere.toml").ended(2);
}

#[test]
fn a_spec_may_come_through_stdin() {
    use std::io::Write as _;
    use std::process::Stdio;

    let bench = Bench::new();
    let mut command = bench.program("graph -");
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(LANE.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stdout.starts_with(b"%%{init"), "{output:?}");
}

#[test]
fn without_a_terminal_nothing_is_changed_without_a_yes() {
    let bench = Bench::new();
    for command in ["deploy lane.toml", "cleanup lane.toml"] {
        if command.starts_with("cleanup") {
            bench.done("deploy lane.toml --yes");
        }
        let said = bench.sim(command).ended(2);
        assert!(said.stderr.contains("--yes"), "{}", said.stderr);
    }
    bench.done("status lane.toml --check");
}

#[test]
fn a_command_line_that_means_nothing_is_refused() {
    let bench = Bench::new();
    for line in [
        "",
        "cleanup",
        "status --name lane",
        "cleanup --name lane",
        "cleanup lane.toml --name lane --regions service=a-1",
        "cleanup --name lane --regions jakarta",
        "deploy lane.toml --window soon",
        "plan lane.toml --traffic-gb lots",
        "plan lane.toml --backend sim",
        "plan lane.toml --backend aws --cloud cloud.json",
        "cleanup --seed-env nowhere --backend sim --cloud cloud.json",
    ] {
        bench.run(line).ended(2);
    }
    assert!(!bench.path("cloud.json").exists());
}

#[cfg(not(feature = "aws"))]
#[test]
fn without_the_aws_backend_the_program_says_so() {
    let bench = Bench::new();
    let said = bench.run("plan lane.toml").ended(2);
    assert!(said.stderr.contains("built without the AWS backend"), "{}", said.stderr);
}

#[test]
fn a_file_that_is_no_cloud_is_left_as_it_is() {
    let bench = Bench::new();
    bench.write("cloud.json", "precious");
    bench.sim("deploy lane.toml --yes").ended(2);
    assert_eq!(bench.read("cloud.json"), "precious");
}

#[test]
fn asked_twice_for_more_the_engines_calls_are_told_on_stderr() {
    let bench = Bench::new();
    let said = bench.done("deploy lane.toml --yes --json -vv");
    assert!(said.stderr.contains("call{verb=create}"), "{}", said.stderr);
    assert_eq!(said.json()["schema"], "accel.deploy.v1");
}

#[test]
fn what_cannot_be_written_is_said_before_anything_is_changed() {
    let bench = Bench::new();
    bench.write("file", "");
    for option in ["--journal file", "--svg nowhere/time.svg", "--svg ."] {
        let said = bench.sim(&format!("deploy lane.toml --yes {option}")).ended(2);
        let name = option.split(' ').next().unwrap();
        assert!(said.stderr.contains("nothing was changed"), "{}", said.stderr);
        assert!(said.stderr.contains(name), "{}", said.stderr);
    }
    assert!(!bench.path("cloud.json").exists());
}

/// A full disk must not pass for a result; a reader that has gone away wanted no more.
#[cfg(target_os = "linux")]
#[test]
fn results_that_are_lost_are_no_success() {
    use std::process::Stdio;

    let bench = Bench::new();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = bench.program("graph lane.toml");
    let output = command.stdout(full).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("error: the results cannot be written: "), "{stderr}");

    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = bench.program("graph lane.toml");
    let output = command.stdout(Stdio::from(writer)).output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}

/// What is to be copied is a command of one shell, with all that decides where it goes on.
#[test]
fn the_command_that_goes_on_can_be_copied() {
    let bench = Bench::new();
    bench.write("it's mine.toml", LANE);
    let mut command = bench.program("outputs");
    command.args(["it's mine.toml", "--backend", "sim", "--cloud", "my cloud.json"]);
    command.args(["--journal", "my records", "--window", "2m", "--speed", "0"]);
    let said = support::finish(command).ended(1);
    let (_, told) = said.stderr.split_once("run `").unwrap();
    let (command, _) = told.split_once("` first").unwrap();
    let words =
        ["accel", "deploy", "it's mine.toml", "--backend", "sim", "--cloud", "my cloud.json"];
    let records = ["--journal", "my records", "--window", "120s"];
    assert_eq!(shlex::split(command).unwrap(), [words.as_slice(), &records].concat());
}

#[test]
fn completions_are_scripts_that_their_shells_read() {
    use std::process::Command;

    let bench = Bench::new();
    for shell in ["bash", "zsh", "fish"] {
        bench.write(shell, &bench.run(&format!("completions {shell}")).ended(0).stdout);
        // Not every machine has every shell.
        let Ok(read) = Command::new(shell).arg("-n").arg(bench.path(shell)).output() else {
            continue;
        };
        assert!(read.status.success(), "{shell}: {}", String::from_utf8_lossy(&read.stderr));
    }
}
