"""What the gate's child takes from itself before it looks at a hostile byte. Linux only; standard library only.

Three walls, so that a decoder that an attacker took over still reaches nothing:
1. resource limits on address space, CPU time, written bytes and core files;
2. no new file descriptor, hence no file and no socket (the database's unix socket knows users by their uid);
3. where the kernel allows it, a seccomp filter: only the system calls that arithmetic on memory needs.
"""

from __future__ import annotations

import ctypes
import platform
import resource
import struct

_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _SECCOMP_MODE_FILTER = 22, 38, 2
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 38  # refused calls return ENOSYS, which the C library knows how to survive
_LOAD, _EQUAL, _BITS, _RETURN = 0x20, 0x15, 0x45, 0x06  # classic BPF: ld abs, jeq, jset, ret
_CLONE_THREAD = 0x00010000

# Linux system call numbers: name -> (x86_64, aarch64)
_CALLS = {
    "read": (0, 63), "write": (1, 64), "close": (3, 57), "fstat": (5, 80), "lseek": (8, 62), "mmap": (9, 222),
    "mprotect": (10, 226), "munmap": (11, 215), "brk": (12, 214), "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139), "mremap": (25, 216), "madvise": (28, 233), "sched_yield": (24, 124), "getpid": (39, 172),
    "exit": (60, 93), "gettid": (186, 178), "futex": (202, 98), "clock_gettime": (228, 113), "exit_group": (231, 94),
    "sigaltstack": (131, 132), "set_robust_list": (273, 99), "getrandom": (318, 278), "rseq": (334, 293),
    "sched_getaffinity": (204, 123),
}  # fmt: skip
_CLONE = (56, 220)  # allowed for threads only: the HEIF decoder starts one
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column above, AUDIT_ARCH


def limit_resources(*, memory_bytes: int, cpu_seconds: int, output_bytes: int) -> None:
    """Lower this process's limits for good: address space, CPU time, bytes written to a file, no core dumps."""
    for which, soft, hard in (
        (resource.RLIMIT_AS, memory_bytes, memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + 1),  # SIGXCPU first, SIGKILL a second later
        (resource.RLIMIT_FSIZE, output_bytes, output_bytes),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        resource.setrlimit(which, (soft, hard))


def forbid_files() -> None:
    """Allow no file descriptor beyond standard input, output and error; `open` and `socket` fail from now on."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))


def forbid_system_calls() -> bool:
    """Install the seccomp filter; return False where machine or kernel does not offer it."""
    program = filter_program(platform.machine())
    if program is None:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    code = ctypes.create_string_buffer(program, len(program))
    pointer = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))  # struct sock_fprog
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, pointer, 0, 0) == 0


def filter_program(machine: str) -> bytes | None:
    """Return the filter as classic BPF instructions of 8 bytes, or None for a machine whose numbers are not known.

    An array of (code, jump if true, jump if false, operand), man seccomp(2). Numbers of the x32 interface carry bit 30
    and match nothing here, so they are refused with everything else.
    """
    if machine not in _MACHINES:
        return None
    column, architecture = _MACHINES[machine]
    numbers = [call[column] for call in _CALLS.values()]
    steps = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, architecture), (_RETURN, 0, 0, _REFUSE), (_LOAD, 0, 0, 0)]
    steps += [(_EQUAL, 0, 3, _CLONE[column]), (_LOAD, 0, 0, 16), (_BITS, 0, len(numbers) + 1, _CLONE_THREAD)]
    steps += [(_RETURN, 0, 0, _ALLOW)]
    steps += [(_EQUAL, len(numbers) - at, 0, number) for at, number in enumerate(numbers)]
    steps += [(_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("HBBI", *step) for step in steps)
