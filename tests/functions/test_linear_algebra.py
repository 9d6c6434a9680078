"""Products, factorisations, solvers: values by NumPy, SciPy or the definition, every mode.

Factors are checked by what they are for: their product is the matrix, their columns orthonormal.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.linalg

import wengert as w
from wengert import func

from .calls import Call, Calls, check_batch, check_derivatives, check_value, identify

RNG = np.random.default_rng(11)
A = np.array([[0.5, -1.5, 2.5, -0.25], [1.25, 0.75, -2.0, 3.0], [-0.5, 1.0, 0.1, -1.0]])
B = RNG.normal(size=(4, 2))
U, V = np.array([0.5, -1.0, 2.0]), np.array([1.5, 0.25, -0.75])
M = RNG.normal(size=(2, 3, 3)) + 3 * np.eye(3)
"""A stack of regular matrices."""
R = RNG.normal(size=(2, 3, 2))
Z = M + 1j * RNG.normal(size=(2, 3, 3))
S = M @ np.swapaxes(M, -1, -2)
H = Z @ np.conj(np.swapaxes(Z, -1, -2))
TALL, WIDE = RNG.normal(size=(2, 4, 2)), RNG.normal(size=(2, 2, 4))
SINGULAR = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [5.0, 7.0, 9.0]])
RANK_ONE = np.outer(U, V)
BATCH, COLUMNS = RNG.normal(size=(2, 3, 4)), RNG.normal(size=(2, 4, 3))

CALLS = Calls()
case = CALLS.case

# ---- products -----------------------------------------------------------------------------------

case("matmul", A, B, expected=np.einsum("ij,jk->ik", A, B))
case("matmul", BATCH, B, expected=np.einsum("aij,jk->aik", BATCH, B))
case("matmul", V, M, expected=np.einsum("i,aij->aj", V, M))
case("matmul", M, V, expected=np.einsum("aij,j->ai", M, V))
case("matmul", np.array([[1, 2], [3, 4]]), np.array([1, -1]), expected=[-1, -1], smooth=False)
case("mm", A, B, expected=np.einsum("ij,jk->ik", A, B))
case("mv", A.T, V, expected=np.einsum("ji,j->i", A, V))
case("bmm", BATCH, COLUMNS, expected=np.einsum("aij,ajk->aik", BATCH, COLUMNS))
case("dot", U, V, expected=np.sum(U * V))
case("vdot", Z[0, 0], Z[0, 1], expected=np.sum(np.conj(Z[0, 0]) * Z[0, 1]))
case("linalg.vecdot", Z, Z[1], dim=-2, expected=np.sum(np.conj(Z) * Z[1], -2))
case("inner", A, V[[0, 1, 2, 0]], expected=np.einsum("ij,j->i", A, V[[0, 1, 2, 0]]))
case("inner", A, np.array(2.0), expected=A * 2)
case("outer", U, V, expected=np.einsum("i,j->ij", U, V))
case("ger", U, V, expected=np.einsum("i,j->ij", U, V))
case("kron", A, B, expected=np.kron(A, B))
case("kron", V, M, expected=np.kron(V, M))
case(
    "tensordot",
    BATCH,
    COLUMNS,
    dims=([0, 2], [0, 1]),
    expected=np.tensordot(BATCH, COLUMNS, ([0, 2], [0, 1])),
)
case("tensordot", A, B, 1, expected=np.tensordot(A, B, 1))
case("tensordot", U, V, 0, expected=np.tensordot(U, V, 0))
case("cross", U, V, expected=np.cross(U, V))
case("linalg.cross", M, V.reshape(1, 1, 3), expected=np.cross(M, V))
case("trace", M[0], expected=M[0, 0, 0] + M[0, 1, 1] + M[0, 2, 2])
case("vander", V, expected=np.vander(V))
case("vander", V, 5, increasing=True, expected=np.vander(V, 5, increasing=True))
case("linalg.vander", A, N=3, expected=A[..., None] ** np.arange(3))
case("linalg.diagonal", M, expected=np.einsum("aii->ai", M))
case("addmm", V, M[0], M[1], beta=0.5, alpha=-2, expected=0.5 * V - 2 * (M[0] @ M[1]))
case("addmm", np.full(3, np.nan), M[0], M[1], beta=0, expected=M[0] @ M[1], smooth=False)
case("addmv", U, M[0], V, alpha=3, expected=U + 3 * (M[0] @ V))
case("addr", M[0], U, V, beta=2, expected=2 * M[0] + np.outer(U, V))
case("addbmm", M[0], M, M, beta=2, alpha=0.5, expected=2 * M[0] + 0.5 * np.sum(M @ M, 0))
case("baddbmm", V, M, M, alpha=0.5, expected=V + 0.5 * (M @ M))
case("chain_matmul", A, B, B.T, expected=A @ (B @ B.T))

for equation, *operands in [
    ("ij,jk", A, B),
    ("ij,jk->ki", A, B),
    ("i,j", U, V),
    ("ii", M[0]),
    ("ii->i", M[0]),
    ("aij->", M),
    ("...ij,...jk->...ik", M, M[0]),
    ("i...,i...->...", M, M),
    ("aij,ajk,akl,l->ai", M, Z, M, V),
    ("iij,j->i", np.einsum("aij->ija", M)[:2, :2], np.array([1.0, 2.0])),
    ("ij, kj -> ik j", A, A),
    ("ij,ij->j", A, A[:1]),
    ("Ab,bC", B.T, A.T),
]:
    case("einsum", equation, *operands, expected=np.einsum(equation.replace(" ", ""), *operands))
case("einsum", A, [0, 1], B, [1, 2], [2, 0], expected=(A @ B).T)
case("einsum", M, [..., 1, 2], M, [..., 2, 3], expected=M @ M)

# ---- equations ----------------------------------------------------------------------------------

case("linalg.solve", M, R, expected=np.einsum("aij,ajk->aik", np.linalg.inv(M), R))
case("linalg.solve", M[0], V, expected=np.linalg.inv(M[0]) @ V)
case(
    "linalg.solve",
    M,
    np.swapaxes(R, 1, 2),
    left=False,
    expected=np.swapaxes(R, 1, 2) @ np.linalg.inv(M),
)
case("linalg.solve_ex", M, R, expected=(np.linalg.inv(M) @ R, [0, 0]))
case("linalg.inv", Z, expected=np.linalg.inv(Z))
case("inverse", M, expected=np.linalg.inv(M))
case("linalg.inv_ex", M, expected=(np.linalg.inv(M), [0, 0]))
for upper, left, unit in itertools.product([True, False], repeat=3):
    triangle = (np.triu if upper else np.tril)(M)
    if unit:
        triangle = np.where(np.eye(3) > 0, 1, triangle)
    right = R if left else np.swapaxes(R, 1, 2)
    known = np.linalg.inv(triangle) @ right if left else right @ np.linalg.inv(triangle)
    case(
        "linalg.solve_triangular",
        M,
        right,
        upper=upper,
        left=left,
        unitriangular=unit,
        expected=known,
    )
case(
    "triangular_solve",
    R,
    M,
    transpose=True,
    expected=(np.linalg.inv(np.swapaxes(np.triu(M), 1, 2)) @ R, M),
)
case("cholesky_solve", R, M, expected=np.linalg.inv(np.tril(M) @ np.swapaxes(np.tril(M), 1, 2)) @ R)
case(
    "cholesky_inverse", M, True, expected=np.linalg.inv(np.swapaxes(np.triu(M), 1, 2) @ np.triu(M))
)
case("linalg.pinv", TALL, expected=np.linalg.pinv(TALL))
case("linalg.pinv", WIDE, expected=np.linalg.pinv(WIDE))
case("pinverse", A, expected=np.linalg.pinv(A))
case(
    "linalg.tensorsolve",
    np.eye(4).reshape(2, 2, 4) + 0.1,
    np.ones((2, 2)),
    expected=np.linalg.tensorsolve(np.eye(4).reshape(2, 2, 4) + 0.1, np.ones((2, 2))),
)

# ---- functions of matrices ----------------------------------------------------------------------

case("linalg.det", M, expected=[np.linalg.det(x) for x in M])
case("det", Z, expected=np.linalg.det(Z))
case("slogdet", M, expected=(np.sign(np.linalg.det(M)), np.log(abs(np.linalg.det(M)))))
case(
    "linalg.slogdet",
    Z,
    expected=(np.linalg.det(Z) / abs(np.linalg.det(Z)), np.log(abs(np.linalg.det(Z)))),
)
case("logdet", S, expected=np.log(np.linalg.det(S)))
case("matrix_power", M, 5, expected=M @ M @ M @ M @ M)
case("linalg.matrix_power", M, -2, expected=np.linalg.inv(M @ M))
case("matrix_power", M, 0, expected=np.broadcast_to(np.eye(3), (2, 3, 3)))
case("matrix_exp", M, expected=scipy.linalg.expm(M))
case("linalg.matrix_exp", Z / 3, expected=scipy.linalg.expm(Z / 3))
for order, dim in itertools.product(
    ["fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf], [(-2, -1), (2, 0)]
):
    known = np.linalg.norm(M, order, (1, 2) if dim == (-2, -1) else dim)
    case("linalg.matrix_norm", M, order, dim, expected=known, smooth=dim == (2, 0))
case("linalg.norm", A, 2, expected=np.linalg.svd(A)[1][0])
case(
    "linalg.norm", A, 3, 1, keepdim=True, expected=np.sum(abs(A) ** 3, 1, keepdims=True) ** (1 / 3)
)
case("linalg.norm", M, expected=np.sqrt(np.sum(M * M)))
for p in (None, 1, -1, 2, -2, np.inf, "fro", "nuc"):
    case("linalg.cond", M[0], p, expected=np.linalg.cond(M[0], p))
case("linalg.matrix_rank", np.stack([SINGULAR, M[0]]), expected=[2, 3], smooth=False)
case("linalg.matrix_rank", RANK_ONE + RANK_ONE.T, hermitian=True, expected=2, smooth=False)
case("linalg.matrix_rank", np.diag([1.0, 0.1, 0.01]), atol=0.05, expected=2, smooth=False)


class Composed(Call):
    """A call of one of the functions below, which see to symmetry or multiply factors again."""

    def function(self, *operands: Any) -> Any:
        return COMPOSED[self.name](*operands, **self.options)


def _low(x: Any) -> Any:
    return x + x.mH


COMPOSED: dict[str, Callable[..., Any]] = {
    "old factor": lambda x, **o: w.cholesky(_low(x), **o),
    "old qr": lambda x: w.qr(x)[0] @ w.qr(x)[1],
    "old svd": lambda x, **o: (lambda f: (f.U * f.S[:, None]) @ f.V.mH)(w.svd(x, **o)),
    "old values": lambda x: w.svd(x, compute_uv=False).S,
    "old lu_solved": lambda x, b: w.lu_solve(b, *w.lu(x)),
    "reflections": lambda x: w.orgqr(*w.geqrf(x)),
    "factor": lambda x, **o: w.linalg.cholesky(_low(x), **o),
    "factor_ex": lambda x, **o: w.linalg.cholesky_ex(_low(x), **o)[0],
    "eigenvalues": lambda x, **o: w.linalg.eigvalsh(_low(x), **o),
    "projector": lambda x: (lambda v: v[..., :1] @ v[..., :1].mH)(w.linalg.eigh(_low(x))[1]),
    "qr again": lambda x, mode: w.linalg.qr(x, mode)[0] @ w.linalg.qr(x, mode)[1],
    "r": lambda x: w.linalg.qr(x, "r")[1],
    "outside": lambda x: (lambda q: q @ q.mH)(w.linalg.qr(x, "complete")[0][..., 2:]),
    "singular": lambda x: w.linalg.svd(x, full_matrices=False)[1],
    "polar": lambda x: (lambda f: f[0] @ f[2])(w.linalg.svd(x, full_matrices=False)),
    "kernel": lambda x: (lambda f: f[2][..., 2:, :].mH @ f[2][..., 2:, :])(w.linalg.svd(x)),
    "plu": lambda x: (lambda f: f[0] @ f[1] @ f[2])(w.linalg.lu(x)),
    "upper": lambda x: w.lu_unpack(*w.linalg.lu_factor(x))[2],
    "lu_solved": lambda x, b, **o: w.linalg.lu_solve(*w.linalg.lu_factor(x), b, **o),
    "eig again": lambda x: (lambda f: f[1] @ (f[0][..., None] * w.linalg.inv(f[1])))(
        w.linalg.eig(x)
    ),
    "ldl": lambda x, b: w.linalg.ldl_solve(*w.linalg.ldl_factor(_low(x).detach()), b),
    "fit": lambda a, b: w.linalg.lstsq(a, b)[0],
    "reflect": lambda a, t: w.linalg.householder_product(a, t),
    "rotate": lambda a, t, c, **o: w.ormqr(a, t, c, **o),
    "inverse of a tensor": lambda x: w.linalg.tensorinv(x.reshape(2, 3, 2, 3)),
    "chain": lambda *xs: w.linalg.multi_dot(xs),
    "hermitian pinv": lambda x: w.linalg.pinv(_low(x), hermitian=True),
    "low-rank pinv": lambda x: w.linalg.pinv(x[..., None] * x[..., None, :], rtol=1e-8),
}


def composed(name: str, *operands: Any, expected: Any, smooth: bool = True, **options: Any) -> None:
    """Enter a call of a composed function."""
    CALLS.append(Composed(name, operands, options, expected, smooth))


def _sym(x: np.ndarray) -> np.ndarray:
    return x + np.conj(np.swapaxes(x, -1, -2))


def _projector(x: np.ndarray) -> np.ndarray:
    v = np.linalg.eigh(_sym(x))[1][..., :1]
    return v @ np.conj(np.swapaxes(v, -1, -2))


def _reflection(v: np.ndarray, tau: np.ndarray) -> np.ndarray:
    whole = np.eye(len(v))
    for j, t in enumerate(tau):
        column = np.concatenate([np.zeros(j), [1], v[j + 1 :, j]])
        whole = whole @ (np.eye(len(v)) - t * np.outer(column, column))
    return whole


composed("old factor", S, expected=np.linalg.cholesky(2 * S))
composed("old qr", TALL, expected=TALL)
composed("old svd", Z, expected=Z)
composed("old values", TALL, expected=np.linalg.svd(TALL)[1])
composed("old lu_solved", M, R, expected=np.linalg.inv(M) @ R)
composed("reflections", TALL, expected=np.linalg.qr(TALL)[0], smooth=False)
composed("factor", S, expected=np.linalg.cholesky(2 * S))
composed("factor", H, upper=True, expected=np.conj(np.swapaxes(np.linalg.cholesky(2 * H), -1, -2)))
composed("factor_ex", S, expected=np.linalg.cholesky(2 * S))
composed("eigenvalues", M, expected=np.linalg.eigvalsh(_sym(M)))
composed("eigenvalues", Z, UPLO="U", expected=np.linalg.eigvalsh(_sym(Z)))
composed("projector", M, expected=_projector(M))
composed("projector", Z, expected=_projector(Z))
composed("qr again", TALL, mode="complete", expected=TALL)
composed("qr again", Z, mode="reduced", expected=Z)
composed("r", WIDE, expected=np.linalg.qr(WIDE, "r"))
composed("r", TALL, expected=np.linalg.qr(TALL, "r"))
composed("outside", TALL, expected=np.eye(4) - TALL @ np.linalg.pinv(TALL))
composed("singular", WIDE, expected=np.linalg.svd(WIDE)[1])
composed("singular", Z, expected=np.linalg.svd(Z)[1])
composed("polar", Z, expected=np.stack([scipy.linalg.polar(z)[0] for z in Z]))
composed("polar", TALL, expected=np.stack([scipy.linalg.polar(x)[0] for x in TALL]))
composed("kernel", WIDE, expected=np.eye(4) - np.linalg.pinv(WIDE) @ WIDE)
composed("plu", M, expected=M)
composed("plu", TALL, expected=TALL)
composed("plu", WIDE, expected=WIDE)
composed("upper", TALL, expected=np.stack([scipy.linalg.lu(x)[2] for x in TALL]))
composed("upper", WIDE, expected=np.stack([scipy.linalg.lu(x)[2] for x in WIDE]))
for adjoint in (True, False):
    inverse = np.linalg.inv(np.conj(np.swapaxes(Z, 1, 2)) if adjoint else Z)
    composed("lu_solved", Z, R + 0j, adjoint=adjoint, expected=inverse @ R)
    sides = np.swapaxes(R, 1, 2) + 0j
    composed("lu_solved", Z, sides, adjoint=adjoint, left=False, expected=sides @ inverse)
composed("eig again", M, expected=M + 0j)
composed("ldl", M, R, expected=np.linalg.inv(_sym(M)) @ R, smooth=False)
composed("reflect", TALL[0], V[:2], expected=_reflection(TALL[0], V[:2])[:, :2])
composed("rotate", TALL[0], V[:2], B, expected=_reflection(TALL[0], V[:2]) @ B)
composed(
    "rotate",
    TALL[0],
    V[:2],
    B.T,
    left=False,
    transpose=True,
    expected=B.T @ _reflection(TALL[0], V[:2]).T,
)
composed(
    "inverse of a tensor",
    np.kron(M[0], np.eye(2)),
    expected=np.linalg.tensorinv(np.kron(M[0], np.eye(2)).reshape(2, 3, 2, 3)),
)
composed("chain", V, M[0], A, B, expected=V @ M[0] @ A @ B)
composed("hermitian pinv", M, expected=np.linalg.inv(_sym(M)))
composed(
    "low-rank pinv",
    np.stack([U, V]),
    expected=np.linalg.pinv(np.einsum("ai,aj->aij", [U, V], [U, V])),
)
OTHER = RNG.normal(size=(2, 4, 3))
composed(
    "fit",
    TALL,
    OTHER,
    expected=np.stack([np.linalg.lstsq(a, b)[0] for a, b in zip(TALL, OTHER, strict=True)]),
)


@pytest.mark.parametrize("call", CALLS, ids=identify)
def test_value(call: Call) -> None:
    check_value(call)


@pytest.mark.parametrize("call", CALLS.smooth(), ids=identify)
def test_derivatives(call: Call) -> None:
    check_derivatives(call)


@pytest.mark.parametrize("call", CALLS.smooth(), ids=identify)
def test_batch(call: Call) -> None:
    check_batch(call)


# ---- singular, repeated, empty ------------------------------------------------------------------


@pytest.mark.parametrize("matrix", [SINGULAR, RANK_ONE, np.zeros((3, 3)), np.zeros((2, 2))])
def test_det_of_a_singular_matrix_has_exact_first_and_second_derivatives(
    matrix: np.ndarray,
) -> None:
    # As a polynomial in the entries the determinant may be differentiated by hand.
    def leibniz(x: Any) -> Any:
        n = x.shape[0]
        total: Any = 0.0
        for order in itertools.permutations(range(n)):
            sign = np.linalg.det(np.eye(n)[list(order)])
            term: Any = float(round(sign))
            for i, j in enumerate(order):
                term = term * x[i, j]
            total = total + term
        return total

    x = w.from_numpy(matrix)
    for derivative in (func.grad, func.jacfwd, func.hessian):
        got, want = derivative(w.linalg.det)(x).numpy(), derivative(leibniz)(x).numpy()
        np.testing.assert_allclose(got, want, atol=1e-12)


def test_a_third_derivative_of_det_is_nan_where_it_would_divide_by_nothing() -> None:
    third = func.jacrev(func.hessian(w.linalg.det))
    assert third(w.from_numpy(SINGULAR)).isnan().all()
    regular = third(w.from_numpy(M[0])).numpy()
    epsilon = np.zeros((3, 3, 3))
    for order in itertools.permutations(range(3)):
        epsilon[order] = round(float(np.linalg.det(np.eye(3)[list(order)])))
    want = np.einsum("ace,bdf->abcdef", epsilon, epsilon)
    np.testing.assert_allclose(regular.reshape(want.shape), want, atol=1e-12)


def test_values_of_equal_eigenvalues_have_gradients_and_their_vectors_have_none() -> None:
    x = w.from_numpy(np.eye(3))
    assert func.grad(lambda a: w.linalg.eigvalsh(a).sum())(x).tolist() == np.eye(3).tolist()
    assert func.grad(lambda a: w.linalg.svdvals(a).sum())(x).tolist() == np.eye(3).tolist()
    for vectors in (lambda a: w.linalg.eigh(a)[1], lambda a: w.linalg.svd(a)[0]):
        assert not func.grad(lambda a, f=vectors: (f(a) * x).sum())(x).isfinite().all()


def test_one_triangle_is_read_and_the_gradient_is_symmetric() -> None:
    lower, upper = np.tril(S[0]), np.triu(S[0])
    garbage = np.where(np.tril(np.ones((3, 3)), -1) > 0, np.nan, S[0])
    for x, options in ((lower, {}), (upper, {"UPLO": "U"}), (garbage, {"UPLO": "U"})):
        found = w.linalg.eigvalsh(w.from_numpy(x), **options).numpy()
        np.testing.assert_allclose(found, np.linalg.eigvalsh(S[0]), rtol=1e-12)
    np.testing.assert_allclose(
        w.linalg.cholesky(w.from_numpy(garbage), upper=True).numpy(),
        np.linalg.cholesky(S[0]).T,
        rtol=1e-12,
    )
    gradient = func.grad(lambda a: w.linalg.cholesky(a)[2, 0])(w.from_numpy(S[0])).numpy()
    np.testing.assert_allclose(gradient, gradient.T, atol=1e-14)


def test_the_largest_entry_of_complex_vectors_is_real_and_positive() -> None:
    z = w.from_numpy(Z)
    for vectors in (w.linalg.svd(z).U, w.linalg.eigh(w.from_numpy(H))[1], w.linalg.eig(z)[1]):
        values = vectors.numpy()
        lead = np.take_along_axis(values, np.argmax(abs(values), -2, keepdims=True), -2)
        assert (lead.imag == 0).all()
        assert (lead.real > 0).all()


EMPTY = {
    "det": (w.linalg.det, (0, 0), [()]),
    "slogdet": (w.linalg.slogdet, (2, 0, 0), [(2,), (2,)]),
    "inv": (w.linalg.inv, (0, 3, 3), [(0, 3, 3)]),
    "svd": (w.linalg.svd, (0, 3), [(0, 0), (0,), (3, 3)]),
    "qr": (w.linalg.qr, (3, 0), [(3, 0), (0, 0)]),
    "eigh": (w.linalg.eigh, (0, 0), [(0,), (0, 0)]),
    "eig": (w.linalg.eig, (0, 0), [(0,), (0, 0)]),
    "lu": (w.linalg.lu, (0, 2), [(0, 0), (0, 0), (0, 2)]),
    "pinv": (w.linalg.pinv, (0, 3), [(3, 0)]),
    "matrix_exp": (w.linalg.matrix_exp, (0, 0), [(0, 0)]),
    "cholesky": (w.linalg.cholesky, (0, 0), [(0, 0)]),
}


@pytest.mark.parametrize("name", EMPTY)
@pytest.mark.parametrize("dtype", ["float64", "complex64"])
def test_empty_matrices(name: str, dtype: str) -> None:
    function, shape, expected = EMPTY[name]
    x = w.zeros(shape, dtype=dtype, requires_grad=True)
    found = function(x)
    parts = found if isinstance(found, tuple) else (found,)
    assert [tuple(part.shape) for part in parts] == expected
    (gradient,) = w.autograd.grad([sum(part.abs().sum() for part in parts)], [x])
    assert tuple(gradient.shape) == shape


# ---- refusals -----------------------------------------------------------------------------------

REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "singular": (
        lambda: w.linalg.inv(w.stack([w.eye(2), w.ones(2, 2)])),
        "solve: the matrix is singular (at (1,) of the batch); its shape is (2, 2).",
    ),
    "not definite": (
        lambda: w.linalg.cholesky(-w.eye(2)),
        "cholesky: the matrix is not positive definite; its shape is (2, 2).",
    ),
    "not square": (
        lambda: w.linalg.det(w.ones(2, 3)),
        "det: expected square matrices, not shape (2, 3).",
    ),
    "integers": (
        lambda: w.linalg.svd(w.ones(2, 2, dtype=w.int64)),
        "svd: expected a float32, float64 or complex tensor, not int64. Use x.to(wengert.float32).",
    ),
    "checked": (
        lambda: w.linalg.inv_ex(w.zeros(2, 2), check_errors=True),
        "inv_ex: zero is the pivot 1.",
    ),
    "einsum": (
        lambda: w.einsum("ij,jk", w.ones(2, 3), w.ones(2, 3)),
        "einsum: subscript j stands for 3 and 2 elements.",
    ),
    "multi_dot": (
        lambda: w.linalg.multi_dot([w.ones(2, 3)]),
        "multi_dot: expected at least 2 tensors, not 1.",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(name: str) -> None:
    function, text = REFUSED[name]
    with pytest.raises(RuntimeError) as caught:
        function()
    assert str(caught.value) == text
    if name in ("singular", "not definite", "checked"):
        assert isinstance(caught.value, w.linalg.LinAlgError)


def test_the_ex_forms_report_instead_of_raising() -> None:
    x = w.stack([w.eye(2), w.ones(2, 2)])
    inverse, info = w.linalg.inv_ex(x)
    assert info.tolist() == [0, 2]
    assert inverse[0].tolist() == [[1, 0], [0, 1]]
    assert inverse[1].isnan().all()
    assert w.linalg.cholesky_ex(x).info.tolist() == [0, 2]
    assert w.linalg.lu_factor_ex(x).info.tolist() == [0, 2]
    assert w.linalg.solve_ex(x, w.ones(2, 1)).info.tolist() == [0, 2]
    assert w.linalg.ldl_factor_ex(w.zeros(1, 1)).info.item() == 1


def test_least_squares_say_what_pytorch_says() -> None:
    a, b = w.from_numpy(TALL[0]), w.from_numpy(OTHER[0])
    solution, residuals, rank, values = w.linalg.lstsq(a, b, driver="gelsd")
    want = np.linalg.lstsq(TALL[0], OTHER[0])
    np.testing.assert_allclose(solution.numpy(), want[0], rtol=1e-12)
    np.testing.assert_allclose(residuals.numpy(), want[1], rtol=1e-12)
    assert rank.item() == 2
    np.testing.assert_allclose(values.numpy(), want[3], rtol=1e-12)
    flat = w.from_numpy(np.outer([1.0, 2, 3, 4], [1.0, 1.0]))
    deficient = w.linalg.lstsq(flat, b, driver="gelss")
    assert deficient.rank.item() == 1
    assert deficient.residuals.shape == (0,)
    np.testing.assert_allclose(
        deficient.solution.numpy(), np.linalg.lstsq(flat.numpy(), OTHER[0])[0], rtol=1e-12
    )


def test_low_rank_approximations_are_exact_for_low_rank_and_repeat_under_a_seed() -> None:
    x = w.from_numpy(RNG.normal(size=(6, 2)) @ RNG.normal(size=(2, 5)))
    for z in (x, x.T, x + 1j * x):
        w.manual_seed(3)
        u, s, v = w.svd_lowrank(z, q=2)
        np.testing.assert_allclose(((u * s) @ v.mH).numpy(), z.numpy(), atol=1e-12)
        w.manual_seed(3)
        assert w.equal(w.svd_lowrank(z, q=2).U, u)
    u, s, v = w.pca_lowrank(x, q=2)
    centred = x.numpy() - x.numpy().mean(0)
    np.testing.assert_allclose(((u * s) @ v.mT).numpy(), centred, atol=1e-12)


def test_out_takes_several_results() -> None:
    x = w.from_numpy(S[0])
    values, vectors = w.empty(3, dtype=w.float64), w.empty(0, dtype=w.float64)
    found = w.linalg.eigh(x, out=(values, vectors))
    assert found.eigenvalues is values
    assert vectors.shape == (3, 3)


def test_halves_are_summed_in_single_precision() -> None:
    x = w.full((1, 4096), 1, dtype=w.float16)
    assert (x @ x.T).item() == 4096


@pytest.mark.parametrize("function", [w.logdet, lambda x: w.linalg.slogdet(x).logabsdet])
def test_the_gradient_of_the_logarithm_of_a_zero_determinant_raises(
    function: Callable[[Any], Any],
) -> None:
    x = w.zeros((2, 2), requires_grad=True)
    assert function(x).item() == -np.inf
    with pytest.raises(w.linalg.LinAlgError, match="singular"):
        function(x).backward()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    "name", ["svd", "svdvals", "pinv", "eigh", "eigvals", "matrix_rank", "cond"]
)
def test_what_iterates_refuses_nan_and_infinities_with_which_it_may_never_end(
    name: str, bad: float
) -> None:
    a = np.eye(3) * 2 + 0.1
    a[0, 0] = bad
    with pytest.raises(
        w.linalg.LinAlgError, match=r"the matrix holds NaN or infinities; its shape is"
    ):
        getattr(w.linalg, name)(w.from_numpy(a))
    with pytest.raises(w.linalg.LinAlgError, match=r"infinities \(at \(1,\) of the batch\)"):
        getattr(w.linalg, name)(w.from_numpy(np.stack([np.eye(3), a])))


def test_derivatives_of_det_are_nan_for_a_matrix_with_infinities_and_right_beside_it() -> None:
    a = np.stack([np.eye(3), np.eye(3) * 2 + 0.1])
    a[1, 0, 0] = np.inf
    first = func.grad(lambda x: w.linalg.det(x).sum())(w.from_numpy(a)).numpy()
    np.testing.assert_allclose(first[0], np.eye(3), atol=1e-14)
    assert np.isnan(first[1]).all()
    second = func.hessian(w.linalg.det)(w.from_numpy(a[1])).numpy()
    assert np.isnan(second).all()


@pytest.mark.parametrize("pivot", [0, -1, 4, 99])
def test_pivots_that_are_no_row_numbers_are_refused(pivot: int) -> None:
    factors, pivots = w.linalg.lu_factor(w.from_numpy(np.eye(3) + 0.1))
    wrong = pivots.clone()
    wrong[0] = pivot
    for call in (
        lambda: w.lu_unpack(factors, wrong),
        lambda: w.linalg.lu_solve(factors, wrong, w.ones(3, 1, dtype=w.float64)),
    ):
        with pytest.raises(IndexError, match=f"row numbers from 1 to 3, not {pivot}"):
            call()


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("size", [2, 3, 31, 70])
def test_a_triangular_solve_is_accurate_in_every_row_of_a_graded_matrix(
    size: int, upper: bool
) -> None:
    """The residual of each row is some roundings of that row, not of the largest."""
    rng = np.random.default_rng(size)
    a = (np.triu if upper else np.tril)(rng.normal(size=(size, size)))
    a *= 10.0 ** rng.integers(-12, 12, (size, 1)) * 10.0 ** rng.integers(-6, 6, (1, size))
    b = rng.normal(size=(size, 2))
    x = w.linalg.solve_triangular(w.from_numpy(a), w.from_numpy(b), upper=upper).numpy()
    assert (abs(a @ x - b) <= 1e-14 * (abs(a) @ abs(x) + abs(b))).all()


def test_the_second_derivative_of_cholesky_survives_columns_of_very_different_size() -> None:
    """Against mpmath with 700 digits, by central differences."""
    first = [0.69317419, 3.08305339, 1.19788221, -0.00493922]
    other = [-0.01712851, 0.33045904, -0.66617562, 0.56719645]

    def total(x: Any) -> Any:
        rows = w.cosh(-1 / w.stack([x, w.tensor(other, dtype="float64")]))
        return w.linalg.cholesky(rows.mT @ rows + w.eye(4, dtype="float64")).sum()

    found = func.hessian(total)(w.tensor(first, dtype="float64")).numpy()
    known = [
        [2.1856749149310148e64, 1.4301800492733533e62, -5.4220760305827584e62],
        [-2.5526990279982021e85, 7.9450724403788061e84, -1.6802143269942067e86],
        [-1.7187380905471109e68, 1.0044580999919160e90, -1.1815524243559821e90],
    ]
    for halves in (found, found.T):
        np.testing.assert_allclose(halves[0, :3], known[0], rtol=1e-12)
        np.testing.assert_allclose(halves[[1, 1, 2], [1, 2, 2]], known[1], rtol=1e-12)
        np.testing.assert_allclose(halves[:3, 3], known[2], rtol=1e-12)
    np.testing.assert_allclose(found[3, 3], 1.2201952221954551e97, rtol=1e-12)


def test_what_is_no_number_stays_in_its_column_and_above_its_row() -> None:
    b = w.tensor([[1.0, 1.0], [math.nan, 2.0], [3.0, 3.0]])
    found = w.linalg.solve_triangular(w.ones(3, 3), b, upper=True)
    assert found[:, 1].tolist() == [-1.0, -1.0, 3.0]
    assert found[:, 0].isnan().tolist() == [True, True, False]
    steep = w.tensor([[math.inf, 0.0], [1.0, 1.0]])
    found = w.linalg.solve_triangular(steep, w.ones(2, 1), upper=False)
    assert found.tolist() == [[0.0], [1.0]]


def test_a_zero_on_the_diagonal_of_a_triangle_is_singular() -> None:
    stack = w.stack([w.eye(2), w.tensor([[1.0, 5.0], [5.0, 0.0]])])
    with pytest.raises(w.linalg.LinAlgError, match=r"zero on the diagonal\) \(at \(1,\)"):
        w.linalg.solve_triangular(stack, w.ones(2, 1), upper=True)


@pytest.mark.parametrize("p", [-math.inf, -2.0, -1.0, 0.5, 1.0, 1.5, 2.0, 3.0, math.inf])
def test_the_norm_of_one_number_is_its_size(p: float) -> None:
    """With a second derivative of 0, not of what a power and its root leave."""
    x = w.tensor([[-8.32670872e-05, 0.0]], dtype="float64")

    def total(x: Any) -> Any:
        return w.linalg.vector_norm(x, p, dim=0).sum()

    assert total(x).item() == 8.32670872e-05
    assert w.grad(total)(x).tolist() == [[-1.0, 0.0]]
    assert w.grad(lambda x: w.grad(total)(x).sum())(x).tolist() == [[0.0, 0.0]]
    for one in ([3.0], [-math.inf]):
        x = w.tensor(one, dtype="float64")
        assert w.linalg.vector_norm(x, p).item() == abs(one[0])
        assert w.grad(lambda x: w.linalg.vector_norm(x, p))(x).tolist() == [
            math.copysign(1, one[0])
        ]


def test_one_axis_of_size_one_is_not_one_number() -> None:
    x = w.ones(1, 4)
    assert w.linalg.vector_norm(x, 2, dim=(0, 1)).item() == 2.0
    assert w.linalg.vector_norm(x, 3, dim=(0, 1)).item() == pytest.approx(4 ** (1 / 3))
    assert w.linalg.vector_norm(w.tensor([-5.0]), 0).item() == 1.0
