//! The forms of single texts: regions, services, accounts, tags, policies. Each check says what is wrong, or gives what it read.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;
use serde_json::Value;

use crate::id::Region;

/// Blocks that no client on the internet has.
const UNREACHABLE: [&str; 7] = [
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "224.0.0.0/4",
];

/// Where targets of a load balancer may lie outside its own VPC. Source: `RegisterTargets`, IP address targets.
const PRIVATE: [&str; 4] = ["10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"];

/// The most a policy may have. Source: Amazon VPC quotas, VPC endpoint policy size.
const POLICY_CHARS_MAX: usize = 20_480;

/// A block without host bits.
pub(super) fn block(text: &str) -> Result<Ipv4Net, String> {
    let block: Ipv4Net = text.parse().map_err(|_| {
        format!(
            "{text:?} is no IPv4 block; write it like 203.0.113.0/24, one address as 203.0.113.7/32"
        )
    })?;
    if block.trunc() != block {
        return Err(format!("{block} has bits beyond its prefix: did you mean {}?", block.trunc()));
    }
    Ok(block)
}

fn inside(block: Ipv4Net, list: &[&str]) -> bool {
    let list = list.iter().filter_map(|text| text.parse::<Ipv4Net>().ok());
    list.into_iter().any(|outer| outer.contains(&block))
}

/// A block for a VPC that has room for eight subnets, and from which addresses can be targets.
pub(super) fn vpc_block(text: &str) -> Result<Ipv4Net, String> {
    let block = block(text)?;
    if !(16..=25).contains(&block.prefix_len()) {
        return Err(format!("{block} must be a /16 to a /25: it is cut into eight subnets"));
    }
    if !inside(block, &PRIVATE) {
        return Err(format!(
            "{block} must be private: inside 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10"
        ));
    }
    Ok(block)
}

/// A block of addresses that clients can have.
pub(super) fn client_block(text: &str) -> Result<Ipv4Net, String> {
    let block = block(text)?;
    if inside(block, &UNREACHABLE) {
        return Err(format!(
            "{block} holds no public address: clients reach a lane from the internet, so give the public address that they come from"
        ));
    }
    Ok(block)
}

/// `ap-southeast-3`, `us-gov-west-1`: words of letters, then a number.
pub(super) fn is_region(text: &str) -> bool {
    let words: Vec<&str> = text.split('-').collect();
    let Some((number, words)) = words.split_last() else { return false };
    let is_number = matches!(number.len(), 1 | 2) && number.bytes().all(|b| b.is_ascii_digit());
    let is_word = |word: &&str| word.len() >= 2 && word.bytes().all(|b| b.is_ascii_lowercase());
    is_number && words.len() >= 2 && words.iter().all(is_word) && text.len() <= 32
}

/// What names of nodes are made from: the service's short name, so that the short and the full form mean the same nodes.
pub(crate) fn service_label(name: &str, region: &Region) -> Result<String, String> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
    let parts_are_names = name.split('.').all(|p| !p.is_empty() && !p.starts_with('-'));
    if !name.bytes().all(plain) || !parts_are_names || name.len() > 128 {
        return Err(format!(
            "{name:?} is no service name; write it like sagemaker.runtime, or com.amazonaws.REGION.sagemaker.runtime"
        ));
    }
    let forms = ["com.amazonaws.vpce.", "cn.com.amazonaws.", "com.amazonaws."];
    let Some(rest) = forms.iter().find_map(|form| name.strip_prefix(form)) else {
        return Ok(name.to_owned());
    };
    match rest.split_once('.') {
        Some((word, label)) if word == region.as_str() => Ok(label.to_owned()),
        Some((word, _)) if is_region(word) => Err(format!("{name} is in {word}, not in {region}")),
        // Services of the whole world have no region in their names.
        Some(_) | None => Ok(rest.to_owned()),
    }
}

/// Twelve digits.
pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// `o-` and 10 to 32 lower-case letters or digits. Source: AWS Organizations, `Organization.Id`.
pub(super) fn is_organisation(text: &str) -> bool {
    text.strip_prefix("o-").is_some_and(|rest| {
        (10..=32).contains(&rest.len())
            && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    })
}

