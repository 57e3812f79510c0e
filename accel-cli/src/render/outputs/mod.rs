//! What the users of a deployment need, for people and for shells.

mod egress;
mod lane;

use accel_core::spec::AnyOutputs;

use crate::escape;

/// For people.
pub(crate) fn text(outputs: &AnyOutputs) -> String {
    match outputs {
        AnyOutputs::Lane(outputs) => lane::text(outputs),
        AnyOutputs::Egress(outputs) => egress::text(outputs),
    }
}

/// Assignments that a POSIX shell can evaluate. With several services, each has a number behind the name, from 1 on.
pub(crate) fn shell(outputs: &AnyOutputs) -> String {
    match outputs {
        AnyOutputs::Lane(outputs) => lane::shell(outputs),
        AnyOutputs::Egress(outputs) => egress::shell(outputs),
    }
}

fn assign(name: &str, number: Option<usize>, value: &str) -> String {
    let number = number.map(|number| format!("_{number}")).unwrap_or_default();
    format!("{name}{number}={}", escape::shell(value))
}
