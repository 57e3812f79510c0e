//! Quantiles of pairs of times, how sure they are, and what follows from that. Pure, and the same for the same seed.
//!
//! A quantile is interpolated between the two nearest times (type 7 of Hyndman and Fan, 1996: what R and `NumPy` do by default). An
//! interval is that of the percentile bootstrap (Efron and Tibshirani, 1993, chapter 13): pairs are drawn anew with replacement, both
//! sides of a pair together, so that what disturbs both sides at the same time does not count as a difference.

use fastrand::Rng;

/// The part of the resamples that an interval holds.
pub(super) const LEVEL: f64 = 0.95;

/// From one end to the other, with 95 % confidence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// A figure and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The figure, of what was measured.
    pub value: f64,
    /// Where it would be if all was measured again; nothing where there are too few pairs to say: 20 are needed for p95, 100 for p99.
    pub interval: Option<Interval>,
}

/// Three quantiles of one stage, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Percentiles {
    /// The median.
    pub p50: Estimate,
    /// One in twenty takes longer.
    pub p95: Estimate,
    /// One in a hundred takes longer.
    pub p99: Estimate,
}

/// Both sides of one stage beside each other.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Compared {
    pub(super) direct: Percentiles,
    pub(super) lane: Percentiles,
    /// Lane less direct: of the quantiles, not of the pairs.
    pub(super) difference: Percentiles,
    /// Lane by direct, at p50.
    pub(super) ratio: Estimate,
    /// The difference at p50 in every resample, ascending.
    pub(super) resampled: Vec<f64>,
}

const QUANTILES: [f64; 3] = [0.5, 0.95, 0.99];

/// Compares what was measured in pairs (direct, lane); nothing if there is no pair.
pub(super) fn compare(pairs: &[(f64, f64)], resamples: u32, seed: u64) -> Option<Compared> {
    let measured = Sample::of(pairs.iter().copied())?;
    let mut rng = Rng::with_seed(seed);
    let mut draw = || Sample::of((0..pairs.len()).map(|_| pairs[rng.usize(..pairs.len())]));
    let drawn: Vec<Sample> = (0..resamples).filter_map(|_| draw()).collect();
    let all = |figure: &dyn Fn(&Sample) -> f64| {
        let mut all: Vec<f64> = drawn.iter().map(figure).collect();
        all.sort_by(f64::total_cmp);
        all
    };
    let percentiles = |figure: &dyn Fn(&Sample, usize) -> f64| {
        let [p50, p95, p99] = [0, 1, 2].map(|at| {
            let interval = enough(pairs.len(), QUANTILES[at])
                .then(|| interval(&all(&|sample| figure(sample, at))))
                .flatten();
            Estimate { value: figure(&measured, at), interval }
        });
        Percentiles { p50, p95, p99 }
    };
    let ratio = |sample: &Sample| sample.lane[0] / sample.direct[0];
    Some(Compared {
        direct: percentiles(&|sample, at| sample.direct[at]),
        lane: percentiles(&|sample, at| sample.lane[at]),
        difference: percentiles(&Sample::difference),
        ratio: Estimate { value: ratio(&measured), interval: interval(&all(&ratio)) },
        resampled: all(&|sample| sample.difference(0)),
    })
}

/// The median of some times, with its interval; nothing if there are none.
pub(super) fn percentiles(times: &[f64], resamples: u32, seed: u64) -> Option<Percentiles> {
    let pairs: Vec<_> = times.iter().map(|time| (*time, *time)).collect();
    compare(&pairs, resamples, seed).map(|compared| compared.direct)
}

/// The quantile of times in ascending order.
pub(super) fn quantile(sorted: &[f64], part: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    #[expect(clippy::cast_precision_loss, reason = "nobody measures 2^52 times")]
    let at = last as f64 * part;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is 0 to last")]
    let below = at.floor() as usize;
    let above = (below + 1).min(last);
    Some(sorted[below] + (sorted[above] - sorted[below]) * at.fract())
}

/// Whether at least one time is expected beyond the quantile.
fn enough(count: usize, part: f64) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "nobody measures 2^52 times")]
    let beyond = count as f64 * (1.0 - part);
    beyond > 1.0 - 1e-9
}

fn interval(sorted: &[f64]) -> Option<Interval> {
    let tail = (1.0 - LEVEL) / 2.0;
    Some(Interval { low: quantile(sorted, tail)?, high: quantile(sorted, 1.0 - tail)? })
}

/// The quantiles of one sample.
struct Sample {
    direct: [f64; 3],
    lane: [f64; 3],
}

