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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Record, encode};

    fn lane() -> DeploymentId {
        DeploymentId::parse("lane").unwrap()
    }

    fn beat(seq: u64) -> Entry {
        Entry { seq, at_ms: 0, run: "r".into(), record: Record::Beat }
    }

    /// Three lines, of one, two and one entries.
    fn lines() -> Vec<String> {
        let appends = [vec![beat(0)], vec![beat(1), beat(2)], vec![beat(3)]];
        appends.map(|entries| write(&lane(), &encode(&entries).unwrap())).to_vec()
    }

    fn read(text: &[u8]) -> Result<Whole> {
        read_all(text, Path::new("j"), &lane())
    }

    fn check_error(text: &[u8], kind: ErrorKind, message: &str) {
        let error = read(text).expect_err(message);
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains(message), "{error} instead of {message}");
        assert!(error.what_next().is_some(), "{error} does not say what to do");
    }

    /// A line whose checksum is right, whatever it says.
    fn line_of(rest: &str) -> String {
        format!("{{\"check\":\"{}\",{rest}\n", check(rest.as_bytes()))
    }

    #[test]
    fn whole_lines_are_read_to_the_end() {
        let text = lines().concat();
        let whole = read(text.as_bytes()).unwrap();
        assert_eq!(whole.entries, [beat(0), beat(1), beat(2), beat(3)]);
        assert_eq!(whole.len, text.len() as u64);
    }

    #[test]
    fn a_tail_with_zeros_between_any_two_bytes_is_dropped() {
        let lines = lines();
        let (before, last) = (lines[..2].concat(), lines[2].len());
        for from in 0..last {
            for to in from + 1..=last {
                let mut text = lines.concat().into_bytes();
                text[before.len()..][from..to].fill(0);
                let whole = read(&text).unwrap_or_else(|e| panic!("zeros in {from}..{to}: {e}"));
                assert_eq!(whole.len, before.len() as u64, "zeros in {from}..{to}");
            }
        }
    }

    #[test]
    fn a_tail_cut_at_any_byte_and_followed_by_zeros_is_dropped() {
        let lines = lines();
        let before = lines[..2].concat();
        for cut in 0..lines[2].len() {
            for zeros in [0, 1, 5000] {
                let torn = [before.as_bytes(), &lines[2].as_bytes()[..cut], &vec![0; zeros]];
                let whole = read(&torn.concat()).unwrap_or_else(|e| panic!("cut at {cut}: {e}"));
                assert_eq!(whole.len, before.len() as u64, "cut at {cut}, {zeros} zeros");
            }
        }
    }

    #[test]
    fn any_other_byte_anywhere_is_damage() {
        let lines = lines();
        let text = lines.concat().into_bytes();
        let last = text.len() - lines[2].len();
        let mut number = 1;
        for at in 0..text.len() {
            for other in (0..=u8::MAX).filter(|other| *other != text[at]) {
                // A zero in the last line is what a crash leaves.
                if at < last || other != 0 {
                    let mut changed = text.clone();
                    changed[at] = other;
                    check_error(&changed, ErrorKind::Journal, &format!("j line {number}: damaged"));
                }
            }
            number += u32::from(text[at] == b'\n');
        }
    }

    #[test]
    fn a_line_that_is_missing_doubled_or_misplaced_is_damage() {
        let lines = lines();
        let [a, b, c] = [&lines[0], &lines[1], &lines[2]].map(String::as_str);
        for order in [vec![b, c], vec![a, c], vec![a, b, b, c], vec![a, a], vec![b, a, c]] {
            check_error(order.concat().as_bytes(), ErrorKind::Journal, "belongs");
        }
    }

    #[test]
    fn a_newer_format_is_refused_with_the_version_needed() {
        let rest = r#""format":2,"accel":"7.1.0","deployment":"lane","appends":"packed"}"#;
        check_error(line_of(rest).as_bytes(), ErrorKind::Refused, "j line 1: format 2");
        let error = read(line_of(rest).as_bytes()).unwrap_err();
        assert_eq!(error.what_next(), Some("run accel 7.1.0, or a newer one"));
    }

    #[test]
    fn an_unknown_record_is_refused_with_the_version_needed() {
        let entry = r#"{"seq":0,"at_ms":0,"run":"r","record":{"moved":{"item":1}}}"#;
        let head = r#""format":1,"accel":"7.1.0","deployment":"lane","#;
        let text = line_of(&format!(r#"{head}"entries":[{entry}]}}"#));
        check_error(text.as_bytes(), ErrorKind::Refused, "unknown variant `moved`");
        let error = read(text.as_bytes()).unwrap_err();
        assert_eq!(error.what_next(), Some("run accel 7.1.0, or a newer one"));
    }

    #[test]
    fn the_journal_of_another_deployment_is_refused() {
        let text = write(&DeploymentId::parse("other").unwrap(), &encode(&[beat(0)]).unwrap());
        check_error(text.as_bytes(), ErrorKind::Refused, "that of other, not of lane");
    }
}
