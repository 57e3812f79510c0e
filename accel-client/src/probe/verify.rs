//! Whether clients can use a lane: every address of every service, asked once.

use futures_util::future::join_all;
use tokio::sync::Semaphore;

use super::course::Course;
use super::{Ask, Attempt, Fault, Layer, Options, Trust, attempt};
use crate::{Service, Settings};

/// So many addresses are asked at a time.
const AT_ONCE: usize = 16;

/// What became of one address of a service; of the service as a whole if there was no address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The service's name in the settings.
    pub service: String,
    /// TCP, TLS with the service's own certificate, an answer; or where that ended.
    pub attempt: Attempt,
}

impl Verified {
    /// Whether the service answered through this address.
    pub fn is_well(&self) -> bool {
        self.attempt.is_answered()
    }
}

/// Asks every address of every service once: those that are pinned, else the answers for the name to dial. Takes about as long as the
/// slowest of them: a deadline for a name and one for an answer at most, as long as there are few addresses.
///
/// Of the options, the deadline, hosts and names count. The order is that of the settings.
pub async fn verify(settings: &Settings, trust: &Trust, options: &Options) -> Vec<Verified> {
    let asker = Asker { trust, options, turns: Semaphore::new(AT_ONCE) };
    let services = settings.services.iter().map(|service| asker.service(service));
    join_all(services).await.into_iter().flatten().collect()
}

struct Asker<'a> {
    trust: &'a Trust,
    options: &'a Options,
    turns: Semaphore,
}

impl Asker<'_> {
    async fn service(&self, service: &Service) -> Vec<Verified> {
        let verified = |attempt| Verified { service: service.name.clone(), attempt };
        let course = match Course::of(service, self.options) {
            Ok(course) => course,
            Err(why) => {
                return vec![verified(Attempt::without_address("", Fault::new(Layer::Dns, why)))];
            }
        };
        let found = match course.lane(self.options).await {
            Ok(found) => found,
            Err(fault) => return vec![verified(Attempt::without_address(&course.host, fault))],
        };
        let asked = found.addresses.iter().map(async |address| {
            let _turn = self.turns.acquire().await;
            let (address, deadline) = (course.socket(*address), self.options.deadline);
            attempt(self.trust, &course.host, address, Ask::Get, deadline).await
        });
        join_all(asked).await.into_iter().map(verified).collect()
    }
}
