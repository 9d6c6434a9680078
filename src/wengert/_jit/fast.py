"""The short way through a call: Python source written for one program.

It serves calls with flat positional arguments while the state is the very state of the last call;
anything else is left to the general way. Each check below stands for one that the general way
makes; what they protect is described there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import is_
from typing import Any

import numpy as np

from .._base.dtypes import get_default_dtype
from .._graph.value import Handle, handle_class
from .._record.modes import current
from .._record.storage import storage_of
from .capture import Captured
from .containers import flat
from .lifting import State
from .signature import base_of, memory
from .watch import compiled_watch

MISS = object()
"""What the short way returns when it cannot serve a call."""


class FastPath:
    """The generated function of one program, and the names it refers to."""

    def __init__(self, captured: Captured, leaves: Sequence[Any], fits: Sequence[Any]) -> None:
        self._captured = captured
        self._names: dict[str, Any] = {}
        self._code: Any = None
        if _suits(captured, leaves):
            source = _Source(captured, leaves, fits)
            self._code = compile(source.text(), "<wengert fast path>", "exec")
            self._names.update(source.names)

    def bind(
        self,
        call: Callable[..., Any],
        state: State,
        handles: Sequence[Any],
        inputs: Sequence[Any],
        owners: Sequence[Any],
        spent: Any,
        grad: bool,
    ) -> Callable[[tuple[Any, ...]], Any] | None:
        """The function for the state as it is now; None if the program is not of this kind."""
        if self._code is None:
            return None
        names: dict[str, Any] = dict(self._names)
        names.update(call=call, spent=spent, grad=grad, default=get_default_dtype())
        plain, others = state.watched()
        names["unchanged"] = compiled_watch(plain) or state.unchanged
        # Attributes may have changed that do not count.
        names["still_unchanged"] = state.unchanged
        names["single_unchanged"] = _single_check(state, others)
        storages: set[int] = set()
        for position, (handle, array) in enumerate(zip(handles, inputs, strict=True)):
            if self._captured.sources[position].kind == "argument":
                continue  # what a call was given is not kept
            names[f"i{position}"] = array
            if isinstance(handle, Handle):
                names[f"h{position}"] = handle
                names[f"d{position}"] = handle._data
                names[f"e{position}"] = handle._edge
                names[f"s{position}"] = storage_of(handle)
                storages.add(memory(handle))
        names["state_storages"] = frozenset(storages)
        names["owners"] = frozenset(base_of(inputs[p]) for p in self._captured.written)
        for position, owner in enumerate(owners):
            names[f"o{position}"] = owner
        exec(self._code, names)  # noqa: S102 - the text is made in this module
        return names["fast"]


def _single_check(state: State, others: Sequence[tuple[Any, list[Any]]]) -> Callable[[], bool]:
    """Whether the cells, globals and other containers hold what they held."""
    names: dict[str, Any] = {"same": _same}
    tests: list[str] = []
    alone = [place for place in state.single if place[0].alone]
    for k, (container, key, value) in enumerate(alone):
        names[f"v{k}"] = value
        names[f"k{k}"] = key
        holder = container.holder
        names[f"c{k}"] = vars(holder) if container.kind == "class" else holder
        match container.kind:
            case "cell":
                now = f"c{k}.cell_contents"
            case "slots":
                now = f"getattr(c{k}, k{k}, MISSING)"
                names["MISSING"] = MISS
            case _:
                now = f"c{k}.get(k{k})"
        tests.append(f"{now} is v{k}")
    for k, (holder, contents) in enumerate(others):
        names[f"o{k}"] = holder
        names[f"m{k}"] = contents
        tests.append(f"same(o{k}, m{k})")
    test = " and ".join(tests) or "True"
    # A cell can have been emptied since.
    code = f"def check():\n  try: return {test}\n  except ValueError: return False"
    exec(code, names)  # noqa: S102 - made of the names above alone
    return names["check"]


def _same(holder: Any, contents: list[Any]) -> bool:
    now = flat(holder)
    return len(now) == len(contents) and all(map(is_, now, contents))


def _suits(captured: Captured, leaves: Sequence[Any]) -> bool:
    """Flat tensor arguments that are not written, no effects but gradients, nothing to guard by
    value.
    """
    # Guarded numbers in the state are the same objects as long as the state is unchanged.
    if captured.effects or any(s.kind == "argument" for s, _ in captured.number_guards):
        return False
    if captured.grad_guards or any(source.kind == "grad" for source in captured.sources):
        return False
    if any(captured.differentiable) and not captured.consumed:
        return False
    if not all(isinstance(leaf, Handle) for leaf in leaves) or len(leaves) > 6:
        return False
    if any(captured.sources[p].kind == "argument" for p in captured.written):
        return False
    recipes = [captured.recipe, *(effect.recipe for effect in captured.grad_effects)]
    return all(_expressible(recipe) for recipe in recipes)


def _expressible(recipe: tuple[str, Any]) -> bool:
    kind, content = recipe
    if kind == "sequence":
        return content[0] in (list, tuple) and all(_expressible(part) for part in content[1])
    if kind == "dict":
        return content[0] is dict and all(_expressible(item) for _, item in content[1])
    return kind in ("output", "number", "constant")


class _Source:
    """Writes the text of `fast(args)`."""

    def __init__(self, captured: Captured, leaves: Sequence[Any], fits: Sequence[Any]) -> None:
        self._captured = captured
        self._leaves = leaves
        self._fits = fits
        self.names: dict[str, Any] = {
            "MISS": MISS,
            "Tensor": handle_class[0],
            "new": handle_class[0].__new__,
            "current": current,
            "default_dtype": get_default_dtype,
        }

    def text(self) -> str:
        """The whole function."""
        captured = self._captured
        count = len(self._leaves)
        lines = ["def fast(args):", f"    if len(args) != {count}: return MISS"]
        names = [f"x{k}" for k in range(count)]
        if names:
            lines.append(f"    {', '.join(names)}, = args")
        used = {
            source.where: position
            for position, source in enumerate(captured.sources)
            if source.kind == "argument"
        }
        for k in range(count):
            lines += self._argument(k, used.get(k))
        pairs = [(a, b) for a in range(count) for b in range(a)]
        for a, b in pairs:
            lines.append(
                f"    if x{a} is x{b} or (x{a}._storage is not None and "
                f"x{a}._storage is x{b}._storage): return MISS"
            )
        lines += [
            "    modes = current()",
            "    if modes.trace is not None or modes.levels or modes.scope: return MISS",
            "    if modes.grad is not grad or modes.inference: return MISS",
            "    if default_dtype() is not default: return MISS",
            "    if not single_unchanged() or not (unchanged() or still_unchanged()): return MISS",
        ]
        arguments: list[str] = []
        for position, source in enumerate(captured.sources):
            if source.kind == "argument":
                arguments.append(f"a{source.where}")
                continue
            arguments.append(f"i{position}")
            if self._fits[position].__class__ is tuple:
                lines.append(
                    f"    if h{position}._data is not d{position} or "
                    f"h{position}._edge is not e{position}: return MISS"
                )
        for position, writer in zip(captured.written, captured.writers, strict=True):
            self.names[f"w{position}"] = writer
            lines.append(f"    s{position}.version += 1; s{position}.writer = w{position}")
        lines += [
            "    try:",
            f"        r = call({', '.join(arguments)})",
            "    except Exception:",
            *[f"        s{position}.version -= 1" for position in captured.written],
            "        raise",
        ]
        lines += self._outputs()
        return "\n".join(lines)

    def _argument(self, k: int, position: int | None) -> list[str]:
        lines = [
            f"    if x{k}.__class__ is not Tensor or x{k}._edge is not None: return MISS",
            f"    a{k} = x{k}._data",
            f"    if id(x{k}) in state_storages: return MISS",
            f"    s = x{k}._storage",
            "    if s is not None and id(s) in state_storages: return MISS",
        ]
        leaf = self._leaves[k]
        self.names[f"shape{k}"] = leaf._data.shape
        self.names[f"dtype{k}"] = leaf._data.dtype
        self.names["ndarray"] = np.ndarray
        lines.append(
            f"    if a{k}.__class__ is not ndarray or a{k}.shape != shape{k} "
            f"or a{k}.dtype is not dtype{k}: return MISS"
        )
        if position is not None:
            lines.append(f"    if not a{k}.flags.c_contiguous: return MISS")
            if self._captured.written:
                whole = f"a{k} if a{k}.base is None else a{k}.base"
                lines.append(f"    if id({whole}) in owners: return MISS")
        return lines

    def _outputs(self) -> list[str]:
        captured = self._captured
        lines: list[str] = []
        for k, live in enumerate(captured.differentiable):
            lines.append(f"    t{k} = new(Tensor); t{k}._data = r[{k}]")
            if live:
                lines.append(f"    t{k}._edge = (spent, {k})")
        for position, effect in enumerate(captured.grad_effects):
            lines.append(f"    o{position}._grad = {self._made(effect.recipe)}")
        lines.append(f"    return {self._made(captured.recipe)}")
        return lines

    def _made(self, recipe: tuple[str, Any]) -> str:
        kind, content = recipe
        if kind == "output":
            return f"t{content}"
        if kind == "number":
            place, convert = content
            self.names[convert.__name__] = convert
            return f"{convert.__name__}(r[{place}].item())"
        if kind == "sequence":
            parts = ", ".join(self._made(part) for part in content[1])
            return f"[{parts}]" if content[0] is list else f"({parts},)"
        if kind == "dict":
            pairs: list[str] = []
            for key, item in content[1]:
                self.names[f"k{len(self.names)}"] = key
                pairs.append(f"k{len(self.names) - 1}: {self._made(item)}")
            return f"{{{', '.join(pairs)}}}"
        name = f"c{len(self.names)}"
        self.names[name] = content
        return name


__all__ = ["MISS", "FastPath"]
