//! Which addresses a lane can have.

use std::net::Ipv4Addr;

/// Why nobody on the internet can have this address; nothing if somebody can.
///
/// By the registry of special-purpose addresses (IANA, RFC 6890), which `Ipv4Addr::is_global` of the standard library follows but does
/// not offer yet.
pub(crate) fn not_public(address: Ipv4Addr) -> Option<&'static str> {
    let [a, b, ..] = address.octets();
    match () {
        () if address.is_loopback() => Some("is of this machine"),
        () if address.is_private() => Some("is private"),
        () if address.is_link_local() => Some("is of one link"),
        () if a == 100 && (64..128).contains(&b) => {
            Some("is shared behind a carrier's translation")
        }
        () if a == 0 || address.is_broadcast() || a >= 224 => Some("is no host's"),
        () if a == 198 && (18..20).contains(&b) => Some("is for benchmarks"),
        () => None,
    }
}
