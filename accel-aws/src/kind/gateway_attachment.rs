//! Attachment of an internet gateway to a VPC. Its id is put together: `igw-1/vpc-1`.

use accel_core::backend::{Phase, Request};
use accel_core::resource::Kind;
use accel_core::{RemoteId, Result, resource};

use super::{Shown, parts};
use crate::call::At;
use crate::differences::Differences;
use crate::view::{View, Want};

fn text(request: &Request<'_>, asked: &resource::GatewayAttachment) -> String {
    format!("{}/{}", request.inputs.id(&asked.gateway), request.inputs.id(&asked.vpc))
}

pub(super) async fn create(
    at: At<'_>,
    request: &Request<'_>,
    asked: &resource::GatewayAttachment,
) -> Result<String> {
    let call = at
        .ec2()
        .attach_internet_gateway()
        .internet_gateway_id(request.inputs.id(&asked.gateway).as_str())
        .vpc_id(request.inputs.id(&asked.vpc).as_str());
    at.make("AttachInternetGateway", call.send()).await?;
    Ok(text(request, asked))
}

#[expect(clippy::unused_async, reason = "every kind's search has this shape")]
pub(super) async fn candidates(
    _at: At<'_>,
    request: &Request<'_>,
    asked: &resource::GatewayAttachment,
) -> Result<Vec<String>> {
    Ok(vec![text(request, asked)])
}

pub(super) fn wants(id: &str, want: &mut Want) {
    want.gateways.insert(parts(id).0.to_owned());
}

pub(super) fn show(view: &View, id: &RemoteId) -> Result<Option<Shown>> {
    let (gateway, vpc) = parts(id.as_str());
    let Some(it) = view.gateways.get(gateway)? else { return Ok(None) };
    let attachment = it.attachments().iter().find(|it| it.vpc_id() == Some(vpc));
    // The state of an attached gateway is `available`, which the model does not know.
    let shown =
        match attachment.map(|it| it.state().map(aws_sdk_ec2::types::AttachmentStatus::as_str)) {
            None | Some(Some("detached")) => return Ok(None),
            Some(Some("attaching")) => Shown::new(Phase::Pending),
            Some(Some("detaching")) => Shown::new(Phase::Deleting),
            Some(Some(_) | None) => Shown::ready(),
        };
    let shown = shown.refers(Kind::InternetGateway, &id.place, [gateway]);
    Ok(Some(shown.refers(Kind::Vpc, &id.place, [vpc])))
}

/// Its id is its content.
#[expect(clippy::unnecessary_wraps, reason = "every kind's comparison has this shape")]
pub(super) fn compare(
    _view: &View,
    id: &RemoteId,
    request: &Request<'_>,
    asked: &resource::GatewayAttachment,
    found: &mut Differences,
) -> Result<()> {
    found.field("attachment", text(request, asked).as_str(), id.as_str());
    Ok(())
}

pub(super) async fn delete(at: At<'_>, id: &str) -> Result<()> {
    let (gateway, vpc) = parts(id);
    let call = at.ec2().detach_internet_gateway().internet_gateway_id(gateway).vpc_id(vpc);
    at.remove("DetachInternetGateway", call.send()).await.map(drop)
}
