//! Promise 8: the same seed gives the same trace.
//!
//! That folding the journal gives the live state after every record shows only inside the core, in `engine/witness.rs`: nothing public
//! tells a state.

use std::time::Duration;

use accel_core::RunId;
use accel_mock::{Settings, as_text};
use accel_tests::harness::{Stage, jakarta, virtually};

use crate::support::{entries, journal, settings};

/// Everything that a history leaves: the calls, the records, and the world.
fn history(schedule: &str) -> String {
    virtually(async {
        let spec = jakarta();
        let cloud = Settings { latency: Duration::from_millis(40), ..settings() };
        let stage = Stage::new(Settings { throttling: true, ..cloud }, &spec, true);
        stage.cloud.set_schedule(schedule.parse().unwrap());
        let (tx, mut rx) = tokio::sync::mpsc::channel(10_000);
        let run = |name: &str| stage.deployer().events(tx.clone()).run(RunId::from(name));
        drop(run("run-1").deploy(&spec).await);
        drop(run("run-2").deploy(&spec).await);
        drop(run("run-3").cleanup(&spec).await);
        let mut text = as_text(&stage.cloud.calls());
        for entry in entries(&journal(&stage)).await {
            text.push_str(&serde_json::to_string(&entry).unwrap());
            text.push('\n');
        }
        while let Ok(timed) = rx.try_recv() {
            text.push_str(&serde_json::to_string(&timed).unwrap());
            text.push('\n');
        }
        text + &stage.cloud.snapshot()
    })
}

#[test]
fn the_same_seed_gives_the_same_trace_byte_for_byte() {
    for schedule in [
        "",
        "create#3=lose create#9=refuse:throttled create#12=drop read#4=refuse:unavailable",
        "create:vpc=late:2000 create:interface_endpoint#1=fail list#3=refuse:ambiguous delete#5=lose",
    ] {
        let one = history(schedule);
        assert!(one.lines().count() > 150, "{one}");
        assert!(one == history(schedule), "another trace with {schedule:?}");
    }
}
