//! A server on a thread of its own: for tests of whatever calls AWS.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread::{self, JoinHandle};

use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::server::Server;

/// A server that is being served. Dropped, it ends.
///
/// ```
/// use accel_mock::{Cloud, Settings};
/// use accel_wire::{Options, Server};
///
/// let server = Server::new(Cloud::new(Settings::instant()), Options::default())?.in_background()?;
/// let url = server.url(); // for AWS_ENDPOINT_URL, or for the endpoint of an SDK's client
/// assert!(url.starts_with("http://127.0.0.1:"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Background {
    server: Server,
    address: SocketAddr,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Server {
    /// Serves on a thread of its own, at a free port of this machine.
    ///
    /// # Errors
    /// If there is no port, no thread or no runtime to be had.
    pub fn in_background(self) -> io::Result<Background> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (end, ended) = oneshot::channel();
        let server = self.clone();
        let serving = async move {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            tokio::select! {
                outcome = self.serve(listener) => outcome,
                _ = ended => Ok(()),
            }
        };
        let thread = thread::Builder::new().spawn(move || runtime.block_on(serving))?;
        Ok(Background { server, address, end: Some(end), thread: Some(thread) })
    }
}

impl Background {
    /// Where it listens, for `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What is served.
    pub fn server(&self) -> &Server {
        &self.server
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // Nobody is left to be told that it has ended badly.
            drop(thread.join());
        }
    }
}
