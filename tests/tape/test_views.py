"""Every view of PyTorch's is one: writes through it reach the base, with right gradients, eagerly
and compiled; what is a copy stays apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy
import pytest

import wengert
from wengert.errors import InplaceError

X = numpy.arange(12.0).reshape(3, 4) / 5 - 1
Z = X[:, :2] + 1j * X[:, 2:]

VIEWS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "diagonal": (lambda x: x.diagonal(1), lambda a: a[[0, 1, 2], [1, 2, 3]]),
    "select": (lambda x: x.select(1, -1), lambda a: a[:, -1]),
    "a 0-d tensor": (lambda x: x[wengert.tensor(1)], lambda a: a[1]),
    "a 0-d array": (lambda x: x[:, numpy.array(1)], lambda a: a[:, 1]),
    "movedim": (lambda x: x.movedim(0, 1)[2], lambda a: a[:, 2]),
    "unbind": (lambda x: x.unbind(1)[1], lambda a: a[:, 1]),
    "split": (lambda x: x.split([1, 2])[1], lambda a: a[1:]),
    "tensor_split": (lambda x: x.tensor_split(2, 1)[0], lambda a: a[:, :2]),
    "chunk": (lambda x: x.chunk(3)[2], lambda a: a[2:]),
    "narrow": (lambda x: x.narrow(1, 1, 2), lambda a: a[:, 1:3]),
    "unfold": (lambda x: x.unfold(1, 2, 2), lambda a: a.reshape(3, 2, 2)),
    "as_strided": (lambda x: x.as_strided((3,), (5,)), lambda a: a.ravel()[::5]),
    "as_strided of a view": (
        lambda x: x[1:].as_strided((2,), (2,), 0),
        lambda a: a.ravel()[:4:2],
    ),
    "unflatten": (lambda x: x.unflatten(1, (2, 2))[:, 1], lambda a: a[:, 2:]),
    "swapaxes": (lambda x: x.swapaxes(0, 1)[3], lambda a: a[:, 3]),
    "mT": (lambda x: x.mT[0], lambda a: a[:, 0]),
    "T": (lambda x: x.T[0], lambda a: a[:, 0]),
    "squeeze": (lambda x: x[:1].squeeze(0), lambda a: a[0]),
    "view_as": (lambda x: x.view_as(wengert.zeros(4, 3))[0], lambda a: a.ravel()[:3]),
    "ravel": (lambda x: x.ravel()[5:7], lambda a: a.ravel()[5:7]),
    "sum_to_size of the same shape": (lambda x: x.sum_to_size(3, 4)[0], lambda a: a[0]),
    "contiguous": (lambda x: x.contiguous()[0], lambda a: a[0]),
}
PARTS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "real": (lambda z: z.real, lambda a: (2 * a.real + 1) + 1j * a.imag),
    "imag": (lambda z: z.imag, lambda a: a.real + 1j * (2 * a.imag + 1)),
    "view_as_real": (
        lambda z: wengert.view_as_real(z)[..., 1],
        lambda a: a.real + 1j * (2 * a.imag + 1),
    ),
}
COPIES: dict[str, Callable[[Any], Any]] = {
    "contiguous of a transpose": lambda x: x.t().contiguous(),
    "a list": lambda x: x[[0, 1]],
    "a mask": lambda x: x[x > 0] if not hasattr(x._data, "trace") else x.flip(0),
    "index_select": lambda x: x.index_select(0, wengert.tensor([0])),
    "flip": lambda x: x.flip(0),
    "roll": lambda x: x.roll(0),
    "rot90 by nothing": lambda x: x.rot90(0),
    "repeat": lambda x: x.repeat(1, 1),
    "tile": lambda x: x.tile(1),
    "diag": lambda x: x.diag(),
    "narrow_copy": lambda x: x.narrow_copy(0, 0, 1),
    "view_copy": lambda x: wengert.view_copy(x, (4, 3)),
    "alias_copy": wengert.alias_copy,
}


def _expected(choose: Callable[[Any], Any]) -> numpy.ndarray:
    changed = numpy.zeros(X.size, bool)
    changed[choose(numpy.arange(12).reshape(3, 4))] = True
    return changed.reshape(X.shape)


@pytest.mark.parametrize("name", VIEWS)
def test_a_write_through_a_view_reaches_its_base(name: str) -> None:
    view, choose = VIEWS[name]
    changed = _expected(choose)

    def program(x: Any) -> Any:
        y = x * 1
        part = view(y)
        part.mul_(3)
        y.add_(1)
        return y, part * part

    for run in (program, wengert.jit(program)):
        x = wengert.from_numpy(X.copy()).requires_grad_()
        y, squares = run(x)
        wanted = numpy.where(changed, 3 * X, X) + 1
        numpy.testing.assert_allclose(y.detach().numpy(), wanted)
        numpy.testing.assert_allclose(squares.detach().numpy(), choose(wanted) ** 2)
        (y.sum() + squares.sum()).backward()
        slope = numpy.where(changed, 3 * (1 + 2 * wanted), 1)
        numpy.testing.assert_allclose(x.grad.numpy(), slope)


@pytest.mark.parametrize("name", VIEWS)
def test_a_write_through_a_view_is_counted(name: str) -> None:
    x = wengert.from_numpy(X.copy()).requires_grad_()
    y = x * 1
    z = y * y
    VIEWS[name][0](y).zero_()
    with pytest.raises(InplaceError, match="changed in place"):
        z.sum().backward()


@pytest.mark.parametrize("name", PARTS)
def test_parts_of_complex_numbers_are_views(name: str) -> None:
    view, write = PARTS[name]

    def program(z: Any) -> Any:
        y = z * 1
        view(y).mul_(2).add_(1)
        return y

    for run in (program, wengert.jit(program)):
        z = wengert.from_numpy(Z.copy()).requires_grad_()
        y = run(z)
        numpy.testing.assert_allclose(y.detach().numpy(), write(Z))
        weights = wengert.from_numpy(Z[::-1].copy())
        wengert.view_as_real(y * weights).sum().backward()
        h = 1e-6
        for step in (h, 1j * h):
            moved = (write(Z + step) - write(Z - step)) / (2 * h) * Z[::-1]
            slope = z.grad.numpy().real if step == h else z.grad.numpy().imag
            numpy.testing.assert_allclose(slope, moved.real + moved.imag, atol=1e-8)


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_stays_apart(name: str) -> None:
    def program(x: Any) -> Any:
        y = x * 1
        COPIES[name](y).zero_()
        return y

    for run in (program, wengert.jit(program)):
        assert run(wengert.from_numpy(X.copy())).tolist() == X.tolist()


SHOWN_TWICE: dict[str, Callable[[Any], Any]] = {
    "expand": lambda x: x.expand(2, 3, 4),
    "unfold": lambda x: x.unfold(1, 2, 1),
    "as_strided": lambda x: x.as_strided((2, 2), (1, 1)),
    "as_strided without a step": lambda x: x.as_strided((2,), (0,)),
    "an array from outside": lambda x: wengert.from_numpy(
        numpy.lib.stride_tricks.as_strided(x.numpy(), (3,), (0,))
    ),
}


@pytest.mark.parametrize("name", SHOWN_TWICE)
def test_what_shows_an_element_twice_cannot_be_written(name: str) -> None:
    x = wengert.from_numpy(X.copy())
    part = SHOWN_TWICE[name](x)
    with pytest.raises(InplaceError, match="several of its elements may be one memory cell"):
        part.add_(1)
    assert x.tolist() == X.tolist()


def test_overlapping_elements_collect_their_gradients() -> None:
    x = wengert.from_numpy(X.copy()).requires_grad_()
    x.as_strided((11, 2), (1, 1)).sum().backward()
    assert x.grad.ravel().tolist() == [1, *[2] * 10, 1]
    x.grad = None
    x.unfold(1, 3, 1).sum().backward()
    assert x.grad.tolist() == [[1, 2, 2, 1]] * 3


RESHAPED: dict[str, tuple[Callable[[Any], Any], tuple[int, ...]]] = {
    "t_": (lambda x: x.t_(), (4, 3)),
    "transpose_": (lambda x: x.transpose_(0, 1), (4, 3)),
    "swapdims_": (lambda x: x.swapdims_(0, 1), (4, 3)),
    "swapaxes_": (lambda x: x.swapaxes_(0, 1), (4, 3)),
    "unsqueeze_": (lambda x: x.unsqueeze_(1), (3, 1, 4)),
    "squeeze_": (lambda x: x.unsqueeze_(0).squeeze_(), (3, 4)),
    "as_strided_": (lambda x: x.as_strided_((2, 2), (1, 4)), (2, 2)),
}


@pytest.mark.parametrize("name", RESHAPED)
def test_another_shape_in_place(name: str) -> None:
    reshape, shape = RESHAPED[name]

    def program(x: Any) -> Any:
        y = x * 1
        before = y[0]
        assert reshape(y) is y and y.shape == shape
        y.mul_(2)
        return y, before

    for run in (program, wengert.jit(program)):
        x = wengert.from_numpy(X.copy()).requires_grad_()
        y, before = run(x)
        assert y.shape == shape
        y.sum().backward()
        assert set(x.grad.ravel().tolist()) <= {0.0, 2.0}
        assert before[0].item() == 2 * X[0, 0]
    leaf = wengert.ones(2, 2, requires_grad=True)
    with pytest.raises(InplaceError, match="cannot change its shape in place"):
        leaf.t_()
    outside = wengert.ones(2, 2)
    with pytest.raises(wengert.errors.TracingError, match="from outside"):
        wengert.jit(lambda: outside.t_())()


def test_resizing() -> None:
    x = wengert.arange(6)
    y = x.view(2, 3)
    assert x.resize_(2, 2) is x and x.tolist() == [[0, 1], [2, 3]]
    x[0, 0] = 9
    assert y[0, 0] == 9
    assert x.resize_(6).tolist() == [9, 1, 2, 3, 4, 5]
    assert x.resize_(7).tolist() == [9, 1, 2, 3, 4, 5, 0]
    assert x.resize_as_(wengert.ones(3)).shape == (3,)
    with pytest.raises(wengert.errors.DifferentiationError):
        wengert.ones(2, requires_grad=True).resize_(1)
    with pytest.raises(
        wengert.errors.TracingError, match=r"x = x.flatten\(\)\[:2\].reshape\(\(2,\)\)"
    ):
        wengert.jit(lambda: y.resize_(2))()


RESIZED: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "shorter": (lambda y: y.resize_(2, 2), [[0, 2], [4, 6]]),
    "longer": (lambda y: y.resize_(8), [0, 2, 4, 6, 8, 10, 0, 0]),
    "a number": (lambda y: y.resize_(()), 0),
    "nothing": (lambda y: y.resize_(0, 3), []),
    "another one's shape": (lambda y: y.resize_as_(wengert.ones(3)), [0, 2, 4]),
    "the own shape": (lambda y: y[:, 1:].resize_(2, 2), [[2, 4], [8, 10]]),
    "a row": (lambda y: y[1].resize_(2), [6, 8]),
    "a transpose": (lambda y: y.t().resize_(4), [0, 2, 4, 6]),
    "a column": (lambda y: y[:, 1].resize_(3), [2, 4, 6]),
    "a row and what follows": (lambda y: y[0].resize_(7), [0, 2, 4, 6, 8, 10, 0]),
}
OUTSIDE_OF_SAMPLES = ("a transpose", "a column", "a row and what follows")


@pytest.mark.parametrize("name", RESIZED)
def test_resizing_reads_memory_in_order(name: str) -> None:
    resized, expected = RESIZED[name]

    def doubled(x: Any) -> Any:
        return resized(x * 2)

    x = wengert.arange(6.0).reshape(2, 3)
    assert doubled(x).tolist() == wengert.jit(doubled)(x).tolist() == expected
    both = wengert.stack([x, x])
    if name in OUTSIDE_OF_SAMPLES:
        with pytest.raises(InplaceError, match="under vmap"):
            wengert.vmap(doubled)(both)
    else:
        assert wengert.vmap(doubled)(both).tolist() == [expected, expected]


def test_a_resized_view_is_still_one() -> None:
    x = wengert.zeros(2, 3)
    x[0].resize_(5).fill_(1)
    assert x.tolist() == [[1, 1, 1], [1, 1, 0]]


AT_A_NUMBER: dict[str, Callable[[Any, Any], Any]] = {
    "a row": lambda x, i: x[i],
    "a column": lambda x, i: x[:, i],
    "part of a row": lambda x, i: x[i, 1:],
    "the last axis": lambda x, i: x[..., i],
    "an element": lambda x, i: x[i, i],
    "behind a new axis": lambda x, i: x[None, :, i],
    "of a view": lambda x, i: x.t()[1:][i],
    "a view of it": lambda x, i: x[i].reshape(2, 2)[0],
    "select": lambda x, i: x.select(1, i),
    "narrow": lambda x, i: x.narrow(1, i, 2),
}


@pytest.mark.parametrize("name", AT_A_NUMBER)
@pytest.mark.parametrize("place", [1, -2])
def test_a_view_at_a_traced_number_is_a_view(name: str, place: int) -> None:
    def program(x: Any, i: Any) -> Any:
        y = x * x
        part = AT_A_NUMBER[name](y, i)
        part.mul_(3)
        y.add_(1)
        with wengert.no_grad():
            part.sub_(2)
        return y, part * part

    found: list[Any] = []
    for run in (program, wengert.jit(program)):
        x = wengert.from_numpy(X.copy()).requires_grad_()
        y, squares = run(x, wengert.tensor(place))
        (y.sum() + squares.sum()).backward()
        found.append([t.detach().numpy() for t in (y, squares, x.grad)])
    for eager, compiled in zip(*found, strict=True):
        numpy.testing.assert_allclose(compiled, eager)


MIXED: dict[str, Callable[[Any], Any]] = {
    "a list apart": lambda i: (i, slice(None), [0, 2]),
    "a list beside": lambda i: (slice(None), i, [0, 2]),
    "a mask": lambda i: (i, [True, False, True]),
    "a truth value": lambda i: (False, i),
    "an ellipsis": lambda i: (..., [0], i),
}


@pytest.mark.parametrize("name", MIXED)
def test_a_number_comes_before_index_arrays(name: str) -> None:
    cube = wengert.arange(48.0).reshape(4, 3, 4)
    numbers = wengert.tensor([1, -2])

    def read(i: Any) -> Any:
        return cube[MIXED[name](i)]

    def written(i: Any) -> Any:
        x = cube + i * 0.0
        x[MIXED[name](i)] = 7.0
        return x

    for f in (read, written):
        eager = [f(wengert.tensor(k)).tolist() for k in (1, -2)]
        assert [wengert.jit(f)(k).tolist() for k in numbers] == eager
        assert wengert.vmap(f)(numbers).tolist() == eager


def test_a_number_for_every_sample_takes_a_copy() -> None:
    x, i = wengert.arange(6.0), wengert.tensor(-2)
    assert wengert.jit(lambda x, i: x.narrow(0, i, 2))(x, i).tolist() == [4, 5]
    assert wengert.jit(lambda x, i: x.select(0, i))(x, i).item() == 4
    assert wengert.jit(lambda x, i: x[i])(x, i).item() == 4
    assert wengert.vmap(lambda i: x[i])(wengert.tensor([1, -1])).tolist() == [1, 5]


def test_filling_a_diagonal() -> None:
    assert wengert.zeros(2, 3).fill_diagonal_(2).tolist() == [[2, 0, 0], [0, 2, 0]]
    tall = wengert.zeros(5, 2).fill_diagonal_(1, wrap=True)
    array = numpy.zeros((5, 2))
    numpy.fill_diagonal(array, 1, wrap=True)
    assert tall.tolist() == array.tolist()


def test_writing_where_a_traced_mask_holds() -> None:
    @wengert.jit
    def put(x: Any, mask: Any, values: Any) -> Any:
        return x.index_put((mask,), values)

    x = wengert.zeros(4)
    mask = wengert.tensor([False, True, False, True])
    assert put(x, mask, wengert.tensor([5.0, 6.0])).tolist() == [0, 5, 0, 6]
    with pytest.raises(wengert.errors.DimensionError, match="out of range"):
        put(x, ~mask, wengert.tensor([5.0, 6.0, 7.0]))


# ---- what differs from PyTorch ------------------------------------------------------------------


def test_conj_is_a_copy() -> None:
    z = wengert.from_numpy(Z.copy())
    z.conj().zero_()
    assert z.tolist() == Z.tolist()


def test_parts_may_be_written() -> None:
    x = wengert.from_numpy(X.copy()).requires_grad_()
    y = x * 1
    first, *_rest = y.unbind()
    first.mul_(2)
    y.split(2)[1].mul_(3)
    y.sum().backward()
    assert x.grad.tolist() == [[2] * 4, [1] * 4, [3] * 4]


REPEATED: dict[str, Callable[[Any, Any], Any]] = {
    "scatter": lambda x, v: x.scatter(0, wengert.tensor([1, 0, 1]), v),
    "index_copy": lambda x, v: x.index_copy(0, wengert.tensor([1, 0, 1]), v),
    "index_put": lambda x, v: x.index_put((wengert.tensor([1, 0, 1]),), v),
    "put": lambda x, v: wengert.put(x, wengert.tensor([1, 0, 1]), v),
}


@pytest.mark.parametrize("name", REPEATED)
def test_the_last_write_to_a_position_has_the_gradient(name: str) -> None:
    write = REPEATED[name]
    x, v = wengert.zeros(3), wengert.tensor([1.0, 2.0, 3.0])
    for f in (write, wengert.jit(write)):
        assert f(x, v).tolist() == [2, 3, 0]
        jacobian = [[0, 1, 0], [0, 0, 1], [0, 0, 0]]
        assert wengert.jacrev(f, 1)(x, v).tolist() == jacobian
        assert wengert.jacfwd(f, 1)(x, v).tolist() == jacobian


def test_what_is_overwritten_whole_has_no_gradient() -> None:
    x, v = wengert.ones(2, requires_grad=True), wengert.ones(2, requires_grad=True)
    y = x * 1
    y.copy_(v)
    y.sum().backward()
    assert x.grad is None and v.grad.tolist() == [1, 1]


def test_as_strided_beyond_the_tensor() -> None:
    x = wengert.from_numpy(X.copy()).requires_grad_()
    (x * 1)[2].as_strided((2,), (1,), 0).sum().backward()
    assert x.grad.nonzero().tolist() == [[0, 0], [0, 1]]
    part = wengert.from_numpy(X.copy())[2].requires_grad_()
    with pytest.raises(InplaceError, match="does not show all of this memory"):
        part.as_strided((2,), (1,), 0)


def test_an_out_with_shared_cells_is_refused() -> None:
    with pytest.raises(InplaceError, match="several of its elements"):
        wengert.gather(wengert.zeros(2), 0, wengert.tensor([0, 1]), out=wengert.zeros(1).expand(2))


def test_a_view_made_under_no_grad_may_not_be_written_with_grad() -> None:
    x = wengert.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * 2
    with wengert.no_grad():
        part = y[1:]
    with pytest.raises(InplaceError, match="made under no_grad of a tensor"):
        part.mul_(3)
    assert y.tolist() == [2, 4, 6]
    with wengert.no_grad():
        part.mul_(3)
    assert y.tolist() == [2, 12, 18]


# ---- the same bytes as another dtype ------------------------------------------------------------


BYTES = numpy.arange(48, dtype=numpy.uint8).reshape(3, 16)


@pytest.mark.parametrize("new", ["int8", "uint8", "int16", "float32", "int64", "complex64"])
@pytest.mark.parametrize("old", ["uint8", "float32", "float64", "complex64"])
def test_bytes_as_another_dtype(old: str, new: str) -> None:
    array = numpy.frombuffer(BYTES.tobytes(), old).reshape(3, -1)
    expected = numpy.frombuffer(BYTES.tobytes(), new).reshape(3, -1)
    x = wengert.from_numpy(array.copy())
    seen = x.view(new)
    numpy.testing.assert_array_equal(seen.numpy(), expected)
    assert seen.data_ptr() == x.data_ptr()
    numpy.testing.assert_array_equal(wengert.vmap(lambda row: row.view(new))(x).numpy(), expected)
    numpy.testing.assert_array_equal(wengert.jit(lambda x: x.view(dtype=new))(x).numpy(), expected)


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (lambda x: x[:, :3], "fill whole ones"),
        (lambda x: x.t(), "side by side"),
        (lambda x: x[:, ::2], "side by side"),
        (lambda x: x[:, 1:3], "begin where no float64 can begin"),
        (lambda x: x.flatten()[:15].reshape(3, 5)[:, :4], "begin where no float64 can begin"),
        (lambda x: x[0, 0], "0-d float32 tensor"),
    ],
)
def test_bytes_that_do_not_fit_another_dtype(part: Any, message: str) -> None:
    with pytest.raises((wengert.errors.ShapeError, wengert.errors.DimensionError), match=message):
        part(wengert.ones(4, 4)).view(wengert.float64)


def test_nothing_as_another_dtype() -> None:
    assert wengert.ones(0, 4).view(wengert.float64).shape == (0, 2)
    assert wengert.ones(3, 0).view(wengert.int8).shape == (3, 0)
    assert wengert.ones(4, 4).t().view(wengert.int32).stride() == (1, 4)
    with pytest.raises(TypeError, match="a shape or a dtype"):
        wengert.ones(4).view(2, 2, dtype=wengert.int32)


def test_a_write_to_bytes_reaches_the_numbers() -> None:
    def halved(x: Any) -> Any:
        y = x * 2
        y[:, :1].view(wengert.int32).sub_(1 << 23)
        return y

    x = wengert.tensor([[1.0, 3.0], [5.0, 7.0]])
    expected = [[1.0, 6.0], [5.0, 14.0]]
    assert halved(x).tolist() == wengert.jit(halved)(x).tolist() == expected
    assert wengert.vmap(halved)(x.expand(2, 2, 2)).tolist() == [expected, expected]

    def shifted(x: Any) -> None:
        x.view(wengert.int16).view(wengert.int32).add_(1 << 23)

    shifted(x)
    wengert.jit(shifted)(x)
    assert x.tolist() == [[4.0, 12.0], [20.0, 28.0]]


def test_bytes_have_no_derivative() -> None:
    x = wengert.tensor([1.0, 2.0], requires_grad=True)
    assert not (x * 2).view(wengert.float64).requires_grad
    (x * x).view(wengert.float32).sum().backward()
    assert x.grad.tolist() == [2.0, 4.0]
    _, slope = wengert.func.jvp(
        lambda x: x.view(wengert.float64), (x.detach(),), (wengert.ones(2),)
    )
    assert slope.tolist() == [0.0]
