//! The parameters of a request, and what has been read of them: what nobody read is unknown, and an error that names it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use accel_core::tags::Tags;

use crate::refusal::{Refusal, Result};

/// All parameters of a request, by their full names.
#[derive(Debug)]
pub(crate) struct Parameters {
    all: BTreeMap<String, String>,
    read: RefCell<BTreeSet<String>>,
    /// What stands between the name of a list and the number of an item: nothing, or `member.`
    infix: &'static str,
}

impl Parameters {
    pub(crate) fn new(all: BTreeMap<String, String>, infix: &'static str) -> Self {
        Self { all, read: RefCell::default(), infix }
    }

    /// As the client has sent them.
    pub(crate) fn all(&self) -> &BTreeMap<String, String> {
        &self.all
    }

    pub(crate) fn asked(&self) -> Asked<'_> {
        Asked { of: self, prefix: String::new() }
    }

    /// That everything has been read.
    ///
    /// # Errors
    /// The first parameter that has not.
    pub(crate) fn all_read(&self) -> Result<()> {
        let read = self.read.borrow();
        let unread = self.all.keys().find(|name| !read.contains(*name));
        unread.map_or(Ok(()), |name| Err(Refusal::unknown_parameter(name)))
    }
}

/// The request, or a structure in it.
#[derive(Debug, Clone)]
pub(crate) struct Asked<'a> {
    of: &'a Parameters,
    prefix: String,
}

