"""PyTorch's way in: `tensor.backward()`, `autograd.backward` and `autograd.grad`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .._base.dtypes import is_inexact
from .._base.errors import DtypeError, NotDifferentiableError, ShapeError, TracingError
from .._graph.value import Batched, Handle
from .._primitives.creation import full, zeros
from .._record import modes as _modes
from .._record.storage import edge_of
from .._record.trace import differentiable
from .reverse import backward as _backward
from .reverse import walk

_IN_TRANSFORM = "{}: not possible under vmap or func transforms. Use wengert.func.grad inside."


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, Handle) or not isinstance(value, Iterable):
        return [value]
    # The elements of a narrowed Iterable are unknown, and cast() would cost a call.
    return list(value)  # pyright: ignore[reportUnknownArgumentType]


def _tensors(name: str, what: str, value: Any) -> list[Any]:
    listed = _list(value)
    for item in listed:
        if not isinstance(item, Handle):
            raise TypeError(f"{name}: {what} must be tensors, not {type(item).__name__}.")
    return listed


def _edge(x: Any) -> Any:
    trace = _modes.current().trace
    return edge_of(x if trace is None else trace.resolve(x))


def _seeds(name: str, outputs: list[Any], cotangents: list[Any]) -> list[tuple[Any, Any]]:
    if cotangents and len(cotangents) != len(outputs):
        raise ValueError(
            f"{name}: {len(outputs)} tensors were given with {len(cotangents)} gradients."
        )
    pairs: list[tuple[Any, Any]] = []
    for k, output in enumerate(outputs):
        if isinstance(output._data, Batched):
            raise TracingError(_IN_TRANSFORM.format(name))
        if not differentiable(_edge(output)):
            raise NotDifferentiableError(
                f"{name}: the tensor (shape {tuple(output._data.shape)}) does not depend on "
                "anything that requires grad. Set requires_grad=True on an input before computing "
                "it, and look for detach(), no_grad() or integer dtypes on the way."
            )
        shape, dtype = tuple(output._data.shape), output._data.dtype
        g = cotangents[k] if cotangents else None
        if g is None:
            if output._data.size != 1:
                raise ShapeError(
                    f"{name}: a tensor of shape {shape} needs a gradient to start from. Call "
                    "backward on a single number, such as loss.sum(), or pass gradient=..."
                )
            if dtype.kind == "c":
                raise NotDifferentiableError(
                    f"{name}: a {dtype} number has no gradient of its own. Call backward on a real "
                    "one, such as loss.abs() or loss.real, or pass gradient=..."
                )
            g = full(shape, 1.0, dtype)
        elif tuple(g._data.shape) != shape:
            raise ShapeError(
                f"{name}: the gradient has shape {tuple(g._data.shape)}, the tensor {shape}."
            )
        elif g._data.dtype != dtype:
            if g._data.dtype.kind == "c" != dtype.kind:
                raise DtypeError(
                    f"{name}: the gradient is {g._data.dtype}, the tensor {dtype}; the imaginary "
                    "part would be lost. Pass gradient.real."
                )
            g = g.to(dtype)
        pairs.append((output, g))
    return pairs


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Add the gradients of `tensors` to the `.grad` of every leaf they depend on.

    `grad_tensors` are the cotangents to start from (1 for single numbers). What the record kept is
    freed unless `retain_graph`; with `create_graph` the gradients are themselves differentiable.

    >>> import wengert
    >>> x = wengert.tensor(3.0, requires_grad=True)
    >>> wengert.autograd.backward(x * x)
    >>> x.grad
    tensor(6.)
    """
    modes = _modes.current()
    if modes.transform or modes.levels:
        raise TracingError(_IN_TRANSFORM.format("backward"))
    pairs = _seeds("backward", _tensors("backward", "tensors", tensors), _list(grad_tensors))
    only = None if inputs is None else _tensors("backward", "inputs", inputs)
    if only == []:
        raise ValueError("backward: `inputs` is empty. Leave it out to reach every leaf.")
    _backward(
        pairs,
        retain=create_graph if retain_graph is None else retain_graph,
        create_graph=create_graph,
        inputs=only,
    )


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """The gradients of the sum of `outputs` with respect to `inputs`, as a tuple.

    Nothing is added to `.grad`. An input on which nothing depends raises, unless `allow_unused`
    (None in its place) or `materialize_grads` (zeros).

    >>> import wengert
    >>> x = wengert.tensor(3.0, requires_grad=True)
    >>> wengert.autograd.grad(x * x, x)
    (tensor(6.),)
    """
    targets = _tensors("grad", "inputs", inputs)
    outputs = _tensors("grad", "outputs", outputs)
    if is_grads_batched:
        from .batching import vmap

        def one(*cotangents: Any) -> tuple[Any, ...]:
            return grad(
                outputs,
                targets,
                cotangents,
                True,
                create_graph,
                allow_unused,
                materialize_grads=materialize_grads,
            )

        return vmap(one)(*_list(grad_outputs))
    given = _list(grad_outputs)
    batched = any(isinstance(g, Handle) and isinstance(g._data, Batched) for g in given)
    pairs = list(zip(outputs, given, strict=True)) if batched else _seeds("grad", outputs, given)
    for target in targets:
        if not differentiable(_edge(target)):
            kind = "does not require grad" if is_inexact(target._data.dtype) else "is not floating"
            error = NotDifferentiableError if is_inexact(target._data.dtype) else DtypeError
            raise error(
                f"grad: an input of shape {tuple(target._data.shape)} {kind}. Set "
                "requires_grad=True on it before the computation."
            )
    retain = create_graph if retain_graph is None else retain_graph
    with _modes.override(grad=create_graph):
        found = walk(pairs, targets, retain=retain)
        results: list[Any] = []
        for target, g in zip(targets, found, strict=True):
            if g is None:
                if materialize_grads:
                    g = zeros(tuple(target._data.shape), target._data.dtype)
                elif not allow_unused:
                    raise NotDifferentiableError(
                        f"grad: the outputs do not depend on an input of shape "
                        f"{tuple(target._data.shape)}. Pass allow_unused=True to get None for it, "
                        "or materialize_grads=True to get zeros."
                    )
            results.append(g)
    return tuple(results)
