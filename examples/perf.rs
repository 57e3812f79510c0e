//! perf
use accel_core::{Acceleration, Deployer};
use accel_mock::{Cloud, Settings};
fn main() {
    let spec = Acceleration::from_toml(include_str!("specs/sagemaker-jakarta.toml")).unwrap();
    let t = std::time::Instant::now();
    let n = 200;
    let mut calls = 0;
    let mut c2 = 0;
    for _ in 0..n {
        let rt = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        rt.block_on(async {
            let cloud = Cloud::new(Settings::fast());
            let d = Deployer::new(&cloud).deploy(&spec).await.unwrap();
            calls += d.calls.total();
            let d = Deployer::new(&cloud).cleanup(&spec).await.unwrap();
            c2 += d.calls.total();
        });
    }
    println!("{:?} per history, {} + {} calls", t.elapsed() / n, calls / n, c2 / n);
}
