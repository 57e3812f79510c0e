//! `accel plan`: what a deploy would do, how long it takes, what it costs and whether the caller may.

use crate::args::Plan;
use crate::cloud::Choice;
use crate::run::{Access, Session};
use crate::terminal::Terminal;
use crate::trouble::{Exit, Outcome, Trouble};
use crate::{document, input, permissions, prices, render};

pub(super) fn run(args: &Plan, terminal: &Terminal) -> Outcome<Exit> {
    let spec = input::spec(&args.spec)?;
    prices::check_traffic(&spec, args.traffic_gb)?;
    let choice = Choice::of(&args.cloud)?;
    choice.run(async {
        let open =
            Session::open(terminal, &choice, &args.cloud, args.others, &spec.name, Access::Look);
        let session = open.await?;
        let deployer = session.deployer().revoke_foreign(args.revoke_foreign);
        let plan = match deployer.plan(&spec.topology).await {
            Ok(plan) => plan,
            Err(failure) => {
                let again = choice.command("plan", &spec.word());
                let trouble = Trouble::failure(failure, &spec.file, &again);
                return Err(if args.permissions {
                    permissions::explain(trouble, &choice, &session, &spec).await
                } else {
                    trouble
                });
            }
        };
        let monthly = prices::of(&spec, session.cloud.offer_heard(), args.traffic_gb)?;
        let permissions = if args.permissions {
            Some(permissions::ask(&choice, &session, &spec, Some(&plan)).await?)
        } else {
            None
        };
        if terminal.json {
            terminal.document(&document::plan(&plan, &monthly, permissions.as_ref()));
        } else {
            terminal.result(&render::plan::plan(&plan));
            terminal.result(monthly.to_string().trim_end());
            if let Some(permissions) = &permissions {
                terminal.result(&render::permissions::permissions(permissions, &spec.file));
            }
        }
        // As for a deploy that is denied something: a person must act first.
        if permissions.is_some_and(|permissions| permissions.denies()) {
            return Ok(Exit::WorkLeft);
        }
        let differs = args.check && !plan.is_empty();
        Ok(if differs { Exit::Differences } else { Exit::Done })
    })
}
