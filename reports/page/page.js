"use strict";
(() => {
  const form = document.getElementById("filter");
  const text = document.getElementById("text");
  const shown = document.getElementById("shown");
  const none = document.getElementById("none");
  const rows = [...document.querySelectorAll("tr.case")];
  const words = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  const wrong = new Set(["error", "fail", "passes now", "warn"]);

  const checked = (name) =>
    new Set([...form.querySelectorAll(`input[name=${name}]:checked`)].map((box) => box.value));

  function filter() {
    const states = checked("state");
    const levels = checked("level");
    const wanted = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let n = 0;
    for (const row of rows) {
      const show = states.has(row.dataset.state) && levels.has(row.dataset.level) &&
        wanted.every((word) => words.get(row).includes(word));
      row.hidden = !show;
      n += show ? 1 : 0;
    }
    for (const body of document.querySelectorAll(".cases > tbody")) {
      body.hidden = !body.querySelector("tr.case:not([hidden])");
    }
    none.hidden = n > 0 || rows.length === 0;
    shown.textContent = n === rows.length ? `${n} cases` : `${n} of ${rows.length} cases`;
  }

  // A link to a case shows it, whatever the filter says.
  function reveal() {
    const row = document.getElementById(location.hash.slice(1));
    if (!row || !row.matches("tr.case")) return;
    if (row.hidden) {
      form.reset();
      filter();
    }
    row.querySelector("details").open = true;
    row.scrollIntoView();
  }

  document.getElementById("wanting").addEventListener("click", () => {
    for (const box of form.querySelectorAll("input[name=state]")) box.checked = wrong.has(box.value);
    filter();
  });
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  addEventListener("hashchange", reveal);
  form.hidden = false;
  filter();
  reveal();
})();
