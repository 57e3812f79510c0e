//! The least IAM policy for a spec.
