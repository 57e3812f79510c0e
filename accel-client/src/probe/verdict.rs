//! Whether the lane is faster.
//!
//! The rule, on the difference of the medians of the total (connect, TLS and first byte), lane less direct, with its interval of 95 %:
//!
//! * **unclear** if there are fewer than 10 complete pairs, or the lane failed in more than 5 % of its measurements and more often than
//!   the direct way: a way that is fast when it works is not yet a better one;
//! * **same** if the whole interval lies within the margin on either side of nothing;
//! * **faster** or **slower** if the whole interval lies on one side of nothing, and the difference is larger than the margin;
//! * **unclear** otherwise: more pairs narrow the interval.
//!
//! The margin is 5 % of the direct median, at least 1 ms; both are options.

use std::fmt;

use super::stats::{Compared, Estimate, Interval};

/// Fewer pairs than these say nothing.
pub(super) const PAIRS_MIN: usize = 10;

/// A lane that fails in a larger part of its measurements, and more often than the direct way, is not called faster or the same.
const FAILURES_MAX: f64 = 0.05;

/// How the lane does beside the direct way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// Faster by more than the margin.
    Faster,
    /// Slower by more than the margin.
    Slower,
    /// Neither by more than the margin.
    Same,
    /// What was measured does not say.
    Unclear,
}

impl Judgement {
    /// Its name in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Faster => "faster",
            Self::Slower => "slower",
            Self::Same => "same",
            Self::Unclear => "unclear",
        }
    }
}

/// What the measurements come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// In one word.
    pub judgement: Judgement,
    /// The median of the direct way in milliseconds.
    pub direct_ms: Option<f64>,
    /// Lane less direct in milliseconds, of the medians of the total.
    pub difference_ms: Option<Estimate>,
    /// Lane by direct, of the same medians.
    pub ratio: Option<Estimate>,
    /// What counts as no difference, in milliseconds.
    pub margin_ms: Option<f64>,
    /// The part of the resamples in which the judgement holds as well; nothing for an unclear one.
    pub sure: Option<f64>,
    /// Why it is unclear.
    pub because: Option<String>,
}

/// What besides the times counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    pub(super) pairs: usize,
    pub(super) measured: usize,
    pub(super) direct_failures: usize,
    pub(super) lane_failures: usize,
    pub(super) margin_part: f64,
    pub(super) margin_floor_ms: f64,
}

/// Judges by the rule of this module.
pub(super) fn verdict(total: Option<&Compared>, terms: Terms) -> Verdict {
    let Some(total) = total else {
        let because = format!("none of {} pairs is complete", terms.measured);
        return Verdict::unclear(because);
    };
    let margin = (total.direct.p50.value * terms.margin_part).max(terms.margin_floor_ms);
    let measured = Verdict {
        direct_ms: Some(total.direct.p50.value),
        difference_ms: Some(total.difference.p50),
        ratio: Some(total.ratio),
        margin_ms: Some(margin),
        ..Verdict::unclear(String::new())
    };
    let unclear = |because| Verdict { because: Some(because), ..measured.clone() };
    if terms.pairs < PAIRS_MIN {
        return unclear(format!("{} pairs are complete, and {PAIRS_MIN} are needed", terms.pairs));
    }
    let Some(Interval { low, high }) = total.difference.p50.interval else {
        return unclear("nothing was resampled".to_owned());
    };
    let difference = total.difference.p50.value;
    let judgement = match () {
        () if -margin <= low && high <= margin => Judgement::Same,
        () if high < 0.0 && difference < -margin => Judgement::Faster,
        () if low > 0.0 && difference > margin => Judgement::Slower,
        () => {
            return unclear(format!(
                "the difference is {} to {} ms, and {margin:.1} ms count as none: measure more pairs",
                signed(low),
                signed(high)
            ));
        }
    };
    #[expect(clippy::cast_precision_loss, reason = "nobody measures 2^52 times")]
    let failed = terms.lane_failures as f64 / terms.measured as f64;
    if judgement != Judgement::Slower
        && failed > FAILURES_MAX
        && terms.lane_failures > terms.direct_failures
    {
        return unclear(format!(
            "the lane failed in {} of {} measurements, the direct way in {}",
            terms.lane_failures, terms.measured, terms.direct_failures
        ));
    }
    let sure = part_of(&total.resampled, |resampled| match judgement {
        Judgement::Faster => resampled < 0.0,
        Judgement::Slower => resampled > 0.0,
        Judgement::Same => resampled.abs() <= margin,
        Judgement::Unclear => false,
    });
    Verdict { judgement, sure: Some(sure), because: None, ..measured }
}

