//! A lane as a client uses it: names become its addresses, and connections are made to those that answer.
//!
//! # What happens meanwhile
//!
//! While a lane is in use, one task in the background keeps what is known of it fresh: whether each address answers and how fast (a
//! connection that is closed again), what its name resolves to, and whether its file of settings has changed. A lookup that finds
//! something due starts it; it ends when all is done. So a lane that nobody uses makes no traffic, and the task ends with the lane.
//!
//! Only a lookup that comes after a pause, when nothing is known of any address any more, waits for the first one that answers.

mod dial;
mod error;
mod file;
mod options;
mod upkeep;

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{Notify, broadcast};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

pub use dial::Dialled;
#[cfg(feature = "connect")]
pub(crate) use dial::keep_alive;
pub use error::{LaneError, Unreachable};
pub use options::{Fallback, Options};

use crate::clock;
use crate::event::{Counters, Event, Way};
use crate::settings::{Settings, SettingsError};
use crate::table::{Known, Route, Table};
use file::SettingsFile;

/// How many events wait for a slow listener, who is told how many it has missed.
const EVENTS_MAX: usize = 256;
/// How long it takes at most until the end of a check is known.
const HEARD_OF: Duration = Duration::from_millis(100);
/// How often it is looked at most whether something is due.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A lane as a client uses it. Its clones are the same lane.
///
/// ```
/// use accel_client::{Lane, Settings};
///
/// # let text = r#"{ "schema": "accel.lane-outputs.v1", "entries": [{
/// #     "hosts": ["runtime.sagemaker.ap-southeast-3.amazonaws.com"], "addresses": ["203.0.113.7"] }] }"#;
/// let lane = Lane::new(Settings::parse(text)?); // or Lane::from_file("lane.json")
/// assert!(lane.carries("runtime.sagemaker.ap-southeast-3.amazonaws.com", 443));
/// assert!(!lane.carries("sts.amazonaws.com", 443));
/// # Ok::<(), accel_client::SettingsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Lane {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    options: Options,
    events: broadcast::Sender<Event>,
    /// Something has become known.
    progress: Notify,
}

#[derive(Debug)]
struct State {
    table: Table,
    counters: Counters,
    file: Option<SettingsFile>,
    /// Whether it has been told that the settings have expired.
    is_expired: bool,
    look_again: Option<Instant>,
    is_upkeep_due: bool,
    /// Counts the settings: what was found out about a service by older ones says nothing of the service at its place now.
    epoch: u64,
    upkeep: Option<JoinHandle<()>>,
}

/// The addresses of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// In the order in which to try them. There is at least one.
    pub addresses: Vec<IpAddr>,
    /// Whose they are.
    pub way: Way,
}

#[cfg(any(feature = "hyper", feature = "reqwest"))]
impl Resolved {
    /// The addresses in the form of hyper and reqwest, which put the URL's port in.
    pub(crate) fn sockets(self) -> std::vec::IntoIter<std::net::SocketAddr> {
        let socket = |address| std::net::SocketAddr::new(address, 0);
        self.addresses.into_iter().map(socket).collect::<Vec<_>>().into_iter()
    }
}

/// What is known of one service of a lane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ServiceStatus {
    /// Which one.
    pub service: String,
    /// Its addresses, in the order in which they are tried.
    pub addresses: Vec<AddressStatus>,
}

/// What is known of one address of a lane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AddressStatus {
    /// Which one.
    pub address: Ipv4Addr,
    /// How long a connection takes, in microseconds, if one was ever made.
    pub connect_us: Option<u64>,
    /// How often it has failed since it last answered; 0 for an address in good health.
    pub failures: u32,
    /// How many connections were made through it.
    pub dialled: u64,
}

/// What a lookup finds without waiting.
enum Look {
    Elsewhere,
    Lane(Vec<Ipv4Addr>),
    /// It is being found out. These may do; if nothing is heard in time, this is wrong.
    Unsure(LaneError, Vec<Ipv4Addr>),
    Down(LaneError, Vec<Ipv4Addr>),
}

/// Where a call goes.
enum Go {
    Lane(Vec<IpAddr>),
    Otherwise(Way),
}

impl Lane {
    /// A lane with fixed settings.
    pub fn new(settings: Settings) -> Self {
        Self::with(settings, Options::default())
    }

    /// A lane with fixed settings and options of its own.
    pub fn with(settings: Settings, options: Options) -> Self {
        Self::build(settings, options, None)
    }

    /// A lane whose settings stand in a file. They are read again when it changes: a lane that was built anew is picked up without a
    /// restart.
    ///
    /// # Errors
    ///
    /// As [`Settings::read`]. A later version of the file that cannot be used is told as [`Event::Refused`], and the earlier stays.
    pub fn from_file(path: impl AsRef<Path>, options: Options) -> Result<Self, SettingsError> {
        let (file, settings) = SettingsFile::open(path.as_ref())?;
        Ok(Self::build(settings, options, Some(file)))
    }