impl Sample {
    fn of(pairs: impl Iterator<Item = (f64, f64)>) -> Option<Self> {
        let (mut direct, mut lane): (Vec<_>, Vec<_>) = pairs.unzip();
        if direct.is_empty() {
            return None;
        }
        let quantiles = |times: &mut Vec<f64>| {
            times.sort_by(f64::total_cmp);
            QUANTILES.map(|part| quantile(times, part).unwrap_or_default())
        };
        Some(Self { direct: quantiles(&mut direct), lane: quantiles(&mut lane) })
    }

    fn difference(&self, at: usize) -> f64 {
        self.lane[at] - self.direct[at]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESAMPLES: u32 = 1000;

    /// A time of an exponential distribution: its median is `mean * ln 2`.
    fn exponential(rng: &mut Rng, mean: f64) -> f64 {
        -mean * (1.0 - rng.f64()).ln()
    }

    /// A time of a normal distribution, by the method of Box and Muller.
    fn normal(rng: &mut Rng, mean: f64, deviation: f64) -> f64 {
        let (one, other) = (1.0 - rng.f64(), rng.f64());
        mean + deviation * (-2.0 * one.ln()).sqrt() * (std::f64::consts::TAU * other).cos()
    }

    #[test]
    fn quantiles_are_those_of_r_and_numpy() {
        let times = [1.0, 2.0, 4.0, 8.0, 16.0];
        let at = |part| quantile(&times, part).unwrap();
        assert!((at(0.5) - 4.0).abs() < 1e-9);
        assert!((at(0.95) - 14.4).abs() < 1e-9);
        assert!((at(0.99) - 15.68).abs() < 1e-9);
        assert!((at(0.0) - 1.0).abs() < 1e-9 && (at(1.0) - 16.0).abs() < 1e-9);
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn quantiles_of_a_known_distribution_are_found() {
        let mut rng = Rng::with_seed(7);
        let pairs: Vec<_> = (0..200_000)
            .map(|_| (exponential(&mut rng, 100.0), normal(&mut rng, 50.0, 5.0)))
            .collect();
        let found = compare(&pairs, 1, 0).unwrap();
        for (estimate, truth) in [
            (found.direct.p50, 69.31),
            (found.direct.p95, 299.57),
            (found.direct.p99, 460.52),
            (found.lane.p50, 50.0),
            (found.lane.p95, 58.22),
            (found.lane.p99, 61.63),
            (found.difference.p50, -19.31),
        ] {
            assert!((estimate.value / truth - 1.0).abs() < 0.03, "{} {truth}", estimate.value);
        }
    }

    /// An interval of 95 % holds the truth in about 95 of 100 experiments, whatever the distribution.
    #[test]
    fn intervals_hold_the_truth_as_often_as_they_say() {
        let truth = 30.0_f64.mul_add(-std::f64::consts::LN_2, 10.0);
        let mut held = 0;
        for seed in 0..400 {
            let mut rng = Rng::with_seed(seed);
            let pairs: Vec<_> = (0..60)
                .map(|_| (exponential(&mut rng, 30.0), normal(&mut rng, 10.0, 2.0)))
                .collect();
            let interval = compare(&pairs, RESAMPLES, seed).unwrap().difference.p50.interval;
            let Interval { low, high } = interval.unwrap();
            held += i32::from((low..=high).contains(&truth));
        }
        assert!((360..=396).contains(&held), "{held} of 400");
    }

    #[test]
    fn what_disturbs_both_sides_of_a_pair_is_no_difference() {
        let mut rng = Rng::with_seed(3);
        let pairs: Vec<_> = (0..50)
            .map(|_| {
                let both = exponential(&mut rng, 200.0);
                (both + normal(&mut rng, 20.0, 0.1), both + normal(&mut rng, 10.0, 0.1))
            })
            .collect();
        let Interval { low, high } =
            compare(&pairs, RESAMPLES, 1).unwrap().difference.p50.interval.unwrap();
        assert!(low > -11.0 && high < -9.0, "{low} {high}");
    }

    #[test]
    fn a_tail_that_was_not_seen_has_no_interval() {
        let pairs = |count: u8| (0..count).map(|at| (f64::from(at), 1.0)).collect::<Vec<_>>();
        let has = |count| {
            let found = compare(&pairs(count), 50, 0).unwrap().direct;
            [found.p50, found.p95, found.p99].map(|estimate| estimate.interval.is_some())
        };
        assert_eq!(has(19), [true, false, false]);
        assert_eq!(has(20), [true, true, false]);
        assert_eq!(has(100), [true, true, true]);
        assert_eq!(compare(&[], 50, 0), None);
    }

    #[test]
    fn the_same_seed_gives_the_same_interval() {
        let pairs: Vec<_> =
            (0..30_u32).map(|at| (f64::from(at * at % 31), f64::from(at))).collect();
        assert_eq!(compare(&pairs, 200, 5), compare(&pairs, 200, 5));
        assert_ne!(compare(&pairs, 200, 5), compare(&pairs, 200, 6));
    }
}
