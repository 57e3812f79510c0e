//! Addresses for settings that name only what to dial.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs as _};

use super::HostsError;
use crate::settings::{Service, Settings};

/// The settings with the addresses that their names have now: a snapshot, which a later answer makes wrong. Services with addresses of
/// their own keep them. It blocks while the system's resolver works.
///
/// # Errors
///
/// If a name has no address that can be used: private ones are ignored without `allow_private`.
pub fn look_up(settings: &Settings) -> Result<Settings, HostsError> {
    look_up_by(settings, |name| {
        let answers = (name, 0_u16).to_socket_addrs()?;
        Ok(answers.map(|answer| SocketAddr::ip(&answer)).collect())
    })
}

/// The same by a resolver of your own.
///
/// # Errors
///
/// As [`look_up`].
pub fn look_up_by(
    settings: &Settings,
    resolve: impl Fn(&str) -> io::Result<Vec<IpAddr>>,
) -> Result<Settings, HostsError> {
    let mut found = settings.clone();
    for service in found.services.iter_mut().filter(|service| service.addresses.is_empty()) {
        let name = service.dial.clone().unwrap_or_default();
        let nothing = |why: String| HostsError::NoAddress { name: name.clone(), why };
        let answers = resolve(&name).map_err(|error| nothing(error.to_string()))?;
        service.addresses = usable(service, &answers);
        if service.addresses.is_empty() {
            let all: Vec<_> = answers.iter().map(ToString::to_string).collect();
            let all = if all.is_empty() { "nothing".to_owned() } else { all.join(", ") };
            return Err(nothing(format!("the answer is {all}, and a lane's addresses are public")));
        }
    }
    Ok(found)
}

/// In one order, whatever the order of the answer: what is applied twice is the same twice.
fn usable(service: &Service, answers: &[IpAddr]) -> Vec<Ipv4Addr> {
    let mut usable: Vec<_> =
        answers.iter().filter_map(|answer| service.believe(*answer).ok()).collect();
    usable.sort_unstable();
    usable.dedup();
    usable
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::net::IpAddr;

    use super::look_up_by;
    use crate::hosts::block::tests::settings;

    const HOST: &str = "sqs.ap-southeast-3.amazonaws.com";

    fn answers(text: &str) -> Vec<IpAddr> {
        text.split_whitespace().map(|address| address.parse().unwrap()).collect()
    }

    #[test]
    fn a_name_is_looked_up_once_and_private_answers_are_ignored() {
        let settings = settings("lane", HOST, "[]");
        let found = look_up_by(&settings, |name| {
            assert_eq!(name, "lane.example.com");
            Ok(answers("203.0.113.9 10.0.0.1 2001:db8::1 203.0.113.8 203.0.113.9"))
        });
        let addresses = found.unwrap().services[0].addresses.clone();
        assert_eq!(
            addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            "203.0.113.8 203.0.113.9"
        );
    }

    #[test]
    fn settings_with_addresses_are_not_looked_up() {
        let settings = settings("lane", HOST, r#"["203.0.113.7"]"#);
        let found = look_up_by(&settings, |name| panic!("{name} was asked for"));
        assert_eq!(found.unwrap(), settings);
    }

    #[test]
    fn a_name_without_a_public_address_says_what_it_answered() {
        let settings = settings("lane", HOST, "[]");
        let refused = look_up_by(&settings, |_| Ok(answers("10.0.0.1"))).unwrap_err().to_string();
        assert!(refused.contains("lane.example.com") && refused.contains("10.0.0.1"), "{refused}");
        let refused = look_up_by(&settings, |_| Err(io::Error::other("no such name")));
        assert!(refused.unwrap_err().to_string().contains("no such name"));
    }
}
