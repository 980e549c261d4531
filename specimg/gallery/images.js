// The images: windows of a few lines each, filled while they are near the screen.

const ROWS_A_WINDOW = 8;
const TAIL = 10; // characters of a name that are always shown

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
  const chosen = chosenRows();
  const groups = groupsOf(chosen);
  order = groups.flatMap(([, rows]) => rows);
  let before = 0; // images on the page above
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
      part.first = before + first;
      part.style.height = height(Math.ceil(part.rows.length / columns));
      section.append(part);
      near.observe(part);
    }
    before += rows.length;
    return section;
  });
  $("main").replaceChildren(...sections);
  $("chosen").textContent = chosen.length === data.shown
    ? plural(data.shown, "image") : `${chosen.length.toLocaleString("en")} of ${plural(data.shown, "image")}`;
  for (const button of $("labels").querySelectorAll("button")) {
    button.classList.toggle("chosen", $("label").value === `=${button.dataset.label}`);
  }
}

function fill(part) {
  if (!part.firstChild) part.append(...part.rows.map((row, index) => makeCell(row, part.first + index)));
}

function makeCell(row, position) {
  const cell = make("button", "", "cell");
  cell.type = "button";
  cell.dataset.row = row;
  cell.dataset.place = position;
  const image = make("img");
  image.loading = "lazy";
  image.decoding = "async";
  image.alt = "";
  const width = `min(100%, ${thumb * at("width", row) / at("height", row)}px)`;
  image.style.width = width;
  if (!at("fault", row)) image.src = address(row);
  const time = `${+at("start", row).toFixed(3)}–${seconds(at("end", row))}`;
  const start = make("span", time, "quiet");
  const [sorted] = SORTS[$("sort").value] ?? [];
  if (sorted === "recorded_at") start.append(` · ${timeOf(row).slice(0, 16).replace("T", " ") || "no time"}`);
  else if (sorted) start.append(` · ${sorted} ${said(sorted, row)}`);
  const problem = at("fault", row) || at("warning", row) || (at("silent", row) ? "silent" : "");
  if (problem) start.append(" ", make("span", problem, "alert"));
  cell.title = [at("source", row), labelsOf(row).join(", "), problem].filter(Boolean).join("\n");
  const source = at("source", row).split("/").at(-1); // its folder is the label
  const name = make("span", "", "name");
  name.append(make("span", source.slice(0, -TAIL)), make("span", source.slice(-TAIL)));
  cell.append(image, name, start);
  const boxes = makeBoxes(row);
  if (boxes) {
    boxes.style.width = width;
    boxes.ariaHidden = "true"; // the labels are in the title
    cell.append(boxes);
  }
  return cell;
}
