//! Serves an empty simulated cloud until somebody ends it: `serve [ADDRESS]`, by default `127.0.0.1:4599`.
//!
//! ```text
//! $ cargo run --example serve -p accel-lane-wire &
//! http://127.0.0.1:4599  token 0123456789abcdef0123456789abcdef
//! $ export AWS_ENDPOINT_URL=http://127.0.0.1:4599 AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any
//! $ aws ec2 describe-vpcs --region eu-west-1
//! ```

use std::error::Error;

use accel_mock::{Cloud, Quotas, Settings};
use accel_wire::{Options, Server};
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "this is a program")]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:4599".to_owned());
    // The default VPCs of a new account take room and are never shown: here there are none.
    let quotas = Quotas { default_vpcs: 0, ..Quotas::default() };
    let settings = Settings { quotas, log: false, ..Settings::default() };
    let server = Server::new(Cloud::new(settings), Options::default())?;
    let listener = TcpListener::bind(&address).await?;
    println!("http://{}  token {}", listener.local_addr()?, server.token());
    server.serve(listener).await?;
    Ok(())
}
