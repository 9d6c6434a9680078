"""Drawings of a record: what stands in them, where it stands, and that they are valid SVG."""

from __future__ import annotations

import sys
from typing import Any
from xml.etree import ElementTree as xml

import numpy as np
import pytest

import wengert
from wengert import explain
from wengert._base.errors import MissingExtraError, ShapeError
from wengert._record.functions import trace_function
from wengert.explain.layered import layered

SVG = "{http://www.w3.org/2000/svg}"


def parsed(picture: explain.Picture) -> xml.Element:
    root = xml.fromstring(picture.svg)
    assert root.tag == f"{SVG}svg"
    return root


def texts(picture: explain.Picture) -> list[str]:
    return [found.text or "" for found in parsed(picture).iter(f"{SVG}text")]


def boxes(picture: explain.Picture) -> dict[str, list[str]]:
    """The rows of every box by its first text."""
    found: dict[str, list[str]] = {}
    for group in parsed(picture).iter(f"{SVG}g"):
        head, _, *rows = [text.text or "" for text in group.iter(f"{SVG}text")]
        found[head] = rows
    return found


def parabola() -> tuple[Any, dict[str, Any]]:
    x, w = wengert.tensor([1.0, 2.0]), wengert.tensor([3.0, 4.0], requires_grad=True)
    with explain.keep_values():
        y = x * w
        loss = (y * y).sum()
    return loss, {"x": x, "w": w, "y": y, "loss": loss}


def test_values_and_gradients_stand_in_the_boxes() -> None:
    loss, names = parabola()
    picture = explain.draw(loss, names=names)
    assert boxes(picture) == {
        "w": ["value 3, 4", "grad  6, 32"],  # d/dw sum (x w)^2 = 2 x^2 w
        "x": ["value 1, 2"],
        "y = mul(x, w)": ["value 3, 8", "grad  6, 16"],
        "a = mul(y, y)": ["value 9, 64", "grad  1, 1"],
        "loss = sum(a, axes=(0,))": ["value 73", "grad  1"],
    }
    assert "[2]" in texts(picture)
    assert len(list(parsed(picture).iter(f"{SVG}path"))) == 5  # y is two operands of its square
    assert parsed(picture).findtext(f"{SVG}title") == "graph of loss: 1 leaf, 3 operations"
    assert parsed(picture).get("role") == "img"


def test_drawing_changes_nothing() -> None:
    loss, names = parabola()
    first = explain.draw(loss, names=names).svg
    assert names["w"].grad is None
    assert explain.draw(loss, names=names).svg == first
    loss.backward()
    assert names["w"].grad.tolist() == [6.0, 32.0]


def test_after_backward_the_leaves_show_their_grad() -> None:
    loss, names = parabola()
    loss.backward()
    found = boxes(explain.draw(loss, names=names))
    assert found["w"] == ["value 3, 4", "grad  6, 32"]
    assert found["y = mul(x, w)"] == ["value 3, 8"]


def test_a_result_of_several_numbers_needs_its_cotangent() -> None:
    w = wengert.tensor([3.0, 4.0], requires_grad=True)
    y = w * 2
    assert boxes(explain.draw(y, names={"w": w, "y": y}))["w"] == ["value 3, 4"]
    weighted = explain.draw(y, names={"w": w, "y": y}, gradient=wengert.tensor([1.0, 10.0]))
    assert boxes(weighted)["w"] == ["value 3, 4", "grad  2, 20"]
    with pytest.raises(
        ShapeError,
        match=r"a result of shape \(2,\) has no gradient of its own",
    ):
        explain.cotangents(y)


def test_steps_that_only_move_elements_are_labels_on_the_way() -> None:
    w = wengert.ones(2, 3, requires_grad=True)
    with explain.keep_values():
        loss = (w.T.reshape(6) * 2).sum()
    found = boxes(explain.draw(loss, names={"w": w, "loss": loss}))
    moved = [head for head, rows in found.items() if not rows]
    assert moved == ["permute · reshape"]
    seen = explain.draw(w.T, names={"w": w})  # a result is a box of its own, whatever made it
    assert not [text for text in texts(seen) if text == "permute"]


