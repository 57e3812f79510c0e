//! The `accel` program.
#![cfg_attr(not(test), expect(dead_code, reason = "nothing of it is called yet"))]

mod escape;
mod pictures;
mod prices;

fn main() {}
