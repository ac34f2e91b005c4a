//! The bare echo server that stands for the limit: one read, a borrowed parse, one write.
//!
//! Newline-delimited JSON-RPC on stdin and stdout, one tool named `echo`. It checks nothing that it does not need, so what a
//! relay in front of it costs is seen best.

use std::io::{self, Read, Write};

use interlock_bench::echo::answer;
use memchr::memchr;

const CHUNK: usize = 64 * 1024;

fn main() -> io::Result<()> {
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    // The standard library's buffers are passed by: whole chunks are larger than they are.
    let mut buffer = vec![0; 2 * CHUNK];
    let (mut start, mut end) = (0, 0);
    let mut answers = Vec::with_capacity(2 * CHUNK);
    loop {
        if end == buffer.len() {
            buffer.copy_within(start..end, 0);
            (start, end) = (0, end - start);
            if end > buffer.len() / 2 {
                buffer.resize(2 * buffer.len(), 0);
            }
        }
        let count = input.read(buffer.get_mut(end..).unwrap_or_default())?;
        if count == 0 {
            return Ok(());
        }
        let mut seen = end;
        end += count;
        while let Some(at) = memchr(b'\n', buffer.get(seen..end).unwrap_or_default()) {
            let before = answers.len();
            answer(
                buffer.get(start..seen + at).unwrap_or_default(),
                &mut answers,
            )?;
            if answers.len() > before {
                answers.push(b'\n');
            }
            (start, seen) = (seen + at + 1, seen + at + 1);
        }
        if start == end {
            (start, end) = (0, 0);
        }
        output.write_all(&answers)?;
        output.flush()?;
        answers.clear();
    }
}
