//! `accel cleanup`: remove everything of a lane, and prove that nothing is left.

use accel_core::deployer::CleanupReport;
use accel_core::{Deployer, DeploymentId, Failure, Place, Topology as _};

use crate::args::Cleanup;
use crate::cloud::Choice;
use crate::input::{self, Spec};
use crate::run::{Access, Session};
use crate::terminal::Terminal;
use crate::trouble::{Exit, Outcome, Trouble};
use crate::{consent, document, inventory, render, seed};

/// What is to go.
#[derive(Debug)]
enum What {
    Spec(Box<Spec>),
    Named(DeploymentId, Vec<Place>),
}

impl What {
    fn of(args: &Cleanup) -> Outcome<Self> {
        match (&args.subject.spec, &args.subject.name) {
            (Some(path), _) => Ok(Self::Spec(Box::new(input::spec(path)?))),
            (None, Some(name)) => Ok(Self::Named(name.clone(), args.subject.regions.clone())),
            (None, None) => Err(Trouble::input("clean up what?")
                .next("name a spec, or --name and --regions, or --seed-env FILE")),
        }
    }

    fn name(&self) -> &DeploymentId {
        match self {
            Self::Spec(spec) => &spec.name,
            Self::Named(name, _) => name,
        }
    }

    fn places(&self) -> Vec<Place> {
        match self {
            Self::Spec(spec) => spec.topology.places(),
            Self::Named(_, places) => places.clone(),
        }
    }

    /// The command that goes on.
    fn again(&self, choice: &Choice) -> String {
        let what = match self {
            Self::Spec(spec) => spec.word(),
            Self::Named(name, places) => {
                let region = |place: &Place| format!("{}={}", place.side, place.region);
                let regions: Vec<String> = places.iter().map(region).collect();
                format!("--name {name} --regions {}", regions.join(","))
            }
        };
        choice.command("cleanup", &what)
    }
}

pub(super) fn run(args: &Cleanup, terminal: &Terminal) -> Outcome<Exit> {
    if let Some(file) = &args.subject.seed_env {
        return seed::run(args, file, terminal);
    }
    let what = What::of(args)?;
    let typed = args.confirm.as_deref();
    if typed.is_some_and(|typed| typed != what.name().as_str()) {
        return Err(Trouble::input(format!("--confirm does not name {}", what.name()))
            .next("type the name of the lane that is to be removed; nothing was changed"));
    }
    let choice = Choice::of(&args.cloud)?;
    choice.run(async {
        let name = what.name();
        let open = Session::open(terminal, &choice, &args.cloud, args.others, name, Access::Change);
        let session = open.await?;
        let may_unprotect = agree(args, terminal, &session, &what).await?;
        let deployer = session.deployer().keep_addresses(args.keep_addresses);
        let deployer = deployer.unprotect(may_unprotect);
        match session.watched(deployer, async |deployer| clean(deployer, &what).await).await? {
            Ok(report) => tell(terminal, &report),
            Err(failure) => {
                let trouble = Trouble::failure(failure, name.as_str(), &what.again(&choice));
                return Err(advise(trouble, &session, &what, may_unprotect).await);
            }
        }
        Ok(Exit::Done)
    })
}

async fn clean(deployer: Deployer<'_>, what: &What) -> Result<CleanupReport, Failure> {
    match what {
        What::Spec(spec) => deployer.cleanup(&spec.topology).await,
        What::Named(name, places) => deployer.cleanup_named(name, places).await,
    }
}

/// A refusal says what the engine's user can do; whether that is this program's own option takes one more look.
async fn advise(
    trouble: Trouble,
    session: &Session<'_>,
    what: &What,
    may_unprotect: bool,
) -> Trouble {
    if may_unprotect || !matches!(trouble.failure, Some(Failure::Refused(_))) {
        return trouble;
    }
    let name = what.name();
    match inventory::look(session, name, &what.places()).await {
        Ok(found) if found.protected => trouble.next(format!(
            "deploy it with protected = false first, or type its name: --confirm {name}"
        )),
        Ok(_) | Err(_) => trouble,
    }
}

/// Shows what is there and asks. Says whether the user's word covers a protected lane.
async fn agree(
    args: &Cleanup,
    terminal: &Terminal,
    session: &Session<'_>,
    what: &What,
) -> Outcome<bool> {
    if args.confirm.is_some() {
        return Ok(true);
    }
    if args.yes {
        return Ok(false);
    }
    let name = what.name();
    let found = inventory::look(session, name, &what.places()).await?;
    terminal.say(&found.text());
    if found.protected {
        consent::typed(terminal, name.as_str(), &format!("{name} is protected"))?;
    } else if !found.is_empty() {
        consent::yes(terminal, "remove all of this?")?;
    }
    Ok(found.protected)
}

fn tell(terminal: &Terminal, report: &CleanupReport) {
    if terminal.json {
        terminal.document(&document::cleanup(report));
    } else {
        terminal.result(&render::cleanup::cleanup(report));
        terminal.result(&render::deploy::calls(&report.calls));
    }
}
