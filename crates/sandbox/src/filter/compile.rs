//! Instructions of classic BPF for a policy.
//!
//! The program checks the architecture, then the x32 bit, then finds the call by halving the range of numbers, then runs its rules. Halving keeps
//! a call that the kernel has to look up (one with conditions) at about nine comparisons; calls that are always
//! allowed cost nothing, because the kernel caches that.

use std::collections::BTreeMap;

use interlock_sys::seccomp::Instruction;
use interlock_sys::syscalls::AUDIT_ARCH;
use rustix::io::Errno;

use super::policy::{Action, Condition, Policy, Rule, Test};

/// A policy that has no form the kernel takes.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// The kernel takes at most 4096 instructions.
    #[error("the filter has {0} instructions, the kernel takes 4096")]
    TooLong(usize),
    /// The rules of one call are longer than a conditional jump reaches.
    #[error("a rule is too long")]
    RuleTooLong,
}

const MAX_INSTRUCTIONS: usize = 4096;

// linux/bpf_common.h: class | size or operation | mode or source.
const LOAD: u16 = 0x20;
const JUMP: u16 = 0x05;
const JUMP_EQUAL: u16 = 0x15;
const JUMP_AT_LEAST: u16 = 0x35;
const JUMP_ANY_BIT: u16 = 0x45;
const AND: u16 = 0x54;
const RETURN: u16 = 0x06;

// linux/seccomp.h
const ALLOW: u32 = 0x7fff_0000;
const ERROR: u32 = 0x0005_0000;
const KILL_PROCESS: u32 = 0x8000_0000;

// struct seccomp_data: nr, arch, instruction_pointer, args[6]; both supported architectures are little-endian.
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
const ARGUMENTS: u32 = 16;
/// Set in the numbers of x86-64's 32-bit-pointer calls.
const X32_BIT: u32 = 0x4000_0000;

/// The program of a policy.
pub(crate) fn compile(policy: &Policy) -> Result<Vec<Instruction>, CompileError> {
    let calls: BTreeMap<u32, Vec<Instruction>> = policy
        .rules
        .iter()
        .map(|(number, rules)| Ok((*number, rules_of_call(rules)?)))
        .collect::<Result<_, CompileError>>()?;
    let mut program = vec![
        plain(LOAD, ARCHITECTURE),
        branch(JUMP_EQUAL, AUDIT_ARCH, 1, 0),
        plain(RETURN, KILL_PROCESS),
        plain(LOAD, NUMBER),
        branch(JUMP_AT_LEAST, X32_BIT, 0, 1),
        plain(RETURN, KILL_PROCESS),
    ];
    program.extend(search(&segments(calls)));
    if program.len() > MAX_INSTRUCTIONS {
        return Err(CompileError::TooLong(program.len()));
    }
    Ok(program)
}

fn plain(code: u16, operand: u32) -> Instruction {
    Instruction {
        code,
        jump_true: 0,
        jump_false: 0,
        operand,
    }
}

fn branch(code: u16, operand: u32, jump_true: u8, jump_false: u8) -> Instruction {
    Instruction {
        code,
        jump_true,
        jump_false,
        operand,
    }
}

fn unknown() -> Instruction {
    plain(RETURN, ERROR | Errno::NOSYS.raw_os_error().unsigned_abs())
}

/// The whole range of numbers, cut where what becomes of a call changes: first number, and the program from there on.
fn segments(calls: BTreeMap<u32, Vec<Instruction>>) -> Vec<(u32, Vec<Instruction>)> {
    let mut cut: Vec<(u32, Vec<Instruction>)> = vec![(0, vec![unknown()])];
    let mut add = |number: u32, program: Vec<Instruction>| match cut.last_mut() {
        Some((_, last)) if *last == program => {}
        Some((start, last)) if *start == number => *last = program,
        _ => cut.push((number, program)),
    };
    let mut next = 0;
    for (number, program) in calls {
        if number != next {
            add(next, vec![unknown()]);
        }
        add(number, program);
        next = number.saturating_add(1);
    }
    add(next, vec![unknown()]);
    cut
}

/// The number is in the accumulator; each half is a program of its own that ends in returns.
fn search(segments: &[(u32, Vec<Instruction>)]) -> Vec<Instruction> {
    let (low, high) = segments.split_at(segments.len() / 2);
    let Some((first_high, program)) = high.first() else {
        return vec![unknown()];
    };
    if low.is_empty() {
        return program.clone();
    }
    let low = search(low);
    let distance = u32::try_from(low.len()).unwrap_or(u32::MAX);
    // A conditional jump reaches 255 instructions, a plain one any number.
    let mut program = match u8::try_from(distance) {
        Ok(near) => vec![branch(JUMP_AT_LEAST, *first_high, near, 0)],
        Err(_) => vec![
            branch(JUMP_AT_LEAST, *first_high, 0, 1),
            plain(JUMP, distance),
        ],
    };
    program.extend(low);
    program.extend(search(high));
    program
}

fn rules_of_call(rules: &[Rule]) -> Result<Vec<Instruction>, CompileError> {
    let mut program = Vec::new();
    for rule in rules {
        let result = match rule.action {
            Action::Allow => ALLOW,
            Action::Deny(error) => ERROR | u32::from(error),
        };
        if rule.conditions.is_empty() {
            program.push(plain(RETURN, result));
            // INVARIANT: a program's every path ends in a return; what follows an unconditional rule is never reached.
            return Ok(program);
        }
        program.extend(conditional(&rule.conditions, plain(RETURN, result))?);
    }
    program.push(unknown());
    Ok(program)
}

/// Built from the back, so that each condition knows how far it jumps when it does not hold.
fn conditional(
    conditions: &[Condition],
    result: Instruction,
) -> Result<Vec<Instruction>, CompileError> {
    let mut program = vec![result];
    for condition in conditions.iter().rev() {
        let past = u8::try_from(program.len()).map_err(|_| CompileError::RuleTooLong)?;
        let mut head = vec![plain(LOAD, ARGUMENTS + 8 * u32::from(condition.argument))];
        match condition.test {
            Test::Equals(value) => head.push(branch(JUMP_EQUAL, value, 0, past)),
            Test::Differs(value) => head.push(branch(JUMP_EQUAL, value, past, 0)),
            Test::AnyBit(bits) => head.push(branch(JUMP_ANY_BIT, bits, 0, past)),
            Test::Masked(mask, value) => {
                head.push(plain(AND, mask));
                head.push(branch(JUMP_EQUAL, value, 0, past));
            }
        }
        head.extend(program);
        program = head;
    }
    Ok(program)
}
