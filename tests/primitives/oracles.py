"""What every primitive is worth, by definition: mpmath and plain loops, never the NumPy call.

Numbers are mpmath's (30 digits), Python ints or bools. An elementwise oracle takes numbers; any
other takes object arrays and the parameters, and returns the list of outputs. The generated tests
differentiate the oracle numerically, so no derivative is written here.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import mpmath
import numpy
import scipy.linalg

mp = mpmath.mp.clone()
mp.dps = 40

Array = numpy.ndarray[Any, Any]


def _round_half_even(x: Any) -> Any:
    below = mp.floor(x)
    rest = x - below
    up = rest > 0.5 or (rest == 0.5 and int(below) % 2 == 1)
    return below + 1 if up else below


def _power(x: Any, y: Any) -> Any:
    if isinstance(x, int) and isinstance(y, int):
        return x**y
    return mp.power(x, y)


def _quotient(x: Any, y: Any) -> Any:
    return x // y if isinstance(x, int) else mp.floor(x / y)


def _truncated(x: Any) -> Any:
    if isinstance(x, int):
        return x
    return mp.floor(x) if x >= 0 else mp.ceil(x)


def _with_sign_of_first(x: Any, y: Any) -> Any:
    rest = abs(x) % abs(y)
    return rest if x >= 0 else -rest


def _erfc(x: Any) -> Any:
    return mp.erfc(x)


def _binomial_quantile(level: Any, count: Any, prob: Any) -> Any:
    """By adding up probabilities; of the failures where successes are more likely."""
    trials, rare = int(mp.floor(count)), min(prob, 1 - prob)
    total, k = mp.mpf(0), -1
    while total < level:
        k += 1
        total += mp.binomial(trials, k) * rare**k * (1 - rare) ** (trials - k)
    return mp.mpf(trials - k if prob > 0.5 else k)


def _splitmix64(key: int, counter: int) -> int:
    word = (1 << 64) - 1
    z = (key + counter * 0x9E3779B97F4A7C15) & word
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & word
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & word
    return z ^ (z >> 31)


def _sum_of(x: Any, y: Any) -> Any:
    return (x or y) if isinstance(x, bool) else x + y


def _product_of(x: Any, y: Any) -> Any:
    return (x and y) if isinstance(x, bool) else x * y


ELEMENTWISE: dict[str, Callable[..., Any]] = {
    "absolute": abs,
    "acos": mp.acos,
    "acosh": mp.acosh,
    "add": _sum_of,
    "arithmetic_shift_right": lambda x, y: x >> y if y >= 0 else -1 if x < 0 else 0,
    "asin": mp.asin,
    "asinh": mp.asinh,
    "atan": mp.atan,
    "atan2": mp.atan2,
    "atanh": mp.atanh,
    "bitwise_and": lambda x, y: x & y,
    "bitwise_not": lambda x: not x if isinstance(x, bool) else -x - 1,
    "bitwise_or": lambda x, y: x | y,
    "bitwise_xor": lambda x, y: x ^ y,
    "ceil": lambda x: x if isinstance(x, int) else mp.ceil(x),
    "copysign": lambda x, y: abs(x) if y >= 0 else -abs(x),
    "cos": mp.cos,
    "cosh": mp.cosh,
    "binomial_quantile": _binomial_quantile,
    "digamma": mp.digamma,
    "div": lambda x, y: x / y,
    "entr": lambda x: -x * mp.log(x),
    "eq": lambda x, y: x == y,
    "erf": mp.erf,
    "erfc": _erfc,
    "erfinv": mp.erfinv,
    "exp": mp.exp,
    "exp2": lambda x: mp.power(2, x),
    "expm1": lambda x: mp.exp(x) - 1,
    "exponent": lambda x: mp.frexp(x)[1],
    "floor": lambda x: x if isinstance(x, int) else mp.floor(x),
    "floor_divide": _quotient,
    "fmod": _with_sign_of_first,
    "gcd": math.gcd,
    "ge": lambda x, y: x >= y,
    "gt": lambda x, y: x > y,
    "hash64": _splitmix64,
    "hypot": mp.hypot,
    "igamma": lambda a, x: mp.gammainc(a, 0, x, regularized=True),
    "igammac": lambda a, x: mp.gammainc(a, x, mp.inf, regularized=True),
    "isfinite": lambda x: isinstance(x, int) or bool(mp.isfinite(x)),
    "isnan": lambda x: not isinstance(x, int) and bool(mp.isnan(x)),
    "lcm": math.lcm,
    "le": lambda x, y: x <= y,
    "left_shift": lambda x, y: x << y if y >= 0 else 0,
    "lgamma": mp.loggamma,
    "log": mp.log,
    "log10": mp.log10,
    "log1p": lambda x: mp.log(1 + x),
    "log2": lambda x: mp.log(x) / mp.log(2),
    "log_ndtr": lambda x: mp.log(mp.ncdf(x)),
    "lt": lambda x, y: x < y,
    "mantissa": lambda x: mp.frexp(x)[0],
    "maximum": lambda x, y: x if x >= y else y,
    "minimum": lambda x, y: x if x <= y else y,
    "mul": _product_of,
    "ndtri": lambda x: mp.sqrt(2) * mp.erfinv(2 * x - 1),
    "ne": lambda x, y: x != y,
    "neg": lambda x: -x,
    "nextafter": lambda x, y: x,
    "pow": _power,
    "reciprocal": lambda x: 1 / x,
    "relu": lambda x: x if x > 0 else 0 * x,
    "remainder": lambda x, y: x - y * _quotient(x, y),
    "round": lambda x: x if isinstance(x, int) else _round_half_even(x),
    "rsqrt": lambda x: 1 / mp.sqrt(x),
    "shift_right": lambda x, y: (x & ((1 << 64) - 1)) >> y,
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "sign": lambda x: x if isinstance(x, bool) else (x > 0) - (x < 0),
    "signbit": lambda x: x < 0,
    "sin": mp.sin,
    "sinh": mp.sinh,
    "sqrt": mp.sqrt,
    "sub": lambda x, y: x - y,
    "tan": mp.tan,
    "tanh": mp.tanh,
    "trunc": _truncated,
    "where": lambda condition, x, y: x if condition else y,
    "xlog1py": lambda x, y: x * mp.log(1 + y),
    "xlogy": lambda x, y: x * mp.log(y),
    "zeta": mp.zeta,
}


# ---- whole arrays -------------------------------------------------------------------------------


def _empty(shape: Any) -> Array:
    return numpy.full(tuple(shape), 0, object)


def _each(function: Callable[[Any], Any], x: Array) -> Array:
    out = _empty(x.shape)
    for place in numpy.ndindex(*x.shape):
        out[place] = function(x[place])
    return out


def _to(x: Array, dtype: Any, source: Any) -> Array:
    def one(value: Any) -> Any:
        if dtype.kind == "b":
            return value != 0
        if dtype.kind in "iu":
            return int(mp.re(value))
        if dtype.kind == "f":
            return mp.re(value)
        return mp.mpc(value)

    return _each(one, x)


def _reshape(x: Array, shape: Any) -> Array:
    out = _empty(shape)
    for source, target in zip(numpy.ndindex(*x.shape), numpy.ndindex(*shape), strict=True):
        out[target] = x[source]
    return out


def _permute(x: Array, axes: Any) -> Array:
    out = _empty([x.shape[axis] for axis in axes])
    for place in numpy.ndindex(*out.shape):
        source = [0] * x.ndim
        for k, axis in enumerate(axes):
            source[axis] = place[k]
        out[place] = x[tuple(source)]
    return out


def _expand(x: Array, shape: Any) -> Array:
    out = _empty(shape)
    lead = len(shape) - x.ndim
    for place in numpy.ndindex(*shape):
        out[place] = x[
            tuple(0 if e == 1 else i for e, i in zip(x.shape, place[lead:], strict=True))
        ]
    return out


def _slice(x: Array, slices: Any) -> Array:
    out = _empty([length for _, length, _ in slices])
    for place in numpy.ndindex(*out.shape):
        out[place] = x[tuple(s + i * step for i, (s, _, step) in zip(place, slices, strict=True))]
    return out


def _embed(x: Array, shape: Any, slices: Any) -> Array:
    out = _empty(shape)
    for place in numpy.ndindex(*x.shape):
        out[tuple(s + i * step for i, (s, _, step) in zip(place, slices, strict=True))] = x[place]
    return out


def _on_lattice(place: Any, starts: Any, steps: Any) -> tuple[int, ...]:
    return tuple(
        start + sum(k * i for k, i in zip(step, place, strict=True))
        for start, step in zip(starts, steps, strict=True)
    )


def _lattice(x: Array, shape: Any, starts: Any, steps: Any) -> Array:
    out = _empty(shape)
    for place in numpy.ndindex(*shape):
        out[place] = x[_on_lattice(place, starts, steps)]
    return out


def _lattice_add(g: Array, source: Any, shape: Any, starts: Any, steps: Any) -> Array:
    out = _empty(source)
    for place in numpy.ndindex(*shape):
        target = _on_lattice(place, starts, steps)
        out[target] = out[target] + g[place]
    return out


def _view_as_real(x: Array) -> Array:
    out = _empty((*x.shape, 2))
    for place in numpy.ndindex(*x.shape):
        out[(*place, 0)], out[(*place, 1)] = mp.re(x[place]), mp.im(x[place])
    return out


def _view_as_complex(x: Array) -> Array:
    out = _empty(x.shape[:-1])
    for place in numpy.ndindex(*out.shape):
        out[place] = x[(*place, 0)] + x[(*place, 1)] * mp.mpc(0, 1)
    return out


def _concatenate(*parts: Array, axis: int) -> Array:
    shape = list(parts[0].shape)
    shape[axis] = sum(part.shape[axis] for part in parts)
    out, start = _empty(shape), 0
    for part in parts:
        for place in numpy.ndindex(*part.shape):
            target = list(place)
            target[axis] += start
            out[tuple(target)] = part[place]
        start += part.shape[axis]
    return out


def _joint_places(indices: Any) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """(place in the joint index shape, leading position that the index arrays name)."""
    shape = numpy.broadcast_shapes(*[index.shape for index in indices])
    wide = [_expand(index, shape) for index in indices]
    return [(place, tuple(int(w[place]) for w in wide)) for place in numpy.ndindex(*shape)]


def _take(x: Array, *indices: Array) -> Array:
    rest = x.shape[len(indices) :]
    out = _empty((*numpy.broadcast_shapes(*[i.shape for i in indices]), *rest))
    for place, position in _joint_places(indices):
        for inner in numpy.ndindex(*rest):
            out[(*place, *inner)] = x[(*position, *inner)]
    return out


def _scatter_add(values: Array, *indices: Array, shape: Any) -> Array:
    out = _empty(shape)
    for place, position in _joint_places(indices):
        for inner in numpy.ndindex(*shape[len(indices) :]):
            out[(*position, *inner)] = out[(*position, *inner)] + values[(*place, *inner)]
    return out


def _put(x: Array, value: Array, *indices: Array) -> Array:
    out = x.copy()
    rest = x.shape[len(indices) :]
    joint = numpy.broadcast_shapes(*[i.shape for i in indices])
    value = _expand(value, (*joint, *rest))
    for place, position in _joint_places(indices):
        for inner in numpy.ndindex(*rest):
            out[(*position, *inner)] = value[(*place, *inner)]
    return out


def _along(x: Array, axis: int) -> Any:
    """(place without the axis, the elements along it)."""
    outer = [*x.shape[:axis], *x.shape[axis + 1 :]]
    for place in numpy.ndindex(*outer):
        yield place, [x[(*place[:axis], k, *place[axis:])] for k in range(x.shape[axis])]


def _sort(x: Array, axis: int, descending: bool) -> list[Array]:
    values, order = _empty(x.shape), _empty(x.shape)
    for place, line in _along(x, axis):
        ranked = sorted(range(len(line)), key=lambda k: -line[k] if descending else line[k])
        for rank, source in enumerate(ranked):
            target = (*place[:axis], rank, *place[axis:])
            values[target], order[target] = line[source], source
    return [values, order]


def _ranked(x: Array, axis: int, start: int, count: int, descending: bool) -> Array:
    order = _sort(x, axis, descending)[1]
    shape = (*x.shape[:axis], count, *x.shape[axis + 1 :])
    return _slice(order, [(start if k == axis else 0, e, 1) for k, e in enumerate(shape)])


def _reduce(step: Callable[[Any, Any], Any], start: Any) -> Callable[..., Array]:
    def over(x: Array, axes: Any) -> Array:
        kept = [k for k in range(x.ndim) if k not in axes]
        out = numpy.full([x.shape[k] for k in kept], start, object)
        for place in numpy.ndindex(*x.shape):
            target = tuple(place[k] for k in kept)
            out[target] = x[place] if out[target] is None else step(out[target], x[place])
        return out

    return over


def _position(better: Callable[[Any, Any], bool]) -> Callable[..., Array]:
    def along(x: Array, axis: int) -> Array:
        out = _empty((*x.shape[:axis], *x.shape[axis + 1 :]))
        for place, line in _along(x, axis):
            best = 0
            for k, value in enumerate(line):
                if better(value, line[best]):
                    best = k
            out[place] = best
        return out

    return along


def _cumsum(x: Array, axis: int) -> Array:
    out = _empty(x.shape)
    for place, line in _along(x, axis):
        total: Any = 0
        for k, value in enumerate(line):
            total = total + value
            out[(*place[:axis], k, *place[axis:])] = total
    return out


def _cumprod(x: Array, axis: int) -> Array:
    out = _empty(x.shape)
    for place, line in _along(x, axis):
        total: Any = 1
        for k, value in enumerate(line):
            total = total * value
            out[(*place[:axis], k, *place[axis:])] = total
    return out


def _place_so_far(better: Callable[[Any, Any], bool]) -> Callable[..., Array]:
    def oracle(x: Array, axis: int) -> Array:
        out = _empty(x.shape)
        for place, line in _along(x, axis):
            best = 0
            for k, value in enumerate(line):
                best = best if better(line[best], value) else k
                out[(*place[:axis], k, *place[axis:])] = best
        return out

    return oracle


def _matmul(x: Array, y: Array) -> Array:
    lead = numpy.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    x, y = _expand(x, (*lead, *x.shape[-2:])), _expand(y, (*lead, *y.shape[-2:]))
    out = _empty((*lead, x.shape[-2], y.shape[-1]))
    for *place, i, j in numpy.ndindex(*out.shape):
        total: Any = mp.mpf(0)
        for k in range(x.shape[-1]):
            total = total + x[(*place, i, k)] * y[(*place, k, j)]
        out[(*place, i, j)] = total
    return out


def _stacked(one: Callable[..., Any], rows: int, columns: int, *stacks: Array) -> Array:
    lead = numpy.broadcast_shapes(*[stack.shape[:-2] for stack in stacks])
    wide = [_expand(stack, (*lead, *stack.shape[-2:])) for stack in stacks]
    out = _empty((*lead, rows, columns))
    for place in numpy.ndindex(*lead):
        found = one(*[mp.matrix(stack[place].tolist()) for stack in wide])
        for i, j in itertools.product(range(rows), range(columns)):
            out[(*place, i, j)] = found[i, j]
    return out


def _solve(a: Array, b: Array) -> Array:
    return _stacked(lambda a, b: mp.inverse(a) * b, b.shape[-2], b.shape[-1], a, b)


def _lower_factor(a: Any) -> Any:
    # The derivative is that of the symmetric part, so the definition takes it as well.
    n = a.rows
    a = (a + a.transpose_conj()) / 2
    factor = mp.zeros(n)
    for j in range(n):
        for i in range(j, n):
            rest = a[i, j]
            for k in range(j):
                rest -= factor[i, k] * mp.conj(factor[j, k])
            factor[i, j] = mp.sqrt(rest) if i == j else rest / factor[j, j]
    return factor


def _cholesky(a: Array) -> Array:
    return _stacked(_lower_factor, a.shape[-1], a.shape[-1], a)


def _each_matrix(one: Callable[[Any], Sequence[Any]], a: Array, *shapes: Any) -> list[Array]:
    """Results of the given shapes for every matrix of a stack."""
    lead = a.shape[:-2]
    outs = [_empty((*lead, *shape)) for shape in shapes]
    for place in numpy.ndindex(*lead):
        for out, found in zip(outs, one(a[place]), strict=True):
            out[place] = found if isinstance(found, numpy.ndarray) else numpy.array(found, object)
    return outs


def _dot(x: Array, y: Array) -> Array:
    return _matmul(x, y)


def _adjoint(x: Array) -> Array:
    return _each(mp.conj, x.T)


def _like_lapack(vectors: Array, given: Array) -> Array:
    """Columns turned so that the largest entry is positive, or has the sign it has in `given`."""
    out = vectors.copy()
    for j in range(out.shape[1]):
        lead = max(range(out.shape[0]), key=lambda i: abs(out[i, j]))
        phase = mp.conj(out[lead, j]) / abs(out[lead, j])
        if given.dtype.kind != "c" and given[lead, j] < 0:
            phase = -phase
        out[:, j] = out[:, j] * phase
    return out


def _floating(a: Array) -> Array:
    """Doubles, complex if need be: only the signs of eigenvectors are taken from what they give."""
    values = numpy.array([complex(v) for v in a.ravel()]).reshape(a.shape)
    return values if any(isinstance(v, mp.mpc) for v in a.ravel()) else values.real


def _hermitian_part(a: Array) -> Array:
    return (a + _adjoint(a)) / 2


def _eigh_one(a: Array) -> Sequence[Any]:
    a = _hermitian_part(a)
    w, v = mp.eighe(mp.matrix(a.tolist()))
    order = sorted(range(len(w)), key=lambda k: mp.re(w[k]))
    vectors = numpy.array(v.tolist(), object).reshape(a.shape)[:, order]
    given = numpy.linalg.eigh(_floating(a))[1]
    return [mp.re(w[k]) for k in order], _like_lapack(vectors, given)


def _eigh(a: Array) -> list[Array]:
    return _each_matrix(_eigh_one, a, a.shape[-1:], a.shape[-2:])


def _eig_one(a: Array) -> Sequence[Any]:
    w, v = mp.eig(mp.matrix(a.tolist()))
    given = numpy.linalg.eigvals(_floating(a))
    order = [min(range(len(w)), key=lambda k, g=g: abs(w[k] - g)) for g in given]
    vectors = numpy.array(v.tolist(), object).reshape(a.shape)[:, order]
    for j in range(len(w)):
        vectors[:, j] = vectors[:, j] / mp.sqrt(sum(abs(x) ** 2 for x in vectors[:, j]))
    return [w[k] for k in order], _like_lapack(vectors, numpy.zeros(a.shape, complex))


def _eig(a: Array) -> list[Array]:
    return _each_matrix(_eig_one, a, a.shape[-1:], a.shape[-2:])


def _svd_one(a: Array) -> Sequence[Any]:
    k = min(a.shape)
    u, s, vh = mp.svd(mp.matrix(a.tolist()), full_matrices=False)
    u, vh = (numpy.array(m.tolist(), object).reshape(m.rows, m.cols) for m in (u, vh))
    u = _like_lapack(u, numpy.linalg.svd(_floating(a), full_matrices=False)[0])
    s = [s[j] for j in range(k)]
    vh = _dot(_adjoint(u), a)
    for j in range(k):
        vh[j] = vh[j] / s[j]
    return u, s, vh


def _svd(a: Array) -> list[Array]:
    rows, columns = a.shape[-2:]
    k = min(rows, columns)
    return _each_matrix(_svd_one, a, (rows, k), (k,), (k, columns))


def _reflected(a: Array) -> tuple[Array, Array]:
    """Householder's reflections with LAPACK's signs: (r above the vectors, tau)."""
    a = a.copy()
    rows, columns = a.shape
    taus = _empty((min(rows, columns),))
    for j in range(min(rows, columns)):
        rest = mp.sqrt(sum((abs(x) ** 2 for x in a[j + 1 :, j]), mp.mpf(0)))
        alpha = a[j, j]
        if rest == 0 and mp.im(alpha) == 0:
            continue
        size = mp.sqrt(rest**2 + abs(alpha) ** 2)
        beta = -size if mp.re(alpha) >= 0 else size
        taus[j] = (beta - alpha) / beta
        v = a[j:, j] / (alpha - beta)
        v[0] = mp.mpf(1)
        block = a[j:, j:]
        factors = _dot(_adjoint(v[:, None]), block)
        a[j:, j:] = block - mp.conj(taus[j]) * v[:, None] * factors
        a[j + 1 :, j] = v[1:]
        a[j, j] = beta
    return a, taus


def _geqrf(a: Array) -> list[Array]:
    return _each_matrix(_reflected, a, a.shape[-2:], (min(a.shape[-2:]),))


def _unitary(a: Array, columns: slice) -> Array:
    packed, taus = _reflected(a)
    rows = a.shape[0]
    whole = numpy.array(mp.eye(rows).tolist(), object)
    for j in reversed(range(len(taus))):
        v = packed[:, j].copy()
        v[:j], v[j] = mp.mpf(0), mp.mpf(1)
        whole = whole - taus[j] * v[:, None] * _dot(_adjoint(v[:, None]), whole)
    return whole[:, columns]


def _qr(a: Array) -> list[Array]:
    n = a.shape[-1]

    def one(a: Array) -> Sequence[Any]:
        r = _reflected(a)[0][:n].copy()
        for i, j in itertools.product(range(n), range(n)):
            r[i, j] = r[i, j] if i <= j else mp.mpf(0)
        return _unitary(a, slice(n)), r

    return _each_matrix(one, a, a.shape[-2:], (n, n))


def _complement(q: Array) -> list[Array]:
    # One column: the normal to the given ones, on the side where LAPACK has it.
    normal = _unitary(q, slice(q.shape[1], None))
    given = numpy.linalg.qr(_floating(q), mode="complete")[0][:, q.shape[1] :]
    return [_like_lapack(normal, given)]


def _lu_one(a: Array) -> Sequence[Any]:
    a = a.copy()
    order, pivots = [*range(len(a))], []
    for k in range(min(a.shape)):
        best = max(range(k, len(a)), key=lambda i: abs(mp.re(a[i, k])) + abs(mp.im(a[i, k])))
        pivots.append(best + 1)
        a[[k, best]] = a[[best, k]]
        order[k], order[best] = order[best], order[k]
        for i in range(k + 1, len(a)):
            a[i, k] = a[i, k] / a[k, k]
            a[i, k + 1 :] = a[i, k + 1 :] - a[i, k] * a[k, k + 1 :]
    return a, pivots, order


def _lu(a: Array) -> list[Array]:
    rows, columns = a.shape[-2:]
    return _each_matrix(_lu_one, a, (rows, columns), (min(rows, columns),), (rows,))


def _volume(a: Array) -> Any:
    """The determinant by Leibniz' sum."""
    n = len(a)
    total: Any = mp.mpf(0)
    for order in itertools.permutations(range(n)):
        turns = sum(order[i] > order[j] for i in range(n) for j in range(i + 1, n))
        term: Any = mp.mpf(-1) ** turns
        for i, j in enumerate(order):
            term = term * a[i, j]
        total = total + term
    return total


