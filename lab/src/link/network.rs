//! Networks that live as long as a process in them, and the lines between two of them. Nothing is left behind, however a test ends.

use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::path::Path as FilePath;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;
use tokio_tun::{Tun, TunBuilder};

use super::{Path, carry};

/// Why this machine has no networks for tests; nothing if it has.
pub fn unavailable() -> Option<String> {
    if !FilePath::new("/dev/net/tun").exists() {
        return Some("there is no /dev/net/tun".to_owned());
    }
    for program in ["ip", "nsenter", "unshare"] {
        // Whatever it says to that, it is there.
        if Command::new(program).arg("-V").output().is_err() {
            return Some(format!("{program} is not installed"));
        }
    }
    let mut command = alone(FilePath::new("ip"));
    command.args(["tuntap", "add", "dev", "accel-try", "mode", "tun"]);
    match run(&mut command) {
        Ok(()) => None,
        Err(error) => Some(format!("no network of its own can be made here: {error}")),
    }
}

/// A command that runs in a network of its own, with nothing in it.
pub fn alone(program: &FilePath) -> Command {
    let mut command = Command::new("unshare");
    command.arg("--net").arg(program);
    command
}

/// A line from this network to another one.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The name of its devices, with `0` here and `1` there.
    pub name: &'static str,
    /// The address at this end.
    pub near: Ipv4Addr,
    /// The addresses at the other end. All are in one network of 24 bits with `near`.
    pub far: Vec<Ipv4Addr>,
    /// What happens to packets on the way.
    pub path: Path,
}

/// The network of another process.
#[derive(Debug, Clone, Copy)]
pub struct Far {
    /// Its number. It must have entered its network.
    pub process: u32,
}

/// Lines that carry packets until this is dropped.
pub struct Lines {
    /// Dropped first: that ends the carrying.
    stop: Option<oneshot::Sender<()>>,
    carrying: Option<JoinHandle<io::Result<()>>>,
}

impl Lines {
    /// Makes the devices, gives them their addresses and begins to carry packets, in a thread of its own: what else this process does
    /// makes no packet late.
    ///
    /// # Errors
    ///
    /// If a device cannot be made, or a program that is needed fails.
    pub fn start(lines: &[Line], far: Far) -> io::Result<Self> {
        let (made, is_made) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let plans = lines.to_vec();
        let carrying = thread::spawn(move || carry_all(&plans, &made, stopped));
        let lines_kept = Self { stop: Some(stop), carrying: Some(carrying) };
        if is_made.recv().is_err() {
            return Err(lines_kept.end().err().unwrap_or_else(|| io::Error::other("no device")));
        }
        ip(&["link", "set", "lo", "up"])?;
        for line in lines {
            line.lay(far)?;
        }
        Ok(lines_kept)
    }

    fn end(mut self) -> io::Result<()> {
        drop(self.stop.take());
        let ended = self.carrying.take().map(JoinHandle::join);
        ended.and_then(Result::ok).unwrap_or(Ok(()))
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(carrying) = self.carrying.take() {
            drop(carrying.join());
        }
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines").finish_non_exhaustive()
    }
}

impl Line {
    fn near_device(&self) -> String {
        format!("{}0", self.name)
    }

    fn far_device(&self) -> String {
        format!("{}1", self.name)
    }

    /// Gives both ends their addresses, the far one in its own network.
    fn lay(&self, far: Far) -> io::Result<()> {
        let (near, away, process) =
            (self.near_device(), self.far_device(), far.process.to_string());
        ip(&["address", "add", &format!("{}/24", self.near), "dev", &near])?;
        ip(&["link", "set", &near, "up"])?;
        ip(&["link", "set", &away, "netns", &process])?;
        let there = |words: &[&str]| {
            let mut command = Command::new("nsenter");
            run(command.args(["--net", "--target", &process, "ip"]).args(words))
        };
        for address in &self.far {
            there(&["address", "add", &format!("{address}/24"), "dev", &away])?;
        }
        there(&["link", "set", &away, "up"])
    }
}

/// Makes the devices of all lines, says so, and carries until it is stopped.
fn carry_all(
    lines: &[Line],
    made: &mpsc::Sender<()>,
    stopped: oneshot::Receiver<()>,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let device = |name: &str| {
            let built = TunBuilder::new().name(name).mtu(1500).build();
            let built = built.map_err(|error| io::Error::other(format!("{name}: {error}")))?;
            built.into_iter().next().ok_or_else(|| io::Error::other("no device"))
        };
        let mut ends = Vec::new();
        for line in lines {
            ends.push((device(&line.near_device())?, device(&line.far_device())?, line.path));
        }
        made.send(()).map_err(|_| io::Error::other("nobody waits for the lines"))?;
        let both = ends.iter().map(|(near, far, path)| carry_both_ways(near, far, *path));
        let all = futures_util::future::try_join_all(both);
        tokio::select! {
            ended = all => ended.map(drop),
            _ = stopped => Ok(()),
        }
    })
}

async fn carry_both_ways(near: &Tun, far: &Tun, path: Path) -> io::Result<()> {
    let (there, back) = (carry(near, far, path, path.seed), carry(far, near, path, !path.seed));
    tokio::try_join!(there, back).map(drop)
}

fn ip(words: &[&str]) -> io::Result<()> {
    run(Command::new("ip").args(words))
}

fn run(command: &mut Command) -> io::Result<()> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(format!("{command:?}: {}", said.trim())))
}
