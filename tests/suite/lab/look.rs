//! Looking and waiting: every look of the lab is repeated while time alone can help, and every wait has the limit of its kind.

use std::pin::Pin;
use std::time::Duration;

use accel_core::backend::{Found, Phase, ReadItem, Ready, Scope};
use accel_core::{Error, Place, RemoteId};
use tokio::time::{Instant, sleep};

use super::{Asked, Lab, time_helps};
use crate::conformance::Stop;

type Answer<'f, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'f>>;

impl Lab<'_> {
    /// One interval between looks.
    pub async fn pause(&self) {
        sleep(self.subject.patience.poll).await;
    }

    /// One window: afterwards the cloud hides nothing that was made before.
    pub async fn settle(&self) {
        sleep(self.subject.patience.window).await;
    }

    /// The phase of one thing, now.
    ///
    /// # Errors
    /// What the backend says.
    pub async fn phase(&self, id: &RemoteId) -> Result<Phase, Stop> {
        self.read_one(ReadItem { id, request: None }).await
    }

    /// The phase of one thing, with its request.
    ///
    /// # Errors
    /// What the backend says.
    pub async fn phase_of(&self, id: &RemoteId, asked: &Asked) -> Result<Phase, Stop> {
        self.read_one(ReadItem { id, request: Some(asked.request()) }).await
    }

    async fn read_one(&self, item: ReadItem<'_>) -> Result<Phase, Stop> {
        let deadline = self.subject.patience.ends();
        loop {
            let mut phases = self.backend().read(&[item]).await;
            let (Some(phase), true) = (phases.pop(), phases.is_empty()) else {
                return Err(Stop::Failed("a read of one has another number of answers".to_owned()));
            };
            match phase {
                Err(error) if self.goes_on(&error, deadline).await => {}
                answer => return Ok(answer?),
            }
        }
    }

    /// Asks again while time alone can help.
    pub(crate) async fn look<'f, T>(
        &self,
        call: impl Fn() -> Answer<'f, T> + Send,
    ) -> Result<T, Stop> {
        let deadline = self.subject.patience.ends();
        loop {
            match call().await {
                Err(error) if self.goes_on(&error, deadline).await => {}
                answer => return Ok(answer?),
            }
        }
    }

    /// Whether to go on after an error, once a pause has passed.
    pub(super) async fn goes_on(&self, error: &Error, deadline: Instant) -> bool {
        let goes_on = time_helps(error.kind()) && Instant::now() < deadline;
        if goes_on {
            self.pause().await;
        }
        goes_on
    }

    /// Waits until a thing is ready, for as long as its kind may take.
    ///
    /// # Errors
    /// If it fails, or is not ready in time.
    pub async fn until_ready(&self, id: &RemoteId) -> Result<Ready, Stop> {
        let limit = id.kind.facts().ready.map_or(0, |times| times.limit_secs);
        let deadline = self.subject.patience.ends() + secs(limit);
        loop {
            let phase = self.phase(id).await?;
            match phase {
                Phase::Ready(ready) => return Ok(ready),
                // A new thing may be hidden for a while.
                Phase::Pending | Phase::Gone | Phase::Deleting if Instant::now() < deadline => {
                    self.pause().await;
                }
                Phase::Pending
                | Phase::Gone
                | Phase::Waiting { .. }
                | Phase::Failed { .. }
                | Phase::Deleting => {
                    let kind = id.kind;
                    return Err(Stop::Failed(format!("{kind} {id} is {phase:?}, not ready")));
                }
            }
        }
    }

    /// Waits until a thing is gone, for as long as its kind may take.
    ///
    /// # Errors
    /// If it is still there then.
    pub async fn until_gone(&self, id: &RemoteId) -> Result<(), Stop> {
        let limit = id.kind.facts().gone.map_or(0, |times| times.limit_secs);
        let deadline = self.subject.patience.ends() + secs(limit);
        loop {
            let phase = self.phase(id).await?;
            if phase == Phase::Gone {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(Stop::Failed(format!("{} {id} is {phase:?}, not gone", id.kind)));
            }
            self.pause().await;
        }
    }

    /// What `find` says now.
    ///
    /// # Errors
    /// What the backend says.
    pub async fn find(&self, asked: &Asked) -> Result<Option<RemoteId>, Stop> {
        self.look(|| self.backend().find(asked.request())).await
    }

    /// What `find` says, looking for one window until there is something.
    ///
    /// # Errors
    /// What the backend says.
    pub async fn find_within_window(&self, asked: &Asked) -> Result<Option<RemoteId>, Stop> {
        let deadline = self.subject.patience.ends();
        loop {
            match self.find(asked).await? {
                Some(id) => return Ok(Some(id)),
                None if Instant::now() >= deadline => return Ok(None),
                None => self.pause().await,
            }
        }
    }

    /// Everything of this deployment in a place, now.
    ///
    /// # Errors
    /// What the backend says.
    pub async fn list(&self, place: &Place) -> Result<Vec<Found>, Stop> {
        Ok(self.look(|| self.backend().list(Scope::all(&self.deployment, place))).await?.found)
    }

    /// Everything of this deployment in both places, now.
    ///
    /// # Errors
    /// What the backend says.
    pub async fn list_all(&self) -> Result<Vec<Found>, Stop> {
        let mut found = self.list(&self.subject.service.place).await?;
        found.extend(self.list(&self.subject.entry.place).await?);
        Ok(found)
    }
}

fn secs(secs: u32) -> Duration {
    Duration::from_secs(secs.into())
}