def _det(a: Array) -> list[Array]:
    return _each_matrix(lambda a: [_volume(a)], a, ())


def _slogdet(a: Array) -> list[Array]:
    def one(a: Array) -> Sequence[Any]:
        volume = _volume(a)
        return volume / abs(volume), mp.log(abs(volume))

    return _each_matrix(one, a, (), ())


def _adjugate_one(a: Array) -> Array:
    out = _empty(a.shape)
    for i, j in numpy.ndindex(*a.shape):
        minor = numpy.delete(numpy.delete(a, i, 0), j, 1)
        out[j, i] = (-1) ** (i + j) * _volume(minor)
    return out


def _adjugate(a: Array) -> list[Array]:
    return _each_matrix(lambda a: [_adjugate_one(a)], a, a.shape[-2:])


def _adjugate_change(a: Array, e: Array) -> list[Array]:
    # Cofactors are polynomials of degree two at most here, so central differences are exact.
    return [(_adjugate_one(a + e) - _adjugate_one(a - e)) / 2]


def _regularity(a: Array) -> list[Array]:
    def one(a: Array) -> Sequence[Any]:
        s = _svd_one(a)[1] if _volume(a) else [mp.mpf(1), mp.mpf(0)]
        return [s[-1] / s[0]]

    return _each_matrix(one, a, ())


