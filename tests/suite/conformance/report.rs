//! How a test of a promise ends, and how many ended how.

use std::fmt;

use accel_core::Error;

/// Why a test ends before its last line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// The promise is broken.
    Failed(String),
    /// This subject cannot show whether it is kept.
    Skipped(String),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(format!("the backend says: {error}"))
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(why) => write!(f, "failed: {why}"),
            Self::Skipped(why) => write!(f, "skipped: {why}"),
        }
    }
}

/// How a test ends.
pub type Verdict = Result<(), Stop>;

/// How every test ended, in the order of the suite.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Each promise by name.
    pub verdicts: Vec<(&'static str, Verdict)>,
}

impl Report {
    /// The broken promises.
    pub fn failed(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.verdicts.iter().filter_map(|(name, verdict)| match verdict {
            Err(Stop::Failed(why)) => Some((*name, why.as_str())),
            Err(Stop::Skipped(_)) | Ok(()) => None,
        })
    }

    /// The promises that this subject cannot show.
    pub fn skipped(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.verdicts.iter().filter_map(|(name, verdict)| match verdict {
            Err(Stop::Skipped(why)) => Some((*name, why.as_str())),
            Err(Stop::Failed(_)) | Ok(()) => None,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, verdict) in &self.verdicts {
            match verdict {
                Ok(()) => writeln!(f, "{name}: kept")?,
                Err(stop) => writeln!(f, "{name}: {stop}")?,
            }
        }
        let (failed, skipped) = (self.failed().count(), self.skipped().count());
        let kept = self.verdicts.len() - failed - skipped;
        write!(f, "{kept} kept, {failed} broken, {skipped} skipped")
    }
}

/// Ends a test as failed unless the condition holds.
macro_rules! ensure {
    ($holds:expr, $($why:tt)+) => {
        if !$holds {
            return Err($crate::conformance::Stop::Failed(format!($($why)+)));
        }
    };
}

/// Ends a test as failed unless both sides are equal.
macro_rules! ensure_eq {
    ($left:expr, $right:expr, $($why:tt)+) => {
        match (&$left, &$right) {
            (left, right) => {
                let why = format!($($why)+);
                $crate::conformance::ensure!(left == right, "{why}: {left:?} is not {right:?}");
            }
        }
    };
}

pub(crate) use {ensure, ensure_eq};
