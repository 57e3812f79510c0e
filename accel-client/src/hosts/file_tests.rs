//! A hosts file on disk, with every step of a write failing, and with every step being the last.

use std::cell::Cell;
use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Barrier;

use tempfile::TempDir;

use super::block::tests::block;
use super::write::{Step, beside};
use super::{HostsBlock, HostsChange, HostsError, HostsFile, HostsWritten, hosts_with};

const HOST: &str = "sqs.ap-southeast-3.amazonaws.com";
const USUAL: &str = "127.0.0.1 localhost\n";

const STEPS: [Step; 12] = [
    Step::MakeNew,
    Step::FillNew,
    Step::OwnNew,
    Step::SyncNew,
    Step::Rename,
    Step::MakeCopy,
    Step::NameCopy,
    Step::OpenOld,
    Step::WriteOld,
    Step::CutOld,
    Step::SyncOld,
    Step::RemoveCopy,
];

struct Scene {
    folder: TempDir,
    file: PathBuf,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("hosts");
        fs::write(&file, USUAL).unwrap();
        Self { folder, file }
    }

    fn hosts(&self) -> HostsFile {
        HostsFile::new(&self.file)
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.file).unwrap()
    }

    fn apply_if(&self, may: &dyn Fn(Step) -> io::Result<()>) -> Result<HostsChange, HostsError> {
        self.hosts().change(may, |text| Ok((None, hosts_with(text, &lane())?)))
    }

    /// Everything in the folder but the file.
    fn left(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap().flatten();
        let names = entries.map(|entry| entry.file_name().into_string().unwrap());
        names.filter(|name| name != "hosts").collect()
    }
}

fn lane() -> HostsBlock {
    block("lane", HOST)
}

fn applied() -> String {
    format!("{USUAL}{}", lane())
}

/// Containers mount the file: its name cannot be taken.
fn mounted(step: Step) -> io::Result<()> {
    if step == Step::Rename { Err(io::ErrorKind::ResourceBusy.into()) } else { Ok(()) }
}

#[test]
fn a_block_is_put_in_and_taken_out_by_a_new_file_and_nothing_is_left_beside() {
    let scene = Scene::new();
    let change = scene.hosts().apply(&lane()).unwrap();
    assert_eq!((change.written, change.finished), (HostsWritten::Replaced, false));
    assert_eq!(scene.text(), applied());
    let (gone, come) = change.lines();
    assert_eq!((gone.len(), come.len()), (0, 8), "{come:?}");
    let change = scene.hosts().remove(None).unwrap();
    assert_eq!(change.lane.as_deref(), Some("lane"));
    assert_eq!((scene.text(), scene.left()), (USUAL.to_owned(), Vec::new()));
}

#[test]
fn what_is_there_already_is_not_written() {
    let scene = Scene::new();
    scene.hosts().apply(&lane()).unwrap();
    let before = fs::metadata(&scene.file).unwrap().modified().unwrap();
    let nothing = |step| -> io::Result<()> { panic!("{step:?}") };
    assert_eq!(scene.apply_if(&nothing).unwrap().written, HostsWritten::Nothing);
    assert_eq!(fs::metadata(&scene.file).unwrap().modified().unwrap(), before);
    assert!(!scene.hosts().compare(&lane()).unwrap().is_change());
    assert!(
        scene.hosts().compare(&block("other", "sns.eu-west-1.amazonaws.com")).unwrap().is_change()
    );
    assert_eq!(scene.text(), applied(), "comparing writes nothing");
}

#[test]
fn a_file_whose_name_cannot_be_taken_is_written_in_place() {
    let scene = Scene::new();
    let inside = Cell::new(false);
    let watch = |step| {
        if step == Step::WriteOld {
            assert_eq!(fs::read_to_string(beside(&scene.file, "backup")).unwrap(), USUAL);
            inside.set(true);
        }
        mounted(step)
    };
    assert_eq!(scene.apply_if(&watch).unwrap().written, HostsWritten::InPlace);
    assert!(inside.get(), "a copy was there while it was written");
    assert_eq!((scene.text(), scene.left()), (applied(), Vec::new()));
    let shorter = |text: &[u8]| Ok((None, super::hosts_without(text, "lane")?));
    assert_eq!(scene.hosts().change(&mounted, shorter).unwrap().written, HostsWritten::InPlace);
    assert_eq!((scene.text(), scene.left()), (USUAL.to_owned(), Vec::new()));
}

