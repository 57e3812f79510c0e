//! Name, TCP and TLS: what became of the attempts.

use std::io::ErrorKind;

use super::{Cause, Evidence, Found, Sure, Whose};
use crate::hosts::is_of_aws;
use crate::probe::{Attempt, Fault, Layer, Presented, Refusal};
use crate::settings::HostName;

pub(super) fn judge(evidence: &Evidence, found: &mut Found) {
    names(evidence, found);
    for attempt in &evidence.lane {
        if let Some(fault) = &attempt.fault {
            certificate(evidence, attempt, fault, found);
        }
    }
    idle(evidence, found);
    zones(evidence, found);
}

fn names(evidence: &Evidence, found: &mut Found) {
    let told = evidence.unresolved.iter().map(|(name, why)| (name.clone(), why.clone()));
    let of_attempts = evidence.lane.iter().filter_map(|attempt| {
        let fault = attempt.fault.as_ref().filter(|fault| fault.layer == Layer::Dns)?;
        let name = evidence.dial.clone().unwrap_or_else(|| attempt.host.clone());
        Some((name, fault.message.clone()))
    });
    for (name, why) in told.chain(of_attempts) {
        let of_lane = evidence.is_balancer(&name);
        if of_lane && evidence.healthy_targets == Some(0) {
            found.add(Sure::Certain, Cause::NoHealthyTarget { counted: Some(0) });
        }
        found.add(Sure::Certain, Cause::Unresolved { name, why, of_lane });
    }
}

fn certificate(evidence: &Evidence, attempt: &Attempt, fault: &Fault, found: &mut Found) {
    let presented = fault.presented.clone();
    let (host, seen) = (attempt.host.clone(), presented.as_deref());
    match fault.refusal {
        Some(Refusal::OtherName | Refusal::UnknownIssuer) => {
            let whose = whose(evidence, &host, seen, fault.refusal == Some(Refusal::UnknownIssuer));
            found.add(Sure::Certain, Cause::WrongCertificate { host, whose, presented });
        }
        Some(Refusal::Expired) => {
            found.add(clock(evidence), Cause::MachineClock { ahead: true, presented });
        }
        Some(Refusal::NotYetValid) => {
            found.add(clock(evidence), Cause::MachineClock { ahead: false, presented });
        }
        Some(Refusal::Other) => {
            let whose = Whose::Unknown;
            found.add(Sure::Likely, Cause::WrongCertificate { host, whose, presented });
        }
        None => {}
    }
}

fn whose(evidence: &Evidence, host: &str, seen: Option<&Presented>, unknown: bool) -> Whose {
    let Some(seen) = seen else { return Whose::Unknown };
    let names: Vec<_> = seen.names.iter().filter_map(|name| HostName::new(name).ok()).collect();
    let of_host = names.iter().any(|name| name.covers(host));
    let of_aws = !names.is_empty()
        && names.iter().all(|name| is_of_aws(name.as_str().trim_start_matches("*.")));
    match () {
        () if unknown && of_host => Whose::Interceptor,
        () if unknown => Whose::Stranger,
        () if evidence.is_balancer(host) && of_aws => Whose::UrlChanged,
        () if of_aws => Whose::AnotherService,
        () => Whose::Stranger,
    }
}

/// Other people's clocks say whose is wrong.
fn clock(evidence: &Evidence) -> Sure {
    match super::aws::skew(evidence) {
        Some(secs) if secs.abs() > super::aws::SKEW_SECS_MAX => Sure::Certain,
        // The clocks agree: then it is the certificate.
        Some(_) => Sure::Possible,
        None => Sure::Likely,
    }
}

fn idle(evidence: &Evidence, found: &mut Found) {
    let (Some(idle), limit) = (evidence.idle, evidence.idle_limit()) else { return };
    let broken = evidence.lane.iter().filter_map(|attempt| attempt.fault.as_ref()).any(is_cut);
    if idle >= limit && (broken || super::words::says_cut(&evidence.text)) {
        found.add(Sure::Certain, Cause::IdleReset { idle: Some(idle), limit });
    }
}

fn zones(evidence: &Evidence, found: &mut Found) {
    let lane = &evidence.lane;
    let (answering, failing): (Vec<_>, Vec<_>) =
        lane.iter().partition(|attempt| attempt.is_answered());
    let faults: Vec<_> = failing.iter().filter_map(|attempt| attempt.fault.as_ref()).collect();
    if !answering.is_empty() && !faults.is_empty() {
        let silent = failing.iter().filter_map(|attempt| attempt.address).collect();
        let cause = Cause::SomeZones { silent, answering: answering.len() };
        return found.add(Sure::Certain, cause);
    }
    if faults.is_empty() || found.has("idle-reset") {
        return;
    }
    let direct_works = evidence.direct.iter().any(|attempt| attempt.connect.is_some());
    if faults.iter().all(|fault| fault.layer == Layer::Connect && is_silence(fault)) {
        let all_silent = !evidence.direct.is_empty() && !direct_works;
        let (sure, cause) = match () {
            () if all_silent => (Sure::Likely, Cause::NoWayOut),
            () if direct_works => (Sure::Likely, Cause::NotAllowed { direct_works }),
            () => (Sure::Possible, Cause::NotAllowed { direct_works }),
        };
        found.add(sure, cause);
    }
    if faults.iter().all(|fault| fault.layer <= Layer::Tls && is_cut(fault)) {
        let counted = evidence.healthy_targets;
        let sure = match counted {
            Some(0) => Sure::Certain,
            Some(_) => Sure::Possible,
            None => Sure::Likely,
        };
        found.add(sure, Cause::NoHealthyTarget { counted });
    }
}

/// A router on the way may say what silence says.
fn is_silence(fault: &Fault) -> bool {
    let unreachable = [ErrorKind::HostUnreachable, ErrorKind::NetworkUnreachable];
    fault.is_timeout() || fault.io.is_some_and(|kind| unreachable.contains(&kind))
}

/// Refused, reset, or closed where something should have come.
fn is_cut(fault: &Fault) -> bool {
    const CUT: [ErrorKind; 5] = [
        ErrorKind::ConnectionRefused,
        ErrorKind::ConnectionReset,
        ErrorKind::ConnectionAborted,
        ErrorKind::BrokenPipe,
        ErrorKind::UnexpectedEof,
    ];
    fault.refusal.is_none()
        && (fault.io.is_some_and(|kind| CUT.contains(&kind))
            || super::words::says_cut(&fault.message))
}
