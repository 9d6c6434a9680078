"""Is a program the same under both libraries: values, gradients, second order, vmap, jit.

Rounding is modelled: PyTorch runs the program three times more with operands and results of what
rounds multiplied by 1 + 64 eps times noise, and their cotangents too. Elements that this changes by
more than an eighth of the tolerance hang on rounding, near kinks or through cancellation, and are
not compared. Operations that must give equal bits are not disturbed, so exact ties, zeros and ends
of intervals are compared as they are.
"""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy
import torch

import wengert

from .agree import Array, Counts, array_of, differs
from .generate import leaves_domain, their_inputs
from .noise import MORE_NOISES, NOISES, Disturb
from .program import Program, Step
from .table import TABLE, apply

Check = Callable[[Array, "Counts"], "str | None"]
_CALLS = {name: op.call for name, op in TABLE.items() if op.call is not None}


@dataclasses.dataclass(frozen=True)
class Failure:
    """A difference, or an exception of Wengert."""

    mode: str
    kind: str
    """`wrong` or `missing`."""
    text: str
    operator: str


class Judge:
    """One program under both libraries."""

    def __init__(self, program: Program, counts: Counts, noises: tuple[int, ...] = NOISES) -> None:
        self.program = program
        self.counts = counts
        self.noises = noises
        self.selects = any(TABLE[step.name].selects for step in program.steps)
        self.floats = [k for k, one in enumerate(program.inputs) if one.differentiable]

    def failure(self, compiled: bool) -> Failure | None:
        """The first failure; None if everything agrees."""
        found = self._failure(compiled)
        if found is None:
            return None
        # Few runs with noise miss by chance what more of them show to hang on rounding.
        found = Judge(self.program, Counts(), MORE_NOISES)._failure(compiled)
        if found is None:
            self._left_out("program: rounding decides, as more noise shows")
        return found

    def _failure(self, compiled: bool) -> Failure | None:
        with warnings.catch_warnings(), numpy.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            if not self._steady():
                self._left_out("program: rounding decides a shape or whether PyTorch raises")
                return None
            found = self._values()
            if found is not None or len(self.ours) < len(self.theirs):
                return found
            self.counts.modes["value"] += 1
            checks = [self._derivatives]
            if all(TABLE[step.name].compiles for step in self.program.steps):
                checks += [self._vmap, *([self._jit] if compiled else [])]
            for check in checks:
                found = check()
                if found is not None:
                    return found
        return None

    def _left_out(self, rule: str) -> None:
        self.counts.rules[rule] += 1

    # ---- running -----------------------------------------------------------------------------

    def _theirs(self, noise: int | None, changed: list[Array] | None = None) -> list[Any]:
        inputs = their_inputs(self.program.inputs)
        if changed is not None:
            inputs = [torch.from_numpy(value.copy()) for value in changed]
        for k in self.floats:
            inputs[k].requires_grad_()
        return self.program.run(torch, inputs, apply if noise is None else Disturb(noise).apply)

    def _ours_inputs(self) -> list[Any]:
        inputs = [wengert.from_numpy(one.array()) for one in self.program.inputs]
        for k in self.floats:
            inputs[k].requires_grad_()
        return inputs

    def _failed(self, mode: str, number: int | None, text: str, kind: str = "wrong") -> Failure:
        step = None if number is None else number - len(self.program.inputs)
        operator = "" if step is None or step < 0 else self.program.steps[step].name
        return Failure(mode, kind, text, operator)

    # ---- modes -------------------------------------------------------------------------------

    def _steady(self) -> bool:
        """Run PyTorch; False if rounding alone changes a shape or whether it raises."""
        self.theirs = self._theirs(None)
        try:
            self.disturbed = [self._theirs(noise) for noise in self.noises]
        except (RuntimeError, IndexError, ValueError):  # as a matrix no longer definite
            return False
        return all(
            value.shape == other.shape
            for run in self.disturbed
            for value, other in zip(self.theirs, run, strict=True)
        )

    def _values(self) -> Failure | None:
        self.inputs = self._ours_inputs()
        values = self.ours = list(self.inputs)
        for step in self.program.steps:
            number = len(values)
            if TABLE[step.name].regular == 0 and self._singular(step):
                self._left_out("program: a matrix singular to rounding")
                return None
            try:
                result = apply(
                    wengert, step.name, [values[k] for k in step.operands], dict(step.params)
                )
            except numpy.linalg.LinAlgError as error:
                if self._singular(step):
                    self._left_out("program: a matrix singular to rounding")
                    return None
                return self._failed("value", number, _short(error), "missing")
            except Exception as error:  # noqa: BLE001 - whatever Wengert raises
                return self._failed("value", number, _short(error), "missing")
            values.append(result)
            text = self._differs(number, result)
            if text is not None:
                return self._failed("value", number, text)
            op = TABLE[step.name]
            if (op.either_zero or not op.exact) and self._zeros_differ(number, result):
                return None
        return None

    def _singular(self, step: Step, runs: list[list[Any]] | None = None) -> bool:
        """Whether a matrix among the operands is so near a singular one that rounding decides.

        `runs` are PyTorch's values and those with noise.
        """
        first, *noisy = [self.theirs, *self.disturbed] if runs is None else runs
        for k in step.operands:
            value = first[k].detach()
            square = value.ndim >= 2 and value.shape[-1] == value.shape[-2] and value.numel()
            if square and value.is_floating_point() and bool(value.isfinite().all()):
                eps = torch.finfo(value.dtype).eps
                small, large = torch.linalg.svdvals(value).aminmax(dim=-1)
                moved = any(bool(((run[k] - value).abs() > large.max()).any()) for run in noisy)
                if moved or bool((small <= 100 * eps * large).any()):
                    return True
        return False

    def _zeros_differ(self, number: int, result: Any) -> bool:
        """Whether rounding alone decides that an element is 0, or which sign the 0 has."""
        ours, theirs = array_of(result), array_of(self.theirs[number])
        if ours.dtype.kind != "f":
            return False
        signs = numpy.signbit(ours) != numpy.signbit(theirs)
        if ((ours == 0) != (theirs == 0)).any():
            self._left_out("program: rounding decides whether a value is 0")
        elif ((ours == 0) & signs).any():
            self._left_out("program: the sign of a zero that was rounded")
        else:
            return False
        self.ours.pop()
        return True

    def _differs(self, number: int, result: Any) -> str | None:
        return differs(
            array_of(result),
            array_of(self.theirs[number]),
            [array_of(values[number]) for values in self.disturbed],
            self.counts,
        )

    def _ends(self) -> list[int]:
        """The floating sinks that depend on an input."""
        return [
            k
            for k in self.program.sinks()
            if self.theirs[k].is_floating_point() and self.theirs[k].requires_grad
        ]

    def _derivatives(self) -> Failure | None:
        self.ends = self._ends()
        known = min(TABLE[step.name].orders for step in self.program.steps)
        if not self.ends:
            return None
        reason = "an operator whose derivative PyTorch lacks" if not known else self._left_domain()
        if reason:
            self._left_out(f"derivatives of a program: {reason}")
            self.ends = []
            return None
        rng = numpy.random.default_rng(self.program.seed)
        self.cotangents = [
            _halves(rng, tuple(self.theirs[k].shape), array_of(self.theirs[k]).dtype)
            for k in self.ends
        ]
        self.ways = [
            _halves(rng, self.program.inputs[k].values.shape, self.program.inputs[k].values.dtype)
            for k in self.floats
        ]
        runs = [self.theirs, *self.disturbed]
        orders = ("gradient", "second")[:known]
        cancelled = self._cancelled()
        if known > 1 and cancelled:
            self._left_out(f"second order of a program: PyTorch's {cancelled} cancels")
            orders = orders[:1]
        try:
            theirs = [self._both(torch, values, len(orders) > 1) for values in runs]
        except (RuntimeError, NotImplementedError):  # PyTorch lacks some second derivatives
            runs = [self._theirs(None), *map(self._theirs, self.noises)]
            theirs = [(self._filled(self._first(torch, values, False)), []) for values in runs]
            if known > 1:
                self._left_out("second order of a program: PyTorch raises")
            orders = orders[:1]
        if known == 1:
            self._left_out("second order of a program: PyTorch's lacks digits")
        try:
            ours = self._both(wengert, self.ours)
        except numpy.linalg.LinAlgError as error:  # singular: see docs/differences.md
            if not any(map(self._singular, self.program.steps)):
                return self._failed("gradient", None, _short(error), "missing")
            self._left_out("derivatives of a program: a singular matrix")
            self.ends = []
            return None
        except Exception as error:  # noqa: BLE001 - whatever Wengert raises
            return self._failed("gradient", None, _short(error), "missing")
        self.slopes = [run[0] for run in theirs]
        finite = [abs(slope[numpy.isfinite(slope)]) for slope in self.slopes[0]]
        finite += [abs(cotangent).ravel() for cotangent in self.cotangents]
        self.floor = max((float(part.max()) for part in finite if part.size), default=0.0)
        for order, mode in enumerate(orders):
            for number, k in enumerate(self.floats):
                text = self._derivative_differs(
                    k, ours[order][number], [run[order][number] for run in theirs], order + 1
                )
                if text is not None:
                    return self._failed(mode, None, f"by v{k}: {text}")
            self.counts.modes[mode] += 1
        return None

    def _lost(self, ours: Array, theirs: Array, check: Check) -> str:
        """The operator that made all the NaN that differs of a cotangent which is documented.

        Failing that, any operator which an infinity reaches, forwards or back.
        """
        filled = numpy.where(numpy.isnan(ours), theirs, ours)
        if check(filled, Counts()) is not None:
            return ""
        endless = ""
        for step, value, operands, slopes in self._cotangents_of_steps():
            loses = TABLE[step.name].loses
            if loses is not None and any(bool(loses(one).any()) for one in slopes):
                return step.name
            reached = [*slopes, value, *operands]
            if any(bool(one.isinf().any()) for one in reached):
                endless = "an operator"
        return endless

    def _cotangents_of_steps(self) -> Iterator[tuple[Step, Any, list[Any], list[Any]]]:
        """The steps with their values and operands, and their cotangents if they have one."""
        values = self._theirs(None)
        for number, step in enumerate(self.program.steps, len(self.program.inputs)):
            if values[number].requires_grad:
                slope = torch.autograd.grad(
                    [values[end] for end in self.ends],
                    values[number],
                    [torch.from_numpy(part) for part in self.cotangents],
                    retain_graph=True,
                    allow_unused=True,
                )[0]
                operands = [values[k] for k in step.operands]
                yield step, values[number], operands, [] if slope is None else [slope]

    def _largest_cotangent(self) -> float:
        """Of all steps, in PyTorch's first derivative."""
        found = [slope.abs() for *_, slopes in self._cotangents_of_steps() for slope in slopes]
        finite = [float(size[size.isfinite()].max()) for size in found if size.isfinite().any()]
        return max(finite, default=0.0)

    def _cancelled(self) -> str:
        """The operator whose second derivative cancels in PyTorch for its operands."""
        for step in self.program.steps:
            cancels = TABLE[step.name].cancels
            if cancels is not None and cancels(*(self.theirs[k] for k in step.operands)):
                return step.name
        return ""

    def _left_domain(self) -> str:
        """Why PyTorch's derivatives say nothing: empty if they do."""
        first = len(self.program.inputs)
        for step in self.program.steps:
            if TABLE[step.name].regular == 1 and self._singular(step):
                return f"{step.name} of a singular matrix"
            departs = TABLE[step.name].departs
            if departs is not None and any(
                departs(self.theirs[k], **dict(step.params)) for k in step.operands
            ):
                return f"{step.name} where PyTorch's departs"
            steady = TABLE[step.name].steady_at_nan
            if not steady and any(self.theirs[k].isnan().any() for k in step.operands):
                return f"{step.name} at NaN"
        for number, step in enumerate(self.program.steps, first):
            if leaves_domain([self.theirs[k] for k in step.operands], self.theirs[number]):
                return "NaN or overflow made of numbers"
        return ""

    def _derivative_differs(
        self, k: int, ours: Array, theirs: list[Array], order: int = 1
    ) -> str | None:
        """By input k; at its infinities and in its holes PyTorch's NaN is no answer."""
        holes = any(TABLE[step.name].holes <= order for step in self.program.steps)
        dtypes = {value.dtype for value in self.theirs if value.is_floating_point()}
        eps = max(torch.finfo(dtype).eps for dtype in dtypes)
        eps = max([eps, *(TABLE[step.name].digits[order - 1] for step in self.program.steps)])
        endless = numpy.isinf(self.program.inputs[k].array()) & numpy.isnan(theirs[0])
        endless &= ~numpy.isnan(ours)
        self.counts.rules["numbers: PyTorch's derivative at infinity is NaN"] += int(endless.sum())
        if order == 2:
            pole = numpy.isinf(theirs[0]) & numpy.isnan(ours)
            self.counts.rules["numbers: an infinite second derivative, NaN here"] += int(pole.sum())
            endless |= pole
        ours = numpy.where(endless, theirs[0], ours).astype(ours.dtype)
        excuses = "PyTorch's NaN, a documented derivative" if holes else ""
        if self.selects:
            excuses = "PyTorch's NaN, where an element is not selected"

        floor = self.floor

        def check(ours: Array, counts: Counts) -> str | None:
            return differs(ours, theirs[0], theirs[1:], counts, excuses, eps, floor)

        text = check(ours, self.counts)
        if text is not None:
            over = self._overflowed(k, ours, theirs[0], order)
            self.counts.rules["numbers: PyTorch overflows in single precision"] += int(over.sum())
            if over.any():
                ours = numpy.where(over, theirs[0], ours)
                text = check(ours, Counts())
        if text is not None and order == 1:
            # A sum of cotangents is wrong by some eps of the largest, also where they cancel.
            floor = max(floor, 0.04 * self._largest_cotangent())
            text = check(ours, Counts())
            self.counts.rules["derivative by an input: cotangents cancel"] += text is None
        name = self._lost(ours, theirs[0], check) if text is not None else ""
        if name:
            self._left_out(f"derivative by an input: 0 times infinity at {name}")
            return None
        return text

    def _overflowed(self, k: int, ours: Array, theirs: Array, order: int) -> Array:
        """Where PyTorch has no number and, in double precision, the number that is ours."""
        suspects = numpy.isfinite(ours) & ~numpy.isfinite(theirs)
        if ours.dtype != numpy.float32 or not suspects.any():
            return numpy.zeros_like(suspects)
        wide = Judge(self.program, Counts())
        inputs = [
            one.double() if one.dtype == torch.float32 else one
            for one in their_inputs(self.program.inputs)
        ]
        for number in self.floats:
            inputs[number].requires_grad_()
        values = self.program.run(torch, inputs, apply)
        wide.ends, wide.ways = self.ends, [way.astype("float64") for way in self.ways]
        wide.cotangents = [one.astype("float64") for one in self.cotangents]
        exact = wide._both(torch, values)[order - 1][self.floats.index(k)]
        return suspects & (abs(ours - exact) <= 1e-4 * abs(exact))

    def _both(
        self, lib: Any, values: list[Any], again: bool = True
    ) -> tuple[list[Array], list[Array]]:
        """Gradients and, if `again`, gradients of gradients, with zeros for none."""
        inputs = [values[k] for k in self.floats]
        first = self._first(lib, values, True)
        pairs = [
            (slope, lib.from_numpy(way.copy()))
            for slope, way in zip(first, self.ways, strict=True)
            if again and slope is not None and slope.requires_grad
        ]
        second: tuple[Any, ...] = (None,) * len(inputs)
        if pairs:
            slopes, ways = zip(*pairs, strict=True)
            second = lib.autograd.grad(list(slopes), inputs, list(ways), allow_unused=True)
        return self._filled(first), self._filled(second)

    def _first(self, lib: Any, values: list[Any], again: bool) -> Any:
        return lib.autograd.grad(
            [values[k] for k in self.ends],
            [values[k] for k in self.floats],
            [lib.from_numpy(cotangent.copy()) for cotangent in self.cotangents],
            create_graph=again,
            allow_unused=True,
        )

    def _filled(self, slopes: Any) -> list[Array]:
        return [
            numpy.zeros_like(self.program.inputs[k].values) if slope is None else array_of(slope)
            for k, slope in zip(self.floats, slopes, strict=True)
        ]

    def _vmap(self) -> Failure | None:
        """The first input batched, or all: element 0 is the program itself."""
        program = self.program
        sinks = program.sinks()
        everything = program.seed[1] % 2 == 0
        changed = [
            _varied(one.array()) if everything or k == 0 else one.array()
            for k, one in enumerate(program.inputs)
        ]
        try:
            second = self._theirs(None, changed)
            disturbed = [self._theirs(noise, changed) for noise in self.noises]
        except (RuntimeError, IndexError, ValueError):
            self._left_out("vmap of a program: PyTorch raises for the other element")
            return None
        runs = (self.theirs, second)
        if any(_apart(step, second) for step in program.steps):
            self._left_out("vmap of a program: a documented value")
            return None
        if any(_zero_of_either_sign(program, run) for run in runs):
            self._left_out("vmap of a program: a zero of either sign")
            return None
        batches = [
            wengert.from_numpy(numpy.stack([one.array(), changed[k]]))
            if everything or k == 0
            else wengert.from_numpy(one.array())
            for k, one in enumerate(program.inputs)
        ]
        places = tuple(0 if everything or k == 0 else None for k in range(len(program.inputs)))

        def function(*inputs: Any) -> Any:
            values = program.run(wengert, list(inputs), apply)
            return tuple(values[k] for k in sinks)

        try:
            results = wengert.vmap(function, in_dims=places)(*batches)
        except numpy.linalg.LinAlgError as error:
            elements = ([self.theirs, *self.disturbed], [second, *disturbed])
            if not any(self._singular(step, r) for step in program.steps for r in elements):
                return self._failed("vmap", None, _short(error), "missing")
            self._left_out("vmap of a program: a matrix singular to rounding")
            return None
        except Exception as error:  # noqa: BLE001 - whatever Wengert raises
            if self._theirs_refuses(places, changed):
                self._left_out("vmap of a program: both raise")
                return None
            return self._failed("vmap", None, _short(error), "missing")
        for k, result in zip(sinks, results, strict=True):
            others = [array_of(run[k]) for run in disturbed]
            text = self._differs(k, result[0]) or differs(
                array_of(result[1]), array_of(second[k]), others, self.counts
            )
            if text is not None and self._zeros_of(changed, second):
                self._left_out("vmap of a program: rounding decides whether a value is 0")
                return None
            if text is not None:
                return self._failed("vmap", k, text)
        self.counts.modes["vmap"] += 1
        return None

    def _zeros_of(self, changed: list[Array], theirs: list[Any]) -> bool:
        """Whether rounding decides a zero of the other element, without vmap."""
        inputs = [wengert.from_numpy(value.copy()) for value in changed]
        ours = self.program.run(wengert, inputs, apply)
        return any(
            bool(((array_of(x) == 0) != (array_of(y) == 0)).any())
            for x, y in zip(ours, theirs, strict=True)
            if array_of(y).dtype.kind == "f"
        )

    def _zeros_hang(self) -> bool:
        """Whether noise makes a value 0, or no longer 0."""
        return any(
            bool(((x == 0) != (y == 0)).any())
            for run in self.disturbed
            for x, y in zip(self.theirs, run, strict=True)
        )

    def _theirs_refuses(self, places: tuple[int | None, ...], changed: list[Array]) -> bool:
        """Whether PyTorch's vmap raises as well."""
        program, sinks = self.program, self.program.sinks()
        batches = [
            tensor if place is None else torch.stack([tensor, torch.from_numpy(other.copy())])
            for tensor, other, place in zip(
                their_inputs(program.inputs), changed, places, strict=True
            )
        ]

        def function(*inputs: Any) -> Any:
            values = program.run(torch, list(inputs), apply)
            return tuple(values[k] for k in sinks)

        try:
            torch.func.vmap(function, in_dims=places)(*batches)
        except Exception:  # noqa: BLE001 - PyTorch raises anything
            return True
        return False

    def _jit(self) -> Failure | None:
        """Values and gradients of the compiled program."""
        sinks, floats = self.program.sinks(), self.floats
        ends = getattr(self, "ends", [])
        cotangents = [wengert.from_numpy(value) for value in self.cotangents] if ends else []
        steps = self.program.function(wengert, _CALLS)

        def function(*inputs: Any) -> Any:
            values = steps(*inputs)
            slopes: Any = ()
            if ends:
                slopes = wengert.autograd.grad(
                    [values[k] for k in ends],
                    [inputs[k] for k in floats],
                    cotangents,
                    allow_unused=True,
                )
            return tuple(values[k] for k in sinks), tuple(slopes)

        try:
            results, slopes = wengert.jit(function, cache=False)(*self._ours_inputs())
        except numpy.linalg.LinAlgError as error:
            if not any(map(self._singular, self.program.steps)):
                return self._failed("jit", None, _short(error), "missing")
            self._left_out("jit of a program: a matrix singular to rounding")
            return None
        except Exception as error:  # noqa: BLE001 - whatever Wengert raises
            return self._failed("jit", None, _short(error), "missing")
        for k, result in zip(sinks, results, strict=True):
            text = self._differs(k, result)
            if text is not None and self._zeros_hang():
                self._left_out("jit of a program: rounding decides whether a value is 0")
                return None
            if text is not None:
                return self._failed("jit", k, text)
        for number, slope in enumerate(self._filled(slopes) if slopes else ()):
            text = self._derivative_differs(
                self.floats[number], slope, [run[number] for run in self.slopes]
            )
            if text is not None:
                return self._failed("jit", None, f"gradient by v{self.floats[number]}: {text}")
        self.counts.modes["jit"] += 1
        return None


def _zero_of_either_sign(program: Program, values: list[Any]) -> bool:
    """Whether an operator made a 0 whose sign depends on where in memory the element lies."""
    first = len(program.inputs)
    return any(
        TABLE[step.name].either_zero and bool((values[number] == 0).any())
        for number, step in enumerate(program.steps, first)
    )


def _apart(step: Step, values: list[Any]) -> bool:
    """Whether a step is known to differ for these operands."""
    apart = TABLE[step.name].apart
    return apart is not None and any(apart(values[k]) for k in step.operands)


def _halves(rng: numpy.random.Generator, shape: tuple[int, ...], dtype: Any) -> Array:
    """Multiples of a half, which lose nothing in any order of summation."""
    return numpy.asarray(rng.integers(-4, 5, shape) / 2).astype(dtype)


def _varied(values: Array) -> Array:
    if values.dtype.kind == "f":
        return numpy.asarray(values * 0.75).astype(values.dtype)
    return numpy.array(values[::-1] if values.ndim else values)


def _short(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:200]
