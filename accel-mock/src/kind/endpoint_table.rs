//! A route table that leads to a gateway endpoint: a route whose destination is the list of the service's addresses.

use std::sync::Arc;
use std::time::Duration;

use accel_core::resource::Kind;
use accel_core::{Result, resource};
use serde::{Deserialize, Serialize};

use super::{Answer, Body, Differences, Rules};
use crate::ask::{Ask, Translator};
use crate::refusal;
use crate::thing::{Key, Thing};
use crate::world::World;

/// A table of a gateway endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointTable {
    /// The endpoint.
    pub endpoint: Key,
    /// The table.
    pub table: Key,
}

pub(super) fn asked(it: &resource::EndpointTable, from: &Translator<'_>) -> Result<EndpointTable> {
    Ok(EndpointTable { endpoint: from.key(&it.endpoint)?, table: from.key(&it.table)? })
}

impl Rules for EndpointTable {
    fn refs(&self, visit: &mut dyn FnMut(Key)) {
        visit(self.endpoint);
        visit(self.table);
    }

    /// Both of one VPC; a table has one route to each service, and it counts among the table's routes. Whether adding the same table
    /// again is refused is not documented. Source: `ModifyVpcEndpoint`, `AddRouteTableIds`; Error codes for the Amazon EC2 API,
    /// `RouteAlreadyExists`; Gateway endpoints, considerations, AWS `PrivateLink` guide.
    fn check(&self, world: &World, _ask: &Ask) -> Result<Answer> {
        world.need(self.endpoint)?;
        world.need(self.table)?;
        let (Some(endpoint), Some(table)) =
            (world.gateway_endpoint(self.endpoint), world.table(self.table))
        else {
            return Err(refusal::invalid("InvalidParameter", "no gateway endpoint, or no table"));
        };
        world.endpoint_is_free(self.endpoint)?;
        if endpoint.vpc != table.vpc {
            return Err(refusal::invalid(
                "InvalidParameter",
                "the table and the endpoint belong to different networks",
            ));
        }
        for other in world.children_of_kind(self.table, Kind::EndpointTable) {
            let Body::EndpointTable(it) = &other.body else { continue };
            if it == self && world.settings.doubts.repeat_endpoint_table {
                return Ok(Answer::Same(other.key));
            }
            let there = world.gateway_endpoint(it.endpoint);
            if there.is_some_and(|there| there.service == endpoint.service) {
                let table = &world.thing(self.table).text;
                return Err(refusal::conflict(
                    "RouteAlreadyExists",
                    format!("{table} has a route to {} already", endpoint.service),
                ));
            }
        }
        if world.routes_in(self.table) >= world.settings.quotas.routes {
            return Err(refusal::quota("RouteLimitExceeded", "the table has no room for a route"));
        }
        Ok(Answer::New)
    }

    fn text(&self, world: &World, _key: Key) -> Arc<str> {
        format!("{}/{}", world.thing(self.endpoint).text, world.thing(self.table).text).into()
    }

    fn arrive(&self, world: &mut World, _key: Key) {
        world.occupy_endpoint(self.endpoint);
    }

    fn blocked(&self, world: &World, _thing: &Thing) -> Result<()> {
        world.endpoint_is_free(self.endpoint)
    }

    fn leave(&self, world: &mut World, _key: Key, _gone: Duration) {
        world.occupy_endpoint(self.endpoint);
    }

    fn compare(&self, is: &Self, found: &mut Differences<'_>) {
        found.thing("endpoint", self.endpoint, is.endpoint);
        found.thing("table", self.table, is.table);
    }

    fn show(&self, world: &World) -> String {
        let route = world.list_route(self);
        route.map_or_else(String::new, |(list, via)| format!("{list} via {via}"))
    }
}

impl World {
    /// The route that a table of a gateway endpoint has: its destination, a list of addresses, and its target.
    pub fn list_route(&self, it: &EndpointTable) -> Option<(String, &str)> {
        let endpoint = self.thing(it.endpoint);
        let service = &self.gateway_endpoint(it.endpoint)?.service;
        Some((super::prefix_list(&endpoint.place.region, service), &endpoint.text))
    }

    /// A gateway endpoint that has just taken a change is busy with it.
    fn occupy_endpoint(&mut self, endpoint: Key) {
        let until = self.now + self.settings.doubts.endpoint_busy;
        self.hold(endpoint, Kind::EndpointTable, until);
    }

