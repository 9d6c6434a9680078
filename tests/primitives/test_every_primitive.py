"""Every declared primitive in every mode, generated from the registry.

Values come from `oracles`, derivatives from differences of the oracles in 40 digits. A primitive
without samples or without an oracle fails here.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy
import pytest

import wengert
from wengert import func
from wengert._declare.elementwise import Elementwise
from wengert._declare.registry import primitives
from wengert._graph.graph import aval
from wengert._record.functions import evaluate, trace_function

from . import cases as c
from . import measures as m
from .oracles import ELEMENTWISE, WHOLE, Array

CASES = c.cases()
MOVING = [case for case in CASES if case.moving]


def _id(value: Any) -> str:
    return f"{value.name}-{value.index}" if isinstance(value, c.Case) else str(value)


def _in_dtypes(found: list[c.Case]) -> list[tuple[c.Case, str]]:
    return [(case, dtype) for case in found for dtype in c.tested_dtypes(case.name)]


def _close(got: Any, want: Any, bound: float) -> None:
    got, want = numpy.asarray(got), numpy.asarray(want)
    assert got.shape == want.shape
    scale = max(1.0, float(numpy.max(numpy.abs(want), initial=0)))
    numpy.testing.assert_allclose(got, want, rtol=0, atol=bound * scale)


# ---- completeness -------------------------------------------------------------------------------


def test_every_primitive_has_an_oracle_and_no_oracle_is_left_over() -> None:
    assert sorted([*ELEMENTWISE, *WHOLE]) == sorted(primitives)


@pytest.mark.parametrize("name", sorted(primitives))
def test_every_primitive_has_samples(name: str) -> None:
    assert primitives[name].samples


@pytest.mark.parametrize("name", sorted(primitives))
def test_every_primitive_says_what_it_is(name: str) -> None:
    assert primitives[name].__doc__


# ---- values -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "dtype"),
    [
        (case, narrow)
        for case, dtype in _in_dtypes(CASES)
        for narrow in (dtype, dtype.replace("64", "32").replace("128", "64"))
    ],
    ids=_id,
)
def test_value(case: c.Case, dtype: str) -> None:
    case = c.cast(case, dtype)
    found = [out.numpy() for out in case.call(*c.tensors(case.operands))]
    expected = case.expected(case.operands)
    assert len(found) == len(expected)
    for got, want in zip(found, expected, strict=True):
        if got.dtype.kind in "fc":
            _close(got, c.rounded(want, numpy.result_type(got.dtype, "float64")), _bound(case))
        else:
            numpy.testing.assert_array_equal(got, c.rounded(want, got.dtype))


def _bound(case: c.Case) -> float:
    dtypes = [operand.dtype for operand in case.operands if operand.dtype.kind in "fc"]
    if "dtype" in case.params and case.params["dtype"].kind in "fc":
        dtypes.append(case.params["dtype"])
    worst = max((float(numpy.finfo(dtype).eps) for dtype in dtypes), default=2.0**-52)
    return 64 * worst


INTEGERS = [
    (case, dtype)
    for case in CASES
    if isinstance(case.primitive, Elementwise)
    for dtype in ("bool", "uint8", "int8", "int32", "int64")
    if numpy.dtype(dtype).kind in case.primitive.dtypes
    or (dtype == "uint8" and "i" in case.primitive.dtypes)
]


@pytest.mark.parametrize(("case", "dtype"), INTEGERS, ids=_id)
def test_value_of_integers_and_bools(case: c.Case, dtype: str) -> None:
    rng = c.generator(case.name, case.index, dtype)
    low, high = (0, 2) if dtype == "bool" else (1, 4) if case.name == "pow" else (-9, 10)
    operands: list[Array] = []
    for position, operand in enumerate(case.operands):
        values = rng.integers(low, high, operand.shape)
        if case.name in ("remainder", "fmod", "floor_divide", "shift_right") and position:
            values = numpy.where(values == 0, 3, abs(values))
        if dtype == "uint8":
            values = abs(values)
        operands.append(values.astype(dtype))
    if case.name == "where":
        operands[0] = operands[0] > 0
    if case.name in ("hash64", "shift_right") and dtype != "int64":
        return
    (found,) = [out.numpy() for out in case.call(*c.tensors(operands))]
    expected = case.expected(operands)[0]
    assert found.dtype == ("bool" if case.primitive.kind == "bool" else dtype)
    numpy.testing.assert_array_equal(found, c.rounded(expected, found.dtype))


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.operands and case.operands[0].ndim], ids=_id
)
def test_value_and_gradient_do_not_depend_on_the_memory_layout(case: c.Case) -> None:
    layouts = {
        "transposed": lambda x: numpy.array(x.T, order="C").T,
        "strided": lambda x: numpy.repeat(x, 2, axis=-1)[..., ::2] if x.ndim else x,
        "reversed": lambda x: numpy.ascontiguousarray(x[..., ::-1])[..., ::-1] if x.ndim else x,
        "read-only": lambda x: numpy.broadcast_to(x, x.shape),
    }
    plain = _value_and_gradients(case, [numpy.array(x) for x in case.operands])
    for lay_out in layouts.values():
        laid_out = _value_and_gradients(case, [lay_out(numpy.array(x)) for x in case.operands])
        for got, want in zip(laid_out, plain, strict=True):
            _close(got, want, 1e-14)


def _value_and_gradients(case: c.Case, operands: list[Array]) -> list[Array]:
    inputs = [wengert.from_numpy(operand) for operand in operands]
    outputs = case.call(*inputs)
    found = [out.numpy() for out in outputs]
    if case.moving:
        weights = c.tensors(m.cotangents(case, outputs, "layout"))
        for i in case.moving:
            inputs[i] = wengert.from_numpy(operands[i]).requires_grad_()
        outs = [out for out in case.call(*inputs) if m.inexact(out)]
        moving = [inputs[i] for i in case.moving]
        pulled = wengert.autograd.grad(outs, moving, weights, materialize_grads=True)
        found += [g.numpy() for g in pulled]
    return found


BINARY = [
    case
    for case in CASES
    if isinstance(case.primitive, Elementwise)
    and case.primitive.arity == 2
    and case.operands[0].shape == case.operands[1].shape == ()
    and "f" in case.primitive.dtypes
]


@pytest.mark.parametrize("position", [0, 1])
@pytest.mark.parametrize("case", BINARY, ids=_id)
def test_an_operand_may_be_a_python_number(case: c.Case, position: int) -> None:
    values = [operand.item() for operand in case.operands]
    operands: list[Any] = [wengert.tensor(value, dtype="float64") for value in values]
    operands[position] = values[position]
    other = 1 - position
    (value,) = case.call(*operands)
    want = case.expected(case.operands)[0]
    _close(value.numpy(), c.rounded(want, value.dtype), 1e-14)
    if other in case.moving:
        tangents = {other: numpy.array(1.0)}
        (slope,) = m.first_difference(case, [value], tangents)

        def function(x: Any) -> Any:
            changed = list(operands)
            changed[other] = x
            return case.call(*changed)[0]

        _close(func.grad(function)(operands[other]).numpy(), slope, 1e-12)
        _close(func.jacfwd(function)(operands[other]).numpy(), slope, 1e-12)


# ---- first derivatives --------------------------------------------------------------------------


@pytest.mark.parametrize(("case", "dtype"), _in_dtypes(MOVING), ids=_id)
def test_forward_derivative_is_that_of_the_oracle(case: c.Case, dtype: str) -> None:
    case = c.cast(case, dtype)
    outputs = m.Walked(case).outputs()
    for moving in _subsets(case.moving):
        tangents = {i: t for i, t in m.directions(case, "t").items() if i in moving}
        found = m.Walked(case, moving).jvp(tangents)
        for got, want in zip(found, m.first_difference(case, outputs, tangents), strict=True):
            _close(got, want, max(1e-12, _bound(case)))


@pytest.mark.parametrize(("case", "dtype"), _in_dtypes(MOVING), ids=_id)
def test_reverse_is_the_transpose_of_forward(case: c.Case, dtype: str) -> None:
    case = c.cast(case, dtype)
    outputs = m.Walked(case).outputs()
    u = m.cotangents(case, outputs, "u")
    for moving in _subsets(case.moving):
        tangents = {i: t for i, t in m.directions(case, "t").items() if i in moving}
        pulled = m.Walked(case, moving).vjp(u)
        for i, g in zip(moving, pulled, strict=True):
            assert g.shape == case.operands[i].shape
            assert g.dtype == case.operands[i].dtype
        left = sum(
            m.inner(a, b)
            for a, b in zip(u, m.first_difference(case, outputs, tangents), strict=True)
        )
        right = sum(m.inner(g, tangents[i]) for i, g in zip(moving, pulled, strict=True))
        _close(right, left, max(1e-11, _bound(case)))


def _subsets(moving: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Each operand alone, and all of them."""
    alone = [(i,) for i in moving]
    return alone if len(moving) == 1 else [*alone, moving]


