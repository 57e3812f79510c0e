//! How a client uses a lane in a language of its own: one short file, with the lane's settings in it.
//!
//! The files stand in `templates/` as they are printed, but for two marks: `@NAME@`, the lane's name in a comment, and `@SETTINGS@`, its
//! settings where the language has a literal. None of them has a switch for verification.

mod quote;

use crate::Settings;

/// Who is to use the lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Language {
    /// The AWS SDK for Rust, by this crate.
    Rust,
    /// boto3, botocore.
    Python,
    /// The AWS SDK for Go v2, `net/http`.
    Go,
    /// The AWS SDK for JavaScript v3, `node:https`.
    Node,
    /// The AWS SDK for Java 2, Apache `HttpClient` 4.
    Java,
    /// curl, from a shell.
    Curl,
}

impl Language {
    /// Every one.
    pub const ALL: [Self; 6] =
        [Self::Rust, Self::Python, Self::Go, Self::Node, Self::Java, Self::Curl];

    /// What to call the recipe's file.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Rust => "lane.rs",
            Self::Python => "lane.py",
            Self::Go => "lane.go",
            Self::Node => "lane.mjs",
            Self::Java => "Lane.java",
            Self::Curl => "lane-curl",
        }
    }

    fn template(self) -> &'static str {
        match self {
            Self::Rust => include_str!("templates/lane.rs"),
            Self::Python => include_str!("templates/lane.py"),
            Self::Go => include_str!("templates/lane.go"),
            Self::Node => include_str!("templates/lane.mjs"),
            Self::Java => include_str!("templates/Lane.java"),
            Self::Curl => include_str!("templates/lane-curl.sh"),
        }
    }
}

/// The text of a file with which programs of that language use the lane, TLS verified.
///
/// Hosts, URL, SNI and certificate check stay the service's own. The text is the same for the same settings.
pub fn recipe(language: Language, settings: &Settings) -> String {
    let json = quote::json(settings);
    let literal = match language {
        // Raw literals, or JSON as it is: nothing in the text ends them.
        Language::Rust | Language::Python | Language::Go | Language::Node | Language::Curl => json,
        Language::Java => quote::java(&json),
    };
    let name = quote::in_comment(&settings.deployment);
    language.template().replacen("@NAME@", &name, 1).replacen("@SETTINGS@", &literal, 1)
}

#[cfg(test)]
mod tests {
    use super::{Language, recipe};
    use crate::Settings;

    fn settings(deployment: &str) -> Settings {
        let mut settings = Settings::parse(
            r#"{ "schema": "accel.lane-outputs.v1", "entries": [{
                "hosts": ["runtime.sagemaker.ap-southeast-3.amazonaws.com"],
                "dial": "lane.elb.ap-southeast-1.amazonaws.com",
                "addresses": ["203.0.113.7"] }] }"#,
        )
        .unwrap();
        deployment.clone_into(&mut settings.deployment);
        settings
    }

    #[test]
    fn every_mark_is_replaced_and_the_host_is_there() {
        for language in Language::ALL {
            let text = recipe(language, &settings("jakarta"));
            assert!(!text.contains("@SETTINGS@") && !text.contains("@NAME@"), "{language:?}");
            assert!(
                text.contains("runtime.sagemaker.ap-southeast-3.amazonaws.com"),
                "{language:?}"
            );
            assert!(text.contains("203.0.113.7") && text.contains("jakarta"), "{language:?}");
        }
    }

    #[test]
    fn no_recipe_knows_an_unverified_mode() {
        for language in Language::ALL {
            let text = language.template();
            for switch in [
                "verify=False",
                "CERT_NONE",
                "InsecureSkipVerify",
                "rejectUnauthorized: false",
                "NODE_TLS_REJECT_UNAUTHORIZED",
                "NoopHostnameVerifier",
                "TrustAll",
            ] {
                assert!(!text.contains(switch), "{language:?}: {switch}");
            }
        }
    }

    #[test]
    fn a_name_leaves_no_comment_and_no_literal() {
        let quiet = "a";
        let hostile = "*/ \"\"\" ''' ` \"# ${x} @SETTINGS@\nimport os\u{2028}x\r\\";
        for language in Language::ALL {
            let lines = |name: &str| recipe(language, &settings(name)).lines().count();
            assert_eq!(lines(hostile), lines(quiet), "{language:?}");
            let text = recipe(language, &settings(hostile));
            assert!(!text.contains("\nimport os\u{2028}"), "{language:?}");
            assert!(!text.contains("${x}") && !text.contains("*/ \"\"\""), "{language:?}");
        }
    }

    #[test]
    fn each_says_what_happens_when_addresses_change_and_stays_below_the_idle_limit() {
        for language in Language::ALL {
            let text = language.template();
            assert!(text.contains("When the lane's addresses change:"), "{language:?}");
            assert!(text.contains("ACCEL_LANE"), "{language:?}");
        }
    }
}
