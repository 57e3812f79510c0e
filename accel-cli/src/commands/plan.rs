//! `accel plan`: what a deploy would do, how long it takes and what it costs.

use crate::args::Plan;
use crate::cloud::Choice;
use crate::run::{Access, Session};
use crate::terminal::Terminal;
use crate::trouble::{Exit, Outcome, Trouble};
use crate::{document, input, prices, render, sketch};

pub(super) fn run(args: &Plan, terminal: &Terminal) -> Outcome<Exit> {
    let spec = input::spec(&args.spec)?;
    let choice = Choice::of(&args.cloud)?;
    choice.run(async {
        let open =
            Session::open(terminal, &choice, &args.cloud, args.others, &spec.name, Access::Look);
        let session = open.await?;
        let plan =
            session.deployer().revoke_foreign(args.revoke_foreign).plan(&spec.lane).await.map_err(
                |failure| {
                    Trouble::failure(failure, &spec.file, &choice.command("plan", &spec.word()))
                },
            )?;
        let monthly = prices::estimate(&sketch::graph(&spec)?, args.traffic_gb);
        if terminal.json {
            terminal.document(&document::plan(&plan, &monthly));
        } else {
            terminal.result(&render::plan::plan(&plan));
            terminal.result(monthly.to_string().trim_end());
        }
        let differs = args.check && !plan.is_empty();
        Ok(if differs { Exit::Differences } else { Exit::Done })
    })
}
