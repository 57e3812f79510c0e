//! Licence expressions, as SPDX writes them.

use std::iter::Peekable;
use std::str::SplitWhitespace;

/// Whether the expression can be met with the allowed licences alone. `AND` binds closer than `OR`; `/` is an old `OR`.
pub(crate) fn permitted(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    any_of(&mut words, allowed) == Some(true) && words.next().is_none()
}

/// None: the expression is not understood.
fn any_of(words: &mut Peekable<SplitWhitespace<'_>>, allowed: &[String]) -> Option<bool> {
    let mut met = all_of(words, allowed)?;
    while words.next_if_eq(&"OR").is_some() {
        met |= all_of(words, allowed)?;
    }
    Some(met)
}

fn all_of(words: &mut Peekable<SplitWhitespace<'_>>, allowed: &[String]) -> Option<bool> {
    let mut met = one(words, allowed)?;
    while words.next_if_eq(&"AND").is_some() {
        met &= one(words, allowed)?;
    }
    Some(met)
}

fn one(words: &mut Peekable<SplitWhitespace<'_>>, allowed: &[String]) -> Option<bool> {
    let first = words.next()?;
    if first == "(" {
        let met = any_of(words, allowed)?;
        return words.next_if_eq(&")").map(|_| met);
    }
    let mut licence = first.to_owned();
    if words.next_if_eq(&"WITH").is_some() {
        licence = format!("{licence} WITH {}", words.next()?);
    }
    Some(allowed.contains(&licence))
}

#[test]
fn expressions_are_understood() {
    let allowed = ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned);
    for (expression, expect) in [
        ("MIT", true),
        ("MIT OR Apache-2.0", true),
        ("MIT/Apache-2.0", true),
        ("GPL-3.0-only OR MIT", true),
        ("MIT OR GPL-3.0-only", true),
        ("MIT AND GPL-3.0-only", false),
        ("GPL-3.0-only AND MIT OR Apache-2.0", true),
        ("(MIT OR Apache-2.0) AND GPL-3.0-only", false),
        ("(GPL-3.0-only OR Apache-2.0) AND MIT", true),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("MIT WITH LLVM-exception", false),
        ("GPL-3.0-only", false),
        ("(MIT", false),
        ("MIT)", false),
        ("MIT Apache-2.0", false),
        ("MIT OR", false),
        ("OR MIT", false),
        ("", false),
    ] {
        assert_eq!(permitted(expression, &allowed), expect, "{expression:?}");
    }
}
