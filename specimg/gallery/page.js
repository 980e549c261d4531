
"use strict";

// Everything from the recordings becomes text or a property, never HTML.
const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);

const COLUMNS = Object.keys(data.columns).filter((name) => name !== "picture");
const ROWS_A_WINDOW = 8;
const TAIL = 10; // characters of a name that are always shown
const COLORS = ["red", "green", "blue"];
const SORTS = {
  "as in the manifest": null,
  "loudest first": ["peak_dbfs", -1],
  "quietest first": ["peak_dbfs", 1],
  "most clipped first": ["clipped_fraction", -1],
  "least clipped first": ["clipped_fraction", 1],
  "brightest first": ["brightness", -1],
  "darkest first": ["brightness", 1],
};

function at(name, row) {
  const cells = data.columns[name];
  return Array.isArray(cells) ? cells[row] : cells;
}

// What can be wrong with an image, or worth a look.
const MARKS = {
  "all": () => true,
  "any warning": (row) => at("warning", row) !== "",
  "no warning": (row) => at("warning", row) === "",
  "silent": (row) => at("silent", row),
  "padded": (row) => at("pad_seconds", row) > 0,
  "clipped": (row) => at("clipped_fraction", row) > 0,
  "missing or damaged": (row) => at("fault", row) !== "",
};

// JSON has no infinity; a brightness may be unknown.
const said = (name, row) => at(name, row) ?? (name === "peak_dbfs" ? "-inf" : "–");
const named = (label) => (label === "" ? "(no label)" : label);
const plural = (n, noun) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;
const seconds = (value) => `${+value.toFixed(3)} s`;
const hertz = (value) => (value >= 1000 ? `${+(value / 1000).toFixed(1)} kHz` : `${value} Hz`);

function make(tag, text = "", kind = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  if (kind) element.className = kind;
  return element;
}

function address(row) {
  // A name may hold what means something in an address: % # ? and quotes.
  const path = at("file_name", row).split("/").map(encodeURIComponent).join("/");
  return at("picture", row) ?? path;
}

// --- the header

function showHeader() {
  const { summary } = data;
  $("title").textContent = data.title;
  const hours = summary.seconds / 3600;
  $("counts").textContent = [
    plural(summary.clips, "image"), plural(summary.labels, "label"),
    plural(summary.recordings, "recording"),
    hours < 1 ? `${(hours * 60).toFixed(1)} min of audio` : `${hours.toFixed(1)} h of audio`,
    plural(summary.failures, "failure"),
    ...["silent", "padded", "clipped", "truncated"]
      .filter((name) => summary[name]).map((name) => `${summary[name]} ${name}`),
  ].join(" · ");
  const notes = [];
  if (data.shown < summary.clips) {
    notes.push(`This page shows a sample of ${plural(data.shown, "image")}; pixel values and mean images are of the sample.`);
  }
  if (data.format === "npy") notes.push("The images are NPY; these are small pictures of them in 8 bits.");
  $("notes").textContent = notes.join(" ");
  if (data.faults) $("alert").textContent = `${plural(data.faults, "image")} missing or damaged: see specimg verify.`;
  $("settings").textContent = data.settings;
  showLabels();
  showChannels();
  showFailures();
}

function showLabels() {
  if (data.labels.some((label) => label.mean)) {
    $("labels-note").textContent = "Each with the mean of its images"
      + (data.labels.some((label) => label.sizes > 1) ? ": of those that have its most frequent size." : ".");
  }
  for (const label of data.labels) {
    const button = make("button");
    button.type = "button";
    button.dataset.label = label.label;
    if (label.mean) {
      const image = make("img");
      image.alt = "";
      image.src = label.mean;
      button.title = `mean of ${plural(label.averaged, "image")} of ${label.size}`;
      button.append(image);
    }
    const mean = label.mean && label.averaged < label.clips ? `, mean of ${label.averaged.toLocaleString("en")}` : "";
    const count = label.clips.toLocaleString("en") + mean;
    button.append(make("span", named(label.label)), make("span", count, "quiet"));
    button.addEventListener("click", () => {
      $("label").value = $("label").value === `=${label.label}` ? "" : `=${label.label}`;
      layOut();
    });
    const item = make("li");
    item.append(button);
    $("labels").append(item);
  }
}

function addRow(table, cells, tag = "td") {
  const line = make("tr");
  for (const cell of cells) line.append(make(tag, cell));
  table.append(line);
  return line;
}

