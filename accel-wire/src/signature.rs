//! Whether a request is signed by who it says: Signature Version 4, in the header.
//!
//! Source: Signature Version 4, Create a signed AWS API request; Troubleshoot signed requests for AWS APIs.

use std::time::Duration;

use accel_core::{Clock as _, SystemClock};
use hmac::{Hmac, KeyInit as _, Mac as _};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest as _, Sha256};

use crate::call::Request;
use crate::hex::hex;
use crate::moment::basic_date_time;
use crate::refusal::{Refusal, Result};
use crate::scope::Scope;
use crate::service::Service;

/// How far the client's clock may be off.
const SKEW_MAX: Duration = Duration::from_secs(5 * 60);

/// What stays as it is in a canonical request.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

const PATH: &AsciiSet = &UNRESERVED.remove(b'/');

/// Checks a request against the secret of its key.
///
/// # Errors
/// What the service answers to a signature that is incomplete, of another time, or not made with that secret.
pub(crate) fn check(scope: &Scope, request: &Request, secret: &str) -> Result<()> {
    check_at(Duration::from_millis(SystemClock.now_ms()), scope, request, secret)
}

fn check_at(now: Duration, scope: &Scope, request: &Request, secret: &str) -> Result<()> {
    let date = request.header("x-amz-date").or_else(|| request.header("date"));
    let date = date.filter(|date| is_date_time(date)).ok_or_else(|| incomplete("X-Amz-Date"))?;
    if !date.starts_with(&scope.date) {
        return Err(mismatch(scope.service));
    }
    check_time(scope.service, date, now)?;
    if !scope.signed_headers.iter().any(|name| name == "host") {
        return Err(incomplete("SignedHeaders"));
    }
    let canonical = canonical_request(scope, request)?;
    let credential_scope =
        format!("{}/{}/{}/aws4_request", scope.date, scope.region, scope.service.name());
    let digest = hex(&Sha256::digest(canonical.as_bytes()));
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{credential_scope}\n{digest}");
    let key = signing_key(secret, &scope.date, scope.region.as_str(), scope.service.name());
    // The comparison takes the same time wherever they differ.
    let verified = mac(&key, &text).verify_slice(&scope.signature);
    verified.map_err(|_| mismatch(scope.service))
}

/// Times in this form sort as they come.
fn check_time(service: Service, date: &str, now: Duration) -> Result<()> {
    let (earliest, is) = (basic_date_time(now.saturating_sub(SKEW_MAX)), basic_date_time(now));
    let latest = basic_date_time(now + SKEW_MAX);
    if date < earliest.as_str() {
        let why =
            format!("Signature expired: {date} is now earlier than {earliest} ({is} - 5 min.)");
        return Err(untimely(service, why));
    }
    if date > latest.as_str() {
        let why = format!(
            "Signature not yet current: {date} is still later than {latest} ({is} + 5 min.)"
        );
        return Err(untimely(service, why));
    }
    Ok(())
}

fn canonical_request(scope: &Scope, request: &Request) -> Result<String> {
    let mut headers = Vec::new();
    for name in &scope.signed_headers {
        let mut values = Vec::new();
        for value in request.head.headers.get_all(name) {
            let text = value.to_str().map_err(|_| mismatch(scope.service))?;
            values.push(text.split_whitespace().collect::<Vec<_>>().join(" "));
        }
        if values.is_empty() {
            return Err(mismatch(scope.service));
        }
        headers.push(format!("{name}:{}\n", values.join(",")));
    }
    let uri = &request.head.uri;
    let path = utf8_percent_encode(uri.path(), PATH).to_string();
    Ok([
        request.head.method.as_str(),
        &path,
        &canonical_query(uri.query().unwrap_or_default()),
        &headers.concat(),
        &scope.signed_headers.join(";"),
        &hex(&Sha256::digest(&request.body)),
    ]
    .join("\n"))
}

