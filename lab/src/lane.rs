//! Several zones of one lane, and the settings with which clients use them.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde_json::{Value, json};

use crate::zone::Zone;

/// So many ports are tried until one is free at every address of a lane.
const TRIES: usize = 20;

/// The zones of a lane. All have one port, as a listener of a load balancer has.
#[derive(Debug)]
pub struct Lane {
    /// One per address, in the order of the addresses.
    pub zones: Vec<Zone>,
    port: u16,
}

impl Lane {
    /// So many zones, at 127.0.0.11 and the addresses behind it, on a port that is free at each of them.
    ///
    /// # Errors
    ///
    /// If no such port is found.
    ///
    /// # Panics
    ///
    /// If more than 200 zones are asked for, or outside of tokio.
    pub fn start(zones: u8, service: SocketAddr) -> io::Result<Self> {
        Self::start_at(&addresses(zones), 0, service, None)
    }

    /// Zones at these addresses. Port 0 is any that is free at each of them; flows that are idle for as long as is given are forgotten.
    ///
    /// # Errors
    ///
    /// If an address cannot be had.
    ///
    /// # Panics
    ///
    /// Outside of tokio.
    pub fn start_at(
        addresses: &[Ipv4Addr],
        port: u16,
        service: SocketAddr,
        forgets_after: Option<Duration>,
    ) -> io::Result<Self> {
        let mut tries = TRIES;
        loop {
            match zones(addresses, port, service, forgets_after) {
                Err(error)
                    if error.kind() == io::ErrorKind::AddrInUse && port == 0 && tries > 0 =>
                {
                    tries -= 1;
                }
                other => return other,
            }
        }
    }

    /// The port of every zone.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The addresses of the zones.
    ///
    /// # Panics
    ///
    /// Never: every zone has an address of version 4.
    pub fn addresses(&self) -> Vec<Ipv4Addr> {
        let v4 = |address: SocketAddr| match address {
            SocketAddr::V4(address) => *address.ip(),
            SocketAddr::V6(_) => unreachable!("zones are made at addresses of version 4"),
        };
        self.zones.iter().map(|zone| v4(zone.address())).collect()
    }

    /// How many connections the zones have taken.
    pub fn connections(&self) -> usize {
        self.zones.iter().map(Zone::connections).sum()
    }

    /// The settings of this lane for a service with these hosts, as `accel outputs --json` writes them. Its addresses are believed even
    /// though they are of this machine.
    pub fn settings(&self, hosts: &[&str]) -> String {
        settings(hosts, self.port, &self.addresses()).to_string()
    }

    /// Every zone dies.
    pub async fn die(&self) {
        for zone in &self.zones {
            zone.die().await;
        }
    }
}

/// The settings of a lane with these addresses: a document that a test may alter.
pub fn settings(hosts: &[&str], port: u16, addresses: &[Ipv4Addr]) -> Value {
    json!({
        "schema": "accel.lane-outputs.v1",
        "deployment": "lab",
        "generation": "1",
        "entries": [{
            "service": "sagemaker.runtime",
            "service_region": "ap-southeast-3",
            "hosts": hosts,
            "ports": [port],
            "addresses": addresses,
            "allow_private": true,
        }],
    })
}

fn addresses(zones: u8) -> Vec<Ipv4Addr> {
    assert!(zones <= 200, "a lane has a handful of zones");
    (0..zones).map(|zone| Ipv4Addr::new(127, 0, 0, 11 + zone)).collect()
}

fn zones(
    addresses: &[Ipv4Addr],
    port: u16,
    service: SocketAddr,
    forgets_after: Option<Duration>,
) -> io::Result<Lane> {
    let mut lane = Lane { zones: Vec::new(), port };
    for address in addresses {
        let address = SocketAddr::from((*address, lane.port));
        let zone = match forgets_after {
            None => Zone::start(address, service)?,
            Some(after) => Zone::start_forgetful(address, service, after)?,
        };
        lane.port = zone.address().port();
        lane.zones.push(zone);
    }
    Ok(lane)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::{Asks, HOST};
    use crate::{Answer, Authority, Service};

    #[tokio::test]
    async fn every_zone_of_a_lane_leads_to_the_service_on_one_port() {
        let authority = Authority::new();
        let service = Service::start(&authority.identity(&[HOST]), |_| Answer::unsigned()).await;
        let lane = Lane::start(3, service.address()).unwrap();
        for zone in &lane.zones {
            assert_eq!(zone.address().port(), lane.port());
            let said = Asks::of(zone.address(), &authority).await.unwrap().get("/").await.unwrap();
            assert!(said.starts_with("HTTP/1.1 403 "), "{said}");
            assert_eq!(zone.connections(), 1);
        }
        let from: Vec<_> = service.seen().iter().map(|seen| seen.from.ip()).collect();
        assert_eq!(from, lane.addresses());
        lane.die().await;
        assert!(Asks::of(lane.zones[0].address(), &authority).await.is_err());
    }

    #[test]
    fn settings_name_what_a_client_needs() {
        let written = settings(&[HOST], 8443, &addresses(2));
        assert_eq!(written["entries"][0]["addresses"], json!(["127.0.0.11", "127.0.0.12"]));
        assert_eq!(written["entries"][0]["ports"], json!([8443]));
    }
}
