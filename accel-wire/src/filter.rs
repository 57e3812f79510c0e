//! Filters of the EC2 API: names, values with wildcards, and tags.
//!
//! Source: List and filter resources, Amazon EC2 user guide; `Filter`.

use accel_core::tags::Tags;

use crate::asked::Asked;
use crate::family::{Family, Row};
use crate::refusal::{Refusal, Result};

/// One filter: a row passes if any of its values is any of these.
#[derive(Debug)]
pub(crate) struct Filter {
    name: String,
    values: Vec<String>,
}

/// The most values of all filters of one call.
const VALUES_MAX: usize = 200;

impl Filter {
    /// The filters of a describe.
    ///
    /// # Errors
    /// The first that the family does not know.
    pub(crate) fn read(asked: &Asked<'_>, family: &Family) -> Result<Vec<Self>> {
        let filters = Self::read_any(asked)?;
        let known = |name: &str| family.filters.iter().any(|(known, _)| *known == name);
        let of_tags = |name: &str| name.starts_with("tag:") || name == "tag-key";
        let unknown = filters.iter().find(|it| !known(&it.name) && !of_tags(&it.name));
        unknown.map_or(Ok(()), |it| Err(Refusal::unknown_filter(&it.name)))?;
        Ok(filters)
    }

    /// The filters of a describe that has a way of its own.
    pub(crate) fn read_any(asked: &Asked<'_>) -> Result<Vec<Self>> {
        let mut filters = Vec::new();
        for item in asked.items("Filter") {
            filters.push(Self { name: item.need("Name")?, values: item.texts("Value") });
        }
        if filters.iter().map(|filter| filter.values.len()).sum::<usize>() > VALUES_MAX {
            let message = "The maximum number of filter values specified on a single call is 200";
            return Err(Refusal::new("FilterLimitExceeded", message));
        }
        Ok(filters)
    }

    pub(crate) fn exact(name: &str, values: Vec<String>) -> Self {
        Self { name: name.to_owned(), values }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn takes(&self, family: &Family, row: &Row<'_>) -> bool {
        let values = family.filters.iter().find(|(name, _)| *name == self.name);
        match values {
            Some((_, values)) => self.takes_any(values(row).iter().map(String::as_str)),
            None => row.tags().is_some_and(|tags| self.takes_tags(tags)),
        }
    }

    pub(crate) fn takes_tags(&self, tags: &Tags) -> bool {
        match self.name.strip_prefix("tag:") {
            Some(key) => tags.get(key).is_some_and(|value| self.takes_value(value)),
            None => self.takes_any(tags.keys().map(String::as_str)),
        }
    }

    pub(crate) fn takes_any<'t>(&self, mut values: impl Iterator<Item = &'t str>) -> bool {
        values.any(|value| self.takes_value(value))
    }

    pub(crate) fn takes_value(&self, value: &str) -> bool {
        self.values.iter().any(|pattern| matches(pattern, value))
    }
}

/// `*` is any text, `?` any one character, and `\` takes the meaning from the character after it.
///
/// Goes back to the last `*` alone, so that no pattern takes long.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (glyphs(pattern), text.chars().collect::<Vec<_>>());
    let (mut at, mut seen, mut back) = (0, 0, None);
    while seen < text.len() {
        match pattern.get(at) {
            Some(Glyph::Any) => {
                back = Some((at, seen));
                at += 1;
                continue;
            }
            Some(Glyph::One) => (),
            Some(Glyph::Is(literal)) if *literal == text[seen] => (),
            Some(Glyph::Is(_)) | None => {
                let Some((star, from)) = back else { return false };
                back = Some((star, from + 1));
                (at, seen) = (star + 1, from + 1);
                continue;
            }
        }
        (at, seen) = (at + 1, seen + 1);
    }
    pattern[at..].iter().all(|glyph| *glyph == Glyph::Any)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Glyph {
    Any,
    One,
    Is(char),
}

fn glyphs(pattern: &str) -> Vec<Glyph> {
    let mut glyphs = Vec::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(char) = chars.next() {
        glyphs.push(match char {
            '*' => Glyph::Any,
            '?' => Glyph::One,
            '\\' => Glyph::Is(chars.next().unwrap_or('\\')),
            literal => Glyph::Is(literal),
        });
    }
    glyphs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_know_wildcards_and_how_to_take_them_literally() {
        let cases = [
            ("lane", "lane", true),
            ("lane", "Lane", false),
            ("la*", "lane", true),
            ("*ne", "lane", true),
            ("l?ne", "lane", true),
            ("l?ne", "lne", false),
            ("*", "", true),
            (r"50\*", "50*", true),
            (r"50\*", "500", false),
            ("*a*b", "aab", true),
            ("*ab", "aaab", true),
            ("a*b", "abc", false),
        ];
        for (pattern, text, fits) in cases {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
    }
}
