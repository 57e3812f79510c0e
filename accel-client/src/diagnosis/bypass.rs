//! What leads a client around its lane.
//!
//! By the names that SDKs read. Not seen here: `endpoint_url` and its like in `~/.aws/config`, and what a program sets by itself.

use std::net::IpAddr;

use super::{Cause, Evidence, Found, Sure};

/// In the order in which most clients look.
const PROXIES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

pub(super) fn judge(evidence: &Evidence, found: &mut Found) {
    proxy(evidence, found);
    endpoint_url(evidence, found);
    let host = evidence.host.to_ascii_lowercase();
    if is_true(evidence, "AWS_USE_FIPS_ENDPOINT") && !host.contains("-fips") {
        found.add(Sure::Likely, Cause::Fips);
    }
    if is_true(evidence, "AWS_USE_DUALSTACK_ENDPOINT") && !host.contains(".api.") {
        found.add(Sure::Likely, Cause::DualStack);
    }
    let of_lane = |address: &IpAddr| match address {
        IpAddr::V4(address) => evidence.addresses.contains(address),
        IpAddr::V6(_) => false,
    };
    let outside: Vec<_> = evidence.resolved.iter().copied().filter(|it| !of_lane(it)).collect();
    if !outside.is_empty() && !evidence.addresses.is_empty() {
        found.add(Sure::Certain, Cause::ResolvedOutside { addresses: outside });
    }
}

fn proxy(evidence: &Evidence, found: &mut Found) {
    let set = |name: &&str| value(evidence, name).is_some();
    let Some(variable) = PROXIES.into_iter().find(set) else { return };
    let exempt = ["NO_PROXY", "no_proxy"].into_iter().filter_map(|name| value(evidence, name));
    if exempt.flat_map(|list| list.split(',')).any(|entry| is_exempt(&evidence.host, entry)) {
        return;
    }
    let host = value(evidence, variable).map(url_host).unwrap_or_default();
    let local =
        host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    // Not every client honours the variable: the SDK for Rust does not.
    let sure = if local { Sure::Possible } else { Sure::Likely };
    found.add(sure, Cause::Proxy { variable: variable.to_owned(), local });
}

/// As most clients read such a list: a name stands for itself and all below it, `*` for everything.
fn is_exempt(host: &str, entry: &str) -> bool {
    let entry = entry.trim().trim_start_matches("*.").trim_start_matches('.');
    let entry = entry.strip_suffix(":443").unwrap_or(entry).to_ascii_lowercase();
    let host = host.to_ascii_lowercase();
    match entry.as_str() {
        "" => false,
        "*" => true,
        name => host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')),
    }
}

fn endpoint_url(evidence: &Evidence, found: &mut Found) {
    if is_true(evidence, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") {
        return;
    }
    for (variable, url) in &evidence.environment {
        let Some(rest) = variable.strip_prefix("AWS_ENDPOINT_URL") else { continue };
        let is_meant = match rest.strip_prefix('_') {
            None => rest.is_empty(),
            Some(service) => names_service(&evidence.host, service),
        };
        if is_meant && !url.is_empty() && !url_host(url).eq_ignore_ascii_case(&evidence.host) {
            let variable = variable.clone();
            return found.add(Sure::Likely, Cause::EndpointUrl { variable });
        }
    }
}

/// `SAGEMAKER_RUNTIME` and `runtime.sagemaker.….amazonaws.com`: every word of the one is a word of the other. Services whose host has
/// other words than their name (`CLOUDWATCH`, `monitoring.…`) are missed.
fn names_service(host: &str, service: &str) -> bool {
    let words: Vec<_> = host.split(['.', '-']).collect();
    let known = |word: &str| words.iter().any(|of_host| of_host.eq_ignore_ascii_case(word));
    !service.is_empty() && service.split('_').all(known)
}

/// Without scheme, user, port and path.
fn url_host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = authority.rsplit('@').next().unwrap_or(authority);
    match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => host.split(':').next().unwrap_or(host),
    }
}

fn value<'a>(evidence: &'a Evidence, name: &str) -> Option<&'a str> {
    evidence.environment.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
}

fn is_true(evidence: &Evidence, name: &str) -> bool {
    value(evidence, name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
}
