"""From LLVM text to machine code in memory.

llvmlite is imported at the first compilation, never earlier. Text becomes an object file for one
target (`WENGERT_TARGET`: native, or an x86-64 level such as x86-64-v3), and the object file, fresh
or from the cache on disk, is linked into the process. The text must arrive as it should run: no
optimisation passes run but the inlining of functions marked alwaysinline. No emission of text here.
"""

from __future__ import annotations

import gc
import itertools
import os
import re
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from types import MappingProxyType
from typing import Any

from .cache import key_of, load, store

NATIVE = "native"
# The psABI levels; each includes the ones before it.
X86_LEVELS = ("x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4")
NO_SYMBOLS: Mapping[str, int] = MappingProxyType({})

_DEFINED = re.compile(
    r'^define (?!internal |private )[^@\n]*@(?:"([^"\n]+)"|([\w.$-]+))\(', re.MULTILINE
)


# Held by whoever is inside LLVM. A process must not be forked then: its child would wait for ever.
_lock = threading.RLock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
    )


@dataclass(frozen=True)
class Target:
    """What code is generated for: a name for people, and LLVM's processor and features."""

    name: str
    cpu: str
    features: str
    vector_bytes: int
    """The widest vector register: 64, 32 or 16."""
    has_fma: bool
    has_scalef: bool
    """AVX-512's scaling by powers of two."""


class Library:
    """Machine code in memory; it lives as long as this object does."""

    __slots__ = ("_tracker", "object_bytes")

    def __init__(self, tracker: Any, object_bytes: int) -> None:
        self._tracker = tracker
        self.object_bytes = object_bytes

    def address(self, name: str) -> int:
        """The address of a function that the text defines and does not keep internal."""
        return int(self._tracker[name])

    def __del__(self, lock: Any = _lock, ending: Any = sys.is_finalizing) -> None:
        if not ending():  # then llvmlite may be gone before this object
            with lock:
                self._tracker.close()


class _Engine:
    """One target machine and one linker; made once for each target."""

    def __init__(self, target: Target) -> None:
        llvm = _llvm()
        self.target = target
        # Small code with relative addresses: constants fold into memory operands.
        self._machine = self._target_machine()
        self._layout = str(self._machine.target_data)
        self._linker = llvm.create_lljit_compiler(self._target_machine(), use_jit_link=True)
        self._names = (f"wengert{index}" for index in itertools.count())
        version = import_module("llvmlite").__version__
        self.identity = (self._machine.triple, target.cpu, target.features, version)

    def _target_machine(self) -> Any:
        return (
            _llvm()
            .Target.from_default_triple()
            .create_target_machine(
                cpu=self.target.cpu,
                features=self.target.features,
                opt=2,
                reloc="pic",
                codemodel="small",
                jit=True,
            )
        )

    def object_code(self, ir: str) -> bytes:
        module = self._inlined(ir)
        return bytes(self._machine.emit_object(module))

    def assembly(self, ir: str) -> str:
        return str(self._machine.emit_assembly(self._inlined(ir)))

    def _inlined(self, ir: str) -> Any:
        llvm = _llvm()
        # A context of its own: constants and types are freed together with the module.
        module = llvm.parse_assembly(ir, llvm.create_context())
        module.triple = self._machine.triple
        module.data_layout = self._layout
        module.verify()
        if "alwaysinline" in ir:
            passes = llvm.create_new_module_pass_manager()
            passes.add_always_inliner_pass()
            builder = llvm.create_pass_builder(self._machine, llvm.create_pipeline_tuning_options())
            passes.run(module, builder)
        return module

    def link(self, code: bytes, names: list[str], symbols: Mapping[str, int]) -> Library:
        builder = _llvm().JITLibraryBuilder().add_object_img(code).add_current_process()
        for name in names:
            builder.export_symbol(name)
        for name, address in symbols.items():
            builder.import_symbol(name, address)
        return Library(builder.link(self._linker, next(self._names)), len(code))


def compile_text(ir: str, cache: bool = True, symbols: Mapping[str, int] = NO_SYMBOLS) -> Library:
    """Machine code for a module of LLVM text, for `target()`.

    `symbols` are the addresses of functions that the text declares; the text itself should hold no
    address, since its code may come from another process by way of the cache on disk.
    """
    names = [quoted or plain for quoted, plain in _DEFINED.findall(ir)]
    with _lock:
        engine = _engine(target())
        if not cache:
            return engine.link(engine.object_code(ir), names, symbols)
        key = key_of([ir, *engine.identity])
        code = load(key)
        if code is None:
            code = engine.object_code(ir)
            store(key, code)
        return engine.link(code, names, symbols)


def assembly(ir: str) -> str:
    """The assembly text of a module of LLVM text, for people to read."""
    with _lock:
        return _engine(target()).assembly(ir)


def target() -> Target:
    """The target that the environment variable WENGERT_TARGET names; this processor by default."""
    return _target(os.environ.get("WENGERT_TARGET", NATIVE))


@lru_cache
def _target(name: str) -> Target:
    llvm = _llvm()
    if name == NATIVE:
        present = llvm.get_host_cpu_features()
        features = present.flatten()
        width = 64 if present.get("avx512f") else 32 if present.get("avx2") else 16
        is_x86 = llvm.get_process_triple().startswith(("x86_64", "i686"))
        fma = bool(present.get("fma")) if is_x86 else True
        return Target(NATIVE, llvm.get_host_cpu_name(), features, width, fma, width == 64)
    if name not in X86_LEVELS:
        known = ", ".join((NATIVE, *X86_LEVELS))
        raise ValueError(f"WENGERT_TARGET={name!r} is not a target. Use one of {known}.")
    if not llvm.get_process_triple().startswith("x86_64"):
        raise ValueError(
            f"WENGERT_TARGET={name!r}: this processor is not an x86-64 "
            f"({llvm.get_process_triple()}). Use {NATIVE}."
        )
    level = X86_LEVELS.index(name)
    return Target(name, name, "", (16, 16, 32, 64)[level], level >= 2, level >= 3)


@lru_cache
def _engine(target: Target) -> _Engine:
    return _Engine(target)


@lru_cache
def _llvm() -> Any:
    # Modules and classes are no garbage: looking for some among them takes a tenth of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        binding: Any = import_module("llvmlite.binding")
    finally:
        if collecting:
            gc.enable()
    if gc.get_freeze_count() == 0:
        # There and back: now they are in the oldest generation.
        gc.freeze()
        gc.unfreeze()
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding
