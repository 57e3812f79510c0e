//! What is tried with each client. A case says what is wrong, if something is.

use std::collections::BTreeSet;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use accel_lab::{Authority, Zone};
use serde_json::json;

use crate::clients::Client;
use crate::site::{Means, Place, Session, Site};

/// How a case went: well, not at all for a reason, or badly.
pub(crate) type Outcome = Result<Cell, String>;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Ok,
    /// The client has nothing of the kind.
    Nothing,
}

pub(crate) type Case = fn(&Place, u8) -> Outcome;

pub(crate) const CASES: [(&str, Case); 10] = [
    ("a call", call),
    ("wrong certificate", wrong_certificate),
    ("a zone dies", zone_dies),
    ("a zone falls silent", zone_falls_silent),
    ("all zones die", all_zones_die),
    ("lane rebuilt", rebuilt),
    ("idle too long", idle),
    ("expired settings", expired),
    ("private address", private),
    ("check", check),
];

fn site(place: &Place, case: u8) -> Site<'_> {
    place.site(case, &place.authority.identity(&[&place.host()]), None)
}

fn call(place: &Place, case: u8) -> Outcome {
    let site = site(place, case);
    let mut client = site.start()?;
    client.calls()?;
    client.calls()?;
    site.all_came_through(&site.lane)?;
    site.no_trap_was_met()?;
    let seen = site.service.seen();
    // Others than those of requests are the proxy's own, which looks whether its addresses answer.
    let connections = seen.iter().map(|seen| seen.connection).collect::<BTreeSet<_>>().len();
    let wanted = if place.client.keeps_alive() { 1 } else { 2 };
    require(seen.len() == 2, "the service did not see two requests")?;
    require(connections == wanted, &format!("there were {connections} connections"))
}

/// Each of three that are wrong: of another host, out of date, of an authority that nobody trusts.
fn wrong_certificate(place: &Place, case: u8) -> Outcome {
    let host = place.host();
    let stranger = Authority::new();
    let identities = [
        place.authority.identity(&["other.example.com"]),
        place.authority.expired(&[&host]),
        stranger.identity(&[&host]),
    ];
    for (index, identity) in (0..).zip(&identities) {
        let site = place.site(case + index, identity, None);
        let said = site.start()?.fails()?.to_lowercase();
        let named =
            ["cert", "ssl", "tls", "altname", "pkix"].iter().any(|word| said.contains(word));
        require(named, &format!("wrong certificate {index}: it said {said:?}"))?;
        require(site.service.seen().is_empty(), "the service was asked all the same")?;
        require(site.lane.connections() > 0, "no zone was dialled")?;
    }
    Ok(Cell::Ok)
}

fn zone_dies(place: &Place, case: u8) -> Outcome {
    let site = site(place, case);
    let mut client = site.start()?;
    client.calls()?;
    let used = site.lane.zones.iter().find(|zone| zone.connections() > 0);
    place.runtime.block_on(used.ok_or("no zone was used")?.die());
    rest(place);
    client.calls()?;
    site.all_came_through(&site.lane)?;
    site.no_trap_was_met()?;
    require(site.service.seen().len() == 2, "the service did not see two requests")
}

/// Whichever zone comes first.
fn zone_falls_silent(place: &Place, case: u8) -> Outcome {
    for silent in 0..2 {
        let site = site(place, case + silent);
        let zone = &site.lane.zones[usize::from(silent)];
        place.runtime.block_on(zone.freeze()).map_err(|error| error.to_string())?;
        site.start()?.calls().map_err(|error| format!("zone {silent}: {error}"))?;
        site.all_came_through(&site.lane)?;
    }
    Ok(Cell::Ok)
}

fn all_zones_die(place: &Place, case: u8) -> Outcome {
    let site = site(place, case);
    let mut client = site.start()?;
    client.calls()?;
    place.runtime.block_on(site.lane.die());
    rest(place);
    client.fails()?;
    client.fails()?;
    site.no_trap_was_met()?;
    for zone in &site.lane.zones {
        place.runtime.block_on(zone.revive()).map_err(|error| error.to_string())?;
    }
    pause(Duration::from_millis(600)); // the proxy looks after its addresses by itself
    client.calls().map_err(|error| format!("after all zones came back: {error}"))?;
    site.all_came_through(&site.lane)?;
    Ok(Cell::Ok)
}

fn rebuilt(place: &Place, case: u8) -> Outcome {
    let site = site(place, case);
    let mut client = site.start()?;
    client.calls()?;
    let new = site.another_lane();
    fs::write(site.folder.join("lane.json"), "{ \"half").unwrap(); // what was read before stays
    place.runtime.block_on(site.lane.zones[0].die());
    rest(place);
    if place.client.keeps_alive() {
        client.calls().map_err(|error| format!("with a half-written file: {error}"))?;
    }
    let mut settings = site.settings(&new);
    settings["generation"] = json!("2");
    site.write(&settings);
    place.runtime.block_on(site.lane.die());
    rest(place);
    let mut after = client.calls();
    for _ in 0..2 {
        if place.means == Means::Recipe || after.is_ok() {
            break;
        }
        pause(Duration::from_millis(1200)); // it looks after its file once a second, beside a call
        after = client.calls();
    }
    after.map_err(|error| format!("after it was rebuilt: {error}"))?;
    site.no_trap_was_met()?;
    let last = site.service.seen().pop().ok_or("nothing was seen")?;
    let through = new.zones.iter().any(|zone| zone.address().ip() == last.from.ip());
    require(through, "the new lane was not used")
}

