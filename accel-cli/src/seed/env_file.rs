//! The file of ids, as the original scripts wrote it: lines like `export NLB_ARN="…"`. No shell ever reads it here.
//!
//! A line may be missing, because a script was killed before it wrote it, and may be there twice, because one was run again: then both
//! ids were made, and both are to go. What is no id of its kind is a problem, and all problems are reported at once.

use std::collections::BTreeSet;

use accel_core::resource::Kind;
use accel_core::{Place, Problem, RemoteId, Side};

/// What one variable names.
struct Variable {
    name: &'static str,
    side: Side,
    kind: Kind,
    form: Form,
}

/// How an id is written.
#[derive(Clone, Copy)]
enum Form {
    /// This, and hexadecimal digits. Source: Amazon EC2, resource IDs.
    Prefix(&'static str),
    /// The resource part of an ARN of the load balancing API begins so.
    Arn(&'static str),
}

const fn network(name: &'static str, side: Side, kind: Kind, prefix: &'static str) -> Variable {
    Variable { name, side, kind, form: Form::Prefix(prefix) }
}

const fn balancing(name: &'static str, kind: Kind, resource: &'static str) -> Variable {
    Variable { name, side: Side::Entry, kind, form: Form::Arn(resource) }
}

const VARIABLES: &[Variable] = &[
    network("RESOURCE_VPC_ID", Side::Service, Kind::Vpc, "vpc-"),
    network("RESOURCE_SUBNET1_ID", Side::Service, Kind::Subnet, "subnet-"),
    network("RESOURCE_SUBNET2_ID", Side::Service, Kind::Subnet, "subnet-"),
    network("RESOURCE_SG_ID", Side::Service, Kind::SecurityGroup, "sg-"),
    network("RESOURCE_ROUTE_TABLE_ID", Side::Service, Kind::RouteTable, "rtb-"),
    network("RESOURCE_VPC_ENDPOINT_ID", Side::Service, Kind::InterfaceEndpoint, "vpce-"),
    network("EXPOSE_VPC_ID", Side::Entry, Kind::Vpc, "vpc-"),
    network("EXPOSE_PUBLIC_SUBNET1_ID", Side::Entry, Kind::Subnet, "subnet-"),
    network("EXPOSE_PRIVATE_SUBNET1_ID", Side::Entry, Kind::Subnet, "subnet-"),
    network("EXPOSE_PUBLIC_SUBNET2_ID", Side::Entry, Kind::Subnet, "subnet-"),
    network("EXPOSE_PRIVATE_SUBNET2_ID", Side::Entry, Kind::Subnet, "subnet-"),
    network("EXPOSE_PUBLIC_ROUTE_TABLE_ID", Side::Entry, Kind::RouteTable, "rtb-"),
    network("EXPOSE_PRIVATE_ROUTE_TABLE_ID", Side::Entry, Kind::RouteTable, "rtb-"),
    network("EXPOSE_IGW_ID", Side::Entry, Kind::InternetGateway, "igw-"),
    network("VPC_PEERING_ID", Side::Entry, Kind::PeeringConnection, "pcx-"),
    balancing("NLB_LISTENER_ARN", Kind::Listener, "listener/net/"),
    balancing("NLB_ARN", Kind::LoadBalancer, "loadbalancer/net/"),
    balancing("NLB_TARGET_GROUP_ARN", Kind::TargetGroup, "targetgroup/"),
];

/// What is read and needs no removal: the VPC's default group goes with its VPC, a name with its load balancer.
const KNOWN: &[&str] = &["NLB_DEFAULT_SG_ID", "NLB_DNS", "RESOURCE_REGION", "EXPOSE_REGION"];

/// More than any such file: what is larger is something else.
pub(super) const BYTES_MAX: u64 = 1 << 20;

/// What the file says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Seed {
    /// What is to go, each once, in the order of the table above.
    pub(super) ids: Vec<RemoteId>,
    /// Where.
    pub(super) places: Vec<Place>,
    /// Variables that mean nothing here.
    pub(super) ignored: Vec<String>,
}

/// One assignment.
struct Assignment<'a> {
    line: usize,
    name: &'a str,
    value: &'a str,
}

