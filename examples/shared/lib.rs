//! What the example programs share: a spec, a simulated cloud that outlives them, and a line for each thing that happens.
//!
//! The libraries print nothing; these programs do, as plainly as a first program of one's own would. The program `accel` shows more.

use std::error::Error;
use std::path::PathBuf;
use std::pin::pin;
use std::process::ExitCode;

use accel_core::deployer::{Cleaned, CleanupReport};
use accel_core::event::{Event, NodeStep, Timed};
use accel_core::journal::FileJournal;
use accel_core::{AnySpec, DeploymentId, ErrorKind};
use accel_mock::{Cloud, Settings};
use tokio::sync::mpsc::Receiver;

/// What goes wrong in a program: shown as it is, and then the program ends.
pub type Trouble = Box<dyn Error + Send + Sync>;

/// How many times as fast as real time the programs are watched.
pub const SPEED: u32 = 60;

/// Says what went wrong, if anything did.
#[expect(clippy::print_stderr, reason = "a program tells its user why it ends")]
pub fn exit(end: Result<(), Trouble>) -> ExitCode {
    match end {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("error: {trouble}");
            ExitCode::FAILURE
        }
    }
}

/// Reads the spec that the command line names; without one, the lane from Singapore to `SageMaker` in Jakarta.
///
/// # Errors
/// If the file cannot be read, or is no spec.
pub fn read_spec() -> Result<AnySpec, Trouble> {
    let jakarta = concat!(env!("CARGO_MANIFEST_DIR"), "/specs/sagemaker-jakarta.toml");
    let path = std::env::args().nth(1).unwrap_or_else(|| jakarta.to_owned());
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    Ok(AnySpec::from_toml(&text).map_err(|problem| format!("{path}: {problem}"))?)
}

/// A simulated cloud in a file, so that the next program finds it, and the journal of a deployment beside it.
///
/// # Errors
/// If the files cannot be used, or another process holds the journal.
pub fn sandbox(deployment: &DeploymentId) -> Result<(Cloud, FileJournal), Trouble> {
    let folder = folder();
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let cloud = Cloud::kept_in(folder.join("cloud.json"), Settings::default())?;
    Ok((cloud, FileJournal::open(folder.join("journals"), deployment)?))
}

/// Beside what was built from this clone, so that every program of it finds the same cloud; else in the folder for passing things.
fn folder() -> PathBuf {
    // target/debug/examples/deploy
    let program = std::env::current_exe().ok();
    let target = program.as_deref().and_then(|program| program.ancestors().nth(3));
    target.map_or_else(std::env::temp_dir, PathBuf::from).join("accel-sandbox")
}

/// Prints what happens, a line for each event, until the run ends.
#[expect(clippy::print_stdout, reason = "that is what it is for")]
pub async fn watch<T>(mut heard: Receiver<Timed>, run: impl Future<Output = T>) -> T {
    let mut run = pin!(run);
    let tell = |Timed { at, event }: Timed| {
        // What comes of it says more.
        let begins =
            matches!(event, Event::Node { step: NodeStep::Creating | NodeStep::Deleting, .. });
        // A cloud that lags says so often.
        let lags =
            matches!(&event, Event::Retry { error, .. } if error.kind() == ErrorKind::NotYet);
        if !begins && !lags {
            println!("{:7.1} s  {event}", at.as_secs_f64());
        }
    };
    loop {
        tokio::select! {
            biased;
            Some(event) = heard.recv() => tell(event),
            end = &mut run => {
                while let Ok(event) = heard.try_recv() {
                    tell(event);
                }
                return end;
            }
        }
    }
}

/// Whether anything is left, and where that was looked at.
pub fn cleaned(report: &CleanupReport) -> String {
    let places: Vec<String> = report.places.iter().map(ToString::to_string).collect();
    let (id, places) = (&report.id, places.join(" and "));
    match report.outcome {
        Cleaned::NothingLeft { removed } => {
            format!("{id}: {removed} removed, nothing left in {places}")
        }
        Cleaned::NothingFound => format!("{id}: nothing found in {places}; is the name right?"),
    }
}

/// What the README shows compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
#[doc = include_str!("../../README.zh-CN.md")]
struct Readme;
