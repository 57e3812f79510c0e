//! What became of a hosts file.

use accel_client::hosts::{HostsChange, HostsWritten};

use crate::document::HostsAction;

/// For people: what it is, and each line that has gone or come.
pub(crate) fn text(action: HostsAction, change: &HostsChange, looked_up: &[String]) -> String {
    let file = change.file.display();
    let lane = change.lane.as_deref().unwrap_or("any lane");
    let mut lines = Vec::new();
    if change.finished {
        lines.push(match action {
            HostsAction::Check => {
                format!("{file}: a write was killed in the middle; --apply or --remove ends it")
            }
            HostsAction::Print | HostsAction::Apply | HostsAction::Remove => {
                format!("{file}: a write that was killed in the middle has been ended first")
            }
        });
    }
    lines.push(match (action, change.is_change()) {
        (HostsAction::Print, _) => format!("{file}: nothing is asked of it"),
        (HostsAction::Apply, true) => format!("{file}: the block of {lane} is in{}", way(change)),
        (HostsAction::Remove, true) => format!("{file}: the block of {lane} is out{}", way(change)),
        (HostsAction::Remove, false) => format!("{file}: holds no block of {lane}"),
        (HostsAction::Check, true) => {
            format!("{file}: does not hold exactly this block of {lane}; --apply would change")
        }
        (HostsAction::Apply | HostsAction::Check, false) => {
            format!("{file}: holds exactly this block of {lane}")
        }
    });
    let (gone, come) = change.lines();
    lines.extend(gone.iter().map(|line| format!("  - {line}")));
    lines.extend(come.iter().map(|line| format!("  + {line}")));
    for name in looked_up {
        lines.push(format!(
            "the addresses are those of {name} now: when its answers change, the file is wrong until --apply"
        ));
    }
    lines.join("\n")
}

fn way(change: &HostsChange) -> &'static str {
    match change.written {
        HostsWritten::Nothing | HostsWritten::Replaced => "",
        HostsWritten::InPlace => " (written in place: its name cannot be taken)",
    }
}
