//! What goes wrong on the wire, as data: which calls of which action, and what happens to them.

use std::fmt;
use std::str::FromStr;

use accel_core::Region;

use crate::filter::matches;

/// What happens to one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// It takes so many milliseconds longer.
    Delay(u32),
    /// It is throttled, with the service's own code, and has no effect.
    Throttle,
    /// It is refused with this code, and has no effect.
    Refuse(String),
    /// The server fails with status 500 before it has an effect.
    FailBefore,
    /// The server fails with status 500 after it has taken effect.
    FailAfter,
    /// The connection ends before it has an effect.
    ResetBefore,
    /// The connection ends after it has taken effect: the answer is lost.
    ResetAfter,
    /// It takes effect, and its answer breaks off in the middle.
    Truncate,
}

/// A trouble for all calls, or the n-th call, of some actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The action's name; `*` and `?` stand for any text and any character.
    pub action: String,
    /// Only this region.
    pub region: Option<Region>,
    /// Only the n-th that fits, from 1.
    pub nth: Option<u32>,
    /// What happens.
    pub trouble: Trouble,
}

/// Everything that goes wrong. The first rule that fits decides; all count what fits them.
///
/// ```
/// let text = "CreateVpc#1=reset-after Describe*@eu-west-1=delay:500 *#9=refuse:UnauthorizedOperation";
/// let faults: accel_wire::Faults = text.parse()?;
/// assert_eq!(faults.rules.len(), 3);
/// assert_eq!(faults.to_string(), text);
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    /// The rules, in their order.
    pub rules: Vec<Rule>,
}

/// Faults at work: they count.
#[derive(Debug, Default)]
pub(crate) struct Judge {
    pub(crate) faults: Faults,
    counts: Vec<u32>,
}

impl Judge {
    pub(crate) fn new(faults: Faults) -> Self {
        let counts = vec![0; faults.rules.len()];
        Self { faults, counts }
    }

    pub(crate) fn trouble(&mut self, action: &str, region: &Region) -> Option<Trouble> {
        let mut trouble = None;
        for (rule, count) in self.faults.rules.iter().zip(&mut self.counts) {
            let here = rule.region.as_ref().is_none_or(|it| it == region);
            if !here || !matches(&rule.action, action) {
                continue;
            }
            *count += 1;
            if rule.nth.is_none_or(|nth| nth == *count) {
                trouble = trouble.or_else(|| Some(rule.trouble.clone()));
            }
        }
        trouble
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delay(ms) => write!(f, "delay:{ms}"),
            Self::Throttle => f.pad("throttle"),
            Self::Refuse(code) => write!(f, "refuse:{code}"),
            Self::FailBefore => f.pad("fail-before"),
            Self::FailAfter => f.pad("fail-after"),
            Self::ResetBefore => f.pad("reset-before"),
            Self::ResetAfter => f.pad("reset-after"),
            Self::Truncate => f.pad("truncate"),
        }
    }
}

impl FromStr for Trouble {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("delay", ms)) => {
                ms.parse().map(Self::Delay).map_err(|_| format!("{ms:?} is no number"))
            }
            Some(("refuse", code)) if !code.is_empty() => Ok(Self::Refuse(code.to_owned())),
            None if text == "throttle" => Ok(Self::Throttle),
            None if text == "fail-before" => Ok(Self::FailBefore),
            None if text == "fail-after" => Ok(Self::FailAfter),
            None if text == "reset-before" => Ok(Self::ResetBefore),
            None if text == "reset-after" => Ok(Self::ResetAfter),
            None if text == "truncate" => Ok(Self::Truncate),
            Some(_) | None => Err(format!("{text:?} is no trouble")),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.action)?;
        if let Some(region) = &self.region {
            write!(f, "@{region}")?;
        }
        if let Some(nth) = self.nth {
            write!(f, "#{nth}")?;
        }
        write!(f, "={}", self.trouble)
    }
}

impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (sort, trouble) =
            text.split_once('=').ok_or_else(|| format!("{text:?} has no trouble"))?;
        let (sort, nth) = match sort.split_once('#') {
            Some((sort, nth)) => {
                (sort, Some(nth.parse().map_err(|_| format!("{nth:?} is no number"))?))
            }
            None => (sort, None),
        };
        let (action, region) = match sort.split_once('@') {
            Some((action, region)) => (action, Some(Region::from(region))),
            None => (sort, None),
        };
        if action.is_empty() {
            return Err(format!("{text:?} names no action"));
        }
        Ok(Self { action: action.to_owned(), region, nth, trouble: trouble.parse()? })
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rules.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
    }
}

impl FromStr for Faults {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(Self { rules: text.split_whitespace().map(str::parse).collect::<Result<_, _>>()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_read_what_they_print() {
        let text = "CreateVpc@eu-west-1#2=reset-after *=delay:5 Delete*=throttle A=truncate \
                    B=fail-before C=fail-after D=reset-before E=refuse:Blocked";
        assert_eq!(text.parse::<Faults>().unwrap().to_string(), text);
        for wrong in ["CreateVpc", "=throttle", "A#x=throttle", "A=delay:x", "A=refuse:", "A=no"] {
            assert!(wrong.parse::<Faults>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn each_rule_counts_what_fits_it() {
        let mut judge = Judge::new("Create*#2=throttle CreateVpc=truncate".parse().unwrap());
        let here = Region::from("eu-west-1");
        let troubles: Vec<_> = ["CreateSubnet", "CreateVpc", "CreateVpc", "DeleteVpc"]
            .map(|action| judge.trouble(action, &here))
            .into();
        let expect = [None, Some(Trouble::Throttle), Some(Trouble::Truncate), None];
        assert_eq!(troubles, expect);
    }
}
