"""Every transform inside a trace: the recorded graph, run again, gives what eager gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy
import pytest

from wengert import func
from wengert._record.functions import evaluate, trace_function

from .programs import DIRECTION, OTHER, POINT, PROGRAMS, close, double, scalar

TRANSFORMED: dict[str, Callable[[Any], Callable[[Any], Any]]] = {
    "the function itself": lambda f: f,
    "grad": lambda f: func.grad(scalar(f)),
    "jvp": lambda f: lambda x: func.jvp(f, (x,), (double(DIRECTION),))[1],
    "jacrev": func.jacrev,
    "jacfwd": func.jacfwd,
    "hessian": lambda f: func.hessian(scalar(f)),
    "third order": lambda f: func.jacrev(func.hessian(scalar(f))),
    "vmap of grad": lambda f: lambda x: func.vmap(func.grad(scalar(f)))(_pair(x)),
    "grad of vmap": lambda f: func.grad(lambda x: func.vmap(scalar(f))(_pair(x)).sum()),
}


def _pair(x: Any) -> Any:
    return x[None] * double([[1.0], [1.1]])


@pytest.mark.parametrize("transform", TRANSFORMED)
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_graph_gives_what_eager_gives(name: str, transform: str) -> None:
    function = TRANSFORMED[transform](PROGRAMS[name])
    x = double(POINT)
    graph, captured, _ = trace_function(lambda x: [function(x)], [((3,), x.dtype)], name)
    close(evaluate(graph, [x, *captured])[0], function(x).numpy(), 1e-13)
    moved = double(POINT + 0.01 * OTHER)
    close(evaluate(graph, [moved, *captured])[0], function(moved).numpy(), 1e-13)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_graph_is_differentiable_when_it_is_run_again(name: str) -> None:
    function = scalar(PROGRAMS[name])
    graph, captured, _ = trace_function(
        lambda x: [function(x)], [((3,), numpy.dtype("float64"))], name
    )
    close(
        func.grad(lambda x: evaluate(graph, [x, *captured])[0])(double(POINT)),
        func.grad(function)(double(POINT)).numpy(),
        1e-13,
    )
