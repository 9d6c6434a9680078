"""The text of a program: the same in every process, and printable at every stage."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from tests.jit.graphs import given, made, whole
from tests.jit.random_graphs import Maker
from wengert._graph.node import Node
from wengert._jit.program import compile_graph

ROOT = Path(__file__).parents[2]


def fingerprint(seed: int) -> str:
    maker = Maker(seed)
    graph = maker.graph()
    return hashlib.sha256(compile_graph(graph, cache=False).llvm.encode()).hexdigest()


PRINTED = """
from tests.jit.test_text import fingerprint
print(" ".join(fingerprint(seed) for seed in range(40, 46)))
"""


def test_the_text_is_the_same_in_every_process() -> None:
    """Else nothing would be found in the cache on disk."""
    texts = {
        subprocess.run(
            [sys.executable, "-c", PRINTED], capture_output=True, text=True, cwd=ROOT, check=True
        ).stdout
        for _ in range(2)
    }
    assert len(texts) == 1


def test_every_stage_prints() -> None:
    x = given((300, 7))
    total = made("sum", made("exp", x), axes=(1,))
    program = compile_graph(whole([x], [total]), cache=False)
    assert "exp(in0[" in program.loops
    assert "vector" in program.loops
    assert "define i32 @program(" in program.llvm


def chain(length: int, *names: str) -> tuple[Node, Node]:
    x = node = given((3, 4), "float64")
    for k in range(length):
        name = names[k % len(names)]
        match name:
            case "permute":
                node = made(name, node, axes=(1, 0))
            case "embed":
                rows, columns = node.outputs[0].shape
                slices = ((1, rows, 1), (0, columns, 1))
                node = made(name, node, shape=(rows + 1, columns), slices=slices)
            case "slice":
                rows, columns = node.outputs[0].shape
                node = made(name, node, slices=((1, rows - 1, 1), (0, columns, 1)))
            case _:
                node = made(name, node)
    return x, node


def test_long_chains_compile_without_recursion_and_in_reasonable_time() -> None:
    values = np.arange(12.0).reshape(3, 4)
    for names in (("sin",), ("permute", "neg"), ("permute",), ("embed", "slice")):
        x, node = chain(800, *names)
        start = time.process_time()
        (found,) = compile_graph(whole([x], [node]), cache=False).call(values)
        print(names, time.process_time() - start)
        assert np.isfinite(found).all()
        if names == ("permute",) or names == ("embed", "slice"):
            np.testing.assert_array_equal(found, values)
