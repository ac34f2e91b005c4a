//! Hearing of changes. 2026-07-28 has one request for it that stays open; in the session era a server tells everybody, and of single
//! resources those who subscribed. Here both are one.

use std::sync::Arc;

use interlock_wire::types::{
    AcknowledgedParams, Decode, Encode, ListenParams, SubscribeParams, SubscriptionFilter,
};
use interlock_wire::{Era, Method, Revision};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use super::Client;
use super::change::Change;
use super::core::spawn;
use super::error::CallError;
use super::events::Queue;
use super::link::{Ask, Subscribing};
use super::options::CallOptions;

/// Changes as they happen. Ends when it is dropped.
///
/// ```no_run
/// use interlock_sdk::client::{Change, Client};
/// use interlock_wire::types::SubscriptionFilter;
///
/// # async fn f(client: Client) -> Result<(), Box<dyn std::error::Error>> {
/// let mut changes = client.listen(SubscriptionFilter::default().tools_list_changed(true)).await?;
/// while let Some(change) = changes.next().await {
///     if change == Change::Tools {
///         drop(client.list_tools().await?);
///     }
/// }
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Subscription {
    queue: Arc<Queue>,
    agreed: SubscriptionFilter,
    /// The open request, in 2026-07-28.
    task: Option<AbortHandle>,
    /// What was subscribed to one by one, before.
    subscribed: Option<(Client, Vec<String>)>,
}

impl Subscription {
    /// The next change; none when the server or the connection ended. A change that happens again before it was read is told once.
    pub async fn next(&mut self) -> Option<Change> {
        self.queue.next().await
    }

    /// What the server agreed to tell, which may be less than what was asked for.
    pub fn agreed(&self) -> &SubscriptionFilter {
        &self.agreed
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
        if let Some((client, uris)) = self.subscribed.take() {
            spawn(async move {
                for uri in uris {
                    // Whoever still listens to it loses nothing: its own subscription would have been answered the same way.
                    drop(client.subscribe(Method::Unsubscribe, &uri).await);
                }
            });
        }
    }
}

impl Client {
    /// Listens to what the filter names.
    ///
    /// # Errors
    /// [`CallError`] when the server does not agree, or does not tell of single resources.
    pub async fn listen(&self, filter: SubscriptionFilter) -> Result<Subscription, CallError> {
        let queue = self.link().core.events.listen(filter.clone());
        match self.server().revision().era() {
            Era::Modern => self.listen_open(filter, queue).await,
            Era::Legacy => self.listen_each(filter, queue).await,
        }
    }

    async fn listen_open(
        &self,
        filter: SubscriptionFilter,
        queue: Arc<Queue>,
    ) -> Result<Subscription, CallError> {
        let (acknowledged, mut heard) = oneshot::channel();
        let (failed, mut failure) = oneshot::channel();
        let task = self.keep_open(filter, &queue, acknowledged, failed);
        // Aborted when this future is dropped, or when the server says nothing.
        let mut subscription = Subscription {
            queue,
            agreed: SubscriptionFilter::default(),
            task,
            subscribed: None,
        };
        let timeout = self.options().timeout;
        let first = async {
            tokio::select! {
                biased;
                agreed = &mut heard => agreed.ok(),
                error = &mut failure => Some(Err(error.unwrap_or(CallError::Ended))),
            }
        };
        match tokio::time::timeout(timeout, first).await {
            Ok(Some(agreed)) => subscription.agreed = agreed?,
            // The sender is gone with the request; its error is on the other channel.
            Ok(None) => return Err(failure.await.unwrap_or(CallError::Ended)),
            Err(_) => return Err(CallError::Timeout(timeout)),
        }
        Ok(subscription)
    }

    fn keep_open(
        &self,
        filter: SubscriptionFilter,
        queue: &Arc<Queue>,
        acknowledged: oneshot::Sender<Result<SubscriptionFilter, CallError>>,
        failed: oneshot::Sender<CallError>,
    ) -> Option<AbortHandle> {
        let params = ListenParams {
            notifications: filter,
            ..ListenParams::default()
        };
        let (client, bound, closing) = (self.clone(), Arc::clone(queue), Arc::clone(queue));
        let raw = self.encoded(&params);
        spawn(async move {
            let subscribing = Subscribing {
                begun: Box::new(move |id| bound.bind(id)),
                acknowledged: Box::new(move |params| {
                    let agreed =
                        AcknowledgedParams::decode(params).map(|params| params.notifications);
                    drop(acknowledged.send(agreed.map_err(CallError::Result)));
                }),
            };
            let ask = Ask::new(Method::Listen, raw);
            let options = CallOptions {
                progress: None,
                ..client.options().clone()
            };
            let revision = Some(Revision::V2026_07_28);
            let ended = client
                .link()
                .once(&ask, &options, revision, Some(subscribing))
                .await;
            drop(failed.send(ended.err().unwrap_or(CallError::Ended)));
            closing.close();
        })
    }

    async fn listen_each(
        &self,
        filter: SubscriptionFilter,
        queue: Arc<Queue>,
    ) -> Result<Subscription, CallError> {
        let server = self.server();
        let has = server.capabilities();
        let tells = |told: Option<bool>| (told == Some(true)).then_some(true);
        let mut subscription = Subscription {
            queue,
            agreed: SubscriptionFilter {
                tools_list_changed: filter
                    .tools_list_changed
                    .and_then(|_| tells(has.tools.as_ref()?.list_changed)),
                prompts_list_changed: filter
                    .prompts_list_changed
                    .and_then(|_| tells(has.prompts.as_ref()?.list_changed)),
                resources_list_changed: filter
                    .resources_list_changed
                    .and_then(|_| tells(has.resources.as_ref()?.list_changed)),
                task_ids: filter.task_ids,
                ..SubscriptionFilter::default()
            },
            task: None,
            subscribed: Some((self.clone(), Vec::new())),
        };
        for uri in filter.resource_subscriptions.iter().flatten() {
            self.subscribe(Method::Subscribe, uri).await?;
            if let Some((_, subscribed)) = &mut subscription.subscribed {
                subscribed.push(uri.clone());
            }
        }
        subscription.agreed.resource_subscriptions = filter.resource_subscriptions;
        Ok(subscription)
    }

    async fn subscribe(&self, method: Method, uri: &str) -> Result<(), CallError> {
        self.offered(method)?;
        let params = SubscribeParams {
            uri: uri.to_owned(),
            ..SubscribeParams::default()
        };
        let ask = Ask::new(method, params.to_json());
        self.link().ask(&ask, self.options()).await.map(drop)
    }
}
