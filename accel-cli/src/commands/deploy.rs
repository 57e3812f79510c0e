//! `accel deploy`: make the cloud equal to the spec.

use accel_core::Deployer;
use accel_core::deployer::{Deployment, Plan};
use accel_core::topology::LaneOutputs;

use super::outputs;
use crate::args::Deploy;
use crate::cloud::Choice;
use crate::input::{self, Spec};
use crate::run::{Access, Session};
use crate::terminal::Terminal;
use crate::trouble::{Exit, Outcome, Trouble};
use crate::{consent, document, pictures, prices, render, sketch};

pub(super) fn run(args: &Deploy, terminal: &Terminal) -> Outcome<Exit> {
    let spec = input::spec(&args.spec)?;
    let choice = Choice::of(&args.cloud)?;
    choice.run(async {
        let open =
            Session::open(terminal, &choice, &args.cloud, args.others, &spec.name, Access::Change);
        let session = open.await?;
        let again = format!("accel deploy {}{}", spec.file, choice.options());
        let failed = |failure| Trouble::failure(failure, &spec.file, &again);
        let mut deployer = session
            .deployer()
            .allow_replace(args.allow_replace.iter().cloned())
            .revoke_foreign(args.revoke_foreign);
        if let Some(digest) = &args.expect {
            deployer = deployer.expect(digest);
        }
        if !args.yes {
            let plan = deployer.plan(&spec.lane).await.map_err(failed)?;
            deployer = agree(terminal, args, &spec, deployer, &plan)?;
        }
        let run = async |deployer: Deployer<'_>| deployer.deploy(&spec.lane).await;
        let made = session.watched(deployer, run).await?.map_err(|failure| {
            let nodes = failure.halt().map(|halt| &halt.nodes);
            let outputs = nodes.and_then(|nodes| outputs::of(&session, &spec, nodes));
            failed(failure).outputs(outputs)
        })?;
        tell(terminal, args, &made)
    })
}

/// Shows the plan and asks; then only this plan will do.
fn agree<'a>(
    terminal: &Terminal,
    args: &Deploy,
    spec: &Spec,
    deployer: Deployer<'a>,
    plan: &Plan,
) -> Outcome<Deployer<'a>> {
    terminal.say(&render::plan::plan(plan));
    let monthly = prices::estimate(&sketch::graph(spec)?, None).to_string();
    terminal.say(monthly.lines().next().unwrap_or_default());
    let refused = render::plan::not_allowed(plan, &args.allow_replace);
    if refused.is_empty() && !plan.is_empty() {
        consent::yes(terminal, "deploy this?")?;
    }
    // What was asked for by its digest is not what was shown, unless they are the same.
    Ok(if args.expect.is_some() { deployer } else { deployer.expect(&plan.digest) })
}

fn tell(terminal: &Terminal, args: &Deploy, made: &Deployment<LaneOutputs>) -> Outcome<Exit> {
    if terminal.json {
        terminal.document(&document::deploy(made));
    } else {
        terminal.result(&render::deploy::deploy(made));
    }
    if let Some(path) = &args.svg {
        let picture = pictures::timeline::svg(&made.timeline);
        std::fs::write(path, picture).map_err(|error| {
            Trouble::new(Exit::BadInput, format!("{} cannot be written", path.display()))
                .because(error.to_string())
                .next("the deploy itself is done; only the picture is missing")
        })?;
    }
    Ok(Exit::Done)
}
