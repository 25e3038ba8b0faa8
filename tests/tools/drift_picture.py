# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``make picture``: what drift.html looks like, for the documentation; the report is made up in ``tests/support/drift_samples.py``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from ansible_collections.secops.policy.plugins.plugin_utils._drift.html import html
from ansible_collections.secops.policy.tests.integration import browser
from ansible_collections.secops.policy.tests.support.drift_samples import shown

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "docsite" / "rst" / "images"
#: Enough for the summary and, scrolled to, a tenant.
WIDTH, HEIGHT = 1200, 900
_TO_A_TENANT = """
document.getElementById("tools").style.position = "static";
[...document.querySelectorAll(".tenant")].find(e => e.querySelector("h3").textContent === "berlin").scrollIntoView();
scrollBy(0, 120);
"""


def main() -> int:
    """0 when the pictures are written."""
    if browser.missing():
        sys.exit(browser.missing())
    with tempfile.TemporaryDirectory() as folder, browser.chromium() as driver:
        page = Path(folder) / "drift.html"
        page.write_text(html(shown()), encoding="utf-8")
        browser.set_window(driver, WIDTH, HEIGHT)
        driver.get(page.as_uri())
        driver.save_screenshot(str(FOLDER / "drift_report.png"))
        browser.set_media(driver, scheme="dark")
        driver.execute_script(_TO_A_TENANT)
        driver.save_screenshot(str(FOLDER / "drift_report_tenant.png"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
