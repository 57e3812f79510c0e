//! Whom clients trust: a certificate authority that lives as long as one test.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tempfile::TempDir;

/// A certificate authority. Another one is a stranger to whoever trusts this one.
pub struct Authority {
    certificate: CertificateDer<'static>,
    pem: String,
    issuer: Issuer<'static, KeyPair>,
    dir: TempDir,
}

impl Authority {
    /// Makes one, and writes its certificate to a folder that goes when the authority is dropped.
    ///
    /// # Panics
    ///
    /// If this machine has no folder for temporary files.
    pub fn new() -> Self {
        let key = KeyPair::generate().expect("ring makes keys of the default kind");
        let mut params = named("an authority of the lab");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key).expect("an authority signs for itself");
        let dir = tempfile::tempdir().expect("there is a folder for temporary files");
        let pem = certificate.pem();
        fs::write(dir.path().join("ca.pem"), &pem).expect("a new folder can be written to");
        let certificate = certificate.der().clone();
        Self { certificate, pem, issuer: Issuer::new(params, key), dir }
    }

    /// Its own certificate, as text.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The file with its own certificate: for `SSL_CERT_FILE`, `AWS_CA_BUNDLE` and the like.
    pub fn pem_file(&self) -> PathBuf {
        self.dir.path().join("ca.pem")
    }

    /// The folder that goes when the authority does. A test may put its own files there.
    pub fn folder(&self) -> &Path {
        self.dir.path()
    }

    /// What a client trusts that trusts this authority alone.
    ///
    /// # Panics
    ///
    /// Never: its own certificate is one.
    pub fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).expect("an authority's certificate is well-formed");
        roots
    }

    /// The TLS of a client that trusts this authority alone.
    ///
    /// # Panics
    ///
    /// Never: ring speaks the default versions of TLS.
    pub fn client(&self) -> ClientConfig {
        ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring speaks the default versions of TLS")
            .with_root_certificates(self.roots())
            .with_no_client_auth()
    }

    /// The right certificate of a server of these hosts.
    pub fn identity(&self, hosts: &[&str]) -> Identity {
        self.issue(hosts, named("a service of the lab"))
    }

    /// A certificate that was right until the first day of 2021.
    pub fn expired(&self, hosts: &[&str]) -> Identity {
        let mut params = named("a service of the lab, expired");
        params.not_after = date_time_ymd(2021, 1, 1);
        self.issue(hosts, params)
    }

    fn issue(&self, hosts: &[&str], mut params: CertificateParams) -> Identity {
        let names =
            CertificateParams::new(hosts.iter().map(ToString::to_string).collect::<Vec<_>>());
        params.subject_alt_names = names.expect("hosts are names").subject_alt_names;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate().expect("ring makes keys of the default kind");
        let certificate = params.signed_by(&key, &self.issuer).expect("the authority signs");
        Identity::new(certificate.der().clone(), &key)
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").field("folder", &self.dir.path()).finish_non_exhaustive()
    }
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2049, 1, 1);
    params
}

/// Who a server says it is: a certificate and its key.
#[derive(Debug, Clone)]
pub struct Identity {
    tls: Arc<ServerConfig>,
}

impl Identity {
    fn new(certificate: CertificateDer<'static>, key: &KeyPair) -> Self {
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let tls = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring speaks the default versions of TLS")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .expect("certificate and key belong together");
        Self { tls: Arc::new(tls) }
    }

    /// The TLS of a server with this identity.
    pub fn tls(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.tls)
    }
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::ServerName;
    use rustls::{ClientConnection, ServerConnection};

    use super::*;

    const HOST: &str = "runtime.sagemaker.ap-southeast-3.amazonaws.com";

    /// A whole handshake in memory, and what a client that trusts `trusted` makes of it.
    fn meets(trusted: &Authority, identity: &Identity) -> Result<(), rustls::Error> {
        let host = ServerName::try_from(HOST).unwrap();
        let mut client = ClientConnection::new(Arc::new(trusted.client()), host).unwrap();
        let mut server = ServerConnection::new(identity.tls()).unwrap();
        while client.is_handshaking() {
            let mut sent = Vec::new();
            client.write_tls(&mut sent).unwrap();
            server.read_tls(&mut sent.as_slice()).unwrap();
            server.process_new_packets().unwrap();
            let mut answered = Vec::new();
            server.write_tls(&mut answered).unwrap();
            client.read_tls(&mut answered.as_slice()).unwrap();
            client.process_new_packets()?;
        }
        Ok(())
    }

    #[test]
    fn only_the_right_certificate_of_the_trusted_authority_is_taken() {
        let authority = Authority::new();
        assert_eq!(meets(&authority, &authority.identity(&[HOST])), Ok(()));
        let other_name = meets(&authority, &authority.identity(&["other.example.com"]));
        assert!(other_name.unwrap_err().to_string().contains("not valid for name"));
        let expired = meets(&authority, &authority.expired(&[HOST]));
        assert!(expired.unwrap_err().to_string().contains("expired"));
        let stranger = meets(&authority, &Authority::new().identity(&[HOST]));
        assert!(stranger.is_err());
    }

    #[test]
    fn its_file_is_its_certificate_and_goes_with_it() {
        let authority = Authority::new();
        let file = authority.pem_file();
        assert_eq!(fs::read_to_string(&file).unwrap(), authority.pem());
        drop(authority);
        assert!(!file.exists());
    }
}
