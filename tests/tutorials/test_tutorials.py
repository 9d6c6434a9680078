"""The tutorials: their pages are true, their programs print what the pages say."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .pages import failures_of_page, run_program, shown_output

PAGES = {"autograd.md": 30, "linear_regression.md": 25, "tensorflow.md": 40, "graph.md": 30}


@pytest.mark.parametrize("name", PAGES)
def test_every_line_of_the_page_is_true(name: str) -> None:
    attempted, report = failures_of_page(name)
    assert not report, report
    assert attempted >= PAGES[name]


# ---- PyTorch's autograd by example --------------------------------------------------------------


@pytest.fixture
def drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Path]:
    monkeypatch.chdir(tmp_path)
    _, printed = run_program("autograd_by_example.py")
    return printed, tmp_path / "autograd_by_example.png"


def test_autograd_by_example(drawn: tuple[str, Path]) -> None:
    printed, picture = drawn
    assert printed == shown_output("autograd.md")
    head = picture.read_bytes()[:24]
    assert head.startswith(b"\x89PNG") and struct.unpack(">II", head[16:]) == (900, 350)


def test_the_slopes_are_exact() -> None:
    import wengert as torch

    x = torch.linspace(-3, 3, 61)
    x.requires_grad = True
    (x**2).sum().backward()
    assert x.grad.tolist() == (2 * x.detach()).tolist()


# ---- linear regression in five ways -------------------------------------------------------------


def test_linear_regression_in_five_ways() -> None:
    names, printed = run_program("linear_regression_five_ways.py")
    assert printed == shown_output("linear_regression.md")
    ways = names["WAYS"]
    assert len(ways) == 5
    by_hand = np.concatenate([part.ravel() for part in ways[0]()])
    np.testing.assert_allclose(by_hand, [2, -3, 1], atol=1e-6)
    for way in ways[1:4]:
        found = np.concatenate([part.ravel() for part in way()])
        np.testing.assert_allclose(found, by_hand, rtol=1e-12)


def test_only_the_import_is_particular_to_wengert() -> None:
    from .pages import ROOT

    source = (ROOT / "examples" / "linear_regression_five_ways.py").read_text(encoding="utf-8")
    code = source.partition('"""\n\n')[2]
    assert re.findall(r".*wengert.*", code) == ["import wengert as torch"]


# ---- TensorFlow's tape --------------------------------------------------------------------------


def test_tensorflows_tape() -> None:
    _, printed = run_program("tensorflow_tape.py")
    assert printed.startswith(shown_output("tensorflow.md"))
    numbers = re.findall(r"step +(\d+)  loss ([\d.]+)", printed)
    losses = [float(loss) for _, loss in numbers]
    assert [step for step, _ in numbers] == ["0", "100", "200"]
    assert losses[2] < losses[1] < losses[0] and losses[2] < 0.1
    [(first, last)] = re.findall(r"loss ([\d.]+) in the first epoch, ([\d.]+) in the last", printed)
    assert float(last) < float(first)
    assert "predict: (2, 1)" in printed


# ---- the graph as data --------------------------------------------------------------------------


def test_the_graph_as_data() -> None:
    _, printed = run_program("graph_as_data.py")
    assert printed == shown_output("graph.md")


# ---- plots --------------------------------------------------------------------------------------


@pytest.fixture
def axes() -> Any:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def test_detached_tensors_can_be_plotted(axes: Any) -> None:
    import wengert

    x = wengert.linspace(-1, 1, 5, requires_grad=True)
    (x**3).sum().backward()
    [line] = axes.plot(x.detach(), x.grad.detach())
    assert line.get_xdata().tolist() == x.tolist()
    assert line.get_ydata().tolist() == (3 * x.detach() ** 2).tolist()
    axes.scatter(x.detach(), x.detach() ** 2)
    axes.plot(wengert.ones(3), "--")


def test_a_recording_tensor_says_to_detach(axes: Any) -> None:
    import wengert

    x = wengert.linspace(-1, 1, 5, requires_grad=True)
    with pytest.raises(RuntimeError) as caught:
        axes.plot(x, x**2)
    assert str(caught.value) == (
        "numpy(): the tensor requires grad, and NumPy would leave the record. Write "
        "x.detach().numpy()."
    )