def _pinv(a: Array, atol: Array, rtol: Array) -> Array:
    rows, columns = a.shape[-2:]

    def one(m: Any) -> Any:
        h = m.transpose_conj()
        return mp.inverse(h * m) * h if rows >= columns else h * mp.inverse(m * h)

    return _stacked(one, columns, rows, a)


def _dft(x: Array, axes: Any, inverse: bool) -> Array:
    for axis in axes:
        size = x.shape[axis]
        out = _empty(x.shape)
        for place, line in _along(x, axis):
            for k in range(size):
                turns = [
                    mp.expjpi((2 if inverse else -2) * mp.mpf(k * n) / size) for n in range(size)
                ]
                total = sum((t * v for t, v in zip(turns, line, strict=True)), mp.mpf(0))
                out[(*place[:axis], k, *place[axis:])] = total
        x = out
    return x


def _row_order(pivots: Array, rows: int) -> Array:
    out = _empty((*pivots.shape[:-1], rows))
    for place in numpy.ndindex(*pivots.shape[:-1]):
        order = [*range(rows)]
        for k, pivot in enumerate(pivots[place]):
            order[k], order[pivot - 1] = order[pivot - 1], order[k]
        out[place] = order
    return out


def _cholesky_info(a: Array) -> list[Array]:
    def one(a: Array) -> Sequence[Any]:
        a = _hermitian_part(a)
        minors = (k for k in range(1, len(a) + 1) if not mp.re(_volume(a[:k, :k])) > 0)
        return [next(minors, 0)]

    return _each_matrix(one, a, ())


