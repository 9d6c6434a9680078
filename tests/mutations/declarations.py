"""Mutations of declarations: partials, transposes, batch rules, shapes, kept sets, kinks."""

from __future__ import annotations

from .harness import Mutation

_PRIMITIVES = "tests/primitives/test_every_primitive.py::"
_TAPE = "tests/tape/test_"


def _forward(case: str) -> str:
    return f"{_PRIMITIVES}test_forward_derivative_is_that_of_the_oracle[{case}]"


def _reverse(case: str) -> str:
    return f"{_PRIMITIVES}test_reverse_is_the_transpose_of_forward[{case}]"


def _second(case: str) -> str:
    return f"{_PRIMITIVES}test_second_derivative_by_every_pair_of_walks[{case}]"


def _batch(case: str) -> str:
    return f"{_PRIMITIVES}test_a_batch_is_a_loop[{case}]"


def _value(case: str) -> str:
    return f"{_PRIMITIVES}test_value[{case}]"


def _abstract(case: str) -> str:
    return f"{_PRIMITIVES}test_abstract_outputs_are_the_real_ones[{case}]"


_TRANSCENDENTAL = "_primitives/transcendental.py"
_ELEMENTWISE = "_primitives/elementwise.py"
_SHAPING = "_primitives/shaping.py"
_ALGEBRA = "_primitives/linear_algebra.py"
_INDEXING = "_primitives/indexing.py"
_MASKS = "_transforms/masks.py"

