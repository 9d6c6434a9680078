"""Guards, results, errors and lifetimes of builtins: compiled entries, and the way by ctypes."""

from __future__ import annotations

import ctypes
import gc
import pickle
import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from wengert._jit import entry, interpreter
from wengert._jit.builtin import canonical, make_builtin
from wengert._jit.entry import ArraySpec, NumberSpec, OutputSpec

F32, F64, I64 = np.dtype("float32"), np.dtype("float64"), np.dtype("int64")

# The first output is the first input plus one; an error if that input is negative.
PLUS_ONE = """
define i32 @program(ptr %inputs, ptr %outputs, ptr %arena) {
  %a = load ptr, ptr %inputs
  %o = load ptr, ptr %outputs
  %x = load double, ptr %a
  %y = fadd double %x, 1.0
  store double %y, ptr %o
  %negative = fcmp olt double %x, 0.0
  %code = select i1 %negative, i32 7, i32 0
  ret i32 %code
}
"""
NOTHING = """
define i32 @program(ptr %inputs, ptr %outputs, ptr %arena) {
  ret i32 0
}
"""


def slow(*arguments: Any) -> Any:
    return ("slow", *arguments)


@pytest.fixture(params=["entry", "ctypes"])
def route(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "ctypes":
        monkeypatch.setattr(interpreter, "layout_is_known", lambda: False)
    return str(request.param)


def plus_one(**options: Any) -> Callable[..., Any]:
    given = {"specs": [ArraySpec(F64, (1,))], "outputs": [OutputSpec(F64, ())], "slow": slow}
    return make_builtin(
        "plus_one",
        entry_symbol="program",
        ir=PLUS_ONE,
        **{"release_gil": False, **given, **options},
    )


def accepts(spec: ArraySpec | NumberSpec, argument: Any) -> bool:
    """Whether a builtin with one parameter runs its program on the argument."""
    call = make_builtin("f", [spec], [], "program", NOTHING, slow, False)
    result = call(argument)
    assert result in ((), ("slow", argument)) or result[1] is argument
    return result == ()


# ---- results ------------------------------------------------------------------------------------


@pytest.mark.parametrize("release_gil", [False, True])
@pytest.mark.parametrize("arena_bytes", [0, 1000])
def test_a_call_returns_a_tuple_of_fresh_arrays(
    route: str, release_gil: bool, arena_bytes: int
) -> None:
    call = plus_one(release_gil=release_gil, arena_bytes=arena_bytes)
    argument = np.array([3.0])
    first = call(argument)
    second = call(argument)
    assert type(first) is tuple
    assert type(first[0]) is np.ndarray
    assert (first[0].dtype, first[0].shape) == (F64, ())
    assert first[0] == second[0] == 4.0
    assert first[0] is not second[0]
    first[0][...] = 0.0
    assert second[0] == 4.0


def test_outputs_have_their_shapes_and_dtypes(route: str) -> None:
    shapes = [(), (0,), (3,), (2, 0, 4), (2, 3, 4)]
    dtypes = [np.dtype(name) for name in ("bool", "uint8", "int16", "float32", "float64")]
    outputs = [OutputSpec(dtype, shape) for dtype, shape in zip(dtypes, shapes)]
    results = make_builtin("f", [], outputs, "program", NOTHING, slow, False)()
    for result, dtype, shape in zip(results, dtypes, shapes, strict=True):
        assert (result.dtype, result.shape) == (dtype, shape)
        assert result.dtype is dtype
        assert result.flags.c_contiguous
        assert result.flags.writeable
        assert result.flags.owndata


def test_large_results_start_where_stores_are_cheap() -> None:
    shapes = [(entry.ALIGNED_FROM,), (3, 999, 7), (100_001,)]
    dtypes = [np.dtype(name) for name in ("bool", "float32", "float64")]
    outputs = [OutputSpec(dtype, shape) for dtype, shape in zip(dtypes, shapes)]
    call = make_builtin("f", [], outputs, "program", NOTHING, slow, False)
    kept = [call() for _ in range(5)]
    for results in kept:
        for result, dtype, shape in zip(results, dtypes, shapes, strict=True):
            assert (result.dtype, result.shape) == (dtype, shape)
            assert result.ctypes.data % entry.ALIGNMENT == 0
            assert result.flags.carray
            result.flags.writeable = False
            result.flags.writeable = True
            result[...] = 1
            # It lies inside the memory that it keeps alive.
            start, end = np.lib.array_utils.byte_bounds(result.base)
            low, high = np.lib.array_utils.byte_bounds(result)
            assert start <= low < high <= end
    held = [weakref.ref(result.base) for results in kept for result in results]
    assert all(reference() is not None for reference in held)
    last = kept.pop()
    kept.clear()
    del results, result
    assert [reference() is not None for reference in held] == [False] * 12 + [True] * 3
    assert all(np.all(result == 1) for result in last)


def test_results_that_do_not_fit_into_memory_raise() -> None:
    for extent in (2**46, 2**60):
        outputs = [OutputSpec(F64, (4,)), OutputSpec(F64, (extent,))]
        call = make_builtin("f", [], outputs, "program", NOTHING, slow, False)
        for _ in range(2):
            with pytest.raises((MemoryError, ValueError)):
                call()


STRIDED = """
define i32 @program(ptr %inputs, ptr %outputs, ptr %arena) {
start:
  %a = load ptr, ptr %inputs
  %o = load ptr, ptr %outputs
  br label %each
each:
  %i = phi i64 [0, %start], [%next, %each]
  %back = mul i64 %i, -24
  %from = getelementptr i8, ptr %a, i64 %back
  %to = getelementptr double, ptr %o, i64 %i
  %x = load double, ptr %from
  store double %x, ptr %to
  %next = add i64 %i, 1
  %more = icmp ult i64 %next, 4
  br i1 %more, label %each, label %end
end:
  ret i32 0
}
"""


def test_a_strided_input_is_read_where_it_lies(route: str) -> None:
    memory = np.arange(12.0).reshape(4, 3)
    column = memory[::-1, 1]
    spec = ArraySpec(F64, (4,), strides=(-24,))
    call = make_builtin("f", [spec], [OutputSpec(F64, (4,))], "program", STRIDED, slow, False)
    np.testing.assert_array_equal(call(column)[0], [10.0, 7.0, 4.0, 1.0])
    assert call(memory[:, 1])[0] == "slow"


NUMBERS = """
define i32 @program(ptr %inputs, ptr %outputs, ptr %arena) {
  %a = load ptr, ptr %inputs
  %at = getelementptr ptr, ptr %inputs, i64 1
  %b = load ptr, ptr %at
  %x = load double, ptr %a
  %n = load i64, ptr %b
  %m = sitofp i64 %n to double
  %sum = fadd double %x, %m
  %o = load ptr, ptr %outputs
  store double %sum, ptr %o
  ret i32 0
}
"""


def test_numbers_arrive_in_slots(route: str) -> None:
    specs = [NumberSpec(float), NumberSpec(int)]
    call = make_builtin("f", specs, [OutputSpec(F64, ())], "program", NUMBERS, slow, False)
    assert call(2.5, 40)[0] == 42.5
    assert call(-0.5, -(2**62))[0] == -0.5 - 2**62
    assert call(2.5, 2**63) == ("slow", 2.5, 2**63)
    assert call(2.5, -(2**63))[0] == 2.5 - 2**63
    assert call(2.5, -(2**63) - 1) == ("slow", 2.5, -(2**63) - 1)


# ---- guards -------------------------------------------------------------------------------------


class Subclass(np.ndarray[Any, Any]):
    pass


def unaligned() -> Any:
    return np.zeros(49, np.uint8)[1:].view(F64).reshape(2, 3)


def read_only() -> Any:
    array = np.zeros((2, 3))
    array.flags.writeable = False
    return array


def unpickled() -> Any:
    return pickle.loads(pickle.dumps(np.zeros((2, 3))))


WRONG: dict[str, Any] = {
    "subclass": np.zeros((2, 3)).view(Subclass),
    "masked array": np.ma.zeros((2, 3)),
    "list": [[0.0] * 3] * 2,
    "number": 1.0,
    "none": None,
    "scalar": np.float64(1),
    "type": np.ndarray,
    "other dtype": np.zeros((2, 3), F32),
    "dtype of the same size": np.zeros((2, 3), I64),
    "byte order": np.zeros((2, 3), ">f8"),
    "fewer axes": np.zeros(6),
    "more axes": np.zeros((2, 3, 1)),
    "first axis": np.zeros((1, 3)),
    "last axis": np.zeros((2, 4)),
    "swapped axes": np.zeros((3, 2)),
    "transposed": np.zeros((3, 2)).T,
    "every second": np.zeros((2, 6))[:, ::2],
    "backwards": np.zeros((2, 3))[::-1],
    "broadcast": np.broadcast_to(np.zeros(3), (2, 3)),
    "unaligned": unaligned(),
}


def test_the_array_that_fits_is_taken(route: str) -> None:
    for array in (
        np.zeros((2, 3)),
        np.ones((4, 3))[1:3],
        np.asfortranarray(np.ones((2, 3))).copy(),
    ):
        assert accepts(ArraySpec(F64, (2, 3)), array)


@pytest.mark.parametrize("name", WRONG)
def test_an_array_that_differs_in_one_thing_goes_the_slow_way(route: str, name: str) -> None:
    argument = WRONG[name]
    call = make_builtin("f", [ArraySpec(F64, (2, 3))], [], "program", NOTHING, slow, False)
    result = call(argument)
    assert result[0] == "slow"
    assert result[1] is argument


def test_the_number_of_arguments_is_checked(route: str) -> None:
    call = plus_one()
    x = np.array([3.0])
    assert call() == ("slow",)
    assert call(x, x) == ("slow", x, x)


def test_keywords_are_refused(route: str) -> None:
    with pytest.raises(TypeError):
        plus_one()(x=np.array([3.0]))


@pytest.mark.parametrize("position", range(3))
def test_every_argument_is_checked(route: str, position: int) -> None:
    specs = [ArraySpec(F64, (2,)), NumberSpec(float), ArraySpec(F32, ())]
    call = make_builtin("f", specs, [], "program", NOTHING, slow, False)
    arguments: list[Any] = [np.zeros(2), 1.0, np.zeros((), F32)]
    assert call(*arguments) == ()
    arguments[position] = "wrong"
    assert call(*arguments) == ("slow", *arguments)


@pytest.mark.parametrize("writeable", [False, True])
def test_only_what_is_written_must_be_writeable(route: str, writeable: bool) -> None:
    spec = ArraySpec(F64, (2, 3), writeable=writeable)
    assert accepts(spec, np.zeros((2, 3)))
    assert accepts(spec, read_only()) is not writeable


def test_strides_are_exact_where_they_matter(route: str) -> None:
    spec = ArraySpec(F64, (2, 3), strides=(8, 16))
    assert accepts(spec, np.zeros((3, 2)).T)
    assert not accepts(spec, np.zeros((2, 3)))
    assert not accepts(spec, np.zeros((3, 4))[:, :2].T)
    single = ArraySpec(F64, (1, 3), strides=(8, 16))
    assert accepts(single, np.zeros((3, 2))[:, :1].T)
    assert accepts(single, np.zeros((9, 6))[::9, ::2])
    assert not accepts(single, np.zeros((1, 3)))
    empty = ArraySpec(F64, (0, 3), strides=(8, 16))
    assert accepts(empty, np.zeros((0, 3)))
    assert accepts(empty, np.zeros((3, 0)).T)


def test_empty_and_zero_dimensional_arrays_fit(route: str) -> None:
    assert accepts(ArraySpec(F64, ()), np.zeros(()))
    assert not accepts(ArraySpec(F64, ()), np.zeros(1))
    assert accepts(ArraySpec(F64, (0,)), np.zeros(0))
    assert accepts(ArraySpec(F64, (3, 0)), np.zeros((3, 0)))
    assert not accepts(ArraySpec(F64, (3, 0)), np.zeros((0, 3)))


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        (float, [0.0, float("nan")], [1, True, np.float64(1), None, "1", 1j]),
        (int, [0, -5], [1.0, True, np.int64(1), None, "1", 2**63, -(2**63) - 1, 10**100]),
    ],
)
def test_numbers_must_be_of_the_very_type(
    route: str, kind: type[float], right: list[Any], wrong: list[Any]
) -> None:
    assert all(accepts(NumberSpec(kind), number) for number in right)
    assert not any(accepts(NumberSpec(kind), number) for number in wrong)


