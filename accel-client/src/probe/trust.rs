//! Who may vouch for a service: the roots of this machine, and those that a caller adds. Nothing can be taken away from verification.

use std::fmt;
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::Presented;

/// The certificate authorities that are trusted.
#[derive(Clone)]
pub struct Trust {
    provider: Arc<CryptoProvider>,
    verifier: Arc<WebPkiServerVerifier>,
    roots: usize,
}

impl Trust {
    /// Those that this machine trusts. `SSL_CERT_FILE` and `SSL_CERT_DIR` say otherwise, as they do to OpenSSL.
    ///
    /// # Errors
    ///
    /// If there are none.
    pub fn system() -> Result<Self, TrustError> {
        Self::system_and(&[])
    }

    /// Those that this machine trusts, and more in PEM.
    ///
    /// # Errors
    ///
    /// If there are none at all, or an addition holds no certificate.
    pub fn system_and(pems: &[Vec<u8>]) -> Result<Self, TrustError> {
        let found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(found.certs);
        for pem in pems {
            let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
            let read = read.map_err(|error| TrustError::Malformed(error.to_string()))?;
            if read.is_empty() {
                return Err(TrustError::Malformed("it holds no certificate".to_owned()));
            }
            for certificate in read {
                let refused = |error: Error| TrustError::Malformed(error.to_string());
                roots.add(certificate).map_err(refused)?;
            }
        }
        if roots.is_empty() {
            let why: Vec<_> = found.errors.iter().map(ToString::to_string).collect();
            return Err(TrustError::Nobody(why.join("; ")));
        }
        Ok(Self::of(roots))
    }

    fn of(roots: RootCertStore) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let count = roots.len();
        let builder =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let verifier = builder.build().expect("there are roots, and no revocation lists");
        Self { provider, verifier, roots: count }
    }

    /// For one handshake, in full: nothing of an earlier one is used, and nothing is kept for the next.
    pub(super) fn config(&self) -> (ClientConfig, Seen) {
        let seen = Seen::default();
        let recording = Recording { inner: Arc::clone(&self.verifier), seen: seen.clone() };
        let mut config = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .expect("ring has what TLS 1.2 and 1.3 need")
            // The name of that method warns of verifiers that accept. This one only looks on while the usual one decides.
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(recording))
            .with_no_client_auth();
        config.resumption = Resumption::disabled();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        (config, seen)
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust").field("roots", &self.roots).finish_non_exhaustive()
    }
}

/// Why nobody can be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// This machine trusts nobody.
    #[error("no certificate authority is trusted here: install ca-certificates or set SSL_CERT_FILE{}", reasons(.0))]
    Nobody(String),
    /// What was to be trusted besides is no certificate.
    #[error("not a certificate in PEM: {0}")]
    Malformed(String),
}

fn reasons(why: &str) -> String {
    if why.is_empty() { String::new() } else { format!(" ({why})") }
}

/// What a server presented in one handshake.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen(Arc<OnceLock<Vec<CertificateDer<'static>>>>);

impl Seen {
    pub(super) fn presented(&self) -> Option<Presented> {
        Presented::read(self.0.get()?)
    }
}

/// Keeps what was presented, and leaves every decision to the usual verifier.
#[derive(Debug)]
struct Recording {
    inner: Arc<WebPkiServerVerifier>,
    seen: Seen,
}

impl ServerCertVerifier for Recording {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.seen.0.get_or_init(|| {
            let all = [end_entity].into_iter().chain(intermediates);
            all.map(|certificate| certificate.clone().into_owned()).collect()
        });
        self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
