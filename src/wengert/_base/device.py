"""Where values live: there is one place, the processor.

A device that does not exist is refused where it is named, so that no program believes to run there.
"""

from __future__ import annotations

from typing import Any

from .errors import DeviceError

_KNOWN = ("cpu", "cuda", "hip", "hpu", "ipu", "mkldnn", "mps", "mtia", "meta", "tpu", "xla", "xpu")


class Device:
    """Where tensors live; there is one place: the processor.

    >>> import wengert
    >>> wengert.ones(1).device
    device(type='cpu')
    """

    type = "cpu"
    index = None

    def __init__(self, type: Any = "cpu", index: Any = None) -> None:
        check_device(type if index is None else f"{type}:{index}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) or other == "cpu"

    def __hash__(self) -> int:
        return hash("cpu")

    def __repr__(self) -> str:
        return "device(type='cpu')"

    def __str__(self) -> str:
        return "cpu"


CPU = Device.__new__(Device)


def names_device(value: Any) -> bool:
    """Whether the value is a device, here or in PyTorch, and no dtype."""
    if isinstance(value, Device) or (isinstance(value, int) and not isinstance(value, bool)):
        return True
    return isinstance(value, str) and value.split(":")[0] in _KNOWN


def check_device(device: Any) -> None:
    """Raise unless `device` is the processor, or None, which leaves the choice."""
    if device is None or isinstance(device, Device) or str(device) in ("cpu", "cpu:0"):
        return
    raise DeviceError(f"device {device!r} is not available; Wengert runs on 'cpu'.")


def get_default_device() -> Device:
    """Where tensors are made: on the processor.

    >>> import wengert
    >>> wengert.get_default_device()
    device(type='cpu')
    """
    return CPU


def set_default_device(device: Any) -> None:
    """Say where tensors are made. Only the processor is there; `DeviceError` for another.

    >>> import wengert
    >>> wengert.set_default_device("cpu")
    """
    check_device(device)


def device_count() -> int:
    """How many graphics processors can be used: none."""
    return 0


def is_available() -> bool:
    """Whether a graphics processor can be used: no."""
    return False


__all__ = [
    "CPU",
    "Device",
    "check_device",
    "device_count",
    "get_default_device",
    "is_available",
    "names_device",
    "set_default_device",
]
