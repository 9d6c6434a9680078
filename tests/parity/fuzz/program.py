"""A program: inputs, and steps that each apply one operator to earlier values.

The same program runs with any library that has PyTorch's names. Its text is Python, so that a
failure can be read and run by hand.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy


@dataclasses.dataclass(frozen=True)
class Input:
    """One tensor that a program starts from."""

    dtype: str
    layout: str
    """`plain`, `transposed`, `strided`, `flipped` (negative strides) or `broadcast`."""
    values: numpy.ndarray = dataclasses.field(compare=False)

    def array(self, values: numpy.ndarray | None = None) -> numpy.ndarray:
        """The numbers in the layout."""
        plain = self.values if values is None else values
        if plain.ndim == 0 or self.layout == "plain":
            return numpy.array(plain)
        if self.layout == "transposed":
            return numpy.ascontiguousarray(plain.T).T
        if self.layout == "strided":
            wide = numpy.zeros((*plain.shape[:-1], 2 * plain.shape[-1]), plain.dtype)
            wide[..., ::2] = plain
            return wide[..., ::2]
        if self.layout == "broadcast" and plain.shape[0] and (plain == plain[:1]).all():
            return numpy.broadcast_to(plain[0].copy(), plain.shape)
        return numpy.ascontiguousarray(plain[::-1])[::-1]

    @property
    def differentiable(self) -> bool:
        """Whether gradients by it make sense."""
        return self.dtype.startswith("float")

    def __str__(self) -> str:
        shown = numpy.array2string(self.values, threshold=64, separator=", ").replace("\n", "")
        return f"{self.dtype}{list(self.values.shape)} {self.layout} {shown}"


@dataclasses.dataclass(frozen=True)
class Step:
    """One operator with operands by number (inputs first) and parameters."""

    name: str
    operands: tuple[int, ...]
    params: tuple[tuple[str, Any], ...]

    def __str__(self) -> str:
        shown = [f"v{k}" for k in self.operands]
        shown += [f"{key}={value!r}" for key, value in self.params]
        return f"{self.name}({', '.join(shown)})"


@dataclasses.dataclass(frozen=True)
class Program:
    """Inputs, steps and the seed that they came from."""

    inputs: tuple[Input, ...]
    steps: tuple[Step, ...]
    seed: tuple[int, int] = dataclasses.field(default=(0, 0), compare=False)

    def run(
        self,
        lib: Any,
        inputs: list[Any],
        apply: Callable[[Any, str, list[Any], dict[str, Any]], Any],
        after: Callable[[int, Any], Any] = lambda number, value: value,
    ) -> list[Any]:
        """All values: the inputs and what each step gives."""
        values = list(inputs)
        for step in self.steps:
            operands = [values[k] for k in step.operands]
            result = apply(lib, step.name, operands, dict(step.params))
            values.append(after(len(values), result))
        return values

    def function(self, lib: Any, calls: Mapping[str, Callable[..., Any]]) -> Callable[..., Any]:
        """The program as a Python function of its inputs that returns all values.

        It reaches nothing but the library and the operators of the program.
        """
        names = [f"v{k}" for k in range(len(self.inputs) + len(self.steps))]
        lines = [f"def function({', '.join(names[: len(self.inputs)])}):"]
        scope: dict[str, Any] = {"lib": lib, "inf": math.inf}
        for number, step in enumerate(self.steps, len(self.inputs)):
            parts = [names[k] for k in step.operands]
            parts += [f"{key}={value!r}" for key, value in step.params]
            called = f"lib.{step.name}"
            if step.name in calls:
                called, scope[f"call{number}"] = f"call{number}", calls[step.name]
                parts.insert(0, "lib")
            lines.append(f"    {names[number]} = {called}({', '.join(parts)})")
        lines.append(f"    return ({', '.join(names)},)")
        exec("\n".join(lines), scope)
        made: Callable[..., Any] = scope["function"]
        return made

    def sinks(self) -> list[int]:
        """The results that no step takes."""
        used = {k for step in self.steps for k in step.operands}
        first = len(self.inputs)
        return [k for k in range(first, first + len(self.steps)) if k not in used]

    def digest(self) -> str:
        """Equal for equal operators, parameters, shapes, dtypes and layouts."""
        kinds = [(one.dtype, one.layout, one.values.shape) for one in self.inputs]
        text = repr((kinds, [str(step) for step in self.steps]))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def __str__(self) -> str:
        lines = [f"v{k}: {one}" for k, one in enumerate(self.inputs)]
        first = len(self.inputs)
        lines += [f"v{first + k} = {step}" for k, step in enumerate(self.steps)]
        return "\n".join(lines)
