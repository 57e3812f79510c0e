//! Journals: the conformance suite on our own two, and what the file promises beyond it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use accel_core::journal::{
    Appended, Entry, FileJournal, Journal, MemoryJournal, Record, decode, encode,
};
use accel_core::{DeploymentId, Error, ErrorKind, Result};
use accel_tests::journal::{Store, beats, check, entries_of_every_record};
use async_trait::async_trait;
use proptest::prelude::*;
use tempfile::TempDir;

/// Journals in memory, kept by name.
#[derive(Debug, Default)]
struct Memory(Mutex<BTreeMap<DeploymentId, Arc<MemoryJournal>>>);

#[async_trait]
impl Store for Memory {
    async fn open(&self, deployment: &DeploymentId) -> Result<Arc<dyn Journal>> {
        let mut journals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let journal = Arc::clone(journals.entry(deployment.clone()).or_default());
        Ok(journal)
    }
}

/// Journals in a directory.
#[derive(Debug)]
struct Files(PathBuf);

#[async_trait]
impl Store for Files {
    async fn open(&self, deployment: &DeploymentId) -> Result<Arc<dyn Journal>> {
        Ok(Arc::new(FileJournal::open(&self.0, deployment)?))
    }
}

#[tokio::test]
async fn the_journal_in_memory_conforms() {
    check(&Memory::default()).await;
}

#[tokio::test]
async fn the_journal_in_a_file_conforms() {
    let dir = tempdir();
    check(&Files(dir.path().to_owned())).await;
}

/// What a journal can do wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    TakesAnyPosition,
    TakesWhatFits,
    LooksLongBeforeItWrites,
    LoadsFromTheBeginning,
    ForgetsWhenReopened,
    MixesDeployments,
    HasNoLimits,
    RefusesTheLargest,
}

/// A journal with a fault, and the store it comes from.
#[derive(Debug, Clone)]
struct Faulty {
    fault: Fault,
    entries: Arc<Mutex<BTreeMap<DeploymentId, Vec<Entry>>>>,
    deployment: DeploymentId,
}

impl Faulty {
    fn new(fault: Fault) -> Self {
        Self { fault, entries: Arc::default(), deployment: lane() }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Vec<Entry>) -> T) -> T {
        let mut all = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        act(all.entry(self.deployment.clone()).or_default())
    }
}

#[async_trait]
impl Store for Faulty {
    async fn open(&self, deployment: &DeploymentId) -> Result<Arc<dyn Journal>> {
        let mut opened = self.clone();
        if self.fault != Fault::MixesDeployments {
            opened.deployment = deployment.clone();
        }
        if self.fault == Fault::ForgetsWhenReopened {
            opened.with(Vec::clear);
        }
        Ok(Arc::new(opened))
    }
}

#[async_trait]
impl Journal for Faulty {
    fn exclusive(&self) -> bool {
        false
    }

    async fn load(&self, from: u64) -> Result<Vec<Entry>> {
        let from = if self.fault == Fault::LoadsFromTheBeginning { 0 } else { from };
        Ok(self.with(|entries| entries.iter().filter(|e| e.seq >= from).cloned().collect()))
    }

    async fn append(&self, new: &[Entry]) -> Result<Appended> {
        let json = if self.fault == Fault::HasNoLimits { vec![] } else { encode(new)? };
        if self.fault == Fault::RefusesTheLargest && json.iter().any(|j| j.len() > 1 << 20) {
            return Err(Error::new(ErrorKind::Invalid, "more than a megabyte"));
        }
        let next = self.with(|entries| entries.len() as u64);
        if self.fault == Fault::LooksLongBeforeItWrites {
            tokio::task::yield_now().await;
        }
        let fits =
            self.fault == Fault::TakesAnyPosition || new.first().is_none_or(|e| e.seq == next);
        Ok(self.with(|entries| {
            if fits {
                entries.extend_from_slice(new);
                return Appended::Done;
            }
            if self.fault == Fault::TakesWhatFits {
                entries.extend(new.iter().filter(|e| e.seq >= next).cloned());
            }
            Appended::Conflict
        }))
    }
}

