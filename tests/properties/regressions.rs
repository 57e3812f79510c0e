//! Cases that have failed once.

use crate::history::play;

/// Plays a case that is written as it is printed.
fn replay(text: &str) {
    let played = play(&text.parse().unwrap());
    if let Err(why) = played.end {
        panic!("{}\n{why}", played.log);
    }
}

/// Plays the case in the file that the environment names: for a failure that was printed elsewhere.
#[test]
fn a_case_from_a_file() {
    let Ok(path) = std::env::var("CASE") else { return };
    replay(&std::fs::read_to_string(path).unwrap());
}