@pytest.mark.parametrize(("case", "dtype"), _in_dtypes(MOVING), ids=_id)
def test_derivatives_in_single_precision_have_its_dtype(case: c.Case, dtype: str) -> None:
    narrow = {"float64": "float32", "complex128": "complex64"}[dtype]
    wide = c.cast(case, dtype)
    outputs = m.Walked(wide).outputs()
    u, t = m.cotangents(wide, outputs, "u"), m.directions(wide, "t")
    single = c.cast(wide, narrow)
    walked = m.Walked(single)
    outs = walked.outputs()
    narrow_u = [a.astype(b.dtype) for a, b in zip(u, filter(m.inexact, outs), strict=True)]
    for got, want, i in zip(walked.vjp(narrow_u), m.Walked(wide).vjp(u), case.moving, strict=True):
        assert got.dtype == single.operands[i].dtype
        _close(got, want, 1e-4)
    pushed = walked.jvp({i: x.astype(single.operands[i].dtype) for i, x in t.items()})
    for got, want, out in zip(pushed, m.Walked(wide).jvp(t), filter(m.inexact, outs), strict=True):
        assert got.dtype == out.dtype
        _close(got, want, 1e-4)


@pytest.mark.parametrize("case", [case for case in CASES if not case.moving], ids=_id)
def test_what_has_no_derivative_gives_constants(case: c.Case) -> None:
    inputs = c.tensors(case.operands)
    for x in inputs:
        if m.inexact(x):
            x.requires_grad_()
    assert not any(out.requires_grad for out in case.call(*inputs))


