"""Modules that hold modules: in a chain, a list or a dictionary."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .module import Module, framed


def _position(index: Any, size: int, name: str) -> int:
    place = operator.index(index)
    if not -size <= place < size:
        raise IndexError(f"{name}: index {place} is out of range for {size} modules.")
    return place % size


class _Ordered(Module):
    """Modules at positions; positions are renumbered when one is taken out or put in."""

    def _all(self) -> list[Any]:
        return list(self._modules.values())

    def _refill(self, modules: Iterable[Any]) -> None:
        listed = list(modules)
        self._modules.clear()
        for k, module in enumerate(listed):
            self.add_module(str(k), module)

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._all())

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            made = type(self)()
            for name, module in list(self._modules.items())[index]:
                made.add_module(name if isinstance(self, Sequential) else str(len(made)), module)
            return made
        return self._all()[_position(index, len(self), type(self).__name__)]

    def __setitem__(self, index: int, module: Module) -> None:
        name = list(self._modules)[_position(index, len(self), type(self).__name__)]
        setattr(self, name, module)

    def __delitem__(self, index: Any) -> None:
        names = list(self._modules)
        chosen = (
            names[index]
            if isinstance(index, slice)
            else [names[_position(index, len(self), type(self).__name__)]]
        )
        left = {name: m for name, m in self._modules.items() if name not in chosen}
        if all(name.isdigit() for name in names):
            self._refill(left.values())
        else:
            self._modules.clear()
            self._modules.update(left)

    def append(self, module: Module) -> Any:
        """Add a module at the end."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> Any:
        """Add several modules at the end."""
        for module in list(modules):
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> Any:
        """Add a module before the position."""
        listed = self._all()
        listed.insert(index, module)
        self._refill(listed)
        return self

    def pop(self, index: int = -1) -> Any:
        """Take a module out."""
        found = self[index]
        del self[index]
        return found


class Sequential(_Ordered):
    """Modules applied one after the other.

    >>> import wengert
    >>> from wengert import nn
    >>> net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 1))
    >>> net(wengert.ones(2, 4)).shape
    (2, 1)
    >>> net
    Sequential(
      (0): Linear(in_features=4, out_features=3, bias=True)
      (1): ReLU()
      (2): Linear(in_features=3, out_features=1, bias=True)
    )
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], dict):
            named: dict[str, Module] = args[0]  # pyright: ignore[reportUnknownVariableType]
            for name, module in named.items():
                self.add_module(name, module)
        else:
            for k, module in enumerate(args):
                self.add_module(str(k), module)

    def forward(self, input: Any) -> Any:
        """Every module applied to what the one before it gave."""
        for module in self._modules.values():
            input = module(input)
        return input


class ModuleList(_Ordered):
    """A list whose modules are found by `parameters()` and its like; it computes nothing.

    >>> from wengert import nn
    >>> layers = nn.ModuleList([nn.Linear(2, 2) for _ in range(3)])
    >>> len(layers), len(list(layers.parameters()))
    (3, 6)
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__()
        self.extend(modules)

    def __iadd__(self, modules: Iterable[Module]) -> ModuleList:
        return self.extend(modules)

    def __add__(self, modules: Iterable[Module]) -> ModuleList:
        return ModuleList([*self, *modules])

    def __repr__(self) -> str:
        runs: list[tuple[int, int, str]] = []
        for k, module in enumerate(self):
            text = repr(module)
            if runs and runs[-1][2] == text:
                runs[-1] = (runs[-1][0], k, text)
            else:
                runs.append((k, k, text))
        parts: list[str] = []
        for first, last, text in runs:
            inner = text.replace("\n", "\n  ")
            if first == last:
                parts.append(f"({first}): {inner}")
            else:
                parts.append(f"({first}-{last}): {last - first + 1} x {inner}")
        return framed(type(self).__name__, "", parts)


class ModuleDict(Module):
    """A dictionary whose modules are found by `parameters()` and its like; it computes nothing.

    >>> from wengert import nn
    >>> heads = nn.ModuleDict({"a": nn.Linear(2, 1), "b": nn.Identity()})
    >>> list(heads)
    ['a', 'b']
    """

    def __init__(self, modules: Any = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Any:
        if key not in self._modules:
            raise KeyError(f"ModuleDict: no module {key!r}; it has {list(self._modules)}.")
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: object) -> bool:
        return key in self._modules

    def keys(self) -> Iterable[str]:
        """The names."""
        return self._modules.keys()

    def values(self) -> Iterable[Any]:
        """The modules."""
        return self._modules.values()

    def items(self) -> Iterable[tuple[str, Any]]:
        """Names and modules."""
        return self._modules.items()

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Add or replace several modules."""
        for key, module in dict(modules).items():
            self[key] = module

    def pop(self, key: str) -> Any:
        """Take a module out."""
        found = self[key]
        del self[key]
        return found

    def clear(self) -> None:
        """Take all modules out."""
        self._modules.clear()
