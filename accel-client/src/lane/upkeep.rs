//! What keeps the knowledge of a lane fresh while it is in use: one round in the background at a time, of what is due.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::{Fallback, Inner, State, dial};
use crate::event::Event;

/// How many addresses are checked at a time.
const CHECKS_AT_ONCE: usize = 16;

/// An address that is to be checked.
struct Check {
    service: usize,
    address: Ipv4Addr,
    port: u16,
}

impl Inner {
    /// Starts a round, if something may be due and none is running.
    pub(super) fn start_upkeep(self: &Arc<Self>, state: &mut State) {
        if state.upkeep.as_ref().is_some_and(|upkeep| !upkeep.is_finished()) {
            return;
        }
        // Without a runtime nothing can be dialled either.
        if let Ok(runtime) = Handle::try_current() {
            state.upkeep = Some(runtime.spawn(round(Arc::downgrade(self), self.options.patience)));
        }
    }

    fn names_due(&self) -> Vec<(usize, String)> {
        let now = Instant::now();
        let mut state = self.state();
        let routes = state.table.routes.iter_mut().enumerate();
        let due = routes.filter(|(_, route)| route.is_name_due(now, self.options.resolve_every));
        due.filter_map(|(index, route)| {
            route.resolved = Some(now);
            Some((index, route.service.dial.clone()?))
        })
        .collect()
    }

    async fn resolve_name(self: Arc<Self>, index: usize, name: String) {
        let answer = timeout(self.options.patience * 2, self.options.names.lookup(&name)).await;
        let answer = answer.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()));
        let mut state = self.state();
        let state = &mut *state;
        // The settings may have been replaced meanwhile.
        let route = state.table.routes.get_mut(index);
        let Some(route) = route.filter(|route| route.service.dial.as_ref() == Some(&name)) else {
            return;
        };
        match answer {
            Ok(answers) => {
                let ignored = route.believe(&answers);
                state.counters.ignored += ignored.len() as u64;
                for (address, why) in ignored {
                    self.tell(Event::Ignored { name: name.clone(), address, why });
                }
            }
            Err(error) => {
                // Pinned addresses need no name.
                if !route.is_pinned() {
                    route.resolved = None;
                    self.tell(Event::Unresolved { name, why: error.to_string() });
                }
            }
        }
        self.progress.notify_waiters();
    }

    fn checks_due(&self) -> Vec<Check> {
        let now = Instant::now();
        let state = self.state();
        let mut due = Vec::new();
        for (service, route) in state.table.routes.iter().enumerate() {
            let port = route.service.ports[0];
            let of_route = route
                .known
                .iter()
                .filter(|known| known.health.is_due(now, self.options.check_every));
            due.extend(of_route.map(|known| Check { service, address: known.address, port }));
        }
        due
    }

    /// Notes what came of a connection.
    pub(super) fn heard(
        &self,
        service: usize,
        address: Ipv4Addr,
        outcome: &std::io::Result<Duration>,
        is_check: bool,
    ) {
        let now = Instant::now();
        let mut state = self.state();
        let state = &mut *state;
        state.counters.checks += u64::from(is_check);
        let Some(route) = state.table.routes.get_mut(service) else { return };
        let name = route.service.name.clone();
        let Some(known) = route.known_mut(address) else { return };
        let event = match outcome {
            Ok(rtt) => {
                known.dialled += u64::from(!is_check);
                let is_news = known.health.worked(now, *rtt);
                is_news.then_some(Event::Back { service: name.clone(), address: address.into() })
            }
            Err(error) => known.health.failed(now).then(|| {
                let why = error.to_string();
                Event::SetAside { service: name.clone(), address: address.into(), why }
            }),
        };
        if let Some(event) = event {
            self.tell(event);
        }
        let is_down = route.is_all_aside();
        if is_down && !route.is_down {
            let falls_back = self.options.fallback == Fallback::Public;
            self.tell(Event::Down { service: name, falls_back });
        }
        route.is_down = is_down;
        self.progress.notify_waiters();
    }
}

/// Does what is due. Between two steps nothing keeps the lane alive but its users.
async fn round(lane: Weak<Inner>, patience: Duration) {
    let Some(names) = lane.upgrade().map(|lane| lane.names_due()) else { return };
    let mut lookups = JoinSet::new();
    for (index, name) in names {
        let Some(lane) = lane.upgrade() else { return };
        lookups.spawn(lane.resolve_name(index, name));
    }
    // Addresses that are known already need not wait for a name server.
    check(&lane, patience).await;
    if !lookups.is_empty() {
        lookups.join_all().await;
        check(&lane, patience).await;
    }
}

async fn check(lane: &Weak<Inner>, patience: Duration) {
    let Some(due) = lane.upgrade().map(|lane| lane.checks_due()) else { return };
    let mut running: JoinSet<()> = JoinSet::new();
    for Check { service, address, port } in due {
        if running.len() == CHECKS_AT_ONCE {
            running.join_next().await;
        }
        let lane = Weak::clone(lane);
        running.spawn(async move {
            let outcome = dial::connect(SocketAddr::from((address, port)), patience).await;
            if let Some(lane) = lane.upgrade() {
                lane.heard(service, address, &outcome.map(|(_, took)| took), true);
            }
        });
    }
    running.join_all().await;
}
