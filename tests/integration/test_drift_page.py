# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""drift.html in a real Chromium: what it shows, filters, prints and refuses to run.

Skipped, and said so, where there is no Chromium; with SECOPS_REQUIRE_CHROMIUM=1, as continuous integration sets it, that is a failure.
"""

from __future__ import annotations

import os
import socket

import pytest
import yaml
from ansible_collections.secops.policy.plugins.module_utils._model.printable import printable
from ansible_collections.secops.policy.plugins.plugin_utils._drift.accepted import parse
from ansible_collections.secops.policy.plugins.plugin_utils._drift.html import html
from ansible_collections.secops.policy.plugins.plugin_utils._drift.report import digests, report, unread
from ansible_collections.secops.policy.tests.support.drift_samples import (
    APPLICATION,
    ESET,
    NOW,
    SENTRY,
    application,
    desired_state,
    explained,
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


def named(driver, name):
    """The part of a tenant."""
    (found,) = [one for one in find(driver, ".tenant") if find(one, "h3")[0].get_attribute("textContent") == name]
    return found


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
    berlin = named(driver, "berlin")
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


#: Everything whose text is cut off, runs out of the page, or is broken into lines of less than six characters.
UNREADABLE = """
const found = [];
const width = document.documentElement.clientWidth;
const say = (element, what) => found.push(`${element.tagName}.${element.className} ${element.textContent.slice(0, 30)}: ${what}`);
if (document.documentElement.scrollWidth > width) found.push(`the page is ${document.documentElement.scrollWidth} wide`);
for (const element of document.querySelectorAll("body *")) {
  if (!element.checkVisibility() || element.matches(".skip, .unseen, option, select")) continue;
  const box = element.getBoundingClientRect();
  if (box.width && (box.left < 0 || box.right > width + 1)) say(element, "out of the page");
  if (element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).overflowX !== "visible") say(element, "cut");
  for (const node of element.childNodes) {
    if (node.nodeType !== 3 || !node.data.trim()) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const lines = new Set([...range.getClientRects()].map((one) => Math.round(one.top))).size;
    if (lines > Math.ceil(node.data.trim().length / 6)) say(element, `${lines} lines`);
  }
}
return [...new Set(found)];
"""


@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read_on_a_telephone_and_on_a_screen_in_light_and_dark(page, scheme, width):
    driver = page(explained(), scheme=scheme, width=width)
    find(driver, "#open")[0].click()
    driver.execute_script("document.querySelectorAll('details').forEach(e => { e.open = true; })")
    light = driver.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert light == {"light": "rgb(246, 247, 249)", "dark": "rgb(16, 21, 29)"}[scheme]
    assert driver.execute_script(CONTRAST) == [], "WCAG AA asks for 4.5"
    assert driver.execute_script(UNREADABLE) == []
    row = next(row for row in find(driver, "#overview tbody tr") if row.text.startswith("berlin"))
    shown_as = ["berlin drifted changed 2 missing 1 extra 1 moved 1 in sync 28", "berlin drifted 2 1 1 1 28"]
    labels = driver.execute_script(
        "return [...arguments[0].children].filter(e => e.checkVisibility() && e.textContent.trim())"
        ".map(e => getComputedStyle(e, '::before').content.replace(/^none$|\"/g, '') + e.textContent.trim()).join(' ')", row,
    )  # fmt: skip
    assert labels == shown_as[width > 400]


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
    # By the keyboard: a click may meet what is being scrolled over it.
    find(driver, ".tenant:not([open]) > summary")[0].send_keys("\ue007")
    assert len(find(driver, ".tenant[open]")) == 5


def test_names_that_are_one_long_word_are_broken_and_not_cut(page):
    long = "W" * 120
    there = network(1, policy("11", "withAny", [long], (long, long)), name=long)
    made = report(
        [tenant(long, desired_state(SENTRY), {SENTRY: planned([there], [{**there, "policies": []}])}), unread("x", long)], [], NOW
    )
    for width in (400, 1280):
        assert page(made, width=width).execute_script(UNREADABLE) == []


def pasted(driver):
    """What the clipboard holds, as somebody pastes it."""
    from selenium.webdriver import Keys

    driver.execute_script("const t = document.createElement('textarea'); t.id = 'paste'; document.body.prepend(t); t.focus()")
    find(driver, "#paste")[0].send_keys(Keys.CONTROL, "v")
    text = find(driver, "#paste")[0].get_property("value")
    driver.execute_script("document.getElementById('paste').remove()")
    return text


def test_an_approval_and_an_id_are_copied_from_a_file_without_a_permission(page):
    made = shown()
    driver = page(made)
    for name in ("clipboard-read", "clipboard-write"):
        driver.execute_cdp_cmd("Browser.setPermission", {"permission": {"name": name}, "setting": "denied"})  # and so it stays
    assert driver.execute_script("return navigator.clipboard.writeText('x').then(() => true, () => false)") is False
    (button,) = find(named(driver, "berlin"), ".approval button")
    button.click()
    assert _later(driver, lambda: button.text == "Copied") and find(driver, "#copied")[0].get_property("textContent") == "Copied"
    assert driver.switch_to.active_element == button
    (berlin,) = [one for one in made["tenants"] if one["name"] == "berlin"]
    text = pasted(driver)
    assert text.startswith("# berlin\n") and yaml.safe_load(text) == {"apply_expected_plans": digests(berlin)}
    assert len(digests(berlin)) == 2
    assert _later(driver, lambda: button.text == "Copy approval")
    assert len(find(driver, ".approval")) == 2, "not where nothing differs, and not where not everything could be read"
    ids = [item["id"] for resource in berlin["resources"] for item in resource["items"] if item["verdict"] != "in_sync"]
    for button, identity in zip(find(named(driver, "berlin"), ".items button"), ids):
        button.click()
        assert pasted(driver) == identity
    entries, errors = parse([{"what": identity, "reason": "tested", "expires": "2027-01-31"} for identity in ids])
    assert not errors and len(ids) == 5 and all(entry.covers(identity) for entry, identity in zip(entries, ids))


def test_where_nothing_may_be_copied_the_text_is_selected(page):
    driver = page(shown(), width=400)
    driver.execute_script("document.execCommand = () => false; navigator.clipboard.writeText = () => Promise.reject(new Error('no'))")
    (button,) = find(named(driver, "berlin"), ".approval button")
    for _twice in range(2):
        button.click()
        assert _later(driver, lambda: driver.execute_script("return document.activeElement.className") == "by-hand")
    chosen = driver.execute_script("const e = document.activeElement; return e.value.slice(e.selectionStart, e.selectionEnd)")
    assert chosen == button.get_property("value") and "apply_expected_plans:" in chosen
    assert find(driver, "#copied")[0].get_property("textContent") == "Press Ctrl+C to copy" and button.text == "Copy approval"
    assert len(find(driver, "textarea")) == 1 and driver.execute_script(UNREADABLE) == []


def test_who_and_when(page):
    driver = page(explained())
    (changes,) = find(driver, ".changes")
    certain, possible = [one.text for one in find(changes, "li")]
    assert certain == "2026-11-24 17:03:12 UTC Anna Meyer via API: PUT /organizations/2930418/sm/sentry/policies/assignments N_1"
    assert possible == "2026-11-24 16:40:05 UTC candidate Jonas Weber Network-wide > Group policies: Group policy N_1"
    choose(driver, "search", "anna meyer")
    assert tenants(driver) == ["berlin"]


def test_other_tenants_keep_their_part_with_its_time(page):
    driver = page(explained())
    assert "2 tenants were not in this run" in find(driver, ".when")[0].text
    assert "earlier" in named(driver, "paris").text and "not in this run, read on 2026-11-20 04:30:00 UTC" in named(driver, "paris").text
    assert not find(named(driver, "paris"), ".approval"), "apply refuses what is not of this run"
    row = next(row for row in find(driver, "#overview tbody tr") if row.text.startswith("paris"))
    assert "read on 2026-11-20 04:30:00 UTC" in row.text
    assert len(find(driver, ".badge.earlier")) == 4


#: Work for a browser that takes an idle processor half a second: a table of 15,000 cells, laid out.
WORK = """
const row = '<tr>' + '<td>a cell of text</td>'.repeat(6) + '</tr>';
document.body.innerHTML = '<table>' + row.repeat(2500) + '</table>';
void document.body.offsetHeight;
"""


def ready(driver, file):
    """How much of a processor the page takes until it answers, and a search after that; in what ``WORK`` takes at the same time, since
    other tests run beside this one."""
    driver.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})

    def used():
        found = driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
        return next(one["value"] for one in found if one["name"] == "TaskDuration")

    driver.get("about:blank")
    before = used()
    driver.execute_script(WORK)
    work = used() - before
    driver.get("about:blank")
    driver.get(file.as_uri())
    driver.execute_script("void document.body.offsetHeight")
    opened = used()
    driver.execute_script("document.getElementById('search').value = 'tenant-049'; document.getElementById('tools').requestSubmit()")
    driver.execute_script("void document.body.offsetHeight")
    assert tenants(driver) == ["tenant-049"]
    return opened / work, (used() - opened) / work


@pytest.mark.slow
@pytest.mark.parametrize(("count", "size", "opens"), [(500, 3_000_000, 2), (1000, 6_000_000, 5)])
def test_a_fleet_opens_at_once(page, tmp_path, count, size, opens):
    """Five differences in each tenant, at the best of three: in under a second for 500."""
    file = tmp_path / "fleet.html"
    file.write_text(html(fleet(count)), encoding="utf-8")
    assert file.stat().st_size < size
    driver = page(shown())
    for _round in range(3):
        opened, answered = ready(driver, file)
        if opened < opens and answered < 1:
            break
    assert said(driver) == f"1 of {count} tenants, 5 deviations"
    assert opened < opens and answered < 1
