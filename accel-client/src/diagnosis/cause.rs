//! Everything that a lane is known to fail by.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::probe::Presented;
use crate::settings::Expired;

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The settings are too old to be used.
    SettingsExpired(Expired),
    /// A name has no address.
    Unresolved {
        /// Which name.
        name: String,
        /// What the resolver says.
        why: String,
        /// Whether it is the lane's own.
        of_lane: bool,
    },
    /// Nothing gets out of this machine, by no way.
    NoWayOut,
    /// The load balancer drops who is not in `allow`.
    NotAllowed {
        /// Whether another way works at the same time.
        direct_works: bool,
    },
    /// Behind the load balancer nobody answers.
    NoHealthyTarget {
        /// How many the control plane counts.
        counted: Option<usize>,
    },
    /// Some zones answer and some do not.
    SomeZones {
        /// Those that do not.
        silent: Vec<SocketAddr>,
        /// How many do.
        answering: usize,
    },
    /// The load balancer has forgotten an idle connection.
    IdleReset {
        /// How long it was idle, where that is known.
        idle: Option<Duration>,
        /// After how long it is forgotten.
        limit: Duration,
    },
    /// The certificate is not the service's.
    WrongCertificate {
        /// The host that was asked for.
        host: String,
        /// Whose it is.
        whose: Whose,
        /// What was presented, where it was seen.
        presented: Option<Box<Presented>>,
    },
    /// By this machine's clock the certificate is not valid now.
    MachineClock {
        /// Whether the clock is ahead of the certificate rather than behind.
        ahead: bool,
        /// What was presented, where it was seen.
        presented: Option<Box<Presented>>,
    },
    /// By the service's clock the signature is not valid now.
    SignatureClock {
        /// How far this machine's clock is ahead of the service's; negative if it is behind.
        ahead_secs: Option<i64>,
    },
    /// The policy of the lane's endpoint does not allow the call.
    EndpointPolicy {
        /// Which action.
        action: Option<String>,
        /// Whether it is denied in so many words, rather than not allowed.
        explicit: bool,
    },
    /// A policy asks for an address of the client, and there is none behind an endpoint.
    SourceIp {
        /// The kind of policy that the answer blames.
        policy: Option<String>,
    },
    /// The signature is for another host than the service's.
    SignedForAnotherHost {
        /// Which, where it is known.
        host: Option<String>,
    },
    /// A proxy variable leads around the lane.
    Proxy {
        /// Which variable.
        variable: String,
        /// Whether the proxy is on this machine, as `accel connect` is.
        local: bool,
    },
    /// A variable leads the SDK to another endpoint.
    EndpointUrl {
        /// Which variable.
        variable: String,
    },
    /// A variable lets the SDK ask for FIPS hosts, which the lane does not have.
    Fips,
    /// A variable lets the SDK ask for dual-stack hosts, which the lane does not have.
    DualStack,
    /// The host's addresses are not the lane's.
    ResolvedOutside {
        /// Those that are not.
        addresses: Vec<IpAddr>,
    },
}

/// Whose certificate was presented in place of the service's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Whose {
    /// The service's own; it is the URL that names the load balancer.
    UrlChanged,
    /// Of another service of AWS.
    AnotherService,
    /// Of somebody who makes certificates for every host: an inspecting proxy.
    Interceptor,
    /// Of a stranger.
    Stranger,
    /// It was not seen.
    Unknown,
}

