//! An answer as it is written. Everything that comes in is escaped.

use std::fmt::Display;

use quick_xml::escape::escape;

/// XML elements, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Xml {
    text: String,
}

impl Xml {
    /// One value.
    pub(crate) fn field(&mut self, name: &str, value: impl Display) {
        self.open(name);
        self.text.push_str(&escape(value.to_string()));
        self.close(name);
    }

    /// A value that there may be.
    pub(crate) fn maybe(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.field(name, value);
        }
    }

    /// A structure.
    pub(crate) fn group(&mut self, name: &str, write: impl FnOnce(&mut Self)) {
        self.open(name);
        write(self);
        self.close(name);
    }

    /// A list of the EC2 API.
    pub(crate) fn set<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        write: impl FnMut(&mut Self, T),
    ) {
        self.list(name, "item", items, write);
    }

    /// A list of values of the EC2 API.
    pub(crate) fn values<T: Display>(&mut self, name: &str, items: impl IntoIterator<Item = T>) {
        self.group(name, |xml| {
            for item in items {
                xml.field("item", item);
            }
        });
    }

    /// A list of the load balancing API.
    pub(crate) fn members<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        write: impl FnMut(&mut Self, T),
    ) {
        self.list(name, "member", items, write);
    }

    fn list<T>(
        &mut self,
        name: &str,
        element: &str,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) {
        self.group(name, |xml| {
            for item in items {
                xml.group(element, |xml| write(xml, item));
            }
        });
    }

    /// A list of values of the load balancing API.
    pub(crate) fn member_values<T: Display>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
    ) {
        self.group(name, |xml| {
            for item in items {
                xml.field("member", item);
            }
        });
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }

    /// Puts elements that are written already in.
    pub(crate) fn append(&mut self, other: &str) {
        self.text.push_str(other);
    }

    fn open(&mut self, name: &str) {
        self.text.push('<');
        self.text.push_str(name);
        self.text.push('>');
    }

    fn close(&mut self, name: &str) {
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push('>');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_sent_is_escaped() {
        let mut xml = Xml::default();
        xml.set("tagSet", ["<a>&\"'"], |xml, value| xml.field("value", value));
        let text = xml.into_text();
        assert!(text.starts_with("<tagSet><item><value>&lt;a&gt;&amp;"), "{text}");
        assert!(!text.contains("<a>"), "{text}");
    }
}
