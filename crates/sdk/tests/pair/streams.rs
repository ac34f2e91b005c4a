//! A network of exchanges, as Streamable HTTP is one, without HTTP: every request has a stream of its own, streams overtake each
//! other, and some are lost.

use std::sync::Mutex;
use std::time::Duration;

use futures_util::future::join_all;
use interlock_sdk::client::{
    Abandon, CallError, Client, Connect, Inbox, Outgoing, OutgoingKind, Transport, TransportError,
    Via,
};
use interlock_sdk::server::{Arrival, Handled, Outbound, Server, SessionKind};
use interlock_sdk::{BoxFuture, Principal};
use interlock_wire::{Id, parse};
use serde_json::json;
use tokio::time::sleep;

use super::raw::server;

struct Network {
    server: Server,
    /// Percent of exchanges that end without an answer.
    loss: u64,
    seed: u64,
}

struct Exchanges {
    server: Server,
    inbox: Inbox,
    loss: u64,
    chance: Mutex<u64>,
}

impl Connect for Network {
    type Transport = Exchanges;

    fn connect(self, inbox: Inbox) -> BoxFuture<'static, Result<Exchanges, TransportError>> {
        Box::pin(async move {
            Ok(Exchanges {
                server: self.server,
                inbox,
                loss: self.loss,
                chance: Mutex::new(self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1),
            })
        })
    }
}

impl Exchanges {
    fn random(&self, below: u64) -> u64 {
        let mut chance = self.chance.lock().unwrap();
        *chance ^= *chance << 13;
        *chance ^= *chance >> 7;
        *chance ^= *chance << 17;
        *chance % below
    }

    async fn travel(&self) {
        sleep(Duration::from_millis(self.random(200))).await;
    }

    async fn exchange(&self, id: &Id<'static>, request: &[u8]) -> Result<(), TransportError> {
        self.travel().await;
        let session = self
            .server
            .session(SessionKind::HttpModern, Principal::anonymous());
        let out = Outbound::new(8);
        let message = parse(request, self.inbox.limits()).unwrap();
        let mut reply = Vec::new();
        if let Handled::Later(pending) =
            session.handle(&message, Arrival::default(), &out, &mut reply)
        {
            reply = pending.await.ok_or(TransportError::NoAnswer)?.bytes;
        }
        self.travel().await;
        if self.random(100) < self.loss {
            return Err(TransportError::NoAnswer);
        }
        let _judged_there = self.inbox.message(&reply, Via::Exchange(id));
        Ok(())
    }
}

impl Transport for Exchanges {
    fn send<'a>(&'a self, message: Outgoing) -> BoxFuture<'a, Result<(), TransportError>> {
        Box::pin(async move {
            match &message.kind {
                OutgoingKind::Request { id, .. } => self.exchange(id, &message.bytes).await,
                _ => Ok(()),
            }
        })
    }

    fn abandon(&self) -> Abandon {
        Abandon::Done
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            self.inbox.closed(TransportError::Closed);
        })
    }
}

async fn connect(loss: u64, seed: u64) -> Client {
    let network = Network {
        server: server(),
        loss,
        seed,
    };
    Client::builder("pair", "1.0.0")
        .connect(network)
        .await
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn streams_that_overtake_each_other_end_at_their_calls() {
    for seed in 0..10 {
        let client = connect(0, seed).await;
        let calls = (0..40).map(|call| {
            let client = client.clone();
            async move {
                let text = format!("call {call}");
                let result = client
                    .call_tool("echo", &json!({ "text": text }))
                    .await
                    .unwrap();
                let given = result.content.first().and_then(|block| block.as_text());
                assert_eq!(given, Some(text.as_str()));
            }
        });
        join_all(calls).await;
        client.close().await;
    }
}

/// A lost stream fails its own call and no other.
#[tokio::test(start_paused = true)]
async fn what_is_lost_is_told_to_who_asked() {
    let (mut answered, mut lost) = (0, 0);
    for seed in 0..10 {
        let network = Network {
            server: server(),
            loss: 30,
            seed,
        };
        let Ok(client) = Client::builder("pair", "1.0.0").connect(network).await else {
            continue;
        };
        let calls = (0..40).map(|call| {
            let client = client.clone();
            async move {
                let text = format!("call {call}");
                (
                    text.clone(),
                    client.call_tool("echo", &json!({ "text": text })).await,
                )
            }
        });
        for (text, call) in join_all(calls).await {
            match call {
                Ok(result) => {
                    let given = result.content.first().and_then(|block| block.as_text());
                    assert_eq!(given, Some(text.as_str()));
                    answered += 1;
                }
                Err(CallError::Transport(TransportError::NoAnswer)) => lost += 1,
                Err(other) => panic!("{other:?}"),
            }
        }
    }
    assert!(answered > 50 && lost > 50, "{answered} and {lost}");
}
