"""Errors of the native elementwise functions in ulp, against mpmath.

    python -m tests.jit.measure_accuracy [samples]

measures all of them on every target and writes the table in docs/accuracy.md; the tests read their
bounds from that table.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mpmath
import numpy as np

from .native_kernels import FORCED_TARGETS, LANES, NUMPY, Array, answered_for

PAGE = Path(__file__).parents[2] / "docs/accuracy.md"
BEGIN, END = "<!-- native functions: begin -->", "<!-- native functions: end -->"
SAMPLES = 20_000
SEED = 20_250
PRECISION = {"f32": 24, "f64": 53}
LEAST_EXPONENT = {"f32": -149, "f64": -1074}
# An exponent that is out of range in both dtypes, either way.
FAR = 5000
TARGETS = ("native", *FORCED_TARGETS)

mp = mpmath.mp.clone()
mp.prec = 160

Draw = Callable[[np.random.Generator, int, str], Array]


def uniform(low: float, high: float) -> Draw:
    return lambda rng, n, dtype: rng.uniform(low, high, n)


def any_exponent(rng: np.random.Generator, n: int, dtype: str) -> Array:
    """All exponents alike, subnormal numbers and both signs among them."""
    top = 127 if dtype == "f32" else 1023
    sizes = np.ldexp(rng.uniform(1, 2, n), rng.integers(LEAST_EXPONENT[dtype], top + 1, n))
    return sizes * rng.choice([-1.0, 1.0], n)


def positive_exponent(rng: np.random.Generator, n: int, dtype: str) -> Array:
    return np.abs(any_exponent(rng, n, dtype))


def near(centre: float) -> Draw:
    """Close to a point, at distances of all sizes."""

    def draw(rng: np.random.Generator, n: int, dtype: str) -> Array:
        return centre + np.ldexp(rng.uniform(-1, 1, n), -rng.integers(1, PRECISION[dtype], n))

    return draw


def near_multiples(period: float, bits: int) -> Draw:
    """Next to multiples of a number, where a reduced argument is small."""

    def draw(rng: np.random.Generator, n: int, dtype: str) -> Array:
        factor = np.trunc(np.ldexp(rng.uniform(1, 2, n), rng.integers(0, bits, n)))
        return factor * period * rng.choice([-1.0, 1.0], n)

    return draw


def nearest_multiples(rng: np.random.Generator, n: int, dtype: str) -> Array:
    """The numbers of each dtype that lie next to a multiple of pi / 2, by size of the multiple.

    Source of the float64 one: J.-M. Muller, Elementary Functions, 3rd edition, table 11.1.
    """
    hardest = [16367173 * 2.0**72] if dtype == "f32" else [6381956970095103 * 2.0**797]
    return np.resize(np.array([*hardest, *(-x for x in hardest)]), n)


@dataclass(frozen=True)
class Measured:
    """A function, its exact value, and where each operand is drawn from."""

    exact: Callable[..., Any]
    draws: Sequence[tuple[Draw, ...]]


def _one(*draws: Draw) -> list[tuple[Draw, ...]]:
    return [(draw,) for draw in draws]


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x)) if x > -1000 else mp.exp(x)


def _erfc(x: Any) -> Any:
    return mp.erfc(max(min(x, 100), -100))


PI = float(np.pi)
LN2 = float(np.log(2))
TURNING = _one(
    uniform(-4, 4),
    uniform(-1e5, 1e5),
    any_exponent,
    near_multiples(PI / 2, 40),
    nearest_multiples,
)
POWERS = [
    (uniform(0, 5), uniform(-50, 50)),
    (near(1.0), any_exponent),
    (positive_exponent, uniform(-1.2, 1.2)),
    (uniform(-4, 0), lambda rng, n, dtype: rng.integers(-40, 40, n).astype(float)),
]
FUNCTIONS: dict[str, Measured] = {
    "exp": Measured(
        mp.exp,
        _one(uniform(-2, 2), uniform(-105, 90), uniform(-750, 712), near_multiples(LN2 / 2, 9)),
    ),
    "expm1": Measured(mp.expm1, _one(uniform(-2, 2), uniform(-40, 712), any_exponent, near(0.0))),
    "sigmoid": Measured(_sigmoid, _one(uniform(-3, 3), uniform(-110, 40), uniform(-750, 40))),
    "tanh": Measured(mp.tanh, _one(uniform(-2, 2), uniform(-22, 22), any_exponent)),
    "sinh": Measured(mp.sinh, _one(uniform(-2, 2), uniform(-712, 712), uniform(-91, 91))),
    "cosh": Measured(mp.cosh, _one(uniform(-2, 2), uniform(-712, 712), uniform(-91, 91))),
    "log": Measured(mp.log, _one(positive_exponent, uniform(0.3, 3), near(1.0))),
    "log1p": Measured(mp.log1p, _one(uniform(-1, 2), any_exponent, near(-1.0), near(0.0))),
    "exp2": Measured(
        lambda x: mp.mpf(2) ** x, _one(uniform(-2, 2), uniform(-151, 129), uniform(-1076, 1025))
    ),
    "log2": Measured(
        lambda x: mp.log(x) / mp.ln2, _one(positive_exponent, uniform(0.3, 3), near(1.0))
    ),
    "log10": Measured(mp.log10, _one(positive_exponent, uniform(0.3, 3), near(1.0))),
    "asinh": Measured(mp.asinh, _one(uniform(-3, 3), any_exponent, near(0.0))),
    "acosh": Measured(mp.acosh, _one(uniform(1, 3), positive_exponent, near(1.0))),
    "atanh": Measured(mp.atanh, _one(uniform(-1, 1), near(1.0), near(0.0), any_exponent)),
    "sin": Measured(mp.sin, TURNING),
    "cos": Measured(mp.cos, TURNING),
    "tan": Measured(mp.tan, TURNING),
    "asin": Measured(mp.asin, _one(uniform(-1, 1), near(1.0), near(0.5), near(0.0))),
    "acos": Measured(mp.acos, _one(uniform(-1, 1), near(1.0), near(-1.0), near(0.5))),
    "atan": Measured(mp.atan, _one(uniform(-3, 3), any_exponent, near(0.4142), near(2.4142))),
    "erf": Measured(mp.erf, _one(uniform(-3, 3), uniform(-7, 7), any_exponent, near(1.0))),
    "erfc": Measured(_erfc, _one(uniform(-3, 3), uniform(-7, 28), any_exponent, near(0.47))),
    "pow": Measured(mp.power, POWERS),
    "entr": Measured(lambda x: -x * mp.log(x), _one(uniform(0, 3), positive_exponent, near(1.0))),
    "hypot": Measured(
        mp.hypot,
        [(uniform(-3, 3), uniform(-3, 3)), (any_exponent, any_exponent), (near(1.0), near(1.0))],
    ),
    "xlogy": Measured(
        lambda x, y: x * mp.log(y),
        [
            (uniform(-3, 3), uniform(0, 3)),
            (any_exponent, near(1.0)),
            (near(1.0), positive_exponent),
        ],
    ),
    "xlog1py": Measured(
        lambda x, y: x * mp.log1p(y),
        [(uniform(-3, 3), uniform(-1, 3)), (any_exponent, near(0.0)), (near(1.0), any_exponent)],
    ),
    "atan2": Measured(mp.atan2, [(uniform(-3, 3), uniform(-3, 3)), (any_exponent, any_exponent)]),
}


def samples(operation: str, dtype: str, count: int) -> list[Array]:
    """Operands of a function: `count` in all, the same at each call."""
    rng = np.random.default_rng([SEED, len(operation), *operation.encode(), PRECISION[dtype]])
    draws = FUNCTIONS[operation].draws
    each = -(-count // len(draws))
    parts = [[draw(rng, each, dtype) for draw in row] for row in draws]
    with np.errstate(over="ignore", under="ignore"):
        return [np.concatenate(column).astype(NUMPY[dtype]) for column in zip(*parts)]


@dataclass(frozen=True)
class Exact:
    """Exact values (high + low) 2^exponent with high in [1/2, 1)."""

    high: Array
    low: Array
    exponent: Array

    @classmethod
    def of(cls, operation: str, operands: Sequence[Array]) -> Exact:
        function = FUNCTIONS[operation].exact
        size = operands[0].size
        high, low = np.zeros(size), np.zeros(size)
        exponent = np.zeros(size, np.int64)
        for index, row in enumerate(zip(*(operand.tolist() for operand in operands))):
            value = _exact(function, row)
            if value is None:
                high[index] = np.nan
                continue
            fraction, power = mp.frexp(value) if mp.isfinite(value) else (mp.sign(value) / 2, FAR)
            if value == 0 or abs(power) > FAR:
                fraction, power = mp.sign(value) / 2, -FAR if power <= 0 else FAR
            exponent[index] = power
            high[index] = float(fraction)
            low[index] = float(fraction - high[index])
        return cls(high, low, exponent)

    def errors(self, results: Array, dtype: str) -> Array:
        """The distance of the results in units of the last place; infinite where one is absurd."""
        unit = np.maximum(self.exponent - PRECISION[dtype], LEAST_EXPONENT[dtype])
        with np.errstate(all="ignore"):
            got = np.ldexp(
                np.ldexp(results.astype(float), -self.exponent // 2),
                -self.exponent - -self.exponent // 2,
            )
            distance = np.ldexp(np.abs((got - self.high) - self.low), self.exponent - unit)
        limit = np.finfo(NUMPY[dtype]).maxexp
        # Beyond the largest number: half a unit more rounds to infinity.
        over = (self.exponent > limit) | (
            (self.exponent == limit) & (np.abs(self.high) >= 1 - 2.0 ** (-PRECISION[dtype] - 1))
        )
        right = np.isinf(results) & (np.signbit(results) == np.signbit(self.high))
        distance = np.where(over, np.where(right, 0.0, np.inf), distance)
        undefined = np.isnan(self.high)
        distance = np.where(undefined, np.where(np.isnan(results), 0.0, np.inf), distance)
        return np.where(np.isnan(distance), np.inf, distance)


def _exact(function: Callable[..., Any], row: Sequence[float]) -> Any:
    """The value with mpmath, or None where it is not a real number."""
    try:
        value = function(*(mp.mpf(x) for x in row))
    except ValueError:
        return None
    return value if isinstance(value, mp.mpf) and not mp.isnan(value) else None


def worst(count: int) -> dict[tuple[str, str], float]:
    """The largest error of each function over all targets and lanes."""
    found: dict[tuple[str, str], float] = {}
    requests: dict[str, Array] = {}
    exact: dict[str, Exact] = {}
    for operation in FUNCTIONS:
        for dtype in PRECISION:
            operands = samples(operation, dtype, count)
            exact[f"{operation}.{dtype}"] = Exact.of(operation, operands)
            for lanes in LANES:
                for position, operand in enumerate(operands):
                    requests[f"{operation}.{dtype}.{lanes}.{position}"] = operand
    with tempfile.TemporaryDirectory() as folder:
        for target in TARGETS:
            for name, result in answered_for(target, requests, Path(folder)).items():
                operation, dtype, lanes = name.split(".")
                errors = exact[f"{operation}.{dtype}"].errors(result, dtype)
                at = int(np.argmax(errors))
                if errors[at] > found.get((operation, dtype), 0.0):
                    found[operation, dtype] = float(errors[at])
                    where = [
                        float(requests[f"{name}.{k}"][at])
                        for k in range(2)
                        if f"{name}.{k}" in requests
                    ]
                    print(f"{target} {name} {errors[at]:.3f} at {where}: {result[at]}")
    return found


def bounds() -> dict[tuple[str, str], float]:
    """The table of docs/accuracy.md."""
    text = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    rows = re.findall(r"^\| `(\w+)` \| ([\d.]+) \| ([\d.]+) \|$", text, re.MULTILINE)
    return {
        (operation, dtype): float(bound)
        for operation, *pair in rows
        for dtype, bound in zip(PRECISION, pair)
    }


def table(found: dict[tuple[str, str], float]) -> str:
    """Rows of bounds: errors rounded up to a twentieth."""
    lines = ["| function | float32 | float64 |", "|---|---|---|"]
    for operation in sorted(FUNCTIONS):
        pair = [np.ceil(found.get((operation, dtype), 0.5) * 20) / 20 for dtype in PRECISION]
        lines.append(f"| `{operation}` | {pair[0]:.2f} | {pair[1]:.2f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    measured = table(worst(int(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES))
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n{measured}\n{END}{after}", encoding="utf-8")
    print(measured)
