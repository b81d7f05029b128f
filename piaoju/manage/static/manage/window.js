/* The issuing window by keyboard: moving, choosing, keeping, issuing. Values are in window_sheet.js (tables in window_rows.js),
   questions in window_talk.js, the list of items in window_picking.js, templates in window_templates.js, the face in window_preview.js,
   what outlives a tab that is closed while the line is cut in window_sealed.js. */
(() => {
  const { start, by, element, cell } = sheet, lines = sheet.lines.body;
  const QUIET_MS = 700;
  let issuing = false, changed = 0, keptAt = 0, keeping = null, timer = 0, touched = new Set(), shownFaults = [];

  /* what is seen ---------------------------------------------------------------------------------------------- */

  function draw() {
    const total = sheet.total();
    by("total").textContent = `¥ ${money.thousands(total)}`;
    by("in-words").textContent = money.words(total);
    const reviewed = start.review_from_fen !== null && total >= BigInt(start.review_from_fen);
    by("issue-word").textContent = reviewed ? "提交复核并开下一张" : "开具并开下一张";
    by("issue-print").hidden = reviewed;
    drawListFoot(total);
  }

  function drawListFoot(total) {
    const many = sheet.list.counted().length, listed = sheet.listTotal(), over = listed - total * 100n;
    const differs = over === 0n ? "，与票面合计相等" : `，比票面合计${over > 0n ? "多" : "少"} ${money.writtenE4(over > 0n ? over : -over)}`;
    by("list-sum").textContent = many ? `${many} 行，合计 ${money.writtenE4(listed)} 元${differs}` : "";
  }

  function tell(words, link = null) {
    by("window-told").hidden = !words;
    by("window-told").replaceChildren(words || "");
    if (link) by("window-told").append(" ", element("a", { href: link[1], target: "_blank", text: link[0] }));
  }

  function problem(heading, faults, told = null) {
    const box = by("window-problem");
    box.querySelector("h2").textContent = heading;
    box.querySelector("ul").replaceChildren(...faults.map((fault) => {
      const place = fault.pointer ? sheet.at(fault.pointer) : null;
      if (!place) return element("li", { text: fault.detail });
      place.id = place.id || `w-${fault.pointer.replace(/\//g, "-")}`;
      const link = element("a", { href: `#${place.id}`, text: named(place) + fault.detail });
      link.addEventListener("click", (event) => { event.preventDefault(); go(place); });
      return element("li", {}, link);
    }));
    const trace = box.querySelector(".trace");
    trace.hidden = !told || !told.code;
    if (told) [trace.children[0].textContent, trace.children[1].textContent] = [told.code, told.trace_id || ""];
    box.hidden = false;
    tell("");
    box.focus();
  }

  const named = (place) => { const table = sheet.tableOf(place); return table ? `${table === sheet.list ? "清单" : ""}${place.getAttribute("aria-label")}：` : ""; };
  const noProblem = () => { by("window-problem").hidden = true; };

  /* The server's words beside the field they are about; `all`: also where nobody has been yet. */
  function showFaults(faults, all = false) {
    document.querySelectorAll("#window [aria-invalid]").forEach((one) => { one.removeAttribute("aria-invalid"); one.removeAttribute("aria-describedby"); });
    document.querySelectorAll("#window .fault[data-live]").forEach((one) => one.remove());
    for (const id of ["line-faults", "list-faults"]) by(id).replaceChildren();
    shownFaults = faults.filter((fault) => { const place = sheet.at(fault.pointer); return place === null || all || touched.has(place); });
    shownFaults.forEach((fault, number) => {
      const place = sheet.at(fault.pointer), id = `w-fault-${number}`;
      const table = place === null ? sheet.lines : sheet.tableOf(place), inGrid = Boolean(table);
      const words = element(inGrid ? "li" : "p", { class: "fault", id, "data-live": "", text: (place && inGrid ? named(place) : "") + fault.detail });
      if (place) { place.setAttribute("aria-invalid", "true"); place.setAttribute("aria-describedby", id); }
      inGrid ? by(table === sheet.list ? "list-faults" : "line-faults").append(words) : place.after(words);
    });
    if (!by("why-not")) by("left-to-mend").textContent = shownFaults.length ? `还有 ${shownFaults.length} 处要改` : "";
  }

  /* keeping and checking --------------------------------------------------------------------------------------- */

  function change() {
    changed += 1;
    draw();
    clearTimeout(timer);
    timer = setTimeout(settle, QUIET_MS);
  }

  async function settle() {
    if (issuing) return;
    if (start.locked || !sheet.isTyped()) { if (!start.locked) preview.blank(); return; }
    await keep();
    await check();
  }

  function keep() {
    if (keeping) return keeping.then(() => (keptAt < changed ? keep() : undefined));
    const now = changed;
    keeping = talk.post("draft").then(
      (told) => { keptAt = now; sealed.drop(); by("kept").textContent = `草稿已保存 ${told.kept_at}`; by("kept").className = "stamp push"; },
      (error) => notKept(error),
    ).finally(() => { keeping = null; });
    return keeping;
  }

  function notKept(error) {
    if (error instanceof talk.SignedOut) { talk.signedOut(settle); return; }
    by("kept").textContent = error instanceof talk.Away ? "网络断了，内容还在这一页，连上后自动保存" : error.message;
    by("kept").className = "stamp push not-kept";
    if (error instanceof talk.Away) { sealed.keep(); clearTimeout(timer); timer = setTimeout(settle, 3000); }
  }

  async function check() {
    const asked = changed;
    const told = await talk.post("check").catch(() => null);
    if (!told || asked !== changed || issuing) return;
    showFaults(told.errors);
    told.errors.length ? preview.say("改正后更新票面") : preview.show(told.pages);
  }

  /* issuing -------------------------------------------------------------------------------------------------------- */

  async function issue(printing = false) {
    if (issuing || by("issue").disabled || !by("issue").getClientRects().length) return;
    if (document.activeElement.matches("#window input")) leave(document.activeElement);
    if (!sheet.isTyped()) { tell("还没有填写。填交款人和项目后按 F8"); return; }
    issuing = true;
    by("issue").setAttribute("aria-busy", "true");
    clearTimeout(timer);
    if (keeping) await keeping;
    try {
      const told = await talk.post("issue");
      issuing = false;
      done(told, printing);
    } catch (error) {
      issuing = false;
      notIssued(error, printing);
    } finally {
      by("issue").removeAttribute("aria-busy");
    }
  }

  function done(told, printing) {
    noProblem();
    tell(told.words, told.bill ? ["看这张票据", told.bill.page] : null);
    if (printing && told.bill) talk.print(told.bill.print);
    by("facts").replaceChildren(...told.facts.flatMap(([label, value]) => [element("dt", { text: label }), element("dd", { text: value })]));
    fresh(told.next);
  }

  function fresh(next) {
    sealed.drop();
    sheet.clear(next);
    touched = new Set();
    showFaults([]);
    changed = keptAt = 0;
    by("kept").textContent = "";
    start.locked = false;
    history.replaceState(null, "", `${start.address}?${new URLSearchParams({ unit: start.unit, point: start.point })}`);
    draw();
    preview.blank();
    by("w-name").focus();
  }

  function notIssued(error, printing) {
    if (error instanceof talk.SignedOut) { talk.signedOut(() => tell("已经登录。内容没有变，按 F8 开具")); return; }
    if (error instanceof talk.Away) {
      sealed.keep();
      problem("网络断了，不知道这一张是否已经开出", [{ pointer: "", detail: "内容还在这一页。连上后再按 F8：没有开出的会开出，已经开出的不会开第二张" }]);
      return;
    }
    if (error.told.already) {
      const { already, next } = error.told;
      fresh(next);
      tell(`上一张改动以前已经开出，号码 ${already.number}，没有再开。要更正请冲红后重开`, ["看这张票据", already.page]);
      return;
    }
    const faults = error.told.errors && error.told.errors.length ? error.told.errors : [{ pointer: "", detail: error.told.detail }];
    showFaults(faults, true);
    problem(`有 ${faults.length} 处需要改正`, faults, error.told);
  }

  /* moving ----------------------------------------------------------------------------------------------------------- */

  const stops = () => [...document.querySelectorAll("#window input, #window select")].filter((one) => one.type !== "checkbox" && !one.readOnly && !("aside" in one.dataset) && one.getClientRects().length > 0);

  function go(place) {
    if (!place) return;
    const behind = place.closest("details");
    if (behind) behind.open = true;
    place.focus();
    if (place.select) place.select();
  }

  function move(from, step) {
    const all = stops(), next = nextOf(all, from, step), table = sheet.tableOf(from);
    if (step < 0 || !table || table.body.lastElementChild !== from.closest("tr") || (next && from.closest("tr").contains(next))) { go(next); return; }
    if (table === sheet.list) startListRow(from.closest("tr")); else go(cell(sheet.addLine() || from.closest("tr"), "item_code"));
  }

  /* The stop before or behind a place; a place that is none itself (a remark) counts by where it stands. */
  function nextOf(all, from, step) {
    if (all.includes(from)) return all[all.indexOf(from) + step];
    const behind = all.findIndex((one) => from.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING);
    return step > 0 ? all[behind] : all[(behind < 0 ? all.length : behind) - 1];
  }

  function removeRow(row) {
    const table = sheet.tableOf(row), next = row.nextElementSibling || row.previousElementSibling;
    row.remove();
    table.number();
    if (table === sheet.lines) go(cell(next || sheet.addLine(), "item_code"));
    else if (next) go(cell(next, "name"));
    else by("total").focus();
    change();
  }

  function addRow() {
    const row = rowHere();
    if (row && sheet.tableOf(row) === sheet.list) startListRow(row);
    else go(cell(sheet.addLine(row) || lines.rows[0], "item_code"));
  }

  function toItems() {
    const empty = [...lines.rows].find(sheet.isEmpty) || sheet.addLine();
    go(cell(empty, "item_code"));
    picking.open(cell(empty, "item_code"), true);
  }

  /* 清单: of the item one is at, else of the one before. */
  function toList() {
    by("list-panel").classList.add("used");
    const row = rowHere(), at = row && sheet.tableOf(row) === sheet.lines ? cell(row, "item_code").value.trim() : "";
    const empty = sheet.list.firstEmpty();
    if (empty) startListRow(empty.previousElementSibling, at, empty);
  }

  function startListRow(before, item = "", row = sheet.list.add(before)) {
    if (!row) { tell("清单一张票最多 1,000 行。更多的请用批量或接口开具"); return; }
    const own = cell(row, "related_item_code"), charged = sheet.lines.counted();
    own.value = own.value || item || (before ? cell(before, "related_item_code").value : charged.length === 1 ? cell(charged[0], "item_code").value : "");
    go(cell(row, "name"));
  }

  /* Where nothing limits the price only the amount is asked for; a sum such as 12.5*18 gives the quantity as well. */
  const picking = picker((input, item) => {
    touched.add(input);
    change();
    go(cell(input.closest("tr"), item.least === null && item.most === null ? "amount" : "quantity"));
  });

  const kept = templates((one) => {
    const body = sheet.body();
    if (one.bill_type && one.bill_type !== body.bill_type) { sheet.field("/bill_type").value = one.bill_type; sheet.drawOwn(); learn(); }
    if (one.pay_mode) sheet.field("/pay_mode").value = one.pay_mode;
    sheet.writeLines(one.lines);
    change();
    go(sheet.field("/payer/name").value ? cell(lines.rows[0], "quantity") : by("w-name"));
  });

  /* keys ----------------------------------------------------------------------------------------------------------------- */

  async function lastPayer() {
    try {
      const { last } = await talk.get(start.last_payer, { unit: start.unit });
      if (!last) { tell("这几天你还没有在这里开过票，没有上一交款人"); return; }
      const body = sheet.body();
      sheet.write({ ...body, payer: last.payer, extension: last.bill_type === body.bill_type ? last.extension : body.extension, checker: body.checker || last.checker });
      tell("");
      change();
      toItems();
      picking.close();
    } catch (error) {
      if (error instanceof talk.SignedOut) talk.signedOut(); else tell(error.message || "网络断了，取不到上一交款人");
    }
  }

  function giveUp() {
    if (!sheet.isTyped()) return;
    by("give-up").showModal();
  }

  const rowHere = () => document.activeElement.closest("#lines tr, #list tr");
  const KEYS = {
    F1: () => by("all-keys").showModal(),
    F2: addRow,
    F3: lastPayer,
    F4: toItems,
    F5: toList,
    F6: kept.show,
    F7: () => { if (sheet.isTyped()) { changed += 1; keep(); } else tell("还没有填写，没有草稿可存"); },
    F8: () => issue(false),
    F9: () => issue(!by("issue-print").hidden),
    F10: preview.enlarge,
  };

  function press(event) {
    if (event.isComposing || event.keyCode === 229) return;
    const open = document.querySelector("dialog[open]");
    if (open) {
      if (open.id === "templates" && /^[1-9]$/.test(event.key) && event.target.id !== "template-name") { event.preventDefault(); kept.use(Number(event.key) - 1); }
      else if (KEYS[event.key]) event.preventDefault();
      return;
    }
    if (KEYS[event.key] && !event.ctrlKey && !event.altKey && !event.metaKey) { event.preventDefault(); KEYS[event.key](); return; }
    if (event.ctrlKey && event.key === "Delete") { const row = rowHere(); if (row) { event.preventDefault(); removeRow(row); } return; }
    if (event.key === "Escape") { event.preventDefault(); picking.isOpen() ? picking.close() : giveUp(); return; }
    if (event.target.id === "window-problem" && event.key === "Enter" && shownFaults.length) { event.preventDefault(); go(sheet.at(shownFaults[0].pointer)); return; }
    if (event.target.id === "total" && event.key === "Enter") { event.preventDefault(); issue(false); return; }
    if (event.target.matches("#window input:not([type=checkbox]), #window select")) inField(event);
  }

  function inField(event) {
    const input = event.target, row = input.closest("tr"), isCode = input.dataset.cell === "item_code";
    if (picking.isAt(input) && picking.press(event)) {
      event.preventDefault();
    } else if (row && ["ArrowDown", "ArrowUp"].includes(event.key)) {
      const other = event.key === "ArrowDown" ? row.nextElementSibling : row.previousElementSibling;
      if (other) { event.preventDefault(); go(cell(other, input.dataset.cell)); }
    } else if (event.key === "Enter" && !event.ctrlKey && !event.altKey) {
      event.preventDefault();
      if (event.shiftKey) { picking.close(); move(input, -1); }
      else if (isCode && !input.value.trim()) { picking.close(); by("total").focus(); }
      else if (input.dataset.cell === "name" && sheet.list.isEmpty(row)) { row.remove(); sheet.list.number(); by("total").focus(); change(); }
      else if (isCode && picking.isAt(input) && picking.hasFound()) picking.take();
      else if (isCode && !sheet.itemOf(row)) picking.open(input);
      else { leave(input); move(input, 1); }
    }
  }

  /* A field was left: what follows from it is reckoned, and its faults may be said. */
  function leave(input) {
    const row = input.closest("tr");
    touched.add(input);
    const table = sheet.tableOf(input);
    if (table === sheet.list) sheet.reckonListRow(row, input.dataset.cell);
    else if (table) { if (input.dataset.cell === "item_code") sheet.show(row); else sheet.reckonLine(row, input.dataset.cell); }
    change();
  }

  /* Cells copied from a spreadsheet. A single value is pasted as everywhere. */
  function paste(event) {
    const table = sheet.tableOf(event.target), text = event.clipboardData.getData("text/plain");
    if (!table || !event.target.dataset.cell || !/[\t\n]/.test(text.trim())) return;
    event.preventDefault();
    for (const row of table.paste(event.target.closest("tr"), event.target.dataset.cell, text)) {
      if (table === sheet.list) { if (!cell(row, "amount").value) sheet.reckonListRow(row, "quantity"); continue; }
      sheet.show(row);
      if (!cell(row, "quantity").value) cell(row, "quantity").value = "1";
      if (!cell(row, "amount").value) sheet.reckonLine(row, "quantity");
    }
    picking.close();
    change();
  }

  /* What was typed while the line was cut, in a tab that is closed. */
  async function bringBack() {
    const left = await sealed.found();
    if (!left || sheet.isTyped()) return;
    sheet.clear(left.number);
    sheet.write(left.body);
    tell("断网时填写的一张已填回。请核对后开具");
    learn();
    change();
  }

  async function learn() {
    const kind = sheet.billType();
    try {
      const told = await talk.get(start.items, { unit: start.unit, bill_type: kind });
      if (told.bill_type === sheet.billType()) { sheet.know(told.items); draw(); if (document.activeElement.dataset.cell === "item_code") picking.open(document.activeElement); }
    } catch (error) {
      if (error instanceof talk.SignedOut) { talk.signedOut(learn); return; }
      by("items-known").textContent = error instanceof talk.Away ? "网络断了，取不到可收项目" : error.message;
      if (error instanceof talk.Away) setTimeout(learn, 3000);
    }
  }

  /* beginning -------------------------------------------------------------------------------------------------------------- */

  document.addEventListener("keydown", press);
  document.querySelectorAll("[data-key]").forEach((button) => button.addEventListener("click", () => KEYS[button.dataset.key]()));
  document.querySelectorAll("dialog [data-close]").forEach((button) => button.addEventListener("click", () => button.closest("dialog").close()));
  by("give-up-now").addEventListener("click", () => { by("give-up").close(); sealed.drop(); changed = keptAt = 0; location.assign(`${start.address}?${new URLSearchParams({ unit: start.unit, point: start.point })}`); });
  by("window").addEventListener("input", (event) => { if (event.target.dataset.cell === "item_code" && !event.isComposing) picking.open(event.target); change(); });
  by("window").addEventListener("compositionend", (event) => { if (event.target.dataset.cell === "item_code") picking.open(event.target); });
  by("window").addEventListener("focusout", (event) => { if (event.target.matches("input, select")) leave(event.target); if (picking.isAt(event.target)) picking.close(); });
  by("window").addEventListener("paste", paste);
  by("window").addEventListener("submit", (event) => event.preventDefault());
  by("w-type").addEventListener("change", () => { sheet.drawOwn(); learn(); change(); });
  window.addEventListener("beforeunload", (event) => { if (changed > keptAt && sheet.isTyped() && !start.locked) event.preventDefault(); });

  sheet.drawOwn();
  sheet.field("/checker").value = start.checker;
  start.body ? sheet.write(start.body) : sheet.addLine();
  if (by("w-sends")) by("w-sends").checked = start.sends;
  draw();
  start.body ? check() : preview.blank();
  learn();
  by("w-name").focus();
  if (!start.body) bringBack();
})();
