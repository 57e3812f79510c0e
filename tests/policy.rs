//! The policy as a table: (verb, error) → what next. A change of it is a change of this picture.

use std::fmt::Write as _;

use accel_core::ErrorKind;
use accel_core::engine::policy::{Next, Verb, next};
use accel_tests::strategies::REFUSALS;

/// The errors with which no provider refuses: given up after it was accepted, or made by accel itself.
const OTHERS: [ErrorKind; 4] =
    [ErrorKind::Failed, ErrorKind::Journal, ErrorKind::Fenced, ErrorKind::Refused];

#[test]
fn the_policy_is_this_table() {
    let mut table = format!("{:<12}", "");
    for verb in Verb::ALL {
        write!(table, "{verb:<18}").unwrap();
    }
    for kind in REFUSALS.into_iter().chain(OTHERS) {
        write!(table, "\n{kind:<12}").unwrap();
        for verb in Verb::ALL {
            write!(table, "{:<18}", next(*verb, kind)).unwrap();
        }
    }
    let table: Vec<&str> = table.lines().map(str::trim_end).collect();
    insta::with_settings!({ snapshot_path => "golden", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("policy", table.join("\n"));
    });
}

/// The core rule of doubt: an unknown effect of a create is never answered by the same call without a look.
#[test]
fn an_ambiguous_create_is_looked_for_before_it_is_repeated() {
    assert_eq!(next(Verb::Create, ErrorKind::Ambiguous), Next::Doubt);
    assert_eq!(next(Verb::Delete, ErrorKind::Ambiguous), Next::Retry);
}