/// With a new file, and in place.
fn ways() -> [(bool, &'static str); 2] {
    [(false, "a new file"), (true, "in place")]
}

#[test]
fn a_step_that_fails_leaves_the_old_file_or_the_new_and_nothing_beside() {
    for (in_place, way) in ways() {
        for failing in STEPS {
            let scene = Scene::new();
            let once = Cell::new(true);
            let may = |step| {
                if step == failing && once.take() {
                    return Err(io::Error::other("injected"));
                }
                if in_place { mounted(step) } else { Ok(()) }
            };
            let result = scene.apply_if(&may);
            let text = scene.text();
            let whole = if result.is_ok() { applied() } else { USUAL.to_owned() };
            assert_eq!(text, whole, "{way}, {failing:?}: {result:?}");
            let again = scene.hosts().apply(&lane()).unwrap();
            assert_eq!(
                (scene.text(), scene.left()),
                (applied(), Vec::new()),
                "{way}, {failing:?}: {again:?}"
            );
        }
    }
}

#[test]
fn a_kill_at_any_step_loses_nothing_and_the_next_run_ends_it() {
    for (in_place, way) in ways() {
        for last in STEPS {
            let scene = Scene::new();
            let may = |step| {
                assert!(step != last, "killed");
                if in_place { mounted(step) } else { Ok(()) }
            };
            let killed = catch_unwind(AssertUnwindSafe(|| scene.apply_if(&may))).is_err();
            let text = scene.text();
            let whole = text == USUAL || text == applied();
            assert!(whole || in_place, "{way}, {last:?}: {text}");
            if !whole {
                assert_eq!(fs::read_to_string(beside(&scene.file, "backup")).unwrap(), USUAL);
                let seen = scene.hosts().compare(&lane());
                assert!(seen.is_err() || seen.is_ok_and(|seen| seen.finished), "{way}, {last:?}");
            }
            scene.hosts().remove(Some("lane")).unwrap();
            assert_eq!(
                (scene.text(), scene.left()),
                (USUAL.to_owned(), Vec::new()),
                "{way}, {last:?}, killed: {killed}"
            );
        }
    }
}

#[test]
fn a_write_in_place_that_was_killed_in_the_middle_is_ended() {
    let (old, new) = (USUAL.to_owned(), applied());
    for (old, new) in [(&old, &new), (&new, &old)] {
        for at in (0..=new.len().max(old.len())).step_by(53) {
            let scene = Scene::new();
            let begun = &new[..at.min(new.len())];
            let rest = old.get(begun.len()..).unwrap_or("");
            fs::write(&scene.file, format!("{begun}{rest}")).unwrap();
            fs::write(beside(&scene.file, "backup"), old).unwrap();
            fs::write(beside(&scene.file, "new"), new).unwrap();
            let change = scene.hosts().apply(&lane()).unwrap();
            assert!(change.finished, "{at}");
            assert_eq!((scene.text(), scene.left()), (applied(), Vec::new()), "{at}");
        }
    }
}

#[test]
fn a_file_that_somebody_changed_after_a_kill_is_left_to_a_person() {
    let scene = Scene::new();
    fs::write(&scene.file, "192.0.2.1 another\n127.0.0.1 localhost\n").unwrap();
    fs::write(beside(&scene.file, "backup"), USUAL).unwrap();
    fs::write(beside(&scene.file, "new"), applied()).unwrap();
    let refused = scene.hosts().apply(&lane()).unwrap_err();
    assert!(matches!(refused, HostsError::Interrupted { .. }), "{refused:?}");
    assert!(refused.to_string().contains("hosts.accel-backup"), "{refused}");
    assert!(scene.text().contains("another"));
}

#[cfg(unix)]
#[test]
fn owner_mode_and_link_are_kept() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};

    let scene = Scene::new();
    fs::set_permissions(&scene.file, fs::Permissions::from_mode(0o640)).unwrap();
    // Only root can give files away.
    let owner = if chown(&scene.file, Some(12), Some(34)).is_ok() { Some((12, 34)) } else { None };
    let link = scene.folder.path().join("link");
    symlink("hosts", &link).unwrap();
    let change = HostsFile::new(&link).apply(&lane()).unwrap();
    assert_eq!(change.written, HostsWritten::Replaced);
    assert!(link.is_symlink() && !scene.file.is_symlink());
    let metadata = fs::metadata(&scene.file).unwrap();
    assert_eq!(metadata.mode() & 0o7777, 0o640);
    assert!(owner.is_none_or(|owner| owner == (metadata.uid(), metadata.gid())));
    assert_eq!(scene.text(), applied());
}

