//! The help texts, as people read them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "each test crate uses a part")]
mod support;

use support::Bench;

const COMMANDS: [&str; 16] = [
    "",
    "plan",
    "deploy",
    "status",
    "outputs",
    "client",
    "connect",
    "diagnose",
    "hosts",
    "probe",
    "cleanup",
    "policy",
    "graph",
    "cloud serve",
    "cloud furnish",
    "completions",
];

#[test]
fn the_help_is_this_text() {
    let bench = Bench::new();
    for command in COMMANDS {
        let said = bench.run(&format!("{command} --help")).ended(0);
        let name = if command.is_empty() { "accel" } else { command };
        insta::assert_snapshot!(format!("help-{}", name.replace(' ', "-")), said.stdout);
    }
}

#[test]
fn exit_codes_and_examples_are_in_the_help() {
    let bench = Bench::new();
    let help = bench.run("--help").ended(0).stdout;
    for code in ["0", "1", "2", "3", "130"] {
        assert!(help.contains(&format!("\n  {code:<4} ")), "{code}: {help}");
    }
    for command in &COMMANDS[1..COMMANDS.len() - 1] {
        let help = bench.run(&format!("{command} --help")).ended(0).stdout;
        assert!(help.contains(&format!("accel {command} ")), "{help}");
    }
}

#[test]
fn completions_know_every_command() {
    let bench = Bench::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = bench.run(&format!("completions {shell}")).ended(0).stdout;
        for command in &COMMANDS[1..] {
            for word in command.split(' ') {
                assert!(script.contains(word), "{shell}: {word}");
            }
        }
    }
}

#[test]
fn the_version_is_the_crates() {
    let said = Bench::new().run("--version").ended(0);
    assert_eq!(said.stdout.trim(), concat!("accel ", env!("CARGO_PKG_VERSION")));
}