#[tokio::test]
async fn the_suite_finds_what_a_journal_does_wrong() {
    check(&Faulty::new(Fault::None)).await;
    for fault in [
        Fault::TakesAnyPosition,
        Fault::TakesWhatFits,
        Fault::LooksLongBeforeItWrites,
        Fault::LoadsFromTheBeginning,
        Fault::ForgetsWhenReopened,
        Fault::MixesDeployments,
        Fault::HasNoLimits,
        Fault::RefusesTheLargest,
    ] {
        let checked = tokio::spawn(async move { check(&Faulty::new(fault)).await });
        assert!(checked.await.is_err(), "a journal that {fault:?} passes");
    }
}

fn tempdir() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

fn lane() -> DeploymentId {
    DeploymentId::parse("lane").expect("a valid name")
}

fn open(dir: &Path) -> FileJournal {
    FileJournal::open(dir, &lane()).expect("the journal opens")
}

fn refusal(dir: &Path) -> Error {
    FileJournal::open(dir, &lane()).expect_err("the journal does not open")
}

fn file(dir: &Path) -> PathBuf {
    dir.join("lane").join("journal.jsonl")
}

fn text(dir: &Path) -> Vec<u8> {
    fs::read(file(dir)).expect("the journal's file")
}

fn put(dir: &Path, text: &[u8]) {
    fs::create_dir_all(dir.join("lane")).expect("a directory");
    fs::write(file(dir), text).expect("the journal's file");
}

async fn append(journal: &FileJournal, entries: &[Entry]) {
    assert_eq!(journal.append(entries).await, Ok(Appended::Done));
}

/// The text of a journal with one line per count of entries.
async fn text_of(counts: &[u64]) -> Vec<u8> {
    let dir = tempdir();
    let journal = open(dir.path());
    let mut next = 0;
    for count in counts {
        append(&journal, &beats(next, *count)).await;
        next += count;
    }
    text(dir.path())
}

#[tokio::test]
async fn an_append_torn_at_any_byte_is_dropped_and_written_anew() {
    let whole = text_of(&[2, 1]).await;
    let before = text_of(&[2]).await;
    let dir = tempdir();
    for cut in before.len()..whole.len() {
        put(dir.path(), &whole[..cut]);
        let journal = open(dir.path());
        assert_eq!(journal.load(0).await, Ok(beats(0, 2)), "cut at {cut}");
        assert!(text(dir.path()) == before, "the tail cut at {cut} is still there");
        append(&journal, &beats(2, 1)).await;
        assert!(text(dir.path()) == whole, "cut at {cut}");
    }
}

#[tokio::test]
async fn a_flipped_byte_in_the_middle_is_an_error_that_names_the_line() {
    let (first, second) = (text_of(&[1]).await.len(), text_of(&[1, 2]).await.len());
    let whole = text_of(&[1, 2, 1]).await;
    let dir = tempdir();
    for at in first..second {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x20;
        put(dir.path(), &damaged);
        let error = refusal(dir.path());
        assert_eq!(error.kind(), ErrorKind::Journal, "byte {at}: {error}");
        assert!(error.message().contains("journal.jsonl line 2: damaged"), "byte {at}: {error}");
        assert!(error.what_next().is_some(), "{error} does not say what to do");
        assert!(text(dir.path()) == damaged, "byte {at}: the damaged file was changed");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever the file holds, opening it gives whole appends from the beginning, or an error.
    #[test]
    fn no_file_makes_it_panic_or_invent(
        counts in prop::collection::vec(1..4_u64, 0..5),
        cut in 0..2000_usize,
        changes in prop::collection::vec((0..2000_usize, any::<u8>()), 0..4),
        tail in prop::collection::vec(any::<u8>(), 0..50),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let mut text = text_of(&counts).await;
            text.truncate(cut);
            for (at, byte) in changes {
                if let Some(there) = text.get_mut(at) { *there = byte; }
            }
            text.extend(tail);
            let dir = tempdir();
            put(dir.path(), &text);
            if let Ok(journal) = FileJournal::open(dir.path(), &lane()) {
                let entries = journal.load(0).await.expect("an open journal can be read");
                let ends = counts.iter().scan(0, |end, count| { *end += count; Some(*end) });
                let ends: Vec<u64> = std::iter::once(0).chain(ends).collect();
                assert!(ends.contains(&(entries.len() as u64)), "half an append in {entries:?}");
                assert_eq!(entries, beats(0, entries.len() as u64));
            }
        });
    }
}

