//! What goes wrong on the wire, as data: which calls of which action, and what happens to them.

use std::collections::BTreeMap;
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
    /// The connection ends without an answer, and it takes effect so many milliseconds of the world's time later, if that is still
    /// possible.
    Late(u32),
    /// There is no answer while the client waits, and no effect.
    HangBefore,
    /// There is no answer while the client waits, though it has taken effect.
    HangAfter,
    /// What it looks at is the world as it was so many milliseconds of the world's time ago. A call that changes something is as ever.
    Stale(u32),
}

/// A parameter that a call must have, as the client has sent it; in both, `*` and `?` are wildcards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Its full name: `VpcId.1`, `Filter.*.Value.*`; of a JSON body too.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// Which of the calls that fit, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turns {
    /// From this one on.
    pub first: u32,
    /// Up to this one, if there is an end.
    pub last: Option<u32>,
}

impl Turns {
    /// Every call.
    pub const ALL: Self = Self { first: 1, last: None };

    fn contain(self, count: u32) -> bool {
        self.first <= count && self.last.is_none_or(|last| count <= last)
    }
}

/// A trouble for some calls of some actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The action's name; `*` and `?` stand for any text and any character. `mutating` stands for every action that may change
    /// something.
    pub action: String,
    /// Only with all of these parameters.
    pub conditions: Vec<Condition>,
    /// Only this region.
    pub region: Option<Region>,
    /// Only these of the calls that fit.
    pub turns: Turns,
    /// What happens.
    pub trouble: Trouble,
}

/// Everything that goes wrong. The first rule that fits decides; all count what fits them.
///
/// As text, rules stand in lines, one or several in each; a line that begins with `#` is a comment.
///
/// ```
/// let text = "CreateVpc#1=reset-after Describe*[Filter.*.Name=tag:*]@eu-west-1#2-5=delay:500 *#9=refuse:UnauthorizedOperation";
/// let faults: accel_wire::Faults = text.parse()?;
/// assert_eq!(faults.rules.len(), 3);
/// assert_eq!(faults.to_string(), text);
/// let wrong = "# a comment\nCreateVpc=nonsense".parse::<accel_wire::Faults>();
/// assert_eq!(wrong.unwrap_err(), r#"line 2, "CreateVpc=nonsense": "nonsense" is no trouble"#);
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    /// The rules, in their order.
    pub rules: Vec<Rule>,
}

/// The name that stands for every action that may change something. No action is written in small letters.
const MUTATING: &str = "mutating";

/// A call, as far as a rule looks at it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sort<'c> {
    pub(crate) action: &'c str,
    pub(crate) mutating: bool,
    pub(crate) parameters: &'c BTreeMap<String, String>,
    pub(crate) region: &'c Region,
}

impl Rule {
    fn fits(&self, call: Sort<'_>) -> bool {
        let has = |wanted: &Condition| {
            let fits = |(name, value): (&String, &String)| {
                matches(&wanted.name, name) && matches(&wanted.value, value)
            };
            call.parameters.iter().any(fits)
        };
        let named = self.action == MUTATING && call.mutating;
        (named || matches(&self.action, call.action))
            && self.region.as_ref().is_none_or(|it| it == call.region)
            && self.conditions.iter().all(has)
    }
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

    pub(crate) fn trouble(&mut self, call: Sort<'_>) -> Option<Trouble> {
        let mut trouble = None;
        for (rule, count) in self.faults.rules.iter().zip(&mut self.counts) {
            if !rule.fits(call) {
                continue;
            }
            *count = count.saturating_add(1);
            if rule.turns.contain(*count) {
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
            Self::Late(ms) => write!(f, "late:{ms}"),
            Self::HangBefore => f.pad("hang-before"),
            Self::HangAfter => f.pad("hang-after"),
            Self::Stale(ms) => write!(f, "stale:{ms}"),
        }
    }
}

fn number(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("{text:?} is no number"))
}

