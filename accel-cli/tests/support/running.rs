//! A program that goes on until it is interrupted, as its users run it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command};

use serde_json::Value;

/// A program that goes on after its first document; dropped, it is killed.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) document: Value,
}

impl Running {
    /// Starts it and reads the document, which meets this schema.
    pub(crate) fn start(mut program: Command, schema: &str) -> Self {
        let mut child = program.spawn().unwrap();
        let mut text = String::new();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        while !text.ends_with("}\n") {
            assert!(said.read_line(&mut text).unwrap() > 0, "it has ended: {text}");
        }
        let document: Value = serde_json::from_str(&text).unwrap();
        jsonschema::validate(&serde_json::from_str(schema).unwrap(), &document).unwrap();
        Self { child, document }
    }

    pub(crate) fn said(&self, field: &str) -> &str {
        self.document[field].as_str().unwrap()
    }

    /// Interrupts it; gives its exit code and what it has told.
    #[cfg(unix)]
    pub(crate) fn interrupt(mut self) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        let code = self.child.wait().unwrap().code();
        let mut told = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        (code, told)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
