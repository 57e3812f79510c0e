//! The documents that the program prints with `--json`: each meets its schema, and its golden sample.
//!
//! A document may gain fields and never lose or alter one. So the schemas are read strictly here (a field that no schema describes is a
//! fault), while users read them as they are. `ACCEL_WRITE_SAMPLES=1` writes the samples anew.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use accel_core::resource::Kind;
use accel_mock::{Cloud, Settings, World};
use serde_json::{Value, json};

const EGRESS: &str = include_str!("../../examples/specs/private-egress.toml");
const JAKARTA: &str = include_str!("../../examples/specs/sagemaker-jakarta.toml");

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas")
}

fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).expect("the file can be read");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The JSON files of a folder, by name without the ending.
fn files(folder: &Path) -> BTreeMap<String, Value> {
    let entries =
        std::fs::read_dir(folder).expect("the folder is there").flatten().map(|entry| entry.path());
    let json = entries.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    let name = |path: &PathBuf| path.file_stem().map(|name| name.to_string_lossy().into_owned());
    json.filter_map(|path| Some((name(&path)?, read(&path)))).collect()
}

/// Adds to every object with properties that it has no others.
fn strict(schema: &mut Value) {
    if let Value::Object(object) = schema {
        if object.contains_key("properties") {
            object.entry("additionalProperties").or_insert(json!(false));
        }
        object.values_mut().for_each(strict);
    } else if let Value::Array(items) = schema {
        items.iter_mut().for_each(strict);
    }
}

/// What of a document its schema does not allow.
fn problems(document: &Value) -> Vec<String> {
    let name = document["schema"].as_str().and_then(|name| name.strip_prefix("accel."));
    let Some(name) = name else { return vec!["it names no schema".to_owned()] };
    let path = folder().join(format!("{name}.json"));
    if !path.exists() {
        return vec![format!("there is no schema {name}")];
    }
    let mut schema = read(&path);
    strict(&mut schema);
    let validator =
        jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema");
    let errors = validator.iter_errors(document);
    errors.map(|error| format!("{name}: {}: {error}", error.instance_path())).collect()
}

#[test]
fn every_schema_is_one() {
    let schemas = files(&folder());
    assert!(schemas.len() >= 7);
    for (name, schema) in &schemas {
        assert!(jsonschema::meta::is_valid(schema), "{name}");
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{name}");
        assert_eq!(schema["properties"]["schema"]["const"], format!("accel.{name}"));
        assert!(schema["required"].as_array().unwrap().contains(&json!("schema")), "{name}");
    }
}

#[test]
fn one_word_has_one_meaning_in_all_schemas() {
    let mut meanings: BTreeMap<String, (String, Value)> = BTreeMap::new();
    for (name, schema) in files(&folder()) {
        let words = schema["$defs"].as_object().cloned().unwrap_or_default();
        for (word, meaning) in words {
            let (first, known) =
                meanings.entry(word.clone()).or_insert_with(|| (name.clone(), meaning.clone()));
            assert_eq!(*known, meaning, "{word} in {first} and in {name}");
        }
    }
}

#[test]
fn every_sample_meets_its_schema_and_every_schema_has_one() {
    let samples = files(&folder().join("samples"));
    let mut shown = BTreeSet::new();
    for (name, sample) in &samples {
        assert_eq!(problems(sample), [""; 0], "{name}");
        shown.insert(sample["schema"].as_str().unwrap().replacen("accel.", "", 1));
    }
    assert_eq!(shown, files(&folder()).into_keys().collect());
}

#[test]
fn a_document_that_is_not_as_its_schema_says_is_found() {
    let sample = read(&folder().join("samples/cleanup.json"));
    for field in sample.as_object().unwrap().keys() {
        let mut less = sample.clone();
        less.as_object_mut().unwrap().remove(field);
        assert_ne!(problems(&less), [""; 0], "without {field}");
    }
    let mut more = sample.clone();
    more["undescribed"] = json!(1);
    assert_ne!(problems(&more), [""; 0]);
    let mut other = sample.clone();
    other["removed"] = json!("32");
    assert_ne!(problems(&other), [""; 0]);
    other = sample;
    other["schema"] = json!("accel.cleanup.v9");
    assert_ne!(problems(&other), [""; 0]);
}

