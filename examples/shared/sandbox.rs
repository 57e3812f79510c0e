//! A simulated cloud that outlives its process, with the journals of its deployments beside it.

use std::path::{Display, PathBuf};

use accel_core::DeploymentId;
use accel_core::journal::FileJournal;
use accel_mock::{Cloud, Settings};

use crate::Trouble;

/// How many times as fast as real time a sandbox runs, unless somebody says otherwise.
const USUAL_SPEED: u32 = 60;

/// A simulated cloud in a file.
#[derive(Debug)]
pub struct Sandbox {
    /// The cloud.
    pub cloud: Cloud,
    path: PathBuf,
}

impl Sandbox {
    /// Opens the cloud in the file, and makes it if there is none. By default it lies in cargo's target folder.
    ///
    /// # Errors
    /// If the file cannot be used.
    pub fn open(path: Option<String>, speed: u32) -> Result<Self, Trouble> {
        let path = path.map_or_else(usual_path, PathBuf::from);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        // What a call costs is told in the program's time, which passes `speed` times as fast as the cloud believes.
        let usual = Settings::default();
        let settings = Settings { speed, latency: usual.latency * speed, ..usual };
        let cloud = Cloud::new(settings);
        Ok(Self { cloud, path })
    }

    /// The journal of a deployment, in a folder beside the cloud's file: a deployment goes on only in the cloud in which it began.
    ///
    /// # Errors
    /// If another process holds it, or if it cannot be used.
    pub fn journal(&self, deployment: &DeploymentId) -> accel_core::Result<FileJournal> {
        FileJournal::open(self.path.with_extension("journals"), deployment)
    }

    /// Where the cloud is kept.
    pub fn path(&self) -> Display<'_> {
        self.path.display()
    }
}

/// Beside what was built from this clone, so that every program of it finds the same cloud; else in the folder for passing things.
fn usual_path() -> PathBuf {
    // target/debug/examples/deploy
    let program = std::env::current_exe().ok();
    let target = program.as_deref().and_then(|program| program.ancestors().nth(3));
    target.map_or_else(std::env::temp_dir, PathBuf::from).join("accel-sandbox").join("cloud.json")
}

/// How fast the sandbox runs, from the command line.
///
/// # Errors
/// If it is not a whole number from 1 on.
pub fn speed(arguments: &mut crate::Arguments) -> Result<u32, Trouble> {
    let Some(word) = arguments.option("--speed")? else { return Ok(USUAL_SPEED) };
    match word.parse() {
        Ok(speed) if speed > 0 => Ok(speed),
        Ok(_) | Err(_) => Err(arguments.wrong("--speed takes a whole number from 1 on")),
    }
}