function showChannels() {
  addRow($("channels"), ["channel", "mean", "std", "at 0", "at 1"], "th");
  const shares = data.channels.map(({ histogram }) => {
    const total = histogram.reduce((sum, n) => sum + n, 0);
    return histogram.map((n) => n / total);
  });
  // Padding and saturation would dwarf all else.
  const tallest = Math.max(...shares.flatMap((share) => share.slice(1, -1)), 1e-9);
  data.channels.forEach((channel, index) => {
    const share = shares[index];
    const color = data.channels.length > 1 ? COLORS[index] : "";
    const percent = (value) => `${(100 * value).toFixed(2)} %`;
    const line = addRow($("channels"), [
      channel.name, channel.mean.toFixed(4), channel.std.toFixed(4), percent(share[0]), percent(share.at(-1)),
    ]);
    line.firstChild.className = color;
    for (const cell of [...line.children].slice(1)) cell.className = "number";
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    const height = (value) => 100 - 97 * Math.sqrt(Math.min(value / tallest, 1));
    path.setAttribute("d", "M" + share.map((value, x) => `${x + 0.5} ${height(value).toFixed(2)}`).join("L"));
    path.setAttribute("class", color);
    $("histogram").append(path);
  });
}

function showFailures() {
  const count = data.summary.failures;
  $("failures-part").hidden = count === 0;
  const more = count > data.failures.length ? `, of which ${data.failures.length} here` : "";
  $("failures-title").textContent = `${plural(count, "failure")}${more}`;
  for (const failure of data.failures) {
    addRow($("failures"), [failure.source, failure.stage, failure.reason]);
  }
}

// --- which images, and in which order

let order = []; // the rows that are shown, as they are shown
const texts = []; // what a row is searched in, made when it is first needed

function chosenRows() {
  const label = $("label").value;
  const words = $("text").value.toLowerCase().split(/\s+/).filter(Boolean);
  const passes = MARKS[$("mark").value];
  const rows = [];
  for (let row = 0; row < data.shown; row += 1) {
    if (label !== "" && `=${at("label", row)}` !== label) continue;
    if (!passes(row)) continue;
    if (words.length) {
      texts[row] ??= ["file_name", "source", "label", "warning", "fault"]
        .map((name) => at(name, row)).join("\n").toLowerCase();
      if (!words.every((word) => texts[row].includes(word))) continue;
    }
    rows.push(row);
  }
  const sort = SORTS[$("sort").value];
  if (sort) {
    const [name, sign] = sort;
    const value = (row) => at(name, row) ?? -Infinity; // silence has a peak of -inf dB
    rows.sort((a, b) => (value(a) === value(b) ? a - b : sign * (value(a) - value(b))));
  }
  return rows;
}

function groupsOf(rows) {
  if (!$("grouped").checked) return [["", rows]];
  const groups = new Map();
  for (const row of rows) {
    const label = at("label", row);
    if (!groups.has(label)) groups.set(label, []);
    groups.get(label).push(row);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([label, members]) => [named(label), members]);
}

// --- the images: windows of a few lines each, filled while they are near the screen

const near = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (entry.isIntersecting) fill(entry.target);
    else if (!entry.target.contains(document.activeElement)) entry.target.replaceChildren();
  }
}, { rootMargin: "800px 0px" });

// The shape of the middle image: a short last clip must not decide for all.
const ratio = (() => {
  const ratios = Array.from({ length: data.shown }, (_, row) => at("width", row) / at("height", row));
  const middle = ratios.sort((a, b) => a - b)[ratios.length >> 1] ?? 1;
  return Math.min(Math.max(middle, 1), 5);
})();
let columns = 0;
let thumb = 0; // height of a small image

function measure() {
  const style = getComputedStyle(document.documentElement);
  const rem = parseFloat(style.fontSize);
  const gap = 0.6 * rem;
  const padding = getComputedStyle($("main"));
  const width = $("main").clientWidth - parseFloat(padding.paddingLeft) - parseFloat(padding.paddingRight);
  const narrowest = Math.min(ratio >= 2 ? 250 : 165, (width - gap) / 2 - 1);
  columns = Math.max(1, Math.floor((width + gap) / (narrowest + gap)));
  thumb = (width - gap * (columns - 1)) / columns / ratio;
  const cell = thumb + 2.8 * rem;
  const set = (name, value) => document.documentElement.style.setProperty(name, value);
  set("--columns", columns);
  set("--ratio", ratio);
  set("--thumb-height", `${thumb}px`);
  set("--cell-height", `${cell}px`);
  return (lines) => `${lines * (cell + gap) - gap}px`;
}

function layOut() {
  near.disconnect();
  const height = measure();
  const groups = groupsOf(chosenRows());
  order = groups.flatMap(([, rows]) => rows);
  const sections = groups.map(([name, rows]) => {
    const section = make("section");
    if (name) {
      const heading = make("h2", name + " ");
      heading.append(make("span", rows.length.toLocaleString("en"), "quiet"));
      section.append(heading);
    }
    const size = columns * ROWS_A_WINDOW;
    for (let first = 0; first < rows.length; first += size) {
      const part = make("div", "", "window");
      part.rows = rows.slice(first, first + size);
      part.style.height = height(Math.ceil(part.rows.length / columns));
      section.append(part);
      near.observe(part);
    }
    return section;
  });
  $("main").replaceChildren(...sections);
  $("chosen").textContent = order.length === data.shown
    ? plural(data.shown, "image") : `${order.length.toLocaleString("en")} of ${plural(data.shown, "image")}`;
  for (const button of $("labels").querySelectorAll("button")) {
    button.classList.toggle("chosen", $("label").value === `=${button.dataset.label}`);
  }
}

