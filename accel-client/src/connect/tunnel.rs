//! One client: its request, and the tunnel that it gets.

use std::convert::Infallible;
use std::io;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::copy_bidirectional_with_sizes;
use tokio::net::TcpStream;

use super::Others;
use super::answer::{self, Answer};
use crate::event::{Event, Way};
use crate::lane::keep_alive;
use crate::{Dialled, Lane, LaneError};

/// How long a client has to say what it wants.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// How many bytes of each direction are under way in a tunnel.
const TUNNEL_BYTES: usize = 64 * 1024;

/// A tunnel that was promised to a client.
type Promised = Mutex<Option<(OnUpgrade, Dialled)>>;

/// Serves one client to its end. What breaks is for its two ends to see.
pub(super) async fn serve(stream: TcpStream, lane: Lane, others: Others) {
    // A client that has gone without a word does not hold its tunnel for ever.
    if keep_alive(&stream).is_err() {
        return;
    }
    let promised = Promised::default();
    let service = service_fn(|request| answer(request, &lane, others, &promised));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN);
    let ended = http.serve_connection(TokioIo::new(stream), service).with_upgrades().await;
    let tunnel = promised.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let (Ok(()), Some((upgrade, dialled))) = (ended, tunnel) {
        drop(carry(upgrade, dialled).await);
    }
}

async fn carry(upgrade: OnUpgrade, mut dialled: Dialled) -> io::Result<()> {
    let client = upgrade.await.map_err(io::Error::other)?;
    let mut client = TokioIo::new(client);
    copy_bidirectional_with_sizes(&mut client, &mut dialled.stream, TUNNEL_BYTES, TUNNEL_BYTES)
        .await?;
    Ok(())
}

async fn answer(
    mut request: Request<Incoming>,
    lane: &Lane,
    others: Others,
    promised: &Promised,
) -> Result<Response<Answer>, Infallible> {
    if request.method() != Method::CONNECT {
        return Ok(answer::no_tunnel(&request, lane));
    }
    let Some((host, port)) = target(request.uri()) else {
        let why = "name a host and a port: CONNECT runtime.sagemaker.eu-west-1.amazonaws.com:443";
        return Ok(answer::text(StatusCode::BAD_REQUEST, why));
    };
    if others == Others::Refuse && !lane.carries(&host, port) {
        return Ok(refused(lane, host, port));
    }
    match lane.dial(&host, port).await {
        // The settings were replaced meanwhile, and the host is no longer in them.
        Ok(Dialled { way: Way::Elsewhere, .. }) if others == Others::Refuse => {
            Ok(refused(lane, host, port))
        }
        Ok(dialled) => {
            let (way, address) = (dialled.way, dialled.address);
            lane.tell(Event::Tunnel { host, port, way, address });
            let upgrade = hyper::upgrade::on(&mut request);
            *promised.lock().unwrap_or_else(PoisonError::into_inner) = Some((upgrade, dialled));
            Ok(Response::new(Answer::default()))
        }
        Err(error) => {
            lane.tell(Event::Failed { host, port, why: error.to_string() });
            Ok(answer::text(status_of(&error), &format!("accel: {error}")))
        }
    }
}

fn refused(lane: &Lane, host: String, port: u16) -> Response<Answer> {
    let why = format!(
        "accel: the lane does not carry {host}:{port}; it carries {}. \
         Call other services without this proxy, or start it with --pass-through",
        answer::carried(lane)
    );
    lane.tell(Event::Denied { host, port });
    answer::text(StatusCode::FORBIDDEN, &why)
}

fn target(uri: &Uri) -> Option<(String, u16)> {
    let host = uri.host()?.trim_matches(['[', ']']);
    Some((host.to_ascii_lowercase(), uri.port_u16()?))
}

fn status_of(error: &LaneError) -> StatusCode {
    let timed_out = |tried: &[(_, io::Error)]| {
        tried.iter().all(|(_, error)| error.kind() == io::ErrorKind::TimedOut)
    };
    match error {
        LaneError::Port { .. } => StatusCode::FORBIDDEN,
        LaneError::Unreachable(all) if timed_out(&all.tried) => StatusCode::GATEWAY_TIMEOUT,
        LaneError::Expired(_)
        | LaneError::NoAddress { .. }
        | LaneError::Unresolved { .. }
        | LaneError::Unreachable(_) => StatusCode::BAD_GATEWAY,
    }
}
