//! The policies that endpoints have by default: who may use the services through them.

use std::collections::BTreeSet;

use serde_json::json;

use crate::id::AccountId;
use crate::spec::{Callers, canonical_json};

/// Allows principals of the service side's own account, of the caller's accounts and of the caller's organisation, and nobody else.
///
/// It refuses other accounts' credentials, unsigned calls, and URLs that other accounts have presigned. The account ids are exact: they
/// match the account of whoever signed, not the one that owns what is called.
/// Source: IAM, global condition keys `aws:PrincipalAccount` and `aws:PrincipalOrgID`.
pub fn default_endpoint_policy(own: &AccountId, callers: &Callers) -> String {
    let accounts: BTreeSet<&AccountId> = callers.accounts.iter().chain([own]).collect();
    let allow = |condition: serde_json::Value| {
        json!({
            "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*",
            "Condition": { "StringEquals": condition },
        })
    };
    let mut statements = vec![allow(json!({ "aws:PrincipalAccount": accounts }))];
    if let Some(org) = &callers.org {
        statements.push(allow(json!({ "aws:PrincipalOrgID": org })));
    }
    let document = json!({ "Version": "2012-10-17", "Statement": statements });
    canonical_json(document).to_string()
}

/// Lets everything through, as an endpoint without a policy does; said in full, so that a change of it shows.
pub(crate) fn open_endpoint_policy() -> String {
    let document = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" }],
    });
    canonical_json(document).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_own_account_exactly() {
        assert_eq!(
            default_endpoint_policy(&"111122223333".into(), &Callers::default()),
            r#"{"Statement":[{"Action":"*","Condition":{"StringEquals":{"aws:PrincipalAccount":["111122223333"]}},"Effect":"Allow","Principal":"*","Resource":"*"}],"Version":"2012-10-17"}"#
        );
    }

    #[test]
    fn is_widened_by_accounts_and_an_organisation_in_any_order() {
        let callers = |accounts: [&str; 3]| Callers {
            accounts: accounts.map(AccountId::from).to_vec(),
            org: Some("o-a1b2c3d4e5".to_owned()),
        };
        let own = AccountId::from("111122223333");
        let one = callers(["222233334444", "333344445555", "111122223333"]);
        let other = callers(["333344445555", "222233334444", "222233334444"]);
        let policy = default_endpoint_policy(&own, &one);
        assert_eq!(policy, default_endpoint_policy(&own, &other));
        assert!(policy.contains(r#"["111122223333","222233334444","333344445555"]"#), "{policy}");
        assert!(policy.contains(r#"{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}"#), "{policy}");
    }
}
