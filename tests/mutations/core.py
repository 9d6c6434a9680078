"""Mutations of the record, the declarations and the walks."""

from __future__ import annotations

from .harness import Mutation

_PRIMITIVES = "tests/primitives/test_every_primitive.py::"
_TAPE = "tests/tape/test_"
_COMPOSED = "tests/compositions/test_"


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
_REVERSE = "_transforms/reverse.py"
_MASKS = "_transforms/masks.py"
_STORAGE = "_record/storage.py"

DECLARATIONS = [
    Mutation(
        "partial: sine for cosine",
        _TRANSCENDENTAL,
        "@elementwise(partials=[lambda x: cos(x)]",
        "@elementwise(partials=[lambda x: sin(x)]",
        (_forward("sin-0-float64"),),
    ),
    Mutation(
        "partial: a sign lost",
        _ELEMENTWISE,
        "lambda y, out: neg(div(out, y))",
        "lambda y, out: div(out, y)",
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
        "@elementwise(partials=[lambda out: out], kind",
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
        _ALGEBRA,
        'return swapped(conj(x) if x._data.dtype.kind == "c" else x)',
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
        "return view_put(g, zeros(site.shape(1), g._data.dtype), chain=chain)",
        "return g",
        (_reverse("view_put-0-float64"),),
    ),
    Mutation(
        "rule: the diagonal of a Cholesky tangent not halved",
        _ALGEBRA,
        "mul(kept, 0.5), kept)",
        "kept, kept)",
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
        "where(eq(y, 0.0), 0.0, mul(y, pow(x, sub(y, 1.0))))",
        "mul(y, pow(x, sub(y, 1.0)))",
        (f"{_TAPE}kinks.py",),
    ),
]

ABSENCE = [
    Mutation(
        "mask: dropped by a partial",
        _MASKS,
        "return Partly(where(mask.get(), value, 0.0), mask)",
        "return value",
        (f"{_TAPE}absent_cotangents.py::test_gradient[sqrt-backward]",),
    ),
    Mutation(
        "mask: kept, but the value not cut",
        _MASKS,
        "return Partly(where(mask.get(), value, 0.0), mask)",
        "return Partly(value, mask)",
        (f"{_TAPE}absent_cotangents.py::test_gradient[sqrt-backward]",),
    ),
    Mutation(
        "mask: left out where the walk is recorded",
        _MASKS,
        "if is_array(data) and not _modes.current().grad and not",
        "if is_array(data) and not",
        (f"{_TAPE}absent_cotangents.py::test_hessian",),
    ),
    Mutation(
        "mask: a selection forgets the earlier one",
        _MASKS,
        "both = Mask(lambda: bitwise_and(selected, mask.get()))",
        "both = Mask(lambda: selected)",
        (f"{_TAPE}absent_cotangents.py",),
    ),
    Mutation(
        "mask: two cotangents exist only together",
        _MASKS,
        "Mask(lambda: bitwise_or(first.get(), second.get()))",
        "Mask(lambda: bitwise_and(first.get(), second.get()))",
        (f"{_TAPE}absent_cotangents.py::test_two_selections_of_one_value_together",),
    ),
    Mutation(
        "mask: a real part alone is moved",
        _MASKS,
        'ones = full(shape, 1 + 1j if dtype.kind == "c" else 1, dtype)',
        "ones = full(shape, 1, dtype)",
        (f"{_TAPE}absent_cotangents.py::test_complex_parts_of_a_selection",),
    ),
    Mutation(
        "mask: slicing drops nothing",
        "_transforms/pull.py",
        "carries = (selecting(site) if callable(selecting) else selecting) or",
        "carries = False or",
        (f"{_TAPE}absent_cotangents.py::test_gradient_through_what_moves_elements",),
    ),
    Mutation(
        "mask: padding has a tangent",
        "_transforms/forward.py",
        "if not (primitive.filling or any(masks)",
        "if not (any(masks)",
        (f"{_TAPE}absent_cotangents.py::test_gradient_through_what_moves_elements",),
    ),
    Mutation(
        "mask: a zero counts as absent",
        _MASKS,
        "    g, mask = value_of(carried), mask_of(carried)\n    if kind is Selected:",
        "    g = value_of(carried)\n    mask = Mask(lambda: ne(g, 0.0))\n    if kind is Selected:",
        (
            f"{_TAPE}absent_cotangents.py::test_gradient",
            (
                f"{_TAPE}absent_cotangents.py::"
                "test_a_factor_of_zero_does_not_hide_an_infinite_derivative"
            ),
            f"{_TAPE}kinks.py",
        ),
    ),
    Mutation(
        "mask: read after the node was freed",
        "_transforms/site.py",
        "self._kept = node.saved",
        "self._kept = None",
        (f"{_TAPE}absent_cotangents.py::test_gradient_through_what_moves_elements",),
    ),
    Mutation(
        "mask: rows of a Jacobian hold numbers",
        _MASKS,
        "return Partly(value, Mask(lambda: ne(value, 0.0)))",
        "return value",
        (f"{_COMPOSED}jacobians.py::test_an_infinite_derivative_stays_in_its_own_place",),
    ),
]

