// When and where: by the clock of the recorder, as it is written, whatever its zone.

// "2019-05-22T17:00:00+10:00" has its day in 10 characters, and its hour in 2.
const timeOf = (row) => at("recorded_at", row) ?? "";
const dayOf = (row) => timeOf(row).slice(0, 10);
const hourOf = (row) => timeOf(row).slice(11, 13);

function momentOf(row) {
  const clock = /^[^T]+T[\d:]+(\.\d{1,3})?/.exec(timeOf(row));
  return clock ? Date.parse(`${clock[0]}Z`) : NaN;
}

function placeOf(row) {
  const [latitude, longitude] = [at("latitude", row), at("longitude", row)];
  return latitude && longitude ? `${(+latitude).toFixed(4)}, ${(+longitude).toFixed(4)}` : "";
}

function deviceOf(row) {
  return [at("recorder", row), at("device_id", row)].filter(Boolean).join(" ");
}

const timed = all.filter((row) => timeOf(row));

// What cannot tell images from each other is not offered.
for (const [name, of] of Object.entries({
  "day": dayOf, "hour of day": hourOf, "place": placeOf, "recorder": deviceOf,
})) {
  if (!all.some(of)) delete GROUPS[name];
}
if (!timed.length) {
  for (const name of ["earliest first", "latest first"]) delete SORTS[name];
}

const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, "0"));
const MOST_DAYS = 400; // of more, a line is a month
let chosenHour = ""; // a line and an hour, such as "2019-05-22 17"

const lineOf = (() => {
  const length = new Set(timed.map(dayOf)).size > MOST_DAYS ? 7 : 10;
  return (row) => dayOf(row).slice(0, length);
})();
const cellOf = (row) => `${lineOf(row)} ${hourOf(row)}`;
const isInChosenHour = (row) => !chosenHour || cellOf(row) === chosenHour;

// A line for each day that has images, a column for each hour: how much is heard then.
function showTimes() {
  $("times-part").hidden = !timed.length;
  if (!timed.length) return;
  const cells = new Map();
  for (const row of timed) {
    const cell = cells.get(cellOf(row)) ?? { images: 0, measured: 0, activity: 0 };
    cell.images += 1;
    if (measured(row)) {
      cell.measured += 1;
      cell.activity += at("activity", row);
    }
    cells.set(cellOf(row), cell);
  }
  const byActivity = [...cells.values()].some((cell) => cell.measured);
  const value = (cell) => (byActivity ? cell.activity / Math.max(cell.measured, 1) : cell.images);
  const most = Math.max(...[...cells.values()].map(value), 1e-9);
  const unknown = all.length - timed.length;
  $("times-note").textContent = [
    `The stronger the color, the more ${byActivity ? "activity" : "images"}.`,
    "By the clocks of the recorders; a click shows one hour.",
    unknown ? `${plural(unknown, "image")} without a time.` : "",
  ].filter(Boolean).join(" ");
  addRow($("times"), ["", ...HOURS], "th");
  for (const line of [...new Set(timed.map(lineOf))].sort()) {
    const row = addRow($("times"), [line]);
    for (const hour of HOURS) {
      const cell = cells.get(`${line} ${hour}`);
      const place = make("td");
      row.append(place);
      if (!cell) continue;
      const button = make("button");
      button.type = "button";
      button.dataset.hour = `${line} ${hour}`;
      button.style.setProperty("--share", value(cell) / most);
      const activity = cell.measured ? `, activity ${(cell.activity / cell.measured).toFixed(4)}` : "";
      button.title = `${line} ${hour}:00, ${plural(cell.images, "image")}${activity}`;
      button.ariaLabel = button.title;
      button.addEventListener("click", () => {
        chosenHour = chosenHour === button.dataset.hour ? "" : button.dataset.hour;
        for (const one of $("times").querySelectorAll("button")) {
          one.classList.toggle("chosen", one.dataset.hour === chosenHour);
        }
        layOut();
      });
      place.append(button);
    }
  }
}
