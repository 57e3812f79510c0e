//! Who calls what and where, from what a request's signature says of itself.

use std::collections::BTreeMap;

use accel_core::{AccountId, Region};
use accel_mock::Caller;

use crate::hex::unhex;
use crate::refusal::{Refusal, Result};
use crate::server::AccessKey;
use crate::service::Service;
use crate::signature;

/// The scope of a signature and the signature. Source: Signature Version 4,
/// `Credential=KEY/DATE/REGION/SERVICE/aws4_request, SignedHeaders=NAME;NAME, Signature=HEX`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scope {
    pub(crate) access_key: String,
    pub(crate) date: String,
    pub(crate) region: Region,
    pub(crate) service: Service,
    pub(crate) signed_headers: Vec<String>,
    pub(crate) signature: Vec<u8>,
}

impl Scope {
    /// # Errors
    /// That there is no signature, or one for a service that is not served.
    pub(crate) fn read(authorization: Option<&str>) -> Result<Self> {
        let Some(header) = authorization else {
            let message = "Request is missing Authentication Token";
            return Err(Refusal::new("MissingAuthenticationToken", message).status(403));
        };
        let rest = header.strip_prefix("AWS4-HMAC-SHA256").unwrap_or_default();
        let part = |name: &str| {
            let found =
                rest.split(',').find_map(|it| it.trim().strip_prefix(name)?.strip_prefix('='));
            found.ok_or_else(|| incomplete(name))
        };
        let credential: Vec<&str> = part("Credential")?.split('/').collect();
        let [access_key, date, region, service, "aws4_request"] = *credential else {
            return Err(incomplete("Credential"));
        };
        let known = Service::ALL.into_iter().find(|it| it.name() == service);
        let service = known
            .ok_or_else(|| Refusal::not_simulated(format!("the service {service}")).status(404))?;
        let signature = unhex(part("Signature")?).ok_or_else(|| incomplete("Signature"))?;
        Ok(Self {
            access_key: access_key.to_owned(),
            date: date.to_owned(),
            region: Region::from(region),
            service,
            signed_headers: part("SignedHeaders")?.split(';').map(str::to_owned).collect(),
            signature,
        })
    }

    /// Whose call it is; and what it must be signed with, if anybody looks at that.
    ///
    /// # Errors
    /// That nobody has this key, where keys have secrets.
    pub(crate) fn caller<'k>(
        &self,
        keys: &'k BTreeMap<String, AccessKey>,
        usual: &AccountId,
    ) -> Result<(Caller, Option<&'k str>)> {
        let known = keys.get(&self.access_key);
        if known.is_none() && keys.values().any(|key| key.secret.is_some()) {
            return Err(signature::unknown_key(self.service));
        }
        let account = known.map_or(usual, |key| &key.account).clone();
        let caller = Caller { account, region: self.region.clone() };
        Ok((caller, known.and_then(|key| key.secret.as_deref())))
    }

    /// All that a log may say of an access key.
    pub(crate) fn last_four(&self) -> String {
        let skip = self.access_key.chars().count().saturating_sub(4);
        self.access_key.chars().skip(skip).collect()
    }
}

fn incomplete(what: &str) -> Refusal {
    let message = format!("Authorization header requires '{what}' parameter.");
    Refusal::new("IncompleteSignature", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260101/eu-west-1/ec2/aws4_request, \
                          SignedHeaders=host;x-amz-date, Signature=00ff";

    #[test]
    fn a_signature_says_who_where_and_what() {
        let scope = Scope::read(Some(HEADER)).unwrap();
        assert_eq!((scope.region.as_str(), scope.service), ("eu-west-1", Service::Ec2));
        assert_eq!((scope.signed_headers.len(), scope.signature.as_slice()), (2, &[0, 255][..]));
        assert_eq!(scope.last_four(), "MPLE");
    }

    #[test]
    fn a_key_says_whose_call_it_is_and_nobodys_is_refused_where_keys_have_secrets() {
        let scope = Scope::read(Some(HEADER)).unwrap();
        let usual = AccountId::from("1");
        let with = |key: &str, secret: Option<&str>| {
            let known = AccessKey { account: "2".into(), secret: secret.map(str::to_owned) };
            let keys = [(key.to_owned(), known)].into();
            let (caller, secret) = scope.caller(&keys, &usual).ok()?;
            Some((caller.account.to_string(), secret.map(str::to_owned)))
        };
        assert_eq!(with("AKIAEXAMPLE", None), Some(("2".into(), None)));
        assert_eq!(with("AKIAEXAMPLE", Some("s")), Some(("2".into(), Some("s".into()))));
        assert_eq!(with("AKIAOTHER", None), Some(("1".into(), None)));
        assert_eq!(with("AKIAOTHER", Some("s")), None);
    }

    #[test]
    fn what_is_not_signed_or_not_served_is_refused() {
        let other = HEADER.replace("/ec2/", "/s3/");
        let (cut, odd) = (HEADER.replace("Signature=00ff", ""), HEADER.replace("00ff", "0"));
        for (header, code) in [
            (None, "MissingAuthenticationToken"),
            (Some("Basic abc"), "IncompleteSignature"),
            (Some("AWS4-HMAC-SHA256 Credential=A/B"), "IncompleteSignature"),
            (Some(&*cut), "IncompleteSignature"),
            (Some(&*odd), "IncompleteSignature"),
            (Some(&*other), "UnsupportedOperation"),
        ] {
            assert_eq!(Scope::read(header).unwrap_err().code, code, "{header:?}");
        }
    }
}