def test_histograms_and_what_they_do_not_hide(rng: np.random.Generator) -> None:
    w = wengert.tensor(rng.standard_normal(500), requires_grad=True)
    with explain.keep_values():
        loss = (wengert.log(w) * 1).sum()
    picture = explain.draw(loss, names={"w": w})
    negative = int((w.detach() < 0).sum())
    head, log = list(boxes(picture).values())[:2]
    assert head[0] == f"value {w.min().item():.3g} … {w.max().item():.3g}"
    assert log[0] == f"value {negative} not finite"
    zero = list(parsed(picture).iter(f"{SVG}line"))
    assert len(zero) == 2  # the values of w and the gradients 1/w, both on either side of 0
    bars = [
        p.get("d", "") for p in parsed(picture).iter(f"{SVG}path") if p.get("class") == "wg-value"
    ]
    assert bars[0].count("V") == 25  # one for each bin, and the way back


def test_a_traced_graph_has_shapes_and_no_values() -> None:
    graph, _, _ = trace_function(
        lambda x, y: [wengert.exp(x) * y], [((3,), np.dtype("f4"))] * 2, "f"
    )
    found = boxes(explain.draw(graph))
    assert [head.split(" = ")[-1] for head in found] == ["a", "b", "exp(a)", "mul(c, b)"]
    assert not any(found.values())


def test_names_are_escaped() -> None:
    w = wengert.ones(1, requires_grad=True)
    assert "a<b & c" in boxes(explain.draw(w * 1, names={"a<b & c": w}))


def test_too_large_for_a_picture() -> None:
    w = wengert.ones(1, requires_grad=True)
    y = w
    for _ in range(5):
        y = y * 2
    with pytest.raises(ValueError) as caught:
        explain.draw(y, most=5)
    assert str(caught.value) == (
        "draw: a picture of 6 values is hard to read. Draw a part of the computation, "
        "print(graph_of(...)), or pass most=6."
    )
    assert explain.draw(y, most=6).svg


def test_without_pygraphviz(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    with pytest.raises(MissingExtraError) as caught:
        explain.draw(wengert.ones(1, requires_grad=True) * 2)
    assert str(caught.value) == (
        "pygraphviz is not installed. Install it with: pip install 'wengert[viz]'"
    )


def test_save_and_notebooks(tmp_path: Any) -> None:
    loss, names = parabola()
    picture = explain.draw(loss, names=names)
    picture.save(tmp_path / "loss.svg")
    assert (tmp_path / "loss.svg").read_text(encoding="utf-8") == picture.svg + "\n"
    assert picture._repr_svg_() == str(picture) == picture.svg


def test_boxes_do_not_overlap_and_links_go_down(rng: np.random.Generator) -> None:
    sizes = [(float(w), float(h)) for w, h in rng.uniform(20, 200, (12, 2))]
    links = [(int(rng.integers(k)), k) for k in range(1, 12)] + [(0, 11), (3, 4), (3, 4)]
    layout = layered(sizes, links, [1] * len(links))
    assert len(layout.curves) == len(links)
    for k, ((x, y), (w, h)) in enumerate(zip(layout.centres, sizes, strict=True)):
        assert x - w / 2 + 0.1 >= 0 and x + w / 2 <= layout.width + 0.1
        assert y - h / 2 + 0.1 >= 0 and y + h / 2 <= layout.height + 0.1
        for (x2, y2), (w2, h2) in list(zip(layout.centres, sizes, strict=True))[:k]:
            assert abs(x - x2) > (w + w2) / 2 - 0.1 or abs(y - y2) > (h + h2) / 2 - 0.1
    for (above, below), curve in zip(links, layout.curves, strict=True):
        assert layout.centres[above][1] < layout.centres[below][1]
        assert curve.points[0][1] < curve.tip[1] and len(curve.points) % 3 == 1
        for (x, y), box in ((curve.points[0], above), (curve.tip, below)):
            (centre_x, centre_y), (w, h) = layout.centres[box], sizes[box]
            assert abs(x - centre_x) <= w / 2 + 1 and abs(y - centre_y) <= h / 2 + 1


def test_cotangents_agree_with_autograd(rng: np.random.Generator) -> None:
    x = wengert.tensor(rng.standard_normal((3, 2)), requires_grad=True)
    values, order = wengert.sort(x, dim=0)
    y = wengert.sin(values) * values
    loss = y.sum()
    found = explain.cotangents(loss)
    for value in (x, values, y, loss):
        (expected,) = wengert.autograd.grad(loss, value, retain_graph=True)
        edge = value._edge
        np.testing.assert_array_equal(found[edge], expected.numpy())
    assert not any(edge == order._edge for edge in found)
