//! The lane's hosts and addresses, and what is known of each. Pure; time is passed in.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use tokio::time::Instant;

use crate::health::Health;
use crate::settings::{Service, Settings};

/// How many answers of a name are looked at: a load balancer has one per zone, and no region has ten.
const ANSWERS_MAX: usize = 16;
/// How soon a name that gave no address is looked up again.
const AGAIN: Duration = Duration::from_secs(5);

/// All services of a lane.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) settings: Settings,
    pub(crate) routes: Vec<Route>,
}

/// One service.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) service: Service,
    pub(crate) known: Vec<Known>,
    /// When its name was last looked up.
    pub(crate) resolved: Option<Instant>,
    /// Whether that has no answer yet.
    pub(crate) is_resolving: bool,
    /// Whether it has been told that no address answers.
    pub(crate) is_down: bool,
}

/// One address.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) address: Ipv4Addr,
    pub(crate) health: Health,
    pub(crate) dialled: u64,
}

impl Table {
    pub(crate) fn new(settings: Settings) -> Self {
        let routes = settings.services.iter().cloned().map(Route::new).collect();
        Self { settings, routes }
    }

    /// Takes new settings. What is known of an address that stays is kept.
    pub(crate) fn renew(&mut self, settings: Settings) {
        let before = std::mem::replace(self, Self::new(settings));
        for route in &mut self.routes {
            let old = before.routes.iter().find(|old| old.service.hosts == route.service.hosts);
            let Some(old) = old else { continue };
            let is_same = route.service.dial == old.service.dial
                && route.service.allow_private == old.service.allow_private;
            if !route.is_pinned() && is_same {
                route.known.clone_from(&old.known);
                route.resolved = old.resolved.filter(|_| !old.is_resolving);
            }
            for known in &mut route.known {
                if let Some(old) = old.known.iter().find(|old| old.address == known.address) {
                    known.clone_from(old);
                }
            }
        }
    }

    /// The service whose host this is.
    pub(crate) fn find(&self, host: &str) -> Option<usize> {
        let covers = |route: &Route| route.service.hosts.iter().any(|name| name.covers(host));
        self.routes.iter().position(covers)
    }
}

impl Route {
    fn new(service: Service) -> Self {
        let known = service.addresses.iter().copied().map(Known::new).collect();
        Self { service, known, resolved: None, is_resolving: false, is_down: false }
    }

    /// Whether the settings say which addresses there are.
    pub(crate) fn is_pinned(&self) -> bool {
        !self.service.addresses.is_empty()
    }

    /// The addresses in the order in which to try them; those that were set aside come last.
    pub(crate) fn order(&self) -> Vec<Ipv4Addr> {
        let mut ranked: Vec<&Known> = self.known.iter().collect();
        ranked.sort_by_key(|known| known.health.rank());
        ranked.into_iter().map(|known| known.address).collect()
    }

    /// Whether some address answers, as far as is known since then.
    pub(crate) fn is_up_since(&self, then: Instant) -> bool {
        let up = |known: &Known| !known.health.is_aside() && known.health.is_known_since(then);
        self.known.iter().any(up)
    }

    /// Whether every address was set aside.
    pub(crate) fn is_all_aside(&self) -> bool {
        !self.known.is_empty() && self.known.iter().all(|known| known.health.is_aside())
    }

    /// Whether some address answers, by what was heard last.
    pub(crate) fn is_up(&self) -> bool {
        self.known.iter().any(|known| !known.health.is_aside() && known.health.rtt.is_some())
    }

    pub(crate) fn known_mut(&mut self, address: Ipv4Addr) -> Option<&mut Known> {
        self.known.iter_mut().find(|known| known.address == address)
    }

    /// Whether its name is to be looked up.
    pub(crate) fn is_name_due(&self, now: Instant, every: Duration) -> bool {
        // Without any address it is asked sooner, and not in every call.
        let every = if self.known.is_empty() { every.min(AGAIN) } else { every };
        let is_old = self.resolved.is_none_or(|at| now >= at + every);
        self.service.dial.is_some() && !self.is_resolving && is_old
    }

