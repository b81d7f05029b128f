/* What the pages do beyond reading: count the chosen rows, print, send once, keep the focus. Without it every page still reads. */
document.documentElement.classList.add("scripting");

document.addEventListener("alpine:init", () => {
  Alpine.data("chosen", () => ({
    init() { this.count(); this.$el.addEventListener("reset", () => setTimeout(() => this.count())); },
    ticks() { return [...this.$root.querySelectorAll("input[name=chosen]")]; },
    all(event) { this.ticks().forEach((tick) => { tick.checked = event.target.checked; }); this.count(); },
    count() {
      const ticks = this.ticks(), on = ticks.filter((tick) => tick.checked);
      ticks.forEach((tick) => tick.closest("tr").setAttribute("aria-selected", tick.checked));
      const number = this.$root.querySelector("[data-number]");
      if (!number) return;
      number.textContent = on.length.toLocaleString("zh-CN");
      const sums = on.filter((tick) => tick.dataset.fen !== undefined);
      const fen = sums.reduce((sum, tick) => sum + BigInt(tick.dataset.fen), 0n);
      this.$root.querySelector("[data-sum]").textContent = yuan(fen);
      this.$root.querySelector("[data-sum-part]").hidden = sums.length === 0;
      const all = this.$root.querySelector("[data-all]");
      if (all) { all.checked = on.length > 0 && on.length === ticks.length; all.indeterminate = on.length > 0 && on.length < ticks.length; }
    },
  }));
  Alpine.data("adding", () => ({
    init() { this.add(); },
    add() {
      const on = [...this.$root.querySelectorAll("input:checked")];
      const fen = on.reduce((sum, tick) => sum + BigInt(tick.dataset.fen), 0n);
      this.$root.querySelector(".added").textContent = on.length ? `已选 ${on.length} 行，合计 ${yuan(fen)} 元` : "";
    },
  }));
  Alpine.data("printing", () => ({ go() { window.print(); } }));
  Alpine.data("sending", () => ({
    sent: false,
    send(event) {
      if (this.sent) { event.preventDefault(); return; }
      this.sent = true;
      setTimeout(() => { this.sent = false; }, 8000);
    },
    /* A draft that is kept after its form was sent would come back as something not sent. */
    hold(event) { if (this.sent) event.preventDefault(); },
  }));
});

function yuan(fen) {
  const size = fen < 0n ? -fen : fen;
  return (fen < 0n ? "\u2212" : "") + (size / 100n).toLocaleString("en-US") + "." + String(size % 100n).padStart(2, "0");
}

function toProblem() {
  const problem = document.querySelector(".problem[tabindex]");
  if (problem) problem.focus();
  return problem !== null;
}

/* A browser skips autofocus when the address has a fragment. */
window.addEventListener("load", () => setTimeout(() => { if (document.activeElement === document.body) toProblem(); }, 50));
/* After a swap the focus stays where the same control is again, or goes to what is wrong. */
let focused = "";
document.addEventListener("htmx:beforeSwap", () => {
  const here = document.activeElement;
  focused = here && here.id ? `#${here.id}` : here && here.name ? `[name="${here.name}"]` : here && here.getAttribute("rel") ? `[rel="${here.rel}"]` : "";
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "list" && event.target.id !== "main") return;
  if (!toProblem()) { const again = focused && document.querySelector(focused); (again || document.querySelector("h1")).focus({ preventScroll: true }); }
});
