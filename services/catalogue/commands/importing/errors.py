"""Why an import could not begin."""


class ImportFailed(Exception):
    """The file or the mapping as a whole is unusable; nothing was stored."""
