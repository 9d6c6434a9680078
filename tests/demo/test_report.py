"""The demonstration's page, without the training: well-formed, complete, and self-contained."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as xml

import numpy as np
import pytest
from PIL import Image

import wengert
from demo import charts, report, training

HTML, SVG = "{http://www.w3.org/1999/xhtml}", "{http://www.w3.org/2000/svg}"
EPOCHS, STEPS = 2, 3


@pytest.fixture(scope="module")
def run() -> training.Run:
    """A run as training leaves it behind, on few random images."""
    rng = np.random.default_rng(0)
    images = rng.random((40, 1, 8, 8)).astype(np.float32)
    labels = np.arange(40) % 10
    data = training.Data(images, labels, images[:20], labels[:20])
    sides = {name: training.Side(name, 0, EPOCHS * STEPS, "numpy") for name in training.SIDES}
    for side in sides.values():
        for _ in range(EPOCHS * STEPS):
            side.train_on(wengert.from_numpy(images), wengert.from_numpy(labels))
        side.accuracies = [0.25, 0.95]
    return training.Run(0, data, sides, EPOCHS, seconds=12.0)


@pytest.fixture(scope="module")
def page(run: training.Run) -> str:
    return report.page(run, compared=STEPS, allowed=1e-4)


def parsed(page: str) -> xml.Element:
    return xml.fromstring(page)


def words(element: xml.Element) -> str:
    return " ".join(" ".join(element.itertext()).split())


def test_the_page_is_well_formed_and_says_what_happened(page: str) -> None:
    root = parsed(page)
    headings = [words(heading) for heading in root.iter(f"{HTML}h2")]
    assert headings[0] == "Curves"
    assert re.fullmatch(r"(No|\d+) mistakes? among 20 held-out digits", headings[1])
    assert headings[2:] == ["Right, but least sure", "The graph of the model", "Timings"]
    facts = [
        words(element) for element in root.iter(f"{HTML}div") if element.get("class") == "fact"
    ]
    assert facts[0] == "95.0 % of the held-out digits recognised"
    cells = [[words(cell) for cell in row] for row in root.iter(f"{HTML}tr")]
    assert cells[0] == ["", "eager", "compiled"]
    assert cells[1] == ["steps", "6", "6"]
    assert cells[-1] == ["held-out accuracy", "95.00 %", "95.00 %"]


def test_nothing_is_fetched(page: str) -> None:
    root = parsed(page)
    for element in root.iter():
        for name, value in element.attrib.items():
            if name.split("}")[-1] in ("href", "src"):
                assert value.startswith(("data:", "#")), (element.tag, value)
    assert not list(root.iter(f"{HTML}script")) and not list(root.iter(f"{HTML}link"))
    fetched = re.findall(r"url\(([^)]*)\)|@import", page)
    assert all(place.startswith("#") for place in fetched)
    # The names of XML's vocabularies are the only addresses.
    assert set(re.findall(r"https?://[^\s\"'<>]+", page)) == {
        "http://www.w3.org/1999/xhtml",
        "http://www.w3.org/1999/xlink",
        "http://www.w3.org/2000/svg",
    }


def test_wrong_digits_are_marked(page: str, run: training.Run) -> None:
    said = run.sides["jit"].probabilities(run.data.test_images).argmax(1)
    wrong = np.flatnonzero(said != run.data.test_labels)
    assert 0 < len(wrong) < 20  # of random images some are right by chance
    tiles = [element for element in parsed(page).iter() if "digit" in classes(element)]
    marked = [tile for tile in tiles if "wrong" in classes(tile)]
    assert len(tiles) == 20 and len(marked) == len(wrong)
    for tile, k in zip(marked, wrong, strict=True):
        assert words(tile).endswith(f"is a {run.data.test_labels[k]}")
        assert words(tile).startswith(f"{said[k]} ")
    image = marked[0].find(f"{HTML}img")
    assert image is not None
    source = base64.b64decode(image.get("src", "").partition(",")[2])
    pixels = np.asarray(Image.open(io.BytesIO(source)))
    np.testing.assert_array_equal(
        pixels, np.round(255 * (1 - run.data.test_images[wrong[0], 0])).astype(np.uint8)
    )


def classes(element: xml.Element) -> list[str]:
    return element.get("class", "").split()


def test_the_graph_of_the_model_is_in_the_page(page: str) -> None:
    texts = {text.text for text in parsed(page).iter(f"{SVG}text")}
    assert {"conv1.weight", "conv2.bias", "hidden.weight", "digit.bias"} <= texts
    assert any(str(text).startswith("loss = ") for text in texts)
    assert any(str(text).startswith("grad ") for text in texts)


def test_charts_follow_the_page(page: str) -> None:
    drawn = [svg for svg in parsed(page).iter(f"{SVG}svg") if svg.get("class") == "chart"]
    assert len(drawn) == 3
    for svg in drawn:
        assert svg.get("viewBox") and not svg.get("width")
        assert svg.get("role") == "img" and " by " in svg.get("aria-label", "")
    for stand_in in charts.VARIABLES:
        assert stand_in not in page
    assert "var(--eager)" in page and "var(--jit)" in page
    ids = [element.get("id") for element in parsed(page).iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    meant = set(re.findall(r'(?:url\(#|href="#)([^)"]*)', page))
    assert meant and meant <= set(ids)


def test_the_distance_of_equal_curves_can_be_drawn() -> None:
    assert "<svg" in charts.distances([1.0, 0.5], [1.0, 0.5], 1e-4)


def test_the_held_out_digits_are_never_trained_on() -> None:
    data = training.load(3)
    assert len(data.train_labels) == 1437 and len(data.test_labels) == 360
    assert np.bincount(data.test_labels).min() >= 34  # stratified
    everything = np.concatenate([data.train_images, data.test_images])
    assert everything.min() == 0 and everything.max() == 1
    again = training.load(3)
    np.testing.assert_array_equal(data.test_images, again.test_images)


def test_shifted_digits_are_the_digits_moved_by_at_most_a_pixel() -> None:
    data = training.load(0)
    index = np.arange(50)
    images, labels = training.ShiftedDigits(data.train_images, data.train_labels, 0).batch(index)
    np.testing.assert_array_equal(labels.numpy(), data.train_labels[:50])
    moves: set[Any] = set()
    for moved, still in zip(images.numpy()[:, 0], data.train_images[:50, 0], strict=True):
        framed = np.pad(still, 1)
        found = {
            (down, right)
            for down in range(3)
            for right in range(3)
            if np.array_equal(framed[down : down + 8, right : right + 8], moved)
        }
        assert found
        moves |= found
    assert len(moves) == 9


def test_the_picture_for_the_readme_is_what_its_script_draws() -> None:
    path = Path(__file__).parents[2] / "docs/images/graph.svg"
    namespace: dict[str, Any] = {"__name__": "graph", "__file__": "graph.py"}
    exec(
        compile(path.with_suffix(".py").read_text(encoding="utf-8"), "graph.py", "exec"), namespace
    )

    def texts(svg: str) -> list[str]:
        return sorted(text.text or "" for text in xml.fromstring(svg).iter(f"{SVG}text"))

    # Places may differ between releases of Graphviz, what is written may not.
    assert texts(path.read_text(encoding="utf-8")) == texts(namespace["picture"]().svg)
