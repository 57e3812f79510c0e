//! The control endpoint: settings, faults, the log of calls, and a new start. For this machine and its owner alone.
//!
//! Every request carries the token, but those for the files of the page. No other page in a browser can use it: the `Host` must be
//! this machine's own name, an `Origin` must be this server's, and no answer allows another one to read it.

use std::net::SocketAddr;
use std::time::Duration;

use accel_mock::Settings;
use hyper::Method;
use hyper::header::{AUTHORIZATION, HOST, HeaderName, ORIGIN};
use hyper::http::request::Parts;
use serde::{Deserialize, Serialize};

use crate::fault::Faults;
use crate::page;
use crate::server::Shared;
use crate::service::Document;
use crate::state;

/// Where it is.
pub(crate) const PATH: &str = "/_cloud/";

/// Answers a request of whoever started the server.
pub(crate) fn answer(shared: &Shared, head: &Parts, body: &[u8], here: SocketAddr) -> Document {
    match is_local(head, here).and_then(|()| serve(shared, head, body)) {
        Ok(document) => document,
        Err((status, why)) => Document { status, content_type: "text/plain", body: why },
    }
}

type Denied = (u16, String);

fn header(head: &Parts, name: HeaderName) -> Option<&str> {
    head.headers.get(name).and_then(|value| value.to_str().ok())
}

fn is_local(head: &Parts, here: SocketAddr) -> Result<(), Denied> {
    let host = header(head, HOST).unwrap_or_default();
    let names = ["127.0.0.1", "localhost", "[::1]"].map(|name| format!("{name}:{}", here.port()));
    if !names.iter().any(|name| name == host) {
        return Err((403, "this endpoint is for this machine alone".to_owned()));
    }
    if header(head, ORIGIN).is_some_and(|origin| origin != format!("http://{host}")) {
        return Err((403, "this endpoint is for no other page".to_owned()));
    }
    Ok(())
}

/// A file of the page for everybody; all else for who has the token.
fn serve(shared: &Shared, head: &Parts, body: &[u8]) -> Result<Document, Denied> {
    let what = head.uri.path().strip_prefix(PATH).unwrap_or_default();
    if let (&Method::GET, Some(file)) = (&head.method, page::file(what)) {
        return Ok(file);
    }
    let token = header(head, AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
    if !token.is_some_and(|token| is_same(token.as_bytes(), shared.token.as_bytes())) {
        return Err((401, "the token is missing or wrong".to_owned()));
    }
    act(shared, head, what, body)
}

/// Compares without telling, by the time it takes, how much agrees.
fn is_same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

fn act(shared: &Shared, head: &Parts, what: &str, body: &[u8]) -> Result<Document, Denied> {
    let query = head.uri.query().unwrap_or_default();
    match (&head.method, what) {
        (&Method::GET, "settings") => Ok(document(&read_settings(shared))),
        (&Method::PUT, "settings") => {
            let asked: Asked =
                serde_json::from_slice(body).map_err(|why| (400, why.to_string()))?;
            shared.cloud.adjust(|settings| asked.apply(settings));
            Ok(document(&read_settings(shared)))
        }
        (&Method::GET, "faults") => Ok(text(shared.faults())),
        (&Method::PUT, "faults") => {
            let faults: Faults = String::from_utf8_lossy(body).parse().map_err(|why| (400, why))?;
            shared.set_faults(faults);
            Ok(text(shared.faults()))
        }
        (&Method::GET, "calls") => {
            let [after, last] = numbers(query, ["after", "last"])?;
            let body = shared.log().lines_after(after.unwrap_or(0), last.unwrap_or(u64::MAX));
            Ok(Document { status: 200, content_type: "application/jsonl", body })
        }
        (&Method::GET, "counts") => Ok(document(&shared.log().counts())),
        (&Method::GET, "state") => Ok(document(&state::of(shared, query.strip_prefix("after=")))),
        (&Method::GET, "world") => Ok(text(shared.cloud.snapshot())),
        (&Method::POST, "reset") => {
            shared.reset();
            Ok(text(String::new()))
        }
        (_, "settings" | "faults" | "calls" | "counts" | "state" | "world" | "reset") => {
            Err((405, "not with this method".to_owned()))
        }
        _ => Err((
            404,
            "there are settings, faults, calls, counts, state, world and reset".to_owned(),
        )),
    }
}

/// The numbers of these names in a query.
fn numbers<const N: usize>(query: &str, names: [&str; N]) -> Result<[Option<u64>; N], Denied> {
    let mut numbers = [None; N];
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let at = names.iter().position(|known| *known == name);
        let at = at.ok_or_else(|| (400, format!("{name:?} is not known")))?;
        let number = value.parse().map_err(|_| (400, format!("{name}={value} is no number")))?;
        numbers[at] = Some(number);
    }
    Ok(numbers)
}

fn document(value: &impl Serialize) -> Document {
    let body = serde_json::to_string(value).unwrap_or_default();
    Document { status: 200, content_type: "application/json", body }
}

fn text(body: String) -> Document {
    Document { status: 200, content_type: "text/plain", body }
}

/// The settings that can be changed while the cloud lives, in milliseconds; what is left out stays.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    latency: Option<u64>,
    throttling: Option<bool>,
    /// How much faster than the clock the world runs.
    speed: Option<u32>,
    #[serde(default)]
    delays: Times,
    #[serde(default)]
    lag: Lags,
}

/// The times of a simulated cloud, written once: their names, and where they are in its settings.
macro_rules! times {
    ($name:ident of $part:ident: $($field:ident),*) => {
        #[derive(Debug, Default, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct $name {
            $(#[serde(skip_serializing_if = "Option::is_none")] $field: Option<u64>,)*
        }

        impl $name {
            fn read(settings: &Settings) -> Self {
                Self { $($field: Some(millis(settings.$part.$field)),)* }
            }

            fn apply(&self, settings: &mut Settings) {
                $(if let Some(millis) = self.$field {
                    settings.$part.$field = Duration::from_millis(millis);
                })*
            }
        }
    };
}

times!(Times of delays: vpc, subnet, endpoint, balancer, peering, acceptance, target, endpoint_gone,
    balancer_interfaces_gone, peering_gone, group_release, private_dns_release, association_release,
    peering_expiry,
    nat, nat_gone, nat_trace, gateway_endpoint, gateway_endpoint_gone);
times!(Lags of lag: by_id, by_list, settings, settled);

pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn read_settings(shared: &Shared) -> Asked {
    shared.cloud.inspect(|world| {
        let settings = world.settings();
        Asked {
            latency: Some(millis(settings.latency)),
            throttling: Some(settings.throttling),
            speed: Some(settings.speed),
            delays: Times::read(settings),
            lag: Lags::read(settings),
        }
    })
}

impl Asked {
    fn apply(&self, settings: &mut Settings) {
        if let Some(latency) = self.latency {
            settings.latency = Duration::from_millis(latency);
        }
        if let Some(throttling) = self.throttling {
            settings.throttling = throttling;
        }
        if let Some(speed) = self.speed {
            settings.speed = speed.max(1);
        }
        self.delays.apply(settings);
        self.lag.apply(settings);
    }
}