/// Every path in a document with the types that it has there, whatever the values and however long the lists.
fn shape(document: &Value) -> BTreeSet<String> {
    fn walk(at: &str, value: &Value, all: &mut BTreeSet<String>) {
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(items) => {
                for item in items {
                    walk(&format!("{at}[]"), item, all);
                }
                "array"
            }
            Value::Object(fields) => {
                for (name, field) in fields {
                    walk(&format!("{at}.{name}"), field, all);
                }
                "object"
            }
        };
        all.insert(format!("{at}: {kind}"));
    }
    let mut all = BTreeSet::new();
    walk("", document, &mut all);
    all
}

/// A folder with a spec and a simulated cloud, and the program in it.
struct Scene(tempfile::TempDir);

impl Scene {
    fn new() -> Self {
        let scene = Self(tempfile::tempdir().expect("a temporary folder"));
        scene.write("lane.toml", JAKARTA);
        scene
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).expect("the folder can be written");
    }

    /// Changes the cloud behind everybody's back, long enough ago that every look shows it.
    fn meddle<R>(&self, change: impl FnOnce(&mut World) -> R) -> R {
        let still = Settings { speed: 0, ..Settings::default() };
        let cloud = Cloud::open(self.0.path().join("cloud.json"), still).expect("there is a cloud");
        let answer = cloud.meddle(change);
        cloud.advance(Duration::from_secs(120));
        answer
    }

    /// Runs the program, and checks that stdout is one document which meets its schema and its sample.
    fn run(&self, sample: &str, exit: i32, arguments: &[&str]) -> Value {
        let cloud = ["--json", "--backend", "sim", "--cloud", "cloud.json", "--speed", "0"];
        let output = Command::new(env!("CARGO_BIN_EXE_accel"))
            .args(arguments)
            .args(cloud)
            .current_dir(self.0.path())
            .stdin(Stdio::null())
            .output()
            .expect("the program starts");
        Self::judge(sample, exit, &output)
    }

    fn judge(sample: &str, exit: i32, output: &Output) -> Value {
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(exit), "{sample}: {stderr}");
        let document: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{sample}: not one document: {error}\n{stderr}"));
        assert_eq!(problems(&document), [""; 0], "{sample}");
        let path = folder().join(format!("samples/{sample}.json"));
        if std::env::var_os("ACCEL_WRITE_SAMPLES").is_some() {
            std::fs::write(&path, &output.stdout).expect("the sample can be written");
        }
        assert_eq!(shape(&document), shape(&read(&path)), "{sample}");
        document
    }
}

