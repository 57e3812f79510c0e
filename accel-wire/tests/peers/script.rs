//! The AWS CLI in a script that makes a lane step by step, and one that takes it down.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::site::Site;
use crate::support::here;
use crate::support::python::python;
use crate::{Ended, ended};

/// The scripts, at one cloud. What they have made, they know from a file of theirs.
pub(crate) struct Script {
    cli: PathBuf,
    place: TempDir,
}

impl Script {
    /// None where the AWS CLI cannot be had, which is said then.
    pub(crate) fn new() -> Option<Self> {
        let python = python("venv-cli", "accel-wire/tests/peers/requirements.txt")?;
        let cli = python.parent().expect("it is in a folder").to_owned();
        Some(Self { cli, place: tempfile::tempdir().unwrap() })
    }

    pub(crate) fn deploy(&self, site: &Site) -> Ended {
        self.run("script-deploy.sh", site)
    }

    pub(crate) fn clean_up(&self, site: &Site) -> Ended {
        self.run("script-cleanup.sh", site)
    }

    fn kept(&self) -> PathBuf {
        self.place.path().join("env")
    }

    fn run(&self, name: &str, site: &Site) -> Ended {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::iter::once(self.cli.clone()).chain(std::env::split_paths(&path));
        let mut command = Command::new("bash");
        command.arg(here().join("tests/peers").join(name)).current_dir(self.place.path());
        command.env("ENV_FILE", self.kept()).env("PATH", std::env::join_paths(path).unwrap());
        ended(caller(&mut command, site, self.place.path()))
    }
}

/// Credentials that any account has, and nothing of this machine's user.
pub(crate) fn caller<'c>(command: &'c mut Command, site: &Site, home: &Path) -> &'c mut Command {
    let other: Vec<_> = std::env::vars_os()
        .map(|(name, _)| name)
        .filter(|name| name.to_string_lossy().starts_with("AWS_"))
        .collect();
    for name in other {
        command.env_remove(name);
    }
    command
        .env("HOME", home)
        .env("AWS_ENDPOINT_URL", site.url())
        .env("AWS_ACCESS_KEY_ID", "any")
        .env("AWS_SECRET_ACCESS_KEY", "any")
        .env("AWS_EC2_METADATA_DISABLED", "true")
}
