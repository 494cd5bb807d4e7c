"use strict";
// Draws the charts of a page, in the colours of the screen or of paper; films take their first pictures from beside them.
const dark = matchMedia("(prefers-color-scheme: dark)");
const phone = matchMedia("(max-width: 640px)");
const config = { responsive: true, displayModeBar: false }; // dragging zooms, a double click shows all again
const PAPER = 700; // px: what is left of A4 between its margins

function colours(isDark) {
  const ink = isDark ? "#eceff1" : "#111111", line = isDark ? "#3b444a" : "#d0d4d8";
  return { ink, line };
}

function theme(chart, isDark) {
  const { ink, line } = colours(isDark);
  const change = { "font.color": ink, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)" };
  for (const name of Object.keys(chart._fullLayout || {})) {
    if (/^[xy]axis\d*$/.test(name)) {
      for (const part of ["gridcolor", "zerolinecolor", "linecolor"]) change[`${name}.${part}`] = line;
    }
  }
  return change;
}

async function unpack(text) {
  const packed = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

function showFilm(event) {
  const film = document.getElementById(event.points[0].customdata);
  if (!film) return;
  location.hash = film.id;
  film.querySelector("video").play();
}

async function draw() {
  const charts = [...document.querySelectorAll(".chart")];
  if (!charts.length) return;
  const script = document.createElement("script");
  script.textContent = await unpack(document.getElementById("plotly").textContent);
  document.head.append(script);
  for (const chart of charts) {
    const { data, layout } = JSON.parse(chart.firstElementChild.textContent);
    delete layout.height; // the stylesheet says how high
    if (phone.matches) Object.assign(layout, { margin: { l: 50, r: 10, t: 40, b: 40 } });
    chart.replaceChildren();
    await Plotly.newPlot(chart, data, layout, config);
    await Plotly.relayout(chart, theme(chart, dark.matches));
    chart.on("plotly_click", showFilm);
  }
  const each = (change) => charts.forEach((chart) => Plotly.relayout(chart, change(chart)));
  dark.addEventListener("change", () => each((chart) => theme(chart, dark.matches)));
  addEventListener("beforeprint", () => each((chart) => ({ ...theme(chart, false), width: PAPER, height: 280 })));
  addEventListener("afterprint", () =>
    each((chart) => ({ ...theme(chart, dark.matches), width: null, height: null, autosize: true })));
}

for (const film of document.querySelectorAll("video")) {
  const still = film.parentElement.querySelector(".still");
  if (still) film.poster = still.src;
}
draw();
