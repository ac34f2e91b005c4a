//! Framing: any bytes in any reads give the lines of the text, within the limit and bounded memory. Behind the last byte 0xFF stand the lengths of the
//! reads.

use interlock_wire::{Frame, Limits, LineBuffer};

const MOST: usize = 64;

/// Panics when a promise is broken.
pub(crate) fn run(input: &[u8]) {
    let (text, steps) = match input.iter().rposition(|byte| *byte == 0xFF) {
        Some(at) => (&input[..at], &input[at + 1..]),
        None => (input, &[][..]),
    };
    let limits = Limits {
        max_message: MOST,
        ..Limits::default()
    };
    let mut lines = LineBuffer::new(&limits);
    let (mut found, mut rest) = (Vec::new(), text);
    let mut steps = steps
        .iter()
        .map(|step| usize::from(*step) + 1)
        .chain(std::iter::repeat(7));
    while !rest.is_empty() {
        let space = lines.spare();
        let count = steps.next().unwrap_or(1).min(space.len()).min(rest.len());
        let (now, later) = rest.split_at(count);
        space[..count].copy_from_slice(now);
        lines.filled(count);
        rest = later;
        while let Some(frame) = lines.next_frame() {
            found.push(match frame {
                Frame::Line(line) => Some(line.to_vec()),
                Frame::TooLong => None,
            });
        }
        if count % 5 == 0 {
            lines.relax();
        }
        assert!(lines.capacity() <= 256 << 10);
    }
    let complete = text
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(&[][..], |at| &text[..at]);
    let expected: Vec<_> = complete
        .split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .filter(|line| !line.is_empty())
        .map(|line| (line.len() <= MOST).then(|| line.to_vec()))
        .collect();
    // A line that is still open may already have been reported as too long.
    let open = found.len() == expected.len() + 1 && found.last() == Some(&None);
    if open {
        found.pop();
    }
    assert_eq!(found, expected);
}
