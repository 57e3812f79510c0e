//! What the original scripts left behind: ids in a file, and no tags.
//!
//! First goes what the load balancing API has, directly: it is found by no tags. What lies in the networks is then adopted, by writing
//! on it whose it is, and the engine removes that as it removes any deployment: with everything that hangs on it, in order, waiting
//! where the cloud makes it wait, and with a last look as its proof. Killed anywhere, the same file leads on from there.

mod adopt;
mod balancing;
mod env_file;
mod look;

use std::io::Read as _;
use std::path::Path;

use accel_core::deployer::CleanupReport;
use accel_core::{Deployer, DeploymentId, RemoteId};

use self::env_file::Seed;
use self::look::{Look, Seen};
use crate::args::Cleanup;
use crate::cloud::Choice;
use crate::render::text::count;
use crate::run::{Access, Session};
use crate::terminal::Terminal;
use crate::trouble::{Exit, Outcome, Trouble};
use crate::{consent, document, escape, render};

/// Removes what the file names.
pub(crate) fn run(args: &Cleanup, file: &Path, terminal: &Terminal) -> Outcome<Exit> {
    let seed = read(args, file)?;
    if !seed.ignored.is_empty() {
        terminal.say(&format!("ignored in {}: {}", file.display(), seed.ignored.join(", ")));
    }
    if seed.ids.is_empty() {
        if terminal.json {
            tell(terminal, &[], &[], None);
        } else {
            terminal.result(&format!("{} names nothing that is to go", file.display()));
        }
        return Ok(Exit::Done);
    }
    let name = name_of(&seed.ids);
    let choice = Choice::of(&args.cloud)?;
    choice.run(async {
        let open =
            Session::open(terminal, &choice, &args.cloud, args.others, &name, Access::Change);
        let session = open.await?;
        let Look { there, gone, by } = look::at(&session, &seed, &name).await?;
        terminal.say(&preview(&there, &gone));
        if there.is_empty() {
            tell(terminal, &[], &gone, None);
            return Ok(Exit::Done);
        }
        if !args.yes {
            consent::yes(terminal, "remove all of this, and everything inside it?")?;
        }
        let (direct, networks): (Vec<_>, Vec<_>) =
            there.into_iter().partition(|seen| balancing::is_direct(seen.id.kind));
        balancing::remove(&session, &direct).await?;
        let again = choice.command("cleanup", &format!("--seed-env {}", escape::path(file)));
        let report = if networks.is_empty() {
            None
        } else {
            Some(networks_go(&session, &seed, &name, &by, &networks, &again).await?)
        };
        let removed: Vec<RemoteId> = direct.into_iter().chain(networks).map(|it| it.id).collect();
        tell(terminal, &removed, &gone, report.as_ref());
        Ok(Exit::Done)
    })
}

fn read(args: &Cleanup, file: &Path) -> Outcome<Seed> {
    let mut text = String::new();
    let opened = std::fs::File::open(file);
    opened.and_then(|file| file.take(env_file::BYTES_MAX).read_to_string(&mut text)).map_err(
        |error| {
            Trouble::input(format!("{} cannot be read", file.display())).because(error.to_string())
        },
    )?;
    env_file::parse(&text, &args.subject.regions).map_err(|problems| {
        let what = format!("{} is not what the original scripts write", file.display());
        let trouble = problems
            .iter()
            .fold(Trouble::input(what), |trouble, problem| trouble.because(problem.to_string()));
        trouble
            .next("correct these lines; regions may be given with --regions. Nothing was changed")
    })
}

/// The deployment as which the networks are adopted: the same for the same file, so that a killed run is gone on with.
fn name_of(ids: &[RemoteId]) -> DeploymentId {
    let first = ids.first().map(RemoteId::as_str).unwrap_or_default();
    let plain = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let serial: String = first.chars().rev().take_while(plain).take(17).collect();
    let serial: String = serial.chars().rev().collect();
    DeploymentId::parse(&format!("seed-{serial}")).expect("an id ends with letters and digits")
}

async fn networks_go(
    session: &Session<'_>,
    seed: &Seed,
    name: &DeploymentId,
    by: &str,
    networks: &[Seen],
    again: &str,
) -> Outcome<CleanupReport> {
    adopt::adopt(session, &seed.places, name, by, networks).await?;
    let deployer = session.deployer().adopt(true);
    let run = async |deployer: Deployer<'_>| deployer.cleanup_named(name, &seed.places).await;
    let report = session.watched(deployer, run).await?;
    report.map_err(|failure| Trouble::failure(failure, name.as_str(), again))
}

fn preview(there: &[Seen], gone: &[RemoteId]) -> String {
    let mut lines =
        vec![format!("{} there, {} not there (any more)", count(there.len(), "thing"), gone.len())];
    lines.extend(there.iter().map(Seen::line));
    lines.extend(gone.iter().map(|id| format!("  . {} {id} in {}: not there", id.kind, id.place)));
    if there.is_empty() {
        lines.push(
            "nothing found: is it the right account, and are these the right regions?".to_owned(),
        );
    }
    lines.join("\n")
}

fn tell(
    terminal: &Terminal,
    removed: &[RemoteId],
    gone: &[RemoteId],
    report: Option<&CleanupReport>,
) {
    if terminal.json {
        return terminal.document(&document::seed_cleanup(removed, gone));
    }
    if let Some(report) = report {
        terminal.result(&render::cleanup::cleanup(report));
    }
    terminal.result(&format!(
        "{} of the file removed, {} not there before",
        count(removed.len(), "thing"),
        gone.len()
    ));
}
