//! Promises about the acceptance of peering connections.

use accel_core::resource::Kind;

use super::{Verdict, ensure, ensure_eq};
use crate::lab::Lab;

/// A connection that waits is not accepted.
pub(super) async fn is_not_found_before_it_is_given(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::PeeringConnection).await?;
    lab.settle().await;
    let asked = lab.asked(Kind::PeeringAcceptance);
    ensure_eq!(lab.find(&asked).await?, None, "nobody has accepted it");
    Ok(())
}

/// The other place hears of a connection late: until then it is not yet, and time alone helps.
pub(super) async fn succeeds_once_the_other_place_knows_the_connection(
    lab: &mut Lab<'_>,
) -> Verdict {
    // The lab repeats only what is not yet.
    let id = lab.make_ready(Kind::PeeringAcceptance).await?;
    ensure_eq!(id.place, lab.subject.service.place, "it is given in the accepter's place");
    Ok(())
}

/// It goes with the connection.
pub(super) async fn ends_with_the_connection(lab: &mut Lab<'_>) -> Verdict {
    let id = lab.make_ready(Kind::PeeringAcceptance).await?;
    lab.settle().await;
    let peering = lab.id(Kind::PeeringConnection);
    lab.remove(&peering).await?;
    lab.until_gone(&id).await?;
    lab.settle().await;
    let found = lab.find(&lab.asked(Kind::PeeringAcceptance)).await?;
    ensure!(found.is_none(), "the acceptance of a connection that is gone is found");
    Ok(())
}