def _ldl(a: Array, hermitian: bool) -> list[Array]:
    """LAPACK's routines, by SciPy's binding of them."""
    lower = _floating(a)
    name = "hetrf" if lower.dtype.kind == "c" and hermitian else "sytrf"
    (routine,) = scipy.linalg.get_lapack_funcs((name,), (lower,))
    number = mp.mpc if lower.dtype.kind == "c" else mp.mpf

    def one(a: Array) -> Sequence[Any]:
        packed, pivots, info = routine(a, lower=1)
        return _each(number, numpy.tril(packed)), pivots.astype(object), info

    return _each_matrix(one, lower, a.shape[-2:], a.shape[-1:], ())


def _ldl_product(packed: Array, pivots: Array, hermitian: bool) -> Array:
    """For the samples: one 2 x 2 block, or three steps that exchange with the last row."""
    n = len(packed)
    if n == 2:
        return numpy.array([[packed[0, 0], packed[1, 0]], [packed[1, 0], packed[1, 1]]], object)
    whole = numpy.array(mp.eye(n).tolist(), object)
    for k in range(n):
        step = numpy.array(mp.eye(n).tolist(), object)
        step[k + 1 :, k] = packed[k + 1 :, k]
        step[[k, n - 1]] = step[[n - 1, k]]
        whole = _dot(whole, step)
    d = numpy.array([[packed[i, i] * (i == j) for j in range(n)] for i in range(n)], object)
    return _dot(_dot(whole, d), whole.T)