    fn build(settings: Settings, options: Options, file: Option<SettingsFile>) -> Self {
        let table = Table::new(settings);
        let state = State {
            table,
            counters: Counters::default(),
            file,
            is_expired: false,
            look_again: None,
            is_upkeep_due: false,
            epoch: 0,
            upkeep: None,
        };
        let (events, _) = broadcast::channel(EVENTS_MAX);
        let inner = Inner { state: Mutex::new(state), options, events, progress: Notify::new() };
        Self { inner: Arc::new(inner) }
    }

    /// Takes new settings. What is known of addresses that stay is kept.
    pub fn replace(&self, settings: Settings) {
        let mut state = self.inner.state();
        state.look_again = None;
        self.inner.replace(&mut state, settings);
    }

    /// Whether connections to that host and port go through the lane.
    pub fn carries(&self, host: &str, port: u16) -> bool {
        let state = self.inner.current(Instant::now());
        let found = state.table.find(host).map(|index| &state.table.routes[index].service);
        found.is_some_and(|service| service.ports.contains(&port))
    }

    /// The addresses of a name: the lane's if it is one of its hosts, else what the system says.
    ///
    /// # Errors
    ///
    /// If the settings have expired, or the lane has no address that is known, or the system knows none.
    pub async fn resolve(&self, host: &str) -> Result<Resolved, LaneError> {
        let look = self.inner.addresses(host).await;
        match self.inner.decide(look) {
            Ok(Go::Otherwise(way)) => self.inner.system(host, way).await,
            Ok(Go::Lane(addresses)) => {
                self.inner.state().counters.resolved += 1;
                Ok(Resolved { addresses, way: Way::Lane })
            }
            Err(error) => {
                self.inner.state().counters.failed += 1;
                Err(error)
            }
        }
    }

    /// Connects to a host: through the lane if it is one of its hosts and ports, else as the system says.
    ///
    /// An address that does not answer within a quarter of a second is overtaken by the next one. The connection sends keep-alives, which
    /// the load balancer counts as traffic: it would forget an idle connection after 350 s.
    ///
    /// # Errors
    ///
    /// As [`Lane::resolve`]; besides, if the lane does not take the port, or no address takes a connection.
    pub async fn dial(&self, host: &str, port: u16) -> Result<Dialled, LaneError> {
        self.inner.dial(host, port).await
    }

    /// How often what happened.
    pub fn counters(&self) -> Counters {
        self.inner.state().counters
    }

    /// What is known of each service.
    pub fn status(&self) -> Vec<ServiceStatus> {
        self.inner.state().table.routes.iter().map(ServiceStatus::of).collect()
    }

    /// The settings in use.
    pub fn settings(&self) -> Settings {
        self.inner.state().table.settings.clone()
    }

    /// Tells whoever listens.
    #[cfg(feature = "connect")]
    pub(crate) fn tell(&self, event: Event) {
        self.inner.tell(event);
    }

