"""Tensor methods: what other array libraries ask of a tensor.

NumPy's protocols, DLPack and the array API standard. Memory is shared wherever it leaves or enters;
what requires grad does not leave.
"""

from __future__ import annotations

from typing import Any

from .._base.device import check_device
from .._base.errors import DifferentiationError
from .._graph.value import Handle
from .._record.trace import concrete

package: list[Any] = []
"""The package `wengert`, which enters itself: what leaves and enters goes by its public names."""


class ExchangeMethods(Handle):
    """What other array libraries ask of a tensor."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        from .protocols import apply_ufunc

        return apply_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        from .protocols import apply_function

        return apply_function(func, args, kwargs)

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        if api_version not in (None, "2022.12", "2023.12", "2024.12"):
            raise ValueError(
                f"array API version {api_version!r} is not known; 2022.12 to 2024.12 are."
            )
        return package[0].array_api

    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        """A DLPack capsule over the same memory; `max_version`, `dl_device` and `copy` as NumPy."""
        tensor: Any = self
        if tensor.requires_grad:
            raise DifferentiationError(
                "__dlpack__: the tensor requires grad, and the other library would leave the "
                "record. Pass x.detach()."
            )
        if stream is not None:
            raise BufferError("__dlpack__: a stream has no meaning on the CPU; pass stream=None.")
        return concrete(self, "memory for DLPack").__dlpack__(
            max_version=max_version, dl_device=dl_device, copy=copy
        )

    def __dlpack_device__(self) -> tuple[int, int]:
        return (1, 0)  # kDLCPU

    def to_device(self, device: Any, /, *, stream: Any = None) -> Any:
        """Itself: there is one device."""
        check_device(device)
        return self


__all__ = ["ExchangeMethods", "package"]
