//! Links of known delay, jitter and loss between networks of a test's own: real TCP at both ends, real retransmissions, and the truth is
//! what was asked for.
//!
//! The kernel's own means (`tc netem`) is not in every kernel. Here packets pass through this process: what goes into one TUN device
//! comes out of the other, later or never. Timers are as fine as tokio's, 1 ms; both ways of a comparison have the same bias.

mod network;

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use fastrand::Rng;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_tun::Tun;

pub use network::{Far, Line, Lines, alone, unavailable};

/// The longest packet that a device hands over.
const PACKET_BYTES_MAX: usize = 65_536;

/// A device that is not up yet is asked again after this.
const DEVICE_PAUSE: Duration = Duration::from_millis(5);

/// What a link does to every packet, alike in both directions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Path {
    /// How long every packet takes at least.
    pub delay: Duration,
    /// Up to so much more, uniformly distributed, drawn for every packet.
    pub jitter: Duration,
    /// The part of the packets that is lost.
    pub loss: f64,
    /// Whether packets may overtake each other. Otherwise one that is late holds up those behind it, as in a queue.
    pub reorders: bool,
    /// Where chance begins.
    pub seed: u64,
}

impl Path {
    /// A path without loss whose round trips take that long at the median, by up to so much jitter each way.
    ///
    /// # Panics
    ///
    /// If the jitter alone takes longer.
    pub fn of_round_trip(median: Duration, jitter: Duration) -> Self {
        let delay = median.checked_sub(jitter).expect("the jitter is a part of the round trip") / 2;
        Self { delay, jitter, loss: 0.0, reorders: false, seed: 1 }
    }

    /// The same with loss.
    #[must_use]
    pub fn losing(self, loss: f64) -> Self {
        Self { loss, ..self }
    }

    /// The median of round trips of single packets: two uniform jitters add up to a symmetric distribution around one of them.
    pub fn round_trip(&self) -> Duration {
        2 * self.delay + self.jitter
    }
}

/// Carries packets one way, forever.
async fn carry(from: &Tun, to: &Tun, path: Path, seed: u64) -> io::Result<()> {
    let mut rng = Rng::with_seed(seed);
    let mut buffer = vec![0; PACKET_BYTES_MAX];
    let mut waiting: BTreeMap<(Instant, u64), Vec<u8>> = BTreeMap::new();
    let mut count = 0;
    let mut last = Instant::now();
    loop {
        let due = waiting.first_key_value().map(|((due, _), _)| *due);
        tokio::select! {
            biased;
            () = until(due) => if let Some((_, packet)) = waiting.pop_first() {
                // What comes before the other device is up is lost, as it would be.
                drop(to.send_all(&packet).await);
            },
            received = from.recv(&mut buffer) => {
                let Ok(length) = received else {
                    sleep(DEVICE_PAUSE).await;
                    continue;
                };
                let packet = &buffer[..length];
                // The kernel's own IPv6 chatter is none of ours, and draws no chance.
                if packet.first().is_none_or(|first| first >> 4 != 4) {
                    continue;
                }
                let (is_lost, late) = (rng.f64() < path.loss, path.jitter.mul_f64(rng.f64()));
                if is_lost {
                    continue;
                }
                let mut due = Instant::now() + path.delay + late;
                if !path.reorders {
                    due = due.max(last);
                    last = due;
                }
                count += 1;
                waiting.insert((due, count), packet.to_vec());
            }
        }
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}
