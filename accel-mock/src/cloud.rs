//! The handle of a simulated cloud: what tests hold, clone, watch and crash.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use accel_core::AccountId;
use tokio::sync::watch;

use crate::ask::Accounts;
use crate::clock::Clock;
use crate::fault::{CallFacts, Judge, Schedule, Verdict};
use crate::file::WorldFile;
use crate::log::Call;
use crate::settings::Settings;
use crate::world::World;

/// The account that owns everything unless somebody says otherwise.
const ACCOUNT: &str = "111122223333";

/// A simulated cloud. Clones share one world.
///
/// ```
/// use accel_core::NetworkBackend;
/// use accel_mock::{Cloud, Settings};
///
/// let cloud = Cloud::new(Settings::default());
/// assert_eq!(cloud.name(), "sim");
/// assert_eq!(cloud.inspect(|world| world.live().count()), 0);
/// ```
#[derive(Clone)]
pub struct Cloud {
    inner: Arc<Inner>,
    pub(crate) accounts: Accounts,
}

struct Inner {
    state: Mutex<Shared>,
    /// Where the world lives, if it outlives its process.
    file: Option<(WorldFile, Pace)>,
    crashed: watch::Sender<bool>,
}

/// Whose time it is in a world that lives in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// The wall clock's: processes share no other.
    Wall,
    /// That of the program that uses it.
    Program,
}

type Watcher = Box<dyn FnMut(&World, &Call) + Send>;

/// Everything behind the lock.
pub(crate) struct Shared {
    pub(crate) world: World,
    clock: Clock,
    judge: Judge,
    pub(crate) calls: Vec<Call>,
    pub(crate) watcher: Option<Watcher>,
    /// How many callers have died. A call of a dead caller never returns.
    life: u64,
    crashed: bool,
}

/// A call that has begun.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Begun {
    pub(crate) number: u64,
    pub(crate) verdict: Verdict,
    pub(crate) life: u64,
    pub(crate) latency: Duration,
}

impl fmt::Debug for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cloud").field("accounts", &self.accounts).finish_non_exhaustive()
    }
}

impl Cloud {
    /// A new, empty cloud.
    pub fn new(settings: Settings) -> Self {
        Self::with(settings, None)
    }

