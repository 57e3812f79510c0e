//! What all runs share: the cloud, the records, the options, and how a run is watched and stopped.

use std::path::{Path, PathBuf};
use std::time::Duration;

use accel_core::journal::{FileJournal, Journal as _};
use accel_core::{Deployer, DeploymentId, ErrorKind, Failure, Limits, Stop};
use etcetera::BaseStrategy as _;
use tokio::sync::mpsc;

use crate::args::{self, Journal, OtherRuns};
use crate::cloud::{Choice, Herald};
use crate::progress;
use crate::terminal::Terminal;
use crate::trouble::{Outcome, Trouble};

/// How many events may wait to be told. A deploy sends some hundred.
const EVENTS_MAX: usize = 4096;

/// A cloud with the records of one deployment.
#[derive(Debug)]
pub(crate) struct Session<'a> {
    pub(crate) terminal: &'a Terminal,
    pub(crate) cloud: Herald<'a>,
    journal: Option<FileJournal>,
    limits: Limits,
    others: OtherRuns,
    redraw: Option<Duration>,
    stop: Stop,
}

/// What a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Only to look: records are read if there are any, and looked past if another run holds them.
    Look,
    /// To change the cloud.
    Change,
}

impl<'a> Session<'a> {
    pub(crate) async fn open(
        terminal: &'a Terminal,
        choice: &Choice,
        args: &args::Cloud,
        others: OtherRuns,
        name: &DeploymentId,
        access: Access,
    ) -> Outcome<Self> {
        let journal = journal(terminal, choice, args, name, access)?;
        let window_secs = args.window.map(|window| {
            u32::try_from(window.as_secs()).expect("the command line takes a day at most")
        });
        let limits = Limits { window_secs, ..Limits::default() };
        let cloud = Herald::new(choice.open().await?, terminal);
        let (redraw, stop) = (choice.redraw(), Stop::default());
        Ok(Self { terminal, cloud, journal, limits, others, redraw, stop })
    }

    /// The engine with all options that every command has.
    pub(crate) fn deployer(&self) -> Deployer<'_> {
        let deployer = Deployer::new(&self.cloud)
            .limits(self.limits.clone())
            .adopt(self.others.adopt)
            .take_over(self.others.take_over);
        match &self.journal {
            Some(journal) => deployer.journal(journal),
            None => deployer,
        }
    }

    /// Runs what changes the cloud, tells what happens, and ends it gracefully when somebody interrupts.
    pub(crate) async fn watched<T>(
        &self,
        deployer: Deployer<'_>,
        run: impl AsyncFnOnce(Deployer<'_>) -> Result<T, Failure>,
    ) -> Outcome<Result<T, Failure>> {
        let (events, heard) = mpsc::channel(EVENTS_MAX);
        let run = run(deployer.events(events).stop(&self.stop));
        progress::watch(self.terminal, self.redraw, heard, &self.stop, run).await
    }

    /// Whether somebody has interrupted what it watches.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.stop.asked()
    }

    /// The limits of its runs.
    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }
}

/// The records of a deployment. Who only looks makes none.
fn journal(
    terminal: &Terminal,
    choice: &Choice,
    args: &args::Cloud,
    name: &DeploymentId,
    access: Access,
) -> Outcome<Option<FileJournal>> {
    let folder = match &args.journal {
        Some(Journal::None) => return Ok(None),
        Some(Journal::In(folder)) => folder.clone(),
        None => choice.journals()?,
    };
    if access == Access::Look && !folder.join(name.as_str()).exists() {
        return Ok(None);
    }
    match FileJournal::open(&folder, name) {
        Ok(journal) => {
            debug_assert!(journal.exclusive(), "its lock ends with its process");
            Ok(Some(journal))
        }
        Err(error) if access == Access::Look && error.kind() == ErrorKind::Fenced => {
            terminal
                .say("another run is at work; this is what the cloud shows without its records");
            Ok(None)
        }
        Err(error) if error.kind() == ErrorKind::Journal => {
            Err(Trouble::input(format!("{} cannot hold the records of runs", folder.display()))
                .because(error.message())
                .next("name another folder with --journal DIR, or keep none with --journal none; nothing was changed"))
        }
        Err(error) => Err(Trouble::from(error)),
    }
}

/// `$XDG_STATE_HOME/accel/journals`, or what stands for it on this system.
#[cfg_attr(not(feature = "aws"), expect(dead_code, reason = "a simulated cloud's lie beside it"))]
pub(crate) fn state_folder() -> Outcome<PathBuf> {
    let base = etcetera::choose_base_strategy().map_err(|error| {
        Trouble::input("there is no folder for records")
            .because(error.to_string())
            .next("name one with --journal DIR, or keep none with --journal none")
    })?;
    let state = base.state_dir().unwrap_or_else(|| base.data_dir());
    Ok(state.join(Path::new("accel/journals")))
}