def _window_places(shape: Any, kernel: Any, stride: Any, dilation: Any) -> Any:
    """(place in the array of windows, place in the padded image) for one image."""
    counts = [
        (extent - (k - 1) * d - 1) // s + 1
        for extent, k, s, d in zip(shape, kernel, stride, dilation, strict=True)
    ]
    for place in numpy.ndindex(*kernel, *counts):
        offset, start = place[: len(kernel)], place[len(kernel) :]
        yield (
            place,
            tuple(
                p * s + o * d for p, s, o, d in zip(start, stride, offset, dilation, strict=True)
            ),
            counts,
        )


def _windows(x: Array, kernel: Any, stride: Any, dilation: Any) -> Array:
    rank = len(kernel)
    found: dict[Any, Any] = {}
    counts = [place[2] for place in _window_places(x.shape[-rank:], kernel, stride, dilation)][0]
    for lead in numpy.ndindex(*x.shape[:-rank]):
        for place, source, _ in _window_places(x.shape[-rank:], kernel, stride, dilation):
            found[(*lead, *place)] = x[(*lead, *source)]
    out = _empty((*x.shape[:-rank], *kernel, *counts))
    for place, value in found.items():
        out[place] = value
    return out


def _fold(g: Array, shape: Any, kernel: Any, stride: Any, dilation: Any) -> Array:
    rank = len(kernel)
    out = _empty(shape)
    for lead in numpy.ndindex(*shape[:-rank]):
        for place, target, _ in _window_places(shape[-rank:], kernel, stride, dilation):
            out[(*lead, *target)] = out[(*lead, *target)] + g[(*lead, *place)]
    return out


