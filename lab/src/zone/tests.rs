use std::io::ErrorKind;
use std::net::Ipv4Addr;

use tokio::time::sleep;

use super::*;
use crate::ask::{Asks, HOST};
use crate::{Answer, Authority, Service};

/// A service and one zone in front of it.
struct Site {
    authority: Authority,
    service: Service,
    zone: Zone,
}

impl Site {
    async fn new(forgets_after: Option<Duration>) -> Self {
        let authority = Authority::new();
        let service = Service::start(&authority.identity(&[HOST]), |_| Answer::unsigned()).await;
        let anywhere = SocketAddr::from((Ipv4Addr::new(127, 0, 0, 41), 0));
        let zone = Zone::start_as(anywhere, service.address(), forgets_after).unwrap();
        Self { authority, service, zone }
    }

    async fn ask(&self) -> io::Result<Asks> {
        Asks::of(self.zone.address(), &self.authority).await
    }
}

/// Until nothing is open any more; a test that never gets there ends with its own time.
async fn closed(zone: &Zone) {
    while zone.open() > 0 {
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn bytes_go_through_and_are_counted() {
    let site = Site::new(None).await;
    let mut client = site.ask().await.unwrap();
    let said = client.get("/ping").await.unwrap();
    assert!(said.starts_with("HTTP/1.1 403 "), "{said}");
    assert_eq!((site.zone.connections(), site.zone.open()), (1, 1));
    assert!(site.zone.bytes() > 500, "{}", site.zone.bytes());
    assert_eq!(site.service.seen()[0].from.ip(), site.zone.address().ip());
    drop(client);
    closed(&site.zone).await;
}

#[tokio::test]
async fn a_zone_that_dies_resets_and_refuses_until_it_is_revived() {
    let site = Site::new(None).await;
    let mut client = site.ask().await.unwrap();
    client.get("/").await.unwrap();
    site.zone.die().await;
    assert_eq!(client.get("/").await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(site.ask().await.err().unwrap().kind(), ErrorKind::ConnectionRefused);
    assert_eq!(site.zone.open(), 0);
    site.zone.revive().await.unwrap();
    site.ask().await.unwrap().get("/").await.unwrap();
}

#[tokio::test]
async fn a_silent_zone_neither_takes_nor_refuses_and_goes_on_when_revived() {
    let site = Site::new(None).await;
    let mut client = site.ask().await.unwrap();
    client.get("/").await.unwrap();
    site.zone.freeze().await.unwrap();
    let soon = Duration::from_millis(300);
    assert!(timeout(soon, TcpStream::connect(site.zone.address())).await.is_err());
    assert!(timeout(soon, client.get("/held")).await.is_err());
    assert!(site.service.seen().iter().all(|seen| seen.path != "/held"));
    site.zone.revive().await.unwrap();
    site.ask().await.unwrap().get("/after").await.unwrap();
    assert_eq!(site.zone.connections(), 2, "its own connections are not counted");
    while !site.service.seen().iter().any(|seen| seen.path == "/held") {
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_silent_zone_can_die() {
    let site = Site::new(None).await;
    site.zone.freeze().await.unwrap();
    site.zone.die().await;
    assert_eq!(site.ask().await.err().unwrap().kind(), ErrorKind::ConnectionRefused);
    assert!(site.zone.freeze().await.is_err());
    site.zone.revive().await.unwrap();
    site.ask().await.unwrap().get("/").await.unwrap();
}

#[tokio::test]
async fn an_idle_flow_is_forgotten_in_silence_and_reset_on_its_next_byte() {
    let site = Site::new(Some(Duration::from_millis(150))).await;
    let mut client = site.ask().await.unwrap();
    for _ in 0..3 {
        client.get("/").await.unwrap();
        sleep(Duration::from_millis(75)).await; // used often enough: kept
    }
    assert_eq!((site.zone.forgotten(), site.zone.open()), (0, 1));
    sleep(Duration::from_millis(300)).await;
    assert_eq!((site.zone.forgotten(), site.zone.open()), (1, 1));
    assert_eq!(client.get("/").await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    closed(&site.zone).await;
}

#[tokio::test]
async fn a_zone_without_a_service_resets() {
    let site = Site::new(None).await;
    let Site { authority, service, zone } = site;
    drop(service);
    tokio::task::yield_now().await; // its task ends
    assert!(Asks::of(zone.address(), &authority).await.is_err());
}
