//! What one look has shown: one describe per family of resources, however many of them are asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use accel_core::{Error, Result};
use tokio::time::Instant;

use crate::call::At;
use crate::family;

/// How long an answer stands for "now" as long as this backend changes nothing: looks of one moment share their calls.
const MOMENT: Duration = Duration::from_millis(500);

/// The resources of one family as far as they were asked for; `None` is what was not there.
#[derive(Debug)]
pub(crate) struct Shelf<T> {
    known: BTreeMap<String, Option<Arc<T>>>,
    failed: Option<Error>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { known: BTreeMap::new(), failed: None }
    }
}

impl<T> Clone for Shelf<T> {
    fn clone(&self) -> Self {
        Self { known: self.known.clone(), failed: self.failed.clone() }
    }
}

impl<T> Shelf<T> {
    /// One resource, if it is there. An error is that of the family's describe.
    pub(crate) fn get(&self, id: &str) -> Result<Option<&T>> {
        match (self.known.get(id), &self.failed) {
            (Some(it), _) => Ok(it.as_deref()),
            (None, Some(error)) => Err(error.clone()),
            (None, None) => Ok(None),
        }
    }

    /// Everything that is there.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &T)> {
        self.known.iter().filter_map(|(id, it)| Some((id.as_str(), it.as_deref()?)))
    }

    pub(crate) fn put(&mut self, id: impl Into<String>, it: T) {
        self.known.insert(id.into(), Some(Arc::new(it)));
    }

    fn missing(&self, wanted: &BTreeSet<String>) -> BTreeSet<String> {
        wanted.iter().filter(|id| !self.known.contains_key(*id)).cloned().collect()
    }

    async fn fill(wanted: &BTreeSet<String>, look: impl Future<Output = Found<T>>) -> Self {
        if wanted.is_empty() {
            return Self::default();
        }
        match look.await {
            Err(error) => Self { known: BTreeMap::new(), failed: Some(error) },
            Ok(found) => {
                let mut shelf = Self::default();
                shelf.known.extend(wanted.iter().map(|id| (id.clone(), None)));
                for (id, it) in found {
                    // A cloud may answer with more than was asked for.
                    if wanted.contains(&id) {
                        shelf.put(id, it);
                    }
                }
                shelf
            }
        }
    }

    fn take(&mut self, other: Self) {
        self.known.extend(other.known);
        self.failed = other.failed.or(self.failed.take());
    }
}

/// What a describe has shown, by id.
pub(crate) type Found<T> = Result<Vec<(String, T)>>;

/// The families, written once: what can be wanted, what a view holds, and which describe fills it.
macro_rules! families {
    ($($name:ident: $raw:ty, $look:path;)*) => {
        /// What a look shall show, by family.
        #[derive(Debug, Clone, Default)]
        pub(crate) struct Want {
            $(pub(crate) $name: BTreeSet<String>,)*
        }

        /// What a look has shown.
        #[derive(Debug, Clone, Default)]
        pub(crate) struct View {
            $(pub(crate) $name: Shelf<$raw>,)*
        }

        impl View {
            /// One describe per family, all at once.
            pub(crate) async fn fetch(at: At<'_>, want: &Want) -> Self {
                let ($($name,)*) = tokio::join!(
                    $(Box::pin(Shelf::fill(&want.$name, $look(at, &want.$name))),)*
                );
                Self { $($name,)* }
            }

            /// Puts what another view shows into this one.
            pub(crate) fn take(&mut self, other: Self) {
                $(self.$name.take(other.$name);)*
            }

            fn missing(&self, want: &Want) -> Want {
                Want { $($name: self.$name.missing(&want.$name),)* }
            }

            /// The first describe that failed.
            pub(crate) fn whole(&self) -> Result<()> {
                $(if let Some(error) = &self.$name.failed {
                    return Err(error.clone());
                })*
                Ok(())
            }

            fn forget_failures(&mut self) {
                $(self.$name.failed = None;)*
            }
        }
    };
}

