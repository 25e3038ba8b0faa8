// SPDX-FileCopyrightText: 2026 secops.policy contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// Filter, search and copy. The page is whole without it; it reads what is on the page and writes no markup.
"use strict";
(() => {
  const by = (id) => document.getElementById(id);
  const search = by("search"), show = by("show"), verdict = by("verdict"), module = by("module");
  const tenants = [...document.querySelectorAll(".tenant")];
  const lines = new Map([...by("overview").tBodies[0].rows].map((row) => [row.dataset.for, row]));
  const folded = (text) => text.toLocaleLowerCase();
  // Read when it is first asked for, tenant by tenant: a fleet has thousands of deviations.
  const parts = new Map();
  const read = (tenant) => {
    if (!parts.has(tenant)) parts.set(tenant, part(tenant));
    return parts.get(tenant);
  };
  const part = (tenant) => ({
    name: folded(tenant.querySelector("h3").textContent),
    resources: [...tenant.querySelectorAll(".resource")].map((resource) => ({
      resource,
      module: resource.dataset.module,
      rows: [...resource.querySelectorAll(".items > li")].map((row) => ({
        row, verdict: row.dataset.verdict, isNew: "new" in row.dataset, text: said(row),
      })),
      rest: folded([...resource.querySelectorAll("h4, .error, .note, .errors, .calm")].map((one) => one.textContent).join(" ")),
    })),
    message: folded([...tenant.querySelectorAll(":scope > .error")].map((one) => one.textContent).join(" ")),
  });
  // Without the button.
  const said = (row) => folded([...row.children].slice(0, 3).map((cell) => cell.textContent).join(" ") + " " + row.children[1].title);
  const hide = (element, hidden) => { if (element.hidden !== hidden) element.hidden = hidden; };

  function filter() {
    const words = folded(search.value).split(/\s+/).filter(Boolean);
    const fits = (text) => words.every((word) => text.includes(word));
    const wanted = (row) => !verdict.value || (verdict.value === "new" ? row.isNew : row.verdict === verdict.value);
    let shown = 0, found = 0, accepted = 0;
    for (const tenant of tenants) {
      const one = read(tenant);
      const named = fits(one.name) || fits(one.name + " " + one.message);
      const good = (!show.value || tenant.dataset.verdict === show.value) && inside(one, named, fits, wanted);
      hide(tenant, !good);
      hide(lines.get(tenant.id), !good);
      if (good) { shown += 1; found += good.found; accepted += good.accepted; }
    }
    hide(by("nothing"), shown > 0);
    by("shown").textContent = `${shown} of ${tenants.length} tenants, ${found} ${found === 1 ? "deviation" : "deviations"}` +
      (accepted ? `, ${accepted} accepted` : "");
  }

  // What of a tenant fits, counted; false where nothing does. What does not fit is hidden.
  function inside(one, named, fits, wanted) {
    const counts = { found: 0, accepted: 0 };
    let any = !one.resources.length && named && !verdict.value && !module.value;
    for (const part of one.resources) {
      const right = !module.value || part.module === module.value;
      let rows = 0;
      for (const row of part.rows) {
        const good = right && wanted(row) && (named || fits(one.name + " " + row.text));
        hide(row.row, !good);
        rows += good;
        if (good) counts[row.verdict === "accepted" ? "accepted" : "found"] += 1;
      }
      const good = right && (rows > 0 || (!verdict.value && (named || fits(one.name + " " + part.rest))));
      hide(part.resource, !good);
      any ||= good;
    }
    return any && counts;
  }

  // A page that was opened as a file, or in a frame, may have no permission for the clipboard. What somebody has selected may always be
  // copied, so this comes first.
  function copySelected(button, text) {
    const field = document.createElement("textarea");
    field.className = "unseen";
    field.readOnly = true;
    field.value = text;
    button.after(field);
    field.select();
    let done = false;
    try { done = document.execCommand("copy"); } catch { /* Done is false. */ }
    field.remove();
    button.focus({ preventScroll: true });
    return done;
  }

  async function copy(button, text) {
    let done = copySelected(button, text);
    if (!done) {
      try { await navigator.clipboard.writeText(text); done = true; } catch { byHand(button, text); }
    }
    by("copied").textContent = done ? "Copied" : "Press Ctrl+C to copy";
    if (!done || button.classList.contains("done")) return;
    const label = button.textContent;
    button.classList.add("done");
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = label; button.classList.remove("done"); by("copied").textContent = ""; }, 1500);
  }

  // Nothing else has worked: the text stands there, selected.
  function byHand(button, text) {
    let field = button.parentElement.querySelector("textarea");
    if (!field) {
      field = document.createElement("textarea");
      field.className = "by-hand";
      field.readOnly = true;
      field.setAttribute("aria-label", button.textContent);
      field.value = text;
      field.rows = text.split("\n").length;
      button.after(field);
    }
    field.focus();
    field.select();
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
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".items button, .approval button");
    if (button) copy(button, button.value || button.parentElement.children[1].title);
  });
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
  // A browser that comes back to the page fills the filter in again.
  const again = () => { if ([search, show, verdict, module].some((choice) => choice.value)) filter(); };
  again();
  addEventListener("pageshow", again);
  arrive();
  // While nobody asks: the first letter that somebody types finds everything read.
  const rest = tenants.values();
  const ahead = (left) => {
    do {
      const next = rest.next();
      if (next.done) return;
      read(next.value);
    } while (left.timeRemaining() > 5);
    requestIdleCallback(ahead);
  };
  if ("requestIdleCallback" in window) requestIdleCallback(ahead);
})();