    fn endpoint_is_free(&self, endpoint: Key) -> Result<()> {
        if self.is_released(endpoint, Kind::EndpointTable) {
            return Ok(());
        }
        let why = format!("{} takes one change at a time", self.thing(endpoint).text);
        Err(refusal::unavailable("OperationInProgress", why))
    }

    /// How many routes a table has, its local one and those to gateway endpoints included.
    pub(crate) fn routes_in(&self, table: Key) -> u32 {
        let count = |kind| self.children_of_kind(table, kind).count();
        u32::try_from(1 + count(Kind::Route) + count(Kind::EndpointTable)).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use accel_core::ErrorKind;
    use accel_core::NetworkBackend as _;
    use accel_core::{Ref, resource};

    use crate::Settings;
    use crate::testing::{Deployer, entry, refused, run, secs};

    const S3: &str = "com.amazonaws.ap-southeast-1.s3";

    #[test]
    fn a_table_leads_to_one_endpoint_of_a_service() {
        run(async {
            let mut deployer = Deployer::instant("").await;
            deployer.deploy().await;
            let vpc = deployer.to("entry.vpc");
            let other = resource::GatewayEndpoint { vpc, service: S3.to_owned() };
            let endpoint = Ref::existing(deployer.also("e", &entry(), other).await.unwrap());
            let (table, service) = (deployer.to("island.table"), S3.to_owned());
            let leads = resource::EndpointTable { endpoint, table, service };
            let answer = refused(deployer.also("t", &entry(), leads).await);
            assert_eq!(answer, (ErrorKind::Conflict, "RouteAlreadyExists".to_owned()));
        });
    }

    #[test]
    fn table_and_endpoint_are_of_one_network() {
        run(async {
            let mut deployer = Deployer::instant("").await;
            deployer.deploy().await;
            let leads = resource::EndpointTable {
                endpoint: deployer.to("island.endpoint"),
                table: deployer.to("service.table"),
                service: S3.to_owned(),
            };
            let answer = refused(deployer.also("t", &entry(), leads).await);
            assert_eq!(answer, (ErrorKind::Invalid, "InvalidParameter".to_owned()));
        });
    }

    #[test]
    fn whether_adding_it_again_succeeds_is_in_doubt() {
        run(async {
            let mut settings = Settings::instant();
            for repeat in [false, true] {
                settings.doubts.repeat_endpoint_table = repeat;
                let mut deployer = Deployer::with(settings.clone(), "").await;
                deployer.deploy().await;
                let again = deployer.create("island.endpoint.table").await;
                assert_eq!(again.is_ok(), repeat, "{again:?}");
            }
        });
    }

    #[test]
    fn whether_its_endpoint_takes_two_changes_in_a_second_is_in_doubt() {
        run(async {
            let mut settings = Settings::instant();
            settings.doubts.endpoint_busy = std::time::Duration::from_secs(1);
            let mut deployer = Deployer::with(settings, "").await;
            deployer.deploy().await;
            let id = deployer.remote("island.endpoint.table");
            let answer = refused(deployer.cloud.delete(&id).await);
            assert_eq!(answer, (ErrorKind::Unavailable, "OperationInProgress".to_owned()));
            secs(1).await;
            deployer.cloud.delete(&id).await.unwrap();
        });
    }

    #[test]
    fn whether_it_holds_its_table_is_in_doubt() {
        run(async {
            let mut settings = Settings::instant();
            for holds in [true, false] {
                settings.doubts.endpoint_holds_table = holds;
                let mut deployer = Deployer::with(settings.clone(), "").await;
                deployer.deploy().await;
                deployer.cloud.delete(&deployer.remote("island.association")).await.unwrap();
                let table = deployer.remote("island.table");
                let answer = deployer.cloud.delete(&table).await;
                assert_eq!(answer.is_err(), holds);
                let blockers = deployer.cloud.blockers(&table).await.unwrap();
                assert_eq!(blockers.is_empty(), !holds, "{blockers:?}");
            }
        });
    }

    #[test]
    fn it_counts_among_the_routes_of_its_table() {
        run(async {
            let mut deployer = Deployer::instant("island.policy").await;
            deployer.cloud.adjust(|settings| settings.quotas.routes = 2);
            let answer = refused(deployer.create("island.endpoint.table").await);
            assert_eq!(answer, (ErrorKind::Quota, "RouteLimitExceeded".to_owned()));
            deployer.cloud.adjust(|settings| settings.quotas.routes = 3);
            deployer.deploy().await;
        });
    }
}
