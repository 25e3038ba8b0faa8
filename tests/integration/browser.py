# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Chromium without a screen, for the tests of drift.html and for the picture of it in the documentation."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from typing import Any

#: Debian's packages are chromium and chromium-driver.
_BINARIES = ("chromium", "chromium-browser", "google-chrome")
_DRIVERS = ("chromedriver", "chromium.chromedriver")
_ARGUMENTS = (
    "--headless",
    # Containers often lack what the sandbox is made of, and root may not use it. The page is ours, and has a policy that lets nothing in.
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--hide-scrollbars",
    "--no-first-run",
)


def missing() -> str:
    """What is not installed here, in words; empty where everything is."""
    lacking = [names[0] for names in (_BINARIES, _DRIVERS) if _found(names) is None]
    return f"{' and '.join(lacking)} not installed" if lacking else ""


@contextlib.contextmanager
def chromium(width: int = 1280, height: int = 900) -> Iterator[Any]:
    """Selenium's driver of a Chromium with an empty profile."""
    from selenium import webdriver

    with tempfile.TemporaryDirectory() as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = _found(_BINARIES) or ""
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        for argument in (*_ARGUMENTS, f"--user-data-dir={profile}", f"--window-size={width},{height}"):
            options.add_argument(argument)
        # Given the driver, selenium looks for none elsewhere; nothing that it starts sees a proxy.
        environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        service = webdriver.ChromeService(_found(_DRIVERS), env=environment)
        driver = webdriver.Chrome(options=options, service=service)
        try:
            yield driver
        finally:
            driver.quit()


def set_media(driver: Any, media: str = "", scheme: str = "light") -> None:
    """What the page believes it is shown on: ``media`` ``print`` or empty, ``scheme`` ``light`` or ``dark``."""
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})


def set_window(driver: Any, width: int, height: int) -> None:
    """The size of what the page sees, whatever the window's frame takes."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def _found(names: tuple[str, ...]) -> str | None:
    return next(filter(None, map(shutil.which, names)), None)
