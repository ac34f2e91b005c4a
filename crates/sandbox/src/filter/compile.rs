//! Instructions of classic BPF for a policy.
//!
//! The program checks the architecture, then the x32 bit, then finds the call by halving the sorted numbers, then runs its rules. Halving keeps
//! a call that the kernel has to look up (one with conditions) at about nine comparisons; calls that are always
//! allowed cost nothing, because the kernel caches that.

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
    let calls: Vec<(u32, Vec<Instruction>)> = policy
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
    program.extend(search(&calls));
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

/// The number is in the accumulator; each half is a program of its own that ends in returns.
fn search(calls: &[(u32, Vec<Instruction>)]) -> Vec<Instruction> {
    match calls {
        [] => vec![unknown()],
        [(number, rules)] => {
            let mut program = vec![branch(JUMP_EQUAL, *number, 1, 0), unknown()];
            program.extend_from_slice(rules);
            program
        }
        many => {
            let (low, high) = many.split_at(many.len() / 2);
            let first_high = high.first().map_or(0, |(number, _)| *number);
            let low = search(low);
            let distance = u32::try_from(low.len()).unwrap_or(u32::MAX);
            // A conditional jump reaches 255 instructions, a plain one any number.
            let mut program = vec![
                branch(JUMP_AT_LEAST, first_high, 0, 1),
                plain(JUMP, distance),
            ];
            program.extend(low);
            program.extend(search(high));
            program
        }
    }
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
