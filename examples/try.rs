//! try
use accel_core::{Acceleration, Deployer};
use accel_mock::{Cloud, Settings};
fn main() {
    let rt = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    rt.block_on(async {
        let cloud = Cloud::new(match std::env::args().nth(1).as_deref() {
            Some("off") => Settings { lag: accel_mock::Lag::OFF, ..Settings::default() },
            Some("mild") => Settings {
                lag: accel_mock::Lag {
                    settled: std::time::Duration::from_secs(3),
                    ..accel_mock::Lag::default()
                },
                ..Settings::default()
            },
            _ => Settings::default(),
        });
        let spec = Acceleration::from_toml(include_str!("specs/sagemaker-jakarta.toml")).unwrap();
        let (tx, mut rx) = tokio::sync::mpsc::channel(10000);
        let r = Deployer::new(&cloud).events(tx).deploy(&spec).await;
        while let Ok(e) = rx.try_recv() {
            println!("{:>8.2} {}", e.at.as_secs_f64(), e.event);
        }
        match r {
            Ok(d) => {
                println!("{} total {:?}", d.calls, d.timeline.total);
                println!("{}", serde_json::to_string_pretty(&d.outputs).unwrap());
                for s in d.timeline.critical_path() {
                    println!("{} {:?} {:?} {:?}", s.node, s.started, s.existed, s.ready);
                }
            }
            Err(e) => println!("ERR {e}"),
        }
        for c in cloud.calls() {
            println!("{c:?}");
        }
        let (tx, mut rx) = tokio::sync::mpsc::channel(10000);
        let d = Deployer::new(&cloud).events(tx).deploy(&spec).await;
        println!("SECOND");
        while let Ok(e) = rx.try_recv() {
            println!("{:>8.2} {}", e.at.as_secs_f64(), e.event);
        }
        println!("ENDSECOND");
        match d {
            Ok(d) => println!("second: {} {:?}", d.calls, d.timeline.total),
            Err(e) => println!("ERR {e}"),
        }
        let (tx, mut rx) = tokio::sync::mpsc::channel(10000);
        let d = Deployer::new(&cloud).events(tx).cleanup(&spec).await;
        while let Ok(e) = rx.try_recv() {
            println!("{:>8.2} {}", e.at.as_secs_f64(), e.event);
        }
        match d {
            Ok(d) => println!("cleanup: {:?} {} {:?}", d.outcome, d.calls, d.took),
            Err(e) => println!("ERR {e}"),
        }
        println!("{}", cloud.inspect(|w| w.live().count()));
    });
}
