//! `accel plan --permissions` where no cloud checks any.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "each test crate uses a part")]
mod support;

use support::Bench;

#[test]
fn a_simulated_cloud_is_said_to_check_no_permissions() {
    let bench = Bench::new();
    let plan = bench.done("plan lane.toml --permissions").stdout;
    assert!(plan.contains("permissions: not asked; a simulated cloud checks none"), "{plan}");
    let without = bench.done("plan lane.toml").stdout;
    assert!(!without.contains("permissions"), "{without}");
}
