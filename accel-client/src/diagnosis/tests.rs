//! Every diagnosis from evidence that leads to it, and evidence that is close and does not.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use super::{Cause, Diagnosis, Evidence, Sure, Whose, diagnose, of_text};
use crate::probe::{Answer, Attempt, Fault, Layer, Presented, Refusal};
use crate::settings::Expired;

const HOST: &str = "runtime.sagemaker.ap-southeast-3.amazonaws.com";
const DIAL: &str = "lane-0123.elb.ap-southeast-1.amazonaws.com";

fn evidence() -> Evidence {
    let addresses = vec!["203.0.113.7".parse().unwrap(), "203.0.113.8".parse().unwrap()];
    let host = HOST.to_owned();
    Evidence { host, dial: Some(DIAL.to_owned()), addresses, ..Evidence::default() }
}

fn attempt(zone: u8) -> Attempt {
    Attempt {
        host: HOST.to_owned(),
        address: Some(SocketAddr::from(([203, 0, 113, zone], 443))),
        connect: None,
        tls: None,
        first_byte: None,
        upload: None,
        answer: None,
        fault: None,
    }
}

fn answered(zone: u8, date: &str, kind: &str, body: &str) -> Attempt {
    let headers = vec![
        ("date".to_owned(), date.to_owned()),
        ("x-amzn-errortype".to_owned(), kind.to_owned()),
    ];
    let answer = Answer { status: 403, headers, body: body.as_bytes().to_vec() };
    let part = Some(Duration::from_millis(5));
    Attempt { connect: part, tls: part, first_byte: part, answer: Some(answer), ..attempt(zone) }
}

fn fine(zone: u8) -> Attempt {
    answered(zone, "", "MissingAuthenticationTokenException", "{}")
}

fn fault(layer: Layer, kind: ErrorKind) -> Fault {
    Fault {
        layer,
        message: kind.to_string(),
        io: Some(kind),
        tls: None,
        refusal: None,
        presented: None,
    }
}

fn failed(zone: u8, layer: Layer, kind: ErrorKind) -> Attempt {
    Attempt { fault: Some(fault(layer, kind)), ..attempt(zone) }
}

fn presenting(refusal: Refusal, names: &[&str], issuer: &str) -> Attempt {
    let presented = Presented {
        names: names.iter().map(ToString::to_string).collect(),
        issuer: issuer.to_owned(),
        not_before: Some(SystemTime::UNIX_EPOCH),
        not_after: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000)),
        ..Presented::default()
    };
    let told = fault(Layer::Tls, ErrorKind::InvalidData);
    let fault = Fault { refusal: Some(refusal), presented: Some(Box::new(presented)), ..told };
    Attempt { fault: Some(fault), ..attempt(7) }
}

#[track_caller]
fn first(evidence: &Evidence) -> Diagnosis {
    let found = diagnose(evidence);
    found.first().unwrap_or_else(|| panic!("nothing from {evidence:?}")).clone()
}

#[track_caller]
fn is(evidence: &Evidence, code: &str, sure: Sure) -> Diagnosis {
    let found = first(evidence);
    assert_eq!((found.code(), found.sure), (code, sure), "{found}");
    let text = found.to_string();
    assert!(text.lines().count() <= 3 && text.contains("\n  do: "), "{text}");
    found
}

fn with(change: impl FnOnce(&mut Evidence)) -> Evidence {
    let mut evidence = evidence();
    change(&mut evidence);
    evidence
}

#[test]
fn nothing_is_wrong_where_nothing_shows() {
    assert_eq!(diagnose(&evidence()), []);
    assert_eq!(diagnose(&with(|e| e.lane = vec![fine(7), fine(8)])), []);
    assert_eq!(of_text("ValidationException: 1 validation error detected"), []);
}

#[test]
fn silence_at_every_zone_while_the_internet_answers_is_allow() {
    let silent = |zone| failed(zone, Layer::Connect, ErrorKind::TimedOut);
    let mut evidence = with(|e| e.lane = vec![silent(7), silent(8)]);
    is(&evidence, "not-allowed", Sure::Possible);
    evidence.direct = vec![fine(1)];
    let found = is(&evidence, "not-allowed", Sure::Likely);
    assert!(found.to_string().contains("`allow`"), "{found}");
    evidence.direct = vec![silent(1)];
    is(&evidence, "no-way-out", Sure::Likely);
}

