//! `accel diagnose`: why calls through the lane fail.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use tokio::runtime::Builder;

use crate::args::Diagnose;
use crate::data_path;
use crate::document;
use crate::lane;
use crate::render;
use crate::symptoms;
use crate::terminal::Terminal;
use crate::trouble::{Exit, Outcome, Trouble};

/// How much of what a client said is read, in bytes.
const SAID_MAX: u64 = 64 * 1024;

pub(super) fn run(args: &Diagnose, terminal: &Terminal) -> Outcome<Exit> {
    let said = said(args)?;
    let trust = data_path::trust()?;
    let settings = lane::settings(&args.lane, terminal)?;
    let failed = |error| Trouble::new(Exit::WorkLeft, format!("no runtime: {error}"));
    let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
    terminal.say(&format!(
        "asking through the lane and directly, {} s at most",
        symptoms::PATIENCE.as_secs() * 2
    ));
    let findings = runtime.block_on(symptoms::look(&settings, &trust, &said, args.by_name));
    if terminal.json {
        terminal.document(&document::diagnosed(&findings));
    } else {
        terminal.result(&render::diagnose::text(&findings));
    }
    let wrong = findings.iter().any(|finding| !finding.diagnoses.is_empty());
    Ok(if wrong { Exit::WorkLeft } else { Exit::Done })
}

fn said(args: &Diagnose) -> Outcome<String> {
    let Some(file) = &args.said_in else { return Ok(args.said.clone().unwrap_or_default()) };
    let read = |source: &mut dyn Read| {
        let mut bytes = Vec::new();
        source.take(SAID_MAX).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let text: io::Result<String> = if file == Path::new("-") {
        read(&mut io::stdin().lock())
    } else {
        File::open(file).and_then(|mut file| read(&mut file))
    };
    text.map_err(|error| {
        Trouble::input(format!("{} cannot be read", file.display())).because(error.to_string())
    })
}
