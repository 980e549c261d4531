"use strict";

// The rows of the manifest: what they hold, which are shown, and in which order.

// Everything from the recordings becomes text or a property, never HTML.
const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);

const COLUMNS = Object.keys(data.columns).filter((name) => name !== "picture");
const SORTS = {
  "as in the manifest": null,
  "loudest first": ["peak_dbfs", -1],
  "quietest first": ["peak_dbfs", 1],
  "most clipped first": ["clipped_fraction", -1],
  "least clipped first": ["clipped_fraction", 1],
  "brightest first": ["brightness", -1],
  "darkest first": ["brightness", 1],
  "most active first": ["activity", -1],
  "least active first": ["activity", 1],
  "earliest first": ["recorded_at", 1],
  "latest first": ["recorded_at", -1],
};

function at(name, row) {
  const cells = data.columns[name];
  return Array.isArray(cells) ? cells[row] : cells;
}

const all = Array.from({ length: data.shown }, (_, row) => row);

// Earlier versions did not measure how much stands above the background.
const measured = (row) => at("activity", row) >= 0;
if (!all.some(measured)) {
  for (const name of ["most active first", "least active first"]) delete SORTS[name];
}

const labels = []; // of a row, made when they are first needed

function labelsOf(row) {
  if (labels[row]) return labels[row];
  const label = at("label", row);
  const names = label ? [label] : new Set(at("labels", row).split(";").filter(Boolean));
  labels[row] = [...names];
  if (!labels[row].length) labels[row] = [""];
  return labels[row];
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
function said(name, row) {
  if (name === "activity" && !measured(row)) return "–";
  return at(name, row) ?? (name === "peak_dbfs" ? "-inf" : "–");
}
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
  return at("picture", row) ?? data.base + path;
}

let order = []; // the rows that are shown, as they are shown
const texts = []; // what a row is searched in, made when it is first needed

function chosenRows() {
  const label = $("label").value;
  const split = $("split").value;
  const words = $("text").value.toLowerCase().split(/\s+/).filter(Boolean);
  const passes = MARKS[$("mark").value];
  const rows = [];
  for (let row = 0; row < data.shown; row += 1) {
    if (label !== "" && !labelsOf(row).includes(label.slice(1))) continue;
    if (split !== "" && at("split", row) !== split.slice(1)) continue;
    if (!passes(row) || !isInChosenHour(row)) continue;
    if (words.length) {
      texts[row] ??= ["file_name", "source", "label", "labels", "split", "warning", "fault"]
        .map((name) => at(name, row)).join("\n").toLowerCase();
      if (!words.every((word) => texts[row].includes(word))) continue;
    }
    rows.push(row);
  }
  const sort = SORTS[$("sort").value];
  if (sort) {
    const [name, sign] = sort;
    const key = (row) => {
      // What is not known is the last in both orders.
      if (name === "activity" && !measured(row)) return Infinity;
      if (name === "recorded_at") return sign * momentOf(row) || Infinity;
      return sign * (at(name, row) ?? -Infinity); // silence has a peak of -inf dB
    };
    rows.sort((a, b) => (key(a) === key(b) ? a - b : key(a) - key(b)));
  }
  return rows;
}

// What images can be together under, by a name for each; the empty one comes first.
const GROUPS = {
  "label": {
    namesOf: (row) => ($("label").value === "" ? labelsOf(row) : [$("label").value.slice(1)]),
    say: named,
  },
  "day": { namesOf: (row) => [dayOf(row)], say: (day) => day || "(no time)" },
  "hour of day": { namesOf: (row) => [hourOf(row)], say: (hour) => (hour ? `${hour}:00` : "(no time)") },
  "place": { namesOf: (row) => [placeOf(row)], say: (place) => place || "(no place)" },
  "recorder": { namesOf: (row) => [deviceOf(row)], say: (device) => device || "(unknown)" },
  "nothing": null,
};

// A row with several labels is under each of them, unless one is chosen.
function groupsOf(rows) {
  const group = GROUPS[$("group").value];
  if (!group) return [["", rows]];
  const groups = new Map();
  for (const row of rows) {
    for (const name of group.namesOf(row)) {
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push(row);
    }
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, members]) => [group.say(name), members]);
}
