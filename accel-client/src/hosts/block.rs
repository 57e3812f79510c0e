//! What is put into a hosts file for one lane.

use std::fmt;
use std::net::Ipv4Addr;
use std::time::SystemTime;

use super::HostsError;
use crate::address;
use crate::settings::{HostName, Service, Settings};

pub(super) const BEGIN: &str = "# BEGIN accel lane=";
pub(super) const END: &str = "# END accel lane=";

/// The name of a lane in its markers: long enough for any deployment, short enough for every resolver's line.
const LANE_BYTES_MAX: usize = 64;

/// The suffixes of AWS's own names in every partition.
///
/// `dnsSuffix` and `dualStackDnsSuffix` of the partitions in the endpoint rules of aws-sdk-sts 1.97 and in botocore's
/// `partitions.json`. Customers have names below some of them too (those of load balancers): the suffix keeps a wrong or hostile
/// document from taking names of anybody but AWS's customers and AWS.
const SUFFIXES: [&str; 14] = [
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "api.aws",
    "api.amazonwebservices.com.cn",
    "api.amazonwebservices.eu",
    "api.aws.hci.ic.gov",
    "api.aws.ic.gov",
    "api.aws.scloud",
    "api.cloud-aws.adc-e.uk",
    "c2s.ic.gov",
    "cloud.adc-e.uk",
    "csp.hci.ic.gov",
    "sc2s.sgov.gov",
];

/// The lines of one lane, with the markers around them. [`Display`](fmt::Display) gives the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostsBlock {
    pub(super) lane: String,
    pub(super) generation: String,
    pub(super) expires: Option<SystemTime>,
    pub(super) lines: Vec<(Ipv4Addr, HostName)>,
}

impl HostsBlock {
    /// The block of a lane whose settings hold addresses ([`look_up`](super::look_up) finds them where they hold none).
    ///
    /// # Errors
    ///
    /// If the settings have expired, or with every reason why they cannot stand in a hosts file: no name of a deployment, a pattern, a
    /// name that is not AWS's, no address, or a private one without `allow_private`.
    pub fn new(settings: &Settings, now: SystemTime) -> Result<Self, HostsError> {
        settings.valid_at(now)?;
        let mut reasons = Vec::new();
        if let Err(why) = lane_name(&settings.deployment) {
            reasons.push(format!("deployment {why}: the block is found again by it"));
        }
        if !settings.generation.is_empty() && !is_word(&settings.generation) {
            reasons.push("generation is more than one word of letters, digits, -, _ and .".into());
        }
        for service in &settings.services {
            judge(service, &mut reasons);
        }
        if !reasons.is_empty() {
            return Err(HostsError::Unfit(reasons));
        }
        let lines = settings.services.iter().flat_map(|service| {
            let of_host = |host: &HostName| {
                let pair = |address: &Ipv4Addr| (*address, host.clone());
                service.addresses.iter().map(pair).collect::<Vec<_>>()
            };
            service.hosts.iter().flat_map(of_host).collect::<Vec<_>>()
        });
        Ok(Self {
            lane: settings.deployment.clone(),
            generation: settings.generation.clone(),
            expires: settings.expires,
            lines: lines.collect(),
        })
    }

    /// The deployment.
    pub fn lane(&self) -> &str {
        &self.lane
    }

    /// Whether an address is one that only simulated clouds give out: on a machine that works, such a block breaks what it names.
    pub fn is_simulated(&self) -> bool {
        self.lines.iter().any(|(address, _)| address::is_simulated(*address))
    }

    /// The addresses, each with a host that is dialled at it.
    pub fn lines(&self) -> impl Iterator<Item = (Ipv4Addr, &str)> {
        self.lines.iter().map(|(address, host)| (*address, host.as_str()))
    }

