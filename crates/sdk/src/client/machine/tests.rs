//! The machine keeps its promises whatever comes, in whatever order.

use std::collections::HashMap;

use interlock_wire::{Id, Limits, Method, Revision, parse};
use proptest::prelude::*;

use super::{Grants, Machine, Outcome, Phase, Step};
use crate::client::Via;

const MOST: usize = 4;

/// One thing that happens.
#[derive(Debug, Clone)]
enum Event {
    Begin {
        method: Method,
        progress: bool,
    },
    Abandon(i64),
    /// A message of the server: text with `{id}` for a small number.
    Message {
        text: &'static str,
        id: i64,
        exchange: Option<i64>,
    },
    Finish(i64),
    Agree(Revision),
    Reopen,
    Close,
}

const MESSAGES: &[&str] = &[
    r#"{"jsonrpc":"2.0","id":{id},"result":{}}"#,
    r#"{"jsonrpc":"2.0","id":{id},"result":{"protocolVersion":"2025-06-18"}}"#,
    r#"{"jsonrpc":"2.0","id":"{id}","result":{}}"#,
    r#"{"jsonrpc":"2.0","id":{id},"error":{"code":-1,"message":""}}"#,
    r#"{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":""}}"#,
    r#"{"jsonrpc":"2.0","id":{id},"method":"ping"}"#,
    r#"{"jsonrpc":"2.0","id":{id},"method":"roots/list"}"#,
    r#"{"jsonrpc":"2.0","id":{id},"method":"sampling/createMessage","params":{}}"#,
    r#"{"jsonrpc":"2.0","id":{id},"method":"elicitation/create","params":{}}"#,
    r#"{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{}}"#,
    r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":{id},"progress":{id}}}"#,
    r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{id}}}"#,
    r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}"#,
    r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":{id}}}}"#,
    r#"{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":{id}},"notifications":{}}}"#,
    r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
    r#"{"jsonrpc":"2.0","method":"com.example/x"}"#,
];

fn event() -> impl Strategy<Value = Event> {
    let method = prop::sample::select(vec![
        Method::Initialize,
        Method::Discover,
        Method::ToolsCall,
        Method::Listen,
        Method::Ping,
    ]);
    let revision = prop::sample::select(Revision::ALL.to_vec());
    prop_oneof![
        4 => (method, any::<bool>()).prop_map(|(method, progress)| Event::Begin { method, progress }),
        2 => (0..8i64).prop_map(Event::Abandon),
        12 => (prop::sample::select(MESSAGES), 0..8i64, prop::option::of(0..8i64))
            .prop_map(|(text, id, exchange)| Event::Message { text, id, exchange }),
        2 => (0..8i64).prop_map(Event::Finish),
        1 => revision.prop_map(Event::Agree),
        1 => Just(Event::Reopen),
        1 => Just(Event::Close),
    ]
}

/// What a test knows by itself, next to the machine.
#[derive(Default)]
struct Model {
    /// Requests that wait, with whether they asked for progress.
    waiting: HashMap<i64, bool>,
    progress: HashMap<i64, f64>,
    /// Requests of the server that are owed a reply.
    asked: Vec<Id<'static>>,
    last: i64,
    closed: bool,
}

impl Model {
    fn step(&mut self, machine: &mut Machine<i64, Id<'static>>, event: Event) {
        match event {
            Event::Begin { method, progress } => self.begin(machine, method, progress),
            Event::Abandon(id) => {
                assert_eq!(machine.abandon(id), self.waiting.remove(&id).is_some());
            }
            Event::Message { text, id, exchange } => {
                let text = text.replace("{id}", &id.to_string());
                self.message(machine, &text, exchange);
            }
            Event::Finish(id) => {
                let id = Id::Number(id);
                let owed = self.asked.iter().position(|asked| *asked == id);
                assert_eq!(machine.finished(&id), owed.is_some());
                owed.map(|at| self.asked.remove(at));
            }
            Event::Agree(revision) => machine.agreed(revision),
            Event::Reopen => {
                let handles = machine.reopen();
                assert_eq!(
                    handles.len(),
                    self.asked.len(),
                    "everything that runs is ended"
                );
                self.asked.clear();
            }
            Event::Close => {
                let (waiters, handles) = machine.close();
                assert_eq!(
                    waiters.len(),
                    self.waiting.len(),
                    "everybody who waits is told"
                );
                assert_eq!(handles.len(), self.asked.len());
                self.waiting.clear();
                self.asked.clear();
                self.closed = true;
            }
        }
        let (waiting, asked) = machine.in_flight();
        assert_eq!((waiting, asked), (self.waiting.len(), self.asked.len()));
        assert!(waiting <= MOST && asked <= MOST, "memory is bounded");
    }

