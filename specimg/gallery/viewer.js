// One image at full size, with its row.

let place = 0; // in order

function view(index) {
  place = Math.min(Math.max(index, 0), order.length - 1);
  const row = order[place];
  const [width, height] = [at("width", row), at("height", row)];
  if (!$("viewer").open) {
    $("viewer").showModal();
    $("viewer").focus(); // rather than its first button
  }
  const room = Math.min((innerWidth - 90) / width, (innerHeight * 0.6) / height);
  // In whole pixels; or smaller, where a screen has several to one of the page.
  const fits = room < 1 && room * devicePixelRatio >= 1;
  const scale = fits ? room : Math.max(1, Math.floor(room));
  $("frame").style.setProperty("--image-width", `${width * scale}px`);
  $("frame").style.setProperty("--image-height", `${height * scale}px`);
  $("frame").hidden = at("fault", row) !== "";
  $("image").src = at("fault", row) ? "data:," : address(row);
  $("image").alt = at("file_name", row);
  $("scroll").querySelector(".boxes")?.remove();
  const boxes = makeBoxes(row);
  if (boxes) $("image").after(boxes);
  $("high").textContent = hertz(data.fmax ?? at("sr", row) / 2);
  $("low").textContent = hertz(data.fmin);
  const [first, last] = $("time").children;
  first.textContent = seconds(at("start", row));
  last.textContent = seconds(at("end", row) + at("pad_seconds", row));
  $("fault").textContent = at("fault", row);
  $("place").textContent = `${(place + 1).toLocaleString("en")} of ${order.length.toLocaleString("en")}`;
  offerSound(row);
  $("row").replaceChildren();
  for (const name of COLUMNS) {
    if (name !== "fault" || at(name, row)) addRow($("row"), [name, said(name, row)]);
  }
}

// What is heard in the image, and the whole recording.
function offerSound(row) {
  const name = data.sounds[row] ?? "";
  const slowdown = /_(\d+)x\.flac$/.exec(name)?.[1];
  $("sound").pause();
  $("sound").hidden = !name;
  if (name) $("sound").src = data.sounds_base + name;
  else $("sound").removeAttribute("src");
  $("slowed").textContent = slowdown ? `${slowdown} times slower` : "";
  const address = data.recordings[at("source", row)];
  $("recording").hidden = !address;
  if (address) $("recording").href = address;
}

function refocus() {
  const inside = ({ first, rows }) => first <= place && place < first + rows.length;
  const part = [...document.querySelectorAll(".window")].find(inside);
  if (!part) return;
  fill(part);
  part.querySelector(`[data-place="${place}"]`).focus();
}

const STEPS = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1, Home: -Infinity, End: Infinity };