def test_an_unpickled_array_fits_once_it_is_canonical(route: str) -> None:
    spec = ArraySpec(F64, (2, 3))
    array = unpickled()
    assert not accepts(spec, array)
    fitting = canonical(array)
    assert accepts(spec, fitting)
    assert np.shares_memory(array, fitting)
    assert canonical(fitting) is fitting
    swapped = np.zeros(3, ">f8")
    assert canonical(swapped) is swapped
    native = np.zeros(3, F64.newbyteorder("="))
    assert accepts(ArraySpec(F64, (3,)), canonical(native))


# ---- errors -------------------------------------------------------------------------------------


@pytest.mark.parametrize("release_gil", [False, True])
def test_an_error_code_raises_what_the_factory_makes(route: str, release_gil: bool) -> None:
    call = plus_one(
        release_gil=release_gil, arena_bytes=64, error=lambda code: IndexError(f"code {code}")
    )
    for _ in range(3):
        with pytest.raises(IndexError, match="code 7"):
            call(np.array([-2.0]))
        assert call(np.array([2.0]))[0] == 3.0


def test_an_error_without_a_factory_names_its_code(route: str) -> None:
    with pytest.raises(RuntimeError) as caught:
        plus_one()(np.array([-2.0]))
    assert str(caught.value) == "compiled code returned error 7"