_VIEWS: dict[str, Callable[..., Array]] = {
    "reshape": _reshape,
    "permute": _permute,
    "expand": _expand,
    "slice": _slice,
    "lattice": _lattice,
    "detach": lambda x: x,
}


def _view_put(base: Array, value: Array, chain: Any) -> Array:
    positions = numpy.arange(base.size).reshape(base.shape).astype(object)
    for primitive, params in chain:
        positions = _VIEWS[primitive.name](positions, **params)
    flat = base.reshape(-1).copy()
    for place in numpy.ndindex(*value.shape):
        flat[positions[place]] = value[place]
    return flat.reshape(base.shape)


def _reinterpret(x: Array, dtype: Any) -> Array:
    """By way of bytes: x is float64, as its samples are."""
    found = numpy.frombuffer(numpy.array(x, float).tobytes(), dtype)
    return found.reshape(*x.shape[:-1], -1) if x.ndim else found.reshape(())


def _bessel_i(x: Array, order: int, scaled: bool) -> Array:
    return _each(lambda v: mp.besseli(order, v) * (mp.exp(-abs(v)) if scaled else 1), x)


def _bessel_k(x: Array, order: int, scaled: bool) -> Array:
    return _each(lambda v: mp.besselk(order, v) * (mp.exp(v) if scaled else 1), x)


