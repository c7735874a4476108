"""Codes that a phone reads."""

import segno
from markupsafe import Markup

_DARK = "#17232e"


def qr_code(text: str) -> Markup:
    """The picture as part of the page: nothing is fetched, and no address of it is logged."""
    code = segno.make(text, error="m")
    return Markup(code.svg_inline(scale=5, border=3, dark=_DARK, light="#fff", omitsize=True))  # noqa: S704 - drawn, not typed
