# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``make picture``: what drift.html looks like on a screen and on a telephone, for the documentation.

The report is made up in ``tests/support/drift_samples.py``.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from ansible_collections.secops.policy.plugins.plugin_utils._drift.html import html
from ansible_collections.secops.policy.tests.integration import browser
from ansible_collections.secops.policy.tests.support.drift_samples import explained

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "docsite" / "rst" / "images"
#: The start of the page, a tenant in it, and the same on a telephone.
PICTURES = (
    ("drift_report.png", "light", 1000, 1080, ""),
    ("drift_report_tenant.png", "dark", 1000, 720, "berlin"),
    ("drift_report_phone.png", "light", 400, 720, "berlin"),
)
_TO_A_TENANT = """
document.getElementById("tools").style.position = "static";
const tenant = [...document.querySelectorAll(".tenant")].find(e => e.querySelector("h3").textContent === arguments[0]);
scrollTo(0, tenant.getBoundingClientRect().top + scrollY - 12);
"""


def main() -> int:
    """0 when the pictures are written."""
    if browser.missing():
        sys.exit(browser.missing())
    with tempfile.TemporaryDirectory() as folder, browser.chromium() as driver:
        page = Path(folder) / "drift.html"
        page.write_text(html(explained(("prague", "zagreb"))), encoding="utf-8")
        for name, scheme, width, height, tenant in PICTURES:
            browser.set_media(driver, scheme=scheme)
            browser.set_window(driver, width, height)
            driver.get(page.as_uri())
            # Twice: what comes into sight for the first time grows to its own height.
            for _again in range(2 if tenant else 0):
                driver.execute_script(_TO_A_TENANT, tenant)
                driver.get_screenshot_as_png()
            driver.save_screenshot(str(FOLDER / name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