/// The recipe's own limit is made shorter than the time after which the zones forget, as 300 s is shorter than 350 s. Without that the
/// same wait ends in a reset.
fn idle(place: &Place, case: u8) -> Outcome {
    if place.means == Means::Proxy || !place.client.keeps_alive() {
        return Ok(Cell::Nothing);
    }
    let identity = place.authority.identity(&[&place.host()]);
    let forgets = Duration::from_millis(1500);
    let wait = |client: &mut Session| {
        client.calls()?;
        pause(Duration::from_millis(2600));
        client.calls()
    };
    let site = place.site(case, &identity, Some(forgets));
    let shorter = |text: String| {
        let long = ["IDLE = 300", "300 * time.Second", "ofSeconds(300)"];
        let short = ["IDLE = 1", "time.Second", "ofSeconds(1)"];
        long.iter().zip(short).fold(text, |text, (long, short)| text.replacen(long, short, 1))
    };
    wait(&mut site.start_with(shorter, &[])?)?;
    require(site.service.connections() == 2, "no new connection was made")?;
    let control = place.site(case + 1, &identity, Some(forgets));
    let outcome = wait(&mut control.start()?);
    require(outcome.is_err(), "a connection that was forgotten did no harm: the case shows nothing")
}

fn expired(place: &Place, case: u8) -> Outcome {
    let site = site(place, case);
    let mut settings = site.settings(&site.lane);
    settings["expires"] = json!("2021-01-31T00:00:00Z");
    site.write(&settings);
    let said = site.start()?.fails()?;
    require(place.means == Means::Proxy || said.contains("expired"), &format!("it said {said:?}"))?;
    require(site.service.seen().is_empty(), "the lane was used")?;
    site.no_trap_was_met()?;
    Ok(Cell::Ok)
}

/// Without a word of the user, answers of the system that no lane can have are not believed.
fn private(place: &Place, case: u8) -> Outcome {
    let site = site(place, case);
    let mut settings = site.settings(&site.lane);
    settings["entries"][0]["allow_private"] = json!(false);
    settings["entries"][0]["addresses"] = json!([]);
    site.write(&settings);
    let said = site.start()?.fails()?;
    let named = place.means == Means::Proxy || said.contains("no address of the lane is known");
    require(named, &format!("it said {said:?}"))?;
    require(site.lane.connections() == 0, "the lane was dialled")?;
    site.no_trap_was_met()?;
    Ok(Cell::Ok)
}

fn check(place: &Place, case: u8) -> Outcome {
    if place.means == Means::Proxy {
        return Ok(Cell::Nothing);
    }
    let site = site(place, case);
    site.start()?.checks().map_err(|error| format!("the check fails in a good place: {error}"))?;
    let host = place.host();
    let excepted = [("HTTPS_PROXY", "http://127.0.0.1:9"), ("NO_PROXY", host.as_str())];
    site.start_with(|recipe| recipe, &excepted)?
        .checks()
        .map_err(|error| format!("the check does not know NO_PROXY: {error}"))?;
    for (name, value) in [
        ("HTTPS_PROXY", "http://127.0.0.1:9"),
        ("https_proxy", "http://127.0.0.1:9"),
        ("ALL_PROXY", "http://127.0.0.1:9"),
        ("AWS_USE_FIPS_ENDPOINT", "true"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "true"),
        ("AWS_ENDPOINT_URL", "https://elsewhere.example.com"),
        ("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", "https://elsewhere.example.com"),
    ] {
        if name == "ALL_PROXY" && place.client == Client::GoSdk {
            continue; // Go does not know it
        }
        let Err(said) = site.start_with(|recipe| recipe, &[(name, value)])?.checks() else {
            return Err(format!("the check passes with {name}={value}"));
        };
        require(!said.starts_with("it ended"), &said)?;
    }
    site.no_trap_was_met()?;
    sabotaged(&site)
}

/// A recipe that was edited so that it dials the public address: the check notices.
fn sabotaged(site: &Site<'_>) -> Outcome {
    let _inside = site.place.runtime.enter();
    let elsewhere = Ipv4Addr::new(127, 199, site.place.net(), 1);
    let at = SocketAddr::from((elsewhere, 443));
    let _zone = Zone::start(at, site.service.address()).map_err(|error| error.to_string())?;
    let (good, bad) = match site.place.client {
        Client::Boto3 => ("for address in found:", format!("for address in ['{elsewhere}']:")),
        Client::Curl => ("$host:$port:$found\"", format!("$host:$port:{elsewhere}\"")),
        Client::NodeHttps | Client::NodeSdk => (
            "addresses(host).then((found)",
            format!("Promise.resolve(['{elsewhere}']).then((found)"),
        ),
        Client::GoSdk => {
            ("address.String(), port", format!("\"{elsewhere}\"+address.String()[:0], port"))
        }
        Client::Java => (
            ".setDnsResolver(new Lane())",
            format!(
                ".setDnsResolver(name -> new InetAddress[] {{InetAddress.getByName(\"{elsewhere}\")}})"
            ),
        ),
    };
    let edited = site.start_with(|recipe| recipe.replacen(good, &bad, 1), &[])?.checks();
    let said = edited.err().ok_or("the check passes a recipe that dials elsewhere")?;
    require(said.contains("was dialled at"), &format!("it said {said:?}"))
}

fn require(fact: bool, otherwise: &str) -> Outcome {
    if fact { Ok(Cell::Ok) } else { Err(otherwise.to_owned()) }
}

/// Until the client can know what has happened to a connection that it keeps. Apache's looks at one before it is used again only if that
/// has rested for 2 s; before that a retry helps, and here are none.
fn rest(place: &Place) {
    let long = place.client == Client::Java;
    pause(Duration::from_millis(if long { 2200 } else { 200 }));
}

#[expect(clippy::disallowed_methods, reason = "another program is waited for, by the clock")]
fn pause(time: Duration) {
    std::thread::sleep(time);
}
