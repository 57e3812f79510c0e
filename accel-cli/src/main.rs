//! The `accel` program.
#![cfg_attr(not(test), expect(dead_code, unused_imports, reason = "nothing of it is called yet"))]

mod escape;
mod pictures;
mod prices;

fn main() {}
