//! Whose cloud it is, and where.

use std::collections::BTreeSet;

use accel_core::backend::Offer;
use accel_core::{Place, Side};

use super::text::prose;

/// What is named before anything is changed: each side's account, caller and region, and an endpoint that is not the provider's own.
pub(crate) fn cloud(backend: &str, places: &[Place], offer: &Offer) -> String {
    let mut lines = Vec::new();
    for place in places {
        let who = match offer.caller(place.side) {
            Some(caller) => format!("account {} as {}", caller.account, caller.identity),
            None => "account not known".to_owned(),
        };
        lines
            .push(prose(&format!("{:<8} ", side(place.side)), &format!("{}, {who}", place.region)));
    }
    let real = "Amazon Web Services".to_owned();
    let what = match (backend, &offer.endpoint) {
        (_, Some(endpoint)) => format!("{backend} at {endpoint}, which is not the provider's own"),
        ("aws", None) => real,
        (_, None) => format!("{backend}, a simulated cloud"),
    };
    lines.insert(0, prose("cloud    ", &what));
    lines.extend(not_checked(offer));
    lines.join("\n")
}

/// What could not be checked, each once.
fn not_checked(offer: &Offer) -> Vec<String> {
    let each: BTreeSet<&String> = offer.not_checked.iter().collect();
    each.into_iter().map(|what| prose("not checked: ", what)).collect()
}

fn side(side: Side) -> &'static str {
    match side {
        Side::Service => "service",
        Side::Entry => "entry",
    }
}

#[cfg(test)]
mod tests {
    use accel_core::backend::Caller;

    use super::*;

    #[test]
    fn account_regions_and_a_foreign_endpoint_are_named() {
        let caller = Caller {
            account: "111122223333".into(),
            partition: "aws".to_owned(),
            identity: "arn:aws:iam::111122223333:user/ann".to_owned(),
        };
        let offer = Offer {
            callers: vec![(Side::Service, caller.clone()), (Side::Entry, caller)],
            endpoint: Some("http://127.0.0.1:5611".to_owned()),
            ..Offer::default()
        };
        let places = [
            Place::new(Side::Service, "ap-southeast-3"),
            Place::new(Side::Entry, "ap-southeast-1"),
        ];
        let text = cloud("aws", &places, &offer);
        assert_eq!(
            text,
            "cloud    aws at http://127.0.0.1:5611, which is not the provider's own\n\
             service  ap-southeast-3, account 111122223333 as arn:aws:iam::111122223333:user/ann\n\
             entry    ap-southeast-1, account 111122223333 as arn:aws:iam::111122223333:user/ann"
        );
    }
}
