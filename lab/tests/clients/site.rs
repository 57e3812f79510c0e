//! A lane of one's own for each client and case, in a network that has nothing else.
//!
//! Every address is of loopback, and every port is 443: a service's own URL is used as it is.

use std::fs;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use accel_client::connect::{Others, Proxy};
use accel_client::recipe::recipe;
use accel_client::{Lane as Dialler, Options, Settings};
use accel_lab::{Answer, Authority, Identity, Lane, Service, Zone, settings};
use serde_json::json;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::clients::{Client, Running};

/// Each client signs for a region of its own: it has a host of its own.
const REGIONS: [&str; 6] =
    ["ap-southeast-3", "ap-southeast-1", "eu-west-1", "sa-east-1", "us-west-2", "ap-northeast-1"];

/// How a client comes to the lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Means {
    /// By the recipe of its language.
    Recipe,
    /// By `accel connect`.
    Proxy,
}

/// What all cases of one client have in common.
pub(crate) struct Place {
    pub(crate) client: Client,
    pub(crate) means: Means,
    pub(crate) parts: PathBuf,
    pub(crate) authority: Arc<Authority>,
    pub(crate) runtime: Handle,
    /// Where the service would be without a lane, and where a stranger is who answers the lane's name as well. Nobody may come.
    pub(crate) traps: Vec<Zone>,
}

impl Place {
    fn number(&self) -> usize {
        Client::ALL.iter().position(|client| *client == self.client).unwrap()
    }

    /// The second byte of its addresses.
    pub(crate) fn net(&self) -> u8 {
        u8::try_from(1 + self.number() * 2 + usize::from(self.means == Means::Proxy)).unwrap()
    }

    pub(crate) fn region(&self) -> &'static str {
        REGIONS[self.number()]
    }

    pub(crate) fn host(&self) -> String {
        format!("runtime.sagemaker.{}.amazonaws.com", self.region())
    }

    /// A trap is a zone without a service.
    pub(crate) fn set_traps(&mut self) {
        let _inside = self.runtime.enter();
        let nobody = SocketAddr::from((Ipv4Addr::LOCALHOST, 9));
        // What stood there before ends a moment after it is dropped.
        self.traps.clear();
        let trap = |address| {
            let start = || Zone::start(SocketAddr::from((address, 443)), nobody);
            let mut tries = 0;
            loop {
                match start() {
                    Err(error) if error.kind() == ErrorKind::AddrInUse && tries < 50 => tries += 1,
                    started => return started.unwrap(),
                }
                self.runtime.block_on(tokio::time::sleep(Duration::from_millis(40)));
            }
        };
        self.traps = [public(self.number()), stranger(self.net())].map(trap).into();
    }

    /// A service and two zones for one case.
    pub(crate) fn site(
        &self,
        case: u8,
        identity: &Identity,
        forgets: Option<Duration>,
    ) -> Site<'_> {
        let _inside = self.runtime.enter();
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let starting = Service::start_at(anywhere, identity, Answer::of_sagemaker_runtime);
        let service = self.runtime.block_on(starting).unwrap();
        let lane =
            Lane::start_at(&zones(self.net(), case), 443, service.address(), forgets).unwrap();
        let folder = self.authority.folder().join(format!("{}-{case}", self.net()));
        fs::create_dir_all(&folder).unwrap();
        let site = Site { place: self, case, service, lane, folder };
        site.write(&site.settings(&site.lane));
        site
    }
}

/// Where the public address of a client's host is.
fn public(number: usize) -> Ipv4Addr {
    Ipv4Addr::new(127, 200, u8::try_from(number).unwrap(), 1)
}

fn stranger(net: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, net, 0, 66)
}

fn zones(net: u8, case: u8) -> [Ipv4Addr; 2] {
    [11, 12].map(|zone| Ipv4Addr::new(127, net, case, zone))
}

fn dial(net: u8, case: u8) -> String {
    format!("lane-{net}-{case}.example.com")
}

/// The names of this network, as its hosts file has them: each lane's name leads to its second zone, and to a stranger.
pub(crate) fn hosts_file() -> String {
    let mut lines = vec!["127.0.0.1 localhost".to_owned()];
    for (number, region) in REGIONS.iter().enumerate() {
        lines.push(format!("{} runtime.sagemaker.{region}.amazonaws.com", public(number)));
    }
    for net in 1..=12 {
        for case in 0..30 {
            let name = dial(net, case);
            lines.push(format!("{} {name}\n{} {name}", stranger(net), zones(net, case)[1]));
        }
    }
    lines.join("\n") + "\n"
}

/// One lane, its service, and a folder for the client.
pub(crate) struct Site<'a> {
    pub(crate) place: &'a Place,
    case: u8,
    pub(crate) service: Service,
    pub(crate) lane: Lane,
    pub(crate) folder: PathBuf,
}

