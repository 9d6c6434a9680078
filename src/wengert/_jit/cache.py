"""Machine code on disk, so that the next process need not compile.

An entry is one file, named by the hash of all that decides its content: the text, the processor and
its features, the version of LLVM, and FORMAT. It starts with that hash and one of its bytes; an
entry that is cut, damaged, renamed, or in a folder that others can write, is ignored. Entries
appear whole, by renaming. WENGERT_CACHE_DIR names the folder; empty, it switches the cache off.
Whatever goes wrong with the disk, compilation goes on.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

VARIABLE = "WENGERT_CACHE_DIR"
# To be raised when the same text no longer gives the same object code.
FORMAT = "wengert object code 1"
SUFFIX = ".wengert"
LIMIT = 256 * 2**20
"""Bytes in the folder, above which the entries that were not used for longest are removed."""

_DIGEST = hashlib.sha256().digest_size
_pruned: set[Path] = set()


def key_of(parts: Iterable[str]) -> str:
    """The name of an entry: a hash of all that its content depends on."""
    digest = hashlib.sha256()
    for part in (FORMAT, *parts):
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(8, "little"))
        digest.update(encoded)
    return digest.hexdigest()


def folder() -> Path | None:
    """The folder of the entries; None if the cache is switched off."""
    chosen = os.environ.get(VARIABLE)
    if chosen is not None:
        return Path(chosen) if chosen else None
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        base = "~/Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    with contextlib.suppress(RuntimeError):  # no home directory
        return Path(base).expanduser() / "wengert"
    return None


def load(key: str) -> bytes | None:
    """The content of an entry, or None where there is none that can be trusted."""
    place = folder()
    if place is None or not _is_ours(place):
        return None
    path = place / (key + SUFFIX)
    try:
        entry = path.read_bytes()
        if not _is_ours(path):
            return None
        os.utime(path)
    except OSError:
        return None
    content = entry[2 * _DIGEST :]
    return content if entry[: 2 * _DIGEST] == _head(key, content) else None


def store(key: str, content: bytes) -> None:
    """Keep an entry, if the disk allows it."""
    place = folder()
    if place is None:
        return
    temporary: str | None = None
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_ours(place):
            return
        handle, temporary = tempfile.mkstemp(dir=place, suffix=".part")
        with os.fdopen(handle, "wb") as file:
            file.write(_head(key, content) + content)
        os.replace(temporary, place / (key + SUFFIX))
        temporary = None
        _prune(place)
    except OSError:
        pass
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


def _head(key: str, content: bytes) -> bytes:
    """What an entry starts with: its key, and a hash of key and content."""
    name = bytes.fromhex(key)
    return name + hashlib.sha256(name + content).digest()


def _is_ours(path: Path) -> bool:
    """Whether nobody else can have written here: code from this place will be run."""
    if sys.platform == "win32":
        return path.exists()
    try:
        found = path.stat()
    except OSError:
        return False
    return found.st_uid == os.getuid() and not found.st_mode & 0o022


def _prune(place: Path) -> None:
    """Once in a process: remove the oldest entries of a folder that has grown too large."""
    if place in _pruned:
        return
    _pruned.add(place)
    entries = [(path.stat(), path) for path in place.glob("*" + SUFFIX)]
    total = sum(found.st_size for found, _ in entries)
    for found, path in sorted(entries, key=lambda entry: entry[0].st_mtime):
        if total <= LIMIT:
            break
        path.unlink(missing_ok=True)
        total -= found.st_size
