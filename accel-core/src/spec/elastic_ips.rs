//! Where public addresses come from: a word or a list.

use std::fmt;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Where the public addresses of a load balancer come from. Written `"made"`, `"off"` or `["eipalloc-1", "eipalloc-2"]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ElasticIps {
    /// One is made per zone, and stays while the load balancer is replaced.
    #[default]
    Made,
    /// The cloud picks addresses that live and die with the load balancer.
    Off,
    /// These, one per zone in the order of the zones' names. They are not ours: never changed, never released.
    Existing(Vec<String>),
}

const MADE: &str = "made";
const OFF: &str = "off";

impl Serialize for ElasticIps {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Made => serializer.serialize_str(MADE),
            Self::Off => serializer.serialize_str(OFF),
            Self::Existing(ids) => serializer.collect_seq(ids),
        }
    }
}

impl<'de> Deserialize<'de> for ElasticIps {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WordOrList)
    }
}

struct WordOrList;

impl<'de> Visitor<'de> for WordOrList {
    type Value = ElasticIps;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"made\", \"off\" or a list of allocation ids")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<ElasticIps, E> {
        match word {
            MADE => Ok(ElasticIps::Made),
            OFF => Ok(ElasticIps::Off),
            _ => Err(E::invalid_value(de::Unexpected::Str(word), &self)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<ElasticIps, A::Error> {
        let mut ids = Vec::new();
        while let Some(id) = list.next_element()? {
            ids.push(id);
        }
        Ok(ElasticIps::Existing(ids))
    }
}