impl Asked<'_> {
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let name = format!("{}{name}", self.prefix);
        let value = self.of.all.get(&name)?.clone();
        self.of.read.borrow_mut().insert(name);
        Some(value)
    }

    /// # Errors
    /// That it is missing.
    pub(crate) fn need(&self, name: &str) -> Result<String> {
        let value = self.text(name).filter(|value| !value.is_empty());
        value.ok_or_else(|| Refusal::missing(&format!("{}{name}", self.prefix)))
    }

    /// # Errors
    /// That its value is none of that type.
    pub(crate) fn parsed<T: FromStr>(&self, name: &str) -> Result<Option<T>> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match text.parse() {
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(Refusal::value(&format!("{}{name}", self.prefix), &text)),
        }
    }

    /// # Errors
    /// That it is missing, or its value is none of that type.
    pub(crate) fn parse<T: FromStr>(&self, name: &str) -> Result<T> {
        self.need(name)?;
        self.parsed(name)?.ok_or_else(|| Refusal::missing(name))
    }

    /// A parameter that may only have the value which this server simulates.
    ///
    /// # Errors
    /// That it has another.
    pub(crate) fn only(&self, name: &str, value: &str) -> Result<()> {
        match self.text(name) {
            Some(is) if !is.eq_ignore_ascii_case(value) => {
                Err(Refusal::not_simulated(format!("{}{name}={is}", self.prefix)))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// A structure.
    pub(crate) fn part(&self, name: &str) -> Self {
        Self { of: self.of, prefix: format!("{}{name}.", self.prefix) }
    }

    /// A list of structures.
    pub(crate) fn items(&self, name: &str) -> Vec<Self> {
        let list = format!("{}{name}.{}", self.prefix, self.of.infix);
        let names = self.of.all.range(list.clone()..).map(|(name, _)| name);
        let rests = names.map_while(|name| name.strip_prefix(&list));
        let numbers = rests.filter_map(|rest| rest.split('.').next()?.parse::<u32>().ok());
        let numbers: BTreeSet<u32> = numbers.collect();
        let item = |number| Self { of: self.of, prefix: format!("{list}{number}.") };
        numbers.into_iter().map(item).collect()
    }

    /// A list of values.
    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        self.items(name).iter().filter_map(Self::value).collect()
    }

    /// A map of names to values.
    pub(crate) fn entries(&self, name: &str) -> BTreeMap<String, String> {
        let map = format!("{}{name}.", self.prefix);
        let all = self.of.all.range(map.clone()..).take_while(|(name, _)| name.starts_with(&map));
        let entry = |(name, value): (&String, &String)| {
            self.of.read.borrow_mut().insert(name.clone());
            (name[map.len()..].to_owned(), value.clone())
        };
        all.map(entry).collect()
    }

    /// Of an item of a list of values, the value: its name has nothing after the number.
    fn value(&self) -> Option<String> {
        let name = self.prefix.trim_end_matches('.').to_owned();
        let value = self.of.all.get(&name)?.clone();
        self.of.read.borrow_mut().insert(name);
        Some(value)
    }

    /// Tags as a list of keys and values.
    ///
    /// # Errors
    /// That a key is missing or comes twice.
    pub(crate) fn tags(&self, name: &str) -> Result<Tags> {
        let mut tags = BTreeMap::new();
        for tag in self.items(name) {
            let key = tag.need("Key")?;
            let value = tag.text("Value").unwrap_or_default();
            if tags.insert(key.clone(), value).is_some() {
                let message = format!("Duplicate tag key '{key}' specified.");
                return Err(Refusal::new("InvalidParameterValue", message));
            }
        }
        Ok(tags.into())
    }

    /// The tags of a create of the EC2 API.
    ///
    /// # Errors
    /// That they are for another type of resource.
    pub(crate) fn tags_for(&self, resource_type: &str) -> Result<Tags> {
        let mut tags = Tags::new();
        for specification in self.items("TagSpecification") {
            let asked = specification.need("ResourceType")?;
            if asked != resource_type {
                let message =
                    format!("'{asked}' is not a valid taggable resource type for this operation.");
                return Err(Refusal::new("InvalidParameterValue", message));
            }
            tags.extend(specification.tags("Tag")?);
        }
        Ok(tags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(all: &[(&str, &str)], infix: &'static str) -> Parameters {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Parameters::new(all.iter().map(own).collect(), infix)
    }

    #[test]
    fn lists_come_in_the_order_of_their_numbers() {
        let all = [("Id.10", "c"), ("Id.2", "b"), ("Id.1", "a"), ("IdX.1", "no")];
        let of = parameters(&all, "");
        assert_eq!(of.asked().texts("Id"), ["a", "b", "c"]);
        assert_eq!(of.all_read(), Err(Refusal::unknown_parameter("IdX.1")));
        let of = parameters(&[("Id.member.1", "a")], "member.");
        assert_eq!(of.asked().texts("Id"), ["a"]);
        assert_eq!(of.all_read(), Ok(()));
    }

    #[test]
    fn a_map_has_whatever_names_it_has() {
        let of = parameters(&[("Tags.a.b", "1"), ("Tags.c", ""), ("TagsX", "")], "");
        let expect = [("a.b".to_owned(), "1".to_owned()), ("c".to_owned(), String::new())];
        assert_eq!(of.asked().entries("Tags"), expect.into());
        assert_eq!(of.all_read(), Err(Refusal::unknown_parameter("TagsX")));
    }

    #[test]
    fn what_nobody_read_is_named_however_deep_it_lies() {
        let of = parameters(&[("P.1.R.1.Cidr", "x"), ("P.1.R.1.New", "y")], "");
        let range = &of.asked().items("P")[0].items("R")[0];
        assert_eq!(range.text("Cidr").as_deref(), Some("x"));
        assert_eq!(of.all_read().unwrap_err().unknown.as_deref(), Some("P.1.R.1.New"));
    }

    #[test]
    fn values_of_the_wrong_type_are_named() {
        let of = parameters(&[("A.Value", "perhaps")], "");
        let answer = of.asked().part("A").parsed::<bool>("Value");
        assert_eq!(answer.unwrap_err().code, "InvalidParameterValue");
        assert_eq!(of.asked().need("B").unwrap_err().code, "MissingParameter");
    }

    #[test]
    fn tags_are_for_the_type_that_is_made() {
        let all = [
            ("TagSpecification.1.ResourceType", "vpc"),
            ("TagSpecification.1.Tag.1.Key", "a"),
            ("TagSpecification.1.Tag.1.Value", "b"),
        ];
        let of = parameters(&all, "");
        assert_eq!(of.asked().tags_for("vpc").unwrap()["a"], "b");
        assert!(of.asked().tags_for("subnet").is_err());
    }
}
