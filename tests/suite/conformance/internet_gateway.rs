//! Promises about internet gateways.

use accel_core::resource::Kind;

use super::{Verdict, holds};
use crate::lab::Lab;

/// It stands alone: ready as soon as it is there, and gone with its delete.
pub(super) async fn is_made_and_removed_without_a_vpc(lab: &mut Lab<'_>) -> Verdict {
    let gateway = lab.make_ready(Kind::InternetGateway).await?;
    lab.settle().await;
    lab.backend().delete(&gateway).await?;
    lab.until_gone(&gateway).await
}

/// Source: `DeleteInternetGateway`, `DependencyViolation`.
pub(super) async fn is_held_by_its_attachment(lab: &mut Lab<'_>) -> Verdict {
    let attachment = lab.make_ready(Kind::GatewayAttachment).await?;
    holds(lab, Kind::InternetGateway, &attachment).await
}
