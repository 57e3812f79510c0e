//! Elastic IP.

use accel_core::backend::{Phase, Ready, Request};
use accel_core::resource::{Attributes, ElasticIpAttributes};
use accel_core::{Error, ErrorKind, RemoteId, Result, resource};
use aws_sdk_ec2::types::{DomainType, ResourceType};

use super::{Shown, ids_of, owned};
use crate::call::At;
use crate::differences::Differences;
use crate::family;
use crate::tags::{from_ec2, specification};
use crate::view::{View, Want};

pub(super) async fn create(
    at: At<'_>,
    request: &Request<'_>,
    _asked: &resource::ElasticIp,
) -> Result<String> {
    let call = at
        .ec2()
        .allocate_address()
        .domain(DomainType::Vpc)
        .tag_specifications(specification(request, ResourceType::ElasticIp));
    let id = at.make("AllocateAddress", call.send()).await?.allocation_id;
    id.ok_or_else(|| at.incomplete("AllocateAddress", "id"))
}

pub(super) async fn candidates(
    at: At<'_>,
    request: &Request<'_>,
    _asked: &resource::ElasticIp,
) -> Result<Vec<String>> {
    Ok(ids_of(
        &family::addresses(at, owned(request)).await?,
        aws_sdk_ec2::types::Address::allocation_id,
    ))
}

pub(super) fn wants(id: &str, want: &mut Want) {
    want.addresses.insert(id.to_owned());
}

pub(super) fn show(view: &View, id: &RemoteId) -> Result<Option<Shown>> {
    let Some(it) = view.addresses.get(id.as_str())? else { return Ok(None) };
    let address = it.public_ip().and_then(|address| address.parse().ok());
    let phase = address.map_or(Phase::Pending, |address| {
        Phase::Ready(Ready::new(Attributes::ElasticIp(ElasticIpAttributes { address })))
    });
    Ok(Some(Shown::new(phase).tagged(from_ec2(it.tags()))))
}

#[expect(clippy::unnecessary_wraps, reason = "every kind's comparison has this shape")]
pub(super) fn compare(
    _view: &View,
    _id: &RemoteId,
    _request: &Request<'_>,
    _asked: &resource::ElasticIp,
    _found: &mut Differences,
) -> Result<()> {
    Ok(())
}

pub(super) async fn delete(at: At<'_>, id: &str) -> Result<()> {
    let call = at.ec2().release_address().allocation_id(id);
    match at.remove("ReleaseAddress", call.send()).await {
        Err(error) if error.provider_code() == Some("AuthFailure") => what_it_means(at, id).await,
        answer => answer.map(drop),
    }
}

/// `AuthFailure` comes for an address that is released already and now another account's, and for one that a service holds: a NAT
/// gateway does for a while after its address shows no association any more. Who may not call is told `UnauthorizedOperation`.
/// Source: `ReleaseAddress`; Error codes for the Amazon EC2 API; kubernetes/kops, what it retries.
async fn what_it_means(at: At<'_>, id: &str) -> Result<()> {
    let ids = [id.to_owned()].into();
    if family::addresses_by_id(at, &ids).await?.is_empty() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::InUse, "a service holds the address, or has just left it")
        .code("AuthFailure")
        .operation("ReleaseAddress")
        .place(at.place.clone()))
}

#[cfg(test)]
mod tests {
    use accel_core::backend::NetworkBackend as _;
    use accel_core::resource::Kind;
    use accel_core::{Place, Side};

    use super::*;
    use crate::answers::{Answers, wait};

    fn released(answers: &Answers) -> Result<()> {
        let place = Place::new(Side::Service, "eu-central-1");
        let id = RemoteId::new(Kind::ElasticIp, place, "eipalloc-1");
        wait(answers.aws().delete(&id))
    }

    #[test]
    fn an_address_that_a_service_has_just_left_is_in_use_still() {
        let refused = Answers::default().refusal("ReleaseAddress", "AuthFailure");
        for association in ["", "<associationId>eipassoc-1</associationId>"] {
            let shown = format!(
                "<addressesSet><item><allocationId>eipalloc-1</allocationId>{association}</item></addressesSet>"
            );
            let error = released(&refused.clone().to("DescribeAddresses", "", &shown)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InUse, "{association}");
        }
        assert!(released(&refused).is_ok(), "what nobody shows is gone");
        let denied = Answers::default().refusal("ReleaseAddress", "UnauthorizedOperation");
        assert_eq!(released(&denied).unwrap_err().kind(), ErrorKind::Denied);
    }
}
