# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""Proxies and CAs as the environment names them, read as ``requests`` does; nothing is asked of the system."""

from __future__ import annotations

import ipaddress
import os
from urllib.parse import urlsplit
from urllib.request import getproxies_environment


def environment_cas() -> str | None:
    """The CA bundle of the environment, in place of the usual one."""
    return os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or None


def environment_proxies(url: str) -> dict[str, str]:
    """The proxies for ``url``, by scheme; empty where ``no_proxy`` excepts its host by name, by address or by network."""
    proxies = getproxies_environment()
    parts = urlsplit(url)
    host = parts.hostname or ""
    excepted = proxies.get("no", "").replace(" ", "").lower()
    direct = excepted == "*" or any(_excepts(entry, host, parts.port) for entry in excepted.split(",") if entry)
    return {} if direct else proxies


def _excepts(entry: str, host: str, port: int | None) -> bool:
    """Whether an entry of ``no_proxy`` is about a host: its name, a domain above it, either with its port, its address or network."""
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        name = entry.lstrip(".")
        return any(own == name or own.endswith(f".{name}") for own in (host, f"{host}:{port}"))
