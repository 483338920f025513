"use strict";
(() => {
  const form = document.getElementById("filter");
  const shown = document.getElementById("shown");
  const none = document.getElementById("none");
  const page = document.body.dataset.page;
  const boxes = ["protocol", "state", "level"];
  const fields = ["section", "peer", "text"].filter((name) => form.elements[name]);
  const broken = new Set(["error", "fail", "mended", "warn", "known"]);
  const signs = { pass: "✓", error: "⚡", fail: "✘", mended: "↑", warn: "!", known: "✗", na: "–", untested: "?" };
  const words = { known: "known failure", mended: "passes now", na: "n/a" };
  // Of several states the first that there is tells how a cell looks.
  const worst = ["error", "fail", "mended", "warn", "known", "pass", "na", "untested"];

  const inputs = (name) => [...form.querySelectorAll(`input[name=${name}]`)];
  const checked = (name) => new Set(inputs(name).filter((box) => box.checked).map((box) => box.value));

  // What the filter says, as the URL's hash has it: nothing is everything.
  function hash() {
    const said = new URLSearchParams();
    for (const name of boxes) {
      const all = inputs(name);
      const some = all.filter((box) => box.checked);
      if (all.length && some.length < all.length) said.set(name, some.map((box) => box.value).join(","));
    }
    for (const name of fields) if (form.elements[name].value) said.set(name, form.elements[name].value);
    return said;
  }

  function fromHash() {
    const said = new URLSearchParams(location.hash.slice(1));
    for (const name of boxes) {
      const some = said.has(name) ? said.get(name).split(",") : null;
      const all = inputs(name);
      // What another page filters by may be nothing that this one has.
      const any = !some || said.get(name) === "" || all.some((box) => some.includes(box.value));
      for (const box of all) box.checked = !some || !any || some.includes(box.value);
    }
    for (const name of fields) form.elements[name].value = said.get(name) ?? "";
  }

  // An implementation is named whole, or by a part of its name.
  const keys = new Set([...document.querySelectorAll("[data-peer]")].map((e) => e.dataset.peer));
  function matcher(wanted) {
    wanted = wanted.trim().toLowerCase();
    if (keys.has(wanted)) return (e) => e.dataset.peer === wanted;
    return (e) => wanted.split(/\s+/).every((word) => e.dataset.name.toLowerCase().includes(word));
  }

  const value = (name) => (fields.includes(name) ? form.elements[name].value : "");

  function count(cell, states, levels) {
    const n = {};
    for (const part of cell.dataset.n.split(" ")) {
      const words = part.split(".");
      const times = words.pop(), state = words.pop(), level = words.join(".");
      if (states.has(state) && levels.has(level)) n[state] = (n[state] ?? 0) + Number(times);
    }
    const some = Object.keys(signs).filter((state) => n[state]);
    cell.className = "is-" + (worst.find((state) => n[state]) ?? "not-run");
    const said = some.map((state) => `${n[state]} ${words[state] ?? state}${state === "known" && n[state] > 1 ? "s" : ""}`).join(", ");
    const link = cell.querySelector("a");
    const seen = link ?? cell.querySelector("[aria-hidden]");
    if (link) link.setAttribute("aria-label", said);
    else cell.querySelector(".unseen").textContent = said;
    if (link) link.hidden = !some.length;
    seen.replaceChildren(...some.map((state) => {
      const b = document.createElement("b");
      b.className = "is-" + state;
      b.textContent = signs[state] + n[state];
      return b;
    }));
    return some.length > 0;
  }

  function filterCounts(protocols, states, levels) {
    const named = matcher(value("peer"));
    const narrowed = states.size < inputs("state").length || levels.size < inputs("level").length;
    const rows = [...document.querySelectorAll(".counts > tbody")];
    let n = 0;
    for (const body of rows) {
      let any = false;
      for (const cell of body.querySelectorAll("td[data-n]")) {
        any = count(cell, states, levels) || any;
      }
      const table = body.closest("section");
      body.hidden = !named(body) || (narrowed && !any);
      n += !body.hidden && protocols.has(table.dataset.protocol) ? 1 : 0;
    }
    for (const row of document.querySelectorAll(".overview tr[data-peer]")) row.hidden = !named(row);
    shown.textContent = `${n} of ${rows.length} rows`;
    return n;
  }

  const grids = [...document.querySelectorAll(".grid")].map((table) => ({
    table,
    heads: [...table.tHead.rows[0].cells].slice(1),
    bodies: [...table.tBodies].map((body) => ({
      body,
      rows: [...body.rows].slice(1).map((row) => ({
        row, cells: [...row.cells].slice(1), text: `${row.cells[0].textContent} ${body.rows[0].textContent}`.toLowerCase(),
      })),
    })),
  }));

  function filterGrid(grid, states, levels) {
    const section = value("section");
    const wanted = value("text").toLowerCase().split(/\s+/).filter(Boolean);
    const named = matcher(value("peer"));
    const all = states.size === inputs("state").length;
    const seen = grid.heads.map((head) => !fields.includes("peer") || named(head));
    grid.heads.forEach((head, i) => { head.hidden = !seen[i]; });
    let n = 0, of = 0;
    for (const { body, rows } of grid.bodies) {
      let here = 0;
      for (const { row, cells, text } of rows) {
        let any = all && seen.includes(true);
        cells.forEach((cell, i) => {
          const hit = states.has(cell.className.slice("is-".length));
          cell.hidden = !seen[i];
          cell.toggleAttribute("data-dim", !hit && !all);
          any ||= hit && seen[i];
        });
        row.hidden = !(any && levels.has(row.dataset.level) && (!section || body.dataset.section === section) &&
          wanted.every((word) => text.includes(word)));
        here += row.hidden ? 0 : 1;
        of++;
      }
      body.hidden = here === 0;
      n += here;
    }
    return [n, of];
  }

  function filterGrids(protocols, states, levels) {
    let n = 0, of = 0;
    for (const grid of grids) {
      const [some, all] = filterGrid(grid, states, levels);
      of += all;
      if (protocols.has(grid.table.dataset.protocol)) n += some;
    }
    shown.textContent = n === of ? `${n} cases` : `${n} of ${of} cases`;
    return n;
  }

  function filter() {
    const all = inputs("protocol").length ? null : new Set([...document.querySelectorAll("[data-protocol]")].map((e) => e.dataset.protocol));
    const protocols = all ?? checked("protocol");
    for (const section of document.querySelectorAll("section.protocol")) section.hidden = !protocols.has(section.dataset.protocol);
    const run = page === "index" ? filterCounts : filterGrids;
    none.hidden = run(protocols, checked("state"), checked("level")) > 0;
  }

  function changed() {
    filter();
    const said = hash().toString();
    history.replaceState(null, "", said ? "#" + said : location.pathname + location.search);
  }

  // What leads on takes the filter along.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.drill");
    if (!link) return;
    const said = hash();
    for (const name of ["section", "peer"]) if (link.dataset[name]) said.set(name, link.dataset[name]);
    said.delete("protocol");
    link.hash = said.toString();
  }, true);

  for (const button of document.querySelectorAll("button.open")) {
    const set = (open) => {
      button.setAttribute("aria-expanded", open);
      for (const row of button.closest("tbody").querySelectorAll(".way")) row.hidden = !open;
    };
    button.hidden = false;
    set(false);
    button.addEventListener("click", () => set(button.getAttribute("aria-expanded") === "false"));
  }
  document.getElementById("wanting").addEventListener("click", () => {
    for (const box of inputs("state")) box.checked = broken.has(box.value);
    changed();
  });
  form.addEventListener("input", changed);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(changed));
  addEventListener("hashchange", () => { fromHash(); filter(); });
  form.hidden = false;
  fromHash();
  filter();
})();
