//! `accel outputs`: what the users of a deployment need.

use std::time::Duration;

use accel_core::spec::AnyOutputs;
use accel_core::{AnySpec, Clock as _, SystemClock};

use crate::args::{Outputs, OutputsFormat};
use crate::terminal::Terminal;
use crate::trouble::{Exit, Outcome, Trouble};
use crate::{input, render, standing};

pub(super) fn run(args: &Outputs, terminal: &Terminal) -> Outcome<Exit> {
    let spec = input::spec(&args.spec)?;
    if args.valid_for.is_some() && !matches!(spec.topology, AnySpec::Acceleration(_)) {
        return Err(Trouble::input(
            "--valid-for is for the settings of a lane's clients, which a private egress has not",
        )
        .next("leave it out"));
    }
    let mut outputs = standing::outputs(&spec, &args.cloud, args.others, terminal)?;
    if let AnyOutputs::Lane(outputs) = &mut outputs {
        outputs.expires = args.valid_for.map(expiry).transpose()?;
    }
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