fn canonical_query(query: &str) -> String {
    let encode = |text: &str| {
        let plain = percent_decode_str(text).decode_utf8_lossy();
        utf8_percent_encode(&plain, UNRESERVED).to_string()
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (encode(name), encode(value))
    });
    let mut pairs: Vec<_> = pairs.collect();
    pairs.sort();
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

fn signing_key(secret: &str, date: &str, region: &str, service: &str) -> Vec<u8> {
    let parts = [date, region, service, "aws4_request"];
    parts.into_iter().fold(format!("AWS4{secret}").into_bytes(), |key, part| {
        mac(&key, part).finalize().into_bytes().to_vec()
    })
}

fn mac(key: &[u8], text: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::new_from_slice(key).expect("a key of any length will do");
    mac.update(text.as_bytes());
    mac
}

/// `YYYYMMDDTHHMMSSZ`.
fn is_date_time(text: &str) -> bool {
    text.len() == 16
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 => byte == b'T',
            15 => byte == b'Z',
            _ => byte.is_ascii_digit(),
        })
}

fn incomplete(what: &str) -> Refusal {
    let message = format!("Authorization header requires existence of '{what}'.");
    Refusal::new("IncompleteSignature", message)
}

/// The answer to a key that nobody has. Source: aws/aws-sdk-java-v2#2981; Common errors of the Elastic Load Balancing API;
/// yegor256/s3auth#244.
pub(crate) fn unknown_key(service: Service) -> Refusal {
    let invalid = "The security token included in the request is invalid.";
    match service {
        Service::Ec2 => not_validated(),
        Service::LoadBalancing | Service::Sts => {
            Refusal::new("InvalidClientTokenId", invalid).status(403)
        }
        Service::Quotas | Service::Tagging => Refusal::new("UnrecognizedClientException", invalid),
    }
}

fn mismatch(service: Service) -> Refusal {
    let why = "The request signature we calculated does not match the signature you provided. \
               Check your AWS Secret Access Key and signing method.";
    untimely(service, why.to_owned())
}

/// The EC2 API does not tell a clock that is off from a secret that is wrong. Source: aws/aws-sdk-java#519; aws/aws-cli#6676 (STS);
/// aws/aws-sdk-js#254 (JSON).
fn untimely(service: Service, why: String) -> Refusal {
    match service {
        Service::Ec2 => not_validated(),
        Service::LoadBalancing | Service::Sts => {
            Refusal::new("SignatureDoesNotMatch", why).status(403)
        }
        Service::Quotas | Service::Tagging => Refusal::new("InvalidSignatureException", why),
    }
}

fn not_validated() -> Refusal {
    let message = "AWS was not able to validate the provided access credentials";
    Refusal::new("AuthFailure", message).status(401)
}

#[cfg(test)]
mod tests {
    use hyper::body::Bytes;

    use super::*;

    /// The secret of the examples in the provider's documents.
    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    /// Source: Examples of how to derive a signing key for Signature Version 4, AWS General Reference.
    #[test]
    fn a_signing_key_is_the_published_one() {
        let key = signing_key(SECRET, "20150830", "us-east-1", "iam");
        let published = "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9";
        assert_eq!(hex(&key), published);
    }

    /// Source: Task 1 to 3 of Signature Version 4, AWS General Reference: `ListUsers` of IAM.
    #[test]
    fn a_signature_is_the_published_one() {
        let request = request("/?Version=2010-05-08&Action=ListUsers", "20150830T123600Z", "");
        let request = Request {
            head: {
                let mut head = request.head;
                let host = "iam.amazonaws.com".parse().unwrap();
                head.headers.insert("host", host);
                head.method = hyper::Method::GET;
                head
            },
            ..request
        };
        let authorization = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/sts/aws4_request, \
                             SignedHeaders=content-type;host;x-amz-date, Signature=00";
        let scope = Scope::read(Some(authorization)).unwrap();
        let canonical = canonical_request(&scope, &request).unwrap();
        let published = "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59";
        assert_eq!(hex(&Sha256::digest(canonical.as_bytes())), published);
        let key = signing_key(SECRET, "20150830", "us-east-1", "iam");
        let text = format!(
            "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/iam/aws4_request\n{published}"
        );
        let signature = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
        assert_eq!(hex(&mac(&key, &text).finalize().into_bytes()), signature);
    }

