//! `accel cloud furnish`: a network of somebody's in a simulated cloud, to build a private egress in.

use std::collections::BTreeMap;

use accel_core::{Place, Side};
use accel_mock::{Blueprint, Cloud, Leads, Settings};

use crate::args::Furnish;
use crate::cloud;
use crate::document::{self, Furnished};
use crate::terminal::Terminal;
use crate::trouble::{Exit, Outcome, Trouble};

/// Of the NAT gateway that the network has, if it has one.
const NAT: &str = "office";

pub(super) fn run(args: &Furnish, terminal: &Terminal) -> Outcome<Exit> {
    // Nothing else passes the cloud's time meanwhile.
    let settings = Settings { speed: 0, ..Settings::default() };
    let zones = settings.offers.zones_of(&args.region).len();
    if zones < usize::from(args.zones) {
        return Err(Trouble::input(format!("{} has only {zones} zones", args.region))
            .next(format!("say --zones {zones}")));
    }
    let mut blueprint =
        Blueprint::usual(&Place::new(Side::Service, args.region.clone()), args.zones);
    if args.routed {
        route(&mut blueprint);
    }
    let cloud = cloud::in_file(&args.file, |file| Cloud::open(file, settings))?;
    let premises = cloud.add_network(&blueprint).map_err(|error| {
        Trouble::input(format!("{} takes no further network", args.file.display()))
            .because(error.to_string())
            .next("name another file with --cloud, or another --region")
    })?;
    let furnished = Furnished::new(&args.region, &premises);
    if terminal.json {
        terminal.document(&furnished);
    } else {
        terminal.raw(&furnished.to_string());
        terminal.say(&document::furnished(&args.file));
    }
    Ok(Exit::Done)
}

/// Leads every island to the internet through one NAT gateway.
fn route(blueprint: &mut Blueprint) {
    let public = blueprint.subnets.keys().find(|name| name.starts_with(document::PUBLIC));
    let Some(public) = public.cloned() else { return };
    blueprint.nats = BTreeMap::from([(NAT.to_owned(), public)]);
    let islands =
        blueprint.tables.iter_mut().filter(|(name, _)| name.starts_with(document::ISLANDS));
    for (_, table) in islands {
        table.routes.insert(ipnet::Ipv4Net::default(), Leads::Nat(NAT.to_owned()));
    }
}
