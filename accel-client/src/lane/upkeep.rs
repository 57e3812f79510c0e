//! What keeps the knowledge of a lane fresh while it is in use: one round in the background at a time, of what is due.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::{Fallback, Inner, State, dial};
use crate::event::Event;

/// How many addresses of a service are checked at a time.
const CHECKS_AT_ONCE: usize = 16;
/// How long a name server may take: longer than resolvers need to go on from a dead one to the next, which is 5 s as a rule.
const ANSWER_WITHIN: Duration = Duration::from_secs(8);

/// A service, by its place in the settings of its time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) epoch: u64,
    pub(super) index: usize,
}

/// What is due for a service.
struct Due {
    service: Place,
    name: Option<String>,
}

impl Inner {
    /// Starts a round, if none is running.
    pub(super) fn start_upkeep(self: &Arc<Self>, state: &mut State) {
        if state.upkeep.as_ref().is_some_and(|upkeep| !upkeep.is_finished()) {
            return;
        }
        state.is_upkeep_due = false;
        // Without a runtime nothing can be dialled either.
        if let Ok(runtime) = Handle::try_current() {
            state.upkeep = Some(runtime.spawn(round(Arc::downgrade(self), self.options.patience)));
        }
    }

    fn due(&self) -> Vec<Due> {
        let now = Instant::now();
        let mut state = self.state();
        let epoch = state.epoch;
        let routes = state.table.routes.iter_mut().enumerate();
        let due = routes.map(|(index, route)| {
            // No other round is running: one that was broken off has left this behind.
            route.is_resolving = false;
            let is_name_due = route.is_name_due(now, self.options.resolve_every);
            if is_name_due {
                route.resolved = Some(now);
                route.is_resolving = true;
            }
            let name = route.service.dial.clone().filter(|_| is_name_due);
            Due { service: Place { epoch, index }, name }
        });
        due.collect()
    }

    /// Notes what a name server has said.
    fn told(&self, service: Place, name: String, answer: io::Result<Vec<std::net::IpAddr>>) {
        let mut state = self.state();
        let state = &mut *state;
        if state.epoch != service.epoch {
            return;
        }
        let Some(route) = state.table.routes.get_mut(service.index) else { return };
        route.is_resolving = false;
        match answer {
            Ok(answers) => {
                let ignored = route.believe(&answers);
                state.counters.ignored += ignored.len() as u64;
                for (address, why) in ignored {
                    self.tell(Event::Ignored { name: name.clone(), address, why });
                }
            }
            // Pinned addresses need no name.
            Err(_) if route.is_pinned() => {}
            Err(error) => self.tell(Event::Unresolved { name, why: error.to_string() }),
        }
        self.progress.notify_waiters();
    }

    fn checks_due(&self, service: Place) -> Vec<SocketAddr> {
        let now = Instant::now();
        let state = self.state();
        let route = state.table.routes.get(service.index).filter(|_| state.epoch == service.epoch);
        let Some(route) = route else { return Vec::new() };
        let Some(port) = route.service.ports.first() else { return Vec::new() };
        let due =
            route.known.iter().filter(|known| known.health.is_due(now, self.options.check_every));
        due.map(|known| SocketAddr::from((known.address, *port))).collect()
    }

    /// Notes what came of a connection.
    pub(super) fn heard(
        &self,
        service: Place,
        address: Ipv4Addr,
        outcome: &io::Result<Duration>,
        is_check: bool,
    ) {
        let now = Instant::now();
        let mut state = self.state();
        let state = &mut *state;
        state.counters.checks += u64::from(is_check);
        if state.epoch != service.epoch || outcome.as_ref().is_err_and(is_of_this_machine) {
            return;
        }
        let Some(route) = state.table.routes.get_mut(service.index) else { return };
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

/// Whether a connection failed for want of something here: that says nothing of the address.
fn is_of_this_machine(error: &io::Error) -> bool {
    use io::ErrorKind::{AddrNotAvailable, OutOfMemory, QuotaExceeded};
    const TOO_MANY_FILES: [i32; 2] = [23, 24]; // ENFILE, EMFILE, which have no kind of their own
    matches!(error.kind(), AddrNotAvailable | OutOfMemory | QuotaExceeded)
        || error.raw_os_error().is_some_and(|code| TOO_MANY_FILES.contains(&code))
}

/// Does what is due, for all services at once.
async fn round(lane: Weak<Inner>, patience: Duration) {
    let Some(due) = lane.upgrade().map(|lane| lane.due()) else { return };
    let mut services: JoinSet<()> = JoinSet::new();
    for Due { service, name } in due {
        services.spawn(tend(Weak::clone(&lane), service, name, patience));
    }
    services.join_all().await;
    if let Some(lane) = lane.upgrade() {
        lane.progress.notify_waiters();
    }
}

/// Addresses that are known already need not wait for a name server; those that it gives are checked at once.
async fn tend(lane: Weak<Inner>, service: Place, name: Option<String>, patience: Duration) {
    let Some(name) = name else { return check(&lane, service, patience).await };
    let resolve = async {
        // Between two steps nothing keeps the lane alive but its users.
        let Some(names) = lane.upgrade().map(|lane| Arc::clone(&lane.options.names)) else {
            return;
        };
        let answer = timeout(ANSWER_WITHIN, names.lookup(&name)).await;
        let answer = answer.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        if let Some(lane) = lane.upgrade() {
            lane.told(service, name.clone(), answer);
        }
        check(&lane, service, patience).await;
    };
    tokio::join!(check(&lane, service, patience), resolve);
}

async fn check(lane: &Weak<Inner>, service: Place, patience: Duration) {
    let Some(due) = lane.upgrade().map(|lane| lane.checks_due(service)) else { return };
    let mut running: JoinSet<()> = JoinSet::new();
    for address in due {
        if running.len() == CHECKS_AT_ONCE {
            running.join_next().await;
        }
        let lane = Weak::clone(lane);
        running.spawn(async move {
            let outcome = dial::connect(address, patience).await;
            if let (Some(lane), std::net::IpAddr::V4(ip)) = (lane.upgrade(), address.ip()) {
                lane.heard(service, ip, &outcome.map(|(_, took)| took), true);
            }
        });
    }
    running.join_all().await;
}
