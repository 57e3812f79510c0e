//! What the clients of a lane need, for people and for shells.

use accel_core::topology::{LaneEntry, LaneOutputs};

use super::assign;
use crate::render::text::prose;

/// For people.
pub(super) fn text(outputs: &LaneOutputs) -> String {
    let mut lines = Vec::new();
    for entry in &outputs.entries {
        let LaneEntry { service, service_region, entry_region, .. } = entry;
        let addresses = entry.addresses.iter().map(|a| format!("{} ({})", a.address, a.zone));
        let rows = [
            ("dial", entry.dial.clone()),
            ("addresses", addresses.collect::<Vec<_>>().join(", ")),
            ("ports", ports(entry, ", ")),
            ("for", entry.hosts.join(", ")),
            ("endpoint", entry.endpoint.clone()),
            ("metrics", format!("AWS/NetworkELB, LoadBalancer={}", entry.metric_name)),
        ];
        lines.push(format!("{service} in {service_region}, for clients near {entry_region}"));
        lines.extend(rows.map(|(what, value)| prose(&format!("  {what:<10} "), &value)));
    }
    if !outputs.complete {
        lines.push("not every service of the spec can be dialled yet: deploy once more".to_owned());
    }
    lines.push(
        "clients keep the service's own name in URL, TLS and signature; only what they dial is new"
            .to_owned(),
    );
    lines.join("\n")
}

/// For shells.
pub(super) fn shell(outputs: &LaneOutputs) -> String {
    let mut lines = vec![
        assign("ACCEL_DEPLOYMENT", None, &outputs.deployment),
        assign("ACCEL_GENERATION", None, &outputs.generation),
    ];
    let several = outputs.entries.len() > 1;
    for (index, entry) in outputs.entries.iter().enumerate() {
        let number = several.then_some(index + 1);
        let addresses = entry.addresses.iter().map(|a| a.address.to_string());
        let values = [
            ("ACCEL_SERVICE", entry.service.clone()),
            ("ACCEL_SERVICE_REGION", entry.service_region.to_string()),
            ("ACCEL_DIAL", entry.dial.clone()),
            ("ACCEL_ADDRESSES", addresses.collect::<Vec<_>>().join(" ")),
            ("ACCEL_PORTS", ports(entry, " ")),
            ("ACCEL_HOSTS", entry.hosts.join(" ")),
            ("ACCEL_ENDPOINT", entry.endpoint.clone()),
            ("ACCEL_METRIC_NAME", entry.metric_name.clone()),
        ];
        lines.extend(values.map(|(name, value)| assign(name, number, &value)));
    }
    lines.join("\n")
}

fn ports(entry: &LaneEntry, between: &str) -> String {
    entry.ports.iter().map(u16::to_string).collect::<Vec<_>>().join(between)
}
