//! Terraform with its AWS provider, and a configuration of the same lane.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::script::caller;
use crate::site::Site;
use crate::support::{here, not_run};
use crate::{Ended, ended};

/// The provider's folder below one that Terraform takes plugins from.
const PROVIDER: &str = "registry.terraform.io/hashicorp/aws/5.100.0";

/// Terraform at one cloud, with its state.
pub(crate) struct Terraform {
    place: TempDir,
}

impl Terraform {
    /// None where Terraform or its provider are not installed, which is said then.
    pub(crate) fn new(site: &Site) -> Option<Self> {
        if Command::new("terraform").arg("-version").output().is_err() {
            not_run("terraform is not installed");
            return None;
        }
        let Some(plugins) = plugins() else {
            not_run(&format!(
                "{PROVIDER} of Terraform is not installed; ACCEL_TERRAFORM_PLUGINS names the folder that it is in"
            ));
            return None;
        };
        let terraform = Self { place: tempfile::tempdir().unwrap() };
        let lane = here().join("tests/peers/terraform/main.tf");
        std::fs::copy(lane, terraform.place.path().join("main.tf")).unwrap();
        let plugins = format!("-plugin-dir={}", plugins.display());
        let made = terraform.run(site, &["init", "-input=false", "-no-color", &plugins]);
        assert_eq!(made.code, Some(0), "{}", made.said);
        Some(terraform)
    }

    pub(crate) fn apply(&self, site: &Site) -> Ended {
        self.run(site, &["apply", "-input=false", "-no-color", "-auto-approve"])
    }

    /// Applies without waiting for its end, in a group of its own with the processes that it starts.
    pub(crate) fn begin_to_apply(&self, site: &Site) -> Child {
        let mut command = self.command(site, &["apply", "-input=false", "-auto-approve"]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).process_group(0).spawn().unwrap()
    }

    /// Ends with 0 if there is no difference, with 2 if there is one.
    pub(crate) fn plan(&self, site: &Site) -> Ended {
        self.run(site, &["plan", "-input=false", "-no-color", "-detailed-exitcode"])
    }

    pub(crate) fn destroy(&self, site: &Site) -> Ended {
        self.run(site, &["destroy", "-input=false", "-no-color", "-auto-approve"])
    }

    fn run(&self, site: &Site, arguments: &[&str]) -> Ended {
        ended(&mut self.command(site, arguments))
    }

    fn command(&self, site: &Site, arguments: &[&str]) -> Command {
        let mut command = Command::new("terraform");
        command.args(arguments).current_dir(self.place.path());
        caller(&mut command, site, self.place.path());
        command.env("TF_DATA_DIR", self.place.path().join("data"));
        command.env("CHECKPOINT_DISABLE", "1").env("TF_IN_AUTOMATION", "1");
        command.env_remove("TF_CLI_CONFIG_FILE");
        command
    }
}

/// Where the provider is.
fn plugins() -> Option<PathBuf> {
    let named = ["ACCEL_TERRAFORM_PLUGINS", "TF_PLUGIN_DIR"].map(std::env::var_os);
    let named = named.into_iter().flatten().map(PathBuf::from);
    let home = std::env::var_os("HOME").unwrap_or_default();
    let usual =
        [Path::new("/opt/tf-plugins").to_owned(), Path::new(&home).join(".terraform.d/plugins")];
    named.chain(usual).find(|place| place.join(PROVIDER).is_dir())
}
