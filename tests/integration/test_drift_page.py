# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""drift.html in a real Chromium: what it shows, filters, prints and refuses to run.

Skipped, and said so, where there is no Chromium; with SECOPS_REQUIRE_CHROMIUM=1, as continuous integration sets it, that is a failure.
"""

from __future__ import annotations

import os
import socket

import pytest
from ansible_collections.secops.policy.plugins.module_utils._model.printable import printable
from ansible_collections.secops.policy.plugins.plugin_utils._drift.html import html
from ansible_collections.secops.policy.plugins.plugin_utils._drift.report import report, unread
from ansible_collections.secops.policy.tests.support.drift_samples import (
    APPLICATION,
    ESET,
    NOW,
    SENTRY,
    application,
    desired_state,
    fleet,
    network,
    planned,
    policy,
    shown,
    tenant,
)

from . import browser

# A page is looked at. No Ansible runs.
pytestmark = pytest.mark.once

HOSTILE = [
    "<img src=x onerror='window.hacked=1'>",
    "</script><script>window.hacked=2</script>",
    '"><svg onload=window.hacked=3>',
    "' autofocus onfocus='window.hacked=4",
    "javascript:window.hacked=5",
    "{{ 7 * 6 }} ${alert(1)} &lt;b&gt;",
    "line one\nline two\ttab",
    "\u202eright to left",
]


@pytest.fixture(scope="module")
def driver():
    lacking = browser.missing()
    if lacking and os.environ.get("SECOPS_REQUIRE_CHROMIUM"):
        pytest.fail(f"SECOPS_REQUIRE_CHROMIUM is set, and {lacking}")
    if lacking:
        pytest.skip(f"{lacking}: drift.html is not looked at")
    with browser.chromium() as started:
        yield started


@pytest.fixture
def page(driver, tmp_path):
    """Open a report, with everything about the browser as at the start."""

    def opened(made, fragment="", scheme="light", width=1280):
        file = tmp_path / "drift.html"
        file.write_text(html(made), encoding="utf-8")
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
        browser.set_media(driver, scheme=scheme)
        browser.set_window(driver, width, 900)
        driver.get("about:blank")
        for log in ("browser", "performance"):
            driver.get_log(log)
        driver.get(f"{file.as_uri()}{fragment}")
        return driver

    return opened


def find(driver, selector):
    from selenium.webdriver.common.by import By

    return driver.find_elements(By.CSS_SELECTOR, selector)


def tenants(driver):
    """The names of the tenants that are shown, in their order."""
    return driver.execute_script("return [...document.querySelectorAll('.tenant:not([hidden]) h3')].map(e => e.textContent)")


def said(driver):
    return find(driver, "#shown")[0].text


def choose(driver, name, value):
    from selenium.webdriver.support.ui import Select, WebDriverWait

    if name == "search":
        before = said(driver)
        find(driver, "#search")[0].clear()
        find(driver, "#search")[0].send_keys(value)
        WebDriverWait(driver, 5, 0.02).until(lambda _driver: said(driver) != before)
    else:
        Select(find(driver, f"#{name}")[0]).select_by_visible_text(value)


def test_what_is_at_the_top(page):
    driver = page(shown())
    assert driver.title == "Policy drift report: 2 of 16 tenants could not be read completely; 6 deviations"
    assert find(driver, "h1")[0].text == "2 of 16 tenants could not be read completely; 6 deviations"
    assert [find(driver, f"#n-{name}")[0].text for name in ("tenants", "in_sync", "drifted", "unreadable")] == ["16", "12", "2", "2"]
    assert "7 new, 5 resolved, 2 unchanged" in find(driver, "section[aria-labelledby=since]")[0].text
    assert tenants(driver)[:4] == ["sofia", "warsaw", "berlin", "paris"], "what wants attention comes first"
    assert [len(find(driver, f"rect.{name}")) for name in ("in_sync", "drifted", "unreadable")] == [1, 1, 1]
    assert [entry for entry in driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")] == []


def test_field_by_field_with_ids_and_names(page):
    driver = page(shown())
    (berlin,) = [one for one in find(driver, ".tenant[open]") if one.text.startswith("berlin")]
    for text in ("Branch Berlin N_1", "withAny staff → Staff 12", "SM network", "Corp SM (N_SM)", "Quarantine (103)"):
        assert text in berlin.text
    struck = [element.text for element in find(driver, ".tenant[open] del")]
    wanted = [element.text for element in find(driver, ".tenant[open] ins")]
    assert "172.16.0.1/32 · TCP 443 · browser" in struck and "172.16.0.1/32 · TCP 443,8443 · browser" in wanted
    assert {badge.text for badge in find(driver, ".items .badge")} == {"changed", "missing", "extra", "moved", "new", "accepted"}
    assert "USB stays open until the scanners are replaced" in find(driver, "section[aria-labelledby=accepted]")[0].text
    assert "expired" in find(driver, "section[aria-labelledby=accepted]")[0].text


def test_filter_search_and_links(page):
    driver = page(shown())
    assert said(driver) == "16 of 16 tenants, 6 deviations, 1 accepted"
    choose(driver, "search", "quarantine")
    assert (tenants(driver), said(driver)) == (["berlin"], "1 of 16 tenants, 1 deviation")
    choose(driver, "search", "branch 4")
    assert len(tenants(driver)) == 13, "units that are in sync are found too"
    choose(driver, "search", "nothing like it")
    assert tenants(driver) == [] and find(driver, "#nothing")[0].is_displayed()
    find(driver, "#clear")[0].click()
    assert len(tenants(driver)) == 16 or _later(driver, lambda: len(tenants(driver)) == 16)
    choose(driver, "show", "drifted")
    assert tenants(driver) == ["berlin", "paris"]
    choose(driver, "verdict", "moved")
    choose(driver, "module", "ESET policy assignments")
    assert (tenants(driver), said(driver)) == (["paris"], "1 of 16 tenants, 1 deviation")
    rows = driver.execute_script("return [...document.querySelectorAll('#overview tbody tr')].filter(e => !e.hidden).length")
    assert rows == 1, "the overview follows"
    choose(driver, "verdict", "accepted")
    assert (tenants(driver), said(driver)) == (["paris"], "1 of 16 tenants, 0 deviations, 1 accepted")
    find(driver, ".tiles a[data-show='unreadable']")[0].click()
    choose(driver, "verdict", "all")
    choose(driver, "module", "all")
    assert tenants(driver) == ["sofia", "warsaw"]
    # A link from the overview opens what it leads to, and what a link leads to is shown whatever the filter says.
    anchor = driver.execute_script(
        "return [...document.querySelectorAll('.tenant')].find(e => e.querySelector('h3').textContent === 'vienna').id"
    )
    driver.execute_script("location.hash = arguments[0]", f"#{anchor}")
    assert _later(driver, lambda: driver.execute_script("return document.activeElement.parentElement.id") == anchor)
    assert len(tenants(driver)) == 16 and find(driver, f"#{anchor}[open]")
    driver = page(shown(), f"#{anchor}")
    assert find(driver, f"#{anchor}[open]") and not find(driver, "#t-nowhere")


def _later(driver, condition):
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(driver, 5, 0.02).until(lambda _driver: condition())


def test_by_keyboard_alone(page):
    from selenium.webdriver import ActionChains, Keys

    driver = page(shown())

    def press(*keys):
        ActionChains(driver).send_keys(*keys).perform()

    def focused():
        return driver.execute_script("return document.activeElement.id || document.activeElement.textContent.trim()")

    press(Keys.TAB)
    assert focused() == "Skip to the tenants" and driver.switch_to.active_element.is_displayed()
    press("/")
    assert focused() == "search"
    press("p", "a", "r", "i", "s")
    assert _later(driver, lambda: tenants(driver) == ["paris"])
    press(Keys.ESCAPE)
    assert _later(driver, lambda: len(tenants(driver)) == 16)
    order = []
    for _step in range(6):
        press(Keys.TAB)
        order.append(focused())
    assert order == ["show", "verdict", "module", "open", "close", "clear"]
    press(Keys.ENTER)
    for _step in range(3):
        press(Keys.TAB)
    assert focused() == "warsaw"
    press(Keys.ENTER)
    assert _later(driver, lambda: focused().startswith("warsaw unreadable")), "the link leads to the tenant's own heading"
    assert len(find(driver, ".tenant[open]")) == 4
    press(Keys.ENTER)
    assert _later(driver, lambda: len(find(driver, ".tenant[open]")) == 3), "Enter folds it"
    outline = driver.execute_script("const s = getComputedStyle(document.activeElement); return s.outlineStyle + s.outlineWidth")
    assert outline == "solid3px"


def test_nothing_that_a_vendor_says_runs_or_leaves(page):
    made = []
    for number, text in enumerate(HOSTILE):
        there = network(number, policy("11", "withAny", [text], (text, text)), name=text)
        results = {
            SENTRY: {**planned([there], [{**there, "policies": []}]), "warnings": [text]},
            APPLICATION: planned([], [application(text, description=text)]),
            ESET: {"failed": True, "msg": text, "errors": [{"path": text, "message": text}]},
        }
        made += [tenant(f"{number}{text}", desired_state(SENTRY, APPLICATION, ESET), results), unread(f"x{number}{text}", text)]
    found = report(made, [], NOW, problems=HOSTILE)
    found["accepted"] = [{"what": text, "reason": text, "expires": text, "expired": False, "deviations": 0} for text in HOSTILE]
    driver = page(found)
    find(driver, "#open")[0].click()
    assert driver.execute_script("return window.hacked") is None
    assert not find(driver, "img") and len(find(driver, "script")) == 1 and not find(driver, "[onerror], [onload], [onfocus]")
    assert driver.execute_script("return [...document.querySelectorAll('#problems + ul li')].map(e => e.textContent)") == [
        printable(text, "\n\t") for text in HOSTILE
    ]
    names = driver.execute_script("return [...document.querySelectorAll('.tenant h3')].map(e => e.textContent)")
    assert set(names) == {printable(one["name"], "\n\t") for one in found["tenants"]}
    asked = [entry["message"] for entry in driver.get_log("performance") if '"Network.requestWillBeSent"' in entry["message"]]
    assert asked and all('"url":"file://' in message or '"url":"data:' in message for message in asked)
    # Even what were to get onto the page unescaped could neither run nor call out.
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.5)
        image = f"<img src=http://127.0.0.1:{server.getsockname()[1]}/x onerror=window.hacked=6>"
        driver.execute_script("document.body.insertAdjacentHTML('beforeend', arguments[0])", image)
        driver.execute_script("const s = document.createElement('script'); s.textContent = 'window.hacked = 7'; document.body.append(s)")
        with pytest.raises(TimeoutError):
            server.accept()
    assert driver.execute_script("return window.hacked") is None
    assert len([entry for entry in driver.get_log("browser") if "Content Security Policy" in entry["message"]]) >= 2


CONTRAST = """
const parts = (text) => text.match(/[\\d.]+/g).map(Number);
const light = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
  .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
