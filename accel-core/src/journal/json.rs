//! An entry as JSON: what every journal that keeps text needs.

use serde::Deserialize;
use serde_json::Value;

use super::{APPEND_ENTRIES_MAX, ENTRY_BYTES_MAX, Entry, FORMAT, Record};
use crate::error::{Error, ErrorKind, Result};

/// The version of accel that this is.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The JSON of each entry of one append, without line breaks.
///
/// # Errors
/// `Invalid` if there are too many entries, one is too large, or their positions do not follow each other.
///
/// ```
/// use accel_core::journal::{Entry, Record, decode, encode};
/// let entry = Entry { seq: 7, at_ms: 0, run: "run-1".into(), record: Record::Beat };
/// let json = encode(std::slice::from_ref(&entry))?;
/// assert_eq!(json, [r#"{"seq":7,"at_ms":0,"run":"run-1","record":"beat"}"#]);
/// assert_eq!(decode(&json[0])?, entry);
/// # Ok::<(), accel_core::Error>(())
/// ```
pub fn encode(entries: &[Entry]) -> Result<Vec<String>> {
    if entries.len() > APPEND_ENTRIES_MAX {
        let count = entries.len();
        return Err(invalid(format!("an append of {count} entries"))
            .advice(format!("append at most {APPEND_ENTRIES_MAX} at a time")));
    }
    if let Some(gap) =
        entries.windows(2).find(|pair| pair[0].seq.checked_add(1) != Some(pair[1].seq))
    {
        let message = format!("an append with position {} after {}", gap[1].seq, gap[0].seq);
        return Err(invalid(message).advice("append entries whose positions follow each other"));
    }
    entries.iter().map(encode_one).collect()
}

fn encode_one(entry: &Entry) -> Result<String> {
    let json = serde_json::to_string(entry).expect("an entry is plain data");
    if json.len() > ENTRY_BYTES_MAX {
        let size = json.len();
        return Err(invalid(format!("entry {} has {size} bytes of JSON", entry.seq))
            .advice(format!("keep it within {ENTRY_BYTES_MAX}: make several deployments of one")));
    }
    Ok(json)
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::Invalid, message)
}

/// The entry that [`encode`] made this JSON of.
///
/// # Errors
/// `Journal` if it is not JSON at all; `Refused` if it is of a newer format, or holds what this accel does not know.
pub fn decode(json: &str) -> Result<Entry> {
    let value = serde_json::from_str(json)
        .map_err(|error| Error::new(ErrorKind::Journal, format!("not JSON: {error}")))?;
    read(&value, None)
}

/// Reads one entry; `writer` is the version of accel that wrote it, if the store knows it.
pub(super) fn read(value: &Value, writer: Option<&str>) -> Result<Entry> {
    let entry = Entry::deserialize(value).map_err(|error| {
        // A first record of a newer format names the version needed, even when it cannot be read whole.
        let version = value.pointer("/record/started/version").and_then(Value::as_str).or(writer);
        newer(format!("a record that accel {VERSION} does not know: {error}"), version)
    })?;
    if let Record::Started(started) = &entry.record {
        refuse_newer_format(started.format, Some(&started.version))?;
    }
    Ok(entry)
}

pub(super) fn refuse_newer_format(format: u32, writer: Option<&str>) -> Result<()> {
    if format <= FORMAT {
        return Ok(());
    }
    let message =
        format!("format {format}, where accel {VERSION} reads formats up to {FORMAT} only");
    Err(newer(message, writer))
}

fn newer(message: String, writer: Option<&str>) -> Error {
    let needed = writer.map_or("the accel that wrote it".to_owned(), |v| format!("accel {v}"));
    Error::new(ErrorKind::Refused, message).advice(format!("run {needed}, or a newer one"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(json: &str) -> Error {
        decode(json).expect_err("it is not for this accel")
    }

    #[test]
    fn a_started_record_of_a_newer_format_is_refused_with_the_version_needed() {
        let started = r#""version":"7.1.0","backend":"sim","purpose":"deploy","partition":"aws","stamp":{"run":"r","by":"me","places":[],"accounts":[]}"#;
        let unreadable = r#""version":"7.1.0","from":"somewhere else""#;
        for started in [started, unreadable] {
            let json = format!(
                r#"{{"seq":0,"at_ms":0,"run":"r","record":{{"started":{{"format":2,{started}}}}}}}"#
            );
            let error = refusal(&json);
            assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
            assert_eq!(error.what_next(), Some("run accel 7.1.0, or a newer one"));
        }
    }

    #[test]
    fn an_unknown_record_is_refused() {
        let error = refusal(r#"{"seq":0,"at_ms":0,"run":"r","record":"moved"}"#);
        assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    }

    #[test]
    fn what_is_no_json_is_damaged() {
        assert_eq!(refusal(r#"{"seq":0,"#).kind(), ErrorKind::Journal);
    }
}
