//! Filters are run in a small machine of our own: what the kernel would answer, for calls that must not be made for real.

use interlock_sys::seccomp::Instruction;
use interlock_sys::syscalls::{AUDIT_ARCH, Number, number};
use rustix::io::Errno;

use super::*;

const ALLOW: u32 = 0x7fff_0000;
const KILL: u32 = 0x8000_0000;

fn deny(error: Errno) -> u32 {
    0x0005_0000 | error.raw_os_error().unsigned_abs()
}

/// Runs a program over one call, as linux/kernel/seccomp.c describes it.
fn run(program: &[Instruction], number: u32, arch: u32, args: [u64; 6]) -> u32 {
    let mut data = Vec::new();
    data.extend(number.to_le_bytes());
    data.extend(arch.to_le_bytes());
    data.extend(0u64.to_le_bytes());
    args.iter()
        .for_each(|argument| data.extend(argument.to_le_bytes()));
    let (mut accumulator, mut at) = (0u32, 0usize);
    loop {
        let Instruction {
            code,
            jump_true,
            jump_false,
            operand,
        } = program[at];
        at += 1;
        let jump = |holds: bool| usize::from(if holds { jump_true } else { jump_false });
        match code {
            0x20 => {
                let offset = operand as usize;
                accumulator = u32::from_le_bytes(data[offset..offset + 4].try_into().unwrap());
            }
            0x05 => at += operand as usize,
            0x15 => at += jump(accumulator == operand),
            0x35 => at += jump(accumulator >= operand),
            0x45 => at += jump(accumulator & operand != 0),
            0x54 => accumulator &= operand,
            0x06 => return operand,
            other => panic!("instruction {other:#x}"),
        }
    }
}

#[derive(Clone, Copy)]
struct Server {
    egress: bool,
    browser: bool,
}

const PLAIN: Server = Server {
    egress: false,
    browser: false,
};
const EGRESS: Server = Server {
    egress: true,
    browser: false,
};
const BROWSER: Server = Server {
    egress: false,
    browser: true,
};

#[track_caller]
fn check(server: Server, call: &str, args: &[u64], expected: u32) {
    let program = for_server(server.egress, server.browser).unwrap();
    let Number::Here(number) = number(call) else {
        panic!("{call}")
    };
    let mut all = [0; 6];
    all[..args.len()].copy_from_slice(args);
    let found = run(&program, number, AUDIT_ARCH, all);
    assert_eq!(
        found, expected,
        "{call} {args:x?}: {found:#x}, expected {expected:#x}"
    );
}

#[test]
fn ordinary_calls_are_allowed() {
    for call in [
        "read",
        "write",
        "mmap",
        "clone",
        "execve",
        "exit_group",
        "futex",
        "epoll_wait",
        "getrandom",
    ] {
        check(PLAIN, call, &[], ALLOW);
    }
}

#[test]
fn what_no_server_needs_is_unknown_or_refused() {
    for call in [
        "clone3",
        "memfd_create",
        "memfd_secret",
        "io_uring_setup",
        "openat2",
        "execveat",
        "fsopen",
        "modify_ldt",
        "shmget",
    ] {
        check(BROWSER, call, &[], deny(Errno::NOSYS));
    }
    for call in [
        "ptrace",
        "bpf",
        "keyctl",
        "mount",
        "unshare",
        "setns",
        "userfaultfd",
        "perf_event_open",
        "pidfd_getfd",
    ] {
        check(BROWSER, call, &[], deny(Errno::PERM));
    }
}

#[test]
fn foreign_calls_kill() {
    let program = for_server(true, true).unwrap();
    assert_eq!(run(&program, 20, 0x4000_0003, [0; 6]), KILL, "i386");
    assert_eq!(run(&program, 0x4000_0000, AUDIT_ARCH, [0; 6]), KILL, "x32");
    assert_eq!(run(&program, u32::MAX, AUDIT_ARCH, [0; 6]), KILL);
}

#[test]
fn every_number_ends_in_an_answer() {
    for (egress, browser) in [(false, false), (true, false), (false, true), (true, true)] {
        let program = for_server(egress, browser).unwrap();
        assert!(program.len() < 1500, "{}", program.len());
        for number in 0..600 {
            let answer = run(&program, number, AUDIT_ARCH, [u64::MAX; 6]);
            assert!(
                answer == ALLOW || answer & 0xffff_0000 == 0x0005_0000,
                "{number}: {answer:#x}"
            );
        }
    }
}

#[test]
fn namespaces_are_no_part_of_clone() {
    check(PLAIN, "clone", &[0x3d_0f00], ALLOW);
    for bit in [
        0x2_0000u64,
        0x200_0000,
        0x400_0000,
        0x800_0000,
        0x1000_0000,
        0x2000_0000,
        0x4000_0000,
    ] {
        check(PLAIN, "clone", &[bit | 17], deny(Errno::PERM));
        // The kernel reads the low half of this argument; high bits change nothing.
        check(PLAIN, "clone", &[bit | 17 | 1 << 40], deny(Errno::PERM));
    }
}