# ---- second derivatives -------------------------------------------------------------------------


@pytest.mark.parametrize(("case", "dtype"), _in_dtypes(MOVING), ids=_id)
def test_second_derivative_by_every_pair_of_walks(case: c.Case, dtype: str) -> None:
    case = c.cast(case, dtype)
    walked = m.Walked(case)
    outputs = walked.outputs()
    u = m.cotangents(case, outputs, "u")
    t, s = m.directions(case, "t"), m.directions(case, "s")
    want = sum(
        m.inner(a, b) for a, b in zip(u, m.second_difference(case, outputs, t, s), strict=True)
    )
    for walks, got in walked.second(u, t, s).items():
        assert abs(got - want) <= 1e-10 * max(1.0, abs(want)), walks


# ---- batches ------------------------------------------------------------------------------------


def _variants(case: c.Case, count: int) -> list[tuple[Array, ...]]:
    """Operands of the same shapes and other values: index arrays are rolled, so they stay legal."""
    found: list[tuple[Array, ...]] = []
    for k in range(count):
        if isinstance(case.primitive, Elementwise):
            shapes = [x.shape for x in case.operands]
            fresh = c._drawn(case.primitive, shapes, ("variant", k))
        else:
            sample = case.primitive.samples[case.index]
            fresh = sample.operands(c.generator(case.name, case.index, "variant", k))
        found.append(
            tuple(
                x
                if x.dtype.kind in "fcb" or isinstance(case.primitive, Elementwise)
                else numpy.roll(x, k)
                for x in fresh
            )
        )
    return found


