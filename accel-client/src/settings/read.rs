//! From text to settings: every problem at once.

use std::fs::File;
use std::io::Read as _;
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::SystemTime;

use serde::Deserialize;
use serde_json::Value;

use super::{BYTES_MAX, HostName, Problem, SETTINGS_SCHEMA, Service, Settings, SettingsError};
use crate::address;

/// As it is written. What is not here may be added by a later version, and is none of a client's business.
#[derive(Deserialize)]
pub(super) struct Document {
    #[serde(default)]
    pub(super) deployment: String,
    #[serde(default)]
    pub(super) generation: String,
    pub(super) expires: Option<String>,
    #[serde(default)]
    pub(super) entries: Vec<Entry>,
}

#[derive(Deserialize)]
pub(super) struct Entry {
    #[serde(default)]
    pub(super) service: String,
    #[serde(default)]
    pub(super) service_region: String,
    #[serde(default)]
    pub(super) hosts: Vec<String>,
    #[serde(default)]
    pub(super) ports: Vec<u16>,
    pub(super) dial: Option<String>,
    #[serde(default)]
    pub(super) addresses: Vec<Address>,
    #[serde(default)]
    pub(super) allow_private: bool,
}

/// Written by hand an address stands alone; the outputs say its zone.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Address {
    Alone(String),
    InZone { address: String },
    Other(Value),
}