#[test]
fn refused_or_cut_at_every_zone_is_no_healthy_target() {
    for (layer, kind) in [
        (Layer::Connect, ErrorKind::ConnectionRefused),
        (Layer::Connect, ErrorKind::ConnectionReset),
        (Layer::Tls, ErrorKind::ConnectionReset),
        (Layer::Tls, ErrorKind::UnexpectedEof),
    ] {
        let mut evidence = with(|e| e.lane = vec![failed(7, layer, kind), failed(8, layer, kind)]);
        is(&evidence, "no-healthy-target", Sure::Likely);
        evidence.healthy_targets = Some(0);
        is(&evidence, "no-healthy-target", Sure::Certain);
        evidence.healthy_targets = Some(2);
        is(&evidence, "no-healthy-target", Sure::Possible);
    }
}

#[test]
fn a_lane_without_a_name_is_told_apart_from_any_other_name() {
    let why = "no such host".to_owned();
    let evidence = with(|e| e.unresolved = vec![(DIAL.to_owned(), why.clone())]);
    let found = is(&evidence, "name-unresolved", Sure::Certain);
    assert!(found.to_string().contains("accel status"), "{found}");
    let counted = Evidence { healthy_targets: Some(0), ..evidence };
    is(&counted, "no-healthy-target", Sure::Certain);
    let found = first(&with(|e| e.unresolved = vec![(HOST.to_owned(), why)]));
    assert!(matches!(found.cause, Cause::Unresolved { of_lane: false, .. }), "{found}");
}

#[test]
fn one_zone_that_fails_is_named() {
    let broken = failed(8, Layer::Connect, ErrorKind::TimedOut);
    let found = is(&with(|e| e.lane = vec![fine(7), broken]), "some-zones", Sure::Certain);
    assert!(found.to_string().contains("1 of 2 zones do not answer: 203.0.113.8:443"), "{found}");
}

#[test]
fn a_reset_after_the_limit_is_idleness_and_before_it_is_not() {
    let broken = || failed(7, Layer::Http, ErrorKind::ConnectionReset);
    let idle = |secs| {
        with(|e| {
            e.lane = vec![broken()];
            e.idle = Some(Duration::from_secs(secs));
        })
    };
    let found = is(&idle(400), "idle-reset", Sure::Certain);
    assert!(found.to_string().contains("idle for 400 s"), "{found}");
    assert!(found.to_string().contains("below 350 s"), "{found}");
    assert_eq!(diagnose(&idle(20)), []);
    let limit = Some(Duration::from_secs(10));
    is(&Evidence { idle_limit: limit, ..idle(20) }, "idle-reset", Sure::Certain);
}

#[test]
fn a_wrong_certificate_is_said_to_be_whose_it_is() {
    let whose = |attempt: Attempt| {
        let host = attempt.host.clone();
        let found = is(
            &with(|e| (e.lane, e.host) = (vec![attempt], host)),
            "wrong-certificate",
            Sure::Certain,
        );
        let Cause::WrongCertificate { whose, .. } = &found.cause else { panic!("{found}") };
        (*whose, found.to_string())
    };
    let (found, text) = whose(presenting(Refusal::UnknownIssuer, &[HOST], "CN=Corporate Proxy"));
    assert_eq!(found, Whose::Interceptor);
    assert!(text.contains("Corporate Proxy") && !text.contains("verify=False"), "{text}");
    let sqs = "sqs.ap-southeast-3.amazonaws.com";
    assert_eq!(whose(presenting(Refusal::OtherName, &[sqs], "Amazon")).0, Whose::AnotherService);
    let stranger = presenting(Refusal::OtherName, &["www.example.com"], "CN=R11");
    assert_eq!(whose(stranger).0, Whose::Stranger);
    let changed = presenting(Refusal::OtherName, &[HOST], "Amazon");
    let (found, text) = whose(Attempt { host: DIAL.to_owned(), ..changed });
    assert_eq!(found, Whose::UrlChanged);
    assert!(text.contains("endpoint_url"), "{text}");
}