#[expect(clippy::cast_precision_loss, reason = "nobody resamples 2^52 times")]
fn part_of(all: &[f64], is_so: impl Fn(f64) -> bool) -> f64 {
    let count = all.iter().filter(|value| is_so(**value)).count();
    count as f64 / all.len().max(1) as f64
}

impl Verdict {
    fn unclear(because: String) -> Self {
        Self {
            judgement: Judgement::Unclear,
            direct_ms: None,
            difference_ms: None,
            ratio: None,
            margin_ms: None,
            sure: None,
            because: Some(because),
        }
    }
}

/// One sentence.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.judgement {
            Judgement::Faster => f.write_str("the lane is faster")?,
            Judgement::Slower => f.write_str("the lane is slower")?,
            Judgement::Same => f.write_str("the lane is as fast as the direct way")?,
            Judgement::Unclear => f.write_str("it is unclear whether the lane is faster")?,
        }
        if let Some(because) = &self.because {
            return write!(f, ": {because}");
        }
        let (Some(direct), Some(difference)) = (self.direct_ms, self.difference_ms) else {
            return Ok(());
        };
        let lane = direct + difference.value;
        let percent = 100.0 * difference.value / direct;
        write!(f, ": {lane:.1} ms at p50 where the direct way takes {direct:.1} ms")?;
        write!(f, " ({} ms, {percent:+.1} %", signed(difference.value))?;
        if let Some(Interval { low, high }) = difference.interval {
            write!(f, "; 95 % interval {} to {} ms", signed(low), signed(high))?;
        }
        f.write_str(")")
    }
}

fn signed(ms: f64) -> String {
    format!("{ms:+.1}")
}

#[cfg(test)]
mod tests {
    use super::super::stats::compare;
    use super::*;

    fn judge(pairs: &[(f64, f64)], lane_failures: usize) -> Verdict {
        let terms = Terms {
            pairs: pairs.len(),
            measured: pairs.len() + lane_failures,
            direct_failures: 0,
            lane_failures,
            margin_part: 0.05,
            margin_floor_ms: 1.0,
        };
        verdict(compare(pairs, 500, 1).as_ref(), terms)
    }

    /// Pairs whose sides vary by up to so many milliseconds around their medians, each in its own way.
    fn pairs(count: u32, direct: f64, lane: f64, spread: f64) -> Vec<(f64, f64)> {
        let mut rng = fastrand::Rng::with_seed(u64::from(count));
        let mut around = |middle: f64| middle + spread * (2.0 * rng.f64() - 1.0);
        (0..count).map(|_| (around(direct), around(lane))).collect()
    }

    #[test]
    fn each_judgement_has_its_measurements() {
        for (direct, lane, spread, expected) in [
            (400.0, 200.0, 20.0, Judgement::Faster),
            (200.0, 400.0, 20.0, Judgement::Slower),
            (200.0, 201.0, 5.0, Judgement::Same),
            (0.4, 0.9, 0.1, Judgement::Same),
            (200.0, 190.0, 190.0, Judgement::Unclear),
        ] {
            let verdict = judge(&pairs(60, direct, lane, spread), 0);
            assert_eq!(verdict.judgement, expected, "{direct} {lane} {spread}: {verdict}");
            assert_eq!(verdict.sure.is_some(), expected != Judgement::Unclear);
        }
    }

    #[test]
    fn a_few_pairs_prove_nothing() {
        assert_eq!(judge(&pairs(9, 400.0, 200.0, 1.0), 0).judgement, Judgement::Unclear);
        assert_eq!(judge(&pairs(10, 400.0, 200.0, 1.0), 0).judgement, Judgement::Faster);
        assert_eq!(
            judge(&[], 3).to_string(),
            "it is unclear whether the lane is faster: none of 3 pairs is complete"
        );
    }

    #[test]
    fn a_lane_that_fails_is_not_called_faster() {
        let pairs = pairs(40, 400.0, 200.0, 10.0);
        assert_eq!(judge(&pairs, 2).judgement, Judgement::Faster);
        let verdict = judge(&pairs, 4);
        assert_eq!(verdict.judgement, Judgement::Unclear);
        assert!(verdict.to_string().contains("failed in 4 of 44"), "{verdict}");
    }

    #[test]
    fn the_sentence_says_by_how_much_and_how_sure() {
        let said = judge(&pairs(60, 400.0, 200.0, 2.0), 0).to_string();
        assert!(said.starts_with("the lane is faster: "), "{said}");
        assert!(
            said.contains("ms at p50 where the direct way takes ")
                && said.contains("95 % interval -20"),
            "{said}"
        );
    }
}
