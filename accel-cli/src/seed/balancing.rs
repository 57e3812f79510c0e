//! What the load balancing API has: removed one after the other, each when the one before is gone.

use std::time::Duration;

use accel_core::backend::{Phase, ReadItem};
use accel_core::engine::policy::Verb;
use accel_core::resource::{Api, Kind};
use accel_core::{NetworkBackend as _, RemoteId};
use tokio::time::{Instant, sleep};

use super::look::Seen;
use crate::patience::{patiently, secs};
use crate::render::text::about;
use crate::run::Session;
use crate::trouble::{Exit, Outcome, Trouble};

/// How often what is going is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How long what is not known to take longer may take to go.
const GONE_SECS: u32 = 300;

/// Whether it is removed here: no tags lead to it.
pub(super) fn is_direct(kind: Kind) -> bool {
    kind.facts().api == Api::LoadBalancing
}

/// Listeners, then load balancers, then target groups, as the file's table has them.
pub(super) async fn remove(session: &Session<'_>, things: &[Seen]) -> Outcome<()> {
    for Seen { id, .. } in things {
        let terminal = session.terminal;
        let usual = id.kind.facts().gone.map(|times| about(times.usual_secs.into()));
        let usual = usual.map(|usual| format!(", usually gone in {usual}")).unwrap_or_default();
        terminal.say(&format!("deleting {} {id}{usual}", id.kind));
        patiently(session, Verb::Delete, async || session.cloud.delete(id).await).await?;
        until_gone(session, id).await?;
        terminal.say(&format!("gone: {} {id}", id.kind));
    }
    Ok(())
}

/// Waits for the end of something that is on its way out.
async fn until_gone(session: &Session<'_>, id: &RemoteId) -> Outcome<()> {
    let limit_secs = id.kind.facts().gone.map_or(GONE_SECS, |times| times.limit_secs);
    let began = Instant::now();
    loop {
        let items = [ReadItem { id, request: None }];
        let phase = patiently(session, Verb::Read, async || {
            session.cloud.read(&items).await.pop().unwrap_or(Ok(Phase::Gone))
        });
        if phase.await?.is_none_or(|phase| phase == Phase::Gone) {
            return Ok(());
        }
        if began.elapsed() > secs(limit_secs) {
            let what = format!("{} {id} is still there after {limit_secs} s", id.kind);
            return Err(Trouble::new(Exit::WorkLeft, what).next("run again: it goes on from here"));
        }
        sleep(LOOK_EVERY).await;
    }
}
