"""A client that is known by its certificate (RFC 8705, section 2)."""

import hmac
from ipaddress import ip_address

from cryptography import x509
from starlette.requests import Request

from services.identity.api.answers import provider_of
from services.identity.domain.clients import Client
from services.identity.domain.mutual_tls import (
    SELF_SIGNED,
    SUBJECT_DN,
    SUBJECT_IP,
    certificates,
)
from services.identity.domain.oauth import InvalidClient
from shared.auth.certificates import HEADER, read_certificate

_TEXTS: dict[
    str, type[x509.DNSName] | type[x509.UniformResourceIdentifier] | type[x509.RFC822Name]
] = {
    "tls_client_auth_san_dns": x509.DNSName,
    "tls_client_auth_san_uri": x509.UniformResourceIdentifier,
    "tls_client_auth_san_email": x509.RFC822Name,
}


def certificate_of(request: Request) -> bytes | None:
    """The certificate of the connection; the gateway lets only trusted proxies tell it."""
    if provider_of(request).settings.mtls_base is None:
        return None
    return read_certificate(request.headers.getlist(HEADER))


def check_certificate(client: Client, certificate: bytes | None) -> None:
    """By the method that the client is registered for."""
    if certificate is None:
        raise InvalidClient("the client did not authenticate: no certificate came")
    if client.auth_method == SELF_SIGNED:
        check_registered(client, certificate)
    else:
        check_subject(client, certificate)


def check_registered(client: Client, certificate: bytes) -> None:
    """Section 2.2: the certificate is one of those that were registered."""
    if not any(hmac.compare_digest(one, certificate) for one in certificates(client.jwks)):
        raise InvalidClient("the certificate is not registered for this client")


def check_subject(client: Client, certificate: bytes) -> None:
    """Section 2.1: the proxy verified the chain; the subject is the one that was registered."""
    ((name, expected),) = (client.tls_client_auth or {"": ""}).items()
    try:
        parsed = x509.load_der_x509_certificate(certificate)
        known = (
            parsed.subject == x509.Name.from_rfc4514_string(expected)
            if name == SUBJECT_DN
            else _matches(parsed, name, expected)
        )
    except (ValueError, KeyError, x509.ExtensionNotFound):
        known = False
    if not known:
        raise InvalidClient("the certificate is another's than was registered")


def _matches(certificate: x509.Certificate, name: str, expected: str) -> bool:
    others = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    if name == SUBJECT_IP:
        return ip_address(expected) in others.get_values_for_type(x509.IPAddress)
    return expected in others.get_values_for_type(_TEXTS[name])
