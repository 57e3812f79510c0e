//! The program against a local AWS: what a user does in a year of a lane, and everything that can happen to it meanwhile.

mod kills;
mod life;
mod permissions;
mod rig;
mod storms;
mod sweeps;
mod usable;
mod wire;

use accel_e2e::Cloud;

/// A local AWS for one test, or the end of the test where there can be none (which was said).
#[macro_export]
macro_rules! cloud {
    () => {
        match $crate::a_cloud() {
            Some(cloud) => cloud,
            None => return,
        }
    };
}

fn a_cloud() -> Option<Cloud> {
    Cloud::start()
}
