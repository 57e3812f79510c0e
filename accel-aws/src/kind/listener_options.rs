//! Setting: attributes of a listener.

use accel_core::backend::Request;
use accel_core::resource::Kind;
use accel_core::{RemoteId, Result, resource};
use aws_sdk_elasticloadbalancingv2::types::ListenerAttribute;

use super::{Shown, of_parent, parts};
use crate::call::At;
use crate::differences::Differences;
use crate::view::{View, Want};

pub(super) fn text(request: &Request<'_>, asked: &resource::ListenerOptions) -> String {
    format!("{}/options", request.inputs.id(&asked.listener))
}

/// Source: `ListenerAttribute`, keys.
fn wanted(asked: &resource::ListenerOptions) -> [(&'static str, String); 1] {
    [("tcp.idle_timeout.seconds", asked.idle_timeout_secs.to_string())]
}

pub(super) async fn set(
    at: At<'_>,
    request: &Request<'_>,
    asked: &resource::ListenerOptions,
) -> Result<()> {
    let attribute = |(key, value)| ListenerAttribute::builder().key(key).value(value).build();
    let call = at
        .elb()
        .modify_listener_attributes()
        .listener_arn(request.inputs.id(&asked.listener).as_str())
        .set_attributes(Some(wanted(asked).map(attribute).into()));
    at.make("ModifyListenerAttributes", call.send()).await.map(drop)
}

pub(super) fn wants(id: &str, want: &mut Want) {
    want.listeners.insert(parts(id).0.to_owned());
}

pub(super) fn wants_for(request: &Request<'_>, asked: &resource::ListenerOptions, want: &mut Want) {
    want.listener_options.insert(request.inputs.id(&asked.listener).as_str().to_owned());
}

pub(super) fn show(view: &View, id: &RemoteId) -> Result<Option<Shown>> {
    of_parent(view, Kind::Listener, id)
}

pub(super) fn compare(
    view: &View,
    request: &Request<'_>,
    asked: &resource::ListenerOptions,
    found: &mut Differences,
) -> Result<()> {
    let listener = request.inputs.id(&asked.listener);
    if let Some(is) = view.listener_options.get(listener.as_str())? {
        super::compare_options(&wanted(asked), is, found);
    }
    Ok(())
}
