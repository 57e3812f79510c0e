//! The cloud that a command works on: which one, how to reach it, and in what time it runs.

#[cfg(feature = "aws")]
mod aws;
mod herald;
mod sim;

use std::path::PathBuf;
use std::time::Duration;

use accel_core::NetworkBackend;
use tokio::runtime::Builder;

pub(crate) use herald::Herald;
pub(crate) use sim::in_file;

use crate::args::{self, Backend, Journal};
use crate::escape;
use crate::trouble::{Exit, Outcome, Trouble};

/// A cloud that can be opened.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    which: Which,
    /// How the command line names it: a command that goes on must name the same, and the same records.
    options: String,
}

#[derive(Debug, Clone)]
enum Which {
    /// A simulated one.
    Sim {
        /// Where it is kept.
        file: PathBuf,
        /// How many times as fast as real time; 0 without limit.
        speed: u32,
    },
    /// AWS.
    #[cfg(feature = "aws")]
    Aws(aws::Profiles),
}

impl Choice {
    /// The one that the command line names.
    pub(crate) fn of(args: &args::Cloud) -> Outcome<Self> {
        let which = match (args.backend.unwrap_or(Backend::Aws), &args.file) {
            (Backend::Sim, Some(file)) => Which::Sim { file: file.clone(), speed: args.speed },
            (Backend::Sim, None) => {
                return Err(Trouble::input("--backend sim needs --cloud FILE")
                    .next("name a file for the simulated cloud: the next command finds it there"));
            }
            (Backend::Aws, Some(_)) => {
                return Err(Trouble::input("--cloud is for --backend sim")
                    .next("add --backend sim to work on a simulated cloud, or leave --cloud out"));
            }
            (Backend::Aws, None) => aws(args)?,
        };
        let options = which.options() + &records(args);
        Ok(Self { which, options })
    }

    /// Runs a program in this cloud's time.
    pub(crate) fn run<T>(&self, program: impl Future<Output = Outcome<T>>) -> Outcome<T> {
        let failed = |error| Trouble::new(Exit::WorkLeft, format!("no runtime: {error}"));
        let mut runtime = Builder::new_current_thread();
        match &self.which {
            Which::Sim { speed, .. } => {
                let runtime = runtime.enable_all().start_paused(true).build().map_err(failed)?;
                runtime.block_on(accel_mock::at_speed(*speed, program))
            }
            #[cfg(feature = "aws")]
            Which::Aws(_) => runtime.enable_all().build().map_err(failed)?.block_on(program),
        }
    }

    /// Opens it.
    #[cfg_attr(
        not(feature = "aws"),
        expect(clippy::unused_async, reason = "AWS is asked who calls")
    )]
    pub(crate) async fn open(&self) -> Outcome<Box<dyn NetworkBackend>> {
        match &self.which {
            Which::Sim { file, .. } => Ok(Box::new(sim::open(file)?)),
            #[cfg(feature = "aws")]
            Which::Aws(profiles) => aws::open(profiles).await,
        }
    }

    /// Where the records of its runs are kept, unless somebody says otherwise: a simulated cloud's beside it, for they mean nothing
    /// elsewhere.
    #[cfg_attr(
        not(feature = "aws"),
        expect(clippy::unnecessary_wraps, reason = "there may be no folder for AWS's")
    )]
    pub(crate) fn journals(&self) -> Outcome<PathBuf> {
        match &self.which {
            Which::Sim { file, .. } => Ok(file.with_extension("journals")),
            #[cfg(feature = "aws")]
            Which::Aws(_) => crate::run::state_folder(),
        }
    }

    /// The profiles of AWS, if it is that.
    #[cfg(feature = "aws")]
    pub(crate) fn profiles(&self) -> Option<&aws::Profiles> {
        match &self.which {
            Which::Aws(profiles) => Some(profiles),
            Which::Sim { .. } => None,
        }
    }

    /// Whether what is built there carries anything.
    pub(crate) fn has_data_path(&self) -> bool {
        match &self.which {
            Which::Sim { .. } => false,
            #[cfg(feature = "aws")]
            Which::Aws(_) => true,
        }
    }

    /// The command that goes on here, to be copied into a shell.
    pub(crate) fn command(&self, name: &str, what: &str) -> String {
        format!("accel {name} {what}{}", self.options)
    }

    /// How much of the cloud's time passes between two pictures of it, ten in a second; never, if nobody can watch it.
    pub(crate) fn redraw(&self) -> Option<Duration> {
        let tenth = Duration::from_millis(100);
        match &self.which {
            Which::Sim { speed: 0, .. } => None,
            Which::Sim { speed, .. } => Some(tenth * *speed),
            #[cfg(feature = "aws")]
            Which::Aws(_) => Some(tenth),
        }
    }
}

impl Which {
    fn options(&self) -> String {
        match self {
            Self::Sim { file, .. } => format!(" --backend sim --cloud {}", escape::path(file)),
            #[cfg(feature = "aws")]
            Self::Aws(profiles) => profiles.options(),
        }
    }
}

/// What decides where a run goes on.
fn records(args: &args::Cloud) -> String {
    let journal = match &args.journal {
        None => String::new(),
        Some(Journal::None) => " --journal none".to_owned(),
        Some(Journal::In(folder)) => format!(" --journal {}", escape::path(folder)),
    };
    let window = args.window.map(|window| format!(" --window {}s", window.as_secs()));
    journal + &window.unwrap_or_default()
}

#[cfg(feature = "aws")]
#[expect(clippy::unnecessary_wraps, reason = "without the feature it is an error")]
fn aws(args: &args::Cloud) -> Outcome<Which> {
    Ok(Which::Aws(aws::Profiles::of(args)))
}

#[cfg(not(feature = "aws"))]
fn aws(_args: &args::Cloud) -> Outcome<Which> {
    Err(Trouble::input("this accel was built without the AWS backend")
        .next("build it with its default features, or use --backend sim --cloud FILE"))
}