#[cfg(unix)]
#[tokio::test]
async fn directory_and_files_are_for_their_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempdir();
    let parent = dir.path().join("state").join("accel");
    let home = parent.join("lane");
    let mode = |path: &Path| fs::metadata(path).expect("it exists").permissions().mode() & 0o777;

    drop(open(&parent));
    for path in [&dir.path().join("state"), &parent, &home] {
        assert_eq!(mode(path), 0o700, "{}", path.display());
    }
    for name in ["journal.jsonl", "lock"] {
        assert_eq!(mode(&home.join(name)), 0o600, "{name}");
        fs::set_permissions(home.join(name), fs::Permissions::from_mode(0o644)).expect("ours");
    }
    fs::set_permissions(&home, fs::Permissions::from_mode(0o755)).expect("ours");

    drop(open(&parent));
    assert_eq!(mode(&home), 0o700, "rights given to others are taken away");
    for name in ["journal.jsonl", "lock"] {
        assert_eq!(mode(&home.join(name)), 0o600, "{name}");
    }
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let dir = tempdir();
    let in_the_way = dir.path().join("accel");
    fs::write(&in_the_way, "").expect("a small file");
    let error = refusal(&in_the_way);
    assert_eq!(error.kind(), ErrorKind::Journal);
    assert!(error.message().contains(&*in_the_way.join("lane").to_string_lossy()), "{error}");
}

#[tokio::test]
async fn a_second_opener_is_fenced_by_the_name_of_the_first() {
    let dir = tempdir();
    let journal = open(dir.path());
    append(&journal, &beats(0, 1)).await;
    let error = refusal(dir.path());
    assert_eq!(error.kind(), ErrorKind::Fenced);
    let holder = format!("process {}", std::process::id());
    assert!(error.message().starts_with(&holder), "{error}");
    assert!(error.what_next().is_some_and(|advice| advice.contains(&holder)), "{error}");

    drop(journal);
    assert_eq!(open(dir.path()).load(0).await, Ok(beats(0, 1)));
}

#[tokio::test]
async fn the_lock_of_a_killed_process_ends_with_it() {
    let dir = tempdir();
    let mut child = this_program("holds_the_lock_until_killed", dir.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program runs");
    let said = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let said = said.map_while(std::result::Result::ok).find(|line| line.contains("it is open"));
    assert!(said.is_some(), "the other process did not open the journal");

    let error = refusal(dir.path());
    assert_eq!(error.kind(), ErrorKind::Fenced);
    assert!(error.message().starts_with(&format!("process {}", child.id())), "{error}");

    child.kill().expect("it is ours to kill");
    child.wait().expect("it has ended");
    let journal = open(dir.path());
    assert_eq!(journal.load(0).await, Ok(beats(0, 1)));
    append(&journal, &beats(1, 1)).await;
}

#[tokio::test]
#[ignore = "the other process of another test"]
async fn holds_the_lock_until_killed() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let journal = open(Path::new(&dir));
    append(&journal, &beats(0, 1)).await;
    std::io::stdout().write_all(b"it is open\n").expect("a pipe");
    std::io::stdin().read_line(&mut String::new()).expect("a pipe");
}

