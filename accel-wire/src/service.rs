//! The provider's services that this server speaks, each with its protocol: how parameters come, how answers and errors look.

use std::collections::BTreeMap;

use accel_core::resource::Api;
use serde_json::{Value, json};

use crate::asked::Parameters;
use crate::refusal::{Refusal, Result};
use crate::xml::Xml;

/// A service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Service {
    Ec2,
    LoadBalancing,
    Sts,
    Quotas,
    Tagging,
}

/// A document on its way to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Document {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) body: String,
}

/// What an action has answered: the elements of a Query answer, or the JSON of one.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) xml: Xml,
    pub(crate) json: Value,
}

const XML: &str = "text/xml;charset=UTF-8";
const JSON: &str = "application/x-amz-json-1.1";
const PROLOGUE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

impl Service {
    pub(crate) const ALL: [Self; 5] =
        [Self::Ec2, Self::LoadBalancing, Self::Sts, Self::Quotas, Self::Tagging];

    /// The name in the scope of a signature. Source: `signingName` of the service models.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ec2 => "ec2",
            Self::LoadBalancing => "elasticloadbalancing",
            Self::Sts => "sts",
            Self::Quotas => "servicequotas",
            Self::Tagging => "tagging",
        }
    }

    /// Source: `apiVersion` of the service models.
    fn version(self) -> &'static str {
        match self {
            Self::Ec2 => "2016-11-15",
            Self::LoadBalancing => "2015-12-01",
            Self::Sts => "2011-06-15",
            Self::Quotas => "2019-06-24",
            Self::Tagging => "2017-01-26",
        }
    }

    fn namespace(self) -> String {
        let host = match self {
            Self::Ec2 => "http://ec2",
            Self::LoadBalancing => "http://elasticloadbalancing",
            Self::Sts | Self::Quotas | Self::Tagging => "https://sts",
        };
        format!("{host}.amazonaws.com/doc/{}/", self.version())
    }

    /// Whose buckets its calls draw from; `None` is never throttled here.
    pub(crate) fn api(self) -> Option<Api> {
        match self {
            Self::Ec2 => Some(Api::Network),
            Self::LoadBalancing => Some(Api::LoadBalancing),
            Self::Sts | Self::Quotas | Self::Tagging => None,
        }
    }

    /// Whether its protocol is `json-1.1`; the others speak Query.
    fn speaks_json(self) -> bool {
        match self {
            Self::Quotas | Self::Tagging => true,
            Self::Ec2 | Self::LoadBalancing | Self::Sts => false,
        }
    }

    /// The action of a request and its parameters.
    ///
    /// # Errors
    /// That the body is none of this protocol's, or of another version.
    pub(crate) fn read(self, target: Option<&str>, body: &[u8]) -> Result<(String, Parameters)> {
        if self.speaks_json() {
            return read_json(target, body);
        }
        let pairs = form_urlencoded::parse(body);
        let mut all: BTreeMap<String, String> =
            pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        let action = all.remove("Action").ok_or_else(|| Refusal::missing("Action"))?;
        let version = all.remove("Version").ok_or_else(|| Refusal::missing("Version"))?;
        if version != self.version() {
            let message = format!("There is no version {version} of this web service.");
            return Err(Refusal::new("InvalidParameterValue", message));
        }
        let infix = if self == Self::Ec2 { "" } else { "member." };
        Ok((action, Parameters::new(all, infix)))
    }

    pub(crate) fn answer(self, action: &str, answer: Answer, request: &str) -> Document {
        let Answer { xml, json } = answer;
        let mut inner = Xml::default();
        match self {
            Self::Quotas | Self::Tagging => return document(200, JSON, json.to_string()),
            Self::Ec2 => {
                inner.field("requestId", request);
                inner.append(&xml.into_text());
            }
            Self::LoadBalancing | Self::Sts => {
                let result = xml.into_text();
                inner.group(&format!("{action}Result"), |xml| xml.append(&result));
                inner.group("ResponseMetadata", |xml| xml.field("RequestId", request));
            }
        }
        let (inner, namespace) = (inner.into_text(), self.namespace());
        let name = format!("{action}Response");
        document(200, XML, format!("{PROLOGUE}<{name} xmlns=\"{namespace}\">{inner}</{name}>"))
    }

    /// Source: Error codes for the Amazon EC2 API, error response format; Query API of Elastic Load Balancing and of STS.
    pub(crate) fn refuse(self, refusal: &Refusal, request: &str) -> Document {
        let side = if refusal.status < 500 { "Sender" } else { "Receiver" };
        let error = |xml: &mut Xml| {
            xml.group("Error", |xml| {
                if self != Self::Ec2 {
                    xml.field("Type", side);
                }
                xml.field("Code", &refusal.code);
                xml.field("Message", &refusal.message);
            });
        };
        let mut inner = Xml::default();
        let (root, attribute) = match self {
            Self::Quotas | Self::Tagging => {
                let body = json!({ "__type": refusal.code, "message": refusal.message });
                return document(refusal.status, JSON, body.to_string());
            }
            Self::Ec2 => {
                inner.group("Errors", error);
                inner.field("RequestID", request);
                ("Response", String::new())
            }
            Self::LoadBalancing | Self::Sts => {
                error(&mut inner);
                inner.field("RequestId", request);
                ("ErrorResponse", format!(" xmlns=\"{}\"", self.namespace()))
            }
        };
        let inner = inner.into_text();
        document(refusal.status, XML, format!("{PROLOGUE}<{root}{attribute}>{inner}</{root}>"))
    }
}

fn document(status: u16, content_type: &'static str, body: String) -> Document {
    Document { status, content_type, body }
}

/// The protocol `json-1.1`: the action stands in a header, the parameters are the members of an object. They get the names that they
/// would have in a Query: `Filters.1.Key`.
fn read_json(target: Option<&str>, body: &[u8]) -> Result<(String, Parameters)> {
    let action = target.and_then(|target| target.rsplit_once('.')).map(|(_, action)| action);
    let action = action.ok_or_else(|| Refusal::missing("X-Amz-Target"))?.to_owned();
    let body: BTreeMap<String, Value> = serde_json::from_slice(body)
        .map_err(|_| Refusal::new("SerializationException", "the body is no JSON object"))?;
    let mut all = BTreeMap::new();
    for (name, value) in body {
        flatten(name, value, &mut all);
    }
    Ok((action, Parameters::new(all, "")))
}

/// Bodies are bounded, and so is how deep their JSON is: 128 levels, by `serde_json`.
fn flatten(name: String, value: Value, all: &mut BTreeMap<String, String>) {
    match value {
        Value::Null => {}
        Value::Bool(value) => drop(all.insert(name, value.to_string())),
        Value::Number(value) => drop(all.insert(name, value.to_string())),
        Value::String(value) => drop(all.insert(name, value)),
        Value::Array(items) => {
            for (number, item) in (1..).zip(items) {
                flatten(format!("{name}.{number}"), item, all);
            }
        }
        Value::Object(members) => {
            for (member, value) in members {
                flatten(format!("{name}.{member}"), value, all);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_gets_the_names_of_a_query() {
        let body = br#"{"A": [{"K": "a", "V": ["x", "y"]}, {"K": 2}], "M": {"b": true}, "N": null, "E": []}"#;
        let (action, parameters) = read_json(Some("Api_2017.Get"), body).unwrap();
        let shown: Vec<_> =
            parameters.all().iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(action, "Get");
        assert_eq!(shown, ["A.1.K=a", "A.1.V.1=x", "A.1.V.2=y", "A.2.K=2", "M.b=true"]);
    }
}