/// Reads the file; regions that it does not name may be given.
pub(super) fn parse(text: &str, given: &[Place]) -> Result<Seed, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut assignments = Vec::new();
    for (index, line) in text.lines().enumerate() {
        match assignment(index + 1, line) {
            Ok(found) => assignments.extend(found),
            Err(problem) => problems.push(problem),
        }
    }
    let service = region("RESOURCE_REGION", Side::Service, &assignments, given, &mut problems);
    let entry = region("EXPOSE_REGION", Side::Entry, &assignments, given, &mut problems);
    let place = |side| match side {
        Side::Service => service.clone(),
        Side::Entry => entry.clone(),
    };
    let mut ids: Vec<RemoteId> = Vec::new();
    for variable in VARIABLES {
        for it in assignments.iter().filter(|it| it.name == variable.name && !it.value.is_empty()) {
            match (variable.read(it.value), place(variable.side)) {
                (Err(why), _) => problems.push(at(it, &why)),
                (Ok(()), None) => {
                    problems.push(at(it, "is in a region that the file does not name"));
                }
                (Ok(()), Some(place)) => ids.push(RemoteId::new(variable.kind, place, it.value)),
            }
        }
    }
    if !problems.is_empty() {
        problems.sort();
        problems.dedup();
        return Err(problems);
    }
    let mut seen = BTreeSet::new();
    ids.retain(|id| seen.insert(id.clone()));
    let is_known = |name: &str| KNOWN.contains(&name) || VARIABLES.iter().any(|v| v.name == name);
    let ignored = assignments.iter().map(|it| it.name).filter(|name| !is_known(name));
    Ok(Seed {
        ids,
        ignored: ignored.map(str::to_owned).collect(),
        places: [service, entry].into_iter().flatten().collect(),
    })
}

fn at(it: &Assignment<'_>, why: &str) -> Problem {
    Problem::new(format!("line {}: {}", it.line, it.name), why)
}

/// `export NAME="value"`, with or without `export` and quotes; nothing for an empty line or a comment.
fn assignment(line: usize, text: &str) -> Result<Option<Assignment<'_>>, Problem> {
    let text = text.trim();
    if text.is_empty() || text.starts_with('#') {
        return Ok(None);
    }
    let wrong = |why: &str| Problem::new(format!("line {line}"), why);
    let text = text.strip_prefix("export ").unwrap_or(text).trim_start();
    let (name, value) =
        text.split_once('=').ok_or_else(|| wrong("is no line like export NAME=\"id\""))?;
    let is_name = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    if name.is_empty() || !name.bytes().all(is_name) {
        return Err(wrong("is no line like export NAME=\"id\""));
    }
    let quoted = |quote| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    let value = quoted('"').or_else(|| quoted('\'')).unwrap_or(value);
    // What a shell would work out is not worked out here.
    if value.chars().any(|c| c.is_whitespace() || c.is_control() || "$`\\\"'();&|<>".contains(c)) {
        return Err(wrong("holds what no id holds; write the id itself"));
    }
    Ok(Some(Assignment { line, name, value }))
}

