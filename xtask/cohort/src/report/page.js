"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  // A number sorts by its value; a dash and a question mark come after all numbers.
  const value = (row, place) => {
    const text = row.cells[place].textContent;
    const number = parseFloat(text);
    return Number.isNaN(number) ? text : number;
  };
  const order = (a, b) => {
    if (typeof a === typeof b) return typeof a === "number" ? a - b : a.localeCompare(b);
    return typeof a === "number" ? 1 : -1;
  };
  heads.forEach((head, place) => head.firstElementChild.addEventListener("click", () => {
    const rows = [...table.tBodies[0].rows];
    const numbers = rows.some(row => typeof value(row, place) === "number");
    const now = head.getAttribute("aria-sort");
    const descending = now === null ? numbers && place > 0 : now === "ascending";
    heads.forEach(other => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", descending ? "descending" : "ascending");
    rows.sort((a, b) => (descending ? -1 : 1) * order(value(a, place), value(b, place)));
    table.tBodies[0].append(...rows);
  }));
}
const form = document.querySelector("form.filter");
const rows = [...document.getElementById("learners").tBodies[0].rows];
const filter = () => {
  const find = form.find.value.trim().toLocaleLowerCase();
  let shown = 0;
  for (const row of rows) {
    const fits = row.cells[0].textContent.toLocaleLowerCase().includes(find)
      && (form.show.value === "" || row.dataset.is.split(" ").includes(form.show.value));
    row.hidden = !fits;
    shown += fits;
  }
  form.querySelector("output").textContent = shown + " of " + rows.length;
};
form.addEventListener("input", filter);
form.addEventListener("submit", event => event.preventDefault());
form.hidden = false;
filter();
