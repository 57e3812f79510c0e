//! Promises about the tables of gateway endpoints.

use accel_core::backend::Phase;
use accel_core::resource::{EndpointTable, GatewayEndpoint, Kind};
use accel_core::{Ref, RemoteId};

use super::host::{host, leave, shown};
use super::{Verdict, ensure, ensure_eq, in_the_way};
use crate::lab::{Lab, listed};
use crate::samples::node_of;

/// A table has one route to a service. Source: EC2 error codes, `RouteAlreadyExists`.
pub(super) async fn conflicts_with_another_endpoint_of_its_service(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::EndpointTable).await?;
    let place = lab.subject.entry.place.clone();
    let vpc = lab.lane.entry.vpc.clone();
    let service = format!("com.amazonaws.{}.s3", place.region);
    let other = GatewayEndpoint { vpc, service: service.clone() };
    let endpoint = lab.lane.graph.add("another", &place, other);
    let table = lab.lane.entry.table.clone();
    let node = lab.add("another.table", &place, EndpointTable { endpoint, table, service });
    lab.make_needs(node).await?;
    lab.settle().await;
    in_the_way(&lab.refused(&lab.asked(node)).await?)
}

/// It shows in the table as a route, which is nobody's who makes routes.
pub(super) async fn is_no_route_in_a_list(lab: &mut Lab<'_>) -> Verdict {
    let id = lab.make_ready(Kind::EndpointTable).await?;
    lab.settle().await;
    let list = lab.list(&id.place).await?;
    ensure_eq!(list.iter().filter(|found| found.id == id).count(), 1, "how often it is listed");
    let is_route = |kind| matches!(kind, Kind::Route | Kind::RouteReplacement);
    let route = list.iter().find(|found| is_route(found.id.kind));
    ensure_eq!(route, None, "the route to the endpoint is listed as one");
    Ok(())
}

/// One table comes and goes without the others.
pub(super) async fn is_removed_alone(lab: &mut Lab<'_>) -> Verdict {
    let first = lab.make_ready(Kind::EndpointTable).await?;
    let other = lab.add_other(Kind::EndpointTable).expect("the lane has two tables");
    let second = lab.make_ready(other).await?;
    lab.remove(&first).await?;
    lab.settle().await;
    ensure_eq!(lab.find(&lab.asked(Kind::EndpointTable)).await?, None, "the first is found");
    ensure_eq!(lab.find(&lab.asked(other)).await?, Some(second), "the second went along");
    let endpoint = lab.phase(&lab.id(Kind::GatewayEndpoint)).await?;
    ensure!(matches!(endpoint, Phase::Ready(_)), "the endpoint is {endpoint:?}");
    Ok(())
}

/// A table has a route to each service: an endpoint of another one, whoever made it, is told from ours by its key and stays without it.
pub(super) async fn stays_beside_another_services(lab: &mut Lab<'_>) -> Verdict {
    let ours = lab.make_ready(Kind::EndpointTable).await?;
    let mut theirs = lab.neighbour(&format!("{}-n", lab.deployment)).await?;
    lab.settle().await;
    let verdict = stays_on_our_table(lab, &mut theirs, &ours).await;
    verdict.and(theirs.clear().await)
}

async fn stays_on_our_table(lab: &Lab<'_>, theirs: &mut Lab<'_>, ours: &RemoteId) -> Verdict {
    let place = lab.subject.entry.place.clone();
    let service = |name: &str| format!("com.amazonaws.{}.{name}", place.region);
    let vpc = Ref::existing(lab.id(node_of(&lab.lane.entry.vpc)));
    let table = lab.id(node_of(&lab.lane.entry.table));
    let endpoint = GatewayEndpoint { vpc, service: service("dynamodb") };
    let endpoint = theirs.lane.graph.add("endpoint", &place, endpoint);
    let leads = EndpointTable {
        endpoint,
        table: Ref::existing(table.clone()),
        service: service("dynamodb"),
    };
    let node = theirs.add("leads", &place, leads);
    let another = theirs.make_ready(node).await?;
    lab.settle().await;
    ensure_eq!(shown(lab, ours, &[&table]).await?.key, Some(service("s3")), "the key of ours");
    let list = lab.list(&place).await?;
    let key = listed(&list, &another).and_then(|found| found.key.clone());
    ensure!(key != Some(service("s3")), "somebody's endpoint of dynamodb has the key of s3");
    lab.remove(ours).await?;
    lab.settle().await;
    let phase = theirs.phase(&another).await?;
    ensure!(matches!(phase, Phase::Ready(_)), "the table's route to dynamodb is {phase:?}");
    Ok(())
}

/// From the endpoint's end: our endpoint in a network of somebody else's.
pub(super) async fn of_a_strangers_table_is_listed(lab: &mut Lab<'_>) -> Verdict {
    let mut host = host(lab).await?;
    let verdict = leads_from_there(lab, &mut host).await;
    leave(lab, host, verdict).await
}

async fn leads_from_there(lab: &mut Lab<'_>, host: &mut Lab<'_>) -> Verdict {
    let place = lab.subject.entry.place.clone();
    let service = format!("com.amazonaws.{}.s3", place.region);
    let vpc = Ref::existing(host.id(Kind::Vpc));
    let endpoint = GatewayEndpoint { vpc, service: service.clone() };
    let endpoint = lab.lane.graph.add("endpoint", &place, endpoint);
    let table = host.id(Kind::RouteTable);
    let leads =
        EndpointTable { endpoint: endpoint.clone(), table: Ref::existing(table.clone()), service };
    let node = lab.add("leads", &place, leads);
    let id = lab.make_ready(node).await?;
    lab.settle().await;
    let endpoint = lab.id(node_of(&endpoint));
    shown(lab, &id, &[&endpoint, &table]).await.map(drop)
}