#[test]
fn a_certificate_that_has_expired_is_this_machines_clock_if_others_say_so() {
    let mut evidence = with(|e| {
        e.lane = vec![presenting(Refusal::Expired, &[HOST], "Amazon")];
        e.now = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000));
    });
    is(&evidence, "machine-clock", Sure::Likely);
    // 2020-09-13, an hour before the certificate ends.
    evidence.direct = vec![answered(1, "Sun, 13 Sep 2020 11:26:40 GMT", "", "")];
    let found = is(&evidence, "machine-clock", Sure::Certain);
    assert!(found.to_string().contains("2020-09-13T12:26:40Z"), "{found}");
    evidence.direct = vec![answered(1, "Tue, 14 Nov 2023 22:13:20 GMT", "", "")];
    is(&evidence, "machine-clock", Sure::Possible);
    let early = with(|e| e.lane = vec![presenting(Refusal::NotYetValid, &[HOST], "Amazon")]);
    assert!(first(&early).to_string().contains("the clock is behind"));
}

#[test]
fn the_endpoint_policy_is_known_by_its_words() {
    let implicit = "User: arn:aws:iam::123456789012:user/John is not authorized to perform: \
        sagemaker:InvokeEndpoint because no VPC endpoint policy allows the \
        sagemaker:InvokeEndpoint action";
    let found = is(&with(|e| e.text = implicit.to_owned()), "endpoint-policy", Sure::Certain);
    assert!(found.to_string().contains("does not allow sagemaker:InvokeEndpoint\n"), "{found}");
    let explicit = r#"{"Message":"User: arn:aws:sts::1:assumed-role/r is not authorized to perform:
        sqs:SendMessage on resource: x with an explicit deny in a VPC endpoint policy"}"#;
    let answer = answered(7, "", "AccessDeniedException", explicit);
    let found = is(&with(|e| e.lane = vec![answer]), "endpoint-policy", Sure::Certain);
    assert!(found.to_string().contains("denies sqs:SendMessage\n"), "{found}");
}

#[test]
fn an_address_condition_is_as_sure_as_the_direct_call_makes_it() {
    let denied = "AccessDeniedException: User: arn:aws:iam::1:user/x is not authorized to perform: \
        sqs:SendMessage on resource: y with an explicit deny in an identity-based policy";
    let mut evidence = with(|e| e.text = denied.to_owned());
    let found = is(&evidence, "source-ip", Sure::Possible);
    assert!(found.to_string().contains("identity-based policy"), "{found}");
    assert!(found.to_string().contains("aws:SourceVpce"), "{found}");
    evidence.direct_works = Some(true);
    is(&evidence, "source-ip", Sure::Likely);
    evidence.direct_works = Some(false);
    assert_eq!(diagnose(&evidence), [], "it is refused without the lane as well");
    let unsigned = answered(7, "", "AccessDenied", "<Error><Code>AccessDenied</Code></Error>");
    assert_eq!(diagnose(&with(|e| e.lane = vec![unsigned])), [], "as S3 answers who does not sign");
    let implicit = "x is not authorized to perform: a:B because no resource-based policy allows it";
    let found = first(&with(|e| e.text = implicit.to_owned()));
    assert!(found.to_string().contains("a resource-based policy"), "{found}");
}

#[test]
fn the_time_of_a_signature_is_read_from_what_the_service_says() {
    for (text, ahead) in [
        (
            "InvalidSignatureException: Signature expired: 20140325T143453Z is now earlier than 20140325T143751Z (20140325T145251Z - 15 min.)",
            -1078,
        ),
        (
            "Signature not yet current: 20181017T093750Z is still later than 20181017T093639Z (20181017T093139Z + 5 min.)",
            371,
        ),
        (
            "<Code>RequestTimeTooSkewed</Code><RequestTime>20150604T232559Z</RequestTime><ServerTime>2015-06-04T22:26:16Z</ServerTime>",
            3583,
        ),
    ] {
        let found = is(&with(|e| e.text = text.to_owned()), "signature-clock", Sure::Certain);
        assert_eq!(found.cause, Cause::SignatureClock { ahead_secs: Some(ahead) }, "{found}");
    }
    let bare =
        is(&with(|e| e.text = "RequestTimeTooSkewed".into()), "signature-clock", Sure::Certain);
    assert_eq!(bare.cause, Cause::SignatureClock { ahead_secs: None });
}