impl Site<'_> {
    pub(crate) fn settings(&self, lane: &Lane) -> serde_json::Value {
        let mut document = settings(&[&self.place.host()], 443, &lane.addresses());
        document["entries"][0]["dial"] = json!(dial(self.place.net(), self.case));
        document
    }

    /// Puts settings where the client reads them, all at once.
    pub(crate) fn write(&self, document: &serde_json::Value) {
        let new = self.folder.join("lane.json.new");
        fs::write(&new, document.to_string()).unwrap();
        fs::rename(new, self.folder.join("lane.json")).unwrap();
    }

    /// Another lane to the same service.
    pub(crate) fn another_lane(&self) -> Lane {
        let _inside = self.place.runtime.enter();
        let zones = zones(self.place.net(), self.case).map(|zone| {
            let [a, b, c, d] = zone.octets();
            Ipv4Addr::new(a, b, c, d + 10)
        });
        Lane::start_at(&zones, 443, self.service.address(), None).unwrap()
    }

    /// Starts the client, with its recipe as it is printed.
    pub(crate) fn start(&self) -> Result<Session, String> {
        self.start_with(|recipe| recipe, &[])
    }

    /// Starts the client, with its recipe altered, and with more variables.
    pub(crate) fn start_with(
        &self,
        alter: impl Fn(String) -> String,
        more: &[(&str, &str)],
    ) -> Result<Session, String> {
        let place = self.place;
        let file = self.folder.join("lane.json");
        let known = Settings::read(&file).map_err(|error| error.to_string())?;
        let text = alter(recipe(place.client.language(), &known));
        let command = place.client.build(&place.parts, &self.folder, &text)?;
        let proxy = (place.means == Means::Proxy).then(|| {
            let options = Options::default().check_every(Duration::from_millis(200));
            let lane = Dialler::from_file(&file, options).unwrap();
            let bound =
                Proxy::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), lane, Others::Refuse);
            let proxy = place.runtime.block_on(bound).unwrap();
            let address = proxy.address();
            let serving = place.runtime.spawn(async move { drop(proxy.serve().await) });
            (address, serving)
        });
        let mut variables = self.variables();
        variables.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        variables.extend(proxy.iter().map(|(at, _)| ("LAB_PROXY", format!("http://{at}"))));
        let running = Running::start(&self.folder, &command, &variables);
        Ok(Session { running, proxy: proxy.map(|(_, serving)| serving) })
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        let place = self.place;
        let trusted = place.authority.pem_file().display().to_string();
        let store = self.folder.join("ca.p12");
        if place.client == Client::Java && !store.exists() {
            fs::copy(place.authority.folder().join("ca.p12"), store).unwrap();
        }
        let mut variables = vec![
            ("ACCEL_LANE", self.folder.join("lane.json").display().to_string()),
            ("LAB_HOST", place.host()),
            ("LAB_REGION", place.region().to_owned()),
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ];
        // Each client's own way to trust an authority.
        for name in ["AWS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"] {
            variables.push((name, trusted.clone()));
        }
        if place.client == Client::NodeSdk {
            variables.push(("LAB_SDK", "1".to_owned()));
            variables.push(("NODE_NO_WARNINGS", "1".to_owned()));
        }
        variables
    }

    /// Every request so far came as one does that goes to the service itself, but through one of these zones.
    pub(crate) fn all_came_through(&self, lane: &Lane) -> Result<(), String> {
        let host = self.place.host();
        for seen in self.service.seen() {
            let wrong = |what: &str, was: &str| Err(format!("{what} was {was:?}"));
            let from = seen.from.ip();
            if !lane.zones.iter().any(|zone| zone.address().ip() == from) {
                return wrong("who dialled", &from.to_string());
            }
            if seen.sni.as_deref() != Some(&host) {
                return wrong("SNI", seen.sni.as_deref().unwrap_or_default());
            }
            if seen.host() != host {
                return wrong("Host", seen.host());
            }
            let signature = seen.authorization();
            let scope = format!("/{}/sagemaker/aws4_request", self.place.region());
            if self.place.client.signs()
                && !(signature.contains(&scope) && signature.contains("host;"))
            {
                return wrong("the signature", signature);
            }
        }
        Ok(())
    }

    /// Nobody was dialled but the lane.
    pub(crate) fn no_trap_was_met(&self) -> Result<(), String> {
        match self.place.traps.iter().find(|trap| trap.connections() > 0) {
            Some(trap) => Err(format!("{} was dialled", trap.address())),
            None => Ok(()),
        }
    }
}

/// A client that runs, and its proxy if it has one.
pub(crate) struct Session {
    running: Running,
    proxy: Option<JoinHandle<()>>,
}

impl Session {
    pub(crate) fn calls(&mut self) -> Result<(), String> {
        match self.running.does("call")? {
            said if said == "hello" => Ok(()),
            said => Err(format!("the answer is {said:?}")),
        }
    }

    pub(crate) fn fails(&mut self) -> Result<String, String> {
        match self.running.does("call") {
            Ok(said) => Err(format!("the call did not fail, it said {said:?}")),
            Err(said) if said.starts_with("it ended") => Err(said),
            Err(said) => Ok(said),
        }
    }

    pub(crate) fn checks(&mut self) -> Result<String, String> {
        self.running.does("check")
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(proxy) = &self.proxy {
            proxy.abort();
        }
    }
}
