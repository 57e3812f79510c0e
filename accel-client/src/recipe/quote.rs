//! The lane's settings as a text that can stand in any source file: in a string literal, raw or not, and in a comment.
//!
//! The name of a deployment, of a service and of a region are free text. Whatever of them is not plain is written as JSON writes any
//! character, `\u0041`; so the only characters of the text that mean something to a language are those of JSON itself.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::{SETTINGS_SCHEMA, Service, Settings};

/// The settings as JSON that is indented, without any character that could end a literal.
pub(super) fn json(settings: &Settings) -> String {
    let expires = settings.expires.and_then(|at| jiff::Timestamp::try_from(at).ok());
    let mut text = String::new();
    let document = json!({
        "schema": SETTINGS_SCHEMA,
        "deployment": settings.deployment,
        "generation": settings.generation,
        "expires": expires.map(|at| format!("{at:.0}")),
        "entries": settings.services.iter().map(entry).collect::<Vec<_>>(),
    });
    write(&mut text, &document, 0);
    text
}

fn entry(service: &Service) -> Value {
    let hosts: Vec<_> = service.hosts.iter().map(ToString::to_string).collect();
    json!({
        "service": service.name,
        "service_region": service.region,
        "hosts": hosts,
        "ports": service.ports,
        "dial": service.dial,
        "addresses": service.addresses,
        "allow_private": service.allow_private,
    })
}

/// Lists of plain values stand on one line.
fn write(text: &mut String, value: &Value, depth: usize) {
    let inner = "  ".repeat(depth + 1);
    let end = "  ".repeat(depth);
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => text.push_str(&value.to_string()),
        Value::String(string) => quoted(text, string),
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index > 0 { ", " } else { "" });
                write(text, item, depth);
            }
            text.push(']');
        }
        Value::Object(fields) => {
            text.push('{');
            for (index, (name, value)) in fields.iter().enumerate() {
                text.push_str(if index > 0 { ",\n" } else { "\n" });
                text.push_str(&inner);
                quoted(text, name);
                text.push_str(": ");
                write(text, value, depth + 1);
            }
            text.push('\n');
            text.push_str(&end);
            text.push('}');
        }
    }
}

fn quoted(text: &mut String, string: &str) {
    text.push('"');
    for character in string.chars() {
        if is_plain(character) {
            text.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(text, "\\u{unit:04x}").expect("a string takes what is written to it");
            }
        }
    }
    text.push('"');
}

/// Means nothing in a string or a comment of any language here. A star and a slash do, next to each other: only one of them is plain.
fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || " .-_:,+=*()".contains(character)
}

/// The text as a literal of Java, a line each. Java reads `\u` before anything else, unless its backslash is escaped.
pub(super) fn java(json: &str) -> String {
    let line = |line: &str| format!("\"{}\"", line.replace('\\', "\\\\").replace('"', "\\\""));
    json.lines().map(line).collect::<Vec<_>>().join("\n            + ")
}

/// A name in a comment: what is not plain is a question mark.
pub(super) fn in_comment(name: &str) -> String {
    name.chars().map(|c| if is_plain(c) { c } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn settings(deployment: &str) -> Settings {
        let document = json!({
            "schema": SETTINGS_SCHEMA, "deployment": deployment, "expires": "2030-01-31T00:00:00Z",
            "entries": [{ "hosts": ["a.example.com", "*.b.example.com"], "service_region": deployment,
                "ports": [443, 8443], "addresses": ["203.0.113.7"], "dial": "x.example.com" }],
        });
        Settings::parse(&document.to_string()).unwrap()
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again_as_it_was(deployment in any::<String>()) {
            let settings = settings(&deployment);
            let text = json(&settings);
            prop_assert_eq!(Settings::parse(&text).unwrap(), settings);
        }

        #[test]
        fn nothing_in_it_ends_a_literal_or_a_comment(deployment in any::<String>()) {
            let text = json(&settings(&deployment));
            prop_assert!(text.is_ascii());
            for end in ["'", "`", "\"#", "\"\"\"", "*/", "\\\"", "\\\\", "$", "<", "@"] {
                prop_assert!(!text.contains(end), "{} in {}", end, text);
            }
            prop_assert!(in_comment(&deployment).is_ascii());
        }
    }

    #[test]
    fn java_joins_lines_whose_backslashes_are_escaped() {
        let literal = java("{\n  \"a\": \"\\u0022\"\n}");
        assert_eq!(
            literal,
            "\"{\"\n            + \"  \\\"a\\\": \\\"\\\\u0022\\\"\"\n            + \"}\""
        );
    }
}