    fn request(uri: &str, date: &str, body: &'static str) -> Request {
        let request = hyper::Request::post(uri)
            .header("host", "localhost:1")
            .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
            .header("x-amz-date", date);
        let head = request.body(()).unwrap().into_parts().0;
        Request { head, body: Bytes::from_static(body.as_bytes()) }
    }

    /// A scope whose signature is right for a request.
    fn signed(request: &Request, signed_headers: &str) -> Scope {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=A/20260101/eu-west-1/ec2/aws4_request, \
             SignedHeaders={signed_headers}, Signature=00"
        );
        let mut scope = Scope::read(Some(&authorization)).unwrap();
        let digest = hex(&Sha256::digest(canonical_request(&scope, request).unwrap()));
        let date = request.header("x-amz-date").unwrap();
        let text =
            format!("AWS4-HMAC-SHA256\n{date}\n20260101/eu-west-1/ec2/aws4_request\n{digest}");
        let key = signing_key("secret", "20260101", "eu-west-1", "ec2");
        scope.signature = mac(&key, &text).finalize().into_bytes().to_vec();
        scope
    }

    #[test]
    fn a_request_is_as_it_was_signed_or_refused() {
        let now = Duration::from_secs(1_767_225_600 + 12 * 3600);
        let good = || request("/?b=2&a=%2f+x", "20260101T120000Z", "Action=X");
        let scope = signed(&good(), "host;x-amz-date");
        let code = |request: &Request, scope: &Scope, secret: &str| {
            check_at(now, scope, request, secret).err().map(|refusal| refusal.code.into_owned())
        };
        let refused = Some("AuthFailure".to_owned());
        assert_eq!(code(&good(), &scope, "secret"), None);
        assert_eq!(
            code(&request("/?a=%2F+x&b=2", "20260101T120000Z", "Action=X"), &scope, "secret"),
            None
        );
        assert_eq!(code(&good(), &scope, "Secret"), refused);
        for other in [
            request("/?b=3&a=%2f+x", "20260101T120000Z", "Action=X"),
            request("/x?b=2&a=%2f+x", "20260101T120000Z", "Action=X"),
            request("/?b=2&a=%2f+x", "20260101T120001Z", "Action=X"),
            request("/?b=2&a=%2f+x", "20260101T120000Z", "Action=Y"),
        ] {
            assert_eq!(code(&other, &scope, "secret"), refused);
        }
        let incomplete = Some("IncompleteSignature".to_owned());
        assert_eq!(code(&good(), &signed(&good(), "x-amz-date"), "secret"), incomplete);
        let mut missing = scope.clone();
        missing.signed_headers.push("x-amz-security-token".to_owned());
        assert_eq!(code(&good(), &missing, "secret"), refused);
    }

    #[test]
    fn a_clock_may_be_five_minutes_off() {
        for (time, fine) in
            [("115500", true), ("115459", false), ("120500", true), ("120501", false)]
        {
            let now = Duration::from_secs(1_767_225_600 + 12 * 3600);
            let request = request("/", &format!("20260101T{time}Z"), "");
            let scope = signed(&request, "host;x-amz-date");
            assert_eq!(check_at(now, &scope, &request, "secret").is_ok(), fine, "{time}");
        }
    }

    #[test]
    fn each_service_refuses_in_its_own_words() {
        let codes = |refusal: fn(Service) -> Refusal| Service::ALL.map(|it| refusal(it).code);
        let expect = [
            "AuthFailure",
            "SignatureDoesNotMatch",
            "SignatureDoesNotMatch",
            "InvalidSignatureException",
        ];
        assert_eq!(codes(mismatch)[..4], expect);
        let expect = [
            "AuthFailure",
            "InvalidClientTokenId",
            "InvalidClientTokenId",
            "UnrecognizedClientException",
        ];
        assert_eq!(codes(unknown_key)[..4], expect);
    }
}
