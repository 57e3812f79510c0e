//! A deterministic simulated cloud, stricter than the real one.