/// The region of a side: the file's, or the one that was given where it names none.
fn region(
    name: &str,
    side: Side,
    assignments: &[Assignment<'_>],
    given: &[Place],
    problems: &mut Vec<Problem>,
) -> Option<Place> {
    let named: Vec<_> =
        assignments.iter().filter(|it| it.name == name && !it.value.is_empty()).collect();
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    for it in &named {
        if !it.value.contains('-') || !it.value.bytes().all(plain) {
            problems.push(at(it, "is no region name; write it like ap-southeast-3"));
        }
        if it.value != named[0].value {
            problems.push(at(it, "is another region than an earlier line says"));
        }
    }
    let given = given.iter().find(|place| place.side == side).cloned();
    named.first().map(|it| Place::new(side, it.value)).or(given)
}

impl Variable {
    fn read(&self, value: &str) -> Result<(), String> {
        let is_right = match self.form {
            Form::Prefix(prefix) => value.strip_prefix(prefix).is_some_and(is_serial),
            Form::Arn(resource) => is_arn(value, resource),
        };
        if is_right {
            return Ok(());
        }
        Err(match self.form {
            Form::Prefix(prefix) => format!("{value:?} is no id of a {}: {prefix}…", self.kind),
            Form::Arn(resource) => format!(
                "{value:?} is no ARN of a {}: arn:aws:elasticloadbalancing:…:{resource}…",
                self.kind
            ),
        })
    }
}

fn is_serial(text: &str) -> bool {
    (6..=17).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Source: Actions, resources, and condition keys for Elastic Load Balancing, resource types.
fn is_arn(text: &str, resource: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, service, region, account, rest] = parts[..] else { return false };
    let plain = |c: char| c.is_ascii_alphanumeric() || "-/".contains(c);
    arn == "arn"
        && partition.starts_with("aws")
        && service == "elasticloadbalancing"
        && !region.is_empty()
        && account.len() == 12
        && account.bytes().all(|b| b.is_ascii_digit())
        && rest.strip_prefix(resource).is_some_and(|rest| !rest.is_empty())
        && rest.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:elasticloadbalancing:ap-southeast-1:111122223333:";

    #[test]
    fn what_is_there_is_read_and_what_is_missing_is_not_missed() {
        let text = format!(
            "#!/bin/sh\nexport RESOURCE_REGION=\"ap-southeast-3\"\nEXPOSE_REGION=ap-southeast-1\n\n\
             export RESOURCE_VPC_ID=\"vpc-0a1b2c3d4e5f60711\"\nexport EXPOSE_VPC_ID=''\n\
             export NLB_ARN=\"{ARN}loadbalancer/net/lane/50dc6c495c0c9188\"\n\
             export NLB_DEFAULT_SG_ID=\"sg-0a1b2c3d4e5f60711\"\nexport HOME=/root\n"
        );
        let seed = parse(&text, &[]).unwrap();
        let ids: Vec<_> = seed.ids.iter().map(|id| (id.kind, id.place.side)).collect();
        assert_eq!(ids, [(Kind::Vpc, Side::Service), (Kind::LoadBalancer, Side::Entry)]);
        assert_eq!(seed.ignored, ["HOME"]);
        assert_eq!(seed.places.len(), 2);
    }

    #[test]
    fn an_id_that_is_there_twice_goes_once_and_two_ids_of_one_name_go_both() {
        let line = |id: &str| format!("export EXPOSE_VPC_ID=\"vpc-0a1b2c3d4e5f6071{id}\"\n");
        let text = format!("EXPOSE_REGION=eu-west-1\n{}{}{}", line("1"), line("1"), line("2"));
        assert_eq!(parse(&text, &[]).unwrap().ids.len(), 2);
    }

    #[test]
    fn every_problem_is_named_with_its_line() {
        let text = "export EXPOSE_REGION=\"eu-west-1\"\nexport EXPOSE_VPC_ID=\"subnet-0a1b2c3d\"\n\
                    export EXPOSE_IGW_ID=\"igw-$(rm -rf /)\"\nrm -rf /\n\
                    export RESOURCE_VPC_ID=\"vpc-0a1b2c3d\"\nexport NLB_ARN=\"arn:aws:s3:::b\"\n";
        let problems = parse(text, &[]).unwrap_err();
        let paths: Vec<_> = problems.iter().map(|problem| problem.path.as_str()).collect();
        let lines = [
            "line 2: EXPOSE_VPC_ID",
            "line 3",
            "line 4",
            "line 5: RESOURCE_VPC_ID",
            "line 6: NLB_ARN",
        ];
        assert_eq!(paths, lines);
    }

    #[test]
    fn a_region_that_the_file_does_not_name_may_be_given() {
        let text = "RESOURCE_VPC_ID=vpc-0a1b2c3d\n";
        assert!(parse(text, &[]).is_err());
        let given = [Place::new(Side::Service, "eu-west-1")];
        assert_eq!(parse(text, &given).unwrap().ids[0].place, given[0]);
    }
}