impl Cause {
    /// A word for programs, which does not change.
    pub fn code(&self) -> &'static str {
        match self {
            Self::SettingsExpired(_) => "settings-expired",
            Self::Unresolved { .. } => "name-unresolved",
            Self::NoWayOut => "no-way-out",
            Self::NotAllowed { .. } => "not-allowed",
            Self::NoHealthyTarget { .. } => "no-healthy-target",
            Self::SomeZones { .. } => "some-zones",
            Self::IdleReset { .. } => "idle-reset",
            Self::WrongCertificate { .. } => "wrong-certificate",
            Self::MachineClock { .. } => "machine-clock",
            Self::SignatureClock { .. } => "signature-clock",
            Self::EndpointPolicy { .. } => "endpoint-policy",
            Self::SourceIp { .. } => "source-ip",
            Self::SignedForAnotherHost { .. } => "signed-for-another-host",
            Self::Proxy { .. } => "bypassed-by-proxy",
            Self::EndpointUrl { .. } => "bypassed-by-endpoint-url",
            Self::Fips => "bypassed-by-fips",
            Self::DualStack => "bypassed-by-dual-stack",
            Self::ResolvedOutside { .. } => "bypassed-by-address",
        }
    }

    /// What a person does about it.
    pub fn what_to_do(&self) -> String {
        match self {
            Self::SettingsExpired(_) => "take new settings: `accel outputs SPEC --json`".to_owned(),
            Self::Unresolved { of_lane: true, .. } => {
                "see with `accel status SPEC` whether the lane stands and has healthy targets; settings of a lane that was rebuilt are old".to_owned()
            }
            Self::Unresolved { of_lane: false, .. } => {
                "check the name, and this machine's DNS".to_owned()
            }
            Self::NoWayOut => "put this machine's own network right first".to_owned(),
            Self::NotAllowed { .. } => {
                "add this machine's public address (https://checkip.amazonaws.com shows it) to `allow` in the spec and deploy; else look for a firewall on this side".to_owned()
            }
            Self::NoHealthyTarget { counted: Some(0) | None } => {
                "`accel status SPEC --check` names the targets and why they do not answer".to_owned()
            }
            Self::NoHealthyTarget { counted: Some(_) } => {
                "the control plane counts healthy targets: wait for its next checks, then `accel status SPEC --check`".to_owned()
            }
            Self::SomeZones { .. } => {
                "clients that try every address still get through; `accel status SPEC --check` says what is wrong with that zone".to_owned()
            }
            Self::IdleReset { limit, .. } => format!(
                "set TCP keep-alive, or the pool's idle time, well below {} s, and try again: the call is safe to repeat only if it is idempotent",
                limit.as_secs()
            ),
            Self::WrongCertificate { whose, .. } => whose.what_to_do().to_owned(),
            Self::MachineClock { .. } => {
                "set this machine's clock; verification stays on".to_owned()
            }
            Self::SignatureClock { .. } => {
                "set the clock of the machine that signs (NTP); a lane does not change what is signed".to_owned()
            }
            Self::EndpointPolicy { .. } => {
                "let the caller's account in by `callers` in the spec (or by its own `policy`) and deploy: the caller's permissions are not at fault".to_owned()
            }
            Self::SourceIp { .. } => {
                "look for `aws:SourceIp` in the policy, and let it allow the lane's endpoint by `aws:SourceVpce` too: `accel policy SPEC --for callers`".to_owned()
            }
            Self::SignedForAnotherHost { .. } => {
                "leave the URL as the service has it (no endpoint_url): only the address that is dialled is new, `accel client SPEC` shows how".to_owned()
            }
            Self::Proxy { local: true, .. } => {
                "if that is `accel connect`, this is right; else add the host to NO_PROXY".to_owned()
            }
            Self::Proxy { local: false, variable } => {
                format!("add the host to NO_PROXY, or unset {variable} for this client")
            }
            Self::EndpointUrl { variable } => format!("unset {variable} for this client"),
            Self::Fips => "unset AWS_USE_FIPS_ENDPOINT, or build a lane to the service's FIPS endpoint".to_owned(),
            Self::DualStack => "unset AWS_USE_DUALSTACK_ENDPOINT".to_owned(),
            Self::ResolvedOutside { .. } => {
                "see what else answers for the host: `accel hosts --check`, a DNS of one's own, AAAA records".to_owned()
            }
        }
    }
}

