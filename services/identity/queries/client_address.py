"""Where a request comes from, as the proxies that we trust say it."""

from starlette.requests import Request


def client_address(request: Request, trusted_proxies: int) -> str:
    """The address that the outermost trusted proxy saw; whatever stands before it is hearsay."""
    if trusted_proxies:
        hops = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
        told = [hop.strip() for hop in hops if hop.strip()]
        if told:
            return told[-min(trusted_proxies, len(told))]
    return request.client.host if request.client else "local"
