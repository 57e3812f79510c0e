//! What people read: plans, failures and status, as they are printed.

use std::fmt::Write as _;

use accel_core::spec::Allow;
use accel_core::{Clock, Failure};
use accel_mock::Body;
use accel_tests::harness::{jakarta, virtually};

use crate::support::{allow, changed, id_of, replace, stage, standing, two_services};

fn golden(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../golden");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(format!("promises-{name}"), text));
}

#[test]
fn plans_as_they_are_printed() {
    virtually(async {
        let spec = jakarta();
        let fresh = stage(&spec, true).deployer().plan(&spec).await.unwrap();
        golden("plan-fresh", &fresh.to_string());
        let stage = standing(&spec, true).await;
        golden("plan-nothing-to-do", &stage.deployer().plan(&spec).await.unwrap().to_string());
        let more = changed(|spec| {
            spec.zones = 3;
            spec.allow = vec![Allow::new("198.51.100.0/24")];
        });
        golden("plan-replacement", &stage.deployer().plan(&more).await.unwrap().to_string());
    });
}

fn print(text: &mut String, title: &str, failure: &Failure) {
    writeln!(text, "# {title}\n{failure}\n").unwrap();
}

/// A clock that stands still.
#[derive(Debug)]
struct Still;

impl Clock for Still {
    fn now_ms(&self) -> u64 {
        1_790_000_000_000
    }
}

#[test]
fn failures_as_they_are_printed() {
    let mut text = String::new();
    virtually(async {
        let spec = jakarta();
        let broken = changed(|spec| {
            spec.zones = 0;
            spec.allow = vec![Allow::new("203.0.113.1/24")];
        });
        let new = stage(&spec, true);
        print(&mut text, "a wrong spec", &new.deployer().deploy(&broken).await.unwrap_err());
        new.cloud.set_schedule("create:load_balancer=refuse:quota".parse().unwrap());
        print(&mut text, "a full quota", &new.deployer().deploy(&spec).await.unwrap_err());

        let stage = standing(&spec, true).await;
        let more = changed(|spec| spec.zones = 3);
        print(&mut text, "no consent", &stage.deployer().deploy(&more).await.unwrap_err());
        let other = stage.deployer().expect("0000000000000000").deploy(&spec).await;
        print(&mut text, "another plan", &other.unwrap_err());
        let pinned = changed(|spec| spec.account = Some("444455556666".into()));
        print(&mut text, "another account", &stage.deployer().deploy(&pinned).await.unwrap_err());
        let guarded = standing(&changed(|spec| spec.protected = true), true).await;
        print(&mut text, "protected", &guarded.deployer().cleanup(&spec).await.unwrap_err());

        let subnet = id_of(&stage.cloud, "service.subnet.ap-southeast-3a");
        stage
            .cloud
            .meddle(|world| world.add_foreign_interface(&subnet, "a virtual machine", false));
        print(&mut text, "a stranger", &stage.deployer().cleanup(&spec).await.unwrap_err());

        let theirs = standing(&spec, false).await;
        let theirs_run = theirs.deployer().by("maria").run("run-1".into());
        allow(&theirs, &[&two_services()]);
        theirs_run.deploy(&two_services()).await.unwrap();
        let me = theirs.deployer().by("ivan").adopt(false);
        print(&mut text, "somebody else's", &me.deploy(&spec).await.unwrap_err());

        let busy = crate::support::stage(&spec, true);
        let clock: std::sync::Arc<dyn Clock> = std::sync::Arc::new(Still);
        let run = busy.deployer().run("run-1".into()).clock(std::sync::Arc::clone(&clock));
        drop(tokio::time::timeout(std::time::Duration::from_secs(5), run.deploy(&spec)).await);
        let next = busy.deployer().clock(clock).take_over(false).deploy(&spec).await;
        print(&mut text, "a run at work", &next.unwrap_err());

        let stop = accel_core::Stop::default();
        stop.ask();
        let stopped = busy.deployer().stop(&stop).deploy(&spec).await;
        print(&mut text, "stopped", &stopped.unwrap_err());
    });
    // Runs have names of their own, but for those of people who stand in the text.
    golden("failures", &without_run_ids(&text));
}

/// Random run ids would make every text another.
fn without_run_ids(text: &str) -> String {
    let is_id = |word: &str| word.len() == 36 && word.matches('-').count() == 4;
    let words = text.split_inclusive([' ', '\n', ',']);
    let word = |word: &str| {
        let bare = word.trim_end_matches([' ', '\n', ',']);
        if is_id(bare) { word.replace(bare, "(a run)") } else { word.to_owned() }
    };
    words.map(word).collect()
}

#[test]
fn status_as_it_is_printed() {
    virtually(async {
        let spec = jakarta();
        let stage = standing(&spec, true).await;
        tokio::time::sleep(std::time::Duration::from_secs(300)).await;
        let mut text = format!("# as asked\n{}", stage.deployer().status(&spec).await.unwrap());
        let balancer = id_of(&stage.cloud, "entry.ap-southeast-1.balancer.sagemaker.runtime");
        let endpoint = id_of(&stage.cloud, "service.endpoint.sagemaker.runtime");
        let group = id_of(&stage.cloud, "entry.ap-southeast-1.group");
        let table = id_of(&stage.cloud, "service.route-table");
        let listener = id_of(&stage.cloud, "entry.ap-southeast-1.listener.sagemaker.runtime.443");
        stage.cloud.meddle(|world| {
            world.change(&balancer, |body| {
                if let Body::LoadBalancer(balancer) = body {
                    balancer.cross_zone = true;
                }
            });
            world.change(&endpoint, |body| {
                if let Body::InterfaceEndpoint(endpoint) = body {
                    endpoint.policy = None;
                }
            });
            world.add_foreign_rule(
                &group,
                accel_core::resource::Direction::Ingress,
                accel_core::resource::Traffic::Tcp(22),
                "0.0.0.0/0".parse().unwrap(),
            );
            world.add_foreign_route(&table, "192.0.2.0/24".parse().unwrap(), "vgw-1");
            world.vanish(&listener);
        });
        tokio::time::sleep(std::time::Duration::from_secs(300)).await;
        let drifted = stage.deployer().status(&spec).await.unwrap();
        assert!(!drifted.as_asked());
        write!(text, "# with drift\n{drifted}").unwrap();
        let less = changed(|spec| spec.path_mtu = false);
        let surplus = stage.deployer().status(&less).await.unwrap();
        write!(text, "# not asked for any more\n{surplus}").unwrap();
        drop(replace(&stage, &spec).await);
        golden("status", &text);
    });
}
