//! The acceleration topology: clients → load balancer → peering connection → interface endpoint → service.
//!
//! Reading order: [`plan`] takes every decision, [`nodes`] only writes it down as a graph.

mod names;
mod nodes;
mod notes;
mod outputs;
mod plan;
mod words;

use crate::backend::OfferQuery;
use crate::error::Problem;
use crate::id::{AccountId, DeploymentId, Place, Side};
use crate::resource::Kind;
use crate::spec::{self, Acceleration};
use crate::topology::{Built, Kept, Known, Made, Topology, each_once, preflight};

pub use outputs::{LANE_OUTPUTS_SCHEMA, LaneEntry, LaneOutputs, ZoneAddress};

impl Topology for Acceleration {
    type Outputs = LaneOutputs;

    fn deployment(&self) -> Result<DeploymentId, Problem> {
        DeploymentId::parse(&self.name).map_err(|error| Problem::new("name", error.to_string()))
    }

    fn places(&self) -> Vec<Place> {
        vec![
            Place::new(Side::Service, self.service_region.clone()),
            Place::new(Side::Entry, self.entry_region.clone()),
        ]
    }

    fn check(&self) -> Vec<Problem> {
        spec::check(self).err().unwrap_or_default()
    }

    fn account(&self, side: Side) -> Option<&AccountId> {
        let own = match side {
            Side::Service => self.service_account.as_ref(),
            Side::Entry => self.entry_account.as_ref(),
        };
        own.or(self.account.as_ref())
    }

    fn protected(&self) -> bool {
        self.protected
    }

    fn kinds(&self, place: &Place) -> Vec<Kind> {
        match place.side {
            Side::Service => nodes::SERVICE_KINDS.to_vec(),
            Side::Entry => Kind::ALL.to_vec(),
        }
    }

    /// The zones of the service side come with the service.
    fn query(&self, kept: &[Kept]) -> OfferQuery {
        let place = Place::new(Side::Service, self.service_region.clone());
        let services = self.services.iter().map(|s| (place.clone(), s.name.clone()));
        let places = self.places();
        let has_zones = spec::check(self).is_ok_and(|it| plan::has_entry_zones(&it, kept));
        let entry = Place::new(Side::Entry, self.entry_region.clone());
        let zones = if has_zones { Vec::new() } else { vec![entry] };
        let room = places.iter().flat_map(words::limited).collect();
        OfferQuery { places, zones, services: services.collect(), room, networks: Vec::new() }
    }

    fn build(&self, known: &Known<'_>) -> Result<Built, Vec<Problem>> {
        let checked = spec::check(self)?;
        let account = |side| words::account(self, side);
        let words = words::words(&account);
        let mut problems = preflight::callers_and_regions(self, &words, known.offer);
        let plan = plan::plan(&checked, known, &mut problems);
        // A graph of what could be planned: so that its quotas are judged together with everything else.
        let graph = nodes::graph(&plan);
        let room = preflight::quotas(self, &words, &graph, known);
        problems.extend(room.problems);
        if !problems.is_empty() {
            return Err(each_once(problems));
        }
        let mut notes = notes::notes(&plan, known);
        notes.extend(room.notes);
        Ok(Built { graph, notes })
    }

    fn outputs(&self, made: &Made<'_>) -> Option<LaneOutputs> {
        outputs::outputs(self, made)
    }
}