    /// A cloud that lives in a file, and that several processes may use at a time. Its time is the wall clock's, times the speed in
    /// the settings; its log and its schedule are each process's own.
    ///
    /// Once it is open, verbs say when the file cannot be used; everything else then panics.
    ///
    /// # Errors
    /// If the file cannot be read or written, or is not a world's.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// use accel_mock::{Cloud, Settings};
    /// let path = folder.path().join("world.json");
    /// let settings = Settings { speed: 60, ..Settings::default() };
    /// let one = Cloud::open(&path, settings.clone())?;
    /// let other = Cloud::open(&path, settings)?;
    /// assert_eq!(one.call_count(), other.call_count());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn open(path: impl Into<PathBuf>, settings: Settings) -> io::Result<Self> {
        Self::in_file(path, settings, Pace::Wall)
    }

    /// A cloud that is kept in a file between programs, which use it one after the other. Its time is that of the program that uses it,
    /// on tokio's clock, and stands still in between: so a busy machine tells the same times as an idle one.
    ///
    /// Once it is open, verbs say when the file cannot be used; everything else then panics.
    ///
    /// # Errors
    /// If the file cannot be read or written, or is not a world's.
    pub fn kept_in(path: impl Into<PathBuf>, settings: Settings) -> io::Result<Self> {
        Self::in_file(path, settings, Pace::Program)
    }

    fn in_file(path: impl Into<PathBuf>, settings: Settings, pace: Pace) -> io::Result<Self> {
        let cloud = Self::with(settings, Some((WorldFile::open(path.into())?, pace)));
        cloud.try_enter(|_| ())?;
        Ok(cloud)
    }

    fn with(settings: Settings, file: Option<(WorldFile, Pace)>) -> Self {
        let account = AccountId::from(ACCOUNT);
        let shared = Shared {
            clock: Clock::default(),
            world: World::new(settings),
            judge: Judge::default(),
            calls: Vec::new(),
            watcher: None,
            life: 0,
            crashed: false,
        };
        Self {
            inner: Arc::new(Inner {
                state: Mutex::new(shared),
                file,
                crashed: watch::Sender::new(false),
            }),
            accounts: Accounts { service: account.clone(), entry: account },
        }
    }

    /// The same cloud through the credentials of other accounts, one per side.
    #[must_use]
    pub fn as_accounts(&self, service: impl Into<AccountId>, entry: impl Into<AccountId>) -> Self {
        let accounts = Accounts { service: service.into(), entry: entry.into() };
        Self { inner: Arc::clone(&self.inner), accounts }
    }

    /// Sets what happens to which calls; counting of rules starts anew, the numbers of calls go on.
    pub fn set_schedule(&self, schedule: Schedule) {
        self.lock().judge = Judge::new(schedule);
    }

    /// The schedule, to be printed beside a failure.
    pub fn schedule(&self) -> Schedule {
        self.lock().judge.schedule.clone()
    }

    /// Looks at the world as it is, without any lag and without a call.
    pub fn inspect<R>(&self, look: impl FnOnce(&World) -> R) -> R {
        self.enter(|shared| look(&shared.world))
    }

    /// The world as text.
    pub fn snapshot(&self) -> String {
        self.inspect(World::snapshot)
    }

    /// Changes the settings of the world while it lives.
    pub fn adjust(&self, change: impl FnOnce(&mut Settings)) {
        self.enter(|shared| change(&mut shared.world.settings));
    }

    /// Changes the world behind everybody's back. It is no call, and is in no log.
    pub fn meddle<R>(&self, change: impl FnOnce(&mut World) -> R) -> R {
        self.enter(|shared| change(&mut shared.world))
    }

    /// Is told of every call right after its effect. It must not use the cloud.
    pub fn watch(&self, watcher: impl FnMut(&World, &Call) + Send + 'static) {
        self.lock().watcher = Some(Box::new(watcher));
    }

    /// All calls so far, if the log is on.
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// How many calls there have been, log or not.
    pub fn call_count(&self) -> u64 {
        self.enter(|shared| shared.world.calls_begun)
    }

    /// Lets time pass without anybody waiting.
    pub fn advance(&self, by: Duration) {
        self.enter(|shared| shared.world.enter(shared.world.now() + by));
    }

    /// Resolves when the schedule has killed the caller. Its calls never return.
    pub async fn crashed(&self) {
        let mut crashed = self.inner.crashed.subscribe();
        // The sender lives as long as this handle, so waiting can only end well.
        drop(crashed.wait_for(|crashed| *crashed).await);
    }

    /// Lets the next run in. Calls of the dead one still never return.
    pub fn revive(&self) {
        let mut shared = self.lock();
        shared.crashed = false;
        shared.life += 1;
        drop(shared);
        self.inner.crashed.send_replace(false);
    }

    pub(crate) fn crash(&self) {
        self.lock().crashed = true;
        self.inner.crashed.send_replace(true);
    }

    /// Runs with the world at the present time.
    fn enter<R>(&self, act: impl FnOnce(&mut Shared) -> R) -> R {
        self.try_enter(act).expect("the world's file can be used")
    }

    /// The same, where a file that cannot be used is somebody's problem.
    pub(crate) fn try_enter<R>(&self, act: impl FnOnce(&mut Shared) -> R) -> io::Result<R> {
        let mut shared = self.lock();
        let speed = shared.world.settings.speed;
        let Some((file, pace)) = &self.inner.file else {
            let now = shared.world.now() + shared.clock.elapsed() * speed;
            shared.world.enter(now);
            return Ok(act(&mut shared));
        };
        let file = file.lock()?;
        let on_the_wall = file.load(&mut shared.world)?;
        let elapsed = match pace {
            Pace::Wall => on_the_wall,
            Pace::Program => shared.clock.elapsed(),
        };
        let now = shared.world.now() + elapsed * speed;
        shared.world.enter(now);
        let answer = act(&mut shared);
        file.save(&shared.world)?;
        Ok(answer)
    }

    /// Whether the caller of a call is still alive.
    pub(crate) fn is_alive(&self, begun: Begun) -> bool {
        self.lock().is_alive(begun)
    }

    /// A test that panics while it watches has failed already; others may still look.
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// Numbers a call and decides what happens to it; a dead caller calls nobody.
    pub(crate) fn begin(&mut self, call: CallFacts<'_>) -> Option<Begun> {
        if self.crashed {
            return None;
        }
        self.world.calls_begun += 1;
        let number = self.world.calls_begun;
        let verdict = self.judge.verdict(number, call);
        let latency = self.world.settings.latency / self.world.settings.speed.max(1);
        Some(Begun { number, verdict, life: self.life, latency })
    }

    pub(crate) fn is_alive(&self, begun: Begun) -> bool {
        !self.crashed && self.life == begun.life
    }
}