families! {
    vpcs: aws_sdk_ec2::types::Vpc, family::vpcs_by_id;
    hostnames: bool, family::hostnames_by_vpc;
    subnets: aws_sdk_ec2::types::Subnet, family::subnets_by_id;
    gateways: aws_sdk_ec2::types::InternetGateway, family::gateways_by_id;
    tables: aws_sdk_ec2::types::RouteTable, family::tables_by_id;
    associations: aws_sdk_ec2::types::RouteTableAssociation, family::associations_by_id;
    groups: aws_sdk_ec2::types::SecurityGroup, family::groups_by_id;
    rules: aws_sdk_ec2::types::SecurityGroupRule, family::rules_by_id;
    endpoints: family::Endpoint, family::endpoints_by_id;
    peerings: aws_sdk_ec2::types::VpcPeeringConnection, family::peerings_by_id;
    addresses: aws_sdk_ec2::types::Address, family::addresses_by_id;
    nats: aws_sdk_ec2::types::NatGateway, family::nats_by_id;
    balancers: family::Balancer, family::balancers_by_arn;
    balancers_here: Vec<aws_sdk_elasticloadbalancingv2::types::LoadBalancer>, family::balancers_here;
    groups_here: Vec<aws_sdk_elasticloadbalancingv2::types::TargetGroup>, family::groups_here;
    target_groups: aws_sdk_elasticloadbalancingv2::types::TargetGroup, family::target_groups_by_arn;
    targets: Vec<aws_sdk_elasticloadbalancingv2::types::TargetHealthDescription>, family::targets_by_group;
    listeners: aws_sdk_elasticloadbalancingv2::types::Listener, family::listeners_by_arn;
    balancer_options: BTreeMap<String, String>, family::balancer_options_by_arn;
    group_options: BTreeMap<String, String>, family::group_options_by_arn;
    listener_options: BTreeMap<String, String>, family::listener_options_by_arn;
    elb_tags: accel_core::tags::Tags, family::elb_tags_by_arn;
}

/// What looks of one place have shown since the last change.
#[derive(Debug)]
pub(crate) struct Moment {
    changes: u64,
    ends: Instant,
    view: View,
}

impl View {
    /// What is wanted, as it is now.
    pub(crate) async fn look(at: At<'_>, want: &Want) -> Self {
        let changes = at.aws.changes.load(Ordering::Relaxed);
        let mut view = at.recent(changes);
        let mut missing = view.missing(want);
        let mut fresh = Self::tables_of(at, &mut missing).await;
        fresh.take(Self::fetch(at, &missing).await);
        at.remember(changes, fresh.clone());
        view.take(fresh);
        view
    }

    /// A table comes with its associations: where both are wanted, one call shows both. What it has answered is no longer wanted.
    async fn tables_of(at: At<'_>, want: &mut Want) -> Self {
        let mut view = Self::default();
        if want.associations.is_empty() || want.tables.is_empty() {
            return view;
        }
        // Without an answer, each is asked for on its own.
        let Ok(tables) = family::tables_with(at, &want.associations).await else { return view };
        for id in std::mem::take(&mut want.associations) {
            view.associations.known.insert(id, None);
        }
        for table in tables {
            for (id, association) in family::associations_of(table.clone()) {
                view.associations.put(id, association);
            }
            let id = table.route_table_id.clone().unwrap_or_default();
            want.tables.remove(&id);
            view.tables.put(id, table);
        }
        view
    }
}

impl At<'_> {
    /// What is still true of what was looked up before.
    fn recent(&self, changes: u64) -> View {
        let moments = self.aws.moments.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = moments
            .get(self.place)
            .filter(|moment| moment.changes == changes && Instant::now() < moment.ends);
        recent.map(|moment| moment.view.clone()).unwrap_or_default()
    }

    /// Keeps what a look has shown, unless something was changed while it looked.
    pub(crate) fn remember(&self, changes: u64, mut view: View) {
        if changes != self.aws.changes.load(Ordering::Relaxed) {
            return;
        }
        // An error is nobody's state: whoever asks again asks the cloud.
        view.forget_failures();
        let now = Instant::now();
        let mut moments = self.aws.moments.lock().unwrap_or_else(PoisonError::into_inner);
        let moment = moments.entry(self.place.clone());
        let moment = moment.or_insert_with(|| Moment { changes, ends: now, view: View::default() });
        if moment.changes != changes || moment.ends <= now {
            *moment = Moment { changes, ends: now + MOMENT, view };
        } else {
            moment.view.take(view);
        }
    }
}
