//! Laws that hold for any spec, any faults and any history. What fails is made smaller and printed as text: [`regressions`] plays such
//! texts again.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod case;
mod drift;
mod history;
mod regressions;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

use case::{faulty_cases, mixed_cases, quiet_cases};
use history::play;

/// So many cases, always the same ones. `PROPTEST_CASES` and `PROPTEST_RNG_SEED` search elsewhere.
fn cases(usual: u32) -> Config {
    // A failure is kept as a text in `regressions`, which says more than a seed.
    let kept = Config { failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() };
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { kept.cases } else { usual };
    let rng_seed = match kept.rng_seed {
        RngSeed::Random => RngSeed::Fixed(1),
        asked @ RngSeed::Fixed(_) => asked,
    };
    Config { cases, rng_seed, ..kept }
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn any_spec_deploys_once_changes_as_planned_and_leaves_nothing(case in quiet_cases()) {
        play(&case).end.map_err(TestCaseError::fail)?;
    }
}

proptest! {
    #![proptest_config(cases(120))]

    #[test]
    fn after_any_faults_the_next_calm_runs_reach_their_goal(case in faulty_cases()) {
        play(&case).end.map_err(TestCaseError::fail)?;
    }
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn whatever_happens_in_any_order_the_model_holds(case in mixed_cases()) {
        play(&case).end.map_err(TestCaseError::fail)?;
    }
}

proptest! {
    #![proptest_config(cases(20))]

    #[test]
    fn the_same_case_makes_the_same_calls(case in mixed_cases()) {
        prop_assert_eq!(play(&case), play(&case));
    }
}
