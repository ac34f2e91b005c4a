//! A relay that reads lines, parses their envelope and passes them on: what any relay that looks at messages must cost.
//!
//! Two threads, blocking reads, no judgement, no record, no sandbox. `bare-relay COMMAND ARGS…`.

use std::error::Error;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

use memchr::memrchr;
use serde::Deserialize;
use serde_json::value::RawValue;

const CHUNK: usize = 64 * 1024;

/// The envelope. Its members are there to be found, not to be used.
#[derive(Deserialize)]
#[expect(dead_code, reason = "parsing them is the work")]
struct Envelope<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Option<std::borrow::Cow<'a, str>>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let program = arguments.next().ok_or("usage: bare-relay COMMAND ARGS")?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut server = command.spawn()?;
    let input = server.stdin.take().ok_or("no stdin")?;
    let output = server.stdout.take().ok_or("no stdout")?;
    // Unbuffered: the standard streams' own buffers would cost a copy, or hold lines back.
    let (ours_in, ours_out) = (std::io::stdin().lock(), Raw);
    let down = std::thread::spawn(move || pass(output, ours_out));
    // A broken end ends the other one.
    let _up = pass(ours_in, input);
    let _down = down.join();
    server.wait()?;
    Ok(())
}

/// Our stdout without a buffer.
struct Raw;

impl Write for Raw {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Ok(rustix::io::write(std::io::stdout(), bytes)?)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn pass(mut from: impl Read, mut to: impl Write) -> std::io::Result<()> {
    let mut buffer = vec![0; 2 * CHUNK];
    let mut end = 0;
    loop {
        if end == buffer.len() {
            buffer.resize(2 * buffer.len(), 0);
        }
        let count = from.read(buffer.get_mut(end..).unwrap_or_default())?;
        if count == 0 {
            return Ok(());
        }
        let fresh = end..end + count;
        end += count;
        let Some(at) = memrchr(b'\n', buffer.get(fresh.clone()).unwrap_or_default()) else {
            continue;
        };
        let whole = fresh.start + at + 1;
        let lines = buffer.get(..whole).unwrap_or_default();
        for line in lines
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            std::hint::black_box(serde_json::from_slice::<Envelope<'_>>(line)?);
        }
        to.write_all(lines)?;
        buffer.copy_within(whole..end, 0);
        end -= whole;
    }
}
