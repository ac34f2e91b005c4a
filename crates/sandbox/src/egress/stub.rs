//! The stub resolver: one message in, one message out.
//!
//! Does: give granted names their synthetic addresses, say at once that any other name does not exist, and tell of it.
//! Doesn't: ask anybody. A program learns nothing of the world by looking names up, and tells it nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::dns::{self, Code, Query, Question};
use super::event::{EgressEvent, Journal, Transport, Verdict};
use super::host::HostName;
use super::names::NameTable;
use super::rules::EgressRules;

/// Names keep their addresses as long as the sandbox lives, so this only bounds how often they are asked for.
const TTL: u32 = 300;

/// Answers one message; none for what deserves no answer.
pub(super) fn respond(
    message: &[u8],
    rules: &EgressRules,
    names: &mut NameTable,
    has_v6: bool,
    journal: &mut Journal,
) -> Option<Vec<u8>> {
    match dns::read_query(message) {
        Query::Question(question) => Some(answer(&question, rules, names, has_v6, journal)),
        Query::Reject { id, code } => Some(dns::write_rejection(id, code)),
        Query::Ignore => None,
    }
}

fn answer(
    question: &Question<'_>,
    rules: &EgressRules,
    names: &mut NameTable,
    has_v6: bool,
    journal: &mut Journal,
) -> Vec<u8> {
    let told = |verdict| EgressEvent::new(Transport::Dns, verdict).name(question.name.as_str());
    let Some(name) = HostName::parse(&question.name)
        .ok()
        .filter(|name| rules.knows(name))
    else {
        journal.count(told(Verdict::UnknownName));
        return dns::write_answer(question, Code::NoSuchName, 0, &[]);
    };
    let (v4, v6) = if name.is_localhost() {
        (Ipv4Addr::LOCALHOST, Ipv6Addr::LOCALHOST)
    } else if let Some(synthetic) = names.addresses(&name) {
        (synthetic.v4, synthetic.v6)
    } else {
        journal.count(told(Verdict::TooMany));
        return dns::write_answer(question, Code::ServerFailure, 0, &[]);
    };
    if rules.is_learning() {
        journal.count(told(Verdict::LearnedName));
    }
    let addresses = [IpAddr::V4(v4), IpAddr::V6(v6)];
    let known = if has_v6 {
        addresses.as_slice()
    } else {
        addresses.get(..1).unwrap_or_default()
    };
    dns::write_answer(question, Code::NoError, TTL, known)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, sync_channel};

    use super::*;
    use crate::egress::Rule;

    struct World {
        rules: EgressRules,
        names: NameTable,
        journal: Journal,
        events: Receiver<EgressEvent>,
    }

    fn world(rules: EgressRules) -> World {
        let (sender, events) = sync_channel(64);
        let journal = Journal::new(Box::new(sender));
        World {
            rules,
            names: NameTable::default(),
            journal,
            events,
        }
    }

    fn granted(rule: &str) -> World {
        world(EgressRules::new(vec![Rule::parse(rule).unwrap()]).unwrap())
    }

    impl World {
        fn ask(&mut self, name: &str, kind: u16, has_v6: bool) -> (u8, Option<IpAddr>) {
            let name = HostName::parse(name).unwrap();
            let query = dns::write_query(7, &name, kind);
            let answer = respond(
                &query,
                &self.rules,
                &mut self.names,
                has_v6,
                &mut self.journal,
            );
            let answer = answer.unwrap();
            let address = match dns::read_answer(&answer, 7, &name, kind) {
                Some(dns::Answer::Addresses { addresses, .. }) => addresses.first().copied(),
                _ => None,
            };
            (answer[3] & 0xf, address)
        }

        fn told(&self) -> Vec<(Verdict, Option<String>)> {
            self.events
                .try_iter()
                .map(|event| (event.verdict, event.name))
                .collect()
        }
    }

    #[test]
    fn granted_names_have_both_addresses() {
        let mut world = granted("*.example.com:443");
        let v4 = Some("11.18.1.0".parse().unwrap());
        let v6 = Some("2d00:2::100".parse().unwrap());
        assert_eq!(world.ask("a.example.com", dns::A, true), (0, v4));
        assert_eq!(world.ask("A.Example.COM", dns::AAAA, true), (0, v6));
        assert_eq!(world.ask("a.example.com", dns::AAAA, false), (0, None));
        assert_eq!(world.ask("a.example.com", 65, true), (0, None));
        assert_eq!(world.told(), []);
    }

    #[test]
    fn other_names_do_not_exist_and_are_told() {
        let mut world = granted("*.example.com:443");
        for name in ["example.com", "evil.net", "localhost"] {
            assert_eq!(world.ask(name, dns::A, true), (3, None));
            assert_eq!(
                world.told(),
                [(Verdict::UnknownName, Some(name.to_owned()))]
            );
        }
    }

    #[test]
    fn localhost_is_loopback() {
        let mut world = granted("localhost:5432");
        assert_eq!(
            world.ask("localhost", dns::A, true),
            (0, Some(Ipv4Addr::LOCALHOST.into()))
        );
        assert_eq!(
            world.ask("localhost", dns::AAAA, true),
            (0, Some(Ipv6Addr::LOCALHOST.into()))
        );
    }

    #[test]
    fn learning_answers_and_tells_every_name() {
        let mut world = world(EgressRules::learn());
        assert!(world.ask("any.example", dns::A, true).1.is_some());
        assert_eq!(
            world.told(),
            [(Verdict::LearnedName, Some("any.example".to_owned()))]
        );
    }

    #[test]
    fn a_full_table_is_a_failure_of_the_server() {
        let mut world = granted("*.example.com:443");
        for i in 0..super::super::names::MAX_NAMES {
            world
                .names
                .addresses(&HostName::parse(&format!("n{i}.example.com")).unwrap());
        }
        assert_eq!(world.ask("one.more.example.com", dns::A, true), (2, None));
        assert_eq!(world.told()[0].0, Verdict::TooMany);
    }

    proptest::proptest! {
        #[test]
        fn answering_never_panics(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            let mut world = world(EgressRules::learn());
            let _ = respond(&bytes, &world.rules, &mut world.names, true, &mut world.journal);
        }
    }
}
