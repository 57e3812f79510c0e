//! `accel status`: what is there, how it differs from the spec, and what is not ours.

use accel_core::{DeploymentId, Place};

use crate::args::Status;
use crate::cloud::Choice;
use crate::run::{Access, Session};
use crate::terminal::Terminal;
use crate::trouble::{Exit, Outcome, Trouble};
use crate::{document, input, inventory, render};

pub(super) fn run(args: &Status, terminal: &Terminal) -> Outcome<Exit> {
    match (&args.subject.spec, &args.subject.name) {
        (Some(path), _) => of_spec(args, path, terminal),
        (None, Some(name)) => of_name(args, name, &args.subject.regions, terminal),
        (None, None) => {
            Err(Trouble::input("status of what?").next("name a spec, or --name and --regions"))
        }
    }
}

fn of_spec(args: &Status, path: &std::path::Path, terminal: &Terminal) -> Outcome<Exit> {
    let spec = input::spec(path)?;
    let choice = Choice::of(&args.cloud)?;
    choice.run(async {
        let open =
            Session::open(terminal, &choice, &args.cloud, args.others, &spec.name, Access::Look);
        let session = open.await?;
        let status = session.deployer().status(&spec.topology).await.map_err(|failure| {
            Trouble::failure(failure, &spec.file, &choice.command("status", &spec.word()))
        })?;
        if terminal.json {
            terminal.document(&document::status(&status));
        } else {
            terminal.result(&render::status::status(&status));
        }
        // Unhealthy is no difference, but whoever checks wants to know.
        let differs = args.check && (!status.as_asked() || status.unhealthy().next().is_some());
        Ok(if differs { Exit::Differences } else { Exit::Done })
    })
}

/// Without a spec nobody knows what was asked: what is there is all there is to tell.
fn of_name(
    args: &Status,
    name: &DeploymentId,
    places: &[Place],
    terminal: &Terminal,
) -> Outcome<Exit> {
    let choice = Choice::of(&args.cloud)?;
    choice.run(async {
        let open = Session::open(terminal, &choice, &args.cloud, args.others, name, Access::Look);
        let session = open.await?;
        let found = inventory::look(&session, name, places).await?;
        if terminal.json {
            terminal.document(&document::inventory(&found));
        } else {
            terminal.result(&found.text());
        }
        let strange = !found.strangers.is_empty() || !found.unknown.is_empty();
        Ok(if args.check && strange { Exit::Differences } else { Exit::Done })
    })
}
