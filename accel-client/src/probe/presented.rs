//! Whose a certificate is.

use std::fmt;
use std::net::Ipv4Addr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;
use x509_parser::time::ASN1Time;

/// The names that are kept of one certificate.
const NAMES_MAX: usize = 20;

/// The certificates that a server presented, as far as they can be read. Nobody vouches for what stands here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Presented {
    /// The hosts that the server's own certificate is for; 20 at most.
    pub names: Vec<String>,
    /// Whose the server's own certificate is.
    pub subject: String,
    /// Who issued it.
    pub issuer: String,
    /// From when on it is valid.
    pub not_before: Option<SystemTime>,
    /// Until when.
    pub not_after: Option<SystemTime>,
    /// Whose the other certificates of the chain are, in the order in which they came.
    pub chain: Vec<String>,
}

impl Presented {
    pub(super) fn read(chain: &[CertificateDer<'_>]) -> Option<Self> {
        let (leaf, others) = chain.split_first()?;
        let Ok((_, leaf)) = X509Certificate::from_der(leaf) else { return Some(Self::default()) };
        let subject = |der: &CertificateDer<'_>| {
            let parsed = X509Certificate::from_der(der).ok();
            parsed.map(|(_, certificate)| certificate.subject().to_string()).unwrap_or_default()
        };
        Some(Self {
            names: names(&leaf),
            subject: leaf.subject().to_string(),
            issuer: leaf.issuer().to_string(),
            not_before: time(leaf.validity().not_before),
            not_after: time(leaf.validity().not_after),
            chain: others.iter().map(subject).collect(),
        })
    }
}

impl fmt::Display for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.names.as_slice() {
            [] => write!(f, "{:?}", self.subject)?,
            names => f.write_str(&names.join(", "))?,
        }
        write!(f, ", issued by {:?}", self.issuer)
    }
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else { return Vec::new() };
    let name = |name: &GeneralName<'_>| {
        if let GeneralName::DNSName(name) = name {
            return Some((*name).to_owned());
        }
        let GeneralName::IPAddress(bytes) = name else { return None };
        let four = <[u8; 4]>::try_from(*bytes).ok()?;
        Some(Ipv4Addr::from(four).to_string())
    };
    extension.value.general_names.iter().filter_map(name).take(NAMES_MAX).collect()
}

fn time(at: ASN1Time) -> Option<SystemTime> {
    let secs = u64::try_from(at.timestamp()).ok()?;
    UNIX_EPOCH.checked_add(Duration::from_secs(secs))
}