@pytest.mark.parametrize("case", [case for case in CASES if case.operands], ids=_id)
def test_a_batch_is_a_loop(case: c.Case) -> None:
    variants = [c.tensors(operands) for operands in _variants(case, 3)]
    arity = len(case.operands)
    for batched in itertools.product([True, False], repeat=arity):
        if not any(batched):
            continue
        rows = [[variants[k if b else 0][i] for i, b in enumerate(batched)] for k in range(3)]
        looped = [case.call(*row) for row in rows]
        for place in (0, -1):
            inputs = [
                wengert.stack([row[i] for row in rows], place) if b else rows[0][i]
                for i, b in enumerate(batched)
            ]
            dims = tuple(place if b else None for b in batched)
            mapped = func.vmap(case.call, in_dims=dims, out_dims=place)(*inputs)
            for j, out in enumerate(mapped):
                want = numpy.stack([row[j].numpy() for row in looped], place)
                assert out.dtype == want.dtype
                _close(out.numpy(), want, 1e-13)


@pytest.mark.parametrize("case", MOVING, ids=_id)
def test_batched_gradients_are_those_of_the_samples(case: c.Case) -> None:
    variants = [c.tensors(operands) for operands in _variants(case, 2)]
    weights = c.tensors(m.cotangents(case, case.call(*variants[0]), "u"))
    everything = tuple(case.moving)

    def scalar(*operands: Any) -> Any:
        outs = [out for out in case.call(*operands) if m.inexact(out)]
        return sum(
            (m.tensor_inner(u, out) for u, out in zip(weights, outs, strict=True)),
            wengert.tensor(0.0),
        )

    gradient = func.grad(scalar, argnums=everything)
    looped = [gradient(*row) for row in variants]
    stacked = [wengert.stack(list(column)) for column in zip(*variants, strict=True)]
    for i, found in enumerate(func.vmap(gradient)(*stacked)):
        _close(found.numpy(), numpy.stack([row[i].numpy() for row in looped]), 1e-12)


# ---- shapes and dtypes without values -----------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=_id)
def test_abstract_outputs_are_the_real_ones(case: c.Case) -> None:
    for dtype in ("float32", "float64", "complex64", "complex128", "int64"):
        kind = numpy.dtype(dtype).kind
        if isinstance(case.primitive, Elementwise):
            allowed = kind in case.primitive.dtypes
        elif case.name in c.COMPLEX_ONLY:
            allowed = kind == "c"
        else:
            allowed = kind in ("fc" if case.name not in c.REAL_ONLY else "f")
        if not allowed:
            continue
        operands = [
            x.astype(dtype) if m.inexact(x) and case.name not in c.FIXED_DTYPE else x
            for x in (map(abs, case.operands) if case.name == "pow" else case.operands)
        ]
        real = case.call(*c.tensors(operands))
        graph, captured, _ = trace_function(
            case.call, [(x.shape, x.dtype) for x in operands], case.name
        )
        assert captured == []
        assert [(aval(e).shape, aval(e).dtype) for e in graph.outputs] == [
            (out.shape, out.dtype) for out in real
        ]
        for got, want in zip(evaluate(graph, c.tensors(operands)), real, strict=True):
            numpy.testing.assert_array_equal(got.numpy(), want.numpy())