impl FromStr for Trouble {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("delay", ms)) => number(ms).map(Self::Delay),
            Some(("late", ms)) => number(ms).map(Self::Late),
            Some(("stale", ms)) => number(ms).map(Self::Stale),
            Some(("refuse", code)) if !code.is_empty() => Ok(Self::Refuse(code.to_owned())),
            None if text == "throttle" => Ok(Self::Throttle),
            None if text == "fail-before" => Ok(Self::FailBefore),
            None if text == "fail-after" => Ok(Self::FailAfter),
            None if text == "reset-before" => Ok(Self::ResetBefore),
            None if text == "reset-after" => Ok(Self::ResetAfter),
            None if text == "truncate" => Ok(Self::Truncate),
            None if text == "hang-before" => Ok(Self::HangBefore),
            None if text == "hang-after" => Ok(Self::HangAfter),
            Some(_) | None => Err(format!("{text:?} is no trouble")),
        }
    }
}

impl fmt::Display for Turns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.first, self.last) {
            (1, None) => Ok(()),
            (first, None) => write!(f, "#{first}-"),
            (first, Some(last)) if first == last => write!(f, "#{first}"),
            (first, Some(last)) => write!(f, "#{first}-{last}"),
        }
    }
}

impl FromStr for Turns {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (first, last) = match text.split_once('-') {
            None => (number(text)?, Some(number(text)?)),
            Some((first, "")) => (number(first)?, None),
            Some((first, last)) => (number(first)?, Some(number(last)?)),
        };
        if first == 0 || last.is_some_and(|last| last < first) {
            return Err(format!("there is no turn {text}"));
        }
        Ok(Self { first, last })
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.action)?;
        for Condition { name, value } in &self.conditions {
            write!(f, "[{name}={value}]")?;
        }
        if let Some(region) = &self.region {
            write!(f, "@{region}")?;
        }
        write!(f, "{}={}", self.turns, self.trouble)
    }
}

impl FromStr for Rule {
    type Err = String;

    /// `ACTION[NAME=VALUE]…@REGION#TURNS=TROUBLE`; only the action and the trouble must be there.
    fn from_str(text: &str) -> Result<Self, String> {
        let no_trouble = || "it has no trouble".to_owned();
        let end = text.find(['[', '@', '#', '=']).ok_or_else(no_trouble)?;
        let (action, mut rest) = text.split_at(end);
        if action.is_empty() {
            return Err("it names no action".to_owned());
        }
        let mut conditions = Vec::new();
        while let Some(inner) = rest.strip_prefix('[') {
            let split =
                inner.split_once(']').and_then(|(it, rest)| Some((it.split_once('=')?, rest)));
            let ((name, value), after) = split.ok_or("a condition is [NAME=VALUE]")?;
            conditions.push(Condition { name: name.to_owned(), value: value.to_owned() });
            rest = after;
        }
        let (sort, trouble) = rest.split_once('=').ok_or_else(no_trouble)?;
        let (place, turns) = match sort.split_once('#') {
            Some((place, turns)) => (place, turns.parse()?),
            None => (sort, Turns::ALL),
        };
        let region = match place.strip_prefix('@') {
            Some(region) => Some(Region::from(region)),
            None if place.is_empty() => None,
            None => return Err(format!("{place:?} is neither a condition, a region nor a turn")),
        };
        Ok(Self { action: action.to_owned(), conditions, region, turns, trouble: trouble.parse()? })
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
        let mut rules = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            if line.trim_start().starts_with('#') {
                continue;
            }
            for word in line.split_whitespace() {
                let rule = word.parse().map_err(|why| format!("line {number}, {word:?}: {why}"))?;
                rules.push(rule);
            }
        }
        Ok(Self { rules })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;

    #[test]
    fn faults_read_what_they_print() {
        let text = "CreateVpc@eu-west-1#2=reset-after *=delay:5 Delete*#2-5=throttle A=truncate \
                    B=fail-before C=fail-after D=reset-before E=refuse:Blocked F#3-=late:500 \
                    G=hang-before H=hang-after I=stale:9 J[VpcId.1=vpc-0*][Tag.*=a=b]@c#1=throttle";
        assert_eq!(text.parse::<Faults>().unwrap().to_string(), text);
    }

