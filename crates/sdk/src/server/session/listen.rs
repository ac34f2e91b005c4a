//! `subscriptions/listen` of 2026-07-28: a request that stays open and is sent what changed.

use std::collections::BTreeSet;
use std::pin::pin;

use interlock_wire::types::{
    AcknowledgedParams, Encode, ListenParams, ListenResult, Meta, SubscriptionFilter,
    write_notification, write_result,
};
use interlock_wire::{Id, Revision};

use super::calls::{knows_tasks, lacks_tasks};
use super::flight::Flight;
use super::route::params;
use super::{Ask, Session};
use crate::RpcError;
use crate::server::context::Context;
use crate::server::handled::{Handled, Outcome, Pending, Reply};
use crate::server::hub::{Change, Hub, Listens};

/// Resources and tasks that one stream may name.
const MOST_NAMES: usize = 1_024;

impl Session {
    pub(super) fn listen(&self, ask: Ask<'_, '_>) -> Result<Handled, RpcError> {
        let asked: ListenParams = params(&ask)?;
        let asked = asked.notifications;
        let cx = Context::new(
            self.clone(),
            ask.revision,
            ask.message.meta(),
            ask.out.clone(),
            ask.arrival,
        );
        if asked.task_ids.is_some() && !knows_tasks(&cx) {
            return Err(lacks_tasks());
        }
        let agreed = self.agree(asked, &cx)?;
        let listens = Hub::listen(&self.0.server, wanted(&agreed));
        let flight = self.take_off(ask.id.clone().into_owned(), cx)?;
        Ok(Handled::Later(Pending::new(stream(
            flight, agreed, listens,
        ))))
    }

    /// What of a filter is honoured: what the server has, and tasks that are the caller's.
    fn agree(
        &self,
        asked: SubscriptionFilter,
        cx: &Context,
    ) -> Result<SubscriptionFilter, RpcError> {
        let names = asked.resource_subscriptions.iter().flatten().count()
            + asked.task_ids.iter().flatten().count();
        if names > MOST_NAMES {
            return Err(RpcError::refused("too many names in one subscription"));
        }
        let can = self.0.server.capabilities();
        let tasks = &self.0.server.0.tasks;
        let mine = |ids: Vec<String>| -> Vec<String> {
            let known = |id: &String| tasks.find(id, cx.session(), true).is_ok();
            ids.into_iter().filter(known).collect()
        };
        let has_resources = can.resources.is_some();
        Ok(SubscriptionFilter {
            tools_list_changed: asked.tools_list_changed.filter(|_| can.tools.is_some()),
            prompts_list_changed: asked.prompts_list_changed.filter(|_| can.prompts.is_some()),
            resources_list_changed: asked.resources_list_changed.filter(|_| has_resources),
            resource_subscriptions: asked.resource_subscriptions.filter(|_| has_resources),
            task_ids: asked.task_ids.map(mine),
            ..SubscriptionFilter::default()
        })
    }
}

fn wanted(agreed: &SubscriptionFilter) -> BTreeSet<Change> {
    let lists = [
        (agreed.tools_list_changed, Change::Tools),
        (agreed.prompts_list_changed, Change::Prompts),
        (agreed.resources_list_changed, Change::Resources),
    ];
    let lists = lists.into_iter();
    let lists = lists.filter_map(|(wanted, change)| (wanted == Some(true)).then_some(change));
    let uris = agreed.resource_subscriptions.iter().flatten();
    let tasks = agreed.task_ids.iter().flatten();
    lists
        .chain(uris.cloned().map(Change::Resource))
        .chain(tasks.cloned().map(Change::Task))
        .collect()
}

/// Acknowledges, then tells what changed until one side ends it.
async fn stream(flight: Flight, agreed: SubscriptionFilter, listens: Listens) -> Option<Reply> {
    let meta = subscription(&flight.id);
    let told = flight
        .until_cancelled(tell(&flight, agreed, &listens, &meta))
        .await?;
    told?;
    // The server ends it: the specification wants the notification, and an answer to say that nothing broke.
    let mut text =
        br#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"#.to_vec();
    flight.id.write(&mut text);
    text.extend_from_slice(br#","_meta":"#);
    text.extend_from_slice(&meta.to_json());
    text.extend_from_slice(b"}}");
    let _gone = flight.cx.0.out.send(text).await;
    let mut meta = meta;
    let info = flight.cx.session().server().info_json();
    meta.insert("io.modelcontextprotocol/serverInfo", info);
    let result = ListenResult {
        result_type: None,
        meta,
        extra: Meta::default(),
    };
    let mut bytes = Vec::new();
    write_result(&flight.id, &result, Revision::V2026_07_28, &mut bytes);
    flight.land();
    let outcome = Outcome::Result;
    Some(Reply { bytes, outcome })
}

/// None when the client is gone.
async fn tell(
    flight: &Flight,
    agreed: SubscriptionFilter,
    listens: &Listens,
    meta: &Meta,
) -> Option<()> {
    let out = &flight.cx.0.out;
    let params = AcknowledgedParams {
        notifications: agreed,
        meta: Some(meta.clone()),
        ..AcknowledgedParams::default()
    };
    let mut text = Vec::new();
    let method = "notifications/subscriptions/acknowledged";
    write_notification(method, &params, Revision::V2026_07_28, &mut text);
    out.send(text).await.ok()?;
    let meta = meta.to_json();
    let session = flight.cx.session();
    let mut expired = pin!(expiry(session));
    loop {
        let changes = tokio::select! {
            biased;
            () = &mut expired => return Some(()),
            changes = listens.next() => changes,
        };
        let Some(changes) = changes else {
            return Some(());
        };
        for change in changes {
            let task = match &change {
                Change::Task(id) => {
                    let tasks = &session.server().0.tasks;
                    let Ok(task) = tasks.find(id, session, true) else {
                        continue;
                    };
                    Some(task.members())
                }
                _ => None,
            };
            out.send(change.write(Some(&meta), task.as_deref()))
                .await
                .ok()?;
        }
    }
}

/// Waits until the caller has to show again who they are: for ever, where that never comes.
async fn expiry(session: &Session) {
    match session.server().time_left(session.principal()) {
        Some(left) => Box::pin(tokio::time::sleep(left)).await,
        None => std::future::pending().await,
    }
}

fn subscription(id: &Id<'_>) -> Meta {
    let mut meta = Meta::default();
    meta.set_subscription_id(id);
    meta
}
