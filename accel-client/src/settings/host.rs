//! The name of a host, or a pattern of such names.

use std::fmt;

/// The name of a host in lower case, without a dot at its end. A leading `*.` stands for any one label.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostName(String);

impl HostName {
    /// Reads a name.
    ///
    /// # Errors
    ///
    /// With what is wrong with it.
    pub fn new(text: &str) -> Result<Self, &'static str> {
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let plain = name.strip_prefix("*.").unwrap_or(&name);
        match () {
            () if plain.is_empty() => Err("is empty"),
            () if name.len() > 253 => Err("is longer than 253 characters"),
            () if !plain.split('.').all(is_label) => {
                Err("is no host name: labels of letters, digits and hyphens, with dots between")
            }
            () if !plain.contains('.') => Err("is a single label: name the host in full"),
            () => Ok(Self(name)),
        }
    }

    /// The name, with its `*.` where it is a pattern.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it stands for more than one name.
    pub fn is_pattern(&self) -> bool {
        self.0.starts_with("*.")
    }

    /// Whether this is, or stands for, the host of that name. Case and a dot at the end make no difference.
    pub fn covers(&self, host: &str) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host);
        match self.0.strip_prefix('*') {
            None => self.0.eq_ignore_ascii_case(host),
            Some(rest) => host.split_once('.').is_some_and(|(label, behind)| {
                !label.is_empty() && rest[1..].eq_ignore_ascii_case(behind)
            }),
        }
    }

    /// Whether some host is meant by both.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.covers(&other.0) || other.covers(&self.0)
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_label(label: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=63).contains(&label.len())
        && label.bytes().all(inner)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::HostName;

    #[test]
    fn a_name_is_compared_without_case_and_the_dot_at_its_end() {
        let name = HostName::new("Runtime.SageMaker.eu-west-1.amazonaws.com.").unwrap();
        assert!(name.covers("runtime.sagemaker.EU-WEST-1.amazonaws.com"));
        assert!(name.covers("runtime.sagemaker.eu-west-1.amazonaws.com."));
        assert!(!name.covers("x.runtime.sagemaker.eu-west-1.amazonaws.com"));
    }

    #[test]
    fn a_star_stands_for_one_label() {
        let name = HostName::new("*.s3.eu-west-1.amazonaws.com").unwrap();
        assert!(name.covers("bucket.s3.eu-west-1.amazonaws.com"));
        for other in [
            "s3.eu-west-1.amazonaws.com",
            "a.b.s3.eu-west-1.amazonaws.com",
            ".s3.eu-west-1.amazonaws.com",
        ] {
            assert!(!name.covers(other), "{other}");
        }
        assert!(name.overlaps(&HostName::new("bucket.s3.eu-west-1.amazonaws.com").unwrap()));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in [
            "",
            ".",
            "*.",
            "localhost",
            "a..b",
            "-a.b",
            "a b.c",
            "a.b\n",
            "*.*.b",
            "ä.b",
            &"a.".repeat(128),
        ] {
            assert!(HostName::new(text).is_err(), "{text:?}");
        }
    }
}
