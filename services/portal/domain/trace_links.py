"""Where the traces of a case are looked at: our own pages, or a tool's such as Jaeger."""

from urllib.parse import quote

TRACE, CASE = "{trace_id}", "{case_number}"
_AS_WRITTEN = "%/:?#[]@!$&'()*+,;=-._~"  # what a URL may hold; a tool's JSON has more


def trace_template(url: str) -> str:
    """`url` when it leads to one trace; ValueError says what is wrong."""
    return _checked(url, TRACE, f"https://jaeger.example/trace/{TRACE}")


def search_template(url: str) -> str:
    """`url` when it leads to the traces of one case; ValueError says what is wrong."""
    tags = f'{{"tongban.case_number":"{CASE}"}}'
    return _checked(url, CASE, f"https://jaeger.example/search?service=cases&tags={tags}")


def filled(template: str, name: str, value: str) -> str:
    """The address for one value."""
    return quote(template.replace(name, quote(value, safe="")), safe=_AS_WRITTEN)


def _checked(url: str, name: str, example: str) -> str:
    ours = url.startswith("/") and not url.startswith("//")
    if not (ours or url.startswith(("http://", "https://"))):
        raise ValueError(f"write it as a path of this site or as {example}")
    if url.count(name) != 1:
        raise ValueError(f"write {name} once, as in {example}")
    return url
