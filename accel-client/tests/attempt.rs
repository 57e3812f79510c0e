//! One walk of the way to an address: what each layer says when it goes wrong.

#![cfg(feature = "probe")]

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use accel_client::probe::{Ask, Attempt, Layer, Trust, attempt};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

const HOST: &str = "runtime.sagemaker.ap-southeast-3.amazonaws.com";

async fn walk(address: SocketAddr, deadline: Duration) -> Attempt {
    let trust = Trust::system().expect("this machine trusts somebody");
    attempt(&trust, HOST, address, Ask::Get, deadline).await
}

/// A listener with a port of its own.
async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback has free ports");
    let address = listener.local_addr().expect("a listener has an address");
    (listener, address)
}

#[tokio::test]
async fn nobody_listens() {
    let (listener, address) = listener().await;
    drop(listener);
    let attempt = walk(address, Duration::from_secs(5)).await;
    let fault = attempt.fault.clone().unwrap();
    assert_eq!((fault.layer, fault.io), (Layer::Connect, Some(ErrorKind::ConnectionRefused)));
    assert_eq!((attempt.connect, attempt.total()), (None, None));
}

#[tokio::test]
async fn somebody_listens_and_says_nothing() {
    let (_listener, address) = listener().await;
    let attempt = walk(address, Duration::from_millis(100)).await;
    let fault = attempt.fault.clone().unwrap();
    assert!(fault.layer == Layer::Tls && fault.is_timeout(), "{fault}");
    assert!(attempt.connect.is_some() && attempt.tls.is_none());
}

#[tokio::test]
async fn what_answers_is_no_tls() {
    let (listener, address) = listener().await;
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"SSH-2.0-somebody\r\n").await.unwrap();
    };
    let (attempt, ()) = tokio::join!(walk(address, Duration::from_secs(5)), serve);
    let fault = attempt.fault.unwrap();
    assert_eq!(fault.layer, Layer::Tls);
    assert!(fault.tls.is_some() && fault.refusal.is_none(), "{fault:?}");
}
