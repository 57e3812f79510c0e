//! What a service answers, and what an SDK makes of it.

use std::borrow::Cow;

use super::{Cause, Evidence, Found, Sure};

/// A service takes signatures that are five minutes off; some take fifteen.
pub(super) const SKEW_SECS_MAX: i64 = 5 * 60;
/// What is read of one text.
const TEXT_BYTES_MAX: usize = 64 << 10;

const REFUSED: &str = "is not authorized to perform";

pub(super) fn judge(evidence: &Evidence, found: &mut Found) {
    if !evidence.text.is_empty() {
        let text = one_line(&evidence.text);
        policies(evidence, &text, text.contains("AccessDenied"), found);
        signature(evidence, &text, found);
    }
    for text in answers(evidence) {
        // Who does not sign is denied by some services in the same word.
        policies(evidence, &text, false, found);
        signature(evidence, &text, found);
    }
    let signed_off = skew(evidence).filter(|secs| secs.abs() > SKEW_SECS_MAX);
    if let Some(secs) = signed_off.filter(|_| !found.has("machine-clock")) {
        found.add(Sure::Likely, Cause::SignatureClock { ahead_secs: Some(secs) });
    }
}

/// What came as the answers through the lane.
fn answers(evidence: &Evidence) -> impl Iterator<Item = String> {
    let answers = evidence.lane.iter().filter_map(|attempt| attempt.answer.as_ref());
    answers.map(|answer| {
        let kind = answer.header("x-amzn-errortype").unwrap_or_default();
        one_line(&format!("{kind} {}", String::from_utf8_lossy(&answer.body)))
    })
}

/// SDKs break and indent what services say.
fn one_line(text: &str) -> String {
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].split_whitespace().collect::<Vec<_>>().join(" ")
}

fn policies(evidence: &Evidence, text: &str, denied: bool, found: &mut Found) {
    let action = between(text, "is not authorized to perform: ", " ");
    let action = action.map(|action| action.trim_end_matches([',', '.', '"']).to_owned());
    let implicit = text.contains("no VPC endpoint policy allows");
    let explicit = text.contains("explicit deny in a VPC endpoint policy");
    if implicit || explicit {
        return found.add(Sure::Certain, Cause::EndpointPolicy { action, explicit });
    }
    if !(denied || text.contains(REFUSED)) || evidence.direct_works == Some(false) {
        return;
    }
    let explicit = text.split_once("explicit deny in a");
    let explicit = explicit.map(|(_, rest)| rest.trim_start_matches('n').trim_start());
    let named = explicit.and_then(|rest| rest.split_once(" policy"));
    let named = named.map(|(kind, _)| kind).filter(|kind| kind.len() < 40);
    let policy = named.or_else(|| between(text, "because no ", " policy allows"));
    let sure = if evidence.direct_works == Some(true) { Sure::Likely } else { Sure::Possible };
    found.add(sure, Cause::SourceIp { policy: policy.map(str::to_owned) });
}

fn signature(evidence: &Evidence, text: &str, found: &mut Found) {
    let of_time = [
        "RequestTimeTooSkewed",
        "RequestExpired",
        "RequestInTheFuture",
        "Signature expired: ",
        "Signature not yet current: ",
    ];
    if of_time.iter().any(|words| text.contains(words)) {
        let ahead_secs = told_skew(text).or_else(|| skew(evidence));
        return found.add(Sure::Certain, Cause::SignatureClock { ahead_secs });
    }
    let mismatch = text.contains("SignatureDoesNotMatch")
        || text.contains("The request signature we calculated does not match");
    if mismatch {
        let host = signed_host(evidence, text);
        let sure = if host.is_some() { Sure::Certain } else { Sure::Possible };
        found.add(sure, Cause::SignedForAnotherHost { host });
    }
}

/// The load balancer's name, where it was signed: the answer of some services shows what was to be signed, else the URL tells.
fn signed_host(evidence: &Evidence, text: &str) -> Option<String> {
    let signed = between(text, "host:", " ").map(|host| host.split("\\n").next().unwrap_or(host));
    let signed = signed.map(|host| host.split(':').next().unwrap_or(host));
    let url = Some(evidence.host.as_str());
    let host = [signed, url].into_iter().flatten().find(|host| evidence.is_balancer(host))?;
    Some(host.to_owned())
}

/// By how much the two times of the answer differ: what was signed, and what the service had.
fn told_skew(text: &str) -> Option<i64> {
    if let (Some(signed), Some(service)) =
        (between(text, "<RequestTime>", "<"), between(text, "<ServerTime>", "<"))
    {
        return Some(seconds(signed)? - seconds(service)?);
    }
    let said = text.split_once("Signature ")?.1;
    let signed = between(said, ": ", " ")?;
    let service = between(said, "(", " ")?;
    Some(seconds(signed)? - seconds(service)?)
}

/// How far this machine is ahead of whoever answered, by the `Date` of the answers.
pub(super) fn skew(evidence: &Evidence) -> Option<i64> {
    let now = jiff::Timestamp::try_from(evidence.now?).ok()?.as_second();
    let answers = evidence.lane.iter().chain(&evidence.direct);
    let mut dates = answers.filter_map(|attempt| attempt.answer.as_ref()?.header("date"));
    let date = dates.find_map(|date| jiff::fmt::rfc2822::parse(date).ok())?;
    Some(now - date.timestamp().as_second())
}

/// `20140325T143453Z` as services write it, or `2015-06-04T22:26:16Z`.
fn seconds(text: &str) -> Option<i64> {
    let text: Cow<'_, str> = match text.as_bytes() {
        [digits @ .., b'Z'] if digits.len() == 15 && text.is_ascii() => {
            let part = |range: std::ops::Range<usize>| &text[range];
            let date = format!("{}-{}-{}", part(0..4), part(4..6), part(6..8));
            format!("{date}T{}:{}:{}Z", part(9..11), part(11..13), part(13..15)).into()
        }
        _ => text.into(),
    };
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let rest = text.split_once(before)?.1;
    Some(rest.split_once(after).map_or(rest, |(between, _)| between))
}