    #[test]
    fn a_file_has_rules_in_lines_and_comments() {
        let text = "# first\nA=throttle B=throttle\n\n  # more=no\nC#1=truncate\n";
        let faults: Faults = text.parse().unwrap();
        assert_eq!(faults.to_string(), "A=throttle B=throttle C#1=truncate");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for wrong in [
            "CreateVpc",
            "=throttle",
            "A#x=throttle",
            "A=delay:x",
            "A=refuse:",
            "A=no",
            "A=late",
            "A#0=throttle",
            "A#5-2=throttle",
            "A#-2=throttle",
            "A[x=y=throttle",
            "A[xy]=throttle",
            "A[x=y]z=throttle",
            "@eu-west-1=throttle",
            "A=stale:",
        ] {
            let why = format!("B=throttle\n {wrong}").parse::<Faults>().unwrap_err();
            assert!(why.starts_with(&format!("line 2, {wrong:?}: ")), "{why}");
        }
    }

    /// A call in Ireland; what begins with `Describe` changes nothing.
    fn sort<'c>(action: &'c str, parameters: &'c BTreeMap<String, String>) -> Sort<'c> {
        static HERE: LazyLock<Region> = LazyLock::new(|| Region::from("eu-west-1"));
        Sort { action, mutating: !action.starts_with("Describe"), parameters, region: &HERE }
    }

    fn troubles<const N: usize>(text: &str, calls: [(&str, &str); N]) -> [bool; N] {
        let mut judge = Judge::new(text.parse().unwrap());
        calls.map(|(action, parameters)| {
            let pairs = parameters.split(' ').filter_map(|pair| pair.split_once('='));
            let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
            let parameters = pairs.map(own).collect();
            judge.trouble(sort(action, &parameters)).is_some()
        })
    }

    #[test]
    fn each_rule_counts_what_fits_it() {
        let mut judge = Judge::new("Create*#2=throttle CreateVpc=truncate".parse().unwrap());
        let troubles: Vec<_> = ["CreateSubnet", "CreateVpc", "CreateVpc", "DeleteVpc"]
            .map(|action| judge.trouble(sort(action, &BTreeMap::new())))
            .into();
        let expect = [None, Some(Trouble::Throttle), Some(Trouble::Truncate), None];
        assert_eq!(troubles, expect);
    }

    #[test]
    fn one_word_stands_for_everything_that_changes_something() {
        let calls = [("CreateVpc", ""), ("DescribeVpcs", ""), ("DeleteVpc", "")];
        assert_eq!(troubles("mutating#2=throttle", calls), [false, false, true]);
    }

    #[test]
    fn turns_have_a_beginning_and_may_have_an_end() {
        let calls = [("A", ""); 5];
        assert_eq!(troubles("A#2=throttle", calls), [false, true, false, false, false]);
        assert_eq!(troubles("A#2-3=throttle", calls), [false, true, true, false, false]);
        assert_eq!(troubles("A#4-=throttle", calls), [false, false, false, true, true]);
        assert_eq!(troubles("A=throttle", calls), [true; 5]);
    }

    #[test]
    fn a_rule_can_ask_for_parameters_and_counts_only_calls_that_have_them() {
        let calls = [
            ("A", "VpcId.1=vpc-01 Tag=x"),
            ("A", "VpcId.1=vpc-02"),
            ("A", "VpcId.2=vpc-01"),
            ("A", ""),
            ("A", "Tag=y VpcId.1=vpc-019"),
        ];
        let of = |text| troubles(text, calls);
        assert_eq!(of("A[VpcId.1=vpc-01*]=throttle"), [true, false, false, false, true]);
        assert_eq!(of("A[VpcId.*=vpc-01]=throttle"), [true, false, true, false, false]);
        assert_eq!(of("A[VpcId.1=*][Tag=?]#2=throttle"), [false, false, false, false, true]);
        assert_eq!(of("A[VpcId.1=*]@eu-west-2=throttle"), [false; 5]);
    }
}
