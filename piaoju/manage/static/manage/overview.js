/* Charts beside their tables, the switch 图 | 表, and figures that follow. Without it the tables stand alone. */
(() => {
  const css = getComputedStyle(document.documentElement);
  const colour = (name) => css.getPropertyValue(name).trim();
  const font = { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12, color: colour("--ink-2") };
  const charts = [];
  const still = { animation: false, textStyle: font, aria: { enabled: false } };
  const axis = { axisLine: { lineStyle: { color: colour("--ink-3") } }, axisTick: { show: false }, axisLabel: { ...font }, splitLine: { lineStyle: { color: colour("--line") } } };

  const kinds = {
    rate(read) {
      const rates = read.units.map((units, i) => (units ? (100 * read.online[i]) / units : null));
      const last = rates.length - 1;
      return {
        grid: { left: 44, right: 64, top: 28, bottom: 28 },
        xAxis: { type: "category", data: read.days, ...axis, splitLine: { show: false } },
        yAxis: { type: "value", name: "%", nameTextStyle: font, min: 0, max: 100, ...axis },
        series: [{
          type: "line", data: rates, symbol: "circle", symbolSize: 5, lineStyle: { width: 2, color: colour("--accent") }, itemStyle: { color: colour("--accent") },
          endLabel: { show: rates[last] !== null, formatter: () => `${rates[last].toFixed(1)}%`, color: colour("--ink"), fontWeight: 600 },
        }],
      };
    },
    flow(read) {
      const unit = scale([...read.now, ...read.was]);
      const shown = (fens) => fens.map((fen) => (fen === null ? null : fen / unit.fen));
      const now = shown(read.now), last = now.reduce((at, value, i) => (value === null ? at : i), -1);
      return {
        grid: [{ left: 60, right: 72, top: 28, bottom: 84 }, { left: 60, right: 72, height: 32, bottom: 24 }],
        xAxis: [
          { type: "category", data: read.labels, ...axis, splitLine: { show: false } },
          { type: "category", gridIndex: 1, data: read.labels, ...axis, axisLabel: { show: false }, splitLine: { show: false } },
        ],
        yAxis: [
          { type: "value", name: unit.name, nameTextStyle: font, ...axis },
          { type: "value", gridIndex: 1, name: "冲红", nameLocation: "middle", nameRotate: 0, nameGap: 24, nameTextStyle: font, ...axis, axisLabel: { show: false }, splitLine: { show: false } },
        ],
        series: [
          { type: "line", data: shown(read.was), symbol: "none", lineStyle: { width: 1.5, type: "dashed", color: colour("--field") } },
          {
            type: "line", data: now, symbol: "none", lineStyle: { width: 2, color: colour("--accent") }, itemStyle: { color: colour("--accent") }, areaStyle: { color: colour("--tint"), opacity: 1 },
            markPoint: last < 0 ? undefined : { symbol: "circle", symbolSize: 8, data: [{ coord: [last, now[last]] }], label: { show: true, position: "right", formatter: () => now[last].toFixed(2), color: colour("--ink"), fontWeight: 600 } },
          },
          { type: "bar", xAxisIndex: 1, yAxisIndex: 1, data: read.red, barWidth: "45%", itemStyle: { color: colour("--seal") } },
        ],
      };
    },
  };

  function scale(fens) {
    const most = Math.max(0, ...fens.filter((fen) => fen !== null).map(Math.abs));
    if (most >= 1e10) return { fen: 1e10, name: "亿元" };
    if (most >= 1e6) return { fen: 1e6, name: "万元" };
    return { fen: 100, name: "元" };
  }

  async function map(place, shapes) {
    const answer = await fetch(place.dataset.map, { credentials: "same-origin" });
    if (!answer.ok) return;
    const drawn = await answer.json();
    drawn.features.forEach((one) => { one.properties.name = String(one.properties.code); });
    echarts.registerMap("boundary", drawn);
    const chart = echarts.init(place, null, { renderer: "canvas" });
    charts.push(chart);
    const step = { b0: "#ffffff", b1: colour("--s1"), b2: colour("--s2"), b3: colour("--s3"), b4: colour("--s4"), b5: colour("--s5") };
    chart.setOption({ ...still, series: [{
      type: "map", map: "boundary", roam: false, selectedMode: false,
      data: Object.entries(shapes).map(([code, one]) => ({ name: code, itemStyle: { areaColor: step[one.step], borderColor: colour("--line-2") } })),
      emphasis: { label: { show: true, formatter: (of) => (shapes[of.name] ? `${shapes[of.name].name} ${shapes[of.name].rate}` : ""), color: colour("--ink") }, itemStyle: { areaColor: colour("--tint") } },
    }] });
    chart.on("click", (of) => { if (shapes[of.name]) location.assign(shapes[of.name].href); });
  }

  function draw(place) {
    const read = JSON.parse(document.getElementById(place.dataset.echart).textContent);
    if (place.dataset.map) { map(place, read); return; }
    const chart = echarts.init(place, null, { renderer: "canvas" });
    chart.setOption({ ...still, ...kinds[read.kind](read) });
    charts.push(chart);
  }

  function look(panel, wanted) {
    panel.querySelectorAll("[data-look]").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.look === wanted)));
    panel.querySelectorAll("[data-show]").forEach((part) => { part.hidden = part.dataset.show !== wanted; });
    charts.forEach((chart) => chart.resize());
  }

  function begin(root) {
    root.querySelectorAll("[data-echart]").forEach(draw);
    root.querySelectorAll(".looked").forEach((panel) => {
      panel.querySelectorAll("[data-look]").forEach((button) => button.addEventListener("click", () => look(panel, button.dataset.look)));
      look(panel, "chart");
    });
  }

  /* An open page asks every second whether its figures moved, and puts the new ones in place; not while it is out of sight. */
  const PACE = 1000;
  let paused = false, said = 0;

  function remember(place) {
    const here = document.activeElement;
    return place.contains(here) && here.href ? here.getAttribute("href") : "";
  }

  function put(place, html) {
    const at = remember(place), chosen = [...place.querySelectorAll(".looked")].map((panel) => panel.querySelector('[aria-pressed="true"]').dataset.look);
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("figures");
    if (!fresh) return place;
    charts.splice(0).forEach((chart) => chart.dispose());
    place.replaceWith(fresh);
    begin(fresh);
    fresh.querySelectorAll(".looked").forEach((panel, i) => look(panel, chosen[i] || "chart"));
    if (at) { const again = [...fresh.querySelectorAll("a")].find((link) => link.getAttribute("href") === at); if (again) again.focus({ preventScroll: true }); }
    document.getElementById("stamp").textContent = document.getElementById("figures-stamp").textContent;
    if (Date.now() - said > 5000) { document.getElementById("news").textContent = "数字已更新"; said = Date.now(); }
    return fresh;
  }

  async function follow(place) {
    const began = Date.now();
    let wait = PACE;
    try {
      if (!paused && !document.hidden) {
        const address = new URL(location.href);
        address.searchParams.set("part", "figures");
        address.searchParams.set("known", place.dataset.mark);
        const answer = await fetch(address, { credentials: "same-origin", redirect: "manual" });
        if (answer.status === 200) place = put(place, await answer.text());
        else if (answer.status !== 204) wait = 15000;
      }
    } catch { wait = 15000; }
    setTimeout(() => follow(place), Math.max(wait, 3 * (Date.now() - began)));
  }

  begin(document);
  const figures = document.getElementById("figures"), pause = document.getElementById("pause");
  if (figures) setTimeout(() => follow(figures), PACE);
  if (pause) pause.addEventListener("click", () => { paused = !paused; pause.setAttribute("aria-pressed", String(paused)); pause.textContent = paused ? "继续更新" : "暂停更新"; });
  window.addEventListener("resize", () => charts.forEach((chart) => chart.resize()));
})();