    /// The text with the line endings of the file; the note goes behind the begin marker.
    pub(super) fn text(&self, newline: &str, note: &str) -> String {
        let Self { lane, generation, .. } = self;
        let generation = if generation.is_empty() { "-" } else { generation };
        let expires = self.expires.and_then(|at| jiff::Timestamp::try_from(at).ok());
        let expires = expires.map_or_else(|| "never".to_owned(), |at| format!("{at:.0}"));
        let mut lines = vec![
            format!(
                "{}{lane} generation={generation} expires={expires}{note}",
                BEGIN
            ),
            "# accel: all programs of this machine dial the lane for these hosts; names and TLS stay the service's own".to_owned(),
            "# accel: a new generation has other addresses: run `accel hosts SPEC --apply` again, best by a timer".to_owned(),
            "# accel: idle connections are forgotten after 350 s: clients keep them alive below that".to_owned(),
            format!("# accel: taken out by `accel hosts --remove --name {lane}`"),
        ];
        lines.extend(self.lines.iter().map(|(address, host)| format!("{address} {host}")));
        lines.push(format!("{END}{lane}"));
        lines.push(String::new());
        lines.join(newline)
    }
}

impl fmt::Display for HostsBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text("\n", ""))
    }
}

fn judge(service: &Service, reasons: &mut Vec<String>) {
    for host in &service.hosts {
        if host.is_pattern() {
            reasons.push(format!(
                "{host} is a pattern, which no hosts file knows: use `accel connect`, or settings that name the hosts"
            ));
        } else if !is_of_aws(host.as_str()) {
            reasons.push(format!(
                "{host} is no name of AWS: a lane in a hosts file takes no others from a whole machine"
            ));
        }
    }
    if service.addresses.is_empty() {
        reasons.push(format!("{} has no address yet: look up what it dials", service.name));
    }
    for address in &service.addresses {
        let believed = service.allow_private || address::is_simulated(*address);
        if let Some(why) = address::not_public(*address).filter(|_| !believed) {
            reasons.push(format!("{address} {why}: `allow_private` says that it is the lane's"));
        }
    }
}

/// Whether AWS has that name.
pub(crate) fn is_of_aws(host: &str) -> bool {
    SUFFIXES.iter().any(|suffix| {
        let before = host.strip_suffix(suffix);
        before.is_some_and(|before| before.len() > 1 && before.ends_with('.'))
    })
}

/// Why a block cannot be found by that name.
pub(super) fn lane_name(name: &str) -> Result<(), &'static str> {
    match () {
        () if name.is_empty() => Err("is empty"),
        () if name.len() > LANE_BYTES_MAX => Err("is longer than 64 characters"),
        () if !is_word(name) => Err("is more than one word of letters, digits, -, _ and ."),
        () => Ok(()),
    }
}

