//! Use the lane @NAME@ from Rust, with TLS verified: `accel-lane-client` with its feature `aws`.
//!
//! ```ignore
//! let lane = lane::lane()?;
//! lane::check(&lane).await?;
//! let http = accel_client::aws::http_client(&lane);
//! let config = aws_sdk_sagemakerruntime::config::Builder::from(&sdk_config).http_client(http).build();
//! ```
//!
//! Only the address that is dialled is new: URL, Host, SNI, certificate check and signature stay the service's own. All of the lane's
//! addresses are used, the fastest first; connections are kept alive, for less time than the load balancer remembers them.
//!
//! When the lane's addresses change: the name to dial is resolved again, within the pinned addresses. For a lane that was built anew write
//! `accel outputs SPEC --json` to the file that `ACCEL_LANE` names: it is read again when it changes. Without that file print this one anew.

use accel_client::{Lane, Options, Settings, SettingsError, Way};

const SETTINGS: &str = r#"@SETTINGS@"#;

/// The lane: of the file that `ACCEL_LANE` names, else as it was when this was printed.
pub fn lane() -> Result<Lane, SettingsError> {
    match std::env::var_os("ACCEL_LANE") {
        Some(file) => Lane::from_file(file, Options::default()),
        None => Ok(Lane::new(Settings::parse(SETTINGS)?)),
    }
}

/// Fails if calls would go around the lane. (The HTTP client above uses no proxy, whatever the variables say.)
pub async fn check(lane: &Lane) -> Result<(), Box<dyn std::error::Error>> {
    for (name, value) in std::env::vars() {
        let host = value.split("//").nth(1).and_then(|rest| rest.split(['/', ':']).next());
        let around = match name.as_str() {
            "AWS_USE_FIPS_ENDPOINT" | "AWS_USE_DUALSTACK_ENDPOINT" => {
                value.eq_ignore_ascii_case("true")
            }
            name if name.starts_with("AWS_ENDPOINT_URL") => {
                host.is_none_or(|host| lane.settings().service(host).is_none())
            }
            _ => false,
        };
        if around {
            return Err(format!("{name}={value} leads around the lane").into());
        }
    }
    let mut is_checked = false;
    for service in &lane.settings().services {
        for host in service.hosts.iter().filter(|host| !host.is_pattern()) {
            for port in &service.ports {
                let dialled = lane.dial(host.as_str(), *port).await?;
                is_checked = true;
                if dialled.way != Way::Lane {
                    return Err(format!(
                        "{host} was dialled at {}, which is not the lane's",
                        dialled.address
                    )
                    .into());
                }
            }
        }
    }
    let nothing = "the lane names patterns of hosts alone: there is none to check";
    if is_checked { Ok(()) } else { Err(nothing.into()) }
}
