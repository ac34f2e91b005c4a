//! The queue between a handler and what carries its messages.

use interlock_sdk::server::{Closed, Outbound, TrySendError};

#[tokio::test]
async fn messages_come_in_order_and_the_queue_is_bounded() {
    let out = Outbound::new(2);
    let mut receiver = out.receiver().unwrap();
    assert!(out.receiver().is_none());
    out.send(vec![1]).await.unwrap();
    out.try_send(vec![2]).unwrap();
    assert_eq!(out.try_send(vec![3]), Err(TrySendError::Full));
    let sender = out.clone();
    let waiting = tokio::spawn(async move { sender.send(vec![3]).await });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    assert_eq!(receiver.recv().await, Some(vec![1]));
    waiting.await.unwrap().unwrap();
    assert_eq!(
        (receiver.try_recv(), receiver.recv().await),
        (Some(vec![2]), Some(vec![3]))
    );
    assert_eq!(receiver.try_recv(), None);
}

#[tokio::test]
async fn a_receiver_is_woken_by_what_it_waits_for() {
    let out = Outbound::new(1);
    let mut receiver = out.receiver().unwrap();
    let waiting = tokio::spawn(async move { (receiver.recv().await, receiver.recv().await) });
    tokio::task::yield_now().await;
    out.send(vec![7]).await.unwrap();
    out.close();
    assert_eq!(waiting.await.unwrap(), (Some(vec![7]), None));
}

#[tokio::test]
async fn senders_learn_that_nobody_receives() {
    let out = Outbound::new(1);
    let receiver = out.receiver().unwrap();
    out.try_send(vec![1]).unwrap();
    let sender = out.clone();
    let waiting = tokio::spawn(async move { sender.send(vec![2]).await });
    tokio::task::yield_now().await;
    drop(receiver);
    assert_eq!(waiting.await.unwrap(), Err(Closed));
    assert_eq!(out.try_send(vec![3]), Err(TrySendError::Closed));
    assert!(out.is_closed() && Outbound::closed().is_closed());
    assert!(out.is_same(&out.clone()) && !out.is_same(&Outbound::new(1)));
}

#[tokio::test]
async fn many_senders_all_get_through() {
    let out = Outbound::new(1);
    let mut receiver = out.receiver().unwrap();
    for number in 0..50_u8 {
        let out = out.clone();
        tokio::spawn(async move { out.send(vec![number]).await });
    }
    let mut seen = Vec::new();
    while seen.len() < 50 {
        seen.push(receiver.recv().await.unwrap()[0]);
    }
    seen.sort_unstable();
    assert_eq!(seen, (0..50).collect::<Vec<_>>());
}
