"""How to reach a schema registry over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit, urlunsplit

from headrace.core.errors import ConfigurationError

if TYPE_CHECKING:
    from ssl import SSLContext


@dataclass(frozen=True, slots=True)
class RegistryConnection:
    """Address and credentials. Secrets are never printed.

    Attributes:
        url: `http://host:port/path`, or several separated by commas, which are tried in turn. A user and password in it count
            as `user_info`.
        user_info: `user:password` for basic authentication.
        token: For bearer authentication.
        ca: File with the certificates of authorities to be trusted.
        certificate / key: Files with the client's own, for mutual TLS.
        timeout_s: How long one request may take.
        patience_s: How long requests are repeated while the registry gives no answer.
    """

    url: str
    user_info: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    timeout_s: float = 10.0
    patience_s: float = 30.0

    def __post_init__(self) -> None:
        urls, found = [], self.user_info
        for url in self.url.split(","):
            parts = urlsplit(url.strip())
            if parts.scheme not in ("http", "https") or not parts.hostname:
                message = f"{url.rpartition('@')[2].strip()!r} is no address of a schema registry"
                raise ConfigurationError(message, hint="write it as http://host:8081")
            if parts.username is not None:
                found = found or f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            urls.append(urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", "")))
        object.__setattr__(self, "url", ",".join(urls))
        object.__setattr__(self, "user_info", found)
        if found is not None and self.token is not None:
            message = "a schema registry takes a user and password or a token, not both"
            raise ConfigurationError(message)
        if self.key is not None and self.certificate is None:
            message = "a key for the schema registry needs its certificate"
            raise ConfigurationError(message)

    @property
    def urls(self) -> tuple[str, ...]:
        """All addresses, without credentials."""
        return tuple(self.url.split(","))

    def auth(self) -> tuple[str, str] | None:
        """User and password."""
        if self.user_info is None:
            return None
        user, _, password = self.user_info.partition(":")
        return user, password

    def headers(self) -> Mapping[str, str]:
        """What goes with each request."""
        accepted = "application/vnd.schemaregistry.v1+json, application/json"
        known = {"Accept": accepted, "Content-Type": "application/vnd.schemaregistry.v1+json"}
        return known if self.token is None else {**known, "Authorization": f"Bearer {self.token}"}

    def ssl_context(self) -> SSLContext:
        """What certificates are checked with. Raises ConfigurationError on files that cannot be read."""
        import ssl  # noqa: PLC0415 - 15 ms that programs without a registry do without

        try:
            context = ssl.create_default_context(cafile=None if self.ca is None else str(self.ca))
            if self.certificate is not None:
                context.load_cert_chain(self.certificate, self.key)
        except (OSError, ssl.SSLError) as error:
            files = ", ".join(str(file) for file in (self.ca, self.certificate, self.key) if file is not None)
            message = f"the certificates for the schema registry cannot be read ({files}): {error}"
            raise ConfigurationError(message) from None
        return context
