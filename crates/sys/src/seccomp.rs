//! Installing a system call filter.

use rustix::io::Errno;

use crate::raw::check_unit;

/// One instruction of classic BPF, as the kernel takes it.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// Operation.
    pub code: u16,
    /// Instructions to skip when a comparison holds.
    pub jump_true: u8,
    /// Instructions to skip when it does not.
    pub jump_false: u8,
    /// Operand.
    pub operand: u32,
}

#[repr(C)]
struct Program {
    length: u16,
    instructions: *const Instruction,
}

/// Puts a filter on this thread and all it starts, for ever. `no_new_privs` must be set. Does not allocate.
///
/// # Errors
/// `INVAL` for a malformed filter, `NOSYS` where the kernel has no filters.
pub fn install(filter: &[Instruction]) -> Result<(), Errno> {
    const SET_MODE_FILTER: u32 = 1;
    let program = Program {
        length: u16::try_from(filter.len()).map_err(|_| Errno::INVAL)?,
        instructions: filter.as_ptr(),
    };
    // SAFETY: the program points to `length` instructions that live through the call; the kernel copies and checks them.
    let result =
        unsafe { libc::syscall(libc::SYS_seccomp, SET_MODE_FILTER, 0u32, &raw const program) };
    check_unit(result)
}

/// Whether this kernel knows an action (`SECCOMP_RET_*`): the probe that changes nothing.
pub fn knows_action(action: u32) -> bool {
    const GET_ACTION_AVAIL: u32 = 2;
    // SAFETY: the operation reads one u32 behind the pointer.
    let result =
        unsafe { libc::syscall(libc::SYS_seccomp, GET_ACTION_AVAIL, 0u32, &raw const action) };
    result == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::{Ended, Namespaces, clone_process};

    #[test]
    fn a_filter_holds() {
        // Load the number; getppid is refused with errno 42, all else allowed.
        let filter = [
            Instruction {
                code: 0x20,
                jump_true: 0,
                jump_false: 0,
                operand: 0,
            },
            Instruction {
                code: 0x15,
                jump_true: 0,
                jump_false: 1,
                operand: libc::SYS_getppid as u32,
            },
            Instruction {
                code: 0x06,
                jump_true: 0,
                jump_false: 0,
                operand: 0x0005_0000 | 42,
            },
            Instruction {
                code: 0x06,
                jump_true: 0,
                jump_false: 0,
                operand: 0x7fff_0000,
            },
        ];
        let child = clone_process(Namespaces::NONE, None, &mut || {
            if rustix::thread::set_no_new_privs(true).is_err() || install(&filter).is_err() {
                return 1;
            }
            // SAFETY: takes nothing.
            let result = unsafe { libc::syscall(libc::SYS_getppid) };
            if result == -1 && crate::raw::last_error().raw_os_error() == 42 {
                0
            } else {
                2
            }
        })
        .unwrap();
        assert_eq!(child.wait(true), Ok(Some(Ended::Exited(0))));
    }

    #[test]
    fn knows_the_actions_we_use() {
        for action in [0x7fff_0000, 0x0005_0000, 0x8000_0000] {
            assert!(knows_action(action), "{action:x}");
        }
        assert!(!knows_action(0x1234_0000));
    }
}
