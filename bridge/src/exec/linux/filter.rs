//! The filter's program: `connect` is notified, everything else is allowed. Written by hand because the crates that
//! write such programs know no notification (seccompiler) or wrap a C library (libseccomp).

use std::mem::offset_of;

use libc::{seccomp_data, sock_filter};

/// `connect` by architecture: what a program of this machine, and one of its 32-bit mode, calls.
#[cfg(target_arch = "x86_64")]
const CALLS: &[(u32, u32)] = &[(0xC000_003E, 42), (0xC000_003E, 0x4000_0000 | 42), (0x4000_0003, 362)];
#[cfg(target_arch = "aarch64")]
const CALLS: &[(u32, u32)] = &[(0xC000_00B7, 203), (0x4000_0028, 283)];
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const CALLS: &[(u32, u32)] = &[];

/// Whether there is a filter for this architecture.
pub(crate) const SUPPORTED: bool = !CALLS.is_empty();

const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
const IF_EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;

/// The program.
pub(crate) fn program() -> Vec<sock_filter> {
    let step = |code, k| sock_filter { code, jt: 0, jf: 0, k };
    let mut program = Vec::new();
    for (architecture, number) in CALLS {
        program.push(step(LOAD, offset_of!(seccomp_data, arch) as u32));
        program.push(sock_filter { code: IF_EQUAL, jt: 0, jf: 3, k: *architecture });
        program.push(step(LOAD, offset_of!(seccomp_data, nr) as u32));
        program.push(sock_filter { code: IF_EQUAL, jt: 0, jf: 1, k: *number });
        program.push(step(RETURN, libc::SECCOMP_RET_USER_NOTIF));
    }
    program.push(step(RETURN, libc::SECCOMP_RET_ALLOW));
    program
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the kernel's machine makes of the program, for the few instructions that it has.
    fn run(architecture: u32, number: u32) -> u32 {
        let (program, mut at, mut loaded) = (program(), 0, 0);
        loop {
            let step = program[at];
            at += 1;
            match step.code {
                LOAD if step.k == 4 => loaded = architecture,
                LOAD => loaded = number,
                IF_EQUAL => at += usize::from(if loaded == step.k { step.jt } else { step.jf }),
                _ => return step.k,
            }
        }
    }

    #[test]
    fn connect_is_notified_and_nothing_else() {
        for (architecture, number) in CALLS {
            assert_eq!(run(*architecture, *number), libc::SECCOMP_RET_USER_NOTIF);
            assert_eq!(run(*architecture, number + 1), libc::SECCOMP_RET_ALLOW);
            assert_eq!(run(architecture + 1, *number), libc::SECCOMP_RET_ALLOW);
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn this_machines_own_number() {
        assert_eq!(run(0xC000_003E, libc::SYS_connect as u32), libc::SECCOMP_RET_USER_NOTIF);
    }
}
