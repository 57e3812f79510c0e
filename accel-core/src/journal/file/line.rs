//! One append as one line of text with a checksum, and a file of them.
//!
//! A crash can cut the last line short, or leave zeros where a page of it did not reach the disk. Neither can look like a whole line:
//! text holds no zeros, and a proper prefix of a JSON object is not a JSON object. So the torn and the damaged can be told apart, and
//! only the torn is dropped.

use std::fmt;
use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::error::{Error, ErrorKind, Result};
use crate::id::DeploymentId;
use crate::journal::{Entry, FORMAT, json};

/// What comes before the checksum, and what comes after it. The checksum covers what follows, up to the line break.
const BEFORE: &[u8] = br#"{"check":""#;
const AFTER: &[u8] = br#"","#;
const CHECK_DIGITS: usize = 16;

/// A line without its checksum.
#[derive(Deserialize)]
struct Line {
    format: u32,
    accel: String,
    deployment: String,
    /// Anything, so that a line of a newer format is refused as newer and not as damaged.
    #[serde(default)]
    entries: Value,
}

/// The line of one append.
pub(super) fn write(deployment: &DeploymentId, entries: &[String]) -> String {
    let rest = format!(
        r#""format":{FORMAT},"accel":"{}","deployment":"{deployment}","entries":[{}]}}"#,
        json::VERSION,
        entries.join(",")
    );
    format!("{{\"check\":\"{}\",{rest}\n", check(rest.as_bytes()))
}

fn check(rest: &[u8]) -> String {
    let digest = Sha256::digest(rest);
    let bits = digest[..8].try_into().expect("a digest has 32 bytes");
    format!("{:016x}", u64::from_be_bytes(bits))
}

/// The whole appends of a file.
#[derive(Debug)]
pub(super) struct Whole {
    /// Their entries.
    pub(super) entries: Vec<Entry>,
    /// Their length in the file; what comes after is torn.
    pub(super) len: u64,
}

/// Reads a file; drops a torn tail.
pub(super) fn read_all(text: &[u8], path: &Path, deployment: &DeploymentId) -> Result<Whole> {
    let mut whole = Whole { entries: Vec::new(), len: 0 };
    let mut rest = text;
    for number in 1.. {
        let Some(piece) = rest.split_inclusive(|byte| *byte == b'\n').next() else { break };
        rest = &rest[piece.len()..];
        let at = |error: Error| located(path, number, &error);
        let Some(object) = checked(piece) else {
            if rest.is_empty() && is_torn(piece) {
                break;
            }
            return Err(at(damaged("the checksum does not match")));
        };
        for entry in read_line(object, deployment).map_err(at)? {
            let next = whole.entries.len() as u64;
            if entry.seq != next {
                let what = format_args!("position {} where {next} belongs", entry.seq);
                return Err(at(damaged(what)));
            }
            whole.entries.push(entry);
        }
        whole.len += piece.len() as u64;
    }
    Ok(whole)
}

/// The JSON object of a line, if the line is whole.
fn checked(piece: &[u8]) -> Option<&[u8]> {
    let object = piece.strip_suffix(b"\n")?;
    let (digits, rest) = object.strip_prefix(BEFORE)?.split_at_checked(CHECK_DIGITS)?;
    (check(rest.strip_prefix(AFTER)?).as_bytes() == digits).then_some(object)
}

/// Whether a last line that is not whole is what a crash leaves of an append: cut short, or with zeros in it.
fn is_torn(piece: &[u8]) -> bool {
    let written = piece.split(|byte| *byte == 0).next().unwrap_or(piece);
    let lost = &piece[written.len()..];
    match serde_json::from_slice::<IgnoredAny>(written) {
        // The line break was written, so everything was: a bit has changed since.
        _ if written.ends_with(b"\n") => false,
        // All but the line break. Were anything after it, that line break would be what is damaged.
        Ok(IgnoredAny) => written.ends_with(b"}") && lost.iter().all(|byte| *byte == 0),
        Err(error) => error.is_eof(),
    }
}

fn read_line(object: &[u8], deployment: &DeploymentId) -> Result<Vec<Entry>> {
    let line: Line = serde_json::from_slice(object).map_err(damaged)?;
    json::refuse_newer_format(line.format, Some(&line.accel))?;
    if line.deployment != deployment.as_str() {
        let message = format!("the journal is that of {}, not of {deployment}", line.deployment);
        return Err(Error::new(ErrorKind::Refused, message)
            .advice("put it back into the directory of that name"));
    }
    let entries = line.entries.as_array().ok_or_else(|| damaged("no list of entries"))?;
    entries.iter().map(|entry| json::read(entry, Some(&line.accel))).collect()
}

fn damaged(what: impl fmt::Display) -> Error {
    Error::new(ErrorKind::Journal, format!("damaged: {what}")).advice(
        "restore the file from a backup, or move it away: without it accel goes by the tags in the cloud",
    )
}

fn located(path: &Path, number: u64, error: &Error) -> Error {
    let message = format!("{} line {number}: {}", path.display(), error.message());
    let located = Error::new(error.kind(), message);
    match error.what_next() {
        Some(advice) => located.advice(advice),
        None => located,
    }
}
