//! Text from outside (tags, labels, names, answers of a cloud), made harmless: one function per place that text can go to.
//!
//! What a person reads (everything but a shell word that a program reads) first has its invisible characters made visible, so that a
//! name can neither hide a part of itself nor write backwards.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::Path;

/// One line of text for a terminal: what would move the cursor, colour, hide or reorder is shown as `\u{1b}`, a line break as `\n`.
pub(crate) fn terminal(text: &str) -> Cow<'_, str> {
    visible(text, |_| false)
}

/// Several lines for a terminal: line breaks stay. For text that we have put together from lines already made harmless.
pub(crate) fn terminal_lines(text: &str) -> Cow<'_, str> {
    visible(text, |character| character == '\n')
}

/// Text of an XML, HTML or SVG element, or of a quoted attribute of one.
pub(crate) fn xml(text: &str) -> String {
    each(&terminal(text), |character, out| match character {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&#39;"),
        // No XML 1.0 document may hold these two, not even as a reference.
        '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
        plain => out.push(plain),
    })
}

/// A Mermaid label, between double quotes that the caller writes. What has any meaning to Mermaid becomes an entity code (`#35;`).
///
/// Source: Mermaid, "Entity codes to escape characters". The colon is among them because Mermaid cuts entity codes off what looks
/// to it like a style. A line break in the text stays one: Mermaid reads even an encoded `\n` so.
pub(crate) fn mermaid(text: &str) -> String {
    let plain = |character: char| {
        !character.is_ascii()
            || character.is_ascii_alphanumeric()
            || " .,-_/+()".contains(character)
    };
    each(&terminal(text), |character, out| {
        if plain(character) {
            out.push(character);
        } else {
            write!(out, "#{};", u32::from(character)).expect("a string takes everything");
        }
    })
}

/// A DOT label or id, between double quotes that the caller writes.
///
/// Source: Graphviz, "The DOT Language" (`\"`), "escString" (`\\`) and "Character encodings" (`&amp;` is read in every label).
pub(crate) fn dot(text: &str) -> String {
    each(&terminal(text), |character, out| match character {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '&' => out.push_str("&amp;"),
        plain => out.push(plain),
    })
}

