//! The pictures of the example specs, as golden files that a person can open.

use accel_core::engine::Timeline;
use accel_core::topology::Known;
use accel_core::{Acceleration, Deployer, Graph, NetworkBackend, Topology};
use accel_mock::{Cloud, Settings};

const JAKARTA: &str = include_str!("../../../examples/specs/sagemaker-jakarta.toml");
const FRANKFURT: &str = include_str!("../../../examples/specs/two-services-frankfurt.toml");

async fn graph(text: &str) -> Graph {
    let spec = Acceleration::from_toml(text).unwrap();
    let cloud = Cloud::new(Settings::default());
    let offer = cloud.offer(&spec.query()).await.unwrap();
    spec.build(&Known { offer: &offer, kept: &[], today: None }).unwrap().graph
}

async fn timeline(text: &str) -> Timeline {
    let spec = Acceleration::from_toml(text).unwrap();
    let cloud = Cloud::new(Settings::default());
    Deployer::new(&cloud).deploy(&spec).await.unwrap().timeline
}

#[tokio::test(start_paused = true)]
async fn look() {
    for (name, text) in [("jakarta", JAKARTA), ("frankfurt", FRANKFURT)] {
        let graph = graph(text).await;
        let out = std::path::Path::new("/tmp/pics");
        std::fs::create_dir_all(out).unwrap();
        std::fs::write(out.join(format!("{name}.svg")), super::svg(&graph)).unwrap();
        std::fs::write(out.join(format!("{name}.mmd")), super::mermaid(&graph)).unwrap();
        std::fs::write(out.join(format!("{name}.dot")), super::dot(&graph)).unwrap();
        let times = timeline(text).await;
        std::fs::write(out.join(format!("{name}-times.svg")), super::timeline::svg(&times))
            .unwrap();
        std::fs::write(out.join(format!("{name}-times.txt")), super::timeline::text(&times, 100))
            .unwrap();
    }
}
