//! Promises about route tables.

use accel_core::resource::Kind;

use super::{Verdict, ensure, holds};
use crate::lab::Lab;

/// Source: `DeleteRouteTable`, `DependencyViolation`.
pub(super) async fn is_held_by_an_association(lab: &mut Lab<'_>) -> Verdict {
    let association = lab.make_ready(Kind::RouteTableAssociation).await?;
    holds(lab, Kind::RouteTable, &association).await
}

/// Routes go with their table: they do not hold it.
pub(super) async fn takes_its_routes_along(lab: &mut Lab<'_>) -> Verdict {
    let route = lab.make_ready(Kind::Route).await?;
    lab.settle().await;
    let table = lab.id(Kind::RouteTable);
    lab.backend().delete(&table).await?;
    lab.until_gone(&route).await
}

/// Its VPC's own table is not ours to show.
pub(super) async fn is_not_the_main_table(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::Vpc).await?;
    lab.settle().await;
    let list = lab.list(&lab.subject.entry.place).await?;
    let tables = list.iter().filter(|found| found.id.kind == Kind::RouteTable).count();
    ensure!(tables == 0, "a new VPC lists {tables} route tables");
    Ok(())
}
