//! A world in a file: one JSON document that several processes share.
//!
//! Whoever enters the world takes an exclusive lock, reads the document, and replaces it as a whole. A process that is killed in
//! between leaves the old document: its call had no effect. The lock is on a file of its own, because the document is replaced.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::world::World;

/// What the document is, and the version of its form.
const SCHEMA: &str = "accel/simulated-world/1";

/// Where a shared world lives.
#[derive(Debug)]
pub(crate) struct WorldFile {
    path: PathBuf,
    lock: File,
}

/// The file while nobody else can use it.
#[derive(Debug)]
pub(crate) struct Locked<'a>(&'a WorldFile);

#[derive(Serialize)]
struct Written<'a> {
    schema: &'a str,
    /// When it was written, since the Unix epoch.
    at: Duration,
    world: &'a World,
}

#[derive(Deserialize)]
struct Read {
    at: Duration,
    world: World,
}

#[derive(Deserialize)]
struct Header {
    schema: String,
}

impl WorldFile {
    pub(crate) fn open(path: PathBuf) -> io::Result<Self> {
        let lock = File::create(beside(&path, ".lock"))?;
        Ok(Self { path, lock })
    }

    /// Waits until nobody else uses the file.
    pub(crate) fn lock(&self) -> io::Result<Locked<'_>> {
        self.lock.lock()?;
        Ok(Locked(self))
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // If it cannot be unlocked now, it is when the process ends.
        drop(self.0.lock.unlock());
    }
}

impl Locked<'_> {
    /// Replaces a world by the one in the file, but for its settings, and says how much time has passed since that was written.
    pub(crate) fn load(&self, world: &mut World) -> io::Result<Duration> {
        let text = match fs::read(&self.0.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Duration::ZERO),
            Err(error) => return Err(error),
        };
        let header: Header = serde_json::from_slice(&text)?;
        if header.schema != SCHEMA {
            let why = format!("{} is {}, not {SCHEMA}", self.0.path.display(), header.schema);
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        let mut read: Read = serde_json::from_slice(&text)?;
        std::mem::swap(&mut read.world.settings, &mut world.settings);
        *world = read.world;
        Ok(wall_clock().saturating_sub(read.at))
    }

    /// Replaces the file as a whole.
    pub(crate) fn save(&self, world: &World) -> io::Result<()> {
        let written = Written { schema: SCHEMA, at: wall_clock(), world };
        let new = beside(&self.0.path, ".new");
        fs::write(&new, serde_json::to_vec(&written)?)?;
        fs::rename(&new, &self.0.path)
    }
}

/// A path whose last part has something added.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// The only clock that processes share.
#[expect(clippy::disallowed_methods, reason = "processes share no other clock")]
fn wall_clock() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use accel_core::backend::Scope;
    use accel_core::{ErrorKind, NetworkBackend as _};

    use super::*;
    use crate::testing::{Deployer, lane, service};
    use crate::{Cloud, Settings};

    fn real_time<F: Future>(test: F) -> F::Output {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_time().build().unwrap().block_on(test)
    }

    /// One process builds a lane, another one sees it, and a third finds it and may not tear it apart.
    #[test]
    fn processes_share_one_world() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("world.json");
        let process = || Cloud::open(&path, Settings::instant()).unwrap();
        real_time(async {
            let mut first = Deployer::new(&process(), "lane", lane());
            first.deploy().await;
            let (snapshot, other) = (first.cloud.snapshot(), process());
            let tail = |text: &str| text.split_once('\n').map(|(_, tail)| tail.to_owned());
            assert_eq!(tail(&other.snapshot()), tail(&snapshot));
            let mut third = Deployer::new(&process(), "lane", lane());
            third.bound.clone_from(&first.bound);
            for node in third.graph.nodes() {
                assert!(third.find(node.name.as_str()).await.unwrap().is_some(), "{}", node.name);
            }
            let listing =
                third.cloud.list(Scope::all(&third.deployment, &service())).await.unwrap();
            assert!(!listing.found.is_empty());
            let vpc = third.remote("service.vpc");
            let in_use = third.cloud.delete(&vpc).await.unwrap_err();
            assert_eq!(in_use.kind(), ErrorKind::InUse);
        });
    }

    /// Threads stand for processes: each has a handle and a lock of its own.
    #[test]
    fn nothing_is_lost_when_many_write_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("world.json");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let quotas = crate::Quotas::roomy();
                    let settings = Settings { quotas, ..Settings::instant() };
                    let cloud = Cloud::open(&path, settings).unwrap();
                    let deployer = Deployer::new(&cloud, "lane", lane());
                    real_time(async {
                        for _ in 0..10 {
                            deployer.create("service.vpc").await.unwrap();
                        }
                    });
                });
            }
        });
        let cloud = Cloud::open(&path, Settings::instant()).unwrap();
        assert_eq!(cloud.inspect(|world| world.live().count()), 40);
        assert_eq!(cloud.call_count(), 40);
    }

    #[test]
    fn time_passes_while_nobody_looks_and_faster_with_speed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("world.json");
        let settings = Settings { speed: 100_000, ..Settings::instant() };
        let before = Cloud::open(&path, settings.clone()).unwrap().inspect(World::now);
        real_time(async { tokio::time::sleep(Duration::from_millis(5)).await });
        let after = Cloud::open(&path, settings).unwrap().inspect(World::now);
        assert!(after >= before + Duration::from_secs(500), "{before:?} {after:?}");
    }

    #[test]
    fn a_kept_world_has_the_time_of_its_programs_and_stands_still_in_between() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("world.json");
        let program = || {
            let mut builder = tokio::runtime::Builder::new_current_thread();
            builder.enable_time().start_paused(true).build().unwrap().block_on(async {
                let cloud = Cloud::kept_in(&path, Settings::instant()).unwrap();
                let began = cloud.inspect(World::now);
                tokio::time::sleep(Duration::from_secs(3600)).await;
                (began, cloud.inspect(World::now))
            })
        };
        let hour = Duration::from_secs(3600);
        let (first, second) = (program(), program());
        let expected = (first.0 + hour, first.1, first.1 + hour);
        assert_eq!((first.1, second.0, second.1), expected);
    }

    #[test]
    fn what_is_no_world_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("world.json");
        for text in ["", "{}", r#"{"schema":"accel/simulated-world/2"}"#] {
            fs::write(&path, text).unwrap();
            assert!(Cloud::open(&path, Settings::default()).is_err(), "{text}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }

    /// A file that breaks while it is in use is said by the verb, as a call that had no effect.
    #[test]
    fn a_verb_says_that_the_file_is_broken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("world.json");
        let cloud = Cloud::open(&path, Settings::instant()).unwrap();
        let deployer = Deployer::new(&cloud, "lane", lane());
        fs::write(&path, "{").unwrap();
        let error = real_time(deployer.create("service.vpc")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
    }
}
