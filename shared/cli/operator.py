"""Who is at the keyboard."""

import os
import pwd


def operator() -> str:
    """The operating system's user, as acts and evidence name him."""
    try:
        return f"operator:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:  # a container's user may have a number only
        return f"operator:{os.getuid()}"
