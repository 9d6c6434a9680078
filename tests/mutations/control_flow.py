"""Mutations of loops and branches, and of the traced functions they are made of."""

from __future__ import annotations

from .harness import Mutation

_FLOW = "tests/control_flow/test_"
_LOOP = "_transforms/loop.py"
_BRANCHES = "_transforms/branches.py"
_PUBLIC = "_transforms/control_flow.py"
_TRACE = "_record/trace.py"


def _two(case: str) -> str:
    return f"{_FLOW}compositions.py::test_two_transforms[{case}]"


def _absent(case: str) -> str:
    return f"{_FLOW}absence.py::test_first_derivative[{case}]"


MUTATIONS = [
    Mutation(
        "scan: the reverse walk goes forward",
        _LOOP,
        "reverse=not loop.reverse",
        "reverse=loop.reverse",
        (_two("recurrent-jit of grad"),),
    ),
    Mutation(
        "scan: a constant gets the cotangent of one step",
        _LOOP,
        "else accumulate(before, part)",
        "else part",
        (f"{_FLOW}scan.py::test_gradients_reach_tensors_that_are_captured[jit]",),
    ),
    Mutation(
        "scan: the last carry is that before the last step",
        _LOOP,
        "state = found[:carry]",
        "state = state if step == length - 1 else found[:carry]",
        (f"{_FLOW}scan.py::test_the_carry_goes_from_step_to_step_and_ys_are_stacked[jit]",),
    ),
    Mutation(
        "scan: the batch axis of the ys stays behind that of the steps",
        _LOOP,
        "_swapped(result) if position >= n else result",
        "result",
        (f"{_FLOW}scan.py::test_a_batch_of_anything_that_enters[jit]",),
    ),
    Mutation(
        "scan: eager ys in the order of the steps",
        _PUBLIC,
        "        stacks.reverse()\n",
        "        pass\n",
        (
            (
                f"{_FLOW}scan.py::"
                "test_in_reverse_the_last_slice_comes_first_and_ys_stand_at_their_xs[eager]"
            ),
        ),
    ),
    Mutation(
        "scan: the carry may be written eagerly",
        _PUBLIC,
        "array.flags.writeable = False",
        "array.flags.writeable = array.flags.writeable",
        (f"{_FLOW}errors.py::test_carry_and_slices_may_not_be_written",),
    ),
    Mutation(
        "scan: a carry may change its dtype",
        _PUBLIC,
        "if kind != dtype:",
        "if kind is None:",
        (f"{_FLOW}errors.py::test_errors_are_the_same_eagerly_and_in_a_trace[dtype of the carry]",),
    ),
    Mutation(
        "cond: the other branch",
        _BRANCHES,
        "branches[bool(condition)]",
        "branches[not condition]",
        (f"{_FLOW}cond.py::test_the_condition_is_the_truth_of_one_element",),
    ),
    Mutation(
        "cond: a batch selects the other branch",
        _BRANCHES,
        "where(condition, a, b)",
        "where(condition, b, a)",
        (f"{_FLOW}cond.py::test_a_batch_of_conditions_runs_both_and_selects[eager]",),
    ),
    Mutation(
        "presence: absent in one step and whole in the next counts as whole",
        "_transforms/presence.py",
        "return a if a == b else PARTLY",
        "return a if a == b else WHOLE if WHOLE in (a, b) else PARTLY",
        (_absent("branch not taken-grad in jit"),),
    ),
    Mutation(
        "presence: what is absent counts as a zero",
        "_transforms/presence.py",
        "return full(shape, item is not None, bool_)",
        "return full(shape, True, bool_)",
        (_absent("branch not taken-grad in jit"),),
    ),
    Mutation(
        "trace: a captured number becomes a tensor",
        _TRACE,
        "(data.weak, data.hint) if symbolic",
        "(False, None) if symbolic",
        (f"{_FLOW}scan.py::test_a_number_that_is_an_input_stays_a_number_inside",),
    ),
    Mutation(
        "trace: a write through a view of an argument is not seen",
        _TRACE,
        "edge = target._edge if base is None else base.edge",
        "edge = target._edge",
        (f"{_FLOW}traced_functions.py::test_an_argument_may_not_be_written",),
    ),
    Mutation(
        "trace: open batches reach into a traced function",
        "_record/functions.py",
        "depth=trace.depth, levels=()",
        "depth=trace.depth",
        (_two("descent-jit of vmap"),),
    ),
]
