//! Who calls what and where, from the scope of a request's signature.

use std::collections::BTreeMap;

use accel_core::{AccountId, Region};
use accel_mock::Caller;

use crate::refusal::{Refusal, Result};
use crate::service::Service;

/// The scope of a signature. Source: Signature Version 4, `Credential=KEY/DATE/REGION/SERVICE/aws4_request`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scope {
    pub(crate) access_key: String,
    pub(crate) region: Region,
    pub(crate) service: Service,
}

impl Scope {
    /// # Errors
    /// That there is no signature, or one for a service that is not served.
    pub(crate) fn read(authorization: Option<&str>) -> Result<Self> {
        let Some(header) = authorization else {
            let message = "Request is missing Authentication Token";
            return Err(Refusal::new("MissingAuthenticationToken", message).status(403));
        };
        let credential = header
            .strip_prefix("AWS4-HMAC-SHA256")
            .and_then(|rest| rest.split(',').find_map(|it| it.trim().strip_prefix("Credential=")));
        let parts: Vec<&str> = credential.unwrap_or_default().split('/').collect();
        let [access_key, _date, region, service, "aws4_request"] = *parts else {
            let message = "Authorization header requires 'Credential' parameter.";
            return Err(Refusal::new("IncompleteSignature", message));
        };
        let known = Service::ALL.into_iter().find(|it| it.name() == service);
        let service = known
            .ok_or_else(|| Refusal::not_simulated(format!("the service {service}")).status(404))?;
        Ok(Self { access_key: access_key.to_owned(), region: Region::from(region), service })
    }

    pub(crate) fn caller(
        &self,
        accounts: &BTreeMap<String, AccountId>,
        usual: &AccountId,
    ) -> Caller {
        let account = accounts.get(&self.access_key).unwrap_or(usual).clone();
        Caller { account, region: self.region.clone() }
    }

    /// All that a log may say of an access key.
    pub(crate) fn last_four(&self) -> String {
        let skip = self.access_key.chars().count().saturating_sub(4);
        self.access_key.chars().skip(skip).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_says_who_where_and_what() {
        let header = "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260101/eu-west-1/ec2/aws4_request, SignedHeaders=host, Signature=0";
        let scope = Scope::read(Some(header)).unwrap();
        assert_eq!((scope.region.as_str(), scope.service), ("eu-west-1", Service::Ec2));
        assert_eq!(scope.last_four(), "MPLE");
        let accounts = [("AKIAEXAMPLE".to_owned(), AccountId::from("2"))].into();
        assert_eq!(scope.caller(&accounts, &AccountId::from("1")).account.as_str(), "2");
    }

    #[test]
    fn what_is_not_signed_or_not_served_is_refused() {
        for (header, code) in [
            (None, "MissingAuthenticationToken"),
            (Some("Basic abc"), "IncompleteSignature"),
            (Some("AWS4-HMAC-SHA256 Credential=A/B"), "IncompleteSignature"),
            (
                Some("AWS4-HMAC-SHA256 Credential=A/1/eu-west-1/s3/aws4_request"),
                "UnsupportedOperation",
            ),
        ] {
            assert_eq!(Scope::read(header).unwrap_err().code, code, "{header:?}");
        }
    }
}
