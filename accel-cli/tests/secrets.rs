//! No secret of the environment comes out anywhere: not in what is printed, not in records, not in a complaint, not in a panic.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "each test crate uses a part")]
mod support;

use std::path::Path;

use support::{Bench, Said, finish};

const SECRETS: [(&str, &str); 4] = [
    ("AWS_ACCESS_KEY_ID", "AKIACANARYCANARY0001"),
    ("AWS_SECRET_ACCESS_KEY", "canary/secret+key/0002"),
    ("AWS_SESSION_TOKEN", "canary-session-token-0003"),
    ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "canary-container-token-0004"),
];

fn with_secrets(bench: &Bench, line: &str) -> Said {
    let mut command = bench.program(&format!("{line} --backend sim --cloud cloud.json --speed 0"));
    command.envs(SECRETS).env("RUST_BACKTRACE", "full");
    finish(command)
}

fn assert_clean(what: &str, text: &[u8]) {
    for (_, secret) in SECRETS {
        let is_there = text.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!is_there, "{secret} is in {what}");
    }
}

/// Every file of a folder, however deep: records, the cloud, pictures.
fn assert_clean_folder(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            assert_clean_folder(&path);
        } else {
            assert_clean(&path.display().to_string(), &std::fs::read(&path).unwrap());
        }
    }
}

#[test]
fn no_secret_comes_out_anywhere() {
    let bench = Bench::new();
    bench.write("broken.toml", "name = ");
    bench.write("env", "export EXPOSE_VPC_ID=\"$AWS_SECRET_ACCESS_KEY\"\n");
    for line in [
        "plan lane.toml -vvv",
        "deploy lane.toml --yes --json -vvv --svg time.svg",
        "status lane.toml --json -vv",
        "outputs lane.toml --format shell",
        "graph lane.toml",
        "plan broken.toml -vvv",
        "deploy lane.toml --yes --expect 0",
        "cleanup --seed-env env --yes",
        "cleanup lane.toml --yes -vvv --keep-addresses",
        "cleanup lane.toml --yes",
        "deploy",
        "--help",
    ] {
        let said = with_secrets(&bench, line);
        assert_clean(line, said.stdout.as_bytes());
        assert_clean(line, said.stderr.as_bytes());
    }
    assert_clean_folder(bench.folder());
}

/// The check itself finds what it looks for.
#[test]
#[should_panic(expected = "is in a sample")]
fn a_secret_would_be_found() {
    assert_clean("a sample", format!("x{}y", SECRETS[1].1).as_bytes());
}
