//! What a file that git tracks may hold.

use std::path::Path;
use std::process::Command;

use crate::metadata::{output, root};
use crate::none;

/// A Rust file is read in one sitting.
const LINES_MAX: usize = 600;

#[test]
fn no_file_names_a_machine_or_a_registry() {
    let problems = tracked().into_iter().flat_map(|path| place_problems(&path, &text(&path)));
    none(&problems.collect::<Vec<_>>());
}

#[test]
fn rust_files_are_read_in_one_sitting() {
    let problems = tracked().into_iter().flat_map(|path| length_problems(&path, &text(&path)));
    none(&problems.collect::<Vec<_>>());
}

/// The paths of the files that git tracks. A copy without its history tracks nothing; it was checked where it was made.
fn tracked() -> Vec<String> {
    if !root().join(".git").exists() {
        return Vec::new();
    }
    // Whoever owns the folder, its list may be read.
    let arguments = ["-c", "safe.directory=*", "ls-files", "-z"];
    let list = output(Command::new("git").args(arguments).current_dir(root()));
    let list = list.unwrap_or_else(|why| panic!("{why}"));
    let paths: Vec<_> = list.split_terminator('\0').map(str::to_owned).collect();
    assert!(paths.iter().any(|path| path == "Cargo.toml"), "git lists this repository");
    paths
}

/// Empty if the file is deleted and git does not know it yet.
fn text(path: &str) -> String {
    let bytes = std::fs::read(root().join(path)).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn place_problems(path: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if Path::new(path).parent().is_some_and(|folder| folder.ends_with(".cargo")) {
        problems.push(format!("{path} is a machine's own configuration of cargo"));
    }
    for (number, line) in (1..).zip(text.lines()) {
        let folder = machine_path(line).map(|folder| format!("a path of a machine, {folder}"));
        let host = registry_host(line).map(|host| format!("a registry, {host}"));
        let found = folder.into_iter().chain(host);
        problems.extend(found.map(|what| format!("{path}:{number} names {what}")));
    }
    problems
}

/// The start of an absolute path to somebody's files. After a name, a dot or a closing bracket, it is part of a longer path.
fn machine_path(line: &str) -> Option<String> {
    let goes_on = |before: char| before.is_alphanumeric() || "._~*}])>".contains(before);
    let is_absolute = |at: usize| !line[..at].ends_with(goes_on);
    let mut folders = ["work", "root", "home", "Users"].map(|name| format!("/{name}/")).into_iter();
    folders.find(|folder| line.match_indices(folder.as_str()).any(|(at, _)| is_absolute(at)))
}

/// The host of a package registry, or of a mirror of one.
fn registry_host(line: &str) -> Option<&str> {
    let ends = ['/', ':', '"', ' '];
    let mut hosts = line.split("://").skip(1).filter_map(|rest| rest.split(ends).next());
    let marks = ["registry", "artifactory", "nexus", "mirror"];
    hosts.find(|host| marks.iter().any(|mark| host.contains(mark)))
}

fn length_problems(path: &str, text: &str) -> Vec<String> {
    let is_rust = Path::new(path).extension().is_some_and(|extension| extension == "rs");
    let is_test = Path::new(path).components().any(|part| part.as_os_str() == "tests");
    let lines = text.lines().count();
    if is_rust && !is_test && lines > LINES_MAX {
        return vec![format!("{path} has {lines} lines, more than {LINES_MAX}")];
    }
    Vec::new()
}

/// The samples are put together here, for this file is tracked too.
#[test]
fn a_path_of_a_machine_is_found() {
    for folder in ["work", "root", "home", "Users"] {
        for start in ["", "see ", "\"", "file://", "path="] {
            let sample = format!("first\n{start}/{folder}/someone/file\n");
            let expect = format!("a.md:2 names a path of a machine, /{folder}/");
            assert_eq!(place_problems("a.md", &sample), [expect], "{sample:?}");
        }
        for start in ["https://example.com", ".", "..", "$HOME", "{dir}", "src"] {
            let sample = format!("{start}/{folder}/file");
            assert_eq!(place_problems("a.md", &sample), [""; 0], "{sample:?}");
        }
    }
}

#[test]
fn a_registry_is_found() {
    for host in
        ["registry", "my-mirror", "artifactory", "nexus3"].map(|name| format!("{name}.test"))
    {
        let expect = format!("a.md:1 names a registry, {host}");
        assert_eq!(place_problems("a.md", &format!("\"http://{host}:80/\"")), [expect]);
    }
    assert_eq!(place_problems("a.md", "see https://docs.example.com/registry"), [""; 0]);
    let expect = ["x/.cargo/config.toml is a machine's own configuration of cargo"];
    assert_eq!(place_problems("x/.cargo/config.toml", ""), expect);
}

#[test]
fn a_long_rust_file_is_found() {
    let (most, more) = ("\n".repeat(LINES_MAX), "\n".repeat(LINES_MAX + 1));
    let expect = ["core/src/a.rs has 601 lines, more than 600"];
    assert_eq!(length_problems("core/src/a.rs", &more), expect);
    assert_eq!(length_problems("core/src/a.rs", &most), [""; 0]);
    for path in ["tests/a.rs", "aws/tests/a.rs", "Cargo.lock"] {
        assert_eq!(length_problems(path, &more), [""; 0], "{path}");
    }
}