def test_a_factory_that_fails_is_seen(route: str) -> None:
    with pytest.raises(ZeroDivisionError):
        plus_one(error=lambda code: 1 // 0)(np.array([-2.0]))


def test_what_the_slow_way_raises_is_raised(route: str) -> None:
    def fails(*arguments: Any) -> Any:
        raise LookupError(len(arguments))

    call = plus_one(slow=fails)
    with pytest.raises(LookupError, match="2"):
        call(1, 2)
    assert call(np.array([1.0]))[0] == 2.0


def test_memory_that_is_not_there_raises(route: str) -> None:
    outputs = [OutputSpec(F64, (3,)), OutputSpec(F64, (2**57,)), OutputSpec(F64, (3,))]
    call = make_builtin("f", [], outputs, "program", NOTHING, slow, False)
    for _ in range(3):
        with pytest.raises(MemoryError):
            call()


def test_an_output_that_cannot_be_made_frees_the_others() -> None:
    outputs = [OutputSpec(F64, (100_000,)), OutputSpec(F64, (2**57,))]
    call = make_builtin("f", [], outputs, "program", NOTHING, slow, False)
    gc.collect()
    before = sys.getrefcount(F64)
    for _ in range(1000):
        with pytest.raises(MemoryError):
            call()
    # An array that were left behind would hold its dtype.
    assert sys.getrefcount(F64) - before < 100


# ---- lifetimes ----------------------------------------------------------------------------------


def test_calls_leave_no_references_behind(route: str) -> None:
    call = plus_one(error=lambda code: IndexError())
    fits, raises, misfit = np.array([1.0]), np.array([-1.0]), np.array([1.0, 2.0])

    def once() -> None:
        call(fits)
        call(misfit)
        with pytest.raises(IndexError):
            call(raises)

    for _ in range(3):
        once()
    gc.collect()
    watched = (fits, raises, misfit, F64, call, slow, np.ndarray)
    before = [sys.getrefcount(value) for value in watched]
    objects = len(gc.get_objects())
    for _ in range(200):
        once()
    gc.collect()
    assert [sys.getrefcount(value) for value in watched] == before
    assert abs(len(gc.get_objects()) - objects) < 50


def test_error_codes_leave_nothing_behind(route: str) -> None:
    text = NOTHING.replace("ret i32 0", "ret i32 123456")
    call = make_builtin("f", [], [], "program", text, slow, False)

    def once() -> None:
        with pytest.raises(RuntimeError, match="123456"):
            call()

    for _ in range(100):
        once()
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(2000):
        once()
    gc.collect()
    assert sys.getallocatedblocks() - before < 500


def test_numbers_leave_no_references_behind(route: str) -> None:
    call = make_builtin(
        "f", [NumberSpec(float), NumberSpec(int)], [], "program", NOTHING, slow, False
    )
    x, n, far = 1.25, 12345678901, 10**30
    before = [sys.getrefcount(value) for value in (x, n, far)]
    for _ in range(100):
        call(x, n)
        call(x, far)
    assert [sys.getrefcount(value) for value in (x, n, far)] == before


def test_results_are_freed(route: str) -> None:
    result = plus_one()(np.array([1.0]))
    (array,) = result
    gone = weakref.ref(array)
    assert sys.getrefcount(result) == 2
    del result, array
    assert gone() is None


def test_a_builtin_that_nobody_uses_frees_what_it_holds(route: str) -> None:
    class Slow:
        def __call__(self, *arguments: Any) -> Any:
            return None

    way = Slow()
    call = plus_one(slow=way)
    gone = weakref.ref(way)
    del way
    assert gone() is not None
    del call
    gc.collect()
    assert gone() is None


def test_a_cycle_through_the_slow_way_is_collected(route: str) -> None:
    class Program:
        def __init__(self) -> None:
            self.call = plus_one(slow=self.slow)

        def slow(self, *arguments: Any) -> Any:
            return self.call(np.array([1.0]))

    program = Program()
    assert program.call("other")[0] == 2.0
    gone = weakref.ref(program)
    del program
    gc.collect()
    assert gone() is None


def test_the_slow_way_may_call_the_builtin_again(route: str) -> None:
    calls: list[Any] = []

    def again(*arguments: Any) -> Any:
        calls.append(arguments)
        return function(np.array([float(len(arguments))]))

    function = plus_one(slow=again, arena_bytes=64)
    assert function(1, 2, 3)[0] == 4.0
    assert calls == [(1, 2, 3)]


# ---- threads ------------------------------------------------------------------------------------

# Tells its arena, says that it has come in, and waits until it is let out.
WAITING = """
define i32 @program(ptr %inputs, ptr %outputs, ptr %arena) {
start:
  %a = load ptr, ptr %inputs
  %o = load ptr, ptr %outputs
  %number = ptrtoint ptr %arena to i64
  store i64 %number, ptr %o
  store i64 11, ptr %arena
  %came = getelementptr i64, ptr %a, i64 1
  store atomic i64 1, ptr %came seq_cst, align 8
  br label %wait
wait:
  %let = load atomic i64, ptr %a seq_cst, align 8
  %out = icmp ne i64 %let, 0
  br i1 %out, label %end, label %wait
end:
  %held = load i64, ptr %arena
  %right = icmp eq i64 %held, 11
  %code = select i1 %right, i32 0, i32 1
  store i64 22, ptr %arena
  ret i32 %code
}
"""


def test_calls_at_the_same_time_have_arenas_of_their_own(route: str) -> None:
    call = make_builtin(
        "f",
        [ArraySpec(I64, (2,), writeable=True)],
        [OutputSpec(I64, ())],
        "program",
        WAITING,
        slow,
        True,
        arena_bytes=4096,
    )
    gates = [np.zeros(2, np.int64) for _ in range(3)]
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda gate=gate: found.append(int(call(gate)[0])), daemon=True)
        for gate in gates
    ]
    for thread, gate in zip(threads, gates):
        thread.start()
        # Python runs on while the program waits: the lock of the interpreter is free.
        while not gate[1]:
            thread.join(0.001)
            assert thread.is_alive()
    inside = int(call(np.ones(2, np.int64))[0])
    for thread, gate in zip(threads, gates):
        gate[0] = 1
        thread.join()
    arenas = {inside, *found}
    assert len(arenas) == 4
    assert all(arena % 64 == 0 for arena in arenas)
    if route == "entry":
        # The first call had the arena of the program, and gave it back.
        assert int(call(np.ones(2, np.int64))[0]) == found[0]


