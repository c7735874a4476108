"""Time-based one-time passwords (RFC 6238) as apps take them: SHA-1, six digits, 30 seconds."""

import re
from urllib.parse import quote, urlencode

STEP_SECONDS = 30
DIGITS = 6
SECRET_BYTES = 20
# A phone's clock may be off by one step in either direction (RFC 6238, section 5.2).
_DRIFT = (0, -1, 1)


def steps_around(moment: float) -> list[int]:
    """The time steps whose codes are taken at this moment, the likeliest first."""
    step = int(moment) // STEP_SECONDS
    return [step + drift for drift in _DRIFT]


def typed_code(text: str) -> str:
    """What somebody typed, without the blanks that apps show in between."""
    return re.sub(r"[\s-]", "", text)


def otpauth(secret: str, account: str, issuer: str) -> str:
    """The address that an app reads from the picture."""
    label = quote(f"{issuer}:{account}")
    asked = {"secret": secret, "issuer": issuer, "digits": DIGITS, "period": STEP_SECONDS}
    return f"otpauth://totp/{label}?{urlencode(asked, quote_via=quote)}"
