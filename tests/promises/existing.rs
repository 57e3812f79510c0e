//! Elastic IPs of the user's own: part of a lane, and never changed or released.

use accel_core::backend::OfferQuery;
use accel_core::journal::MemoryJournal;
use accel_core::resource::{Kind, NatGateway};
use accel_core::spec::{Acceleration, ElasticIps};
use accel_core::tags::Tags;
use accel_core::topology::{Built, Kept, Known, LaneOutputs, Made};
use accel_core::{
    AccountId, Deployer, DeploymentId, Graph, Place, Problem, Ref, RemoteId, Side, Topology,
};
use accel_mock::{Blueprint, Body, Cloud, ElasticIp, Settings};
use accel_tests::harness::virtually;

use crate::support::{changed, mutations_since, stage};

/// Well formed ids, as a spec must have them.
const WRITTEN: [&str; 2] = ["eipalloc-0a1b2c3d4e5f60711", "eipalloc-0a1b2c3d4e5f60712"];

/// A lane whose addresses have the ids of the simulated cloud, which are no allocation ids.
#[derive(Debug)]
struct Translated {
    spec: Acceleration,
    ids: [String; 2],
}

impl Topology for Translated {
    type Outputs = LaneOutputs;

    fn deployment(&self) -> Result<DeploymentId, Problem> {
        self.spec.deployment()
    }

    fn places(&self) -> Vec<Place> {
        self.spec.places()
    }

    fn check(&self) -> Vec<Problem> {
        self.spec.check()
    }

    fn account(&self, side: Side) -> Option<&AccountId> {
        Topology::account(&self.spec, side)
    }

    fn protected(&self) -> bool {
        Topology::protected(&self.spec)
    }

    fn query(&self, kept: &[Kept]) -> OfferQuery {
        self.spec.query(kept)
    }

    fn build(&self, known: &Known<'_>) -> Result<Built, Vec<Problem>> {
        let built = self.spec.build(known)?;
        let mut text = serde_json::to_string(&built.graph).unwrap();
        for (written, id) in WRITTEN.iter().zip(&self.ids) {
            text = text.replace(written, id);
        }
        Ok(Built { graph: serde_json::from_str(&text).unwrap(), ..built })
    }

    fn outputs(&self, made: &Made<'_>) -> Option<LaneOutputs> {
        self.spec.outputs(made)
    }
}

#[test]
fn existing_elastic_ips_are_never_released() {
    for journal in [true, false] {
        virtually(async {
            let spec = changed(|spec| {
                spec.elastic_ips = ElasticIps::Existing(WRITTEN.map(str::to_owned).to_vec());
            });
            let stage = stage(&spec, journal);
            let (me, entry) = (AccountId::from("111122223333"), spec.places().remove(1));
            let address = || {
                let body = Body::ElasticIp(ElasticIp {});
                stage.cloud.meddle(|world| world.add(&me, &entry, body, Tags::new()))
            };
            let ids = [address(), address()];
            for id in &ids {
                stage.with_oracle(|oracle| {
                    stage.cloud.inspect(|world| {
                        oracle.expect_foreign(world, world.find(id).unwrap().key());
                    });
                });
            }
            tokio::time::sleep(std::time::Duration::from_secs(60)).await;
            let lane = Translated { spec, ids };
            let made = stage.deployer().deploy(&lane).await.unwrap();
            let used = stage.cloud.inspect(|world| {
                let subnets = world.live().map(|thing| {
                    let Body::LoadBalancer(balancer) = thing.body() else { return Vec::new() };
                    balancer.subnets.clone()
                });
                let addresses = subnets.flatten().filter_map(|(_, address)| address);
                addresses.map(|key| world.thing(key).id().to_owned()).collect::<Vec<_>>()
            });
            assert_eq!(used, lane.ids, "{:?}", made.outputs);
            let first = stage.cloud.calls().len();
            stage.deployer().deploy(&lane).await.unwrap();
            assert!(mutations_since(&stage.cloud, first).is_empty());
            stage.deployer().cleanup(&lane).await.unwrap();
            let left = stage.cloud.inspect(|world| world.live().count());
            assert_eq!(left, 2, "the addresses stay, and nothing else");
            assert_eq!(stage.violations(), []);
        });
    }
}

/// A NAT gateway in somebody's network, with an address of theirs.
#[derive(Debug)]
struct OneGateway {
    subnet: RemoteId,
    address: RemoteId,
}

impl Topology for OneGateway {
    type Outputs = ();

    fn deployment(&self) -> Result<DeploymentId, Problem> {
        Ok(DeploymentId::parse("gateway").unwrap())
    }

    fn places(&self) -> Vec<Place> {
        vec![self.subnet.place.clone()]
    }

    fn check(&self) -> Vec<Problem> {
        Vec::new()
    }

    fn account(&self, _side: Side) -> Option<&AccountId> {
        None
    }

    fn protected(&self) -> bool {
        false
    }

    fn query(&self, _kept: &[Kept]) -> OfferQuery {
        OfferQuery { places: self.places(), ..OfferQuery::default() }
    }

    fn build(&self, _known: &Known<'_>) -> Result<Built, Vec<Problem>> {
        let mut graph = Graph::default();
        let subnet = Ref::existing(self.subnet.clone());
        let address = Ref::existing(self.address.clone());
        graph.add("nat", &self.subnet.place, NatGateway { subnet, address });
        Ok(Built { graph, notes: Vec::new() })
    }

    fn outputs(&self, _made: &Made<'_>) -> Option<()> {
        None
    }
}

/// An address serves one gateway at a time: the old one goes first, whosever the address is.
#[test]
fn what_holds_an_address_of_the_users_own_makes_room_for_its_successor() {
    for journal in [true, false] {
        virtually(async {
            let cloud = Cloud::new(Settings::fast());
            let place = Place::new(Side::Service, "eu-central-1");
            let premises = cloud.add_network(&Blueprint::usual(&place, 2)).unwrap();
            let body = Body::ElasticIp(ElasticIp {});
            let address = cloud.meddle(|world| {
                world.add(&AccountId::from("111122223333"), &place, body, Tags::new())
            });
            let id = |kind, text: &str| RemoteId::new(kind, place.clone(), text);
            let gateway = |subnet: &str| OneGateway {
                subnet: id(Kind::Subnet, &premises.subnets[subnet]),
                address: id(Kind::ElasticIp, &address),
            };
            tokio::time::sleep(std::time::Duration::from_secs(60)).await;
            let memory = MemoryJournal::default();
            let deployer = || {
                let deployer = Deployer::new(&cloud).adopt(true);
                if journal { deployer.journal(&memory) } else { deployer }
            };
            deployer().deploy(&gateway("public.a")).await.unwrap();
            let moved = gateway("public.b");
            let plan = deployer().plan(&moved).await.unwrap();
            assert!(plan.to_string().contains("the old one goes first"), "{plan}");
            deployer().allow_replace(["nat".into()]).deploy(&moved).await.unwrap();
            deployer().cleanup(&moved).await.unwrap();
            let there = cloud.inspect(|world| world.find(&address).is_some());
            assert!(there, "the address stays");
        });
    }
}