/// One word for a POSIX shell, quoted where it must be. It can still begin with `-`: that is for the command to mind.
///
/// Invisible characters are made visible here too: a command is copied through a terminal before a shell reads it.
pub(crate) fn shell(text: &str) -> String {
    let text = terminal(text);
    let plain =
        |character: char| character.is_ascii_alphanumeric() || "_./:@%+,-".contains(character);
    if !text.is_empty() && text.chars().all(plain) {
        return text.into_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A path as one word for a POSIX shell.
pub(crate) fn path(path: &Path) -> String {
    shell(&path.display().to_string())
}

fn each(text: &str, write: impl Fn(char, &mut String)) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    text.chars().for_each(|character| write(character, &mut out));
    out
}

fn visible(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(|character| hidden(character) && !keep(character)) {
        return Cow::Borrowed(text);
    }
    let show = |character: char, out: &mut String| {
        if hidden(character) && !keep(character) {
            out.extend(character.escape_default());
        } else {
            out.push(character);
        }
    };
    Cow::Owned(each(text, show))
}

/// Whether a character has an effect but no shape: controls, line and paragraph separators, what changes the direction of text, what
/// joins or separates without a width, and the invisible copies of ASCII.
///
/// Source: Unicode Character Database, general categories Cc, Zl, Zp and Cf, and Unicode Technical Report 36 (security).
fn hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}'
            | '\u{34f}'
            | '\u{600}'..='\u{605}'
            | '\u{61c}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use roxmltree::Document;

    use super::*;

    /// Any text, with more than its share of what has a meaning somewhere.
    fn outside() -> impl Strategy<Value = String> {
        let marked = prop::sample::select(
            "\"'`\\<>&;#%{}[]()|$!*?~=-:, \t\n\r\0\u{7f}\u{1b}\u{9b}\u{ad}\u{200d}\u{202e}\u{2028}\u{2066}\u{feff}\u{fffe}\u{ffff}\u{e0041}aZ9é中🦀"
                .chars()
                .collect::<Vec<_>>(),
        );
        let character = prop_oneof![3 => marked, 1 => any::<char>()];
        prop::collection::vec(character, 0..40).prop_map(|all| all.into_iter().collect())
    }

    proptest! {
        #[test]
        fn a_terminal_shows_one_line_and_obeys_nothing(text in outside()) {
            let shown = terminal(&text);
            prop_assert!(!shown.chars().any(|c| c.is_control() || hidden(c)), "{shown:?}");
            prop_assert_eq!(terminal(&shown), shown.as_ref(), "what is harmless stays as it is");
            let kept: String = text.chars().filter(|c| !hidden(*c)).collect();
            let mut rest = shown.chars();
            prop_assert!(kept.chars().all(|c| rest.any(|other| other == c)), "nothing is lost");
            let lines = terminal_lines(&text);
            prop_assert_eq!(lines.matches('\n').count(), text.matches('\n').count());
            prop_assert!(!lines.chars().any(|c| c != '\n' && hidden(c)), "{lines:?}");
        }

        #[test]
        fn xml_is_read_back_as_it_was_shown(text in outside()) {
            let expect = terminal(&text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}");
            let escaped = xml(&text);
            let element = format!("<svg one='{escaped}' two=\"{escaped}\">.{escaped}</svg>");
            let document = Document::parse(&element).unwrap();
            let root = document.root_element();
            prop_assert_eq!(root.attribute("one"), Some(expect.as_str()));
            prop_assert_eq!(root.attribute("two"), Some(expect.as_str()));
            let read = root.text().map(str::to_owned);
            prop_assert_eq!(read, Some(format!(".{expect}")));
            prop_assert_eq!(root.attributes().len() + root.children().count(), 3);
        }

        #[test]
        fn a_mermaid_label_is_read_back_as_it_was_shown(text in outside()) {
            let escaped = mermaid(&text);
            let mut read = String::new();
            let mut rest = escaped.as_str();
            while let Some(character) = rest.chars().next() {
                rest = &rest[character.len_utf8()..];
                if character == '#' {
                    let (code, after) = rest.split_once(';').unwrap();
                    read.extend(char::from_u32(code.parse().unwrap()));
                    rest = after;
                } else {
                    prop_assert!(!"\"'`<>&;%{}[]|:\\".contains(character), "{escaped}");
                    read.push(character);
                }
            }
            prop_assert_eq!(read, terminal(&text).into_owned());
        }

        #[test]
        fn a_dot_label_is_read_back_as_it_was_shown(text in outside()) {
            // As Graphviz reads it: the string ends at the first quote without an odd run of backslashes before it.
            let quoted = format!("{}\" rest", dot(&text));
            let mut read = String::new();
            let mut characters = quoted.chars();
            loop {
                match characters.next() {
                    Some('\\') => {
                        let next = characters.next().unwrap();
                        prop_assert!(next == '"' || next == '\\', "an escape sequence: {quoted:?}");
                        read.push(next);
                    }
                    Some('"') => break,
                    Some(plain) => read.push(plain),
                    None => prop_assert!(false, "the string does not end"),
                }
            }
            prop_assert_eq!(characters.as_str(), " rest");
            prop_assert_eq!(read.replace("&amp;", "&"), terminal(&text).into_owned());
            prop_assert_eq!(read.matches('&').count(), read.matches("&amp;").count());
        }

        #[test]
        fn a_shell_reads_exactly_one_word(text in outside()) {
            let line = format!("first {} last", shell(&text));
            let shown = terminal(&text);
            let expect = ["first", &shown, "last"].map(str::to_owned).to_vec();
            prop_assert_eq!(shlex::split(&line), Some(expect));
            // Outside of single quotes stand only characters that mean nothing to any shell.
            let mut inside = false;
            let mut escaped = false;
            for character in shell(&text).chars() {
                match character {
                    '\'' if !escaped => inside = !inside,
                    _ if inside => {}
                    '\\' => escaped = true,
                    other => {
                        let harmless = other.is_ascii_alphanumeric() || "_./:@%+,-'".contains(other);
                        prop_assert!(harmless, "{other:?}");
                        escaped = false;
                    }
                }
            }
            prop_assert!(!inside);
        }
    }

    #[test]
    fn plain_text_stays_as_it_is() {
        for text in ["sagemaker-jakarta", "com.amazonaws.ap-southeast-3.sqs", "10.1.0.0/16", "工厂"]
        {
            assert_eq!(terminal(text), text);
            assert_eq!(xml(text), text);
            assert_eq!(mermaid(text), text);
            assert_eq!(dot(text), text);
        }
        assert_eq!(
            shell("runtime.sagemaker.ap-southeast-3.amazonaws.com:443"),
            "runtime.sagemaker.ap-southeast-3.amazonaws.com:443"
        );
        assert_eq!(shell(""), "''");
        assert_eq!(shell("it's"), r"'it'\''s'");
        assert_eq!(terminal("a\u{1b}[31mb\u{202e}c\n"), "a\\u{1b}[31mb\\u{202e}c\\n");
    }
}
