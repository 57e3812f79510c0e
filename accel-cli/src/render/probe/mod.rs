//! What a probe found: as text, as a document, as a page.

mod document;
mod page;
mod plots;
mod text;

pub(crate) use document::document;
pub(crate) use page::page;
pub(crate) use text::text;
