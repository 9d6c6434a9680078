"""The cache on disk: used when it can be trusted, ignored otherwise, and never in the way."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wengert._jit import cache, engine

TEXT = """
define i64 @answer() {
  ret i64 42
}
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv(cache.VARIABLE, str(folder))
    return folder


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts for which object code was really made."""
    texts: list[str] = []
    make: Callable[[Any, str], bytes] = engine._Engine.object_code

    def counted(self: Any, ir: str) -> bytes:
        texts.append(ir)
        return make(self, ir)

    monkeypatch.setattr(engine._Engine, "object_code", counted)
    return texts


def answer(**options: Any) -> int:
    library = engine.compile_text(TEXT, **options)
    return int(ctypes.CFUNCTYPE(ctypes.c_int64)(library.address("answer"))())


def entries(place: Path) -> list[Path]:
    return sorted(place.iterdir()) if place.is_dir() else []


def test_a_second_compilation_comes_from_the_disk(place: Path, compiled: list[str]) -> None:
    assert answer() == 42
    (entry,) = entries(place)
    assert entry.stat().st_mode & 0o077 == 0
    assert answer() == 42
    assert compiled == [TEXT]


def test_another_text_is_another_entry(place: Path, compiled: list[str]) -> None:
    answer()
    engine.compile_text(TEXT.replace("42", "43"))
    assert len(entries(place)) == len(compiled) == 2


def test_another_target_is_another_entry(
    place: Path, compiled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WENGERT_TARGET", "native")
    answer()
    monkeypatch.setenv("WENGERT_TARGET", "x86-64")
    assert answer() == 42
    assert len(entries(place)) == len(compiled) == 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:40],
        lambda data: data[:-1],
        lambda data: data + b"\0",
        lambda data: data[:70] + bytes([data[70] ^ 1]) + data[71:],
        lambda data: bytes([data[0] ^ 1]) + data[1:],
        lambda data: data[:64],
        lambda data: os.urandom(len(data)),
    ],
)
def test_a_damaged_entry_is_ignored_and_replaced(
    place: Path, compiled: list[str], damage: Callable[[bytes], bytes]
) -> None:
    answer()
    (entry,) = entries(place)
    whole = entry.read_bytes()
    entry.write_bytes(damage(whole))
    assert answer() == 42
    assert len(compiled) == 2
    assert entry.read_bytes() == whole


def test_an_entry_under_another_name_is_ignored(place: Path, compiled: list[str]) -> None:
    answer()
    other = TEXT.replace("42", "43")
    engine.compile_text(other)
    first, second = entries(place)
    content = second.read_bytes()
    second.write_bytes(first.read_bytes())
    first.write_bytes(content)
    library = engine.compile_text(other)
    assert ctypes.CFUNCTYPE(ctypes.c_int64)(library.address("answer"))() == 43
    assert answer() == 42
    assert len(compiled) == 4


@pytest.mark.parametrize("mode", [0o777, 0o770])
def test_a_folder_that_others_can_write_is_not_used(
    place: Path, compiled: list[str], mode: int
) -> None:
    answer()
    place.chmod(mode)
    assert answer() == 42
    assert len(compiled) == 2


def test_an_entry_that_others_can_write_is_not_used(place: Path, compiled: list[str]) -> None:
    answer()
    entries(place)[0].chmod(0o666)
    assert answer() == 42
    assert len(compiled) == 2


def test_what_belongs_to_somebody_else_is_not_used(
    place: Path, compiled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer()
    owner = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: owner + 1)
    assert answer() == 42
    assert len(compiled) == 2


def test_keys_depend_on_where_a_part_ends() -> None:
    keys = {cache.key_of(parts) for parts in (["ab", "c"], ["a", "bc"], ["abc"], ["abc", ""])}
    assert len(keys) == 4


def test_it_can_be_switched_off(
    place: Path, compiled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert answer(cache=False) == 42
    monkeypatch.setenv(cache.VARIABLE, "")
    assert answer() == 42
    assert entries(place) == []
    assert len(compiled) == 2
    assert cache.folder() is None


def test_a_folder_that_cannot_be_made_changes_nothing(
    tmp_path: Path, compiled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv(cache.VARIABLE, str(blocked / "cache"))
    assert answer() == answer() == 42
    assert len(compiled) == 2
    assert blocked.read_text() == "not a folder"


def test_a_full_disk_leaves_nothing_behind(
    place: Path, compiled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert answer() == 42
    assert entries(place) == []


def test_the_oldest_entries_make_room(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [cache.key_of([str(number)]) for number in range(4)]
    for age, key in enumerate(keys):
        cache.store(key, bytes(1000))
        os.utime(place / (key + cache.SUFFIX), (age, age))
    assert len(entries(place)) == 4
    # Used again, the first is the youngest.
    assert cache.load(keys[0]) == bytes(1000)
    monkeypatch.setattr(cache, "LIMIT", 3000)
    monkeypatch.setattr(cache, "_pruned", set[Path]())
    last = cache.key_of(["last"])
    cache.store(last, bytes(800))
    left = {path.name.removesuffix(cache.SUFFIX) for path in entries(place)}
    assert left == {keys[0], keys[3], last}


def test_the_default_folder_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(cache.VARIABLE, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.folder() == tmp_path / "wengert"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache.folder() == tmp_path / "home/.cache/wengert"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache.folder() == tmp_path / "home/Library/Caches/wengert"


PROGRAM = """
import json
from wengert._jit import engine
made = []
make = engine._Engine.object_code
engine._Engine.object_code = lambda self, ir: made.append(1) or make(self, ir)
import numpy as np
from wengert._jit.builtin import make_builtin
from wengert._jit.entry import ArraySpec, OutputSpec
text = '''
define i32 @program(ptr %inputs, ptr %outputs, ptr %arena) {
  %a = load ptr, ptr %inputs
  %o = load ptr, ptr %outputs
  %x = load double, ptr %a
  %y = fmul double %x, 3.0
  store double %y, ptr %o
  %negative = fcmp olt double %x, 0.0
  %code = zext i1 %negative to i32
  ret i32 %code
}'''
f8 = np.dtype(float)
call = make_builtin("f", [ArraySpec(f8, ())], [OutputSpec(f8, ())], "program", text,
                    lambda *a: "slow", True, arena_bytes=1000)
results = [float(call(np.array(2.0))[0]), call(1)]
try:
    call(np.array(-1.0))
except RuntimeError as error:
    results.append(str(error))
print(json.dumps([results, len(made)]))
"""


def test_a_builtin_from_another_process_works(place: Path) -> None:
    for made in (1, 0, 0):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", PROGRAM],
            env={**os.environ, cache.VARIABLE: str(place)},
            capture_output=True,
            text=True,
            check=True,
        )
        expected = [6.0, "slow", "compiled code returned error 1"]
        assert json.loads(done.stdout) == [expected, made]