pub(super) fn file(path: &Path) -> Result<Settings, SettingsError> {
    let unreadable = |source| SettingsError::Unreadable { path: path.to_path_buf(), source };
    let mut text = String::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(BYTES_MAX + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > BYTES_MAX {
        return Err(SettingsError::Malformed(format!("longer than {BYTES_MAX} bytes")));
    }
    settings(&text)
}

pub(super) fn settings(text: &str) -> Result<Settings, SettingsError> {
    let malformed = |error: serde_json::Error| SettingsError::Malformed(error.to_string());
    let value: Value = serde_json::from_str(text).map_err(malformed)?;
    match value.get("schema").and_then(Value::as_str) {
        Some(SETTINGS_SCHEMA) => {}
        other => return Err(SettingsError::Schema(other.unwrap_or_default().to_owned())),
    }
    checked(Document::deserialize(value).map_err(malformed)?)
}

/// All that can be wrong with a document of a known form.
pub(super) fn checked(document: Document) -> Result<Settings, SettingsError> {
    let mut found = Found::default();
    let settings = Settings {
        expires: document.expires.as_deref().and_then(|text| found.time(text)),
        services: found.services(document.entries),
        deployment: document.deployment,
        generation: document.generation,
    };
    if found.problems.is_empty() {
        Ok(settings)
    } else {
        Err(SettingsError::Invalid(found.problems))
    }
}

#[derive(Default)]
struct Found {
    problems: Vec<Problem>,
}

impl Found {
    fn add(&mut self, path: String, message: impl Into<String>) {
        self.problems.push(Problem { path, message: message.into() });
    }

    fn time(&mut self, text: &str) -> Option<SystemTime> {
        let at = text.parse::<jiff::Timestamp>();
        if at.is_err() {
            let message = "is no time: write it like 2027-01-31T00:00:00Z";
            self.add("expires".to_owned(), message);
        }
        at.ok().map(SystemTime::from)
    }

    fn services(&mut self, entries: Vec<Entry>) -> Vec<Service> {
        if entries.is_empty() {
            self.add("entries".to_owned(), "has no service: nothing can be dialled");
        }
        let entries = entries.into_iter().enumerate();
        let services: Vec<_> = entries.map(|(index, entry)| self.service(index, entry)).collect();
        self.shared_hosts(&services);
        services
    }

    fn service(&mut self, index: usize, entry: Entry) -> Service {
        let path = |field: &str| format!("entries[{index}].{field}");
        if entry.hosts.is_empty() {
            self.add(path("hosts"), "is empty: name the service's own hosts");
        }
        let mut hosts = Vec::new();
        for (at, text) in entry.hosts.iter().enumerate() {
            match HostName::new(text) {
                Ok(host) => hosts.push(host),
                Err(why) => self.add(path(&format!("hosts[{at}]")), format!("{text:?} {why}")),
            }
        }
        let mut ports = if entry.ports.is_empty() { vec![443] } else { entry.ports };
        ports.sort_unstable();
        ports.dedup();
        if ports[0] == 0 {
            self.add(path("ports"), "0 is no port");
        }
        let dial = entry.dial.filter(|name| !name.is_empty());
        if let Some(Err(why)) = dial.as_deref().map(HostName::new) {
            self.add(path("dial"), why);
        }
        let is_pinned = !entry.addresses.is_empty();
        let addresses = self.addresses(&path("addresses"), entry.addresses, entry.allow_private);
        if dial.is_none() && !is_pinned {
            self.add(path("dial"), "is missing, and so are addresses: one of them is needed");
        }
        let name = match (entry.service, hosts.first()) {
            (name, Some(host)) if name.is_empty() => host.to_string(),
            (name, _) => name,
        };
        let allow_private = entry.allow_private;
        Service { name, hosts, ports, dial, addresses, allow_private, region: entry.service_region }
    }

    fn addresses(&mut self, path: &str, given: Vec<Address>, private: bool) -> Vec<Ipv4Addr> {
        let mut addresses = Vec::new();
        for (at, address) in given.into_iter().enumerate() {
            let text = match address {
                Address::Alone(text) | Address::InZone { address: text } => text,
                Address::Other(value) => value.to_string(),
            };
            let Ok(address) = text.parse::<Ipv4Addr>() else {
                self.add(format!("{path}[{at}]"), format!("{text:?} is no address of IPv4"));
                continue;
            };
            if let Some(why) =
                address::not_public(address).filter(|_| !private && !address::is_simulated(address))
            {
                let message = format!(
                    "{address} {why}, and a lane's addresses are public: \
                     `allow_private` says that this one is not"
                );
                self.add(format!("{path}[{at}]"), message);
            } else if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        addresses
    }

    fn shared_hosts(&mut self, services: &[Service]) {
        for (index, service) in services.iter().enumerate() {
            for (earlier, other) in services.iter().enumerate().take(index) {
                let overlap =
                    |host: &&HostName| other.hosts.iter().any(|known| known.overlaps(host));
                for host in service.hosts.iter().filter(overlap) {
                    let message = format!("{host} is claimed by entries[{earlier}] as well");
                    self.add(format!("entries[{index}].hosts"), message);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Settings, SettingsError};

    fn problems(text: &str) -> Vec<String> {
        match Settings::parse(text) {
            Err(SettingsError::Invalid(problems)) => {
                problems.iter().map(ToString::to_string).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_problem_is_told_at_once_with_its_path() {
        let text = r#"{ "schema": "accel.lane-outputs.v1", "expires": "soon", "entries": [
            { "hosts": ["a.example.com", "x y"], "ports": [0], "addresses": ["10.0.0.1", "999.1.1.1", "::1", 7] },
            { "hosts": ["A.example.com"], "dial": "lane" }, {}] }"#;
        let found = problems(text);
        let paths: Vec<_> =
            found.iter().filter_map(|line| line.split_once(':')).map(|(path, _)| path).collect();
        let expected = [
            "expires",
            "entries[0].hosts[1]",
            "entries[0].ports",
            "entries[0].addresses[0]",
            "entries[0].addresses[1]",
            "entries[0].addresses[2]",
            "entries[0].addresses[3]",
            "entries[1].dial",
            "entries[2].hosts",
            "entries[2].dial",
            "entries[1].hosts",
        ];
        assert_eq!(paths, expected, "{found:#?}");
    }

    #[test]
    fn a_later_form_is_refused_and_a_later_field_is_not() {
        let later = r#"{ "schema": "accel.lane-outputs.v2", "entries": [] }"#;
        assert!(matches!(Settings::parse(later), Err(SettingsError::Schema(_))));
        let field = r#"{ "schema": "accel.lane-outputs.v1", "new": 1, "entries": [
            { "hosts": ["a.example.com"], "addresses": ["203.0.113.7"], "new": [] }] }"#;
        assert_eq!(Settings::parse(field).unwrap().services.len(), 1);
    }

    #[test]
    fn nothing_that_is_read_panics() {
        for text in
            ["", "[]", "{}", "null", "\u{0}", r#"{"schema":"accel.lane-outputs.v1","entries":[1]}"#]
        {
            assert!(Settings::parse(text).is_err(), "{text:?}");
        }
    }
}