    /// Takes the answers of its name, and returns those that are not believed, with the reason. If none is, the known addresses stay.
    pub(crate) fn believe(&mut self, answers: &[IpAddr]) -> Vec<(IpAddr, &'static str)> {
        let mut believed = Vec::new();
        let mut ignored = Vec::new();
        for answer in answers.iter().take(ANSWERS_MAX) {
            match self.service.believe(*answer) {
                Ok(address) if believed.contains(&address) => {}
                Ok(address) => believed.push(address),
                Err(why) => ignored.push((*answer, why)),
            }
        }
        if !self.is_pinned() && !believed.is_empty() {
            self.known.retain(|known| believed.contains(&known.address));
            for address in believed {
                if self.known_mut(address).is_none() {
                    self.known.push(Known::new(address));
                }
            }
        }
        ignored
    }
}

impl Known {
    fn new(address: Ipv4Addr) -> Self {
        Self { address, health: Health::default(), dialled: 0 }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::address;

    fn table(entry: &str) -> Table {
        let text = format!(
            r#"{{ "schema": "accel.lane-outputs.v1", "entries": [{{ "hosts": ["a.example.com"], {entry} }}] }}"#
        );
        Table::new(Settings::parse(&text).unwrap())
    }

    fn answers(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn answers_that_are_private_of_this_machine_or_not_ipv4_are_ignored() {
        let mut table = table(r#""dial": "lane.example.com""#);
        let given = [
            "10.0.0.1",
            "127.0.0.1",
            "::1",
            "2001:db8::1",
            "169.254.169.254",
            "203.0.113.7",
            "0.0.0.0",
        ];
        let ignored = table.routes[0].believe(&answers(&given));
        assert_eq!(ignored.len(), 6, "{ignored:?}");
        assert_eq!(table.routes[0].order(), [Ipv4Addr::new(203, 0, 113, 7)]);
        assert_eq!(table.routes[0].believe(&answers(&["10.0.0.1"])).len(), 1);
        assert_eq!(
            table.routes[0].order().len(),
            1,
            "with nothing to believe, what is known stays"
        );
    }

    #[test]
    fn answers_outside_the_pinned_addresses_are_ignored() {
        let mut table = table(r#""dial": "lane.example.com", "addresses": ["203.0.113.7"]"#);
        let ignored = table.routes[0].believe(&answers(&["203.0.113.7", "203.0.113.8"]));
        assert_eq!(ignored.len(), 1);
        assert_eq!(table.routes[0].order(), [Ipv4Addr::new(203, 0, 113, 7)]);
    }

    #[test]
    fn what_is_known_of_an_address_survives_new_settings() {
        let mut old = table(r#""addresses": ["203.0.113.7", "203.0.113.8"]"#);
        let now = Instant::now();
        old.routes[0].known[0].health.failed(now);
        let new = table(r#""addresses": ["203.0.113.9", "203.0.113.7"]"#).settings;
        old.renew(new);
        let [nine, seven] = [9, 7].map(|last| Ipv4Addr::new(203, 0, 113, last));
        assert_eq!(old.routes[0].order(), [nine, seven], "the one that failed is last");
    }

    proptest! {
        #[test]
        fn no_answer_of_a_name_server_is_believed_that_the_settings_do_not_allow(
            given in prop::collection::vec(any::<[u8; 4]>(), 0..20), pinned: bool,
        ) {
            let entry = if pinned { r#""dial": "l.example.com", "addresses": ["203.0.113.7"]"# } else { r#""dial": "l.example.com""# };
            let mut table = table(entry);
            let given: Vec<IpAddr> = given.into_iter().map(|octets| Ipv4Addr::from(octets).into()).collect();
            table.routes[0].believe(&given);
            for address in table.routes[0].order() {
                prop_assert!(address::not_public(address).is_none());
                prop_assert!(!pinned || address == Ipv4Addr::new(203, 0, 113, 7));
            }
        }
    }
}
