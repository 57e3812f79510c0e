//! `accel deploy`: make the cloud equal to the spec.

use std::path::Path;

use accel_client::probe::Trust;
use accel_core::deployer::{Deployment, Plan};
use accel_core::spec::AnyOutputs;
use accel_core::{AnySpec, Deployer};

use crate::args::Deploy;
use crate::cloud::Choice;
use crate::data_path::{self, DataPath};
use crate::input::{self, Spec};
use crate::run::{Access, Session};
use crate::terminal::Terminal;
use crate::trouble::{Exit, Outcome, Trouble};
use crate::usable::{self, Usable};
use crate::{consent, document, pictures, prices, render, standing};

pub(super) fn run(args: &Deploy, terminal: &Terminal) -> Outcome<Exit> {
    let spec = input::spec(&args.spec)?;
    args.svg.as_deref().map_or(Ok(()), picture_has_a_place)?;
    let choice = Choice::of(&args.cloud)?;
    // What can be verified of a private egress is verified after every deploy.
    let walks = args.verify && matches!(spec.topology, AnySpec::Acceleration(_));
    let trust = walks.then(|| can_verify(&choice)).transpose()?;
    choice.run(async {
        let open =
            Session::open(terminal, &choice, &args.cloud, args.others, &spec.name, Access::Change);
        let session = open.await?;
        let again = choice.command("deploy", &spec.word());
        let failed = |failure| Trouble::failure(failure, &spec.file, &again);
        let mut deployer = session
            .deployer()
            .allow_replace(args.allow_replace.iter().cloned())
            .revoke_foreign(args.revoke_foreign);
        if let Some(digest) = &args.expect {
            deployer = deployer.expect(digest);
        }
        if !args.yes {
            let plan = deployer.plan(&spec.topology).await.map_err(failed)?;
            deployer = agree(&session, args, &spec, deployer, &plan)?;
        }
        let within = (!args.no_wait).then_some(args.wait);
        let run = async |deployer: Deployer<'_>| {
            let made = deployer.deploy(&spec.topology).await?;
            let usable = usable::wait(&session, &deployer, &spec, &made, within).await?;
            Ok((made, usable))
        };
        let (made, usable) = session.watched(deployer, run).await?.map_err(|failure| {
            let nodes = failure.halt().map(|halt| &halt.nodes);
            let outputs = nodes.and_then(|nodes| standing::outputs_of(&session, &spec, nodes));
            failed(failure).outputs(outputs)
        })?;
        let again = |command: &str| choice.command(command, &spec.word());
        let trouble = usable.trouble(&spec.file, again);
        // A lane that is not usable has been asked by its load balancer already.
        let path = match (&trust, &made.outputs, &trouble) {
            (Some(trust), Some(AnyOutputs::Lane(outputs)), None) => {
                Some(data_path::ask(outputs, trust).await?)
            }
            (Some(_) | None, _, _) => None,
        };
        tell(terminal, args, &made, &usable, path.as_ref());
        let path_trouble =
            || path.as_ref().and_then(|path| path.trouble(&spec.file, &again("diagnose")));
        Ok(trouble.or_else(path_trouble).map_or(Exit::Done, |trouble| {
            terminal.explain(&trouble);
            trouble.exit
        }))
    })
}

/// Shows the plan and asks; then only this plan will do.
fn agree<'a>(
    session: &Session<'_>,
    args: &Deploy,
    spec: &Spec,
    deployer: Deployer<'a>,
    plan: &Plan,
) -> Outcome<Deployer<'a>> {
    let terminal = session.terminal;
    terminal.say(&render::plan::plan(plan));
    let monthly = prices::of(spec, session.cloud.offer_heard(), None)?.to_string();
    terminal.say(monthly.lines().next().unwrap_or_default());
    let refused = render::plan::not_allowed(plan, &args.allow_replace);
    if refused.is_empty() && !plan.is_empty() {
        consent::yes(terminal, "deploy this?")?;
    }
    // What was asked for by its digest is not what was shown, unless they are the same.
    Ok(if args.expect.is_some() { deployer } else { deployer.expect(&plan.digest) })
}

fn tell(
    terminal: &Terminal,
    args: &Deploy,
    made: &Deployment<AnyOutputs>,
    usable: &Usable,
    path: Option<&DataPath>,
) {
    if terminal.json {
        terminal.document(&document::deploy(made, usable, path));
    } else {
        terminal.result(&render::deploy::deploy(made, usable, path));
    }
    if let Some(path) = &args.svg {
        let picture = pictures::timeline::svg(&made.timeline);
        if let Err(error) = std::fs::write(path, picture) {
            // The deploy is done, and said to be.
            terminal.complain(&format!("{} cannot be written: {error}", path.display()));
        }
    }
}

/// What is needed to verify the data path, before anything is made.
fn can_verify(choice: &Choice) -> Outcome<Trust> {
    if choice.has_data_path() {
        return data_path::trust();
    }
    Err(Trouble::input(
        "--verify needs a lane that carries something, and a simulated one does not",
    )
    .next("leave --verify out, or deploy to AWS; nothing was changed"))
}

/// A picture that nobody can draw is better known before the deploy than after it.
fn picture_has_a_place(path: &Path) -> Outcome<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if folder.is_none_or(Path::is_dir) && !path.is_dir() {
        return Ok(());
    }
    Err(Trouble::input(format!("{} cannot be written", path.display()))
        .because("it is a folder, or its folder is not there")
        .next("name a file in a folder that exists with --svg; nothing was changed"))
}