#[test]
fn what_the_program_prints_in_the_life_of_a_lane_is_as_its_samples() {
    let scene = Scene::new();
    let plan = scene.run("plan", 0, &["plan", "lane.toml", "--traffic-gb", "100"]);
    assert_eq!(plan["changes_anything"], true);
    let asked = scene.run("plan-permissions-sim", 0, &["plan", "lane.toml", "--permissions"]);
    assert_eq!(asked["permissions"]["checked"], false, "a simulated cloud checks none");
    let digest = plan["plan"]["digest"].as_str().unwrap();
    let deploy = scene.run("deploy", 0, &["deploy", "lane.toml", "--yes", "--expect", digest]);
    assert_eq!(deploy["usable"]["state"], "usable");
    scene.run("status", 0, &["status", "lane.toml", "--check"]);
    scene.run("lane-outputs", 0, &["outputs", "lane.toml"]);
    scene.write("hosts", "127.0.0.1 localhost\n");
    scene.run("hosts", 0, &["hosts", "lane.toml"]);
    let file = ["--file", "hosts"];
    scene.run("hosts-check", 3, &[&["hosts", "lane.toml", "--check"], &file[..]].concat());
    scene.run("hosts-apply", 0, &[&["hosts", "lane.toml", "--apply"], &file[..]].concat());
    scene.run("hosts-remove", 0, &[&["hosts", "lane.toml", "--remove"], &file[..]].concat());
    let places = "service=ap-southeast-3,entry=ap-southeast-1";
    let named = ["status", "--name", "sagemaker-jakarta", "--regions", places];
    scene.run("inventory", 0, &named);
    scene.write("lane.toml", &JAKARTA.replace("203.0.113.0/24", "198.51.100.0/24"));
    let status = scene.run("status-differs", 3, &["status", "lane.toml", "--check"]);
    assert_eq!(status["as_asked"], false);
    scene.run("plan-changes", 3, &["plan", "lane.toml", "--check"]);
    let cleanup = scene.run("cleanup", 0, &["cleanup", "lane.toml", "--yes"]);
    assert_eq!(cleanup["found_anything"], true);
    let again = scene.run("cleanup-nothing-found", 0, &["cleanup", "lane.toml", "--yes"]);
    assert_eq!(again["found_anything"], false);
}

#[test]
fn what_the_program_prints_of_a_private_egress_is_as_its_samples() {
    let scene = Scene::new();
    scene.write("egress.toml", EGRESS);
    let plan = scene.run("plan-egress", 0, &["plan", "egress.toml"]);
    assert_eq!(plan["monthly"]["ways"]["services"][0]["service"], "s3");
    let deploy = scene.run("deploy-egress", 0, &["deploy", "egress.toml", "--yes"]);
    let findings = deploy["findings"].as_array().unwrap();
    assert!(findings.iter().all(|finding| finding["fault"].is_null()), "{deploy}");
    scene.run("egress-outputs", 0, &["outputs", "egress.toml"]);
    let vpc = deploy["outputs"]["vpc"].as_str().unwrap().to_owned();
    scene.meddle(|world| {
        world.change(&vpc, |body| {
            let accel_mock::Body::Vpc(vpc) = body else { unreachable!("it is a VPC") };
            vpc.dns_support = false;
        });
    });
    let faulty = ["deploy", "egress.toml", "--yes", "--wait", "1s"];
    let faulty = scene.run("deploy-egress-faulty", 1, &faulty);
    assert_eq!(faulty["usable"]["state"], "not_usable");
}

/// It knows one cloud alone, so that the options of others are none of it.
#[test]
fn a_network_of_somebodys_is_a_document() {
    let scene = Scene::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_accel"));
    let arguments = ["cloud", "furnish", "--cloud", "cloud.json", "--json"];
    let output = command.args(arguments).current_dir(scene.0.path()).output().unwrap();
    let document = Scene::judge("network", 0, &output);
    assert_eq!(document["islands"].as_array().unwrap().len(), 2);
}

#[test]
fn failures_are_documents_too() {
    let scene = Scene::new();
    scene.write("bad.toml", &JAKARTA.replace("zones = 2", "zones = 9"));
    let spec = scene.run("failure-spec", 2, &["plan", "bad.toml"]);
    assert_eq!(spec["kind"], "spec");
    let refused = ["deploy", "lane.toml", "--yes", "--expect", "0000000000000000"];
    let refused = scene.run("failure-refused", 2, &refused);
    assert_eq!(refused["kind"], "refused");
    let input = scene.run("failure-input", 2, &["plan", "no-such-file.toml"]);
    assert_eq!(input["kind"], "input");
    let usage = scene.run("failure-usage", 2, &["plan"]);
    assert_eq!(usage["reasons"], json!(["<SPEC>"]), "{usage}");
    assert!(usage["next"].as_str().unwrap().contains("--help"), "{usage}");
}