def _repeated_integral(x: Any, order: int) -> Any:
    below, here = 2 / mp.sqrt(mp.pi), mp.exp(x * x) * mp.erfc(x)
    for n in range(1, order + 1):
        below, here = here, (below - 2 * x * here) / (2 * n)
    return here


def _spherical(x: Any, order: int) -> Any:
    return x**order / mp.fac2(2 * order + 1) * mp.hyp0f1(order + mp.mpf(3) / 2, -x * x / 4)


_POLYNOMIALS: dict[str, Callable[[int, Any], Any]] = {
    "chebyshev_t": mp.chebyt,
    "chebyshev_u": mp.chebyu,
    "chebyshev_v": lambda n, x: mp.chebyu(n, x) - (mp.chebyu(n - 1, x) if n else 0),
    "chebyshev_w": lambda n, x: mp.chebyu(n, x) + (mp.chebyu(n - 1, x) if n else 0),
    "hermite_h": mp.hermite,
    "hermite_he": lambda n, x: mp.mpf(2) ** (-mp.mpf(n) / 2) * mp.hermite(n, x / mp.sqrt(2)),
    "laguerre": lambda n, x: mp.laguerre(n, 0, x),
    "legendre": mp.legendre,
}


def _polynomial(x: Array, degree: Array, family: str, derivative: int) -> Array:
    out = _empty(x.shape)
    for place in numpy.ndindex(*x.shape):
        n, v = int(degree[place]), x[place]
        of = _POLYNOMIALS[family]
        if derivative == 0:
            out[place] = of(n, v)
        else:  # the one family that is tried: (x**2 - 1) p'[n] = n (x p[n] - p[n - 1])
            out[place] = n * (v * of(n, v) - of(n - 1, v)) / (v * v - 1)
    return out


