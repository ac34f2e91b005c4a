//! The session: any lines in any order keep its promises. The first byte of a line says who sends it.

use interlock_wire::{Frame, Id, Kind, Limits, LineBuffer, Session, Verdict, parse};

/// Panics when a promise is broken.
pub(crate) fn run(text: &[u8]) {
    let limits = Limits {
        max_in_flight: 16,
        ..Limits::default()
    };
    let mut session = Session::new(limits.clone());
    let mut lines = LineBuffer::new(&limits);
    // Requests that were passed to the server and not answered, kept apart from the session's own memory.
    let mut waiting: Vec<Id<'static>> = Vec::new();
    let mut now = std::time::Duration::ZERO;
    for block in text.chunks(16 << 10) {
        let space = lines.spare();
        space[..block.len()].copy_from_slice(block);
        lines.filled(block.len());
        while let Some(frame) = lines.next_frame() {
            let Frame::Line([side, line @ ..]) = frame else {
                continue;
            };
            now += std::time::Duration::from_millis(1);
            session.tick(now);
            let from_client = side % 2 == 0;
            let message = match parse(line, &limits) {
                Ok(message) => message,
                Err(reject) => {
                    let verdict = match from_client {
                        true => session.reject_client(&reject),
                        false => session.reject_server(&reject),
                    };
                    if let Verdict::Replace { instead, .. } = verdict {
                        answered(&mut waiting, parse(&instead, &limits).expect("valid").id());
                    }
                    continue;
                }
            };
            let verdict = match from_client {
                true => session.from_client(&message),
                false => session.from_server(&message),
            };
            match (verdict, &message.kind) {
                (Verdict::Forward(_), Kind::Request { id, .. }) if from_client => {
                    assert!(!waiting.contains(id), "two requests of one id in flight");
                    waiting.push(id.clone().into_owned());
                }
                (Verdict::Forward(_), Kind::Response { .. } | Kind::Error { .. })
                    if !from_client =>
                {
                    answered(&mut waiting, message.id());
                }
                (Verdict::Answer { reply, .. }, _) => {
                    parse(&reply, &limits).expect("our replies are messages");
                }
                (Verdict::Replace { instead, .. }, _) => {
                    answered(&mut waiting, parse(&instead, &limits).expect("valid").id());
                }
                (Verdict::Drop(_), Kind::Response { id, .. }) if !from_client => {
                    // The answer to a cancelled request.
                    waiting.retain(|open| open != id);
                }
                (Verdict::Drop(_), Kind::Error { id: Some(id), .. }) if !from_client => {
                    waiting.retain(|open| open != id);
                }
                _ => {
                    if let Kind::Notification { .. } = &message.kind {
                        // Cancelled requests and ended subscriptions may leave at any time.
                        let open: Vec<_> = session.unanswered().map(|(id, _)| id).collect();
                        waiting.retain(|id| open.contains(id));
                    }
                }
            }
            let (asked, questions) = session.in_flight();
            assert!(asked <= 16 && questions <= 16);
        }
    }
}

fn answered(waiting: &mut Vec<Id<'static>>, id: Option<&Id<'_>>) {
    let at = waiting.iter().position(|open| Some(open) == id);
    waiting.remove(at.expect("an answer belongs to a request in flight"));
}
