"""State on disk: containers of tensors and plain values in a zip file that holds nothing to run.

Every array is a file in NumPy's format, and one file of JSON says how they hang together. Nothing
is ever pickled or unpickled. What must not be added: objects of arbitrary classes.
"""

from __future__ import annotations

import json
import os
import zipfile
from typing import Any, BinaryIO, cast

import numpy as np

from .._base.device import check_device
from .._base.dtypes import as_dtype
from .._base.errors import StateError
from .._base.kinds import is_array, is_generic
from .._functions.making.creation import from_numpy
from .._graph.value import Handle
from .._record.trace import concrete
from .parameter import Parameter

_STRUCTURE = "structure.json"
_FORMAT = {"format": "wengert", "version": 1}
_PLAIN = (type(None), bool, int, float, str)


class _Arrays:
    """The arrays of a file, each memory once."""

    def __init__(self) -> None:
        self.places: dict[Any, int] = {}
        self.found: list[np.ndarray[Any, Any]] = []

    def place(self, array: np.ndarray[Any, Any]) -> int:
        key = (array.ctypes.data, array.shape, array.strides, array.dtype)
        if not array.size or key not in self.places:
            self.places[key] = len(self.found)
            self.found.append(array)
        return self.places[key]


def _encoded(value: Any, arrays: _Arrays, path: str) -> Any:
    """What JSON says of a value: plain ones and lists are themselves, others an object."""
    if isinstance(value, Handle):
        array = concrete(value, "content of a file")
        made: dict[str, Any] = {"tensor": arrays.place(array), "dtype": array.dtype.name}
        tensor: Any = value
        if tensor.requires_grad:
            made["requires_grad"] = True
        return {**made, "parameter": True} if isinstance(value, Parameter) else made
    if is_array(value):
        if value.dtype.hasobject:
            raise TypeError(f"save: {path} is an array of Python objects, which cannot be written.")
        return {"array": arrays.place(value), "dtype": value.dtype.name}
    kind = value.__class__
    if kind in _PLAIN:
        return value
    if is_generic(value):
        return _encoded(value.item(), arrays, path)
    if kind is complex:
        return {"complex": [value.real, value.imag]}
    if isinstance(value, np.dtype):
        return {"as_dtype": cast(Any, value).name}
    if isinstance(value, dict):
        entries = cast("dict[Any, Any]", value).items()
        return {
            "dict": [
                [_encoded(key, arrays, path), _encoded(part, arrays, f"{path}[{key!r}]")]
                for key, part in entries
            ]
        }
    if kind in (list, tuple, set):
        parts = [_encoded(part, arrays, f"{path}[{k}]") for k, part in enumerate(value)]
        return parts if kind is list else {kind.__name__: parts}
    raise TypeError(
        f"save: {path} is a {kind.__name__}. A file holds tensors, arrays, numbers, strings, and "
        "lists, tuples, sets and dicts of them. Of a module or an optimizer save state_dict()."
    )


def save(obj: Any, f: Any) -> None:
    """Write tensors, or a container of tensors and plain values, to a path or a binary file.

    The format is Wengert's own: a zip file of arrays in NumPy's format, and JSON. Tensors that show
    the same memory do so again when they are loaded. A file is replaced only when the new one is
    complete. `TypeError` for an object of another class.

    >>> import io, wengert
    >>> file = io.BytesIO()
    >>> wengert.save({"weight": wengert.ones(2), "epoch": 3}, file)
    >>> _ = file.seek(0)
    >>> wengert.load(file)
    {'weight': tensor([1., 1.]), 'epoch': 3}
    """
    arrays = _Arrays()
    text = json.dumps({**_FORMAT, "content": _encoded(obj, arrays, "the object")})
    if hasattr(f, "write"):
        _write(f, text, arrays.found)
        return
    path = str(cast(Any, os.fspath(f)))
    with open(f"{path}.partial", "wb") as file:
        _write(file, text, arrays.found)
    os.replace(f"{path}.partial", path)


def _write(file: BinaryIO, text: str, arrays: list[np.ndarray[Any, Any]]) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(_STRUCTURE, text)
        for k, array in enumerate(arrays):
            if array.dtype.name == "bfloat16":
                array = np.array(array, order="C").view(np.uint16)
            with archive.open(f"{k}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, array, allow_pickle=False)


def load(f: Any, map_location: Any = None, *, weights_only: bool = True) -> Any:
    """What `save` has written to a path or a binary file. Nothing in it is run.

    `StateError` for any other file, such as one by torch.save. `map_location` may name the
    processor; `weights_only=False`, which lets PyTorch run a file, is refused.

    >>> import io, wengert
    >>> file = io.BytesIO()
    >>> wengert.save([wengert.arange(2), "text"], file)
    >>> _ = file.seek(0)
    >>> wengert.load(file)
    [tensor([0, 1]), 'text']
    """
    if not callable(map_location) and not isinstance(map_location, dict):
        check_device(map_location)
    if not weights_only:
        raise ValueError("load: weights_only=False would run what is in the file; leave it out.")
    try:
        with zipfile.ZipFile(f) as archive:
            names = set(archive.namelist())
            if _STRUCTURE not in names:
                raise StateError(_foreign(names))
            structure = json.loads(archive.read(_STRUCTURE))
            if structure.get("format") != "wengert" or structure.get("version") != 1:
                raise StateError(f"load: the file has a format of another version than {_FORMAT}.")
            return _Reader(archive).decoded(structure["content"])
    except zipfile.BadZipFile as error:
        raise StateError(f"load: this is no file written by wengert.save ({error}).") from None


def _foreign(names: set[str]) -> str:
    if any(name.endswith("data.pkl") for name in names):
        return (
            "load: the file was written by torch.save. Its content is pickled, which nothing here "
            "reads, since reading runs it. In PyTorch write the tensors to a .npz file with "
            "numpy.savez, and read it with numpy.load."
        )
    return f"load: this is no file written by wengert.save; it holds {sorted(names)[:5]}."


class _Reader:
    """An open file, and the arrays that were read from it."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.arrays: dict[int, np.ndarray[Any, Any]] = {}

    def array(self, place: int, dtype: str) -> np.ndarray[Any, Any]:
        if place not in self.arrays:
            with self.archive.open(f"{place}.npy") as entry:
                read: Any = np.lib.format.read_array(entry, allow_pickle=False)
            self.arrays[place] = read.view(as_dtype(dtype)) if dtype == "bfloat16" else read
        return self.arrays[place]

    def decoded(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.decoded(part) for part in cast("list[Any]", value)]
        if not isinstance(value, dict):
            return value
        entry = cast("dict[str, Any]", value)
        if "tensor" in entry:
            made = from_numpy(self.array(entry["tensor"], entry["dtype"]))
            asked = bool(entry.get("requires_grad"))
            if entry.get("parameter"):
                return Parameter(made, requires_grad=asked)
            return made.requires_grad_() if asked else made
        if "array" in entry:
            return self.array(entry["array"], entry["dtype"])
        if "dict" in entry:
            return {self.decoded(key): self.decoded(part) for key, part in entry["dict"]}
        if "complex" in entry:
            return complex(*entry["complex"])
        if "as_dtype" in entry:
            return as_dtype(entry["as_dtype"])
        if "tuple" in entry:
            return tuple([self.decoded(part) for part in entry["tuple"]])
        return {self.decoded(part) for part in entry["set"]}


__all__ = ["load", "save"]