    /// What happens from now on.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.inner.events.subscribe()
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock; and if it did, what is known would still be usable.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state by the file as it is now. Now and then something may be due besides.
    fn current(&self, now: Instant) -> MutexGuard<'_, State> {
        let mut state = self.state();
        if state.look_again.is_none_or(|at| now >= at) {
            state.look_again = Some(now + LOOK_EVERY);
            state.is_upkeep_due = true;
            self.read_file(&mut state);
        }
        state
    }

    fn tell(&self, event: Event) {
        // That nobody listens is no fault.
        drop(self.events.send(event));
    }

    fn replace(&self, state: &mut State, settings: Settings) {
        let generation = settings.generation.clone();
        state.table.renew(settings);
        state.counters.replaced += 1;
        state.is_expired = false;
        state.epoch += 1;
        self.progress.notify_waiters();
        self.tell(Event::Replaced { generation });
    }

    /// Takes the file's new version, if there is one: before the call that comes next, so that a lane that has moved fails none. To
    /// look at a local file takes a microsecond, a hundredth of what another thread would.
    fn read_file(&self, state: &mut State) {
        let Some((file, settings)) = state.file.as_ref().and_then(SettingsFile::changed) else {
            return;
        };
        state.file = Some(file);
        match settings {
            Ok(settings) => self.replace(state, settings),
            Err(error) => self.tell(Event::Refused { why: error.to_string() }),
        }
    }

    /// Looks, and waits for the first address that answers if nothing is known of any.
    async fn addresses(self: &Arc<Self>, host: &str) -> Look {
        // A check that has run out of patience is heard of first.
        let deadline = Instant::now() + self.options.patience + HEARD_OF;
        loop {
            let progress = self.progress.notified();
            match self.look(host) {
                Look::Unsure(error, addresses) => {
                    if timeout_at(deadline, progress).await.is_err() {
                        return Look::Down(error, addresses);
                    }
                }
                look @ (Look::Elsewhere | Look::Lane(_) | Look::Down(..)) => return look,
            }
        }
    }

    /// What is known now. Before a service is said to be down, it is looked whether there are newer settings.
    fn look(self: &Arc<Self>, host: &str) -> Look {
        let look = self.look_once(host);
        let is_worth_it = matches!(look, Look::Down(..)) && self.has_newer_file();
        if is_worth_it { self.look_once(host) } else { look }
    }

    /// Reads the file, if it has changed, however short a time ago it was looked at.
    fn has_newer_file(&self) -> bool {
        let mut state = self.state();
        let before = state.epoch;
        self.read_file(&mut state);
        state.epoch != before
    }

    fn look_once(self: &Arc<Self>, host: &str) -> Look {
        let now = Instant::now();
        let mut state = self.current(now);
        let Some(index) = state.table.find(host) else { return Look::Elsewhere };
        if let Err(expired) = state.table.settings.valid_at(clock::now()) {
            if !std::mem::replace(&mut state.is_expired, true) {
                self.tell(Event::Expired);
            }
            return Look::Down(expired.into(), Vec::new());
        }
        if state.is_upkeep_due {
            self.start_upkeep(&mut state);
        }
        let route = &state.table.routes[index];
        let order = route.order();
        // A lane that is not in use is not checked, and what was known of it fades.
        let fades = (self.options.check_every * 3).max(LOOK_EVERY * 3);
        if now.checked_sub(fades).is_none_or(|fresh| route.is_up_since(fresh)) && route.is_up() {
            return Look::Lane(order);
        }
        let error = route.trouble();
        // Who may go another way does not wait for one that has failed.
        let may_fall_back = self.options.fallback == Fallback::Public && route.is_all_aside();
        if may_fall_back || !route.is_being_found_out(now, &self.options) {
            return Look::Down(error, order);
        }
        self.start_upkeep(&mut state);
        Look::Unsure(error, order)
    }

    /// Where a call goes by what is known.
    fn decide(&self, look: Look) -> Result<Go, LaneError> {
        match look {
            Look::Elsewhere => Ok(Go::Otherwise(Way::Elsewhere)),
            Look::Down(..) if self.options.fallback == Fallback::Public => {
                Ok(Go::Otherwise(Way::Public))
            }
            Look::Down(error, addresses) if addresses.is_empty() => Err(error),
            // Better what failed a moment ago than nothing.
            Look::Lane(addresses) | Look::Unsure(_, addresses) | Look::Down(_, addresses) => {
                Ok(Go::Lane(addresses.into_iter().map(IpAddr::from).collect()))
            }
        }
    }

    async fn system(&self, host: &str, way: Way) -> Result<Resolved, LaneError> {
        let answer = self.options.names.lookup(host).await;
        let mut state = self.state();
        match answer {
            Ok(addresses) if !addresses.is_empty() => {
                match way {
                    Way::Elsewhere => state.counters.elsewhere += 1,
                    Way::Public | Way::Lane => state.counters.fell_back += 1,
                }
                Ok(Resolved { addresses, way })
            }
            answer => {
                state.counters.failed += 1;
                let none = || std::io::Error::other("there is no answer");
                let source = answer.err().unwrap_or_else(none);
                Err(LaneError::Unresolved { host: host.to_owned(), source })
            }
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let upkeep = self.state().upkeep.take();
        if let Some(upkeep) = upkeep {
            upkeep.abort();
        }
    }
}

impl Route {
    /// Why this service cannot be reached, if it cannot.
    fn trouble(&self) -> LaneError {
        let service = self.service.name.clone();
        if self.known.is_empty() {
            let dial = self.service.dial.clone().unwrap_or_default();
            return LaneError::NoAddress { service, dial };
        }
        LaneError::Unreachable(Unreachable { host: service, tried: Vec::new(), lane: true })
    }

    /// Whether more will be known soon: a check or a lookup is due or under way.
    fn is_being_found_out(&self, now: Instant, options: &Options) -> bool {
        let is_check_due = |known: &Known| known.health.is_due(now, options.check_every);
        self.is_resolving
            || self.is_name_due(now, options.resolve_every)
            || self.known.iter().any(is_check_due)
    }
}

impl ServiceStatus {
    fn of(route: &Route) -> Self {
        let mut known: Vec<_> = route.known.iter().collect();
        known.sort_by_key(|known| known.health.rank());
        let micros = |rtt: Duration| u64::try_from(rtt.as_micros()).unwrap_or(u64::MAX);
        let addresses = known.into_iter().map(|known| AddressStatus {
            address: known.address,
            connect_us: known.health.rtt.map(micros),
            failures: known.health.failures,
            dialled: known.dialled,
        });
        Self { service: route.service.name.clone(), addresses: addresses.collect() }
    }
}