/// `eipalloc-` and hexadecimal digits.
pub(super) fn is_allocation(text: &str) -> bool {
    is_id(text, "eipalloc-")
}

/// A prefix and 8 to 17 hexadecimal digits. Ids of a simulated cloud are shorter numbers.
pub(super) fn is_id(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|rest| {
        (6..=17).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_hexdigit())
    })
}

/// What is wrong with a tag of the user's. Source: AWS, Tag your Amazon EC2 resources, tag restrictions.
pub(super) fn tag_fault(key: &str, value: &str) -> Option<String> {
    let lower = key.to_ascii_lowercase();
    if lower.starts_with("aws:") || lower.starts_with("accel:") {
        return Some(format!(
            "{key:?} begins with a reserved word: aws: and accel: are not yours to set"
        ));
    }
    if key.is_empty() || key.chars().count() > 128 {
        return Some("a key has 1 to 128 characters".to_owned());
    }
    if value.chars().count() > 256 {
        return Some("a value has at most 256 characters".to_owned());
    }
    let plain = |c: char| c.is_alphanumeric() || " +-=._:/@".contains(c);
    let odd = key.chars().chain(value.chars()).find(|c| !plain(*c))?;
    Some(format!("{odd:?} may not stand in a tag: letters, digits, spaces and + - = . _ : / @ may"))
}

/// What is wrong with the text beside a rule. Source: `IpRange`, `Description`.
pub(super) fn label_fault(label: &str) -> Option<String> {
    if label.is_empty() || label.len() > 255 {
        return Some("a label has 1 to 255 characters".to_owned());
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(c);
    let odd = label.chars().find(|c| !plain(*c))?;
    Some(format!(
        "{odd:?} may not stand in a label: letters, digits, spaces and ._-:/()#,@[]+=&;{{}}!$* may"
    ))
}

/// The same document with its keys in order, however the JSON library is built: fingerprints depend on it.
pub(crate) fn canonical_json(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let sorted: BTreeMap<String, Value> =
                fields.into_iter().map(|(key, value)| (key, canonical_json(value))).collect();
            Value::Object(sorted.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(canonical_json).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

/// A policy in canonical form: keys in order, no white space.
pub(super) fn policy(text: &str) -> Result<String, String> {
    let document: Value =
        serde_json::from_str(text).map_err(|error| format!("is no JSON: {error}"))?;
    if document.get("Statement").is_none() {
        return Err("is no policy: an object with a \"Statement\" is needed".to_owned());
    }
    let canonical = canonical_json(document).to_string();
    if canonical.chars().count() > POLICY_CHARS_MAX {
        return Err(format!("is longer than {POLICY_CHARS_MAX} characters"));
    }
    Ok(canonical)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_regions() {
        for good in
            ["ap-southeast-3", "us-gov-west-1", "cn-north-1", "eusc-de-east-1", "us-isob-east-1"]
        {
            assert!(is_region(good), "{good}");
        }
        for bad in [
            "",
            "-",
            "jakarta",
            "ap-southeast",
            "ap-southeast-",
            "AP-southeast-3",
            "ap-southeast-3a",
            "1-2-3",
        ] {
            assert!(!is_region(bad), "{bad}");
        }
    }

    #[test]
    fn short_and_full_names_have_one_label() {
        let region = Region::from("ap-southeast-3");
        let label = |name: &str| service_label(name, &region);
        for name in ["sagemaker.runtime", "com.amazonaws.ap-southeast-3.sagemaker.runtime"] {
            assert_eq!(label(name).as_deref(), Ok("sagemaker.runtime"));
        }
        assert_eq!(label("com.amazonaws.iam").as_deref(), Ok("iam"));
        assert_eq!(
            label("com.amazonaws.s3-global.accesspoint").as_deref(),
            Ok("s3-global.accesspoint")
        );
        let own = "com.amazonaws.vpce.ap-southeast-3.vpce-svc-0a1b";
        assert_eq!(label(own).as_deref(), Ok("vpce-svc-0a1b"));
        assert!(
            label("com.amazonaws.eu-west-1.sqs").unwrap_err().contains("not in ap-southeast-3")
        );
        for bad in ["", ".", "a..b", "SQS", "a b", "-a", "a/b", "com.amazonaws."] {
            assert!(label(bad).is_err(), "{bad}");
        }
    }
}
