//! Promises about the descriptions of rules.

use accel_core::backend::Phase;
use accel_core::resource::{Kind, RuleDescription};

use super::{Verdict, ensure, refuses_each};
use crate::lab::Lab;

/// At most 255 characters. Source: `AuthorizeSecurityGroupIngress`.
pub(super) async fn refuses_a_text_that_is_too_long(lab: &mut Lab<'_>) -> Verdict {
    let rule = lab.lane.entry.rule.clone();
    let text = RuleDescription { rule, description: "x".repeat(256) };
    refuses_each(lab, Kind::RuleDescription, [text.into()]).await
}

/// A rule with another text is the same rule: it does not differ.
pub(super) async fn is_no_part_of_the_rule(lab: &mut Lab<'_>) -> Verdict {
    let rule = lab.make_ready(Kind::SecurityGroupRule).await?;
    let other = lab.add_other(Kind::RuleDescription).expect("texts can differ");
    lab.make_ready(other).await?;
    lab.settle().await;
    let phase = lab.phase_of(&rule, &lab.asked(Kind::SecurityGroupRule)).await?;
    let as_asked = matches!(&phase, Phase::Ready(ready) if ready.differs.is_empty());
    ensure!(as_asked, "under another text the rule is {phase:?}");
    Ok(())
}
