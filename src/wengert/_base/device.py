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


__all__ = ["CPU", "Device", "check_device", "names_device"]
