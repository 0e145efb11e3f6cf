"""The walls around the child hold, each shown by a program that runs against it."""

import json
import os
import signal
from pathlib import Path

import pytest

from reports.photos import confinement
from reports.photos.gate import GateUnavailable, orders, run_child

FOLDER = str(Path(confinement.__file__).parent)
BEGIN = (
    f"import sys, os, socket, subprocess, resource, threading; sys.path.append({FOLDER!r})\nfrom confinement import *\n"
)
LIMITS = "limit_resources(memory_bytes=300 * 2**20, cpu_seconds=1, output_bytes=10_000)\n"
FILES = "forbid_files()\n"
CALLS = "assert forbid_system_calls()\n"
REPORT = """
def attempt(what):
    try:
        what()
    except BaseException as error:
        os.write(1, type(error).__name__.encode())
    else:
        os.write(1, b'done')
"""


def run(program: str, **options: object) -> tuple[int, str]:
    code, output, complaint = run_child(["-c", BEGIN + REPORT + program], b"a picture", **options)
    return code, output.decode() + complaint.decode()


def test_a_child_that_spins_is_killed_by_its_cpu_limit() -> None:
    assert run(LIMITS + "while True: pass")[0] == -signal.SIGXCPU


def test_a_child_that_spins_and_ignores_the_warning_is_killed_a_second_later() -> None:
    code, _ = run("import signal; signal.signal(signal.SIGXCPU, signal.SIG_IGN)\n" + LIMITS + "while True: pass")
    assert code == -signal.SIGKILL


def test_a_child_that_wants_all_memory_does_not_get_it() -> None:
    assert run(LIMITS + "attempt(lambda: bytearray(400 * 2**20))") == (0, "MemoryError")
    assert run(LIMITS + "attempt(lambda: bytearray(100 * 2**20))") == (0, "done")


def test_a_child_cannot_write_more_than_it_may() -> None:
    code, output, _ = run_child(["-c", BEGIN + LIMITS + "while True: os.write(1, b'x' * 4000)"], b"")
    assert code != 0
    assert output == b"x" * 10_000


def test_a_child_that_sleeps_is_killed_and_gone() -> None:
    before = children()
    with pytest.raises(GateUnavailable):
        run("threading.Event().wait()", wall_seconds=1)
    assert children() <= before, "neither running nor a zombie"


def children() -> set[str]:
    """Process ids of this process's children, dead ones that nobody waited for among them."""
    return {pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()}


@pytest.mark.parametrize("wall", [FILES, CALLS, FILES + CALLS])
@pytest.mark.parametrize(
    "deed",
    [
        "open('/etc/passwd')",
        "open('/tmp/left-by-the-child', 'w')",
        "socket.socket(socket.AF_UNIX)",
        "socket.socket(socket.AF_INET)",
    ],
)
def test_a_child_reaches_no_file_and_no_socket(wall: str, deed: str) -> None:
    code, output = run(wall + f"attempt(lambda: {deed})")
    assert code == 0
    assert output == "OSError"
    assert not Path("/tmp/left-by-the-child").exists()


@pytest.mark.parametrize(
    "deed",
    [
        "os.execv('/bin/true', ['true'])",
        "os.fork()",
        "os.kill(os.getppid(), 0)",
        "os.unlink('/tmp/nothing-here')",
        "resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))",
        "os.stat('/etc')",
        "os.dup(0)",
        "os.pipe()",
        "os.memfd_create('x')",
        "os.getuid() == 99999 or os.chdir('/')",
    ],
)
def test_the_kernel_filter_refuses_what_arithmetic_does_not_need(deed: str) -> None:
    assert run(CALLS + f"attempt(lambda: {deed})") == (0, "OSError")


@pytest.mark.parametrize("deed", ["open('/etc/passwd')", "socket.socket(socket.AF_UNIX)", "os.pipe()"])
@pytest.mark.parametrize("filtered", [True, False])
def test_the_walls_stand_while_the_gate_decodes_and_running_into_them_is_a_fault_of_the_gate(
    deed: str, filtered: bool
) -> None:
    without_filter = "" if filtered else "gate_child.forbid_system_calls = lambda: False\n"
    told = json.dumps(orders("JPEG"))
    code, output = run(
        f"import gate_child\n{without_filter}gate_child.clean = lambda *_: {deed}\nsys.argv[1:] = [{told!r}]\ngate_child.main()"
    )
    assert code == 1  # which the parent reads as GateUnavailable
    assert "OSError: [Errno 38]" in output if filtered else "OSError: [Errno 24]" in output


def test_the_limits_of_the_gate_are_those_of_the_orders() -> None:
    told = orders("JPEG")
    kinds = (
        "resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE, resource.RLIMIT_CORE"
    )
    code, output = run(
        "import gate_child\ngate_child.forbid_system_calls = lambda: False\n"
        f"gate_child.clean = lambda *_: [dict(state=[resource.getrlimit(kind)[0] for kind in ({kinds})])]\n"
        f"sys.argv[1:] = [{json.dumps(told)!r}]\ngate_child.main()"
    )
    limits = told["limits"]
    assert code == 0
    assert json.loads(output)["state"] == [limits["memory_bytes"], limits["cpu_seconds"], limits["output_bytes"], 3, 0]


def test_threads_which_the_heif_decoder_needs_still_start() -> None:
    program = "thread = threading.Thread(target=lambda: None); attempt(lambda: (thread.start(), thread.join()))"
    assert run(FILES + CALLS + program) == (0, "done")


def test_a_child_inherits_no_descriptor_no_environment_and_no_folder() -> None:
    secret = os.open("/etc/hostname", os.O_RDONLY)
    os.set_inheritable(secret, True)
    try:
        code, output = run(
            "os.write(1, repr((sorted(os.listdir('/proc/self/fd')), dict(os.environ), os.getcwd())).encode())"
        )
    finally:
        os.close(secret)
    assert code == 0
    descriptors, environment, folder = eval(output)
    assert set(descriptors) <= {"0", "1", "2", "3"}  # 3 is the listing itself
    assert set(environment) <= {"LC_CTYPE"}  # which Python sets by itself
    assert folder == "/"


def test_the_filter_is_known_for_both_machines_that_servers_have_and_no_other() -> None:
    assert confinement.filter_program("x86_64") != confinement.filter_program("aarch64")
    assert confinement.filter_program("sparc") is None


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_every_way_through_the_filter_ends_in_a_verdict(machine: str) -> None:
    import struct

    program = confinement.filter_program(machine)
    steps = [struct.unpack("HBBI", program[at : at + 8]) for at in range(0, len(program), 8)]
    assert [step[0] for step in steps[-2:]] == [0x06, 0x06]
    for at, (code, if_true, if_false, _) in enumerate(steps):
        if code in (0x15, 0x45):
            assert at + 1 + max(if_true, if_false) < len(steps)
