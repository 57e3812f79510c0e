//! `accel hosts`: the lane in the hosts file of this machine.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use accel_client::Settings;
use accel_client::hosts::{HostsBlock, HostsChange, HostsError, HostsFile, look_up};

use crate::args::Hosts;
use crate::document::{self, HostsAction};
use crate::terminal::Terminal;
use crate::trouble::{Exit, Outcome, Trouble};
use crate::{escape, lane, render};

pub(super) fn run(args: &Hosts, terminal: &Terminal) -> Outcome<Exit> {
    let path = args.path.clone().unwrap_or_else(of_this_machine);
    if args.remove {
        return remove(args, &path, terminal);
    }
    let settings = lane::settings(&args.lane(), terminal)?;
    let (block, looked_up) = block(&settings).map_err(|error| failed(&error, args, &path))?;
    if args.apply && block.is_simulated() && args.path.is_none() {
        return Err(Trouble::input("the lane is simulated: nobody has its addresses")
            .next("try it on a copy of the hosts file: `--file PATH`"));
    }
    let file = HostsFile::new(&path);
    let (action, change) = match (args.apply, args.check) {
        (true, _) => (HostsAction::Apply, file.apply(&block)),
        (false, true) => (HostsAction::Check, file.compare(&block)),
        (false, false) => {
            let text = block.to_string();
            let document = document::hosts_block(&text, block.lane(), &looked_up);
            print(&document, text.trim_end(), terminal);
            return Ok(Exit::Done);
        }
    };
    let change = change.map_err(|error| failed(&error, args, &path))?;
    tell(action, &change, &looked_up, terminal);
    let differs = args.check && (change.is_change() || change.finished);
    Ok(if differs { Exit::Differences } else { Exit::Done })
}

fn remove(args: &Hosts, path: &Path, terminal: &Terminal) -> Outcome<Exit> {
    let lane = match (&args.name, &args.spec, &args.settings) {
        (Some(name), _, _) => Some(name.clone()),
        (None, Some(spec), _) => Some(lane::spec(spec)?.name.to_string()),
        (None, None, Some(settings)) => Some(lane::from_file(settings)?.deployment),
        (None, None, None) => None,
    };
    let change = HostsFile::new(path).remove(lane.as_deref());
    let change = change.map_err(|error| failed(&error, args, path))?;
    tell(HostsAction::Remove, &change, &[], terminal);
    Ok(Exit::Done)
}

/// The block, and the names that were looked up for it.
pub(super) fn block(settings: &Settings) -> Result<(HostsBlock, Vec<String>), HostsError> {
    let now = now();
    settings.valid_at(now)?;
    let unknown = settings.services.iter().filter(|service| service.addresses.is_empty());
    let names = unknown.filter_map(|service| service.dial.clone()).collect();
    Ok((HostsBlock::new(&look_up(settings)?, now)?, names))
}

#[expect(clippy::disallowed_methods, reason = "only to see whether settings have expired")]
fn now() -> SystemTime {
    SystemTime::now()
}

fn of_this_machine() -> PathBuf {
    if !cfg!(windows) {
        return PathBuf::from("/etc/hosts");
    }
    let root = std::env::var_os("SystemRoot").map_or_else(|| r"C:\Windows".into(), PathBuf::from);
    root.join("System32").join("drivers").join("etc").join("hosts")
}

fn tell(action: HostsAction, change: &HostsChange, looked_up: &[String], terminal: &Terminal) {
    let document = document::hosts(action, change, looked_up);
    print(&document, &render::hosts::text(action, change, looked_up), terminal);
}

fn print(document: &document::HostsDocument<'_>, text: &str, terminal: &Terminal) {
    if terminal.json { terminal.document(document) } else { terminal.result(text) }
}

fn failed(error: &HostsError, args: &Hosts, path: &Path) -> Trouble {
    let file = path.display();
    let exit = match error {
        HostsError::Busy { .. } | HostsError::Interrupted { .. } | HostsError::Io { .. } => {
            Exit::WorkLeft
        }
        HostsError::Unfit(_)
        | HostsError::Expired(_)
        | HostsError::NoAddress { .. }
        | HostsError::Broken(_)
        | HostsError::Claimed(_)
        | HostsError::Several(_)
        | HostsError::NotText { .. }
        | HostsError::NotPermitted { .. }
        | _ => Exit::BadInput,
    };
    let trouble = Trouble::new(exit, format!("{file}: the lane's block is as it was"));
    let trouble = error.to_string().lines().fold(trouble, Trouble::because);
    let cause = std::error::Error::source(error);
    let trouble = cause.into_iter().fold(trouble, |all, cause| all.because(cause.to_string()));
    match error {
        HostsError::NotPermitted { .. } => trouble.next(with_more_rights(args, path)),
        HostsError::Several(_) => trouble.next("name the lane: `accel hosts --remove --name LANE`"),
        HostsError::Busy { .. } => trouble.next("run it again when the other program has ended"),
        HostsError::Broken(_) | HostsError::Claimed(_) => {
            trouble.next(format!("correct these lines of {file} by hand and run it again"))
        }
        HostsError::Unfit(_)
        | HostsError::Expired(_)
        | HostsError::NoAddress { .. }
        | HostsError::NotText { .. }
        | HostsError::Interrupted { .. }
        | HostsError::Io { .. }
        | _ => trouble,
    }
}

/// Root has other credentials than the user: so the settings come from a file.
fn with_more_rights(args: &Hosts, path: &Path) -> String {
    let file = args.path.as_ref().map(|_| format!(" --file {}", escape::path(path)));
    let file = file.unwrap_or_default();
    let rights = if cfg!(windows) { "as an administrator" } else { "with sudo" };
    let sudo = if cfg!(windows) { "" } else { "sudo " };
    match (args.remove, &args.settings, &args.spec) {
        (true, _, _) => {
            let name = args.name.as_deref().map(|name| format!(" --name {}", escape::shell(name)));
            let spec = args.spec.as_deref().map(|spec| format!(" {}", escape::path(spec)));
            let (name, spec) = (name.unwrap_or_default(), spec.unwrap_or_default());
            format!("run it {rights}: `{sudo}accel hosts{spec} --remove{name}{file}`")
        }
        (false, Some(settings), _) => {
            let settings = escape::path(settings);
            format!("run it {rights}: `{sudo}accel hosts --settings {settings} --apply{file}`")
        }
        (false, None, spec) => {
            let spec = spec.as_deref().map(escape::path).unwrap_or_default();
            format!(
                "take the settings as yourself, `accel outputs {spec} --json > lane.json`, and run \
                 the rest {rights}: `{sudo}accel hosts --settings lane.json --apply{file}`"
            )
        }
    }
}