#[test]
fn a_clock_that_is_off_shows_before_anything_is_signed() {
    let at = |secs| Some(SystemTime::UNIX_EPOCH + Duration::from_secs(secs));
    let date = "Tue, 14 Nov 2023 22:13:20 GMT";
    let mut evidence = with(|e| {
        e.lane = vec![answered(7, date, "", "")];
        e.now = at(1_700_000_000 - 3600);
    });
    let found = is(&evidence, "signature-clock", Sure::Likely);
    assert!(found.to_string().contains("3600 s behind"), "{found}");
    evidence.now = at(1_700_000_060);
    assert_eq!(diagnose(&evidence), []);
}

#[test]
fn a_signature_for_the_load_balancer_is_told_from_a_wrong_key() {
    let mismatch = "SignatureDoesNotMatch: The request signature we calculated does not match";
    is(&with(|e| e.text = mismatch.to_owned()), "signed-for-another-host", Sure::Possible);
    let changed = with(|e| (e.text, e.host) = (mismatch.to_owned(), DIAL.to_owned()));
    let found = is(&changed, "signed-for-another-host", Sure::Certain);
    assert!(found.to_string().contains(DIAL), "{found}");
    let shown = format!(
        "{mismatch} … The Canonical String for this request should have been 'GET\\n/\\n\\nhost:{DIAL}\\nx-amz-date:20150604T232559Z'"
    );
    is(&with(|e| e.text = shown), "signed-for-another-host", Sure::Certain);
}

fn variables(pairs: &[(&str, &str)]) -> Evidence {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    with(|e| e.environment = pairs.iter().map(pair).collect())
}

#[test]
fn a_proxy_variable_leads_around_the_lane_but_where_the_host_is_exempt() {
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        let found =
            is(&variables(&[(name, "http://proxy:3128")]), "bypassed-by-proxy", Sure::Likely);
        assert!(found.to_string().contains(name), "{found}");
    }
    for exempt in [HOST, ".amazonaws.com", "amazonaws.com", "x,*.amazonaws.com:443", "*"] {
        let pairs = [("HTTPS_PROXY", "http://proxy:3128"), ("no_proxy", exempt)];
        assert_eq!(diagnose(&variables(&pairs)), [], "{exempt}");
    }
    let pairs = [("HTTPS_PROXY", "http://proxy:3128"), ("NO_PROXY", "localhost,s.com")];
    is(&variables(&pairs), "bypassed-by-proxy", Sure::Likely);
    for local in ["http://127.0.0.1:8443", "http://user:word@localhost:1/", "http://[::1]:8080"] {
        let found = is(&variables(&[("HTTPS_PROXY", local)]), "bypassed-by-proxy", Sure::Possible);
        assert!(found.to_string().contains("accel connect"), "{found}");
    }
    assert_eq!(diagnose(&variables(&[("HTTPS_PROXY", ""), ("HTTP_PROXY", "http://x")])), []);
}

#[test]
fn an_endpoint_variable_counts_for_the_service_that_it_names() {
    let url = "https://lane-0123.elb.ap-southeast-1.amazonaws.com";
    for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"] {
        let found = is(&variables(&[(name, url)]), "bypassed-by-endpoint-url", Sure::Likely);
        assert!(found.to_string().contains(name), "{found}");
    }
    for harmless in [
        [("AWS_ENDPOINT_URL_S3", url), ("X", "")],
        [("AWS_ENDPOINT_URL", ""), ("X", "")],
        [
            ("AWS_ENDPOINT_URL", "https://runtime.sagemaker.ap-southeast-3.amazonaws.com/"),
            ("X", ""),
        ],
        [("AWS_ENDPOINT_URL", url), ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "True")],
    ] {
        assert_eq!(diagnose(&variables(&harmless)), [], "{harmless:?}");
    }
}

