# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""The options that every connection has: from the environment, what is wrong with them, and what of them must not be seen."""

from __future__ import annotations

import ipaddress
import os
import re
import typing as t
from urllib.parse import urlsplit

from ansible.module_utils.errors import AnsibleFallbackNotFound

from .._model.plan import error

VERSION = "1.0.0"
#: More seconds, or requests a second, than anybody can mean.
_ENDLESS = 1e9
Fallback = tuple[t.Callable[..., str], list[str]]


def from_environment(name: str) -> Fallback:
    """What an option of an argument spec has as its ``fallback``.

    An empty variable counts as none. AWX sets all that a credential type injects, and the fields that were left out to nothing.
    """
    return _value, [name]


def url_from_environment(name: str) -> Fallback:
    """The same for a URL, of which nothing secret is seen."""
    return lambda variable: without_secret(_value(variable)), [name]


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only be this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def connection_errors(options: t.Mapping[str, t.Any]) -> list[dict[str, str]]:
    """What is wrong with the options that every connection has; nothing is opened."""
    says = f"must be a number above 0 and below {_ENDLESS:g}"
    errors = [error(name, says) for name in ("timeout", "rate_limit") if not 0 < options[name] < _ENDLESS]
    if not options["retry_timeout"] >= 0:
        errors.append(error("retry_timeout", "must be 0 or a number above"))
    if options["ca_path"] and not os.path.exists(options["ca_path"]):
        errors.append(error("ca_path", f"the file or directory {options['ca_path']} does not exist"))
    elif options["ca_path"] and options["validate_certs"] and not _holds_certificates(options["ca_path"]):
        errors.append(error("ca_path", f"{options['ca_path']} holds no certificate in PEM form that can be used"))
    return errors + url_errors("base_url", options.get("base_url"))


def url_errors(name: str, url: str | None) -> list[dict[str, str]]:
    """What is wrong with a base URL. Never shows what may be a password in it."""
    if not url:
        return []
    if re.search(r"[\x00-\x20\x7f\\]", url):
        return [error(name, "holds a space, a line break or a backslash")]
    try:
        parts = urlsplit(url)
        _port = parts.port  # raises on a port that is none
    except ValueError:
        return [error(name, "is not a URL")]
    if parts.scheme not in ("https", "http") or not parts.hostname:
        return [error(name, "must be a URL such as https://host/path")]
    if not parts.netloc.isascii():
        return [error(name, "must have its host in ASCII (xn--...)")]
    if parts.username is not None or parts.query or parts.fragment:
        return [error(name, "must not contain a user, a password, a query or a fragment")]
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        return [error(name, f"plain http to {parts.hostname} would send the credentials in the clear: use https")]
    return []


def secret_errors(name: str, secret: str | None) -> list[dict[str, str]]:
    """A secret that no header can carry is an error; the secret itself is not shown."""
    if secret and not re.fullmatch(r"[\x21-\x7e]+", secret):
        return [error(name, "holds spaces, line breaks or other characters that a header cannot carry")]
    return []


def without_secret(url: str) -> str:
    """A URL with asterisks for a user, a password or a query, which it must not hold: Ansible logs options, and returns them."""
    found = re.match(r"(?:[a-z][a-z0-9+.-]*:)?/*", url, re.I)
    scheme, rest = url[: found.end() if found else 0], url[found.end() if found else 0 :]
    host = re.split(r"[/?#]", rest)[0]
    # A password may hold a slash: then what looks like a port is none.
    if "@" in host or ":" in host and not host.rpartition(":")[2].isdigit():
        rest = re.sub(r".*@", "********@", rest, flags=re.S)
    return scheme + re.sub(r"[?#].*", "?********", rest, flags=re.S)


def _holds_certificates(path: str) -> bool:
    import ssl

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(**{"capath" if os.path.isdir(path) else "cafile": path})
    except OSError:  # ssl.SSLError is one
        return False
    return True


def _value(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise AnsibleFallbackNotFound
    return value
