// What the page says of the folder as a whole.

const COLORS = ["red", "green", "blue"];

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
  if (data.boxes?.left_out) notes.push(`Some images have more boxes than are drawn: ${data.boxes.left_out.toLocaleString("en")} are left out.`);
  $("notes").textContent = notes.join(" ");
  if (data.faults) $("alert").textContent = `${plural(data.faults, "image")} missing or damaged: see specimg verify.`;
  $("settings").textContent = data.settings;
  showLabels();
  showChannels();
  showFailures();
}

function showLabels() {
  const averaged = data.labels.filter((label) => label.mean);
  if (averaged.length) {
    const which = averaged.length < data.labels.length ? "The most frequent, each" : "Each";
    const sizes = averaged.some((label) => label.sizes > 1) ? ": of those that have its most frequent size" : "";
    $("labels-note").textContent = `${which} with the mean of its images${sizes}.`;
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

function addOptions(select, options) {
  for (const [value, text] of options) {
    const option = make("option", text);
    option.value = value;
    select.append(option);
  }
}
