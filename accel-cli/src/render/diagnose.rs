//! Why calls through a lane fail.

use crate::symptoms::Finding;

/// For people: each service in a line, and under it what is wrong and what to do.
pub(crate) fn text(findings: &[Finding]) -> String {
    let mut lines = Vec::new();
    for finding in findings {
        let Finding { service, answering, asked, direct, diagnoses, .. } = finding;
        let direct = match direct {
            Some(true) => "; so does the direct way",
            Some(false) => "; the direct way does not",
            None => "; its own name has no address here",
        };
        lines.push(format!(
            "{service}: {answering} of {asked} addresses of the lane answer{direct}"
        ));
        for diagnosis in diagnoses {
            let text = diagnosis.to_string();
            lines.extend(text.lines().map(|line| format!("  {line}")));
        }
        lines.extend(finding.faults.iter().map(|fault| format!("  seen: {fault}")));
        if finding.is_unrecognised {
            lines.push("  what the client said is not recognised: see its own log, and that of `accel connect`".to_owned());
        }
        if finding.is_well() {
            lines.push("  nothing is wrong that shows here".to_owned());
        }
    }
    lines.join("\n")
}
