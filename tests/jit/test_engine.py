"""Text becomes machine code for the target that was asked for, and is freed again."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading

import pytest

from wengert._jit import engine

ADD = """
define internal double @twice(double %x) alwaysinline {
  %y = fmul double %x, 2.0
  ret double %y
}
define double @add(double %x, double %y) {
  %two = call double @twice(double %y)
  %sum = fadd double %x, %two
  ret double %sum
}
define private double @hidden(double %x) {
  ret double %x
}
define i64 @"a name"() {
  ret i64 7
}
"""
binary = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double, ctypes.c_double)


def test_text_runs_and_exports_what_is_not_internal() -> None:
    library = engine.compile_text(ADD)
    assert binary(library.address("add"))(1.5, 2.0) == 5.5
    assert ctypes.CFUNCTYPE(ctypes.c_int64)(library.address("a name"))() == 7
    with pytest.raises(KeyError):
        library.address("hidden")


def test_two_libraries_may_define_the_same_name() -> None:
    first = engine.compile_text(ADD)
    second = engine.compile_text(ADD.replace("2.0", "3.0"))
    assert binary(first.address("add"))(0.0, 1.0) == 2.0
    assert binary(second.address("add"))(0.0, 1.0) == 3.0


def test_alwaysinline_functions_are_inlined() -> None:
    assert "call" not in engine.assembly(ADD)


def test_text_that_is_wrong_raises() -> None:
    with pytest.raises(RuntimeError, match="parsing error"):
        engine.compile_text("define double @f( {")


def test_text_that_means_nothing_raises() -> None:
    text = """
define double @f(i1 %c) {
start:
  br i1 %c, label %yes, label %end
yes:
  %x = fadd double 1.0, 2.0
  br label %end
end:
  ret double %x
}
"""
    with pytest.raises(RuntimeError, match="does not dominate"):
        engine.compile_text(text, cache=False)


def test_an_unknown_target_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WENGERT_TARGET", "x86-65")
    with pytest.raises(ValueError) as caught:
        engine.compile_text(ADD)
    assert str(caught.value) == (
        "WENGERT_TARGET='x86-65' is not a target. Use one of native, x86-64, x86-64-v2, "
        "x86-64-v3, x86-64-v4."
    )


PLACE = """
import sys
from wengert._jit import engine
before = "llvmlite" in sys.modules
text = engine.assembly('''
define <16 x float> @f(<16 x float> %x) {
  %y = fmul <16 x float> %x, %x
  ret <16 x float> %y
}''')
print(before, engine.target().vector_bytes, "zmm" in text, "ymm" in text, "xmm" in text)
"""


@pytest.mark.parametrize(
    ("name", "expected"),
    [("x86-64", "16 False False True"), ("x86-64-v3", "32 False True False")],
)
def test_a_forced_target_uses_its_registers_alone(name: str, expected: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PLACE],
        env={**os.environ, "WENGERT_TARGET": name},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == f"False {expected}"


FORKS = """
import ctypes, os, threading
from wengert._jit import engine

def made(number):
    text = f"define i64 @f() {{\\n  ret i64 {number}\\n}}"
    library = engine.compile_text(text, cache=False)
    return ctypes.CFUNCTYPE(ctypes.c_int64)(library.address("f"))()

stop = threading.Event()
def work():
    number = 0
    while not stop.is_set():
        number += 1
        assert made(number) == number

made(0)
thread = threading.Thread(target=work)
thread.start()
children = []
for number in range(20):
    child = os.fork()
    if not child:
        os._exit(0 if made(number) == number else 1)
    children.append(child)
codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
stop.set()
thread.join()
print(codes)
"""


def test_a_process_may_be_forked_while_another_thread_compiles() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKS], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == str([0] * 20)


def test_threads_may_compile_at_the_same_time() -> None:
    wrong: list[int] = []

    def work(first: int) -> None:
        for number in range(first, first + 10):
            text = f"define double @f() {{\n  ret double {float(number)}\n}}"
            library = engine.compile_text(text, cache=False)
            if ctypes.CFUNCTYPE(ctypes.c_double)(library.address("f"))() != number:
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(100 * index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_symbols_are_bound_to_their_addresses() -> None:
    twice = binary(lambda x, y: 2 * x + y)
    text = """
declare double @outside(double, double)
define double @f(double %x, double %y) {
  %z = call double @outside(double %x, double %y)
  ret double %z
}
"""
    address = ctypes.cast(twice, ctypes.c_void_p).value or 0
    library = engine.compile_text(text, cache=False, symbols={"outside": address})
    assert binary(library.address("f"))(3.0, 4.0) == 10.0


def test_a_library_that_nobody_uses_is_freed() -> None:
    stores = [f"store volatile i64 {number}, ptr %p" for number in range(4000)]
    text = "\n".join(["define void @f(ptr %p) {", *stores, "ret void", "}"])
    size = engine.compile_text(text).object_bytes
    assert size > 20_000

    def resident() -> int:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    for _ in range(100):
        engine.compile_text(text)
    before = resident()
    for _ in range(400):
        engine.compile_text(text)
    assert resident() - before < 400 * size // 4
