//! Clients that nobody here wrote, used as people use them: the AWS CLI from a script, and Terraform with its AWS provider. Each has a
//! cloud of its own, and all work at the same time, since they mostly wait.
//!
//! Where a client cannot be had, that is said. What is measured here stands in `docs/judges.md`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "peers/script.rs"]
mod script;
#[path = "peers/site.rs"]
mod site;
mod support;
#[path = "peers/terraform.rs"]
mod terraform;

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::{LazyLock, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use accel_core::resource::Kind;

use script::Script;
use site::{Site, as_long_as_in_aws, done_at_once, in_words};
use support::tables;
use terraform::Terraform;

/// How a program ended, and what it said.
struct Ended {
    code: Option<i32>,
    said: String,
}

fn ended(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    let said =
        [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    Ended { code: output.status.code(), said: said.concat() }
}

fn strict_script() {
    let Some(script) = Script::new() else { return };
    let site = Site::new(as_long_as_in_aws(), "");
    let deployed = script.deploy(&site);
    assert_eq!(deployed.code, Some(0), "{}", deployed.said);
    site.assert_has_a_lane();
    // The script's own calls come no faster than in AWS: neither do the interfaces of its load balancer go any faster.
    let lingering = Duration::from_secs(600);
    site.cloud.adjust(|settings| settings.delays.balancer_interfaces_gone = lingering);
    let first = script.clean_up(&site);
    assert_eq!(first.code, Some(1), "{}", first.said);
    for code in ["(InvalidIPAddress.InUse)", "(DependencyViolation)"] {
        assert!(first.said.contains(code), "{}", first.said);
    }
    assert_eq!(site.count(Kind::ElasticIp), 2, "{}", site.cloud.snapshot());
    site.cloud.advance(lingering);
    let second = script.clean_up(&site);
    assert_eq!(in_words(&site.things()), "nothing", "{}", second.said);
    assert_eq!(second.code, Some(1), "{}", second.said);
    assert!(second.said.contains("(InvalidStateTransition)"), "{}", second.said);
    // By then the connection is shown no more. Source: VPC peering connection lifecycle.
    site.cloud.advance(Duration::from_secs(2 * 3600));
    let third = script.clean_up(&site);
    assert_eq!(third.code, Some(0), "{}", third.said);
    tables::column("AWS CLI", &site.called());
}

fn strict_terraform() {
    let site = Site::new(as_long_as_in_aws(), "");
    let Some(terraform) = Terraform::new(&site) else { return };
    let applied = terraform.apply(&site);
    assert_eq!(applied.code, Some(0), "{}", applied.said);
    site.assert_has_a_lane();
    assert_eq!(in_words(&site.besides_a_lane()), "nothing");
    let planned = terraform.plan(&site);
    assert_eq!(planned.code, Some(0), "{}", planned.said);
    let destroyed = terraform.destroy(&site);
    assert_eq!(destroyed.code, Some(0), "{}", destroyed.said);
    assert_eq!(in_words(&site.things()), "nothing");
    tables::column("Terraform", &site.called());
}

fn lossy_script(faults: &str, extra: &str) {
    let Some(script) = Script::new() else { return };
    let site = Site::new(done_at_once(), faults);
    let deployed = script.deploy(&site);
    site.assert_has_a_lane();
    assert_eq!(in_words(&site.besides_a_lane()), extra, "{}", deployed.said);
    let cleaned = script.clean_up(&site);
    settle("the script", &lost(&site, faults), &site, [&deployed, &cleaned], extra);
}

fn lossy_terraform(faults: &str, extra: &str) {
    let site = Site::new(done_at_once(), faults);
    let Some(terraform) = Terraform::new(&site) else { return };
    let applied = terraform.apply(&site);
    site.assert_has_a_lane();
    assert_eq!(in_words(&site.besides_a_lane()), extra, "{}", applied.said);
    let destroyed = terraform.destroy(&site);
    settle("Terraform", &lost(&site, faults), &site, [&applied, &destroyed], extra);
}

/// What was lost, in words; each fault has struck once.
fn lost(site: &Site, faults: &str) -> String {
    let actions: Vec<_> = faults.split(' ').filter_map(|fault| fault.split_once('#')).collect();
    assert_eq!(site.struck(), actions.len());
    let actions: Vec<_> = actions.iter().map(|(action, _)| format!("`{action}`")).collect();
    format!("the reply of {} is lost", actions.join(", that of "))
}

fn killed_terraform() {
    let site = Site::new(done_at_once(), "");
    let Some(terraform) = Terraform::new(&site) else { return };
    let mut applying = terraform.begin_to_apply(&site);
    while site.count(Kind::Vpc) < 2 {
        assert!(applying.try_wait().unwrap().is_none(), "it ends before it makes anything");
        pause();
    }
    let group = format!("-{}", applying.id());
    assert!(Command::new("kill").args(["-KILL", "--", &group]).status().unwrap().success());
    applying.wait().unwrap();
    let applied = terraform.apply(&site);
    site.assert_has_a_lane();
    assert_eq!(in_words(&site.besides_a_lane()), "VPC 2", "{}", applied.said);
    let destroyed = terraform.destroy(&site);
    let what = "killed once both VPCs are there, and applied again";
    settle("Terraform", what, &site, [&applied, &destroyed], "VPC 2");
}

#[expect(clippy::disallowed_methods, reason = "another program is waited for, by the clock")]
fn pause() {
    thread::sleep(Duration::from_millis(20));
}

/// Both its deploy and its cleanup are content, what was there besides the lane still is, and nobody was told. Notes that.
fn settle(client: &str, what: &str, site: &Site, ran: [&Ended; 2], extra: &str) {
    let said = format!("{}\n{}", ran[0].said, ran[1].said);
    assert_eq!(ran.map(|ended| ended.code), [Some(0); 2], "{said}");
    assert_eq!(in_words(&site.things()), extra, "{said}");
    for id in site.ids() {
        assert!(!said.contains(&id), "{id} is named:\n{said}");
    }
    let told = "nothing; both end with 0";
    let row = [client, what, told, extra, extra].map(str::to_owned).to_vec();
    tables::section("lost replies", |mut rows| {
        rows.retain(|old| old[..2] != row[..2]);
        rows.push(row);
        rows.sort();
        rows
    });
}

const LOST_VPC: &str = "CreateVpc#1=reset-after";
const LOST_OTHERS: &str = "AllocateAddress#1=reset-after CreateLoadBalancer#1=reset-after";

/// What the tests do, by their names.
const SCENARIOS: [(&str, fn()); 7] = [
    ("the_script_deploys_and_its_third_cleanup_is_content", strict_script),
    ("terraform_applies_finds_no_difference_and_destroys", strict_terraform),
    ("the_script_leaves_a_vpc_whose_answer_was_lost", || lossy_script(LOST_VPC, "VPC 1")),
    ("terraform_leaves_a_vpc_whose_answer_was_lost", || lossy_terraform(LOST_VPC, "VPC 1")),
    ("the_script_leaves_an_address_whose_answer_was_lost", || {
        lossy_script(LOST_OTHERS, "elastic IP 1");
    }),
    ("terraform_leaves_an_address_whose_answer_was_lost", || {
        lossy_terraform(LOST_OTHERS, "elastic IP 1");
    }),
    ("terraform_leaves_what_it_made_just_before_it_was_killed", killed_terraform),
];

type Running = BTreeMap<&'static str, JoinHandle<()>>;

/// All of them, begun; none where only some tests are run.
static RUNNING: LazyLock<Mutex<Running>> = LazyLock::new(|| {
    let all = std::env::args().skip(1).all(|argument| argument.starts_with('-'));
    let begin = |(name, scenario): &(&'static str, fn())| {
        let named = thread::Builder::new().name((*name).to_owned());
        (*name, named.spawn(*scenario).unwrap())
    };
    Mutex::new(if all { SCENARIOS.iter().map(begin).collect() } else { Running::new() })
});

macro_rules! scenarios {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            let running = RUNNING.lock().unwrap().remove(stringify!($name));
            match running.map(JoinHandle::join) {
                Some(Ok(())) => {}
                Some(Err(problem)) => std::panic::resume_unwind(problem),
                None => {
                    let mut all = SCENARIOS.iter();
                    all.find(|(name, _)| *name == stringify!($name)).expect("it is listed").1();
                }
            }
        }
    )*};
}

scenarios! {
    the_script_deploys_and_its_third_cleanup_is_content
    terraform_applies_finds_no_difference_and_destroys
    the_script_leaves_a_vpc_whose_answer_was_lost
    terraform_leaves_a_vpc_whose_answer_was_lost
    the_script_leaves_an_address_whose_answer_was_lost
    terraform_leaves_an_address_whose_answer_was_lost
    terraform_leaves_what_it_made_just_before_it_was_killed
}