#[test]
fn fips_and_dual_stack_hosts_are_not_the_lanes() {
    is(&variables(&[("AWS_USE_FIPS_ENDPOINT", "true")]), "bypassed-by-fips", Sure::Likely);
    is(
        &variables(&[("AWS_USE_DUALSTACK_ENDPOINT", "True")]),
        "bypassed-by-dual-stack",
        Sure::Likely,
    );
    assert_eq!(diagnose(&variables(&[("AWS_USE_FIPS_ENDPOINT", "false")])), []);
    let lane = Evidence {
        host: "sqs-fips.us-east-1.amazonaws.com".to_owned(),
        ..variables(&[("AWS_USE_FIPS_ENDPOINT", "true")])
    };
    assert_eq!(diagnose(&lane), [], "a lane to the FIPS endpoint");
}

#[test]
fn an_address_that_is_not_the_lanes_is_named() {
    let dialled =
        |text: &str| with(|e| e.resolved = text.split(' ').map(|it| it.parse().unwrap()).collect());
    assert_eq!(diagnose(&dialled("203.0.113.8 203.0.113.7")), []);
    let found = is(&dialled("203.0.113.7 2001:db8::1"), "bypassed-by-address", Sure::Certain);
    assert!(found.to_string().contains("2001:db8::1\n"), "{found}");
}

#[test]
fn settings_that_have_expired_come_first() {
    let evidence = with(|e| {
        e.expired = Some(Expired { at: SystemTime::UNIX_EPOCH });
        e.lane = vec![failed(7, Layer::Connect, ErrorKind::TimedOut)];
    });
    is(&evidence, "settings-expired", Sure::Certain);
    assert_eq!(diagnose(&evidence).len(), 2);
}

#[test]
fn the_words_of_clients_are_understood() {
    for (text, code) in [
        ("botocore.exceptions.ConnectTimeoutError: Connect timeout on endpoint URL", "not-allowed"),
        ("dial tcp 203.0.113.7:443: i/o timeout", "not-allowed"),
        ("connect ECONNREFUSED 203.0.113.7:443", "no-healthy-target"),
        ("read: connection reset by peer", "idle-reset"),
        ("Error: socket hang up", "idle-reset"),
        ("peer closed connection without sending TLS close_notify", "idle-reset"),
        ("curl: (6) Could not resolve host: lane", "name-unresolved"),
        (
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch",
            "wrong-certificate",
        ),
        ("x509: certificate signed by unknown authority", "wrong-certificate"),
        ("certificate verify failed: certificate has expired", "machine-clock"),
        ("An error occurred (SignatureDoesNotMatch)", "signed-for-another-host"),
    ] {
        let found = of_text(text);
        assert_eq!(found.first().map(Diagnosis::code), Some(code), "{text}: {found:?}");
        assert!(found.iter().all(|diagnosis| diagnosis.sure > Sure::Certain), "{text}");
    }
}

#[test]
fn codes_are_words_that_differ() {
    let text = include_str!("cause.rs").split_once("pub fn code").unwrap().1;
    let text = text.split_once("pub fn what_to_do").unwrap().0;
    let codes = text.split("=> \"").skip(1).filter_map(|rest| rest.split_once('"'));
    let mut codes: Vec<_> = codes.map(|(code, _)| code).collect();
    let count = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!((codes.len(), count), (18, 18), "{codes:?}");
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,200}", stamp in "[0-9TZ:-]{0,24}") {
        drop(of_text(&text));
        drop(of_text(&format!("Signature expired: {stamp} is now earlier than {stamp} ({stamp} - {text}")));
        drop(of_text(&format!("RequestTimeTooSkewed<RequestTime>{stamp}</RequestTime><ServerTime>{stamp}<")));
        let environment = [("HTTPS_PROXY".to_owned(), text.clone()), ("NO_PROXY".to_owned(), text)];
        drop(diagnose(&Evidence { environment: environment.into(), ..evidence() }));
    }
}
