//! What was called, and what came of it.

use std::collections::VecDeque;

use serde::Serialize;

/// One call, as a line of the log. Of an access key it says the last four characters, of parameters nothing.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Call {
    pub(crate) number: u64,
    /// Milliseconds since the world's birth.
    pub(crate) at_ms: u64,
    pub(crate) service: &'static str,
    pub(crate) action: String,
    pub(crate) account: String,
    pub(crate) region: String,
    /// The end of the access key.
    pub(crate) key: String,
    pub(crate) mutating: bool,
    pub(crate) status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
    /// The action, parameter or filter that this server does not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unknown: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fault: Option<String>,
}

/// How many calls are remembered.
const KEPT: usize = 100_000;

/// The last calls.
#[derive(Debug, Default)]
pub(crate) struct Log {
    calls: VecDeque<Call>,
    pub(crate) count: u64,
    pub(crate) mutating: u64,
    pub(crate) unknown: u64,
}

impl Log {
    /// Numbers a call that begins.
    pub(crate) fn begin(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    pub(crate) fn push(&mut self, call: Call) {
        self.mutating += u64::from(call.mutating);
        self.unknown += u64::from(call.unknown.is_some());
        if self.calls.len() == KEPT {
            self.calls.pop_front();
        }
        self.calls.push_back(call);
    }

    /// The calls after a number, one JSON object per line.
    pub(crate) fn lines_after(&self, number: u64) -> String {
        let mut text = String::new();
        for call in self.calls.iter().filter(|call| call.number > number) {
            text.push_str(&serde_json::to_string(call).unwrap_or_default());
            text.push('\n');
        }
        text
    }
}
