"""The layers hold, the checker that says so can fail, and importing the package stays cheap."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture import public_submodules, violations

PACKAGE = Path(__file__).parents[1] / "src" / "wengert"


def run(program: str, path: Path | None = None) -> object:
    """What a fresh interpreter prints as JSON on its last line; a warning is an error there."""
    environment = {**os.environ, **({"PYTHONPATH": str(path)} if path else {})}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_layers_hold() -> None:
    assert list(PACKAGE.rglob("*.py"))
    assert violations(PACKAGE) == []


FACADE = '"""Public names."""\n\nfrom package._nn.linear import Linear\n\n__all__ = ["Linear"]\n'

CLEAN = {
    "__init__.py": "from package._tensor import Tensor\n",
    "_base/extras.py": "import importlib\n\nrequire = importlib.import_module('a' + 'b')\n",
    "_base/shapes.py": "import numpy\n\nrequire(numpy)\n",
    "_graph/__init__.py": "",
    "_graph/node.py": "from package._base import shapes\nfrom package._graph import value\n",
    "_graph/value.py": "from ..  import _base\n",
    "_tensor/__init__.py": "def late():\n    from package._graph.node import Node\n",
    "_functions/out.py": "",
    "_functions/making/creation.py": "def late():\n    from ..shaping.joining import stack\n",
    "_functions/shaping/joining.py": "from ..making import creation\nfrom ..out import x\n",
    "_nn/linear.py": "import package._tensor\nfrom .loss import mean\n",
    "_nn/loss.py": "import importlib\n\nnative = importlib.import_module('llvmlite')\n",
    "explain/trace.py": "from package._graph import node\n",
    "nn/__init__.py": FACADE,
    "scalar.py": "from package._graph import node\n",
    "tensorflow/__init__.py": "from package import nn\n",
}

PLANTED = [
    ("_base/shapes.py", "import package._graph.node\n", "_base imports _graph, which is not below"),
    ("_base/shapes.py", "from package._nn import linear\n", "_base imports _nn, which is not"),
    ("_graph/node.py", "from package import _tensor\n", "_graph imports _tensor, which is not"),
    ("_graph/node.py", "from .. import _tensor\n", "_graph imports _tensor, which is not below"),
    ("_graph/node.py", "from .._tensor import x\n", "_graph imports _tensor, which is not below"),
    (
        "_graph/node.py",
        "def f():\n    if True:\n        from package._tensor import x\n",
        "_graph/node.py:3: _graph imports _tensor",
    ),
    ("_graph/node.py", "class A:\n    import package._nn as n\n", "_graph imports _nn, which is"),
    ("_graph/node.py", "from package import Tensor\n", "_graph imports the public face, which"),
    ("_graph/node.py", "import package\n", "_graph imports the public face, which is not below"),
    (
        "_graph/node.py",
        "import importlib\nx = importlib.import_module('package._nn')\n",
        "_graph imports _nn, which is not below it",
    ),
    (
        "_graph/node.py",
        "x = __import__('package.' + 'nn')\n",
        "imports a module by a computed name",
    ),
    (
        "_base/shapes.py",
        "require('package._nn', 'nn')\n",
        "_base imports _nn, which is not below it",
    ),
    (
        "_functions/making/creation.py",
        "from ..shaping.joining import stack\n",
        "making imports shaping, which is not below it",
    ),
    (
        "_functions/making/creation.py",
        "from ..shaping import joining\n",
        "making imports shaping, which is not below it",
    ),
    ("_functions/things/a.py", "", "_functions/things is in no order of folders"),
    ("_nn/linear.py", "from package.nn import Linear\n", "_nn imports nn, which is not below it"),
    ("_nn/linear.py", "from package.scalar import S\n", "_nn imports scalar, which is not below"),
    (
        "scalar.py",
        "from package.explain import trace\n",
        "scalar imports explain, which nothing may",
    ),
    ("scalar.py", "from package import tensorflow\n", "scalar imports tensorflow, which is not"),
    ("optim.py", FACADE.replace("_nn.linear", "nn"), "optim imports nn, which is not below it"),
    ("_helpers/things.py", "", "_helpers is no layer, façade or front end"),
    ("_version.py", "version = '1'\n", "_version is no layer, façade or front end"),
    ("nn/__init__.py", FACADE + "\ndef f():\n    return 1\n", "a façade holds logic: def f():"),
    ("nn/init.py", FACADE + "\nLinear.bias = None\n", "a façade holds logic: Linear.bias = None"),
    ("nn/init.py", FACADE + "\n'a string'\n", "a façade holds logic: 'a string'"),
    ("nn/init.py", FACADE + "\nother = Linear\n", "a façade holds logic: other = Linear"),
    ("nn/__init__.py", FACADE.removeprefix('"""Public names."""'), "a façade without a docstring"),
    ("nn/__init__.py", FACADE.split("__all__")[0], "a façade without __all__"),
    (
        "nn/__init__.py",
        FACADE.replace("import Linear", "import *"),
        "a façade names what it imports",
    ),
    (
        "nn/__init__.py",
        FACADE.replace('["Linear"]', '["Conv2d"]'),
        "__all__ names Conv2d, which the",
    ),
    ("nn/__init__.py", FACADE.replace('["Linear"]', "list(x)"), "__all__ of a façade is a literal"),
    (
        "nn/__init__.py",
        FACADE.replace("import Linear", "import A, B").replace('["Linear"]', '["B", "A"]'),
        "__all__ of a façade is sorted",
    ),
]


def plant(root: Path, files: dict[str, str]) -> Path:
    package = root / "package"
    for name, text in files.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return package


def test_a_clean_tree_passes(tmp_path: Path) -> None:
    assert violations(plant(tmp_path, CLEAN)) == []


@pytest.mark.parametrize(("name", "text", "expected"), PLANTED)
def test_a_planted_violation_is_found(tmp_path: Path, name: str, text: str, expected: str) -> None:
    found = violations(plant(tmp_path, CLEAN | {name: text}))
    assert all(line.startswith(name) for line in found), found
    assert any(expected in line for line in found), found


def test_a_full_folder_needs_a_short_readme(tmp_path: Path) -> None:
    package = plant(tmp_path, CLEAN | {f"_base/part_{index}.py": "" for index in range(4)})
    assert violations(package) == ["_base:1: 6 files and no README.md"]
    (package / "_base" / "README.md").write_text("line\n" * 41)
    assert violations(package) == ["_base/README.md:1: more than 40 lines"]
    (package / "_base" / "README.md").write_text("line\n" * 40)
    assert violations(package) == []


SHADOWED = """
import json, types, {package} as package
names = {names!r}
print(json.dumps([
    name for name in names
    if hasattr(package, name) and not isinstance(getattr(package, name), types.ModuleType)
]))
"""


def shadowed(package: Path) -> object:
    """Public submodules whose name is also that of something else in the public face."""
    program = SHADOWED.format(package=package.name, names=public_submodules(package))
    return run(program, package.parent)


def test_no_public_submodule_is_named_like_a_public_function() -> None:
    assert shadowed(PACKAGE) == []


def test_a_submodule_named_like_a_function_is_found(tmp_path: Path) -> None:
    face = "import package.nn\n\ndef __getattr__(name):\n    return {'jit': print}[name]\n"
    package = plant(tmp_path, {"__init__.py": face, "jit.py": "", "nn/__init__.py": ""})
    assert shadowed(package) == ["jit"]


REBOUND = """
import importlib, json, pkgutil
import {package} as package
before = {{name: getattr(package, name) for name in package.__all__}}
for module in pkgutil.walk_packages(package.__path__, "{package}."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print(json.dumps([name for name in before if getattr(package, name) is not before[name]]))
"""


def test_public_names_survive_the_import_of_every_module() -> None:
    assert run(REBOUND.format(package="wengert")) == []


def test_a_public_name_rebound_by_an_import_is_found(tmp_path: Path) -> None:
    face = "from package._jit import jit\n__all__ = ['jit']\n"
    tree = {"__init__.py": face, "_jit/__init__.py": "def jit(): pass\n", "jit.py": ""}
    plant(tmp_path, tree)
    assert run(REBOUND.format(package="package"), tmp_path) == ["jit"]


FACE = """
import json, wengert
names = wengert.__all__
missing = [name for name in names if not hasattr(wengert, name) or name not in dir(wengert)]
print(json.dumps([list(names), missing]))
"""


def test_the_public_names_are_distinct_and_exist() -> None:
    names, missing = run(FACE)  # type: ignore[misc]
    assert len(names) == len(set(names))
    assert missing == []


IMPORTED = """
import json, sys
import numpy
before = set(sys.modules)
import wengert
print(json.dumps(sorted(set(sys.modules) - before)))
"""

# Standard modules that take milliseconds, and that nothing at import time needs.
COSTLY = {
    "argparse",
    "asyncio",
    "concurrent",
    "cProfile",
    "doctest",
    "email",
    "html",
    "http",
    "logging",
    "multiprocessing",
    "pdb",
    "sqlite3",
    "ssl",
    "tkinter",
    "unittest",
    "urllib",
    "xml",
}
LATE = {"wengert.explain", "wengert.tensorflow", "wengert.scalar"}


def test_importing_the_package_loads_little() -> None:
    loaded = run(IMPORTED)
    assert isinstance(loaded, list)
    assert "wengert" in loaded
    tops = {name.split(".")[0] for name in loaded}
    assert tops - sys.stdlib_module_names == {"wengert"}
    assert tops & COSTLY == set()
    assert LATE & set(loaded) == set()
    assert len([name for name in loaded if not name.startswith("wengert")]) <= 40
