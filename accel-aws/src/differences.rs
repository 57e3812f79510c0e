//! Collects how what is differs from what was asked.

use std::fmt::Display;

use accel_core::backend::Difference;

#[derive(Debug, Default)]
pub(crate) struct Differences(pub(crate) Vec<Difference>);

impl Differences {
    pub(crate) fn field<T: PartialEq + Display + ?Sized>(
        &mut self,
        field: &str,
        asked: &T,
        is: &T,
    ) {
        if asked != is {
            self.push(field, asked, is);
        }
    }

    /// Texts whose order does not matter.
    pub(crate) fn set(&mut self, field: &str, asked: Vec<String>, is: Vec<String>) {
        let (asked, is) = (sorted(asked), sorted(is));
        if asked != is {
            self.push(field, &asked.join(", "), &is.join(", "));
        }
    }

    pub(crate) fn push<T: Display + ?Sized>(&mut self, field: &str, asked: &T, is: &T) {
        let field = field.to_owned();
        self.0.push(Difference { field, asked: asked.to_string(), is: is.to_string() });
    }
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort_unstable();
    texts
}