def waiting_with(monkeypatch: pytest.MonkeyPatch, **functions: Any) -> Callable[..., Any]:
    """The waiting program, calling other C functions than the interpreter's."""
    addresses = dict(interpreter.function_addresses())
    for name, function in functions.items():
        addresses[name] = ctypes.cast(function, ctypes.c_void_p).value or 0
    monkeypatch.setattr(interpreter, "function_addresses", lambda: addresses)
    specs, outputs = [ArraySpec(I64, (2,), writeable=True)], [OutputSpec(I64, ())]
    return make_builtin("f", specs, outputs, "program", WAITING, slow, True, arena_bytes=4096)


def beside_another_call(call: Callable[..., Any], check: Callable[[], None]) -> None:
    """Run a check while a thread is inside the call, then let the thread go."""
    gate = np.zeros(2, np.int64)
    thread = threading.Thread(target=call, args=(gate,), daemon=True)
    thread.start()
    while not gate[1]:
        thread.join(0.001)
    check()
    gate[0] = 1
    thread.join()


def test_an_arena_that_cannot_be_had_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_size_t)(lambda size: None)
    call = waiting_with(monkeypatch, PyMem_RawMalloc=nothing)

    def check() -> None:
        with pytest.raises(MemoryError):
            call(np.ones(2, np.int64))

    beside_another_call(call, check)
    assert call(np.ones(2, np.int64))[0] % 64 == 0


