"""The layers of the package, checked on its source text: who may import whom, what a façade is.

`violations(package)` reads every module below a package directory and returns one line for each
breach, so that the same check runs on the real tree and on small planted ones.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

# Each unit may import from the units before it, and from itself.
LAYERS = (
    "_base",
    "_graph",
    "_record",
    "_declare",
    "_primitives",
    "_transforms",
    "_functions",
    "_tensor",
    "_jit",
    "_nn",
    "_optim",
    "_data",
    "explain",
)
FACADE = "a façade"
FRONT_ENDS = ("scalar", "tensorflow")
FACE = "__init__"
# Made of public names alone, it stands on the public face.
ON_THE_FACE = "array_api"
ORDER = (*LAYERS, FACADE, *FRONT_ENDS, FACE, ON_THE_FACE)

# The folders of _functions: the top of a module imports only from those before its own.
SUBJECTS = (
    "making",
    "shaping",
    "elementwise",
    "places",
    "reductions",
    "linear_algebra",
    "networks",
    "losses",
    "signals",
)

# The one module that imports what its caller names: packages that need not be installed.
BY_NAME = "_base/extras.py"
IMPORTERS = {"import_module", "__import__", "require"}

HANDFUL = 5
README_LINES = 40


def violations(package: Path) -> list[str]:
    """Every breach of the layers below `package`, as `file:line: what`."""
    found: list[str] = []
    for path in sorted(package.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        where = path.relative_to(package).as_posix()
        unit = unit_of(path.relative_to(package).parts[0])
        if rank(unit) is None:
            found.append(f"{where}:1: {unit} is no layer, façade or front end")
            continue
        found += [f"{where}:{line}: {what}" for line, what in _imports(package, path, tree, unit)]
        if unit == "_functions":
            found += [f"{where}:{line}: {what}" for line, what in _subjects(package, path, tree)]
        if _is_facade(unit):
            found += [f"{where}:{line}: {what}" for line, what in _logic(tree)]
    found += _folders_without_readme(package)
    return found


def unit_of(name: str) -> str:
    """The unit of a file or folder directly below the package."""
    return name.removesuffix(".py")


def rank(unit: str) -> int | None:
    """The height of a unit, or None for one that is not in the plan."""
    if unit in ORDER:
        return ORDER.index(unit)
    return None if unit.startswith("_") else ORDER.index(FACADE)


def public_submodules(package: Path) -> list[str]:
    """Names that `import package.NAME` accepts and that do not start with an underscore."""
    modules = [path.stem for path in package.glob("*.py")]
    folders = [path.parent.name for path in package.glob("*/__init__.py")]
    return sorted(name for name in modules + folders if not name.startswith("_"))


def _is_facade(unit: str) -> bool:
    return not unit.startswith("_") and unit not in ORDER


def _imports(package: Path, path: Path, tree: ast.Module, unit: str) -> Iterator[tuple[int, str]]:
    height = rank(unit)
    assert height is not None
    for line, target in _targets(package, path, tree):
        if target is None:
            if unit != FACE and path.relative_to(package).as_posix() != BY_NAME:
                yield line, "imports a module by a computed name"
            continue
        target_rank = rank(target)
        if target == unit or target_rank is None:
            continue
        if target == "explain" and unit != FACE:
            yield line, f"{unit} imports explain, which nothing may import"
        elif target_rank >= height:
            shown = "the public face" if target == FACE else target
            yield line, f"{unit} imports {shown}, which is not below it"


def _subjects(package: Path, path: Path, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Imports at the top of a module of `_functions` from a folder that is not below its own."""
    _, subject, *rest = path.relative_to(package).parts
    if not rest:
        return
    if subject not in SUBJECTS:
        yield 1, f"_functions/{subject} is in no order of folders"
        return
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            target = (*_absolute(node, package, path).split("."), "", "")[2]
            above = SUBJECTS[SUBJECTS.index(subject) + 1 :]
            if _absolute(node, package, path).split(".")[1:2] == ["_functions"] and target in above:
                yield node.lineno, f"{subject} imports {target}, which is not below it"


def _targets(package: Path, path: Path, tree: ast.Module) -> Iterator[tuple[int, str | None]]:
    """Line and unit of every import of the package itself; None for a computed name."""
    root = package.name
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == root:
                    yield node.lineno, _unit_of_module(alias.name, root)
        elif isinstance(node, ast.ImportFrom):
            module = _absolute(node, package, path)
            if module == root:
                for alias in node.names:
                    is_unit = (package / alias.name).is_dir() or (
                        package / f"{alias.name}.py"
                    ).is_file()
                    yield node.lineno, alias.name if is_unit else FACE
            elif module.split(".")[0] == root:
                yield node.lineno, _unit_of_module(module, root)
        elif isinstance(node, ast.Call) and _called(node) in IMPORTERS:
            name = node.args[0] if node.args else None
            if not (isinstance(name, ast.Constant) and isinstance(name.value, str)):
                if _called(node) != "require":  # a name that other things have as well
                    yield node.lineno, None
            elif name.value.split(".")[0] == root:
                yield node.lineno, _unit_of_module(name.value, root)


def _unit_of_module(module: str, root: str) -> str:
    return FACE if module == root else module.split(".")[1]


def _absolute(node: ast.ImportFrom, package: Path, path: Path) -> str:
    if node.level == 0:
        return node.module or ""
    folder = path.parent
    for _ in range(node.level - 1):
        folder = folder.parent
    parts = folder.relative_to(package.parent).parts
    return ".".join([*parts, *([node.module] if node.module else [])])


def _called(node: ast.Call) -> str:
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _logic(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """What a façade must not hold, or lacks."""
    if ast.get_docstring(tree) is None:
        yield 1, "a façade without a docstring"
    bound: set[str] = set()
    exported: list[str] | None = None
    for index, node in enumerate(tree.body):
        match node:
            case ast.Expr(value=ast.Constant(value=str())) if index == 0:
                pass
            case ast.ImportFrom(names=[ast.alias(name="*")]):
                yield node.lineno, "a façade names what it imports"
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                bound |= {alias.asname or alias.name.split(".")[0] for alias in names}
            case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
                exported = _strings(value)
                if exported is None:
                    yield node.lineno, "__all__ of a façade is a literal list of names"
            case _:
                yield node.lineno, f"a façade holds logic: {ast.unparse(node).splitlines()[0]}"
    if exported is None:
        yield 1, "a façade without __all__"
    else:
        for name in exported:
            if name not in bound:
                yield 1, f"__all__ names {name}, which the façade does not import"
        if exported != sorted(set(exported)):
            yield 1, "__all__ of a façade is sorted and names each thing once"


def _strings(value: ast.expr) -> list[str] | None:
    if not isinstance(value, ast.List | ast.Tuple):
        return None
    names = [item.value for item in value.elts if isinstance(item, ast.Constant)]
    strings = [name for name in names if isinstance(name, str)]
    return strings if len(strings) == len(value.elts) else None


def _folders_without_readme(package: Path) -> Iterator[str]:
    for folder in sorted(path for path in package.rglob("*") if path.is_dir()):
        files = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        if len(files) <= HANDFUL:
            continue
        readme = folder / "README.md"
        where = folder.relative_to(package).as_posix()
        if not readme.is_file():
            yield f"{where}:1: {len(files)} files and no README.md"
        elif len(readme.read_text(encoding="utf-8").splitlines()) > README_LINES:
            yield f"{where}/README.md:1: more than {README_LINES} lines"
