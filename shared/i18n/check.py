"""Every text that the code says must exist in English, with the same placeholders."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, nodes

from shared.i18n.catalog import PLACEHOLDER, Catalog

_NAMES = frozenset({"_", "N_", "translate"})


class Said(NamedTuple):
    """One place that says a text; `text` is None where it is not a plain literal."""

    path: Path
    line: int
    text: str | None
    plural: bool


def missing_texts(catalog: Catalog, sources: Iterable[Path]) -> list[str]:
    """What is wrong with `_("…")`, `N_("…")` and `_.plural("…", n)`, one sentence for each."""
    return [
        f"{said.path}:{said.line}: {wrong}"
        for source in sources
        for said in texts_in(source)
        if (wrong := _wrong(catalog, said))
    ]


def texts_in(source: Path) -> Iterator[Said]:
    """The texts of a Python file (.py) or of a Jinja template (any other file)."""
    return _python(source) if source.suffix == ".py" else _jinja(source)


def _wrong(catalog: Catalog, said: Said) -> str | None:
    if said.text is None:
        return "the text must be a plain literal, with {name} for what varies"
    forms = catalog.texts.get(said.text)
    if forms is None:
        return f"no English for {said.text!r}"
    if said.plural and len(forms) == 1:
        return f"English needs msgid_plural and two forms for {said.text!r}"
    needed = set(PLACEHOLDER.findall(said.text))
    for form in forms:
        # "one case" may leave the number out; nothing else may be lost or invented.
        optional = {"n"} if said.plural else set()
        if not needed - optional <= set(PLACEHOLDER.findall(form)) <= needed:
            return f"placeholders differ between {said.text!r} and {form!r}"
    return None


def _python(source: Path) -> Iterator[Said]:
    for node in ast.walk(ast.parse(source.read_text(), str(source))):
        if isinstance(node, ast.Call) and node.args and (name := _called(node.func)):
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield Said(source, node.lineno, first.value, name == "plural")
            elif isinstance(first, ast.JoinedStr | ast.BinOp):
                yield Said(source, node.lineno, None, name == "plural")


def _called(function: ast.expr) -> str | None:
    if isinstance(function, ast.Name):
        return function.id if function.id in _NAMES else None
    if isinstance(function, ast.Attribute) and function.attr == "plural":
        return "plural" if _called(function.value) else None
    return None


def _jinja(source: Path) -> Iterator[Said]:
    template = Environment(autoescape=True).parse(source.read_text(), str(source))
    for call in template.find_all(nodes.Call):
        name = _jinja_called(call.node)
        if name and call.args:
            first = call.args[0]
            if isinstance(first, nodes.Const) and isinstance(first.value, str):
                yield Said(source, call.lineno, first.value, name == "plural")
            elif isinstance(first, nodes.Concat | nodes.BinExpr):
                yield Said(source, call.lineno, None, name == "plural")


def _jinja_called(function: nodes.Node) -> str | None:
    if isinstance(function, nodes.Name):
        return function.name if function.name in _NAMES else None
    if isinstance(function, nodes.Getattr) and function.attr == "plural":
        return "plural" if _jinja_called(function.node) else None
    return None