def test_a_second_arena_lies_inside_its_memory_and_is_freed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory = np.zeros(8192, np.uint8)
    sizes: list[int] = []
    freed: list[int] = []
    starts = iter(memory.ctypes.data + place for place in (8, 16, 40, 56, 64))
    given: list[int] = []

    def malloc(size: int) -> int:
        sizes.append(size)
        given.append(next(starts))
        return given[-1]

    call = waiting_with(
        monkeypatch,
        PyMem_RawMalloc=ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_size_t)(malloc),
        PyMem_RawFree=ctypes.CFUNCTYPE(None, ctypes.c_void_p)(freed.append),
    )

    def check() -> None:
        for _ in range(5):
            arena = int(call(np.ones(2, np.int64))[0])
            assert arena % 64 == 0
            assert given[-1] <= arena <= given[-1] + sizes[-1] - 4096

    beside_another_call(call, check)
    assert freed == given
    assert len(given) == 5


def test_many_threads_get_right_results(route: str) -> None:
    call = plus_one(release_gil=True, arena_bytes=256, error=lambda code: IndexError())
    wrong: list[Any] = []

    def work(first: int) -> None:
        for number in range(first, first + 300):
            if call(np.array([float(number)]))[0] != number + 1:
                wrong.append(number)
            if call("other") != ("slow", "other"):
                wrong.append("slow")
            try:
                call(np.array([-1.0]))
            except IndexError:
                continue
            wrong.append("error")

    threads = [threading.Thread(target=work, args=(1000 * k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# ---- the interpreter ----------------------------------------------------------------------------


def test_the_layout_is_known_here() -> None:
    assert interpreter.layout_is_known()
    call = plus_one()
    assert type(call) is type(len)
    assert call.__name__ == "plus_one"


def change_implementation(patch: pytest.MonkeyPatch) -> None:
    other = type(sys.implementation)(**{**vars(sys.implementation), "name": "pypy"})
    patch.setattr(sys, "implementation", other)


def change_lock(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sys, "_is_gil_enabled", lambda: False, raising=False)


def change_pointers(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(interpreter, "NDIM", interpreter.NDIM + 8)


def change_strides(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(interpreter, "STRIDES", interpreter.DIMS)


def change_size(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(interpreter, "FLAGS", interpreter.FLAGS + 1000)


def change_functions(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(interpreter, "PYTHON_FUNCTIONS", ("PyObject_Vectorcall", "PyNo_Such"))


@pytest.mark.parametrize(
    "change",
    [
        change_implementation,
        change_lock,
        change_pointers,
        change_strides,
        change_size,
        change_functions,
    ],
)
def test_another_interpreter_is_recognised(
    monkeypatch: pytest.MonkeyPatch, change: Callable[[pytest.MonkeyPatch], None]
) -> None:
    probe = interpreter.layout_is_known.__wrapped__
    assert probe()
    change(monkeypatch)
    assert not probe()
