/* A table of typed rows: what the charge items and the list behind them have in common. Knows no bill. */
const rowsIn = (body, { columns, idle, most }) => {
  // A column: { name, label, kind }. kind: "num", "text"; "shown" is not typed; "aside" is typed, but Enter passes it by.
  const typed = columns.filter((one) => one.kind !== "shown");
  const cell = (row, name) => row.querySelector(`[data-cell="${name}"]`);

  function make(column) {
    const td = document.createElement("td");
    td.dataset.label = column.label;
    if (column.kind === "shown") { td.className = "plain"; td.dataset.shown = column.name; return td; }
    const input = document.createElement("input");
    input.className = column.kind === "num" ? "in num" : "in";
    input.dataset.cell = column.name;
    if (column.kind === "num") input.inputMode = "decimal";
    if (column.kind === "aside") input.dataset.aside = "";
    if (column.longest) input.maxLength = column.longest;
    input.autocomplete = "off";
    td.append(input);
    return td;
  }

  /* A new row, at the end or after another; none where the table is full. */
  function add(after = null) {
    if (body.rows.length >= most) return null;
    const row = document.createElement("tr"), head = document.createElement("td");
    head.className = "plain num muted";
    row.append(head, ...columns.map(make));
    after ? after.after(row) : body.append(row);
    number();
    return row;
  }

  function number() {
    [...body.rows].forEach((row, place) => {
      row.cells[0].textContent = place + 1;
      for (const one of typed) cell(row, one.name).setAttribute("aria-label", `第 ${place + 1} 行 ${one.label}`);
    });
  }

  /* Nothing was typed into it; what is there before anybody types does not count. */
  const isEmpty = (row) => typed.every((one) => idle.includes(one.name) || !cell(row, one.name).value.trim());
  const counted = () => [...body.rows].filter((row) => !isEmpty(row));
  const firstEmpty = () => [...body.rows].find(isEmpty) || add();

  const read = (row) => Object.fromEntries(typed.map((one) => [one.name, cell(row, one.name).value.trim()]));

  function fill(row, values) {
    for (const one of typed) cell(row, one.name).value = values[one.name] || "";
  }

  /* Cells copied out of a spreadsheet, from this one to the right and down; the rows that were filled. */
  function paste(row, name, text) {
    const first = typed.findIndex((one) => one.name === name), filled = [];
    for (const line of text.replace(/\r/g, "").replace(/\n+$/, "").split("\n")) {
      if (!row) break;
      line.split("\t").slice(0, typed.length - first).forEach((value, place) => { cell(row, typed[first + place].name).value = value.trim(); });
      filled.push(row);
      row = row.nextElementSibling || add();
    }
    return filled;
  }

  return { body, typed, cell, add, number, isEmpty, counted, firstEmpty, read, fill, paste };
};
