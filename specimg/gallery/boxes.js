// Boxes over the images: around what is heard, with what it is.

const BOX_CELLS = 5; // number of the label, x, y, width, height

function makeBoxes(row) {
  const cells = data.boxes?.rows[row] ?? [];
  if (!cells.length || at("fault", row)) return null;
  const layer = make("span", "", "boxes");
  const share = (value, name) => `${100 * value / at(name, row)}%`;
  for (let i = 0; i < cells.length; i += BOX_CELLS) {
    const [number, x, y, width, height] = cells.slice(i, i + BOX_CELLS);
    const label = data.boxes.labels[number];
    const box = make("span", "", "box");
    box.title = label;
    // One color a label, and neighbors far apart.
    box.style.setProperty("--hue", Math.round(180 + number * 137.5) % 360);
    box.style.left = share(x, "width");
    box.style.top = share(y, "height");
    box.style.width = share(width, "width");
    box.style.height = share(height, "height");
    box.append(make("span", label, "tag"));
    layer.append(box);
  }
  return layer;
}

// There is a switch above the images, and one beside the image that is open.
function offerBoxes() {
  const switches = [...document.querySelectorAll(".boxes-switch input")];
  const apply = (drawn) => {
    for (const one of switches) one.checked = drawn;
    document.body.classList.toggle("bare", !drawn);
  };
  for (const one of switches) {
    one.parentElement.hidden = !data.boxes;
    one.addEventListener("change", () => apply(one.checked));
  }
  apply(switches[0].checked);
}