impl Whose {
    fn what_to_do(self) -> &'static str {
        match self {
            Self::UrlChanged => {
                "take the load balancer's name out of the URL (endpoint_url): keep the service's, and dial the lane"
            }
            Self::AnotherService => {
                "see which service the lane leads to: `accel outputs SPEC`; settings of a lane that was rebuilt are old"
            }
            Self::Interceptor => {
                "exempt the host from inspection; trust the inspector's authority only if it is your own (AWS_CA_BUNDLE, SSL_CERT_FILE)"
            }
            Self::Stranger => {
                "do not go on: the address is not the lane's, or somebody is in between; `accel outputs SPEC` has the addresses"
            }
            Self::Unknown => {
                "see whose it is with `accel probe SPEC`; do not switch verification off"
            }
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SettingsExpired(_) => f.write_str("the lane's settings have expired"),
            Self::Unresolved { name, why, .. } => write!(f, "{name} has no address: {why}"),
            Self::NoWayOut => f.write_str("nothing answers this machine, not even without the lane"),
            Self::NotAllowed { direct_works: true } => f.write_str(
                "the lane does not answer and the rest of the internet does: this machine's address is not in the lane's `allow`",
            ),
            Self::NotAllowed { direct_works: false } => f.write_str(
                "the lane does not answer: this machine's address is not in its `allow`, or nothing gets out",
            ),
            Self::NoHealthyTarget { counted } => {
                f.write_str("the load balancer has no healthy target to lead to")?;
                match counted {
                    Some(count) => write!(f, ": the control plane counts {count}"),
                    None => Ok(()),
                }
            }
            Self::SomeZones { silent, answering } => {
                write!(f, "{} of {} zones do not answer: ", silent.len(), silent.len() + answering)?;
                list(f, silent)
            }
            Self::IdleReset { idle, limit } => {
                f.write_str("the connection was reset after it had been idle")?;
                if let Some(idle) = idle {
                    write!(f, " for {} s", idle.as_secs())?;
                }
                write!(f, ": the load balancer forgets it after {} s", limit.as_secs())
            }
            Self::WrongCertificate { host, whose, presented } => {
                wrong_certificate(f, host, *whose, presented.as_deref())
            }
            Self::MachineClock { ahead, presented } => machine_clock(f, *ahead, presented.as_deref()),
            Self::SignatureClock { ahead_secs } => {
                f.write_str("the signature's time is not the service's")?;
                match ahead_secs {
                    Some(secs) if *secs >= 0 => write!(f, ": this machine is {secs} s ahead"),
                    Some(secs) => write!(f, ": this machine is {} s behind", -secs),
                    None => Ok(()),
                }
            }
            Self::EndpointPolicy { action, explicit } => {
                let how = if *explicit { "denies" } else { "does not allow" };
                let action = action.as_deref().unwrap_or("this call");
                write!(f, "the policy of the lane's endpoint {how} {action}")
            }
            Self::SourceIp { policy } => {
                let policy = policy.as_deref().map_or(String::new(), |kind| format!("{kind} "));
                write!(
                    f,
                    "a {policy}policy refuses the call, as one with aws:SourceIp does to every call through an endpoint"
                )
            }
            Self::SignedForAnotherHost { host: Some(host) } => {
                write!(f, "the call is signed for {host}, which is not the service's own host")
            }
            Self::SignedForAnotherHost { host: None } => f.write_str(
                "the signature does not match: it is for another host, or made with another key",
            ),
            Self::Proxy { variable, .. } => write!(f, "{variable} leads the client around the lane"),
            Self::EndpointUrl { variable } => write!(f, "{variable} leads the SDK to another endpoint"),
            Self::Fips => f.write_str("AWS_USE_FIPS_ENDPOINT leads the SDK to a host that the lane does not have"),
            Self::DualStack => f.write_str("AWS_USE_DUALSTACK_ENDPOINT leads the SDK to a host that the lane does not have"),
            Self::ResolvedOutside { addresses } => {
                f.write_str("the client dials what is not the lane's: ")?;
                list(f, addresses)
            }
        }
    }
}

fn wrong_certificate(
    f: &mut fmt::Formatter<'_>,
    host: &str,
    whose: Whose,
    presented: Option<&Presented>,
) -> fmt::Result {
    let host = if host.is_empty() { "the host" } else { host };
    write!(f, "the certificate is not that of {host}")?;
    if let Some(presented) = presented {
        write!(f, " but of {presented}")?;
    }
    f.write_str(match whose {
        Whose::UrlChanged => ": the URL names the load balancer",
        Whose::AnotherService => ": another service of AWS",
        Whose::Interceptor => ": something on the way makes certificates of its own",
        Whose::Stranger => ": somebody else's server",
        Whose::Unknown => "",
    })
}

fn machine_clock(
    f: &mut fmt::Formatter<'_>,
    ahead: bool,
    presented: Option<&Presented>,
) -> fmt::Result {
    let how = if ahead { "has expired" } else { "is not valid yet" };
    write!(f, "by this machine's clock the certificate {how}")?;
    let end = presented.and_then(|it| if ahead { it.not_after } else { it.not_before });
    match end.and_then(|at| jiff::Timestamp::try_from(at).ok()) {
        Some(at) if ahead => {
            write!(f, " (at {at:.0}): the clock is ahead, or it is really too old")
        }
        Some(at) => write!(f, " (until {at:.0}): the clock is behind"),
        None => Ok(()),
    }
}

fn list(f: &mut fmt::Formatter<'_>, items: &[impl fmt::Display]) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        write!(f, "{}{item}", if index == 0 { "" } else { ", " })?;
    }
    Ok(())
}
