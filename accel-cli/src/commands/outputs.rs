//! `accel outputs`: what the clients of a lane need.

use std::time::Duration;

use accel_core::{Clock as _, SystemClock};

use crate::args::{Outputs, OutputsFormat};
use crate::terminal::Terminal;
use crate::trouble::{Exit, Outcome, Trouble};
use crate::{input, lane, render};

pub(super) fn run(args: &Outputs, terminal: &Terminal) -> Outcome<Exit> {
    let spec = input::spec(&args.spec)?;
    let mut outputs = lane::outputs(&spec, &args.cloud, args.others, terminal)?;
    outputs.expires = args.valid_for.map(expiry).transpose()?;
    match args.format {
        _ if terminal.json => terminal.document(&outputs),
        OutputsFormat::Text => terminal.result(&render::outputs::text(&outputs)),
        OutputsFormat::Shell => terminal.raw(&render::outputs::shell(&outputs)),
    }
    Ok(Exit::Done)
}

/// The time so long from now.
fn expiry(valid_for: Duration) -> Outcome<String> {
    let now = Duration::from_millis(SystemClock.now_ms());
    let at = i64::try_from((now + valid_for).as_secs()).map(jiff::Timestamp::from_second);
    match at {
        Ok(Ok(at)) => Ok(at.to_string()),
        Ok(Err(_)) | Err(_) => Err(Trouble::input("this machine's clock is far off")),
    }
}
