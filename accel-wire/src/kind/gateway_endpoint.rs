//! Gateway endpoints: how one is asked for.

use accel_core::resource::Kind;
use accel_mock::{Body, GatewayEndpoint};

use super::{endpoint, endpoint_table};
use crate::action::Act;
use crate::asked::Asked;
use crate::refusal::Result;

/// With its tables, or without any. A token that was used answers with its endpoint, whatever tables that has by now: the world does not
/// count them among a token's parameters.
pub(super) fn create(asked: &Asked<'_>) -> Result<Act> {
    let (vpc, service) = (asked.need("VpcId")?, asked.need("ServiceName")?);
    asked.only("PrivateDnsEnabled", "false")?;
    let (policy, tables) = (asked.text("PolicyDocument"), asked.texts("RouteTableId"));
    let (token, tags) = (asked.text("ClientToken"), asked.tags_for("vpc-endpoint")?);
    Ok(Box::new(move |turn| {
        let key = turn.all_or_none(|world, caller| {
            let vpc = world.require(caller, Kind::Vpc, &vpc, None)?.key();
            let body = Body::GatewayEndpoint(GatewayEndpoint { vpc, service, policy });
            let earlier = token.as_deref().and_then(|token| world.made_with_token(caller, token));
            let key = world.make(caller, body, tags, token.clone())?;
            if earlier != Some(key) {
                endpoint_table::add(world, caller, key, &tables)?;
            }
            Ok(key)
        })?;
        endpoint::show_made(turn, key, token);
        Ok(())
    }))
}
