//! What users of a private egress need: where to put functions, how their calls leave, and from which addresses.

use accel_core::topology::{EgressOutputs, EgressPath, EgressRoute};

use super::assign;
use crate::render::text::prose;

/// For people.
pub(super) fn text(outputs: &EgressOutputs) -> String {
    let EgressOutputs { deployment, region, vpc, .. } = outputs;
    let mut rows = vec![("islands", islands(outputs))];
    rows.extend(outputs.services.iter().map(|route| (route.service.as_str(), way(route))));
    rows.push(("internet", internet(outputs)));
    let width = rows.iter().map(|(what, _)| what.chars().count()).max().unwrap_or_default();
    let mut lines = vec![format!("{deployment}: {vpc} in {region}")];
    lines.extend(rows.iter().map(|(what, value)| prose(&format!("  {what:<width$}  "), value)));
    if !outputs.complete {
        lines.push("not every service of the spec has its way yet: deploy once more".to_owned());
    }
    lines.push(prose(
        "",
        "functions go into the islands and call services under the services' own names: nothing in them changes",
    ));
    lines.join("\n")
}

fn islands(outputs: &EgressOutputs) -> String {
    let island = |(id, zone): (&String, Option<String>)| match zone {
        Some(zone) => format!("{id} ({zone})"),
        None => id.clone(),
    };
    let islands = outputs.islands.iter();
    let islands = islands.map(|it| island((&it.subnet, it.zone.as_ref().map(ToString::to_string))));
    islands.collect::<Vec<_>>().join(", ")
}

fn way(route: &EgressRoute) -> String {
    let hosts = match route.hosts.as_slice() {
        [] => String::new(),
        hosts => format!(", for {}", hosts.join(", ")),
    };
    let endpoint = route.endpoint.as_deref().unwrap_or_default();
    match route.path {
        EgressPath::GatewayEndpoint => format!("gateway endpoint {endpoint}{hosts}"),
        EgressPath::InterfaceEndpoint => {
            // The first is that of all zones; the rest, one for each, is in the document.
            let own = route.endpoint_names.first();
            let own = own.map(|name| format!("; its own name is {name}")).unwrap_or_default();
            format!("interface endpoint {endpoint}{hosts}{own}")
        }
        EgressPath::Nat | _ => format!("NAT, like the internet{hosts}"),
    }
}

fn internet(outputs: &EgressOutputs) -> String {
    if outputs.addresses.is_empty() {
        return "no way of this deployment's".to_owned();
    }
    let address = outputs.addresses.iter().map(|it| format!("{} ({})", it.address, it.zone));
    format!("NAT; others see {}", address.collect::<Vec<_>>().join(", "))
}

/// For shells.
pub(super) fn shell(outputs: &EgressOutputs) -> String {
    let islands = outputs.islands.iter().map(|island| island.subnet.as_str());
    let addresses = outputs.addresses.iter().map(|it| it.address.to_string());
    let mut lines = vec![
        assign("ACCEL_DEPLOYMENT", None, &outputs.deployment),
        assign("ACCEL_REGION", None, outputs.region.as_str()),
        assign("ACCEL_VPC", None, &outputs.vpc),
        assign("ACCEL_ISLANDS", None, &islands.collect::<Vec<_>>().join(" ")),
        assign("ACCEL_ADDRESSES", None, &addresses.collect::<Vec<_>>().join(" ")),
    ];
    let several = outputs.services.len() > 1;
    for (index, route) in outputs.services.iter().enumerate() {
        let number = several.then_some(index + 1);
        let values = [
            ("ACCEL_SERVICE", route.service.clone()),
            ("ACCEL_WAY", word(route.path).to_owned()),
            ("ACCEL_HOSTS", route.hosts.join(" ")),
            ("ACCEL_ENDPOINT", route.endpoint.clone().unwrap_or_default()),
        ];
        lines.extend(values.map(|(name, value)| assign(name, number, &value)));
    }
    lines.join("\n")
}

/// As the document has it.
fn word(path: EgressPath) -> &'static str {
    match path {
        EgressPath::GatewayEndpoint => "gateway_endpoint",
        EgressPath::InterfaceEndpoint => "interface_endpoint",
        EgressPath::Nat | _ => "nat",
    }
}
