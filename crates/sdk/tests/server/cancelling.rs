//! Calls that nobody waits for any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use interlock_sdk::server::{Context, Handled, Server, SessionKind};
use interlock_wire::Limits;
use serde_json::json;

use super::peer::{Peer, landed, modern, nudge};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

struct Dropped(Arc<AtomicUsize>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A server with a tool that never ends, how often it was dropped, and how often its helper saw the cancellation.
fn server() -> (Server, Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let (dropped, seen) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (ends, helps) = (Arc::clone(&dropped), Arc::clone(&seen));
    let limits = Limits {
        max_in_flight: 2,
        ..Limits::default()
    };
    let server = Server::builder("s", "1")
        .limits(limits)
        .tool("forever", "Never ends", move |_: Nothing, cx: Context| {
            let (guard, helps) = (Dropped(Arc::clone(&ends)), Arc::clone(&helps));
            async move {
                let _guard = guard;
                tokio::spawn(async move {
                    cx.cancelled().await;
                    helps.fetch_add(1, Ordering::SeqCst);
                });
                std::future::pending::<()>().await;
                Ok(())
            }
        })
        .build();
    (server, dropped, seen)
}

async fn settle() {
    for _ in 0..8 {
        tokio::task::yield_now().await;
    }
}

// SPEC: 2026-07-28/basic/patterns/cancellation/behavior-requirements:4-6
// SPEC: 2026-07-28/basic/patterns/cancellation/error-handling:1,3 2026-07-28/basic/transports/stdio/cancellation:2-3
// SPEC: 2025-11-25/basic/utilities/cancellation/behavior-requirements:5-7
// SPEC: 2025-11-25/basic/utilities/cancellation/error-handling:1,3
#[tokio::test]
async fn a_notification_ends_a_call_without_an_answer() {
    for modern_era in [false, true] {
        let (server, dropped, seen) = server();
        let peer = match modern_era {
            true => Peer::new(&server, SessionKind::Duplex),
            false => Peer::legacy(&server, "2025-11-25", json!({})),
        };
        let params = json!({"name": "forever"});
        let params = if modern_era {
            modern(params, json!({}))
        } else {
            params
        };
        let mut pending = peer.begin(json!(5), "tools/call", params.clone());
        nudge(&mut pending);
        // Others are not ours to cancel: another id, and the same digits as a text.
        peer.tell("notifications/cancelled", json!({"requestId": 6}));
        peer.tell("notifications/cancelled", json!({"requestId": "5"}));
        peer.tell("notifications/cancelled", json!({}));
        nudge(&mut pending);
        peer.tell(
            "notifications/cancelled",
            json!({"requestId": 5, "reason": "enough"}),
        );
        assert_eq!(landed(pending).await, None);
        settle().await;
        assert_eq!(
            (dropped.load(Ordering::SeqCst), seen.load(Ordering::SeqCst)),
            (1, 1)
        );
        // The id is free again.
        nudge(&mut peer.begin(json!(5), "tools/call", params));
    }
}

// SPEC: 2026-07-28/basic/patterns/cancellation/transport-specific-cancellation:1
#[tokio::test]
async fn dropping_a_pending_answer_cancels_its_call() {
    let (server, dropped, seen) = server();
    let peer = Peer::new(&server, SessionKind::HttpModern);
    drop(peer.begin(
        json!(1),
        "tools/call",
        modern(json!({"name": "forever"}), json!({})),
    ));
    settle().await;
    assert_eq!(
        (dropped.load(Ordering::SeqCst), seen.load(Ordering::SeqCst)),
        (1, 1)
    );
}

#[tokio::test]
async fn closing_a_session_cancels_everything() {
    let (server, dropped, _) = server();
    let peer = Peer::legacy(&server, "2025-11-25", json!({}));
    let one = peer.begin(json!(1), "tools/call", json!({"name": "forever"}));
    let two = peer.begin(json!(2), "tools/call", json!({"name": "forever"}));
    peer.session.close();
    assert_eq!((landed(one).await, landed(two).await), (None, None));
    assert_eq!(dropped.load(Ordering::SeqCst), 2);
    let answer = peer.ask_now(json!(3), "tools/call", json!({"name": "forever"}));
    assert_eq!(answer["error"]["code"], -31000);
}

// SPEC: both/basic/index/requests:3
#[tokio::test]
async fn ids_are_unique_and_requests_in_flight_bounded() {
    let (server, ..) = server();
    let peer = Peer::legacy(&server, "2025-11-25", json!({}));
    let forever = json!({"name": "forever"});
    let _one = peer.begin(json!(1), "tools/call", forever.clone());
    let again = peer.ask_now(json!(1), "ping", json!({}));
    assert_eq!(again["error"]["code"], -32600);
    let _two = peer.begin(json!("1"), "tools/call", forever.clone());
    let full = peer.ask_now(json!(3), "tools/call", forever);
    assert_eq!(full["error"]["code"], -31000);
    let request = json!({"jsonrpc": "2.0", "id": 4, "method": "ping"});
    assert!(matches!(peer.hand(&request).0, Handled::Replied(_)));
}
