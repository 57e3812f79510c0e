//! A route in somebody's table whose target is replaced for a while. Its id is put together, and says where to go back to:
//! `rtb-1/0.0.0.0/0@nat-2<igw-3`.

use accel_core::backend::Request;
use accel_core::resource::Kind;
use accel_core::{Error, ErrorKind, RemoteId, Result, resource};

use super::Shown;
use super::route::{self, leads_to};
use crate::call::At;
use crate::differences::Differences;
use crate::view::{View, Want};

const OPERATION: &str = "ReplaceRoute";

fn text(request: &Request<'_>, asked: &resource::RouteReplacement) -> String {
    let (table, nat) = (request.inputs.id(&asked.table), request.inputs.id(&asked.nat));
    put_together(&route::text(table.as_str(), asked.destination, Some(nat.as_str())), &asked.was)
}

/// The id of a route that was replaced, from its own and its old target.
pub(crate) fn put_together(route: &str, was: &str) -> String {
    format!("{route}<{was}")
}

/// The id of the route, and its old target.
fn parts(id: &str) -> (&str, &str) {
    id.split_once('<').unwrap_or((id, ""))
}

/// What somebody has pointed elsewhere since it was planned stays as it is: the receipt would not say where it led.
pub(super) async fn create(
    at: At<'_>,
    request: &Request<'_>,
    asked: &resource::RouteReplacement,
) -> Result<String> {
    let (table, nat) = (request.inputs.id(&asked.table), request.inputs.id(&asked.nat));
    let destination = asked.destination.to_string();
    let refused = |kind, message| {
        Error::new(kind, message)
            .advice("deploy again: the plan then says where it leads")
            .operation(OPERATION)
            .place(at.place.clone())
    };
    let Some(now) = route::look(at, table.as_str(), &destination).await? else {
        let message = format!("{table} has no route to {destination} any more");
        return Err(refused(ErrorKind::Invalid, message));
    };
    let target = leads_to(&now);
    if target != asked.was && target != nat.as_str() {
        let message =
            format!("{destination} leads to {target} now, and no longer to {}", asked.was);
        return Err(refused(ErrorKind::Conflict, message));
    }
    let call = at.ec2().replace_route().route_table_id(table.as_str());
    let call = call.destination_cidr_block(destination).nat_gateway_id(nat.as_str());
    at.make(OPERATION, call.send()).await?;
    Ok(text(request, asked))
}

#[expect(clippy::unused_async, reason = "every kind's search has this shape")]
pub(super) async fn candidates(
    _at: At<'_>,
    request: &Request<'_>,
    asked: &resource::RouteReplacement,
) -> Result<Vec<String>> {
    Ok(vec![text(request, asked)])
}

pub(super) fn wants(id: &str, want: &mut Want) {
    route::wants(parts(id).0, want);
}

/// As the route itself: it is there while it leads to our gateway.
pub(super) fn show(view: &View, id: &RemoteId) -> Result<Option<Shown>> {
    route::show(view, &super::id(Kind::Route, &id.place, parts(id.as_str()).0))
}

#[expect(clippy::unnecessary_wraps, reason = "every kind's comparison has this shape")]
pub(super) fn compare(
    _view: &View,
    id: &RemoteId,
    request: &Request<'_>,
    asked: &resource::RouteReplacement,
    found: &mut Differences,
) -> Result<()> {
    found.field("route", text(request, asked).as_str(), id.as_str());
    Ok(())
}

/// Puts the old target back, if the route still leads to ours. That a look shows the old target proves nothing: it may be older than the
/// replacement. To put it back twice changes nothing.
pub(super) async fn delete(at: At<'_>, id: &str) -> Result<()> {
    let (replaced, was) = parts(id);
    let (table, destination, nat) = route::parts(replaced);
    let now = route::look(at, table, destination).await?;
    let is_others = |target: &str| Some(target) != nat && target != was;
    if now.is_none_or(|it| is_others(leads_to(&it))) {
        return Ok(());
    }
    let call = at.ec2().replace_route().route_table_id(table).destination_cidr_block(destination);
    // The parameter follows from what the id is of. Source: `ReplaceRoute`.
    let call = match was.split_once(['-', ':']).map_or(was, |(prefix, _)| prefix) {
        "igw" | "vgw" => call.gateway_id(was),
        "nat" => call.nat_gateway_id(was),
        "eni" => call.network_interface_id(was),
        "i" => call.instance_id(was),
        "pcx" => call.vpc_peering_connection_id(was),
        "tgw" => call.transit_gateway_id(was),
        "eigw" => call.egress_only_internet_gateway_id(was),
        "vpce" => call.vpc_endpoint_id(was),
        "lgw" => call.local_gateway_id(was),
        "cagw" => call.carrier_gateway_id(was),
        "arn" if was.contains(":odb-network/") => call.odb_network_arn(was),
        "arn" => call.core_network_arn(was),
        "local" => call.local_target(true),
        _ => return Err(cannot_go_back(at, destination, was, "accel does not know what that is")),
    };
    // What is missing is the old target or the table: a removal would take either for its own success.
    match at.make(OPERATION, call.send()).await {
        Ok(_) => Ok(()),
        Err(error) if matches!(error.kind(), ErrorKind::NotYet | ErrorKind::Invalid) => {
            match route::look(at, table, destination).await? {
                Some(it) if Some(leads_to(&it)) == nat => {
                    Err(cannot_go_back(at, destination, was, error.message()))
                }
                Some(_) | None => Ok(()),
            }
        }
        Err(error) => Err(error),
    }
}

fn cannot_go_back(at: At<'_>, destination: &str, was: &str, why: &str) -> Error {
    let message = format!("{destination} cannot be pointed back to {was}: {why}");
    Error::new(ErrorKind::Invalid, message)
        .advice("point the route elsewhere or delete it, then run again: it goes on from here")
        .operation(OPERATION)
        .place(at.place.clone())
}