const behind = (element) => {
  for (let e = element; e; e = e.parentElement) {
    const colour = parts(getComputedStyle(e).backgroundColor);
    if (colour.length < 4 || colour[3] === 1) return colour;
  }
};
const found = [];
for (const element of document.querySelectorAll("body *")) {
  const own = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
  if (!own || !element.checkVisibility() || element.matches("script, .skip, option")) continue;
  const [a, b] = [light(parts(getComputedStyle(element).color)), light(behind(element))].sort((x, y) => y - x);
  const ratio = (a + .05) / (b + .05);
  if (ratio < 4.5) found.push(`${element.tagName}.${element.className} ${element.textContent.slice(0, 20)}: ${ratio.toFixed(2)}`);
}
return [...new Set(found)];
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark_with_enough_contrast(page, scheme):
    driver = page(shown(), scheme=scheme)
    find(driver, "#open")[0].click()
    driver.execute_script("document.querySelectorAll('details').forEach(e => { e.open = true; })")
    light = driver.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert light == {"light": "rgb(246, 247, 249)", "dark": "rgb(16, 21, 29)"}[scheme]
    assert driver.execute_script(CONTRAST) == [], "WCAG AA asks for 4.5"


def test_what_a_screen_reader_is_told(page):
    driver = page(shown())
    nodes = driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    roles = {"button", "combobox", "link", "searchbox", "textbox", "table", "image", "region", "search"}
    nameless = [
        node["role"]["value"]
        for node in nodes
        if not node.get("ignored") and node.get("role", {}).get("value") in roles and not node.get("name", {}).get("value")
    ]
    assert set(nameless) <= {"table"}, "each table stands in a region that has a name"
    assert driver.execute_script("return document.documentElement.lang") == "en"
    headings = [
        int(level) for level in driver.execute_script("return [...document.querySelectorAll('h1,h2,h3,h4')].map(e => e.tagName[1])")
    ]
    assert headings[0] == 1 and all(after - before <= 1 for before, after in zip(headings, headings[1:]))
    assert driver.execute_script(
        "const ids = [...document.querySelectorAll('[id]')].map(e => e.id); return ids.length === new Set(ids).size"
    )
    assert driver.execute_script(
        "return [...document.querySelectorAll('a[href^=\"#\"]')].every(e => document.getElementById(e.hash.slice(1)))"
    )


