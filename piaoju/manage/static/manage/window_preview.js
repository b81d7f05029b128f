/* The face as it will be printed: a picture that the server draws of the draft it keeps, page by page. */
const preview = (() => {
  const { start, by } = sheet;
  let page = 1, pages = 1, drawn = 0, number = "", shown = "";

  function address() {
    drawn += 1; // the same draft looks different after every change
    return `${start.preview}?${new URLSearchParams({ unit: start.unit, bill_type: sheet.billType(), number, page, drawn })}`;
  }

  function draw() {
    page = Math.min(Math.max(page, 1), pages);
    const source = address();
    for (const id of ["face", "enlarged-face"]) {
      const picture = by(id).querySelector("img");
      if (id === "face" || by("enlarged").open) picture.src = source;
      picture.alt = pages > 1 ? `票面预览，第 ${page} 页，共 ${pages} 页` : "票面预览";
      const turn = by(id).querySelector(".turn");
      turn.hidden = pages < 2;
      turn.querySelector("span").textContent = `第 ${page} 页，共 ${pages} 页`;
    }
  }

  /* The draft as it is kept now, of so many pages. */
  function show(found) {
    pages = found;
    number = shown = sheet.number();
    say("");
    draw();
  }

  /* Nothing is typed: the form of the bill type. */
  function blank() {
    const form = `form of ${sheet.billType()}`;
    if (shown === form) return;
    page = pages = 1;
    number = "";
    shown = form;
    say("");
    draw();
  }

  function say(words) { by("face-said").textContent = words; by("face").classList.toggle("behind", words !== ""); }

  function enlarge() { by("enlarged").showModal(); draw(); }

  document.querySelectorAll("[data-turn]").forEach((button) => button.addEventListener("click", () => { page += Number(button.dataset.turn); draw(); }));
  by("enlarged").addEventListener("keydown", (event) => {
    const step = { PageDown: 1, PageUp: -1 }[event.key];
    if (step) { event.preventDefault(); page += step; draw(); }
  });
  by("face").querySelector("img").addEventListener("error", () => say("现在取不到票面，继续填写不受影响"));

  return { show, blank, say, enlarge };
})();
