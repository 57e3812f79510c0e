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
    pub(crate) const ALL: [Self; 4] = [Self::Ec2, Self::LoadBalancing, Self::Sts, Self::Quotas];

    /// The name in the scope of a signature. Source: `signingName` of the service models.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ec2 => "ec2",
            Self::LoadBalancing => "elasticloadbalancing",
            Self::Sts => "sts",
            Self::Quotas => "servicequotas",
        }
    }

    /// Source: `apiVersion` of the service models.
    fn version(self) -> &'static str {
        match self {
            Self::Ec2 => "2016-11-15",
            Self::LoadBalancing => "2015-12-01",
            Self::Sts => "2011-06-15",
            Self::Quotas => "2019-06-24",
        }
    }

    fn namespace(self) -> String {
        let host = match self {
            Self::Ec2 => "http://ec2",
            Self::LoadBalancing => "http://elasticloadbalancing",
            Self::Sts | Self::Quotas => "https://sts",
        };
        format!("{host}.amazonaws.com/doc/{}/", self.version())
    }

    /// Whose buckets its calls draw from; `None` is never throttled here.
    pub(crate) fn api(self) -> Option<Api> {
        match self {
            Self::Ec2 => Some(Api::Network),
            Self::LoadBalancing => Some(Api::LoadBalancing),
            Self::Sts | Self::Quotas => None,
        }
    }

    /// The action of a request and its parameters.
    ///
    /// # Errors
    /// That the body is none of this protocol's, or of another version.
    pub(crate) fn read(self, target: Option<&str>, body: &[u8]) -> Result<(String, Parameters)> {
        if self == Self::Quotas {
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
            Self::Quotas => return document(200, JSON, json.to_string()),
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
            Self::Quotas => {
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

/// The protocol `json-1.1`: the action stands in a header, the parameters are the members of an object.
fn read_json(target: Option<&str>, body: &[u8]) -> Result<(String, Parameters)> {
    let action = target.and_then(|target| target.rsplit_once('.')).map(|(_, action)| action);
    let action = action.ok_or_else(|| Refusal::missing("X-Amz-Target"))?.to_owned();
    let body: BTreeMap<String, Value> = serde_json::from_slice(body)
        .map_err(|_| Refusal::new("SerializationException", "the body is no JSON object"))?;
    let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let all = body.into_iter().map(|(name, value)| (name, text(value))).collect();
    Ok((action, Parameters::new(all, "")))
}
