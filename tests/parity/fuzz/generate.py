"""Programs drawn from a seed; PyTorch runs each step as it is drawn, so all are valid."""

from __future__ import annotations

import warnings

import numpy
import torch

import wengert

from . import structure, vocabulary  # noqa: F401 - they fill the table
from .awkward import inputs
from .program import Input, Program, Step
from .table import TABLE, Op, apply, kind_of

_LARGEST = 300
"""Elements of a value."""


def _exists(op: Op) -> bool:
    found = wengert
    for part in op.name.split("."):
        found = getattr(found, part, None)
        if found is None:
            return False
    return True


def available() -> list[str]:
    """Operators of the table; those named by a function that Wengert lacks are left out."""
    return [op.name for op in TABLE.values() if op.call is not None or _exists(op)]


def their_inputs(program_inputs: tuple[Input, ...]) -> list[torch.Tensor]:
    """PyTorch's tensors: its layouts have no negative strides."""
    return [
        torch.from_numpy(numpy.array(one.array(), order="C" if one.layout == "flipped" else "K"))
        for one in program_inputs
    ]


def generate(seed: int, number: int, names: list[str]) -> Program:
    """The program of that number under that seed."""
    for attempt in range(1000):
        rng = numpy.random.default_rng([seed, number, attempt])
        program = _draw(rng, names, (seed, number))
        if len(program.steps) >= 3:
            return program
    raise RuntimeError(f"no program of three steps under seed {seed}, {number}")


def _draw(rng: numpy.random.Generator, names: list[str], seed: tuple[int, int]) -> Program:
    start = inputs(rng)
    values = their_inputs(start)
    steps: list[Step] = []
    aim = int(rng.integers(3, 16))
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(6 * aim):
            if len(steps) == aim:
                break
            op = TABLE[names[int(rng.integers(0, len(names)))]]
            operands = _operands(rng, op, values)
            if operands is None:
                continue
            tensors = [values[k] for k in operands]
            if op.apart is not None and any(map(op.apart, tensors)):
                continue
            params = op.propose(rng, tensors)
            if params is None:
                continue
            try:
                result = apply(torch, op.name, tensors, params)
            except (RuntimeError, IndexError, ValueError, TypeError):
                continue
            if _usable(rng, tensors, result):
                steps.append(Step(op.name, operands, tuple(params.items())))
                values.append(result)
    return Program(start, tuple(steps), seed)


def _operands(
    rng: numpy.random.Generator, op: Op, values: list[torch.Tensor]
) -> tuple[int, ...] | None:
    """Operands of the right kinds, later ones rather than earlier ones."""
    fitting = [k for k, value in enumerate(values) if kind_of(value) in op.kinds]
    if not fitting:
        return None
    weights = numpy.array([1.0 + k for k in range(len(fitting))])
    chosen = rng.choice(fitting, op.arity, p=weights / weights.sum())
    return tuple(int(k) for k in chosen)


def _any_of(flags: list[torch.Tensor], shape: torch.Size) -> torch.Tensor:
    """Where a flag of an operand is set: element by element if all broadcast to the result."""
    try:
        return torch.stack([one.broadcast_to(shape) for one in flags]).any(0)
    except RuntimeError:
        return torch.tensor(any(bool(one.any()) for one in flags))


def leaves_domain(operands: list[torch.Tensor], result: torch.Tensor) -> bool:
    """Whether an operator made NaN of numbers, or overflowed: not at a pole (0 or 1)."""
    if not result.is_floating_point():
        return False
    floats = [one for one in operands if one.is_floating_point()]
    nans = [one.isnan() for one in floats]
    if bool(result.isnan().any()):
        return bool((result.isnan() & ~_any_of(nans, result.shape)).any())
    if not bool(result.isinf().any()):
        return False
    poles = [one.isinf() | one.isnan() | (one == 0) | (one.abs() == 1) for one in floats]
    return bool((result.isinf() & ~_any_of(poles, result.shape)).any())


def _usable(rng: numpy.random.Generator, operands: list[torch.Tensor], result: object) -> bool:
    if not isinstance(result, torch.Tensor) or result.numel() > _LARGEST or result.ndim > 5:
        return False
    if result.dtype not in (torch.float64, torch.float32, torch.int64, torch.int32, torch.bool):
        return False
    if not result.is_floating_point() or not result.numel():
        return True
    if leaves_domain(operands, result):
        return rng.random() < 0.1
    finite = torch.isfinite(result).double().mean().item()
    return finite >= 0.5 or rng.random() < 0.2
