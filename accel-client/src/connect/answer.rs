//! What the proxy itself says.

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde::Serialize;

use crate::{Counters, Lane, ServiceStatus};

/// The body of an answer of the proxy's own.
pub(super) type Answer = Full<Bytes>;

/// The form of the status.
const STATUS_SCHEMA: &str = "accel.connect-status.v1";

#[derive(Debug, Serialize)]
struct Status {
    schema: &'static str,
    deployment: String,
    generation: String,
    counters: Counters,
    services: Vec<ServiceStatus>,
}

/// The answer to anything but `CONNECT`.
pub(super) fn no_tunnel(request: &Request<Incoming>, lane: &Lane) -> Response<Answer> {
    // A proxy is asked for a whole URL, a server for a path.
    if request.uri().scheme().is_some() {
        let why = "accel: only https goes through a lane, by CONNECT; nothing is sent in the clear";
        return text(StatusCode::METHOD_NOT_ALLOWED, why);
    }
    // A page in a browser can make a name of its own point here, and must not read on under it.
    if !is_named_as_local(request) {
        return text(StatusCode::MISDIRECTED_REQUEST, "accel: ask for it by a loopback address");
    }
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/") => status(lane),
        (&Method::GET, _) => text(StatusCode::NOT_FOUND, "accel: there is only /, the status"),
        _ => text(StatusCode::METHOD_NOT_ALLOWED, "accel: CONNECT a host, or GET / for the status"),
    }
}

fn is_named_as_local(request: &Request<Incoming>) -> bool {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let host = host.parse::<hyper::http::uri::Authority>();
    let name = host.as_ref().map_or("", |host| host.host()).trim_matches(['[', ']']);
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn status(lane: &Lane) -> Response<Answer> {
    let settings = lane.settings();
    let status = Status {
        schema: STATUS_SCHEMA,
        deployment: settings.deployment,
        generation: settings.generation,
        counters: lane.counters(),
        services: lane.status(),
    };
    let text = serde_json::to_vec_pretty(&status).expect("a status is plain data");
    typed(StatusCode::OK, "application/json", text)
}

/// The lane's hosts and ports, for a message.
pub(super) fn carried(lane: &Lane) -> String {
    let mut carried = Vec::new();
    for service in lane.settings().services {
        for host in &service.hosts {
            carried.extend(service.ports.iter().map(|port| format!("{host}:{port}")));
        }
    }
    carried.join(", ")
}

/// A line for a person.
pub(super) fn text(status: StatusCode, text: &str) -> Response<Answer> {
    typed(status, "text/plain; charset=utf-8", format!("{text}\n").into_bytes())
}

fn typed(status: StatusCode, kind: &'static str, body: Vec<u8>) -> Response<Answer> {
    let mut response = Response::new(Answer::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
