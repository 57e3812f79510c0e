//! The least client that can be told apart from what it tests: one connection, one request after another, TLS verified.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::Authority;

pub(crate) const HOST: &str = "runtime.sagemaker.ap-southeast-3.amazonaws.com";

pub(crate) struct Asks(TlsStream<TcpStream>);

impl Asks {
    pub(crate) async fn of(address: SocketAddr, trusted: &Authority) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        let name = ServerName::try_from(HOST).expect("the host is a name");
        let connector = TlsConnector::from(Arc::new(trusted.client()));
        connector.connect(name, stream).await.map(Self)
    }

    pub(crate) async fn get(&mut self, path: &str) -> io::Result<String> {
        self.request(&format!("GET {path} HTTP/1.1\r\nhost: {HOST}\r\n\r\n")).await
    }

    /// Sends a whole request, and reads one answer that says how long it is.
    pub(crate) async fn request(&mut self, text: &str) -> io::Result<String> {
        self.0.write_all(text.as_bytes()).await?;
        let mut said = Vec::new();
        loop {
            let text = String::from_utf8_lossy(&said);
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                if body.len() >= length.and_then(|length| length.parse().ok()).unwrap_or(0) {
                    return Ok(text.into_owned());
                }
            }
            if self.0.read_buf(&mut said).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}
