"""Module: a function with parameters, buffers and child modules.

All of its state lives in three dictionaries, `_parameters`, `_buffers` and `_modules`; assigning an
attribute files the value under the right one. Everything else here walks over them. What a module
computes is written in its `forward`, nothing of it here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar, cast

from .._base.dtypes import as_dtype, is_floating, is_inexact
from .._base.errors import DtypeError
from .._graph.value import Handle
from .._tensor.conversion_methods import conversion
from .._tensor.tensor import Tensor
from .parameter import Parameter
from .state import load, write_state

M = TypeVar("M", bound="Module")
Hook = Callable[..., Any]
_TABLES = ("_parameters", "_buffers", "_modules")


class _Keys(NamedTuple):
    missing_keys: list[str]
    unexpected_keys: list[str]


class IncompatibleKeys(_Keys):
    """What `load_state_dict` found to be missing, and what it did not know."""

    __slots__ = ()

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return super().__repr__()


class RegisteredHook:
    """What registering a hook on a module returns: `remove()` takes it out again."""

    def __init__(self, hooks: dict[int, Any], key: int) -> None:
        self._hooks = hooks
        self._key = key

    def remove(self) -> None:
        """Take the hook out; harmless if done twice."""
        self._hooks.pop(self._key, None)

    def __enter__(self) -> RegisteredHook:
        return self

    def __exit__(self, *_: Any) -> None:
        self.remove()


class Module:
    """The base of all layers: subclass it, assign parameters and modules, and write `forward`.

    >>> import wengert
    >>> class Line(wengert.nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.slope = wengert.nn.Parameter(wengert.tensor(2.0))
    ...     def forward(self, x):
    ...         return self.slope * x
    >>> line = Line()
    >>> line(wengert.tensor(3.0)).item()
    6.0
    >>> [name for name, _ in line.named_parameters()]
    ['slope']
    """

    training: bool

    def __init__(self) -> None:
        set_ = super().__setattr__
        set_("training", True)
        set_("_parameters", dict[str, Any]())
        set_("_buffers", dict[str, Any]())
        set_("_modules", dict[str, Any]())
        set_("_non_persistent", set[str]())
        set_("_forward_pre_hooks", dict[int, Any]())
        set_("_forward_hooks", dict[int, Any]())
        set_("_hooks_made", 0)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; to be written by every subclass."""
        raise NotImplementedError(
            f"{type(self).__name__} has no forward. Define `def forward(self, x): ...` in the "
            "class."
        )

    # ---- calling ----------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not self._forward_pre_hooks and not self._forward_hooks:
            return self.forward(*args, **kwargs)
        for hook, with_kwargs in list(self._forward_pre_hooks.values()):
            found = hook(self, args, kwargs) if with_kwargs else hook(self, args)
            if found is not None and with_kwargs:
                args, kwargs = found
            elif found is not None:
                args = cast(tuple[Any, ...], found) if isinstance(found, tuple) else (found,)
        result = self.forward(*args, **kwargs)
        for hook, with_kwargs in list(self._forward_hooks.values()):
            found = hook(self, args, kwargs, result) if with_kwargs else hook(self, args, result)
            result = result if found is None else found
        return result

    def _register(self, name: str, hook: Hook, prepend: bool, with_kwargs: bool) -> RegisteredHook:
        hooks: dict[int, Any] = getattr(self, name)
        key = self._hooks_made
        object.__setattr__(self, "_hooks_made", key + 1)
        before = dict(hooks) if prepend else {}
        if prepend:
            hooks.clear()
        hooks[key] = (hook, with_kwargs)
        hooks.update(before)
        return RegisteredHook(hooks, key)

    def register_forward_pre_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RegisteredHook:
        """Call `hook(module, args)` before forward; what it returns (if not None) replaces args."""
        return self._register("_forward_pre_hooks", hook, prepend, with_kwargs)

    def register_forward_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RegisteredHook:
        """Call `hook(module, args, output)` after forward; what it returns replaces the output.

        >>> import wengert
        >>> layer = wengert.nn.ReLU()
        >>> handle = layer.register_forward_hook(lambda module, args, output: output + 1)
        >>> layer(wengert.zeros(1))
        tensor([1.])
        """
        return self._register("_forward_hooks", hook, prepend, with_kwargs)

    # ---- registering ------------------------------------------------------------------------

    def _table(self, name: str) -> dict[str, Any]:
        found = self.__dict__.get(name)
        if found is None:
            raise AttributeError(
                f"{type(self).__name__}: call super().__init__() before assigning parameters, "
                "buffers or modules."
            )
        return found

    def _check_name(self, name: str, table: str) -> None:
        if "." in name or not name:
            raise KeyError(
                f"{name!r} cannot be the name of a part of a module: names are joined by dots."
            )
        if hasattr(self, name) and name not in self._table(table):
            raise KeyError(f"{type(self).__name__} already has an attribute {name!r}.")

    def _release(self, name: str, but: str = "") -> None:
        """Forget what is stored under `name`, so that one name means one thing."""
        self.__dict__.pop(name, None)
        for table in _TABLES:
            if table != but:
                self.__dict__.get(table, {}).pop(name, None)
        if but != "_buffers":
            self.__dict__.get("_non_persistent", set[str]()).discard(name)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter; None keeps the name without one."""
        self._check_name(name, "_parameters")
        if not isinstance(cast(Any, param), Parameter | None):
            raise TypeError(
                f"register_parameter: {name!r} must be a Parameter or None, not "
                f"{type(param).__name__}. Wrap it: nn.Parameter(x)."
            )
        self._table("_parameters")[name] = param

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """Add a tensor that is state but is not trained; `state_dict` holds it if persistent.

        >>> import wengert
        >>> module = wengert.nn.Module()
        >>> module.register_buffer("count", wengert.zeros(1))
        >>> list(module.state_dict())
        ['count']
        """
        self._check_name(name, "_buffers")
        if tensor is not None and not isinstance(tensor, Handle):
            raise TypeError(
                f"register_buffer: {name!r} must be a tensor or None, not {type(tensor).__name__}."
            )
        self._table("_buffers")[name] = tensor
        self._non_persistent.discard(name)
        if not persistent:
            self._non_persistent.add(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a child module."""
        self._check_name(name, "_modules")
        if not isinstance(cast(Any, module), Module | None):
            raise TypeError(
                f"add_module: {name!r} must be a Module or None, not {type(module).__name__}."
            )
        self._table("_modules")[name] = module

    register_module = add_module

    def __setattr__(self, name: str, value: Any) -> None:
        kind = next((t for t in _TABLES if name in self.__dict__.get(t, ())), None)
        if isinstance(value, Parameter):
            self._table("_parameters")
            self._release(name, but="_parameters")
            self._parameters[name] = value
        elif isinstance(value, Module):
            self._table("_modules")
            self._release(name, but="_modules")
            self._modules[name] = value
        elif kind is None:
            super().__setattr__(name, value)
        elif value is None or (kind == "_buffers" and isinstance(value, Handle)):
            self.__dict__[kind][name] = value
        else:
            expected = {
                "_parameters": "an nn.Parameter", "_buffers": "a tensor", "_modules": "a Module",
            }[kind]  # fmt: skip
            raise TypeError(
                f"{type(self).__name__}.{name} holds {expected}; {type(value).__name__} cannot be "
                f"assigned to it. Delete it first (del module.{name}), or assign {expected} or "
                "None."
            )

    def __getattr__(self, name: str) -> Any:
        for table in _TABLES:
            held = self.__dict__.get(table, {})
            if name in held:
                return held[name]
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def __delattr__(self, name: str) -> None:
        if any(name in self.__dict__.get(table, ()) for table in _TABLES):
            self._release(name)
        else:
            super().__delattr__(name)

    def __dir__(self) -> list[str]:
        held = [name for table in _TABLES for name in self.__dict__.get(table, ())]
        return sorted({*super().__dir__(), *held})

    # ---- walking ----------------------------------------------------------------------------

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly below, each once, with their names."""
        seen: set[int] = set()
        for name, module in self._modules.items():
            if module is not None and id(module) not in seen:
                seen.add(id(module))
                yield name, module

    def children(self) -> Iterator[Module]:
        """The modules directly below, each once."""
        for _, module in self.named_children():
            yield module

    def named_modules(
        self, memo: set[Any] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module and all below it, with dotted names; each once."""
        seen = set[Any]() if memo is None else memo
        if self in seen:
            return
        if remove_duplicate:
            seen.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                inner = f"{prefix}.{name}" if prefix else name
                yield from module.named_modules(seen, inner, remove_duplicate)

    def modules(self) -> Iterator[Module]:
        """This module and all below it, each once."""
        for _, module in self.named_modules():
            yield module

    def _named(
        self, table: str, prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        owners = (
            self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
            if recurse
            else [(prefix, self)]
        )
        for owner, module in owners:
            for name, held in module.__dict__[table].items():
                if held is None or (remove_duplicate and id(held) in seen):
                    continue
                seen.add(id(held))
                yield (f"{owner}.{name}" if owner else name), held

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """All parameters with dotted names; a shared one appears once."""
        return self._named("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """All parameters, each once.

        >>> import wengert
        >>> [tuple(p.shape) for p in wengert.nn.Linear(3, 2).parameters()]
        [(2, 3), (2,)]
        """
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """All buffers with dotted names."""
        return self._named("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """All buffers, each once."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def _reach(self, target: str, table: str, what: str) -> Any:
        path, _, name = target.rpartition(".")
        held = self.get_submodule(path).__dict__[table]
        if name not in held:
            where = f"{type(self).__name__}.{path}" if path else type(self).__name__
            raise AttributeError(f"{where} has no {what} {name!r}; it has {list(held)}.")
        return held[name]

    def get_submodule(self, target: str) -> Module:
        """The module with a dotted name; "" is this one."""
        return self if not target else self._reach(target, "_modules", "module")

    def get_parameter(self, target: str) -> Parameter:
        """The parameter with a dotted name."""
        return self._reach(target, "_parameters", "parameter")

    def get_buffer(self, target: str) -> Tensor:
        """The buffer with a dotted name."""
        return self._reach(target, "_buffers", "buffer")

    # ---- changing everything ----------------------------------------------------------------

    def apply(self: M, fn: Callable[[Module], Any]) -> M:
        """Call `fn` on every module below and then on this one."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def train(self: M, mode: bool = True) -> M:
        """Switch dropout, batch normalisation and their like to training behaviour."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self: M) -> M:
        """`train(False)`."""
        return self.train(False)

    def requires_grad_(self: M, requires_grad: bool = True) -> M:
        """Set `requires_grad` of every parameter: False freezes the module."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients of all parameters, or set them to zero in place."""
        for parameter in self.parameters():
            clear_grad(parameter, set_to_none)

    def _convert(self: M, change: Callable[[Any], Any]) -> M:
        for module in self.modules():
            for parameter in module._parameters.values():
                if parameter is not None:
                    new = change(parameter.detach())
                    if new._data is not parameter._data:
                        grad = parameter.grad
                        parameter.grad = None
                        parameter.data = new
                        parameter.grad = None if grad is None else change(grad)
            for name, buffer in module._buffers.items():
                if buffer is not None:
                    module._buffers[name] = change(buffer)
        return self

    def to(self: M, *args: Any, **kwargs: Any) -> M:
        """Convert floating parameters and buffers to a dtype, in the forms of `Tensor.to`."""
        wanted, _ = conversion(args, kwargs)
        if wanted is None:
            return self
        if not is_inexact(wanted):
            raise DtypeError(f"Module.to: expected a floating or complex dtype, not {wanted}.")
        return self._convert(lambda x: x.to(wanted) if is_floating(x._data.dtype) else x)

    def float(self: M) -> M:
        """Convert floating parameters and buffers to float32."""
        return self.to("float32")

    def double(self: M) -> M:
        """Convert floating parameters and buffers to float64."""
        return self.to("float64")

    def half(self: M) -> M:
        """Convert floating parameters and buffers to float16."""
        return self.to("float16")

    def type(self: M, dst_type: Any) -> M:
        """Convert all parameters and buffers to a dtype."""
        wanted = as_dtype(dst_type)
        return self._convert(lambda x: x.to(wanted))

    def cpu(self: M) -> M:
        """Itself."""
        return self

    # ---- state ------------------------------------------------------------------------------

    def state_dict(
        self,
        *,
        destination: dict[str, Any] | None = None,
        prefix: str = "",
        keep_vars: bool = False,
    ) -> dict[str, Any]:
        """Parameters and persistent buffers by dotted name, sharing memory with the module.

        >>> import wengert
        >>> list(wengert.nn.Linear(3, 2).state_dict())
        ['weight', 'bias']
        """
        found = {} if destination is None else destination
        write_state(self, found, prefix, keep_vars)
        return found

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> IncompatibleKeys:
        """Copy values into parameters and buffers (or, with `assign`, take over the tensors).

        Raises StateError, before anything is changed, if a shape differs or, when strict, if a
        name is missing or unknown. Arrays of other libraries are accepted.
        """
        return IncompatibleKeys(*load(self, state_dict, strict, assign))

    # ---- printing ---------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What stands in the parentheses of the printed module."""
        return ""

    def _get_name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        head = self.extra_repr()
        parts = [
            f"({name}): " + repr(module).replace("\n", "\n  ")
            for name, module in self._modules.items()
        ]
        return framed(self._get_name(), head, parts)


def framed(name: str, head: str, parts: list[str]) -> str:
    """`Name(head)`, or over several lines with one indented part on each."""
    if not parts and "\n" not in head:
        return f"{name}({head})"
    lines = [*head.splitlines(), *parts]
    return f"{name}(\n  " + "\n  ".join(lines) + "\n)"


def clear_grad(x: Any, set_to_none: bool) -> None:
    """Drop the gradient of a tensor, or zero it in place."""
    if set_to_none:
        x.grad = None
    elif x.grad is not None:
        if x.grad.grad_fn is not None:
            x.grad = x.grad.detach()
        x.grad.zero_()


__all__ = ["IncompatibleKeys", "Module", "RegisteredHook", "clear_grad", "framed"]