function fill(part) {
  if (!part.firstChild) part.append(...part.rows.map(makeCell));
}

function makeCell(row) {
  const cell = make("button", "", "cell");
  cell.type = "button";
  cell.dataset.row = row;
  const image = make("img");
  image.loading = "lazy";
  image.decoding = "async";
  image.alt = "";
  image.style.width = `min(100%, ${thumb * at("width", row) / at("height", row)}px)`;
  if (!at("fault", row)) image.src = address(row);
  const time = `${+at("start", row).toFixed(3)}–${seconds(at("end", row))}`;
  const start = make("span", time, "quiet");
  const [sorted] = SORTS[$("sort").value] ?? [];
  if (sorted) start.append(` · ${sorted} ${said(sorted, row)}`);
  const problem = at("fault", row) || at("warning", row) || (at("silent", row) ? "silent" : "");
  if (problem) start.append(" ", make("span", problem, "alert"));
  cell.title = [at("source", row), problem].filter(Boolean).join("\n");
  const source = at("source", row).split("/").at(-1); // its folder is the label
  const name = make("span", "", "name");
  name.append(make("span", source.slice(0, -TAIL)), make("span", source.slice(-TAIL)));
  cell.append(image, name, start);
  return cell;
}

// --- one image

let place = 0; // in order

function open(index) {
  place = Math.min(Math.max(index, 0), order.length - 1);
  const row = order[place];
  const [width, height] = [at("width", row), at("height", row)];
  if (!$("viewer").open) $("viewer").showModal();
  const room = Math.min((innerWidth - 90) / width, (innerHeight * 0.6) / height);
  // In whole pixels; or smaller, where a screen has several to one of the page.
  const fits = room < 1 && room * devicePixelRatio >= 1;
  const scale = fits ? room : Math.max(1, Math.floor(room));
  $("frame").style.setProperty("--image-width", `${width * scale}px`);
  $("frame").style.setProperty("--image-height", `${height * scale}px`);
  $("frame").hidden = at("fault", row) !== "";
  $("image").src = at("fault", row) ? "data:," : address(row);
  $("image").alt = at("file_name", row);
  $("high").textContent = hertz(data.fmax);
  $("low").textContent = hertz(data.fmin);
  const [first, last] = $("time").children;
  first.textContent = seconds(at("start", row));
  last.textContent = seconds(at("end", row) + at("pad_seconds", row));
  $("fault").textContent = at("fault", row);
  $("place").textContent = `${(place + 1).toLocaleString("en")} of ${order.length.toLocaleString("en")}`;
  $("row").replaceChildren();
  for (const name of COLUMNS) {
    if (name !== "fault" || at(name, row)) addRow($("row"), [name, said(name, row)]);
  }
}

function refocus() {
  const row = order[place];
  const part = [...document.querySelectorAll(".window")].find((window) => window.rows.includes(row));
  if (!part) return;
  fill(part);
  part.querySelector(`[data-row="${row}"]`).focus();
}

const STEPS = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1, Home: -Infinity, End: Infinity };

function listen() {
  for (const id of ["label", "mark", "sort", "grouped"]) $(id).addEventListener("change", layOut);
  $("text").addEventListener("input", layOut);
  $("tools").addEventListener("submit", (event) => event.preventDefault());
  $("main").addEventListener("click", (event) => {
    const cell = event.target.closest(".cell");
    if (cell) open(order.indexOf(Number(cell.dataset.row)));
  });
  $("viewer").addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    open(place + step);
  });
  $("previous").addEventListener("click", () => open(place - 1));
  $("next").addEventListener("click", () => open(place + 1));
  $("close").addEventListener("click", () => $("viewer").close());
  $("viewer").addEventListener("close", refocus);
  let width = innerWidth;
  addEventListener("resize", () => {
    // A phone's address bar changes the height alone, all the time.
    if (innerWidth === width) return;
    width = innerWidth;
    layOut();
  });
}

function addOptions(select, options) {
  for (const [value, text] of options) {
    const option = make("option", text);
    option.value = value;
    select.append(option);
  }
}

$("labels-part").open = innerWidth > 640; // on a phone, images come first
showHeader();
addOptions($("label"), [["", "all"], ...data.labels.map(({ label }) => [`=${label}`, named(label)])]);
addOptions($("mark"), Object.keys(MARKS).map((name) => [name, name]));
addOptions($("sort"), Object.keys(SORTS).map((name) => [name, name]));
listen();
layOut();