#[test]
fn sockets_are_those_of_the_grant() {
    let (unix, inet, inet6, netlink) = (1, 2, 10, 16);
    let refused = deny(Errno::ACCESS);
    let rows: [(u64, u64, u64, u32, u32, u32); 12] = [
        // family, type, protocol: plain, egress, browser
        (inet, 1, 0, refused, ALLOW, refused),
        (inet, 1 | 0x80800, 6, refused, ALLOW, refused),
        (inet6, 2, 17, refused, ALLOW, refused),
        (inet, 1, 262, refused, refused, refused),
        (inet, 1, 132, refused, refused, refused),
        (inet, 2, 1, refused, refused, refused),
        (inet, 3, 255, refused, refused, refused),
        (unix, 1, 0, refused, refused, ALLOW),
        (netlink, 3, 0, ALLOW, ALLOW, ALLOW),
        (netlink, 3, 9, refused, refused, refused),
        (17, 3, 0, refused, refused, refused),
        (40, 1, 0, refused, refused, refused),
    ];
    for (family, kind, protocol, plain, egress, browser) in rows {
        let args = [family, kind, protocol];
        check(PLAIN, "socket", &args, plain);
        check(EGRESS, "socket", &args, egress);
        check(BROWSER, "socket", &args, browser);
    }
    check(PLAIN, "socketpair", &[unix, 1, 0], ALLOW);
    check(PLAIN, "socketpair", &[40, 1, 0], refused);
}

#[test]
fn privileged_bits_are_refused_in_every_mode() {
    let refused = deny(Errno::PERM);
    check(PLAIN, "fchmodat", &[0, 0, 0o755], ALLOW);
    check(PLAIN, "fchmodat", &[0, 0, 0o4755], refused);
    check(PLAIN, "fchmodat2", &[0, 0, 0o2755], refused);
    check(PLAIN, "fchmod", &[0, 0o6000], refused);
    check(PLAIN, "openat", &[0, 0, 0x41, 0o4755], refused);
    // Without O_CREAT the mode is not read: whatever lies in the register does no harm.
    check(PLAIN, "openat", &[0, 0, 0x1, 0o4755], ALLOW);
    check(PLAIN, "mknodat", &[0, 0, 0o010_644], ALLOW);
    check(PLAIN, "mknodat", &[0, 0, 0o020_644], refused);
    check(PLAIN, "mknodat", &[0, 0, 0o060_644], refused);
}

#[test]
fn terminals_cannot_be_typed_into() {
    for command in [0x5412, 0x541c, 0x5423, 0xffff_ffff_0000_5412] {
        check(BROWSER, "ioctl", &[0, command], deny(Errno::NOTTY));
    }
    check(PLAIN, "ioctl", &[0, 0x5401], ALLOW);
}

#[test]
fn memory_is_private() {
    let (read_write, all) = (3, 7);
    check(PLAIN, "mmap", &[0, 1, read_write, 0x22], ALLOW);
    check(PLAIN, "mmap", &[0, 1, all, 0x22], ALLOW);
    check(PLAIN, "mmap", &[0, 1, read_write, 0x21], deny(Errno::PERM));
    check(PLAIN, "mmap", &[0, 1, all, 0x01], deny(Errno::PERM));
    check(BROWSER, "mmap", &[0, 1, read_write, 0x21], ALLOW);
}

#[test]
fn policies_that_cannot_be_read_say_where() {
    let error = |text: &str| Policy::default().read(text).unwrap_err().to_string();
    assert_eq!(
        error("allow read\nallow raed"),
        "line 2: unknown system call, at `raed`"
    );
    assert_eq!(
        error("permit read"),
        "line 1: a line starts with `allow` or `deny`, at `permit`"
    );
    assert_eq!(
        error("deny EWHAT read"),
        "line 1: unknown error, at `EWHAT`"
    );
    assert_eq!(
        error("allow read if a6 == 1"),
        "line 1: an argument is `a0` to `a5`, at `a6`"
    );
    assert_eq!(
        error("allow read if a0 == x"),
        "line 1: not a number, at `x`"
    );
    assert_eq!(
        error("allow read if a0"),
        "line 1: not a condition, at `a0`"
    );
    assert_eq!(error("allow"), "line 1: no system call is named, at ``");
}

#[test]
fn the_first_matching_line_decides() {
    let mut policy = Policy::default();
    policy
        .read("deny EPERM read if a0 == 3 and a1 != 4\nallow read if a0 & 2 # comment\n")
        .unwrap();
    let program = compile(&policy).unwrap();
    let Number::Here(read) = number("read") else {
        panic!()
    };
    let answer = |a0, a1| run(&program, read, AUDIT_ARCH, [a0, a1, 0, 0, 0, 0]);
    assert_eq!(answer(3, 0), deny(Errno::PERM));
    assert_eq!(answer(3, 4), ALLOW);
    assert_eq!(answer(2, 0), ALLOW);
    assert_eq!(answer(1, 0), deny(Errno::NOSYS));
}

#[test]
fn a_rule_that_is_too_long_is_refused() {
    let mut policy = Policy::default();
    let conditions = vec!["a0 == 1"; 200].join(" and ");
    policy.read(&format!("allow read if {conditions}")).unwrap();
    assert_eq!(compile(&policy), Err(CompileError::RuleTooLong));
}
