//! What happens while a run is at work: lines that stay, and on a terminal, below them, what is waited for.

mod interrupt;
mod lines;
mod live;
mod measuring;

use std::pin::pin;
use std::time::Duration;

use accel_core::Stop;
use accel_core::event::Timed;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

pub(crate) use self::interrupt::Interrupts;
use self::lines::Progress;
use self::live::Live;
pub(crate) use self::measuring::Measuring;
use crate::terminal::Terminal;
use crate::trouble::{Exit, Outcome, Trouble};

/// After so long without a line, a line says what is waited for.
const QUIET: Duration = Duration::from_secs(20);

/// Watches a run to its end. The first interrupt asks it to stop, the second one leaves it.
pub(crate) async fn watch<T>(
    terminal: &Terminal,
    redraw: Option<Duration>,
    mut heard: mpsc::Receiver<Timed>,
    stop: &Stop,
    run: impl Future<Output = T>,
) -> Outcome<T> {
    let mut interrupts = Interrupts::listen()?;
    let began = Instant::now();
    let mut progress = Progress::new(terminal.verbose > 0);
    let mut live = redraw.and_then(|every| Some((Live::new(terminal.live()?), every)));
    let mut run = pin!(run);
    loop {
        let pause = live.as_ref().map_or(QUIET, |(_, every)| *every);
        tokio::select! {
            biased;
            end = &mut run => {
                drop(live);
                tell(terminal, progress.lines(&all(&mut heard)));
                return Ok(end);
            }
            () = interrupts.next() => {
                if stop.asked() {
                    return Err(at_once());
                }
                stop.ask();
                terminal.say("stopping: what is in flight ends and is recorded first; again to stop at once");
            }
            Some(first) = heard.recv() => {
                let mut events = vec![first];
                events.extend(all(&mut heard));
                tell(terminal, progress.lines(&events));
            }
            () = sleep(pause) => {
                if live.is_none() {
                    tell(terminal, progress.waits(began.elapsed()));
                }
            }
        }
        if let Some((live, _)) = &mut live {
            live.draw(&progress, began.elapsed());
        }
    }
}

fn at_once() -> Trouble {
    Trouble::new(Exit::Interrupted, "stopped at once; calls may be in doubt")
        .next("run the same command again: it looks at what became of them and goes on")
}

fn tell(terminal: &Terminal, lines: Vec<String>) {
    for line in lines {
        terminal.say(&line);
    }
}

/// Everything that has been sent so far.
fn all(heard: &mut mpsc::Receiver<Timed>) -> Vec<Timed> {
    std::iter::from_fn(|| heard.try_recv().ok()).collect()
}
