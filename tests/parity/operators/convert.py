"""Values of PyTorch as values of Wengert and as arrays.

Tensors keep their numbers, dtype, strides and `requires_grad`; two places that hold one tensor hold
one tensor afterwards. What Wengert has no counterpart for raises `NoCounterpart`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy
import torch

import wengert


class NoCounterpart(Exception):
    """A value of PyTorch that dense CPU tensors of Wengert do not have."""


def array(tensor: torch.Tensor) -> numpy.ndarray:
    """The tensor's memory, copied, seen with the tensor's strides."""
    if tensor.layout is not torch.strided or tensor.is_quantized or tensor.is_nested:
        raise NoCounterpart(f"layout {tensor.layout}")
    if tensor.device.type != "cpu" or tensor.ndim > 64:  # NumPy has no more axes
        raise NoCounterpart(f"{tensor.ndim} axes on the device {tensor.device}")
    tensor = tensor.detach().resolve_conj().resolve_neg()
    if tensor._is_zerotensor():  # zeros without memory, which gradients of constants are
        tensor = torch.zeros_like(tensor)
    if tensor.dtype is torch.bfloat16:
        import ml_dtypes

        return tensor.float().numpy().astype(ml_dtypes.bfloat16)
    copy = torch.empty(0, dtype=tensor.dtype)
    copy.set_(
        tensor.untyped_storage().clone(), tensor.storage_offset(), tensor.shape, tensor.stride()
    )
    return copy.numpy()


def to_torch(values: numpy.ndarray) -> torch.Tensor:
    """An array as a tensor of PyTorch, bfloat16 as well."""
    if values.dtype.name == "bfloat16":
        return torch.from_numpy(values.astype(numpy.float32)).bfloat16()
    return torch.from_numpy(values)


def _view(tensor: torch.Tensor, memo: dict[int, Any]) -> Any:
    """The tensor as a view of all its memory, which it shares as it does in PyTorch."""
    place = -1 - tensor.untyped_storage().data_ptr()
    if place not in memo:
        flat = torch.empty(0, dtype=tensor.dtype).set_(tensor.untyped_storage().clone())
        memo[place] = wengert.from_numpy(flat.numpy())
    return memo[place].as_strided(tuple(tensor.shape), tensor.stride(), tensor.storage_offset())


def ours(value: Any, memo: dict[int, Any], views: bool = False) -> Any:
    """The value in Wengert's types; `memo` holds the tensors converted so far."""
    if isinstance(value, torch.Tensor):
        if id(value) not in memo:
            made = _view(value, memo) if views else wengert.from_numpy(array(value))
            memo[id(value)] = (made.requires_grad_() if value.requires_grad else made, value)
        return memo[id(value)][0]
    if isinstance(value, torch.Size):
        return tuple(value)
    if isinstance(value, (tuple, list)):
        made = [ours(part, memo) for part in value]
        return type(value)(*made) if hasattr(value, "_fields") else type(value)(made)
    if isinstance(value, dict):
        return {key: ours(part, memo) for key, part in value.items()}
    if isinstance(value, (torch.dtype, torch.memory_format, torch.layout)):
        return getattr(wengert, str(value).removeprefix("torch."))
    if isinstance(value, torch.device):
        return wengert.device(str(value))
    if isinstance(value, torch.Generator):
        return wengert.Generator().manual_seed(value.initial_seed())
    if isinstance(value, torch.nn.Module):  # a layer without parameters, as a distance
        return getattr(wengert.nn, type(value).__name__)()
    if isinstance(value, slice):
        return slice(*(ours(part, memo) for part in (value.start, value.stop, value.step)))
    return value


def leaves(value: Any) -> list[Any]:
    """Tensors and other results in order, out of tuples, lists and dicts."""
    if isinstance(value, dict):
        return [leaf for part in value.values() for leaf in leaves(part)]
    if isinstance(value, (tuple, list)) and not isinstance(value, torch.Size):
        return [leaf for part in value for leaf in leaves(part)]
    return [value]


@dataclasses.dataclass
class Call:
    """The arguments of one call, whose tensors can be taken out and put back."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    @classmethod
    def of(cls, sample: Any) -> Call:
        """The call that a sample of `op_db` stands for."""
        return cls((sample.input, *sample.args), dict(sample.kwargs))

    def ours(self, views: bool = False) -> Call:
        """The same call with Wengert's values; as views of all their memory if asked for."""
        memo: dict[int, Any] = {}
        return Call(
            tuple(
                ours(value, memo, views and (k == 0 or self.shares()))
                for k, value in enumerate(self.args)
            ),
            {key: ours(value, memo, views and self.shares()) for key, value in self.kwargs.items()},
        )

    def shares(self) -> bool:
        """Whether two of the tensors share memory."""
        places = [tensor.untyped_storage().data_ptr() for tensor in self.tensors()]
        return len(set(places)) < len(places)

    def widened(self) -> Call:
        """The call with arrays for tensors, real ones in float64."""

        def wide(value: Any) -> Any:
            if isinstance(value, torch.Tensor):
                found = array(value)
                return found.astype(numpy.float64) if found.dtype.kind in "fiu" else found
            if isinstance(value, (tuple, list)):
                return type(value)(map(wide, value))
            return value

        return Call(
            tuple(wide(value) for value in self.args),
            {key: wide(value) for key, value in self.kwargs.items()},
        )

    def tensors(self, keep: Callable[[Any], bool] = lambda tensor: True) -> list[Any]:
        """The distinct tensors among the arguments for which `keep` holds."""
        found: dict[int, Any] = {}
        for leaf in leaves([list(self.args), self.kwargs]):
            if isinstance(leaf, (torch.Tensor, wengert.Tensor)) and keep(leaf):
                found[id(leaf)] = leaf
        return list(found.values())

    def put(self, old: list[Any], new: list[Any]) -> Call:
        """The call with other tensors in the places of the old ones."""
        table = {id(tensor): other for tensor, other in zip(old, new, strict=True)}

        def replaced(value: Any) -> Any:
            if id(value) in table:
                return table[id(value)]
            if isinstance(value, (tuple, list)) and not isinstance(value, torch.Size):
                parts = [replaced(part) for part in value]
                return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
            if isinstance(value, dict):
                return {key: replaced(part) for key, part in value.items()}
            if isinstance(value, slice):
                return slice(*map(replaced, (value.start, value.stop, value.step)))
            return value

        return Call(
            tuple(replaced(value) for value in self.args),
            {key: replaced(value) for key, value in self.kwargs.items()},
        )

    def run(self, function: Callable[..., Any]) -> Any:
        """What the function returns for these arguments."""
        return function(*self.args, **self.kwargs)

    def __str__(self) -> str:
        shown = [describe(value) for value in self.args]
        shown += [f"{key}={describe(value)}" for key, value in self.kwargs.items()]
        return f"({', '.join(shown)})"


def describe(value: Any) -> str:
    """A value in few characters: small tensors with their numbers, others by dtype and shape."""
    if isinstance(value, torch.Tensor):
        name = str(value.dtype).removeprefix("torch.")
        text = f"{name}{list(value.shape)}"
        if not value.is_contiguous():
            text += f" strides {tuple(value.stride())}"
        shown = value.layout is torch.strided and value.device.type == "cpu"
        if 0 < value.numel() <= 6 and shown:
            text += f" {value.detach().tolist()}"
        return text
    if isinstance(value, (tuple, list)):
        inside = ", ".join(describe(part) for part in value)
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    return repr(value)
