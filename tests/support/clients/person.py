"""A person's browser in front of several sites: cookies, redirects and forms, no script."""

import httpx

from tests.support.identity import PASSWORD, form_of

_MOST_REDIRECTS = 20


class Person:
    """One cookie jar for every port of this machine, as browsers keep it."""

    def __init__(self, name: str = "citizen") -> None:
        self.name = name
        self.http = httpx.Client(
            follow_redirects=True, trust_env=False, timeout=15, max_redirects=_MOST_REDIRECTS
        )

    def open(self, url: str) -> httpx.Response:
        """The page at which all redirects end; who is asked for consent agrees."""
        return self._agreed(self.http.get(url))

    def submit(self, page: httpx.Response, **fields: str) -> httpx.Response:
        """Send the form of a page with these fields typed."""
        action, hidden = form_of(page)
        return self._agreed(self.http.post(str(page.url.join(action)), data={**hidden, **fields}))

    def log_in(self, url: str, **more: str) -> httpx.Response:
        """Open what wants a login, type the password, and arrive there."""
        page = self.open(url)
        assert 'name="password"' in page.text, f"{page.url}: {page.text}"
        return self.submit(page, username=self.name, password=PASSWORD, **more)

    def _agreed(self, page: httpx.Response) -> httpx.Response:
        return self.submit(page) if "/identity/consent/" in page.url.path else page

    def close(self) -> None:
        """Close the browser."""
        self.http.close()
