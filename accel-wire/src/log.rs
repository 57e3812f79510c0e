//! What was called, and what came of it.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::{Value, json};

/// One call, as a line of the log. Of an access key it says the last four characters, of parameters nothing.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Call {
    /// In the order in which they ended, from 1.
    pub number: u64,
    /// As the answer names it.
    pub request_id: String,
    /// Milliseconds since the world's birth.
    pub at_ms: u64,
    /// As the scope of the signature names it, for example `ec2`.
    pub service: &'static str,
    /// For example `CreateVpc`; empty if the request names none.
    pub action: String,
    /// Of the access key.
    pub account: String,
    /// Of the scope of the signature.
    pub region: String,
    /// The end of the access key.
    pub key: String,
    /// Whether the action may change the world.
    pub mutating: bool,
    /// Of the answer; where none was given, of the one that was held back.
    pub status: u16,
    /// The error's code, if it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The action, parameter or filter that this server does not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
    /// What the schedule of faults did to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// How many calls are remembered.
const KEPT: usize = 100_000;

/// The last calls.
#[derive(Debug, Default)]
pub(crate) struct Log {
    calls: VecDeque<Call>,
    begun: u64,
    count: u64,
    mutating: u64,
    unknown: u64,
}

impl Log {
    /// Counts a call that begins.
    pub(crate) fn begin(&mut self) -> u64 {
        self.begun += 1;
        self.begun
    }

    /// Numbers a call that has ended and keeps it.
    pub(crate) fn push(&mut self, call: Call) {
        self.count += 1;
        self.mutating += u64::from(call.mutating);
        self.unknown += u64::from(call.unknown.is_some());
        if self.calls.len() == KEPT {
            self.calls.pop_front();
        }
        self.calls.push_back(Call { number: self.count, ..call });
    }

    /// How many calls have ended, how many of them were mutating, and how many had something that is not known.
    pub(crate) fn counts(&self) -> Value {
        json!({ "calls": self.count, "mutating": self.mutating, "unknown": self.unknown })
    }

    /// The calls after a number.
    pub(crate) fn after(&self, number: u64) -> impl Iterator<Item = &Call> {
        self.calls.range(self.calls.partition_point(|call| call.number <= number)..)
    }

    /// Of the same at most so many, the last; one JSON object per line.
    pub(crate) fn lines_after(&self, number: u64, last: u64) -> String {
        let mut text = String::new();
        let from = number.max(self.count.saturating_sub(last));
        for call in self.after(from) {
            text.push_str(&serde_json::to_string(call).unwrap_or_default());
            text.push('\n');
        }
        text
    }
}