    fn begin(&mut self, machine: &mut Machine<i64, Id<'static>>, method: Method, progress: bool) {
        // The waiter is the id itself, so that a delivery to somebody else is seen.
        let expected = self.last + 1;
        match machine.begin(method, expected, progress) {
            Some(id) => {
                assert!(!self.closed);
                assert_eq!(id, expected, "an id is never used twice");
                self.last = id;
                self.waiting.insert(id, progress);
            }
            None => assert!(self.closed || self.waiting.len() >= MOST),
        }
    }

    fn message(
        &mut self,
        machine: &mut Machine<i64, Id<'static>>,
        text: &str,
        exchange: Option<i64>,
    ) {
        let phase = machine.phase();
        let limits = Limits::default();
        let message = parse(text.as_bytes(), &limits).unwrap();
        let exchange = exchange.map(Id::Number);
        let via = exchange.as_ref().map_or(Via::Shared, Via::Exchange);
        match machine.receive(&message, &via) {
            Step::Answer { waiter, outcome } => {
                assert!(
                    self.waiting.remove(&waiter).is_some(),
                    "one answer a request"
                );
                if let (Some(exchange), false) = (&exchange, outcome == Outcome::Ended) {
                    assert_eq!(
                        exchange,
                        &Id::Number(waiter),
                        "an exchange answers its own request"
                    );
                }
            }
            Step::Progress { waiter, params } => {
                assert_eq!(
                    self.waiting.get(&waiter),
                    Some(&true),
                    "only who asked is told"
                );
                let raw = interlock_wire::json::member(params, "progress").unwrap();
                let now: f64 = std::str::from_utf8(raw).unwrap().parse().unwrap();
                let before = self.progress.insert(waiter, now);
                assert!(before.is_none_or(|before| before < now), "it only grows");
            }
            Step::Ask { id, method, .. } => {
                assert!(matches!(phase, Phase::Legacy(revision) if method.exists_in(revision)));
                assert!(machine.running(&id, id.clone()));
                assert!(!self.asked.contains(&id), "one reply a request");
                self.asked.push(id);
            }
            Step::Reply(bytes) => {
                assert_ne!(
                    phase,
                    Phase::Modern,
                    "the modern era has no replies of a client"
                );
                parse(&bytes, &limits).expect("a reply is a message");
            }
            Step::Stop(id) => {
                let at = self.asked.iter().position(|asked| *asked == id);
                self.asked.remove(at.expect("only what runs is ended"));
            }
            Step::Subscribed { waiter, .. } => assert!(self.waiting.contains_key(&waiter)),
            Step::Notice { subscription, .. } => {
                assert!(subscription.is_none_or(|id| self.waiting.contains_key(&id)));
            }
            Step::Ignore(_) => {}
        }
        assert!(
            !self.closed || machine.phase() == Phase::Closed,
            "closed is closed"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn promises_hold_in_any_order(events in prop::collection::vec(event(), 0..80), grants in any::<[bool; 3]>()) {
        let [roots, sampling, elicitation] = grants;
        let mut machine = Machine::new(Grants { roots, sampling, elicitation }, MOST, MOST);
        let mut model = Model::default();
        for event in events {
            model.step(&mut machine, event);
        }
    }
}

/// The whole matrix: which request of a server is taken in which phase, with everything granted.
#[test]
fn requests_of_a_server_by_phase() {
    let all = Grants {
        roots: true,
        sampling: true,
        elicitation: true,
    };
    let mut taken = Vec::new();
    let phases = [Phase::Opening, Phase::Modern, Phase::Closed]
        .into_iter()
        .chain(Revision::ALL.into_iter().take(4).map(Phase::Legacy));
    for phase in phases {
        let methods = Method::ALL
            .iter()
            .filter(|method| all.allow(phase, **method));
        let names: Vec<_> = methods.map(|method| method.name().unwrap()).collect();
        taken.push(format!("{phase:?}: {}", names.join(" ")));
    }
    assert_eq!(
        taken,
        [
            "Opening: ping",
            "Modern: ",
            "Closed: ",
            "Legacy(V2024_11_05): ping roots/list sampling/createMessage",
            "Legacy(V2025_03_26): ping roots/list sampling/createMessage",
            "Legacy(V2025_06_18): ping roots/list sampling/createMessage elicitation/create",
            "Legacy(V2025_11_25): ping roots/list sampling/createMessage elicitation/create",
        ]
    );
    assert!(!all.allow(Phase::Modern, Method::Ping));
}
