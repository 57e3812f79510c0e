//! A spec of any topology, as a file holds it: `topology = "private-egress"` says which; without a word it is a lane.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Acceleration, PrivateEgress};
use crate::backend::{Network, OfferQuery};
use crate::error::Problem;
use crate::id::{AccountId, DeploymentId, Place, Side};
use crate::resource::Kind;
use crate::topology::{Built, EgressOutputs, Finding, Kept, Known, LaneOutputs, Made, Topology};

/// A spec of one of the topologies that accel has. Whoever asks which must know what to do for each.
///
/// ```
/// use accel_core::{AnySpec, Topology};
///
/// let text = "topology = \"private-egress\"\nname = \"functions\"\nregion = \"eu-central-1\"";
/// let spec = AnySpec::from_toml(text).unwrap();
/// assert!(matches!(spec, AnySpec::PrivateEgress(_)));
/// assert_eq!(spec.places().len(), 1);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnySpec {
    /// A lane.
    Acceleration(Box<Acceleration>),
    /// A private egress.
    PrivateEgress(Box<PrivateEgress>),
}

/// The word that says which topology a spec is for.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    #[default]
    Acceleration,
    PrivateEgress,
}

/// The word with where it stands in a TOML text.
#[derive(Debug, Deserialize)]
struct Outer {
    topology: Option<toml::Spanned<Word>>,
}

impl AnySpec {
    /// Reads TOML. A field that does not exist is a problem. What the fields hold is not judged here.
    pub fn from_toml(text: &str) -> Result<Self, Problem> {
        let outer: Outer = super::from_toml(text)?;
        let Some(word) = outer.topology else { return super::from_toml(text).map(Self::lane) };
        let text = without_line(text, word.span().start);
        match word.into_inner() {
            Word::Acceleration => super::from_toml(&text).map(Self::lane),
            Word::PrivateEgress => super::from_toml(&text).map(Self::egress),
        }
    }

    /// Reads JSON. A field that does not exist is a problem. What the fields hold is not judged here.
    pub fn from_json(text: &str) -> Result<Self, Problem> {
        let mut value: Value = super::from_json(text)?;
        let Some(word) = value.as_object_mut().and_then(|fields| fields.remove("topology")) else {
            return super::from_json(text).map(Self::lane);
        };
        match read("topology", word)? {
            Word::Acceleration => read("", value).map(Self::lane),
            Word::PrivateEgress => read("", value).map(Self::egress),
        }
    }

    fn lane(spec: Acceleration) -> Self {
        Self::Acceleration(Box::new(spec))
    }

    fn egress(spec: PrivateEgress) -> Self {
        Self::PrivateEgress(Box::new(spec))
    }
}

fn read<T: DeserializeOwned>(path: &str, value: Value) -> Result<T, Problem> {
    serde_json::from_value(value).map_err(|error| Problem::new(path, error.to_string()))
}

/// The text with an empty line in place of the one at a position: what follows keeps its line.
fn without_line(text: &str, position: usize) -> String {
    let start = text[..position].rfind('\n').map_or(0, |end| end + 1);
    let end = text[position..].find('\n').map_or(text.len(), |end| position + end);
    format!("{}{}", &text[..start], &text[end..])
}

/// What users of any deployment need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum AnyOutputs {
    /// Of a lane.
    Lane(LaneOutputs),
    /// Of a private egress.
    Egress(EgressOutputs),
}

/// The same call to whichever it is.
macro_rules! each {
    ($any:expr, $spec:ident => $call:expr) => {
        match $any {
            AnySpec::Acceleration($spec) => $call,
            AnySpec::PrivateEgress($spec) => $call,
        }
    };
}

impl Topology for AnySpec {
    type Outputs = AnyOutputs;

    fn deployment(&self) -> Result<DeploymentId, Problem> {
        each!(self, spec => spec.deployment())
    }

    fn places(&self) -> Vec<Place> {
        each!(self, spec => spec.places())
    }

    fn kinds(&self, place: &Place) -> Vec<Kind> {
        each!(self, spec => spec.kinds(place))
    }

    fn check(&self) -> Vec<Problem> {
        each!(self, spec => spec.check())
    }

    fn account(&self, side: Side) -> Option<&AccountId> {
        each!(self, spec => spec.account(side))
    }

    fn protected(&self) -> bool {
        each!(self, spec => spec.protected())
    }

    fn query(&self, kept: &[Kept]) -> OfferQuery {
        each!(self, spec => spec.query(kept))
    }

    fn build(&self, known: &Known<'_>) -> Result<Built, Vec<Problem>> {
        each!(self, spec => spec.build(known))
    }

    fn outputs(&self, made: &Made<'_>) -> Option<AnyOutputs> {
        match self {
            Self::Acceleration(spec) => spec.outputs(made).map(AnyOutputs::Lane),
            Self::PrivateEgress(spec) => spec.outputs(made).map(AnyOutputs::Egress),
        }
    }

    fn network(&self, made: &Made<'_>) -> Option<(Place, String)> {
        each!(self, spec => Topology::network(&**spec, made))
    }

    fn verify(&self, made: &Made<'_>, network: &Network) -> Vec<Finding> {
        each!(self, spec => spec.verify(made, network))
    }
}

impl From<Acceleration> for AnySpec {
    fn from(spec: Acceleration) -> Self {
        Self::lane(spec)
    }
}

impl From<PrivateEgress> for AnySpec {
    fn from(spec: PrivateEgress) -> Self {
        Self::egress(spec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_says_which_and_lines_stay_where_they_are() {
        let lane = AnySpec::from_toml("name = \"a\"").unwrap();
        assert!(matches!(lane, AnySpec::Acceleration(_)));
        let text = "name = \"a\"\ntopology = \"private-egress\" # the second\nregoin = \"b\"\n";
        let problem = AnySpec::from_toml(text).unwrap_err();
        assert_eq!(problem.path, "line 3, column 1");
        let unknown = AnySpec::from_toml("topology = \"ring\"").unwrap_err();
        assert!(unknown.message.contains("private-egress"), "{unknown:?}");
    }

    #[test]
    fn json_says_the_same() {
        let text = r#"{"topology": "private-egress", "name": "a", "region": "eu-central-1"}"#;
        let spec = AnySpec::from_json(text).unwrap();
        assert_eq!(spec, PrivateEgress::new("a", "eu-central-1").into());
        let problem = AnySpec::from_json(r#"{"topology": "private-egress", "nmae": "a"}"#);
        assert!(problem.unwrap_err().message.contains("nmae"));
    }
}
