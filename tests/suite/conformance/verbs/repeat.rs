//! What the same create does a second time, per class of repeat: the engine's answer to a lost reply rests on it.

use accel_core::ErrorKind;
use accel_core::resource::{Kind, Repeat};

use super::{ensure, ensure_eq, is_one_of, things, with_owner};
use crate::conformance::{Stop, Verdict};
use crate::lab::Lab;

fn of_class(repeat: Repeat) -> impl Iterator<Item = Kind> {
    things().filter(move |kind| kind.facts().repeat == repeat)
}

/// Repeats the create of every kind of a class, then counts what carries the owner.
async fn never_makes_a_second(lab: &mut Lab<'_>, repeat: Repeat) -> Verdict {
    for kind in of_class(repeat) {
        let first = lab.make(kind).await?;
        lab.settle().await;
        let asked = lab.asked(kind);
        match lab.create_once(&asked).await {
            Ok(second) => ensure_eq!(second, first, "a repeat makes a second {kind}"),
            Err(error) => is_one_of(&error, &[ErrorKind::Conflict])?,
        }
        lab.settle().await;
        if kind.facts().taggable {
            let all = with_owner(lab, &asked).await?;
            ensure_eq!(all, vec![first], "the owner of a {kind} has several");
        }
    }
    Ok(())
}

/// The provider recognises the request's token.
pub(crate) async fn with_a_token_never_makes_a_second(lab: &mut Lab<'_>) -> Verdict {
    never_makes_a_second(lab, Repeat::Token).await
}

/// The name is unique in its place or parent.
pub(crate) async fn with_a_name_never_makes_a_second(lab: &mut Lab<'_>) -> Verdict {
    never_makes_a_second(lab, Repeat::Name).await
}

/// Parent and content are the key.
pub(crate) async fn with_a_key_never_makes_a_second(lab: &mut Lab<'_>) -> Verdict {
    never_makes_a_second(lab, Repeat::Key).await
}

/// Without token, name or key there is nothing that the cloud could recognise: this is why the engine waits out the window. A backend
/// that looked first would hide a second call behind its create.
pub(crate) async fn without_any_makes_another(lab: &mut Lab<'_>) -> Verdict {
    for kind in of_class(Repeat::None) {
        let first = lab.make(kind).await?;
        let asked = lab.asked(kind);
        let second = lab.create(&asked).await?;
        ensure!(first != second, "the second {kind} is the first");
    }
    Ok(())
}

/// A raised attempt is another request: it makes anew what is known to be dead.
pub(crate) async fn in_another_attempt_makes_another(lab: &mut Lab<'_>) -> Verdict {
    for kind in of_class(Repeat::Token) {
        // Two endpoints can not share the pinned addresses, nor two NAT gateways an elastic IP.
        let first = lab.make_ready(kind).await?;
        if matches!(kind, Kind::InterfaceEndpoint | Kind::NatGateway) {
            lab.remove(&first).await?;
        }
        let asked = lab.asked(kind).attempt(1);
        let second = lab.create(&asked).await?;
        ensure!(first != second, "the second {kind} is the first");
    }
    Ok(())
}

/// A token stands for one content: with another it is refused, not answered with the first.
pub(crate) async fn of_a_token_with_other_content_is_refused(lab: &mut Lab<'_>) -> Verdict {
    let kind = Kind::InterfaceEndpoint;
    lab.make_ready(kind).await?;
    let other = lab.lane.other(kind).expect("its pinned addresses can differ");
    let asked = lab.asked(kind).with(other);
    match lab.create_once(&asked).await {
        Ok(id) => Err(Stop::Failed(format!("the token of another {kind} gives {id}"))),
        Err(error) => is_one_of(&error, &[ErrorKind::Conflict, ErrorKind::Invalid]),
    }
}

/// The same value set twice is the same value.
pub(crate) async fn of_a_setting_does_nothing(lab: &mut Lab<'_>) -> Verdict {
    for kind in super::settings() {
        let first = lab.make_ready(kind).await?;
        lab.settle().await;
        let asked = lab.asked(kind);
        match lab.create_once(&asked).await {
            Ok(second) => ensure_eq!(second, first, "a repeat gives another id for the {kind}"),
            Err(error) => is_one_of(&error, &[ErrorKind::Conflict])?,
        }
        let found = lab.find_within_window(&asked).await?;
        ensure_eq!(found, Some(first), "the {kind} is not set any more");
    }
    Ok(())
}