/// The kernel refuses to let files of the other process grow beyond some KiB, in the middle of a write: a full disk.
#[cfg(unix)]
#[test]
fn after_a_failed_write_nothing_is_appended_until_it_is_opened_again() {
    let dir = tempdir();
    let test = this_program("fills_the_disk", dir.path());
    let status = Command::new("sh")
        .args(["-c", r#"ulimit -f 16 && trap "" XFSZ && exec "$0" "$@""#])
        .arg(test.get_program())
        .args(test.get_args())
        .env(DIR, dir.path())
        .stdout(Stdio::null())
        .status()
        .expect("a shell");
    assert!(status.success(), "the other process says what went wrong");
    assert!(dir.path().join("it-was-full").exists(), "the other process ran nothing");
}

#[tokio::test]
#[ignore = "the other process of another test"]
async fn fills_the_disk() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let dir = Path::new(&dir);
    let journal = open(dir);
    append(&journal, &beats(0, 1)).await;
    let before = text(dir);

    let item = serde_json::from_value(0.into()).expect("an item is a number");
    let large = Record::Replaced { item, why: "x".repeat(1 << 16) };
    let large = [Entry { record: large, ..beats(1, 1)[0].clone() }];
    let error = journal.append(&large).await.expect_err("the disk is full");
    assert_eq!(error.kind(), ErrorKind::Journal);
    assert!(error.what_next().is_some(), "{error} does not say what to do");
    assert!(text(dir) == before, "a part of the failed append is still there");

    let error = journal.append(&beats(1, 1)).await.expect_err("an earlier write has failed");
    assert_eq!(error.kind(), ErrorKind::Journal);
    assert_eq!(journal.load(0).await, Ok(beats(0, 1)), "what was durable can still be read");

    drop(journal);
    let journal = open(dir);
    append(&journal, &beats(1, 1)).await;
    assert_eq!(journal.load(0).await, Ok(beats(0, 2)));
    fs::write(dir.join("it-was-full"), "").expect("a small file");
}

#[tokio::test]
async fn a_file_that_somebody_changes_while_it_is_open_is_neither_read_nor_written() {
    let dir = tempdir();
    let journal = open(dir.path());
    append(&journal, &beats(0, 1)).await;
    let whole = text(dir.path());

    let check = async |what: &str| {
        let read = journal.load(0).await.expect_err(what);
        let written = journal.append(&beats(1, 1)).await.expect_err(what);
        assert_eq!([read.kind(), written.kind()], [ErrorKind::Journal; 2], "{what}: {written}");
    };
    put(dir.path(), &whole[..10]);
    check("cut").await;
    put(dir.path(), &[&whole[..], b"{}"].concat());
    check("continued").await;
    fs::remove_file(file(dir.path())).expect("ours");
    check("removed").await;

    put(dir.path(), &whole);
    append(&journal, &beats(1, 1)).await;
    assert_eq!(journal.load(0).await, Ok(beats(0, 2)));
}

/// Where the other process finds its directory.
const DIR: &str = "ACCEL_TEST_JOURNAL_DIR";

/// One test of this program in a process of its own.
fn this_program(test: &str, dir: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", test, "--ignored", "--nocapture"]).env(DIR, dir);
    command
}

#[tokio::test]
async fn a_journal_that_a_newer_accel_started_is_refused() {
    let dir = tempdir();
    let mut entry = entries_of_every_record().swap_remove(0);
    let Record::Started(started) = &mut entry.record else { panic!("a run starts with its start") };
    started.format += 1;
    started.version = "7.1.0".into();
    append(&open(dir.path()), &[entry]).await;

    let error = refusal(dir.path());
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(error.what_next().is_some_and(|advice| advice.contains("accel 7.1.0")), "{error}");
}

#[test]
fn the_samples_hold_every_record() {
    let unknown = decode(r#"{"seq":0,"at_ms":0,"run":"r","record":"no such"}"#);
    let unknown = unknown.expect_err("there is no such record").message().to_owned();
    let (_, all) = unknown.split_once("expected one of ").expect("serde lists the names");
    let samples = encode(&entries_of_every_record()).expect("within the limits").concat();
    for name in all.split(", ").map(|name| name.trim_matches('`')) {
        let (with_fields, without) =
            (format!(r#""record":{{"{name}":"#), format!(r#""record":"{name}""#));
        assert!(samples.contains(&with_fields) || samples.contains(&without), "no {name}");
    }
}

fn golden(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("golden");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn the_json_of_every_record_is_stable() {
    let json = encode(&entries_of_every_record()).expect("within the limits");
    golden("journal-records", &json.join("\n"));
}

#[tokio::test]
async fn the_lines_of_the_file_are_stable() {
    let text = String::from_utf8(text_of(&[1, 2]).await).expect("text");
    let version = concat!(r#""accel":""#, env!("CARGO_PKG_VERSION"), '"');
    let lines = text.lines().map(|line| {
        let (check, rest) = line.split_at(r#"{"check":"0123456789abcdef""#.len());
        assert!(check.starts_with(r#"{"check":""#), "{line}");
        format!(r#"{{"check":"…"{}"#, rest.replace(version, r#""accel":"…""#))
    });
    golden("journal-file", &lines.collect::<Vec<_>>().join("\n"));
}

/// The file is never made anew: it stands for all the journals of format 1 that people have.
#[tokio::test]
async fn a_journal_of_format_1_is_read_for_ever() {
    let old = include_bytes!("golden/journal-format-1.jsonl");
    let dir = tempdir();
    put(dir.path(), old);
    let entries = open(dir.path()).load(0).await.expect("it can be read");
    let again = encode(&entries).expect("within the limits").join(",");
    assert!(String::from_utf8_lossy(old).contains(&again), "it reads as something else: {again}");
}
