//! What cargo knows of this workspace and of everything it is built from.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::{Value, json};

static WORKSPACE: LazyLock<Workspace> = LazyLock::new(|| Workspace::parse(&metadata()));

/// This workspace.
pub(crate) fn workspace() -> &'static Workspace {
    &WORKSPACE
}

/// Its folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate lies in the workspace")
}

#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) packages: BTreeMap<String, Package>,
    members: Vec<String>,
    default_members: Vec<String>,
    /// The ids that each id depends on, for whatever purpose.
    edges: BTreeMap<String, Vec<String>>,
}

#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) licence: Option<String>,
    /// None if it is part of this repository.
    pub(crate) source: Option<String>,
    pub(crate) rust_version: Option<String>,
    pub(crate) manifest: PathBuf,
    pub(crate) is_published: bool,
    /// The names of its direct dependencies, optional ones too, without those for development.
    pub(crate) needs: BTreeSet<String>,
}

impl Workspace {
    /// Reads what `cargo metadata` prints.
    pub(crate) fn parse(metadata: &Value) -> Self {
        let packages = list(&metadata["packages"]).map(Package::parse);
        let edges = list(&metadata["resolve"]["nodes"]).map(|node| {
            (string(&node["id"]), list(&node["deps"]).map(|edge| string(&edge["pkg"])).collect())
        });
        Self {
            packages: packages.map(|package| (package.id.clone(), package)).collect(),
            members: list(&metadata["workspace_members"]).map(string).collect(),
            default_members: list(&metadata["workspace_default_members"]).map(string).collect(),
            edges: edges.collect(),
        }
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        self.members.iter().map(|id| &self.packages[id])
    }

    pub(crate) fn is_default(&self, member: &Package) -> bool {
        self.default_members.contains(&member.id)
    }

    pub(crate) fn third_party(&self) -> impl Iterator<Item = &Package> {
        self.packages.values().filter(|package| package.source.is_some())
    }

    /// Everything that the package depends on, nearest first, each after the one through which it is reached.
    pub(crate) fn reached<'a>(&'a self, from: &'a Package) -> Vec<(&'a Package, &'a Package)> {
        let mut seen = BTreeSet::from([from.id.as_str()]);
        let mut next = VecDeque::from([from]);
        let mut reached = Vec::new();
        while let Some(through) = next.pop_front() {
            for id in self.edges.get(&through.id).into_iter().flatten() {
                if seen.insert(id) {
                    let package = &self.packages[id];
                    reached.push((through, package));
                    next.push_back(package);
                }
            }
        }
        reached
    }
}

impl Package {
    fn parse(package: &Value) -> Self {
        let needs = list(&package["dependencies"]).filter(|need| need["kind"] != "dev");
        Self {
            id: string(&package["id"]),
            name: string(&package["name"]),
            licence: package["license"].as_str().map(str::to_owned),
            source: package["source"].as_str().map(str::to_owned),
            rust_version: package["rust_version"].as_str().map(str::to_owned),
            manifest: PathBuf::from(string(&package["manifest_path"])),
            is_published: package["publish"] != json!([]),
            needs: needs.map(|need| string(&need["name"])).collect(),
        }
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().expect("cargo's metadata has this list").iter()
}

fn string(value: &Value) -> String {
    value.as_str().expect("cargo's metadata has this text").to_owned()
}

/// Of all features and platforms, if their packages are here; else, as after a first build, of what this platform builds. No test
/// downloads anything.
fn metadata() -> Value {
    let version = cargo(&["--version", "--verbose"]).expect("cargo runs");
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.expect("cargo names its host");
    let ask = ["metadata", "--format-version=1", "--locked", "--offline"];
    let all = cargo(&[&ask[..], &["--all-features"]].concat());
    let json = all.or_else(|_| cargo(&[&ask[..], &["--filter-platform", host]].concat()));
    serde_json::from_str(&json.unwrap_or_else(|why| panic!("{why}"))).expect("metadata is JSON")
}

fn cargo(arguments: &[&str]) -> Result<String, String> {
    output(Command::new(env!("CARGO")).args(arguments).current_dir(root()))
}

/// What the command prints, or what it complains about.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let done = command.output().map_err(|error| error.to_string())?;
    let text = |bytes| String::from_utf8(bytes).map_err(|error| error.to_string());
    if done.status.success() { text(done.stdout) } else { Err(text(done.stderr)?) }
}
