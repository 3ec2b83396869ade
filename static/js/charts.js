// Draws the figures that the page carries as JSON, in the theme in use; drawn anew when the theme changes.
const isDark = () => {
  const chosen = document.documentElement.dataset.theme;
  if (document.documentElement.dataset.wall !== undefined) return true;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches && CSS.supports("color", "light-dark(#000, #fff)");
};

function draw(plot) {
  const figures = JSON.parse(plot.previousElementSibling.textContent);
  const figure = figures[isDark() ? "dark" : "light"];
  const height = figure.layout.height || plot.clientHeight;
  plot.style.height = `${height}px`;
  Plotly.react(plot, figure.data, { ...figure.layout, height, autosize: true }, { displayModeBar: false, responsive: true });
  const frame = plot.parentElement;
  if ("newest" in plot.dataset) frame.scrollLeft = frame.scrollWidth;
}

const plots = [...document.querySelectorAll("[data-figure]")];
plots.forEach(draw);
document.addEventListener("themechange", () => plots.forEach(draw));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => plots.forEach(draw));
