//! `accel hosts`: the lane in a hosts file, by a person and by a timer.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "each test crate uses a part")]
mod support;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use support::{Bench, Said, finish};

const HOST: &str = "runtime.sagemaker.ap-southeast-3.amazonaws.com";
const USUAL: &str = "127.0.0.1 localhost\n::1 localhost # of this machine\n";

/// A folder with a hosts file and the settings of a lane.
fn bench() -> Bench {
    let bench = Bench::new();
    bench.write("hosts", USUAL);
    bench.write("lane.json", &settings("lane", HOST, r#"["203.0.113.7", "203.0.113.8"]"#));
    bench
}

fn settings(lane: &str, host: &str, addresses: &str) -> String {
    format!(
        r#"{{ "schema": "accel.lane-outputs.v1", "deployment": "{lane}",
            "generation": "0123456789abcdef", "entries": [{{ "service": "sagemaker.runtime",
            "hosts": ["{host}"], "dial": "lane.example.com", "addresses": {addresses} }}] }}"#
    )
}

fn apply(bench: &Bench) -> Said {
    bench.run("hosts --settings lane.json --file hosts --apply")
}

#[test]
fn a_lane_of_the_cloud_is_put_in_checked_and_taken_out_again() {
    let bench = bench();
    bench.done("deploy lane.toml --yes");
    let block = bench.done("hosts lane.toml").stdout;
    assert!(block.starts_with("# BEGIN accel lane=lane generation="), "{block}");
    assert!(block.contains(HOST));
    assert_eq!(bench.read("hosts"), USUAL, "printing changes nothing");
    bench.sim("hosts lane.toml --file hosts --check").ended(3);
    let said = bench.sim("hosts lane.toml --apply").ended(2).stderr;
    assert!(said.contains("the lane is simulated") && said.contains("--file"), "{said}");
    let said = bench.done("hosts lane.toml --file hosts --apply").stdout;
    assert!(said.contains("the block of lane is in") && said.contains("  + # BEGIN"), "{said}");
    assert_eq!(bench.read("hosts"), format!("{USUAL}{block}"));
    let said = bench.done("hosts lane.toml --file hosts --check").stdout;
    assert!(said.contains("holds exactly this block"), "{said}");
    // The name of the spec is enough: no cloud is asked.
    bench.run("hosts lane.toml --file hosts --remove --cloud no-such --backend sim").ended(0);
    assert_eq!(bench.read("hosts"), USUAL);
    let said = bench.run("hosts --file hosts --remove").ended(0).stdout;
    assert!(said.contains("holds no block"), "{said}");
}

