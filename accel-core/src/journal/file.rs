//! stub
#[derive(Debug)]
/// File
pub struct FileJournal;
