//! Promises about gateway endpoints.

use accel_core::backend::Phase;
use accel_core::resource::{GatewayEndpoint, Kind};

use super::{Verdict, ensure, ensure_eq, refuses_each};
use crate::lab::Lab;

/// Most services have none. Source: EC2 error codes, `InvalidServiceName`, `InvalidParameter`.
pub(super) async fn refuses_a_service_without_one(lab: &mut Lab<'_>) -> Verdict {
    let vpc = lab.lane.entry.vpc.clone();
    let region = lab.subject.entry.place.region.clone();
    let of = |service| GatewayEndpoint { vpc: vpc.clone(), service };
    let sqs = of(format!("com.amazonaws.{region}.sqs"));
    let nothing = of("com.amazonaws.nowhere.nothing".to_owned());
    refuses_each(lab, Kind::GatewayEndpoint, [sqs.into(), nothing.into()]).await
}

/// Only in a table can two of one service meet: another one can be made before the first goes.
pub(super) async fn stands_beside_another_of_its_service(lab: &mut Lab<'_>) -> Verdict {
    let first = lab.make_ready(Kind::GatewayEndpoint).await?;
    let asked = lab.asked(Kind::GatewayEndpoint).named("another");
    let second = lab.create(&asked).await?;
    ensure!(first != second, "two endpoints have one id");
    lab.until_ready(&second).await.map(drop)
}

/// Its routes go with it. Source: `DeleteVpcEndpoints`.
pub(super) async fn takes_its_tables_along(lab: &mut Lab<'_>) -> Verdict {
    let table = lab.make_ready(Kind::EndpointTable).await?;
    let endpoint = lab.id(Kind::GatewayEndpoint);
    lab.remove(&endpoint).await?;
    lab.until_gone(&table).await?;
    lab.settle().await;
    ensure_eq!(
        lab.find(&lab.asked(Kind::RouteTable)).await?,
        Some(lab.id(Kind::RouteTable)),
        "the table went along"
    );
    lab.backend().delete(&lab.id(Kind::RouteTable)).await?;
    ensure_eq!(lab.phase(&endpoint).await?, Phase::Gone, "the endpoint");
    Ok(())
}
