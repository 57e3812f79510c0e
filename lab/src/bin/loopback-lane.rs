//! A lane on loopback, to try clients with: a service behind TLS with the host name and certificate of `SageMaker` in Jakarta, two zones,
//! and a certificate authority of its own. Runs until it is interrupted.
//!
//! `cargo run --package accel-lab --bin loopback-lane`

#![expect(clippy::print_stdout, reason = "a program for people")]

use std::error::Error;
use std::net::Ipv4Addr;

use accel_lab::{Answer, Authority, Lane, Service};

const HOST: &str = "runtime.sagemaker.ap-southeast-3.amazonaws.com";
const ZONES: [Ipv4Addr; 2] = [Ipv4Addr::new(127, 0, 0, 11), Ipv4Addr::new(127, 0, 0, 12)];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let authority = Authority::new();
    let service = Service::start(&authority.identity(&[HOST]), Answer::of_sagemaker_runtime).await;
    // The service's own port, where this user may have it.
    let lane = Lane::start_at(&ZONES, 443, service.address(), None);
    let lane = lane.or_else(|_| Lane::start_at(&ZONES, 0, service.address(), None))?;
    let settings = authority.folder().join("lane.json");
    std::fs::write(&settings, lane.settings(&[HOST]))?;
    let port = if lane.port() == 443 { String::new() } else { format!(":{}", lane.port()) };
    println!("{HOST}{port} is on loopback, in two zones: {ZONES:?}\n");
    println!("export LANE={}", settings.display());
    println!("export NODE_EXTRA_CA_CERTS={}", authority.pem_file().display());
    println!(
        "export CURL_CA_BUNDLE={0} AWS_CA_BUNDLE={0} SSL_CERT_FILE={0}",
        authority.pem_file().display()
    );
    println!("accel connect --settings $LANE -- curl -i https://{HOST}{port}/ping");
    println!("\nCtrl-C ends it");
    tokio::signal::ctrl_c().await?;
    println!("{} requests", service.seen().len());
    Ok(())
}