DECLARATIONS = [
    Mutation(
        "partial: sine for cosine",
        _TRANSCENDENTAL,
        "def _cos(x: Any) -> Any:\n    return cos(x)",
        "def _cos(x: Any) -> Any:\n    return sin(x)",
        (_forward("sin-0-float64"),),
    ),
    Mutation(
        "partial: a sign lost",
        _ELEMENTWISE,
        "lambda y, out: Over(y, neg(out))",
        "lambda y, out: Over(y, out)",
        (_reverse("div-0-float64"),),
    ),
    Mutation(
        "partial: the result not squared",
        _TRANSCENDENTAL,
        "partials=[lambda out: sub(1.0, mul(out, out))]",
        "partials=[lambda out: sub(1.0, out)]",
        (_forward("tanh-0-float64"),),
    ),
    Mutation(
        "partial: right value, wrong second derivative",
        _TRANSCENDENTAL,
        '@elementwise(partials=["out"], kind',
        "@elementwise(partials=[lambda out: out.detach()], kind",
        (_second("exp-0-float64"),),
    ),
    Mutation(
        "partial: the conjugate forgotten",
        _MASKS,
        "return conj(p) if conjugate and isinstance",
        "return p if conjugate and isinstance",
        (_reverse("mul-0-complex128"),),
    ),
    Mutation(
        "partial: a number rounded to the default dtype",
        _TRANSCENDENTAL,
        "mul(v, v) if isinstance(v, Handle) else v * v",
        "mul(v, v)",
        (f"{_PRIMITIVES}test_an_operand_may_be_a_python_number[atan2-1-0]",),
    ),
    Mutation(
        "transpose: a permutation not inverted",
        _SHAPING,
        "permute(g, axes=_inverse(site.params",
        "permute(g, axes=(site.params",
        (_reverse("permute-1-float64"),),
    ),
    Mutation(
        "transpose: no conjugate in a product",
        "_primitives/matrix_parts.py",
        "return swapped(conjugated(x))",
        "return swapped(x)",
        (_reverse("matmul-0-complex128"),),
    ),
    Mutation(
        "transpose: a running sum in the same direction",
        "_primitives/reductions.py",
        '_flip(g, site.params["axis"])',
        "g",
        (_reverse("cumsum-0-float64"),),
    ),
    Mutation(
        "transpose: what was repeated is not summed",
        _SHAPING,
        "if old == shape:\n        return x",
        "if len(old) == len(shape):\n        return reshape(slice_(x, slices=tuple("
        "(0, e, 1) for e in shape)), shape=shape)",
        (_reverse("expand-0-float64"),),
    ),
    Mutation(
        "transpose: the last of repeated places wins",
        _INDEXING,
        "np.add.at(out, indices, values)",
        "out[indices] = values",
        (_reverse("take-0-float64"),),
    ),
    Mutation(
        "transpose: the overwritten part keeps its cotangent",
        "_primitives/writing.py",
        "return view_put(g, zeros(shape, dtype), chain=chain)",
        "return g",
        (_reverse("view_put-0-float64"),),
    ),
    Mutation(
        "rule: the diagonal of a Cholesky tangent not halved",
        _ALGEBRA,
        "return add(below_diagonal(x), mul(only_diagonal(x), 0.5))",
        "return add(below_diagonal(x), only_diagonal(x))",
        (_forward("cholesky-0-float64"),),
    ),
    Mutation(
        "rule: a solve with the matrix itself in reverse",
        _ALGEBRA,
        "right = solve(adjoint(site.value(0)), g)",
        "right = solve(site.value(0), g)",
        (_reverse("solve-0-float64"),),
    ),
    Mutation(
        "batch: a reduction over the batch axis",
        "_primitives/reductions.py",
        'p(ops[0], axes=tuple(axis + 1 for axis in params["axes"]))',
        'p(ops[0], axes=tuple(axis for axis in params["axes"]))',
        (_batch("sum-0"),),
    ),
    Mutation(
        "sums: what no block covers is left out",
        "_primitives/summation.py",
        "    if covered == count:\n",
        "    if covered:\n",
        ("tests/functions/test_accuracy_of_sums.py::test_blocks_cover_every_term_once",),
    ),
    Mutation(
        "recurrence: the earlier part comes second",
        "_primitives/scans.py",
        "(a, b), (c, d) = first, second",
        "(c, d), (a, b) = first, second",
        (_forward("cumprod-0-float64"),),
    ),
    Mutation(
        "batch: ranks not aligned",
        "_transforms/batching.py",
        "            if len(inner) < rank:",
        "            if len(inner) > rank:",
        (_batch("mul-3"),),
    ),
    Mutation(
        "batch: positions without their sample",
        _INDEXING,
        "return p(x, *_indices_batch(indices, batched[1:], size, True))",
        "return p(x, *_indices_batch(indices, batched[1:], size, None))",
        (_batch("take-1"),),
    ),
    Mutation(
        "abstract: rows for columns",
        _ALGEBRA,
        'broadcast("matmul", x[:-2], y[:-2]), x[-2], y[-1])',
        'broadcast("matmul", x[:-2], y[:-2]), y[-1], x[-2])',
        (_abstract("matmul-0"),),
    ),
    Mutation(
        "abstract: the dtype of a modulus",
        "_primitives/complex_numbers.py",
        "return [(shapes[0], real_of(dtypes[0]))]",
        "return [(shapes[0], dtypes[0])]",
        (_abstract("modulus-0"),),
    ),
    Mutation(
        "kept: the wrong factor of a product",
        _ALGEBRA,
        "((0,) if wanted & 2 else ()) + ((1,) if wanted & 1 else ())",
        "((0,) if wanted & 1 else ()) + ((1,) if wanted & 2 else ())",
        (_reverse("matmul-0-float64"),),
    ),
    Mutation(
        "kept: everything",
        "_declare/elementwise.py",
        "if wanted >> index & 1 and partial is not None:",
        "if partial is not None:",
        (f"{_TAPE}memory.py::test_an_operand_is_kept_only_if_the_other_is_differentiated",),
    ),
    Mutation(
        "value: an unstable order",
        _INDEXING,
        'order = np.argsort(x, axis, kind="stable")',
        "order = np.flip(np.argsort(np.flip(x, axis), axis), axis)",
        (f"{_TAPE}kinks.py",),
    ),
    Mutation(
        "value: no check of positions",
        _INDEXING,
        'check_bounds("index", indices, x.shape)',
        "pass",
        (f"{_TAPE}indexing.py::test_wrong_indices",),
    ),
    Mutation(
        "dtype: an integer widens a float",
        "_base/dtypes.py",
        "elif category(found) > category(result):",
        "elif category(found) >= category(result):",
        (f"{_TAPE}dtypes.py",),
    ),
    Mutation(
        "dtype: integers carry derivatives",
        "_declare/elementwise.py",
        "    if not is_inexact(dtype):\n        with override(grad=False):",
        "    if False:\n        with override(grad=False):",
        (f"{_TAPE}backward.py::test_results_in_integers_and_bools_are_constants",),
    ),
]

KINKS = [
    Mutation(
        "kink: relu passes at zero",
        _ELEMENTWISE,
        "Selected(bitwise_not(le(out, 0.0)))",
        "Selected(bitwise_not(lt(out, 0.0)))",
        (f"{_TAPE}kinks.py",),
    ),
    Mutation(
        "kink: both sides of a tie get everything",
        _ELEMENTWISE,
        "mul(convert(tie, dtype), 0.5)",
        "mul(convert(tie, dtype), 0.0)",
        (f"{_TAPE}kinks.py",),
    ),
    Mutation(
        "kink: atan2 at the origin",
        _TRANSCENDENTAL,
        "where(eq(distance, 0.0), 0.0, div(numerator, distance))",
        "div(numerator, distance)",
        (f"{_TAPE}kinks.py",),
    ),
    Mutation(
        "kink: a power with the exponent 0",
        _ELEMENTWISE,
        "where(unknown, sqrt(y), mul(y, pow(x, sub(y, 1.0))))",
        "mul(y, pow(x, sub(y, 1.0)))",
        (f"{_TAPE}kinks.py",),
    ),
]

MUTATIONS = [*DECLARATIONS, *KINKS]
