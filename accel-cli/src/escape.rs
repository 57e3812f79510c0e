//! Text from outside (tags, labels, names, answers of a cloud), made harmless: one function per place that text can go to.
//!
//! What a person reads (everything but a shell word that a program reads) first has its invisible characters made visible, so that a
//! name can neither hide a part of itself nor write backwards.

use std::borrow::Cow;
use std::fmt::Write as _;

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
/// to it like a style.
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