/// Those that know no cloud print one document too, and so does a command line without any command.
#[test]
fn every_command_prints_one_document() {
    let scene = Scene::new();
    for (sample, exit, arguments) in [
        ("text-graph", 0, ["graph", "lane.toml"].as_slice()),
        ("text-graph", 0, &["completions", "fish"]),
        ("failure-usage", 2, &[]),
        ("failure-command", 2, &["frobnicate"]),
        ("failure-usage", 2, &["cleanup", "--name", "lane"]),
        ("failure-command", 2, &["plan", "lane.toml", "--window", "soon"]),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_accel"));
        let output =
            command.args(arguments).arg("--json").current_dir(scene.0.path()).output().unwrap();
        Scene::judge(sample, exit, &output);
    }
}

#[test]
fn a_halt_says_what_is_there_all_the_same_and_what_is_left_and_held() {
    let scene = Scene::new();
    let missing = r#"["eipalloc-0a1b2c3d4e5f60711", "eipalloc-0a1b2c3d4e5f60712"]"#;
    scene.write(
        "lane.toml",
        &format!("{JAKARTA}\n[[services]]\nname = \"sqs\"\nelastic_ips = {missing}\n"),
    );
    let halt = scene.run("failure-halted", 1, &["deploy", "lane.toml", "--yes"]);
    assert_eq!((&halt["kind"], &halt["retry_helps"]), (&json!("halted"), &json!(false)));
    assert!(halt["errors"][0]["node"].as_str().unwrap().ends_with("balancer.sqs"), "{halt}");
    assert_eq!(halt["outputs"]["complete"], false);
    assert_eq!(halt["outputs"]["entries"][0]["service"], "sagemaker.runtime");
    assert!(halt["nodes"].as_array().unwrap().len() > 30);

    let machine = scene.meddle(|world| {
        let subnet =
            world.live().find(|thing| thing.kind() == Kind::Subnet).unwrap().id().to_owned();
        world.add_foreign_interface(&subnet, "a virtual machine", false)
    });
    let left = scene.run("failure-left", 1, &["cleanup", "lane.toml", "--yes"]);
    assert_eq!(left["retry_helps"], false, "somebody must remove the machine first");
    let holders: Vec<&Value> = left["left"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|left| left["held_by"].as_array().unwrap())
        .collect();
    assert!(holders.iter().any(|holder| holder["id"] == machine), "{left}");
}

/// A lane on loopback stands for one of AWS: what is measured differs, what is said of it does not.
#[test]
fn a_probe_is_a_document() {
    const HOST: &str = "runtime.sagemaker.ap-southeast-3.amazonaws.com";
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let authority = accel_lab::Authority::new();
    let (_service, lane) = runtime.block_on(async {
        let answers = |seen: &accel_lab::Seen| {
            let is_direct = seen.from.ip() == std::net::Ipv4Addr::LOCALHOST;
            accel_lab::Answer::unsigned().after(Duration::from_millis(if is_direct {
                30
            } else {
                1
            }))
        };
        let service = accel_lab::Service::start(&authority.identity(&[HOST]), answers).await;
        let address = service.address();
        let zones = [41, 42].map(|last| std::net::Ipv4Addr::new(127, 0, 0, last));
        let lane = accel_lab::Lane::start_at(&zones, address.port(), address, None).unwrap();
        (service, lane)
    });
    std::fs::write(authority.folder().join("lane.json"), lane.settings(&[HOST])).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_accel"))
        .args(["probe", "--settings", "lane.json", "--ca", "ca.pem", "--json", "--pairs", "20"])
        .args(["--direct", &format!("{HOST}=127.0.0.1"), "--require", "faster"])
        .current_dir(authority.folder())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let document = Scene::judge("probe", 0, &output);
    assert_eq!(
        (&document["met"], &document["services"][0]["verdict"]["judgement"]),
        (&json!(true), &json!("faster"))
    );
}
