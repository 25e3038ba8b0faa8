// SPDX-FileCopyrightText: 2026 secops.policy contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// Filter and search. The page is whole without it; it reads what is on the page and writes no markup.
"use strict";
(() => {
  const by = (id) => document.getElementById(id);
  const search = by("search"), show = by("show"), verdict = by("verdict"), module = by("module");
  const tenants = [...document.querySelectorAll(".tenant")];
  const lines = new Map([...by("overview").tBodies[0].rows].map((row) => [row.dataset.for, row]));
  const folded = (text) => text.toLocaleLowerCase();
  // Read once: a fleet has thousands of rows.
  let parts = null;
  const read = () => parts ??= tenants.map((tenant) => ({
    tenant,
    line: lines.get(tenant.id),
    name: folded(tenant.querySelector("h3").textContent),
    resources: [...tenant.querySelectorAll(".resource")].map((resource) => ({
      resource,
      module: resource.dataset.module,
      rows: [...resource.querySelectorAll(".items tbody tr")].map((row) => ({
        row, verdict: row.dataset.verdict, isNew: "new" in row.dataset, text: folded(row.textContent + " " + row.cells[1].title),
      })),
      rest: folded([...resource.querySelectorAll("h4, .error, .note, .errors, .calm")].map((part) => part.textContent).join(" ")),
    })),
    message: folded([...tenant.querySelectorAll(":scope > .error")].map((part) => part.textContent).join(" ")),
  }));

  function filter() {
    const words = folded(search.value).split(/\s+/).filter(Boolean);
    const fits = (text) => words.every((word) => text.includes(word));
    const wanted = (row) => !verdict.value || (verdict.value === "new" ? row.isNew : row.verdict === verdict.value);
    let shown = 0, found = 0, accepted = 0;
    for (const part of read()) {
      const named = fits(part.name) || fits(part.name + " " + part.message);
      let inside = false, here = 0, excused = 0;
      for (const one of part.resources) {
        const right = !module.value || one.module === module.value;
        let rows = 0;
        for (const row of one.rows) {
          const good = right && wanted(row) && (named || fits(part.name + " " + row.text));
          row.row.hidden = !good;
          rows += good;
          excused += good && row.verdict === "accepted";
        }
        here += rows;
        const good = right && (rows > 0 || (!verdict.value && (named || fits(part.name + " " + one.rest))));
        one.resource.hidden = !good;
        inside ||= good;
      }
      const whole = !part.resources.length && named && !verdict.value && !module.value;
      const good = (!show.value || part.tenant.dataset.verdict === show.value) && (inside || whole);
      part.tenant.hidden = !good;
      part.line.hidden = !good;
      if (good) { shown += 1; found += here - excused; accepted += excused; }
    }
    by("nothing").hidden = shown > 0;
    by("shown").textContent = `${shown} of ${tenants.length} tenants, ${found} ${found === 1 ? "deviation" : "deviations"}` +
      (accepted ? `, ${accepted} accepted` : "");
  }

  let waiting = 0;
  const soon = () => { clearTimeout(waiting); waiting = setTimeout(filter, 80); };
  const fold = (open) => tenants.forEach((tenant) => { if (!tenant.hidden) tenant.open = open; });
  // What a link leads to is open and not filtered away.
  function arrive() {
    const target = location.hash && by(location.hash.slice(1));
    if (!target || !target.classList.contains("tenant")) return;
    if (target.hidden) { by("tools").reset(); filter(); }
    target.open = true;
    target.scrollIntoView();
    target.querySelector("summary").focus({ preventScroll: true });
  }

  search.addEventListener("input", soon);
  for (const choice of [show, verdict, module]) choice.addEventListener("change", filter);
  by("tools").addEventListener("submit", (event) => { event.preventDefault(); filter(); });
  by("tools").addEventListener("reset", () => setTimeout(filter));
  by("open").addEventListener("click", () => fold(true));
  by("close").addEventListener("click", () => fold(false));
  for (const tile of document.querySelectorAll("[data-show]")) {
    tile.addEventListener("click", () => { show.value = tile.dataset.show; filter(); });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input, select")) { event.preventDefault(); search.focus(); }
    if (event.key === "Escape" && event.target === search) { search.value = ""; filter(); }
  });
  addEventListener("hashchange", arrive);
  // Paper has nothing to click on.
  const opened = new Set();
  addEventListener("beforeprint", () => {
    for (const tenant of tenants) {
      if (!tenant.open && !tenant.hidden) { tenant.open = true; opened.add(tenant); }
    }
  });
  addEventListener("afterprint", () => {
    for (const tenant of opened) tenant.open = false;
    opened.clear();
  });
  by("tools").hidden = false;
  filter();
  arrive();
})();
