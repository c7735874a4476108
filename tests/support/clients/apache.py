"""Apache with mod_auth_openidc in front of a page: Debian's own builds, our own process."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.clients.having import free_port, require

_MODULES = Path("/usr/lib/apache2/modules")
_SECONDS = 20
_CONFIG = """
ServerRoot {folder}
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
PidFile {folder}/apache.pid
ErrorLog {folder}/error.log
DocumentRoot {folder}/pages
{user}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authn_core_module {modules}/mod_authn_core.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule authz_user_module {modules}/mod_authz_user.so
LoadModule headers_module {modules}/mod_headers.so
LoadModule auth_openidc_module {modules}/mod_auth_openidc.so

OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {client_id}
OIDCClientSecret {client_secret}
OIDCRedirectURI {base}/closed/back
OIDCCryptoPassphrase {passphrase}
OIDCScope "openid profile"
OIDCPKCEMethod S256
OIDCResponseMode {response_mode}
OIDCRedirectURLsAllowed ^{base}/
OIDCUserInfoRefreshInterval 0

<Location /closed>
  AuthType openid-connect
  Require valid-user
  Header set Person "%{{OIDC_CLAIM_sub}}e"
  Header set Level "%{{OIDC_CLAIM_acr}}e"
</Location>
"""


def require_apache() -> None:
    """Go on where Apache and its module are installed."""
    if shutil.which("apache2", path=_path()) is None:
        require("Apache is missing: sudo apt-get install apache2-bin")
    if not (_MODULES / "mod_auth_openidc.so").exists():
        require("mod_auth_openidc is missing: sudo apt-get install libapache2-mod-auth-openidc")


@contextmanager
def apache(base: str, **options: str) -> Iterator[Path]:
    """Serve `base` until the block ends; gives the file of its error log."""
    folder = Path(tempfile.mkdtemp(prefix="tongban-apache-"))
    folder.chmod(0o755)  # its children are no root: they must reach the page
    (folder / "pages/closed").mkdir(parents=True)
    (folder / "pages/closed/page.html").write_text("behind the door")
    (folder / "pages/open.html").write_text("before the door")
    config = folder / "apache.conf"
    config.write_text(_written(folder, base, options))
    program = shutil.which("apache2", path=_path())
    assert program is not None
    running = subprocess.Popen([program, "-f", str(config), "-D", "FOREGROUND"])
    try:
        _wait(running, base, folder)
        yield folder / "error.log"
    finally:
        running.terminate()
        running.wait(timeout=10)
        shutil.rmtree(folder)


def place() -> str:
    """Where an Apache is going to listen: its address is registered before it starts."""
    return f"http://127.0.0.1:{free_port()}"


def _written(folder: Path, base: str, options: dict[str, str]) -> str:
    return _CONFIG.format(
        folder=folder,
        base=base,
        port=base.rpartition(":")[2],
        modules=_MODULES,
        user="User nobody\nGroup nogroup" if os.geteuid() == 0 else "",
        **({"passphrase": "p" * 40, "response_mode": "query"} | options),
    )


def _wait(running: "subprocess.Popen[bytes]", base: str, folder: Path) -> None:
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        log = folder / "error.log"
        said = log.read_text() if log.exists() else ""
        assert running.poll() is None, f"Apache ended: {said}"
        try:
            if httpx.get(f"{base}/open.html", trust_env=False).status_code < 500:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise TimeoutError(f"Apache does not answer: {said}")


def _path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin"
