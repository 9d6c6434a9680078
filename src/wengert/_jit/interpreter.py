"""What compiled code may assume about the running interpreter and NumPy.

Offsets of the fields of arrays and floats, and addresses of C functions. `layout_is_known` checks
them once on real objects; where it says no, nothing here may be used. They are the public binary
interface of CPython and NumPy, the same since NumPy 1.26 and CPython 3.11.
"""

from __future__ import annotations

import ctypes
import sys
from functools import lru_cache
from importlib import import_module
from typing import Any

import numpy as np

HEAD = object.__basicsize__
TYPE = HEAD - 8
VALUE = HEAD
DATA = HEAD
NDIM = HEAD + 8
DIMS = HEAD + 16
STRIDES = HEAD + 24
DESCR = HEAD + 40
FLAGS = HEAD + 48

C_CONTIGUOUS = 0x1
ALIGNED = 0x100
WRITEABLE = 0x400

PYTHON_FUNCTIONS = (
    "PyObject_Vectorcall",
    "PyTuple_New",
    "PyTuple_SetItem",
    "Py_IncRef",
    "Py_DecRef",
    "PyLong_AsLongLongAndOverflow",
    "PyLong_FromLong",
    "PyEval_SaveThread",
    "PyEval_RestoreThread",
    "PyMem_RawMalloc",
    "PyMem_RawFree",
    "PyErr_NoMemory",
)

# Places in NumPy's table of C functions, which never change.
_ARRAY_TYPE = 2
_NEW_FROM_DESCR = 94
_SET_BASE_OBJECT = 282


@lru_cache
def layout_is_known() -> bool:
    """Whether arrays, floats and C functions are where compiled code will look for them."""
    if sys.implementation.name != "cpython" or ctypes.sizeof(ctypes.c_void_p) != 8:
        return False
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        return False
    if np.ndarray.__basicsize__ < FLAGS + 4:
        return False
    array = np.zeros((3, 10), np.float32)[:, ::2]
    number = 1.5
    if (
        _word(array, TYPE) != id(np.ndarray)
        or _word(array, DATA) != array.ctypes.data
        or _word(array, NDIM) & 0xFFFFFFFF != array.ndim
        or _word(array, DESCR) != id(array.dtype)
        or _word(array, FLAGS) & 0xFFFF != array.flags.num
        or _word(number, TYPE) != id(float)
        or ctypes.c_double.from_address(id(number) + VALUE).value != number
    ):
        return False
    pair = ctypes.c_ssize_t * 2
    if tuple(pair.from_address(_word(array, DIMS))) != array.shape:
        return False
    if tuple(pair.from_address(_word(array, STRIDES))) != array.strides:
        return False
    if not all(hasattr(ctypes.pythonapi, name) for name in PYTHON_FUNCTIONS):
        return False
    return _array_api()[_ARRAY_TYPE] == id(np.ndarray)


@lru_cache
def function_addresses() -> dict[str, int]:
    """The address of every C function that an entry calls."""
    found = {
        name: int(ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value or 0)
        for name in PYTHON_FUNCTIONS
    }
    return found | {
        "PyArray_NewFromDescr": int(_array_api()[_NEW_FROM_DESCR]),
        "PyArray_SetBaseObject": int(_array_api()[_SET_BASE_OBJECT]),
    }


def _word(value: object, offset: int) -> int:
    return ctypes.c_size_t.from_address(id(value) + offset).value


@lru_cache
def _array_api() -> Any:
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    pointer.restype = ctypes.c_void_p
    capsule: Any = import_module("numpy._core._multiarray_umath")._ARRAY_API
    return (ctypes.c_size_t * (_SET_BASE_OBJECT + 1)).from_address(int(pointer(capsule, None) or 0))
