//! What clients of all languages say of a connection that fails. Their words tell the layer, seldom the reason.

use super::{Cause, Evidence, Found, Sure, Whose};

/// Closed where something should have come: curl and OpenSSL, Python, Node, Go, Java, hyper and rustls.
const CUT: [&str; 12] = [
    "connection reset",
    "econnreset",
    "connection aborted",
    "connection was closed before",
    "connection was forcibly closed",
    "socket hang up",
    "broken pipe",
    "unexpected eof",
    "unexpected end of file",
    "incompletemessage",
    "connection closed before message completed",
    "close_notify",
];
const SILENT: [&str; 6] = [
    "connect timeout",
    "connecttimeout",
    "connection timed out",
    "etimedout",
    "i/o timeout",
    "connecttimeoutexception",
];
const REFUSED: [&str; 2] = ["connection refused", "econnrefused"];
const UNRESOLVED: [&str; 7] = [
    "could not resolve host",
    "enotfound",
    "eai_again",
    "name or service not known",
    "nodename nor servname",
    "no such host",
    "unknownhostexception",
];
const OTHER_NAME: [&str; 6] = [
    "not valid for name",
    "notvalidforname",
    "hostname mismatch",
    "does not match certificate's altnames",
    "no alternative certificate subject name matches",
    "certificate is valid for",
];
const UNKNOWN_ISSUER: [&str; 6] = [
    "unknownissuer",
    "unable to get local issuer certificate",
    "self-signed certificate",
    "self signed certificate",
    "certificate signed by unknown authority",
    "unable to find valid certification path",
];
const EXPIRED: [&str; 3] = ["certificate has expired", "certificate expired", "certificateexpired"];
const NOT_YET: [&str; 3] =
    ["certificate is not yet valid", "certificate not valid yet", "notvalidyet"];

pub(super) fn judge(evidence: &Evidence, found: &mut Found) {
    let text = evidence.text.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let host = evidence.host.clone();
    let certificate =
        |whose| Cause::WrongCertificate { host: host.clone(), whose, presented: None };
    if says(&OTHER_NAME) {
        let changed = text.contains(".elb.") || evidence.is_balancer(&evidence.host);
        let whose = if changed { Whose::UrlChanged } else { Whose::Unknown };
        found.add(Sure::Likely, certificate(whose));
    } else if says(&UNKNOWN_ISSUER) {
        found.add(Sure::Likely, certificate(Whose::Interceptor));
    } else if says(&EXPIRED) || says(&NOT_YET) {
        found.add(Sure::Likely, Cause::MachineClock { ahead: says(&EXPIRED), presented: None });
    } else if says(&UNRESOLVED) {
        let why = "the client's resolver knows none".to_owned();
        let of_lane = evidence.is_balancer(&host) || text.contains(".elb.");
        let name = if host.is_empty() { "the host".to_owned() } else { host };
        found.add(Sure::Likely, Cause::Unresolved { name, why, of_lane });
    } else if says(&SILENT) {
        let direct_works = evidence.direct_works == Some(true);
        found.add(Sure::Possible, Cause::NotAllowed { direct_works });
    } else if says(&REFUSED) {
        found.add(Sure::Possible, Cause::NoHealthyTarget { counted: evidence.healthy_targets });
    } else if says_cut(&text) {
        let cause = Cause::IdleReset { idle: evidence.idle, limit: evidence.idle_limit() };
        if evidence.idle.is_none() {
            found.add(Sure::Possible, cause);
        }
        found.add(Sure::Possible, Cause::NoHealthyTarget { counted: evidence.healthy_targets });
    }
}

pub(super) fn says_cut(text: &str) -> bool {
    let text = text.to_lowercase();
    CUT.iter().any(|words| text.contains(words))
}