pub(super) fn is_word(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=LANE_BYTES_MAX).contains(&text.len()) && text.bytes().all(plain)
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::{Duration, SystemTime};

    use super::{HostsBlock, is_of_aws};
    use crate::Settings;
    use crate::hosts::HostsError;

    pub(in crate::hosts) fn settings(lane: &str, host: &str, addresses: &str) -> Settings {
        Settings::parse(&format!(
            r#"{{ "schema": "accel.lane-outputs.v1", "deployment": "{lane}",
                "generation": "0123456789abcdef", "entries": [{{
                "hosts": ["{host}"], "addresses": {addresses}, "dial": "lane.example.com" }}] }}"#
        ))
        .unwrap()
    }

    pub(in crate::hosts) fn block(lane: &str, host: &str) -> HostsBlock {
        let settings = settings(lane, host, r#"["203.0.113.7", "203.0.113.8"]"#);
        HostsBlock::new(&settings, SystemTime::UNIX_EPOCH).unwrap()
    }

    fn reasons(settings: &Settings) -> Vec<String> {
        match HostsBlock::new(settings, SystemTime::UNIX_EPOCH) {
            Err(HostsError::Unfit(reasons)) => reasons,
            other => panic!("{other:?}"),
        }
    }

    const HOST: &str = "sqs.ap-southeast-3.amazonaws.com";

    #[test]
    fn a_block_has_every_address_of_every_host_and_says_whose_it_is() {
        let text = block("lane", HOST).to_string();
        assert!(
            text.starts_with("# BEGIN accel lane=lane generation=0123456789abcdef expires=never\n")
        );
        assert!(text.ends_with(&format!(
            "\n203.0.113.7 {HOST}\n203.0.113.8 {HOST}\n# END accel lane=lane\n"
        )));
        for part in ["350 s", "--apply` again", "--remove --name lane", "all programs"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn no_line_is_longer_than_the_buffer_of_musl() {
        let host = format!("{}.{}.amazonaws.com", "a".repeat(63), "b".repeat(63));
        let mut settings = settings(&"l".repeat(64), &host, r#"["203.0.113.7"]"#);
        settings.expires = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(9));
        let text = HostsBlock::new(&settings, SystemTime::UNIX_EPOCH)
            .unwrap()
            .text("\r\n", " newline=crlf");
        assert!(text.lines().all(|line| line.len() < 400), "{text}");
    }

    #[test]
    fn settings_that_have_expired_are_refused() {
        let mut settings = settings("lane", HOST, r#"["203.0.113.7"]"#);
        settings.expires = Some(SystemTime::UNIX_EPOCH);
        let refused = HostsBlock::new(&settings, SystemTime::UNIX_EPOCH).unwrap_err();
        assert!(matches!(refused, HostsError::Expired(_)), "{refused:?}");
        assert!(refused.to_string().contains("accel outputs"), "{refused}");
    }

    #[test]
    fn a_pattern_is_refused_with_what_to_do_instead() {
        let found =
            reasons(&settings("lane", "*.s3.eu-west-1.amazonaws.com", r#"["203.0.113.7"]"#));
        assert!(found[0].contains("accel connect"), "{found:?}");
    }

    #[test]
    fn only_names_of_aws_are_taken() {
        for host in [
            HOST,
            "sqs.cn-north-1.amazonaws.com.cn",
            "sqs.eu-west-1.api.aws",
            "lambda.cn-north-1.api.amazonwebservices.com.cn",
            "sqs.eusc-de-east-1.amazonaws.eu",
            "ec2.us-iso-east-1.c2s.ic.gov",
            "ec2.us-isob-east-1.sc2s.sgov.gov",
        ] {
            assert!(is_of_aws(host), "{host}");
        }
        for host in [
            "amazonaws.com",
            ".amazonaws.com",
            "evilamazonaws.com",
            "sqs.amazonaws.com.evil.com",
            "github.com",
        ] {
            assert!(!is_of_aws(host), "{host}");
        }
        let found = reasons(&settings("lane", "www.example.com", r#"["203.0.113.7"]"#));
        assert!(found[0].starts_with("www.example.com is no name of AWS"), "{found:?}");
    }

    #[test]
    fn a_private_address_is_refused_but_where_the_settings_allow_it() {
        let mut settings = settings("lane", HOST, r#"["203.0.113.7"]"#);
        for private in ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.1.1", "100.64.0.1"] {
            settings.services[0].addresses = vec![private.parse().unwrap()];
            assert!(reasons(&settings)[0].starts_with(private), "{private}");
        }
        settings.services[0].addresses = vec!["198.18.0.1".parse().unwrap()];
        assert!(HostsBlock::new(&settings, SystemTime::UNIX_EPOCH).unwrap().is_simulated());
        settings.services[0].addresses = vec!["10.1.2.3".parse().unwrap()];
        settings.services[0].allow_private = true;
        assert!(HostsBlock::new(&settings, SystemTime::UNIX_EPOCH).is_ok());
    }

    #[test]
    fn a_lane_without_a_name_or_an_address_is_refused_with_both_reasons() {
        let mut settings = settings("", HOST, "[]");
        let found = reasons(&settings);
        assert!(found[0].contains("deployment is empty"), "{found:?}");
        assert!(found[1].contains("no address"), "{found:?}");
        settings.deployment = "two words".into();
        assert!(reasons(&settings)[0].contains("one word"));
    }
}
