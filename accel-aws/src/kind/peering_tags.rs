//! Setting: tags on the accepter's side of a peering connection. Its id is the connection's own.

use accel_core::backend::Request;
use accel_core::resource::Kind;
use accel_core::tags::Ownership;
use accel_core::{RemoteId, Result, resource};

use super::{Shown, show as show_thing};
use crate::call::At;
use crate::differences::Differences;
use crate::tags::{for_ec2, from_ec2};
use crate::view::{View, Want};

pub(super) fn text(request: &Request<'_>, asked: &resource::PeeringTags) -> String {
    request.inputs.id(&asked.peering).as_str().to_owned()
}

/// Tags are kept per side. Source: VPC peering basics; `CreateTags`.
pub(super) async fn set(
    at: At<'_>,
    request: &Request<'_>,
    asked: &resource::PeeringTags,
) -> Result<()> {
    let call = at
        .ec2()
        .create_tags()
        .resources(text(request, asked))
        .set_tags(Some(for_ec2(&request.tags())));
    at.make("CreateTags", call.send()).await.map(drop)
}

pub(super) fn wants(id: &str, want: &mut Want) {
    want.peerings.insert(id.to_owned());
}

pub(super) fn wants_for(request: &Request<'_>, asked: &resource::PeeringTags, want: &mut Want) {
    want.peerings.insert(text(request, asked));
}

/// With the tags of its side: they are what it sets, and the user's go beside them.
pub(super) fn show(view: &View, id: &RemoteId) -> Result<Option<Shown>> {
    let connection = super::id(Kind::PeeringConnection, &id.place, id.as_str());
    let shown = show_thing(view, &connection)?;
    Ok(shown.map(|mut connection| {
        let tags = std::mem::take(&mut connection.tags);
        super::as_setting(connection).tagged(tags)
    }))
}

/// Whose it is must agree; which run wrote that does not matter.
pub(super) fn compare(
    view: &View,
    request: &Request<'_>,
    asked: &resource::PeeringTags,
    found: &mut Differences,
) -> Result<()> {
    let it = view.peerings.get(&text(request, asked))?;
    let tags = it.map(|it| from_ec2(it.tags())).unwrap_or_default();
    let is = Ownership::read(&tags).map(|ownership| ownership.owner);
    if is.as_ref() != Some(request.owner) {
        let is = is.map_or_else(|| "nobody".to_owned(), |owner| owner.to_string());
        found.push("owner", &request.owner.to_string(), &is);
    }
    Ok(())
}