WALKS = [
    Mutation(
        "order: the oldest node first",
        _REVERSE,
        "heapq.heappush(self.heap, (-node.seq, node))",
        "heapq.heappush(self.heap, (node.seq, node))",
        (f"{_TAPE}backward.py::test_gradients_of_several_paths_add_up",),
    ),
    Mutation(
        "order: tangents from the newest node",
        _REVERSE,
        "return sorted(found, key=lambda node: node.seq)",
        "return sorted(found, key=lambda node: -node.seq)",
        (f"{_COMPOSED}jacobians.py::test_reverse_and_forward_jacobian[iteration]",),
    ),
    Mutation(
        "accumulation: the last path wins",
        _REVERSE,
        "cotangent if before is None else accumulate(before, cotangent)",
        "cotangent",
        (f"{_TAPE}backward.py::test_gradients_of_several_paths_add_up",),
    ),
    Mutation(
        "accumulation: forward, the last operand wins",
        "_transforms/forward.py",
        "total = term if total is None else accumulate(total, term)",
        "total = term",
        (_forward("mul-0-float64"),),
    ),
    Mutation(
        "accumulation: a second backward overwrites",
        _REVERSE,
        'write(before, add(before, g), "backward")',
        'write(before, g, "backward")',
        (f"{_TAPE}backward.py::test_gradients_of_several_backwards_add_up",),
    ),
    Mutation(
        "accumulation: memory that others hold",
        _REVERSE,
        "if shared or g._view is not None",
        "if g._view is not None",
        (f"{_TAPE}backward.py::test_a_gradient_shares_memory_with_nothing_the_user_holds",),
    ),
    Mutation(
        "accumulation: memory that a hook kept",
        _REVERSE,
        "            sweep.passed.add(id(g))\n            if changed",
        "            if changed",
        (f"{_TAPE}backward.py::test_a_hook_that_keeps_a_gradient_keeps_its_value",),
    ),
    Mutation(
        "accumulation: gradients deposited before the sweep is over",
        _REVERSE,
        "found.append((handle, g, id(g) in sweep.passed))",
        "deposit(handle, g, id(g) in sweep.passed)",
        (f"{_TAPE}interrupts.py::test_a_gradient_is_deposited_for_all_leaves_or_for_none",),
    ),
    Mutation(
        "freeing: nothing is freed",
        _REVERSE,
        "        node.saved = {}\n        node.consumed = True",
        "        pass",
        (
            f"{_TAPE}backward.py::test_a_second_backward_raises_and_names_the_shared_line",
            f"{_TAPE}memory.py::test_backward_frees_what_was_kept_while_it_goes",
        ),
    ),
    Mutation(
        "freeing: nodes beyond the target",
        _REVERSE,
        "    if True not in wanted:\n        return False",
        "    if True not in wanted:\n        return True",
        (f"{_TAPE}backward.py::test_only_the_part_that_was_visited_is_freed",),
    ),
    Mutation(
        "hooks: what they return is ignored",
        _REVERSE,
        "                slots[index] = changed\n",
        "",
        (f"{_TAPE}hooks.py::test_a_hook_may_replace_the_gradient",),
    ),
    Mutation(
        "nesting: an inner leaf forgets where it comes from",
        _REVERSE,
        "() if edge is None else (edge,), (x._data.shape,)",
        "(), (x._data.shape,)",
        (f"{_COMPOSED}grad_of_grad.py::test_fourth_order_of_a_power",),
    ),
    Mutation(
        "nesting: walks do not record themselves",
        "_transforms/gradients.py",
        "return any(not node.inputs and not node.closed for node in nodes)",
        "return False",
        (
            (
                f"{_COMPOSED}closures.py::"
                "test_a_gradient_is_differentiable_by_what_the_function_captured"
            ),
        ),
    ),
    Mutation(
        "nesting: finished transforms count as outside",
        "_transforms/gradients.py",
        "leaf._edge[0].closed = True",
        "pass",
        (f"{_COMPOSED}closures.py::test_a_nested_gradient_of_constants_is_a_constant",),
    ),
    Mutation(
        "nesting: directions are constants",
        "_transforms/gradients.py",
        "if any(differentiable(edge_of(unwrap(direction)[0])) for direction in directions):",
        "if False:",
        (
            (
                f"{_COMPOSED}jvp_and_grad.py::"
                "test_a_pullback_is_linear_in_its_cotangent_and_differentiable_by_it"
            ),
        ),
    ),
    Mutation(
        "nesting: no_grad outside reaches into a transform",
        "_transforms/gradients.py",
        "_modes.override(grad=True, inference=False, transform=True)",
        "_modes.override(inference=False, transform=True)",
        (f"{_COMPOSED}closures.py::test_no_grad_outside_does_not_reach_into_a_transform",),
    ),
    Mutation(
        "nesting: no_grad around an inner transform is forgotten",
        "_transforms/gradients.py",
        "        if not modes.grad:\n            return False",
        "        pass",
        (
            (
                f"{_COMPOSED}closures.py::"
                "test_no_grad_around_an_inner_gradient_makes_it_a_constant_for_the_outer_one"
            ),
        ),
    ),
    Mutation(
        "nesting: samples share a leaf",
        "_transforms/gradients.py",
        "base, levels = unwrap(batch_everywhere(x))",
        "base, levels = unwrap(x)",
        (
            (
                f"{_COMPOSED}vmap_of_grad.py::"
                "test_unmapped_arguments_are_shared_and_their_gradients_are_per_sample"
            ),
        ),
    ),
    Mutation(
        "nesting: levels in the wrong order",
        "_transforms/gradients.py",
        "    for level in reversed(levels):\n        handle = level.raise_(handle)",
        "    for level in levels:\n        handle = level.raise_(handle)",
        (f"{_COMPOSED}nested_vmap.py::test_gradients_between_two_levels",),
    ),
    Mutation(
        "vmap: the output axis is ignored",
        "_transforms/batching.py",
        "    order.insert(axis, 0)",
        "    order.insert(0, 0)",
        (f"{_COMPOSED}nested_vmap.py::test_axes_of_two_levels",),
    ),
]

