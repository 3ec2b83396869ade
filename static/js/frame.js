// The frame of every page: theme, menu, tips, arrow keys in the matrix. In the head, so that the menu of a phone is closed from the first paint.
const root = document.documentElement;
root.classList.add("js");
if (location.search.includes("wall")) root.dataset.wall = "";
if (localStorage.theme) root.dataset.theme = localStorage.theme;

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-action]");
  if (!button) return;
  if (button.dataset.action === "theme") {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    localStorage.theme = root.dataset.theme = dark ? "light" : "dark";
    document.dispatchEvent(new Event("themechange"));
  }
  if (button.dataset.action === "menu") {
    const open = document.getElementById("nav").classList.toggle("open");
    button.setAttribute("aria-expanded", open);
  }
});

// Escape hides an open tip until the pointer or the focus moves on.
document.addEventListener("keydown", (event) => { if (event.key === "Escape") root.classList.add("hush"); });
for (const kind of ["pointerover", "focusin"]) document.addEventListener(kind, () => root.classList.remove("hush"));

// On touch the first tap explains, the second follows the link.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a.has-tip");
  for (const other of document.querySelectorAll(".has-tip.open")) if (other !== link) other.classList.remove("open");
  if (!link || event.pointerType !== "touch" || link.classList.contains("open")) return;
  event.preventDefault();
  link.classList.add("open");
});

// The matrix is one tab stop; arrow keys move from cell to cell. (Without script every cell is a tab stop.)
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll(".matrix .cell a").forEach((link, i) => { link.tabIndex = i ? -1 : 0; });
});
document.addEventListener("keydown", (event) => {
  const cell = event.target.closest(".matrix .cell");
  const [down, right] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key] || [];
  if (!cell || down === undefined) return;
  const rows = [...cell.closest("table").querySelectorAll("tbody tr")].filter((row) => row.querySelector(".cell"));
  const next = rows[rows.indexOf(cell.parentElement) + down]?.cells[cell.cellIndex + right]?.querySelector("a");
  if (!next?.closest(".cell")) return;
  event.preventDefault();
  event.target.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
});

// A choice in the top bar or the picker takes effect at once.
document.addEventListener("change", (event) => { event.target.closest("form[data-submit-on-change]")?.requestSubmit(); });

// A list of pages: choosing one goes there.
document.addEventListener("change", (event) => {
  if (event.target.dataset.go === undefined) return;
  event.stopPropagation();
  location.href = event.target.value;
}, true);
