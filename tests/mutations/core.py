"""Mutations of the record and the walks: masks, order, accumulation, nesting, memory, modes."""

from __future__ import annotations

from .harness import Mutation

_PRIMITIVES = "tests/primitives/test_every_primitive.py::"
_TAPE = "tests/tape/test_"
_COMPOSED = "tests/compositions/test_"

_REVERSE = "_transforms/reverse.py"
_MASKS = "_transforms/masks.py"
_STORAGE = "_record/storage.py"

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
        "seen = is_array(data) and modes.trace is None and not modes.grad",
        "seen = is_array(data) and modes.trace is None",
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
        "self._pending.pop(-heappop(self.heap))",
        "self._pending.pop(-self.heap.pop())",
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
        "cotangent if before is None else self._added(before, cotangent)",
        "cotangent",
        (f"{_TAPE}backward.py::test_gradients_of_several_paths_add_up",),
    ),
    Mutation(
        "accumulation: in place into what others hold",
        _REVERSE,
        "        found = accumulate(before, cotangent)\n",
        "        found = before\n        add_arrays(before._data, cotangent._data, before._data)\n",
        (f"{_TAPE}short_ways.py::test_a_cotangent_that_several_hold_is_not_added_to_in_place",),
    ),
    Mutation(
        "products: a value written meanwhile",
        "_transforms/pull.py",
        "if storage.version != version or array.dtype",
        "if array.dtype",
        (f"{_TAPE}short_ways.py::test_a_value_written_meanwhile_raises_as_ever",),
    ),
    Mutation(
        "products: hooks run in silence",
        _REVERSE,
        "token = quiet_begin(sweep.settings)",
        "token = quiet_begin(SILENCE)",
        (f"{_TAPE}short_ways.py::test_numpy_is_quiet_in_backward_and_not_in_hooks",),
    ),
    Mutation(
        "accumulation: forward, the last operand wins",
        "_transforms/forward.py",
        "total = term if total is None else accumulate(total, term)",
        "total = term",
        (f"{_PRIMITIVES}test_forward_derivative_is_that_of_the_oracle[mul-0-float64]",),
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
        (f"{_TAPE}refused_writes.py::test_a_leaf_that_requires_grad_may_not_be_written",),
    ),
    Mutation(
        "writes: expanded memory may be written",
        _STORAGE,
        "        repeats = expanded or not data.flags.writeable",
        "        repeats = False",
        (
            f"{_TAPE}refused_writes.py::test_an_expanded_view_may_not_be_written",
            f"{_TAPE}refused_writes.py::test_a_read_only_array_may_not_be_written",
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

MUTATIONS = [*ABSENCE, *WALKS, *MEMORY]
