function listen() {
  for (const id of ["label", "split", "mark", "sort", "group"]) $(id).addEventListener("change", layOut);
  $("text").addEventListener("input", layOut);
  $("tools").addEventListener("submit", (event) => event.preventDefault());
  $("main").addEventListener("click", (event) => {
    const cell = event.target.closest(".cell");
    if (cell) view(Number(cell.dataset.place));
  });
  $("viewer").addEventListener("keydown", (event) => {
    if (event.key === " " && event.target === $("viewer") && !$("sound").hidden) {
      event.preventDefault();
      if ($("sound").paused) $("sound").play();
      else $("sound").pause();
    }
    if (event.target === $("sound")) return; // arrows move in time there
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    view(place + step);
  });
  $("previous").addEventListener("click", () => view(place - 1));
  $("next").addEventListener("click", () => view(place + 1));
  $("close").addEventListener("click", () => $("viewer").close());
  $("viewer").addEventListener("close", () => {
    $("sound").pause();
    refocus();
  });
  let width = innerWidth;
  addEventListener("resize", () => {
    // A phone's address bar changes the height alone, all the time.
    if (innerWidth === width) return;
    width = innerWidth;
    layOut();
  });
}

$("labels-part").open = innerWidth > 640; // on a phone, images come first
showHeader();
addOptions($("label"), [["", "all"], ...data.labels.map(({ label }) => [`=${label}`, named(label)])]);
addOptions($("split"), [["", "all"], ...data.splits.map((split) => [`=${split}`, split || "(no split)"])]);
$("split").parentElement.hidden = !data.splits.length;
addOptions($("mark"), Object.keys(MARKS).map((name) => [name, name]));
addOptions($("sort"), Object.keys(SORTS).map((name) => [name, name]));
addOptions($("group"), Object.keys(GROUPS).map((name) => [name, name]));
showTimes();
listen();
offerBoxes();
layOut();