def test_on_paper_everything_that_is_shown_is_open_and_the_tools_are_gone(page):
    driver = page(shown())
    choose(driver, "show", "in sync")
    driver.execute_script("window.dispatchEvent(new Event('beforeprint'))")
    assert len(find(driver, ".tenant[open]:not([hidden])")) == 12
    browser.set_media(driver, "print")
    assert not find(driver, "#tools")[0].is_displayed() and find(driver, "h1")[0].is_displayed()
    assert len(driver.print_page()) > 10_000
    driver.execute_script("window.dispatchEvent(new Event('afterprint'))")
    assert not find(driver, ".tenant[open]:not([hidden])")


def test_without_scripts_nothing_is_missing(page, driver, tmp_path):
    driver = page(shown())
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    driver.refresh()
    assert not find(driver, "#tools")[0].is_displayed()
    assert sum(one.is_displayed() for one in find(driver, ".tenant")) == 16
    find(driver, ".tenant:not([open]) > summary")[0].click()
    assert len(find(driver, ".tenant[open]")) == 5


def test_on_a_narrow_screen_the_page_does_not_run_out_of_it(page):
    driver = page(shown(), width=360)
    assert driver.execute_script("return document.documentElement.scrollWidth") <= 360


def test_a_fleet_opens_in_a_time_that_grows_with_it_and_no_faster(page):
    """500 tenants with five differences each, under 5 MB, against a tenth of them: from the start to the filter's answer. The best of three
    counts, because other tests run beside this one."""
    assert len(html(fleet(500)).encode()) < 5_000_000
    best = {}
    for count in (50, 500):
        made, seconds = fleet(count), []
        for _round in range(3):
            driver = page(made)
            last = f"tenant-{count - 1:03}"
            # The script's last act, and an answer to a first search.
            driver.execute_script(f"document.getElementById('search').value = '{last}'; document.getElementById('tools').requestSubmit()")
            seconds.append(driver.execute_script("void document.body.offsetHeight; return performance.now() / 1000"))
            assert tenants(driver) == [last] and said(driver) == f"1 of {count} tenants, 5 deviations"
        best[count] = min(seconds)
    assert best[500] < 20 * best[50]
