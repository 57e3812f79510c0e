//! Which addresses a lane can have.

use std::net::Ipv4Addr;

/// Whether it is of the range for benchmarks (RFC 2544), from which the simulated cloud takes its elastic IPs: nobody is there. Settings
/// may hold it, so that a lane of that cloud can be tried; the answer of a name server is not believed.
pub(crate) fn is_simulated(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    a == 198 && (18..20).contains(&b)
}

/// Why nobody on the internet can have this address; nothing if somebody can.
///
/// By the registry of special-purpose addresses (IANA, RFC 6890), which `Ipv4Addr::is_global` of the standard library follows but does
/// not offer yet.
pub(crate) fn not_public(address: Ipv4Addr) -> Option<&'static str> {
    let [a, b, ..] = address.octets();
    match () {
        () if is_simulated(address) => Some("is for benchmarks"),
        () if address.is_loopback() => Some("is of this machine"),
        () if address.is_private() => Some("is private"),
        () if address.is_link_local() => Some("is of one link"),
        () if a == 100 && (64..128).contains(&b) => {
            Some("is shared behind a carrier's translation")
        }
        () if a == 0 || address.is_broadcast() || a >= 224 => Some("is no host's"),
        () => None,
    }
}
