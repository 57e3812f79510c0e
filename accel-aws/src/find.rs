//! Looking for what an earlier request made, and reading phases.

use std::collections::BTreeMap;

use accel_core::backend::{Phase, ReadItem, Request};
use accel_core::{Place, RemoteId, Result};

use crate::aws::Aws;
use crate::differences::Differences;
use crate::kind::{self, Shown};
use crate::tags::is_owned;
use crate::view::{View, Want};

impl Aws {
    pub(crate) async fn find_made(&self, request: &Request<'_>) -> Result<Option<RemoteId>> {
        let at = self.at(request.place);
        let kind = request.kind();
        let candidates = kind::candidates(at, request).await?;
        let mut candidates: Vec<RemoteId> =
            candidates.iter().map(|text| kind::id(kind, request.place, text)).collect();
        // The lowest id, in every run the same.
        candidates.sort();
        let view = View::look(at, &wanted(&candidates, Some(request))).await;
        for id in candidates {
            if is_it(&view, &id, request)? {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    pub(crate) async fn read_all(&self, items: &[ReadItem<'_>]) -> Vec<Result<Phase>> {
        let mut wants: BTreeMap<&Place, Want> = BTreeMap::new();
        for item in items {
            let want = wants.entry(&item.id.place).or_default();
            kind::wants(item.id, want);
            if let Some(request) = &item.request {
                kind::wants_for(request, want);
            }
        }
        let looks = wants
            .iter()
            .map(|(place, want)| async move { (*place, View::look(self.at(place), want).await) });
        let views: BTreeMap<&Place, View> =
            futures_util::future::join_all(looks).await.into_iter().collect();
        items.iter().map(|item| read(&views[&item.id.place], item)).collect()
    }
}

fn wanted(ids: &[RemoteId], request: Option<&Request<'_>>) -> Want {
    let mut want = Want::default();
    for id in ids {
        kind::wants(id, &mut want);
        if id.kind.facts().api == accel_core::resource::Api::LoadBalancing
            && id.kind.facts().taggable
        {
            want.elb_tags.insert(id.as_str().to_owned());
        }
    }
    if let Some(request) = request {
        kind::wants_for(request, &mut want);
    }
    want
}

/// Whether it is live, ours where it can say so, and as asked.
fn is_it(view: &View, id: &RemoteId, request: &Request<'_>) -> Result<bool> {
    let Some(shown) = kind::show(view, id)? else { return Ok(false) };
    let live = matches!(shown.phase, Phase::Pending | Phase::Waiting { .. } | Phase::Ready(_));
    let ours = !id.kind.facts().taggable || is_owned(&shown.tags, request.owner);
    Ok(live && ours && differences(view, id, request, &shown)?.0.is_empty())
}

fn differences(
    view: &View,
    id: &RemoteId,
    request: &Request<'_>,
    shown: &Shown,
) -> Result<Differences> {
    let mut found = Differences::default();
    if !matches!(shown.phase, Phase::Gone | Phase::Deleting) {
        kind::compare(view, id, request, &mut found)?;
    }
    Ok(found)
}

fn read(view: &View, item: &ReadItem<'_>) -> Result<Phase> {
    let Some(mut shown) = kind::show(view, item.id)? else { return Ok(Phase::Gone) };
    if let Some(request) = &item.request {
        let found = differences(view, item.id, request, &shown)?;
        if let Phase::Ready(ready) = &mut shown.phase {
            ready.differs = found.0;
        }
    }
    Ok(shown.phase)
}
