//! Promises about VPCs.

use accel_core::ErrorKind;
use accel_core::resource::{Kind, Vpc};

use super::{Verdict, ensure, ensure_eq, holds, refuses_each};
use crate::lab::Lab;
use crate::samples::net;

/// Blocks are /16 to /28. Source: `CreateVpc`.
pub(super) async fn refuses_a_block_out_of_range(lab: &mut Lab<'_>) -> Verdict {
    let vpc = |block| Vpc { cidr: net(block) }.into();
    refuses_each(lab, Kind::Vpc, [vpc("10.0.0.0/15"), vpc("10.0.0.0/29")]).await
}

/// Blocks need not be unique: only tags tell two VPCs apart.
pub(super) async fn may_have_the_block_of_another(lab: &mut Lab<'_>) -> Verdict {
    let first = lab.make_ready(Kind::Vpc).await?;
    let asked = lab.asked(Kind::Vpc).named("twin");
    let second = lab.create(&asked).await?;
    ensure!(first != second, "the second VPC is the first");
    ensure_eq!(lab.find_within_window(&asked).await?, Some(second), "the twin is not found");
    Ok(())
}

/// Whatever lies in it must go first; its own defaults need not. Source: `DeleteVpc`.
pub(super) async fn is_held_by_what_lies_in_it(lab: &mut Lab<'_>) -> Verdict {
    for kind in [Kind::Subnet, Kind::RouteTable, Kind::SecurityGroup, Kind::GatewayAttachment] {
        let holder = lab.make_ready(kind).await?;
        holds(lab, Kind::Vpc, &holder).await?;
        lab.clear().await?;
    }
    Ok(())
}

/// A fresh account has room for few: beyond the limit it is a person's turn. Needs an offer that counts them.
pub(super) async fn over_the_limit_is_a_quota(lab: &mut Lab<'_>) -> Verdict {
    let query = accel_core::backend::OfferQuery {
        places: vec![lab.subject.entry.place.clone()],
        room: vec![(lab.subject.entry.place.clone(), Kind::Vpc)],
        ..Default::default()
    };
    let offer = lab.backend().offer(&query).await?;
    let quota = offer.quotas.iter().find(|it| it.kind == Kind::Vpc);
    let room = quota.map_or(u32::MAX, |it| it.limit - it.used);
    if room > 20 {
        return Err(super::Stop::Skipped(format!("there is room for {room} VPCs")));
    }
    for number in 0..room {
        let asked = lab.asked(Kind::Vpc).named(&format!("vpc.{number}"));
        lab.create(&asked).await?;
    }
    let error = lab.refused(&lab.asked(Kind::Vpc).named("vpc.beyond")).await?;
    super::is_one_of(&error, &[ErrorKind::Quota])
}