MEMORY = [
    Mutation(
        "versions: a write is not counted",
        _STORAGE,
        "    storage.version += 1\n",
        "",
        (f"{_TAPE}inplace.py::test_a_kept_value_that_was_overwritten_names_both_lines",),
    ),
    Mutation(
        "versions: backward does not look",
        "_transforms/site.py",
        "if storage.version != version:",
        "if False:",
        (f"{_TAPE}inplace.py::test_every_way_to_overwrite_a_kept_value_is_seen",),
    ),
    Mutation(
        "versions: a detached tensor counts for itself",
        _STORAGE,
        "    out._storage = storage_of(handle)\n    out._view = View(ViewBase(None",
        "    out._view = View(ViewBase(None",
        (f"{_TAPE}inplace.py::test_every_way_to_overwrite_a_kept_value_is_seen",),
    ),
    Mutation(
        "views: a write is not seen by the others",
        _STORAGE,
        "    base.version += 1\n",
        "",
        (f"{_TAPE}inplace.py::test_gradient_through_writes",),
    ),
    Mutation(
        "views: a write to a view does not change its base",
        _STORAGE,
        "        base.edge = edge_of(changed)\n",
        "        pass\n",
        (f"{_TAPE}inplace.py::test_gradient_through_writes",),
    ),
    Mutation(
        "views: an overwritten value keeps its history",
        _STORAGE,
        '        value = record(put, (target, value), {"chain": ()})',
        "        return",
        (f"{_TAPE}inplace.py::test_gradient_through_writes",),
    ),
    Mutation(
        "writes: leaves may be written",
        _STORAGE,
        "            if place is None or not (place[0].leaf is not None or place[0].argument):\n",
        "            if True:\n",
        (f"{_TAPE}inplace.py::test_a_leaf_that_requires_grad_may_not_be_written",),
    ),
    Mutation(
        "writes: expanded memory may be written",
        _STORAGE,
        "    if expanded or (is_array(data) and not data.flags.writeable):",
        "    if False:",
        (
            f"{_TAPE}inplace.py::test_an_expanded_view_may_not_be_written",
            f"{_TAPE}inplace.py::test_a_read_only_array_may_not_be_written",
        ),
    ),
    Mutation(
        "writes: a product keeps what it overwrites",
        _STORAGE,
        "node.saved[position] = (copy, Storage(copy), 0)",
        "pass",
        (f"{_TAPE}inplace.py::test_gradient_through_writes",),
    ),
    Mutation(
        "modes: no_grad records",
        "_record/door.py",
        "        if modes.grad:\n            if primitive.differentiable:\n",
        "        if True:\n            if primitive.differentiable:\n",
        (f"{_TAPE}modes.py::test_results_under_no_grad_are_leaves_and_leaves_stay_what_they_are",),
    ),
    Mutation(
        "modes: the mode of the block outlives it",
        "_record/modes.py",
        "        modes_var.reset(self._tokens.pop())",
        "        self._tokens.pop()",
        (f"{_TAPE}modes.py::test_blocks_nest_and_restore",),
    ),
]

MUTATIONS = [*DECLARATIONS, *KINKS, *ABSENCE, *WALKS, *MEMORY]
