//! The `accel` program.
fn main() {}
