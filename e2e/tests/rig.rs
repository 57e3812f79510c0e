//! The judge is judged: the local AWS and the verifier have tests of their own, in Python.

use std::path::Path;
use std::process::Command;

use accel_e2e::python;

#[test]
fn the_local_aws_and_the_verifier_pass_their_own_tests() {
    let Some(python) = python() else { return };
    let rig = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rig/tests");
    let output = Command::new(python)
        .args(["-m", "unittest", "discover", "--start-directory"])
        .arg(&rig)
        .arg("--top-level-directory")
        .arg(&rig)
        .output()
        .expect("Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
