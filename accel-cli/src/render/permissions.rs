//! Permissions: what is denied first, each with what AWS says; the rest together, where it is the same.

use std::collections::{BTreeMap, BTreeSet};

use super::text::prose;
use crate::permissions::{Asked, Permissions, Verdict};

/// What the caller of `accel plan --permissions` reads. `file` is the spec's.
pub(crate) fn permissions(found: &Permissions, file: &str) -> String {
    if !found.checked {
        return "permissions: not asked; a simulated cloud checks none".to_owned();
    }
    let count = |(verdict, name)| format!("{} {name}", found.of(verdict).count());
    let counts = [
        (Verdict::Denied, "denied"),
        (Verdict::Unclear, "unclear"),
        (Verdict::Allowed, "allowed"),
        (Verdict::NotProbed, "not probed"),
    ];
    let counts = counts.map(count).join(", ");
    let mut lines = vec![format!("permissions, asked with DryRun: {counts}")];
    lines.extend(found.of(Verdict::Denied).map(denied));
    lines.extend(together(found, Verdict::Unclear, "  unclear: ", |asked| {
        let answer = [asked.code.as_deref(), asked.why.as_deref()];
        let answer: Vec<&str> = answer.into_iter().flatten().collect();
        (format!("in {}: ", asked.place), format!(" ({})", answer.join(": ")))
    }));
    lines.extend(together(found, Verdict::NotProbed, "  not probed: ", |asked| {
        (String::new(), format!(" ({})", asked.why.as_deref().unwrap_or_default()))
    }));
    lines.extend(together(found, Verdict::Allowed, "  allowed: ", |asked| {
        (format!("in {}: ", asked.place), String::new())
    }));
    lines.extend(what_next(found, file));
    lines.join("\n")
}

fn denied(asked: &Asked) -> String {
    let why = asked.why.as_deref().unwrap_or_default();
    prose("  denied: ", &format!("{} in {}: {why}", asked.action, asked.place))
}

/// Actions of which the same is to be said, before and behind them.
fn together(
    found: &Permissions,
    verdict: Verdict,
    label: &str,
    say: impl Fn(&Asked) -> (String, String),
) -> Vec<String> {
    let mut all: BTreeMap<(String, String), BTreeSet<&str>> = BTreeMap::new();
    for asked in found.of(verdict) {
        all.entry(say(asked)).or_default().insert(&asked.action);
    }
    let line = |((before, behind), actions): ((String, String), BTreeSet<&str>)| {
        let actions: Vec<&str> = actions.into_iter().collect();
        prose(label, &format!("{before}{}{behind}", actions.join(", ")))
    };
    all.into_iter().map(line).collect()
}

fn what_next(found: &Permissions, file: &str) -> Vec<String> {
    let mut lines = Vec::new();
    if found.denies() {
        let what = format!("`accel policy {file} --for deploy` prints the least policy");
        lines.push(prose("  to do: ", &format!("{what} that allows what is denied")));
    }
    if found.of(Verdict::Denied).any(|asked| asked.encoded.is_some()) {
        lines.push(prose(
            "  to do: ",
            "AWS has more to say, in code: --json shows it (`encoded`), and \
             `aws sts decode-authorization-message --encoded-message …` explains it",
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use accel_core::{Place, Side};

    use super::*;

    fn asked(action: &str, verdict: Verdict, code: Option<&str>, why: Option<&str>) -> Asked {
        let text = |text: Option<&str>| text.map(str::to_owned);
        Asked {
            place: Place::new(Side::Entry, "ap-southeast-1"),
            action: action.to_owned(),
            verdict,
            code: text(code),
            why: text(why),
            encoded: None,
        }
    }

    #[test]
    fn what_is_denied_comes_first_with_what_to_do() {
        let mut vpc = asked("ec2:CreateVpc", Verdict::Denied, None, Some("you may not"));
        vpc.encoded = Some("4d3f".to_owned());
        let missing = Some("no such VPC");
        let found = Permissions {
            checked: true,
            actions: vec![
                asked("ec2:DescribeVpcs", Verdict::Allowed, None, None),
                asked("ec2:DescribeTags", Verdict::Allowed, None, None),
                asked("ec2:DeleteVpc", Verdict::Unclear, Some("InvalidVpcID.NotFound"), missing),
                asked("iam:Any", Verdict::NotProbed, None, Some("no DryRun")),
                vpc,
            ],
        };
        let text = permissions(&found, "lane.toml");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "permissions, asked with DryRun: 1 denied, 1 unclear, 2 allowed, 1 not probed",
                "  denied: ec2:CreateVpc in ap-southeast-1 (entry): you may not",
                "  unclear: in ap-southeast-1 (entry): ec2:DeleteVpc (InvalidVpcID.NotFound: no such VPC)",
                "  not probed: iam:Any (no DryRun)",
                "  allowed: in ap-southeast-1 (entry): ec2:DescribeTags, ec2:DescribeVpcs",
                "  to do: `accel policy lane.toml --for deploy` prints the least policy that allows what is denied",
                "  to do: AWS has more to say, in code: --json shows it (`encoded`), and `aws sts",
                "         decode-authorization-message --encoded-message …` explains it",
            ]
        );
    }

    #[test]
    fn a_cloud_that_checks_nothing_is_said_to() {
        let found = Permissions { checked: false, actions: Vec::new() };
        assert!(!found.denies());
        assert!(permissions(&found, "lane.toml").contains("a simulated cloud checks none"));
    }
}