WHOLE: dict[str, Callable[..., Any]] = {
    "adjugate": _adjugate,
    "adjugate_change": _adjugate_change,
    "airy": lambda x, derivative: _each(lambda v: mp.airyai(v, derivative=derivative), x),
    "amax": _reduce(lambda a, b: b if b > a else a, None),
    "amin": _reduce(lambda a, b: b if b < a else a, None),
    "argmax": _position(lambda a, b: a > b),
    "argmin": _position(lambda a, b: a < b),
    "bessel_i": _bessel_i,
    "bessel_j": lambda x, order: _each(lambda v: mp.besselj(order, v), x),
    "bessel_k": _bessel_k,
    "bessel_y": lambda x, order: _each(lambda v: mp.bessely(order, v), x),
    "cholesky": _cholesky,
    "cholesky_info": _cholesky_info,
    "complement": _complement,
    "complex": lambda x, y: numpy.asarray(x + y * mp.mpc(0, 1), object),
    "concatenate": _concatenate,
    "conj": lambda x: _each(mp.conj, x),
    "constant": lambda array: _each(lambda v: v.item(), array),
    "cummax": _place_so_far(lambda a, b: a > b),
    "cummin": _place_so_far(lambda a, b: a < b),
    "cumprod": _cumprod,
    "cumsum": _cumsum,
    "det": _det,
    "detach": lambda x: x,
    "dft": _dft,
    "eig": _eig,
    "eigh": _eigh,
    "embed": _embed,
    "erfcx": lambda x, order: _each(lambda v: _repeated_integral(v, order), x),
    "expand": _expand,
    "fold": _fold,
    "full": lambda shape, value, dtype: numpy.full(shape, value, object),
    "geqrf": _geqrf,
    "imag": lambda x: _each(mp.im, x),
    "iota": lambda size, dtype: numpy.array([*range(size)], object),
    "lattice": _lattice,
    "lattice_add": _lattice_add,
    "ldl": _ldl,
    "ldl_product": _ldl_product,
    "lu": _lu,
    "matmul": _matmul,
    "matrix_exp": lambda a: _stacked(mp.expm, a.shape[-1], a.shape[-1], a),
    "modulus": lambda x: _each(lambda v: mp.sqrt(mp.re(v) ** 2 + mp.im(v) ** 2), x),
    "overwrite": lambda old, new: new,
    "permute": _permute,
    "pinv": _pinv,
    "polynomial": _polynomial,
    "put": _put,
    "qr": _qr,
    "ranked": _ranked,
    "real": lambda x: _each(mp.re, x),
    "regularity": _regularity,
    "reinterpret": _reinterpret,
    "reshape": _reshape,
    "row_order": _row_order,
    "scatter_add": _scatter_add,
    "slice": _slice,
    "slogdet": _slogdet,
    "solve": _solve,
    "solve_triangular": lambda a, b, upper: _solve((numpy.triu if upper else numpy.tril)(a), b),
    "sort": _sort,
    "spherical_bessel_j": lambda x, order: _each(lambda v: _spherical(v, order), x),
    "sum": _reduce(_sum_of, 0),
    "svd": _svd,
    "take": _take,
    "to": _to,
    "view_as_complex": _view_as_complex,
    "view_as_real": _view_as_real,
    "view_put": _view_put,
    "windows": _windows,
}

DIFFERENTIATED_AS: dict[str, Callable[..., Any]] = {
    # Its value is `new`, its derivative that of `old`: this is what it is for.
    "overwrite": lambda old, new: old,
}
"""Oracles of the derivative where it is, on purpose, not that of the value."""
