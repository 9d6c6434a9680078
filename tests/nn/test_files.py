"""save and load: what comes back is what was written, and nothing in a file is run."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wengert as w
from wengert import nn
from wengert.errors import DeviceError, StateError, TracedValueError


def there_and_back(value: Any) -> Any:
    file = io.BytesIO()
    w.save(value, file)
    file.seek(0)
    return w.load(file)


PLAIN: list[Any] = [
    None, True, 3, 2**80, -0.5, float("inf"), "ünïcode", 1 + 2j, [], (), {}, [1, (2, "x"), [None]],
    {"a": 1, 2: "b", (3, 4): [5], None: 6}, {1, 2}, np.dtype("float32"), w.float64,
]  # fmt: skip


@pytest.mark.parametrize("value", PLAIN, ids=repr)
def test_plain_values(value: Any) -> None:
    found = there_and_back(value)
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    "dtype", ["bool", "uint8", "int64", "float16", "bfloat16", "float32", "float64", "complex64"]
)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3)])
def test_tensors(dtype: str, shape: tuple[int, ...]) -> None:
    x = (w.randn(shape) * 3).to(dtype)
    found = there_and_back(x)
    assert found.dtype == x.dtype and found.shape == x.shape and found.tolist() == x.tolist()
    assert not found.requires_grad
    found.zero_()


def test_views_nan_and_arrays() -> None:
    x = w.arange(12.0).reshape(3, 4)
    for view in (x.t(), x[::2, 1:], x.expand(2, 3, 4), w.tensor([float("nan"), -0.0])):
        np.testing.assert_array_equal(there_and_back(view).numpy(), view.numpy())
    array = np.arange(3, dtype=np.int16)
    found = there_and_back({"array": array, "number": np.float32(0.5)})
    assert type(found["array"]) is np.ndarray and found["array"].dtype == np.int16
    assert found["array"].tolist() == [0, 1, 2] and found["number"] == 0.5


def test_gradients_and_parameters() -> None:
    leaf = w.ones(2, requires_grad=True)
    found = there_and_back(
        [leaf, leaf * 2, nn.Parameter(w.ones(1)), nn.Parameter(w.ones(1), False)]
    )
    assert [x.requires_grad for x in found] == [True, True, True, False]
    assert all(x.is_leaf for x in found)
    assert [isinstance(x, nn.Parameter) for x in found] == [False, False, True, True]


def test_shared_memory_is_shared_again() -> None:
    x = w.zeros(3)
    first, second, other = there_and_back((x, x.detach(), x.clone()))
    first.fill_(7)
    assert second.tolist() == [7.0] * 3 and other.tolist() == [0.0] * 3


def test_training_goes_on_from_a_file(tmp_path: Path) -> None:
    def made() -> tuple[Any, Any]:
        w.manual_seed(0)
        model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
        return model, w.optim.Adam(model.parameters(), lr=0.1)

    def step(model: Any, optimizer: Any) -> None:
        optimizer.zero_grad()
        (model(w.arange(12.0).reshape(4, 3)) ** 2).mean().backward()
        optimizer.step()

    model, optimizer = made()
    step(model, optimizer)
    path = tmp_path / "checkpoint.pt"
    w.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 1}, path)
    step(model, optimizer)
    again, other = made()
    state = w.load(path, map_location="cpu", weights_only=True)
    again.load_state_dict(state["model"])
    other.load_state_dict(state["optimizer"])
    step(again, other)
    for name, value in model.state_dict().items():
        assert again.state_dict()[name].tolist() == value.tolist()
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint.pt"] and state["epoch"] == 1


class Unsafe:
    """An object whose unpickling would be noticed."""

    def __reduce__(self) -> Any:
        return (pytest.fail, ("the file was run",))


def test_what_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "state"
    w.save([1], path)
    for value, text in (
        (Unsafe(), "the object is a Unsafe"),
        ({"a": [0, nn.Linear(1, 1)]}, r"the object\['a'\]\[1\] is a Linear"),
        ([np.array([None])], r"the object\[0\] is an array of Python objects"),
    ):
        with pytest.raises(TypeError, match=text):
            w.save(value, path)
    with pytest.raises(TracedValueError):
        w.jit(lambda x: w.save(x * 2, path))(w.ones(1))
    assert w.load(path) == [1] and len([*tmp_path.iterdir()]) == 1


def test_what_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.write_bytes(pickle.dumps(Unsafe()))
    with pytest.raises(StateError, match=r"no file written by wengert\.save"):
        w.load(path)
    for names, text in (
        (["archive/data.pkl"], r"written by torch\.save\. Its content is pickled"),
        (["x.npy"], r"it holds \['x.npy'\]"),
    ):
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.writestr(name, pickle.dumps(Unsafe()))
        with pytest.raises(StateError, match=text):
            w.load(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("structure.json", '{"format": "wengert", "version": 2}')
    with pytest.raises(StateError, match="another version"):
        w.load(path)
    file = io.BytesIO()
    np.save(file, np.array([Unsafe()]), allow_pickle=True)
    with zipfile.ZipFile(path, "w") as archive:
        content = {"format": "wengert", "version": 1, "content": {"array": 0, "dtype": "object"}}
        archive.writestr("structure.json", json.dumps(content))
        archive.writestr("0.npy", file.getvalue())
    with pytest.raises(ValueError, match="Object arrays cannot be loaded"):
        w.load(path)
    with pytest.raises(ValueError, match="weights_only=False"):
        w.load(path, weights_only=False)
    with pytest.raises(DeviceError):
        w.load(path, map_location="cuda")
    with pytest.raises(FileNotFoundError):
        w.load(tmp_path / "none")