#[test]
fn new_settings_take_the_place_of_the_old_and_a_check_tells_the_difference() {
    let bench = bench();
    apply(&bench).ended(0);
    bench.write("lane.json", &settings("lane", HOST, r#"["203.0.113.7", "203.0.113.9"]"#));
    let said = bench.run("hosts --settings lane.json --file hosts --check").ended(3).stdout;
    assert!(said.contains(&format!("\n  - 203.0.113.8 {HOST}")), "{said}");
    assert!(said.contains(&format!("\n  + 203.0.113.9 {HOST}")), "{said}");
    apply(&bench).ended(0);
    assert!(!bench.read("hosts").contains("203.0.113.8"));
    bench.run("hosts --settings lane.json --file hosts --check").ended(0);
    bench.run("hosts --remove --name lane --file hosts").ended(0);
    assert_eq!(bench.read("hosts"), USUAL);
}

#[test]
fn what_cannot_be_is_refused_with_the_reason_and_nothing_is_written() {
    let bench = bench();
    let marker = "# BEGIN accel lane=lane generation=- expires=never\n";
    let expired = settings("lane", HOST, r#"["203.0.113.7"]"#)
        .replace("\"entries\"", "\"expires\": \"2020-01-01T00:00:00Z\", \"entries\"");
    let good = settings("lane", HOST, r#"["203.0.113.7"]"#);
    let other = settings("other", HOST, r#"["203.0.113.1"]"#);
    bench.write("lane.json", &other);
    apply(&bench).ended(0);
    let claimed = bench.read("hosts");
    for (hosts, settings, part) in [
        (USUAL, &expired, "expired at 2020-01-01"),
        (
            USUAL,
            &settings("lane", "*.s3.eu-west-1.amazonaws.com", r#"["203.0.113.7"]"#),
            "accel connect",
        ),
        (USUAL, &settings("lane", "www.example.com", r#"["203.0.113.7"]"#), "no name of AWS"),
        (USUAL, &settings("lane", HOST, r#"["10.0.0.1"]"#), "10.0.0.1 is private"),
        (USUAL, &settings("", HOST, r#"["203.0.113.7"]"#), "deployment is empty"),
        (marker, &good, "line 1: begins the block of lane, and its end marker is missing"),
        (&format!("{USUAL}10.0.0.1 {HOST}\n"), &good, "line 3:"),
        (&claimed, &good, "belongs to the lane other"),
    ] {
        bench.write("hosts", hosts);
        bench.write("lane.json", settings);
        let said = apply(&bench).ended(2);
        assert!(said.stderr.contains(part), "{part}: {}", said.stderr);
        assert_eq!(bench.read("hosts"), hosts, "{part}");
    }
}

#[test]
fn several_lanes_are_told_apart_by_name() {
    let bench = bench();
    apply(&bench).ended(0);
    let one = bench.read("hosts");
    bench.write(
        "lane.json",
        &settings("other", "sqs.eu-west-1.amazonaws.com", r#"["203.0.113.1"]"#),
    );
    apply(&bench).ended(0);
    let said = bench.run("hosts --remove --file hosts").ended(2);
    assert!(
        said.stderr.contains("lane, other") && said.stderr.contains("--name"),
        "{}",
        said.stderr
    );
    bench.run("hosts --remove --name other --file hosts").ended(0);
    assert_eq!(bench.read("hosts"), one);
}

#[test]
fn a_command_line_that_means_nothing_is_refused() {
    let bench = bench();
    for line in [
        "hosts",
        "hosts --apply",
        "hosts --settings lane.json --apply --remove",
        "hosts --settings lane.json --apply --check",
        "hosts --name lane --apply",
        "hosts lane.toml --settings lane.json",
    ] {
        bench.run(line).ended(2);
    }
}

/// A run that ends with a kill after each of many delays, for a file that is replaced and one that is written in place.
#[test]
fn a_killed_run_leaves_the_old_file_or_the_new_one_and_the_next_run_is_right() {
    for in_place in [false, true] {
        let bench = bench();
        if in_place {
            fs::hard_link(bench.path("hosts"), bench.path("another-name")).unwrap();
        }
        let new = format!("{USUAL}{}", bench.run("hosts --settings lane.json").ended(0).stdout);
        let mut cut_short = 0;
        for micros in (0..12_000).step_by(300) {
            let mut child =
                bench.program("hosts --settings lane.json --file hosts --apply").spawn().unwrap();
            #[expect(clippy::disallowed_methods, reason = "a real kill comes at a real time")]
            std::thread::sleep(Duration::from_micros(micros));
            child.kill().unwrap();
            cut_short += usize::from(!child.wait().unwrap().success());
            let left = bench.read("hosts");
            let whole = left == USUAL || left == new;
            assert!(whole || bench.path("hosts.accel-backup").exists(), "{micros}: {left}");
            bench.run("hosts --remove --file hosts").ended(0);
            assert_eq!(bench.read("hosts"), USUAL);
            for beside in ["hosts.accel-backup", "hosts.accel-new", "hosts.accel-part"] {
                assert!(!bench.path(beside).exists(), "{beside}");
            }
        }
        assert!(cut_short > 0, "no run was killed before its end");
    }
}

#[test]
fn runs_at_the_same_time_all_come_in() {
    let bench = bench();
    let run = |lane: usize| {
        let name = format!("lane-{lane}.json");
        let host = format!("sqs.region-{lane}.amazonaws.com");
        bench.write(&name, &settings(&format!("lane-{lane}"), &host, r#"["203.0.113.7"]"#));
        bench.program(&format!("hosts --settings {name} --file hosts --apply")).spawn().unwrap()
    };
    for child in (0..6).map(run).collect::<Vec<_>>() {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    assert_eq!(bench.read("hosts").matches("# END accel").count(), 6);
}

/// The program with a word in front, if this machine lets us use it.
#[cfg(unix)]
fn behind(bench: &Bench, words: &[&str], line: &str) -> Option<Said> {
    let permitted = Command::new(words[0])
        .args(&words[1..])
        .arg("true")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !permitted.is_ok_and(|status| status.success()) {
        #[expect(clippy::print_stderr, reason = "a part of the test that this machine cannot run")]
        {
            eprintln!("NOT RUN: `{} …` is not permitted here", words.join(" "));
        }
        return None;
    }
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).args(["sh", "-ec", line]);
    command.current_dir(bench.folder()).stdin(Stdio::null());
    command.env("ACCEL", PathBuf::from(env!("CARGO_BIN_EXE_accel")));
    Some(finish(command))
}

/// As in a container: the file is a mount, and `rename` answers EBUSY. The system's own resolver sees every address.
#[cfg(unix)]
#[test]
fn a_hosts_file_that_is_a_mount_is_written_in_place_and_resolved() {
    let bench = bench();
    let script = "mount --bind hosts /etc/hosts\n\
        \"$ACCEL\" hosts --settings lane.json --apply\n\
        getent ahostsv4 runtime.sagemaker.ap-southeast-3.amazonaws.com\n\
        \"$ACCEL\" hosts --settings lane.json --check\n\
        \"$ACCEL\" hosts --remove\n\
        ls -a /etc | grep accel || echo nothing is left";
    let Some(said) = behind(&bench, &["unshare", "-m"], script) else { return };
    let said = said.ended(0);
    assert!(said.stdout.contains("written in place"), "{}", said.stdout);
    for address in ["203.0.113.7", "203.0.113.8"] {
        assert!(said.stdout.contains(&format!("\n{address} ")), "{}", said.stdout);
    }
    assert!(said.stdout.ends_with("nothing is left\n"), "{}", said.stdout);
    assert_eq!(bench.read("hosts"), USUAL);
}

#[cfg(unix)]
#[test]
fn settings_that_name_only_what_to_dial_are_looked_up_and_said_to_be_a_snapshot() {
    let bench = bench();
    bench.write(
        "hosts",
        &format!("{USUAL}203.0.113.9 lane.example.com\n10.0.0.9 lane.example.com\n"),
    );
    bench.write("lane.json", &settings("lane", HOST, "[]"));
    let script = "mount --bind hosts /etc/hosts\n\"$ACCEL\" hosts --settings lane.json --apply";
    let Some(said) = behind(&bench, &["unshare", "-m"], script) else { return };
    let said = said.ended(0);
    assert!(
        said.stdout.contains("the addresses are those of lane.example.com now"),
        "{}",
        said.stdout
    );
    assert!(bench.read("hosts").contains(&format!("\n203.0.113.9 {HOST}\n# END")));
}

#[test]
fn a_name_that_has_no_address_is_no_lane() {
    let bench = bench();
    let nowhere = settings("lane", HOST, "[]").replace("lane.example.com", "lane.invalid");
    bench.write("lane.json", &nowhere);
    let said = apply(&bench).ended(2);
    assert!(said.stderr.contains("lane.invalid has no address"), "{}", said.stderr);
}

#[cfg(unix)]
#[test]
fn who_may_not_write_the_file_is_told_what_to_run() {
    use std::os::unix::fs::PermissionsExt as _;

    let bench = bench();
    fs::set_permissions(bench.folder(), fs::Permissions::from_mode(0o755)).unwrap();
    let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    let line = "\"$ACCEL\" hosts --settings lane.json --file hosts --apply";
    let Some(said) = behind(&bench, &nobody, line) else { return };
    let said = said.ended(2);
    assert!(
        said.stderr.contains("`sudo accel hosts --settings lane.json --apply --file hosts`"),
        "{}",
        said.stderr
    );
    assert_eq!(bench.read("hosts"), USUAL);
}
