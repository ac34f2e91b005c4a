//! First lines (`#!`): which interpreter the kernel would start, and what `env` would make of the rest.

/// The interpreter of a script, read from its first bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shebang {
    /// A path as the kernel wants it, or a name that `env` would look up.
    pub(super) interpreter: String,
    /// What comes between the interpreter and the script.
    pub(super) args: Vec<String>,
}

/// Reads the first line of a file. `None` where there is no `#!`; an error says why a line cannot be followed.
pub(super) fn parse(head: &[u8], limit: usize) -> Result<Option<Shebang>, &'static str> {
    let Some(rest) = head.strip_prefix(b"#!") else {
        return Ok(None);
    };
    let line = match rest.iter().position(|byte| *byte == b'\n') {
        Some(end) => rest.get(..end).unwrap_or_default(),
        // The kernel cuts a longer line and starts whatever is left.
        None if head.len() >= limit => return Err("is longer than the kernel reads"),
        None => rest,
    };
    let line = std::str::from_utf8(line).map_err(|_| "is not UTF-8")?;
    if line.contains(['\0', '\r']) {
        return Err("has a NUL or a carriage return");
    }
    let line = line.trim_matches([' ', '\t']);
    let (interpreter, rest) = line.split_once([' ', '\t']).unwrap_or((line, ""));
    let rest = rest.trim_start_matches([' ', '\t']);
    if matches!(interpreter, "/usr/bin/env" | "/bin/env") {
        return env(rest).map(Some);
    }
    if !interpreter.starts_with('/') {
        return Err("names no absolute interpreter");
    }
    // The kernel passes everything after the interpreter as one argument.
    let args = if rest.is_empty() {
        Vec::new()
    } else {
        vec![rest.to_owned()]
    };
    Ok(Some(Shebang {
        interpreter: interpreter.to_owned(),
        args,
    }))
}

/// `env NAME`, or `env -S NAME ARGS…` with words split at blanks.
fn env(rest: &str) -> Result<Shebang, &'static str> {
    let split = rest
        .strip_prefix("-S")
        .or_else(|| rest.strip_prefix("--split-string="));
    let words: Vec<String> = match split {
        Some(text) if text.contains(['\'', '"', '\\', '$', '#']) => {
            return Err("has quotes or variables for `env -S`");
        }
        Some(text) => text.split_whitespace().map(str::to_owned).collect(),
        // Without `-S` the rest is one word, blanks included.
        None => vec![rest.to_owned()],
    };
    let mut words = words.into_iter();
    match words.next() {
        None => Err("names no interpreter"),
        Some(name) if name.is_empty() => Err("names no interpreter"),
        Some(name) if name.starts_with('-') => Err("has options for `env`"),
        Some(name) if name.contains('=') => Err("sets variables with `env`"),
        Some(interpreter) => Ok(Shebang {
            interpreter,
            args: words.collect(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: Option<(&str, &[&str])>) {
        let parsed = parse(line.as_bytes(), 256).unwrap_or_else(|e| panic!("{line:?}: {e}"));
        let expected = expected.map(|(interpreter, args)| Shebang {
            interpreter: interpreter.to_owned(),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
        });
        assert_eq!(parsed, expected, "{line:?}");
    }

    #[test]
    fn lines_as_the_kernel_reads_them() {
        check("\x7fELF", None);
        check("", None);
        check("#!/bin/sh\n", Some(("/bin/sh", &[])));
        check("#! \t/bin/sh -e  \n", Some(("/bin/sh", &["-e"])));
        check("#!/bin/x a b\n", Some(("/bin/x", &["a b"])));
        check("#!/bin/sh", Some(("/bin/sh", &[])));
        check("#!/usr/bin/env node\nx", Some(("node", &[])));
        check(
            "#!/usr/bin/env -S node --no-warnings\n",
            Some(("node", &["--no-warnings"])),
        );
        check("#!/usr/bin/env -Snode -x\n", Some(("node", &["-x"])));
        check("#!/usr/bin/env python3 -u\n", Some(("python3 -u", &[])));
    }

    #[test]
    fn lines_that_cannot_be_followed() {
        let long = format!("#!/bin/{}", "x".repeat(300));
        for line in [
            "#!\n",
            "#!node\n",
            "#!/usr/bin/env\n",
            "#!/usr/bin/env -S\n",
            "#!/usr/bin/env -i node\n",
            "#!/usr/bin/env -S A=b node\n",
            "#!/usr/bin/env -S node '--x y'\n",
            "#!/usr/bin/env -S ${X}\n",
            "#!/bin/sh\r\n",
            "#!/bin/s\0h\n",
            &long,
        ] {
            let head = line.as_bytes();
            let head = head.get(..256).unwrap_or(head);
            assert!(parse(head, 256).is_err(), "{line:?}");
        }
    }
}
