//! Tags on their way to the two APIs and back.

use accel_core::backend::Request;
use accel_core::tags::Tags;
use accel_core::{DeploymentId, Fingerprint, Owner, tags};
use aws_sdk_ec2::types::{ResourceType, Tag, TagSpecification};
use aws_sdk_elasticloadbalancingv2::types as elb;

/// The tags of a create of the EC2 API.
pub(crate) fn specification(request: &Request<'_>, of: ResourceType) -> TagSpecification {
    TagSpecification::builder().resource_type(of).set_tags(Some(for_ec2(&request.tags()))).build()
}

pub(crate) fn for_ec2(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

pub(crate) fn from_ec2(tags: &[Tag]) -> Tags {
    tags.iter().filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned()))).collect()
}

pub(crate) fn for_elb(tags: &Tags) -> Vec<elb::Tag> {
    let tag = |(key, value): (&String, &String)| elb::Tag::builder().key(key).value(value).build();
    tags.iter().map(tag).collect()
}

pub(crate) fn from_elb(tags: &[elb::Tag]) -> Tags {
    tags.iter().filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned()))).collect()
}

/// Whether tags name this deployment, compared exactly: the cloud's own filters know wildcards.
pub(crate) fn is_of(tags: &Tags, deployment: &DeploymentId) -> bool {
    tags.get(tags::DEPLOYMENT).map(String::as_str) == Some(deployment.as_str())
}

/// Whether tags name this owner.
pub(crate) fn is_owned(tags: &Tags, owner: &Owner) -> bool {
    let text = |tag: &str| tags.get(tag).map(String::as_str);
    is_of(tags, &owner.deployment)
        && text(tags::NODE) == Some(owner.node.as_str())
        && text(tags::FINGERPRINT).and_then(Fingerprint::parse) == Some(owner.fingerprint)
}