#[cfg(unix)]
#[test]
fn a_file_with_two_names_keeps_both() {
    let scene = Scene::new();
    let other = scene.folder.path().join("other");
    fs::hard_link(&scene.file, &other).unwrap();
    assert_eq!(scene.hosts().apply(&lane()).unwrap().written, HostsWritten::InPlace);
    assert_eq!(fs::read_to_string(&other).unwrap(), applied());
}

#[test]
fn an_owner_that_cannot_be_kept_is_kept_in_place() {
    let scene = Scene::new();
    let may = |step| {
        if step == Step::OwnNew { Err(io::ErrorKind::PermissionDenied.into()) } else { Ok(()) }
    };
    assert_eq!(scene.apply_if(&may).unwrap().written, HostsWritten::InPlace);
    assert_eq!((scene.text(), scene.left()), (applied(), Vec::new()));
}

#[test]
fn who_may_not_write_beside_it_is_told_so() {
    let scene = Scene::new();
    let may = |step| {
        if step == Step::MakeNew { Err(io::ErrorKind::PermissionDenied.into()) } else { Ok(()) }
    };
    let refused = scene.apply_if(&may).unwrap_err();
    assert!(matches!(refused, HostsError::NotPermitted { .. }), "{refused:?}");
    assert_eq!((scene.text(), scene.left()), (USUAL.to_owned(), Vec::new()));
}

#[test]
fn several_lanes_are_not_taken_out_unnamed() {
    let scene = Scene::new();
    scene.hosts().apply(&lane()).unwrap();
    scene.hosts().apply(&block("other", "sns.eu-west-1.amazonaws.com")).unwrap();
    let refused = scene.hosts().remove(None).unwrap_err();
    assert_eq!(refused.to_string(), "the file holds lane, other: name one of them");
    scene.hosts().remove(Some("other")).unwrap();
    assert_eq!(scene.text(), applied());
}

#[test]
fn what_is_no_hosts_file_is_refused() {
    let scene = Scene::new();
    for contents in [b"1\x002\x00".as_slice(), b"\0"] {
        fs::write(&scene.file, contents).unwrap();
        let refused = scene.hosts().apply(&lane()).unwrap_err();
        assert!(matches!(refused, HostsError::NotText { .. }), "{refused:?}");
    }
    let folder = HostsFile::new(scene.folder.path()).apply(&lane()).unwrap_err();
    assert!(matches!(folder, HostsError::NotText { .. }), "{folder:?}");
    let missing = HostsFile::new(Path::new("/no/such/hosts")).apply(&lane()).unwrap_err();
    assert!(missing.to_string().contains("cannot be found"), "{missing}");
}

#[test]
fn runs_at_the_same_time_do_not_lose_what_the_others_wrote() {
    const RUNS: usize = 4;
    let scene = Scene::new();
    let barrier = Barrier::new(RUNS);
    std::thread::scope(|scope| {
        for run in 0..RUNS {
            let (scene, barrier) = (&scene, &barrier);
            scope.spawn(move || {
                let block =
                    block(&format!("lane-{run}"), &format!("sqs.region-{run}.amazonaws.com"));
                // Every other one cannot take the name.
                let may: &dyn Fn(Step) -> io::Result<()> =
                    if run % 2 == 0 { &|_| Ok(()) } else { &mounted };
                barrier.wait();
                for _ in 0..3 {
                    let add = |text: &[u8]| Ok((None, hosts_with(text, &block)?));
                    scene.hosts().change(may, add).unwrap();
                    let cut = |text: &[u8]| Ok((None, super::hosts_without(text, block.lane())?));
                    scene.hosts().change(may, cut).unwrap();
                    scene.hosts().change(may, add).unwrap();
                }
            });
        }
    });
    let text = scene.text();
    assert_eq!(super::hosts_lanes(text.as_bytes()).unwrap().len(), RUNS, "{text}");
    assert_eq!(scene.left(), [""; 0]);
}
