"use strict";
// Tables: sort by a click on a heading, filter by words. Everything is in the page already.
const collator = new Intl.Collator("en", { numeric: true });
function sortValue(cell) {
  const stated = cell.dataset.value;
  const text = (stated !== undefined && stated !== "" ? stated : cell.textContent).replace(/−/g, "-").trim();
  const number = parseFloat(text);
  return cell.classList.contains("number") ? (Number.isNaN(number) ? -Infinity : number) : text;
}
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  table.querySelectorAll("thead th").forEach((heading, column) => {
    heading.querySelector("button").addEventListener("click", () => {
      const descending = heading.getAttribute("aria-sort") === "ascending";
      table.querySelectorAll("thead th").forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
      const rows = [...body.rows].map((row) => [sortValue(row.cells[column]), row]);
      rows.sort(([a], [b]) => (typeof a === "number" && typeof b === "number" ? a - b : collator.compare(a, b)));
      if (descending) rows.reverse();
      body.append(...rows.map(([, row]) => row));
    });
  });
}
function filter(id) {
  const table = document.getElementById(id);
  const words = document.querySelector(`[data-filter="${id}"]`).value.toLowerCase().split(/\s+/).filter(Boolean);
  const only = document.querySelector(`[data-only="${id}"]`);
  let shown = 0;
  for (const row of table.tBodies[0].rows) {
    const text = row.textContent.toLowerCase();
    const fits = words.every((word) => text.includes(word.replace(/_/g, " ")) || text.includes(word));
    row.hidden = !(fits && !(only && only.checked && row.classList.contains("pass")));
    if (!row.hidden) shown += 1;
  }
  const count = document.querySelector(`[data-count="${id}"]`);
  if (count) count.textContent = `${shown} of ${table.tBodies[0].rows.length} lines`;
}
for (const input of document.querySelectorAll("[data-filter], [data-only]")) {
  const id = input.dataset.filter || input.dataset.only;
  input.addEventListener("input", () => filter(id));
  filter(id);
}
// Figures: what a mark shows, beside the pointer.
const tip = document.getElementById("tip");
function titleOf(target) {
  const mark = target.closest && target.closest(".drawing [data-value], .drawing g, .drawing path");
  if (!mark || mark.closest("svg") === mark) return null;
  const title = [...mark.children].find((child) => child.tagName === "title");
  return title ? title.textContent.trim() : (mark.parentNode.closest ? titleOf(mark.parentNode) : null);
}
document.addEventListener("pointermove", (event) => {
  const text = titleOf(event.target);
  tip.hidden = !text;
  if (!text) return;
  tip.textContent = text;
  const right = event.clientX + 14 + tip.offsetWidth > innerWidth;
  tip.style.left = `${Math.max(4, right ? event.clientX - tip.offsetWidth - 10 : event.clientX + 14)}px`;
  tip.style.top = `${Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 4)}px`;
});
// The trial: dots of neurons, and the time.
const stored = document.getElementById("trial-data");
if (stored) {
  const trials = JSON.parse(stored.textContent);
  const stage = document.getElementById("trial-stage");
  const choice = document.getElementById("trial-choice");
  const time = document.getElementById("trial-time");
  const play = document.getElementById("trial-play");
  const now = document.getElementById("trial-now");
  const SVG = "http://www.w3.org/2000/svg";
  // A spike stays visible for this many steps.
  const AFTERGLOW = 4;
  const element = (name, attributes, parent) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    parent.append(made);
    return made;
  };
  let trial, shown, links, timer = null;
  function build() {
    trial = trials[choice.value];
    stage.textContent = "";
    const columns = trial.populations.length + 1;
    const width = 1000, gap = 24, column = (width - gap * (columns + 1)) / columns;
    const svg = element("svg", { viewBox: `0 0 ${width} 400` }, stage);
    const heading = (x, words, colour) => {
      const text = element("text", { x, y: 22, "font-size": 15, "font-weight": "bold", fill: colour }, svg);
      text.textContent = words;
    };
    heading(gap, "receptors", "#9b1c1c");
    const most = Math.max(...trial.receptors, 1e-9);
    const row = 250 / trial.receptors.length;
    trial.receptors.forEach((value, index) => {
      const y = 36 + index * row;
      element("rect", { x: gap, y, width: Math.max(1, column * value / most), height: row * 0.7, fill: "#9b1c1c" }, svg);
    });
    shown = trial.populations.map((population, index) => {
      const left = gap + (index + 1) * (column + gap);
      heading(left, population.name, population.colour);
      if (population.graded) {
        element("rect", { x: left, y: 36, width: 34, height: 240, fill: "none", stroke: population.colour }, svg);
        const bar = element("rect", { x: left, y: 276, width: 34, height: 0, fill: population.colour }, svg);
        return { bar, most: Math.max(...trials.flatMap((it) => it.populations[index].activity), 1e-9) };
      }
      const across = Math.max(1, Math.ceil(Math.sqrt(population.neurons * column / 240)));
      const step = column / across;
      const dots = [];
      for (let neuron = 0; neuron < population.neurons; neuron += 1) {
        const cx = left + (neuron % across + 0.5) * step;
        const cy = 40 + (Math.floor(neuron / across) + 0.5) * step;
        dots.push(element("circle", { cx, cy, r: step * 0.38, fill: "#dde0e4" }, svg));
      }
      const spikes = Array.from({ length: population.neurons }, () => []);
      for (const [at, neuron] of population.spikes) spikes[neuron].push(at);
      return { dots, spikes };
    });
    const centre = (index) => gap + (index + 1) * (column + gap) + column / 2;
    const drawn = {};
    links = trial.links.map((link) => {
      const colour = link.inhibitory ? "#d55e00" : "#0072b2";
      const rank = drawn[[link.source, link.target]] = (drawn[[link.source, link.target]] || 0) + 1;
      const from = centre(link.source) + (link.inhibitory ? 9 : -3), to = centre(link.target) + (link.inhibitory ? 4 : -8);
      const depth = 296 + 22 * Math.max(1, Math.abs(link.source - link.target)) + (link.source > link.target ? 26 : 0) + 10 * (rank - 1);
      const self = link.source === link.target;
      const d = self ? `M${from - 8} 292 C${from - 26} ${depth + 20},${from + 26} ${depth + 20},${from + 8} 292`
        : `M${from} 292 C${from} ${depth + 40},${to} ${depth + 40},${to} 296`;
      const path = element("path", { d, fill: "none", stroke: colour, "stroke-width": 2.4 }, svg);
      const end = self ? from + 8 : to;
      const tip = link.inhibitory
        ? element("path", { d: `M${end - 6} 291 h12`, stroke: colour, "stroke-width": 3 }, svg)
        : element("path", { d: `M${end - 5} 299 L${end} 289 L${end + 5} 299 Z`, fill: colour }, svg);
      return { parts: [path, tip], strength: link.strength };
    });
    time.max = trial.steps - 1;
    const total = trial.populations.map((it) => it.graded ? "" : `${it.spikes.length} ${it.name} spikes`).filter(Boolean);
    document.getElementById("trial-summary").textContent =
      `${trial.label}: decoded as ${trial.decided} (probability ${trial.probability.toFixed(2)}); ${total.join(", ")}.`;
    draw();
  }
  function draw() {
    const step = Number(time.value);
    drawLinks();
    now.textContent = `${((step + 1) * trial.step_ms).toFixed(0)} ms`;
    trial.populations.forEach((population, index) => {
      const view = shown[index];
      if (view.bar) {
        const height = 240 * Math.max(0, (population.activity[step] || 0) / view.most);
        view.bar.setAttribute("height", height);
        view.bar.setAttribute("y", 276 - height);
        return;
      }
      view.dots.forEach((dot, neuron) => {
        const last = view.spikes[neuron].filter((at) => at <= step).pop();
        const age = last === undefined ? AFTERGLOW : step - last;
        dot.setAttribute("fill", age < AFTERGLOW ? population.colour : "#dde0e4");
        dot.setAttribute("fill-opacity", age < AFTERGLOW ? 1 - 0.8 * age / AFTERGLOW : 1);
      });
    });
  }
  function drawLinks() {
    for (const { parts, strength } of links) {
      const share = strength[Number(time.value)] || 0;
      for (const part of parts) part.setAttribute("opacity", (0.06 + 0.94 * share).toFixed(3));
    }
  }
  function stop() {
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
    play.setAttribute("aria-pressed", "false");
  }
  play.addEventListener("click", () => {
    if (timer !== null) return stop();
    if (Number(time.value) >= trial.steps - 1) time.value = 0;
    play.textContent = "Pause";
    play.setAttribute("aria-pressed", "true");
    timer = setInterval(() => {
      time.value = Number(time.value) + 1;
      draw();
      if (Number(time.value) >= trial.steps - 1) stop();
    }, 60);
  });
  time.addEventListener("input", () => { stop(); draw(); });
  choice.addEventListener("change", () => { stop(); build(); });
  build();
  // A still picture says more at half the trial than at its beginning.
  time.value = Math.floor(trial.steps / 2);
  draw();
}
document.documentElement.dataset.ready = "yes";
