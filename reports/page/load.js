"use strict";
(() => {
  const plots = JSON.parse(document.getElementById("plots").textContent);
  const root = document.documentElement;
  const color = (name) => getComputedStyle(root).getPropertyValue("--" + name).trim();

  // Three digits, in the unit that suits: what the histograms tell apart.
  const digits = (v) => v >= 99.95 ? v.toFixed(0) : v >= 9.995 ? v.toFixed(1) : v.toFixed(2);
  const short = (v) => String(+digits(v)); // 5 where digits has 5.00
  const time = (write) => (ms) =>
    ms < 0.9995 ? Math.round(ms * 1e3) + " µs" : ms < 999.5 ? write(ms) + " ms" : write(ms / 1e3) + " s";
  const rate = (v) => v >= 1e4 ? short(v / 1e3) + "k" : short(v);
  const exact = (v) => (v < 10 ? short(v) : Math.round(v).toLocaleString("en")) + "/s";
  const share = (v) => v > 99 && v < 100 ? Math.min(v, 99.999).toFixed(3) + " %" : short(v) + " %";
  const percentile = (x) => x <= 1 ? "min" : "p" + Number((100 - 100 / x).toPrecision(Math.max(2, Math.floor(Math.log10(x) + 1e-9) + 1)));

  // above leaves room over the highest value, and on a logarithmic scale below
  // the lowest.
  const above = (u, min, max) => [0, max > 0 ? max * 1.12 : 1];
  const around = (u, min, max) => min > 0 ? [min / 1.3, max * 1.5] : [0.001, 1];
  const whole = (u, min, max) => min === max ? [min - 1, max + 1] : [min, max];
  const wholeLog = (u, min, max) => min > 0 ? min === max ? [min / 2, max * 2] : [min, max] : [0.001, 1];

  const seconds = { scale: { time: false, range: whole }, name: "seconds since the run began", axis: short, legend: (v) => v.toFixed(1) + " s" };
  const logTime = { scale: { distr: 3, range: around }, axis: time(short), legend: time(digits), log: true };
  const kinds = {
    throughput: { x: seconds, y: { scale: { range: above }, name: "requests a second", axis: rate, legend: exact } },
    latency: { x: seconds, y: { ...logTime, name: "response time" } },
    errors: { x: seconds, y: { scale: { range: above }, name: "failures a second", axis: rate, legend: exact } },
    percentiles: {
      x: {
        scale: { time: false, distr: 3, range: wholeLog }, name: "percentile", axis: percentile, legend: percentile, splits: nines,
      },
      y: { ...logTime, name: "latency" },
    },
    distribution: {
      x: { scale: { time: false, distr: 3, range: wholeLog }, name: "response time", axis: time(short), legend: time(digits), log: true },
      y: { scale: { range: [0, 101] }, name: "requests within it", axis: share, legend: share },
    },
    search: {
      x: {
        scale: { time: false, range: (u, min, max) => [min - 0.5, max + 0.5] }, name: "try", axis: String, legend: (v) => "try " + v,
        splits: (u, i, min, max) => u.data[0].filter((v) => v >= min && v <= max && v % Math.ceil((max - min) / 24) === 0),
      },
      y: { scale: { distr: 3, range: around }, name: "requests a second", axis: rate, legend: exact, log: true },
    },
  };
  const dashes = { dashed: [7, 4], dotted: [2, 3] };
  const thickness = { solid: 2.2, dashed: 1.8, dotted: 1.6, thin: 1 };
  const dpr = () => devicePixelRatio || 1;

  // round gives a logarithmic axis 1, 2, 5, 10, 20 and so on, or as many of them
  // as there is room for.
  function round(u, i, min, max) {
    const decades = Math.log10(max / min);
    const room = (i === 0 ? u.width / 3 : u.height) / decades; // three words are as wide as one is high
    const steps = room > 110 ? [1, 2, 5] : room > 70 ? [1, 3] : [1];
    const each = Math.max(1, Math.ceil(24 / room));
    const splits = [];
    for (let k = Math.floor(Math.log10(min)); k <= Math.log10(max); k++) {
      if (k % each === 0) splits.push(...steps.map((step) => step * 10 ** k));
    }
    return splits.filter((v) => v >= min * 0.999 && v <= max * 1.001);
  }

  // nines gives the percentiles that people know, few where room is short.
  function nines(u, i, min, max) {
    const wide = (u.width - 80) / Math.log10(max / min) > 150;
    return [...(wide ? [1, 2, 4] : [2]), 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9].filter((v) => v >= min && v <= max);
  }

  const all = (u, splits) => splits;

  function axis(of, room) {
    const splits = of.splits ?? (of.log && round);
    return {
      label: of.name, labelSize: 20, labelFont: "13px system-ui, sans-serif", font: "12px system-ui, sans-serif", size: room,
      stroke: color("axis"), grid: { stroke: color("rule"), width: 1 }, ticks: { stroke: color("rule"), width: 1, size: 5 },
      values: (u, splits) => splits.map((v) => v == null ? "" : of.axis(v)),
      ...(splits && { splits, filter: all }),
    };
  }

  // A cause is no subject: it has another colour than the first of those.
  const causes = ["s0", "bad", "s4", "s5", "s6", "s3", "s1"];
  const hue = (s, kind) => color(kind === "errors" ? causes[s.color] : s.style === "crosses" ? "bad" : s.style === "dots" ? "good" : "s" + s.color);

  function series(s, kind, steps) {
    const line = s.style !== "dots" && s.style !== "crosses";
    return {
      label: s.name, stroke: hue(s, kind),
      width: thickness[s.style], dash: dashes[s.style],
      paths: !line ? () => null : steps ? uPlot.paths.stepped({ align: -1 }) : undefined,
      points: { show: s.style === "dots", size: 9, fill: hue(s, kind) },
      value: (u, v) => v == null ? "–" : kinds[kind].y.legend(v),
    };
  }

  // marks draws what no series shows: whose round it is, where requests failed,
  // where there are too few of them, and what a search found.
  function marks(plot) {
    const within = (u, x) => Math.min(Math.max(u.valToPos(x, "x", true), u.bbox.left), u.bbox.left + u.bbox.width);
    const write = (u, text, x, y, name, align = "center", size = 12) => {
      u.ctx.font = `${size > 12 ? "bold " : ""}${size * dpr()}px system-ui, sans-serif`;
      u.ctx.textAlign = align;
      u.ctx.textBaseline = "middle";
      u.ctx.fillStyle = color(name);
      u.ctx.fillText(text, x, y);
    };
    // labels gives all rounds names of one form: the longest that fits everywhere.
    function labels(u) {
      u.ctx.font = `${12 * dpr()}px system-ui, sans-serif`;
      const forms = [(r) => `${r.name} ${r.round}`, (r) => String(r.round), () => ""];
      const shown = (plot.rounds ?? []).filter((r) => r.to > u.scales.x.min && r.from < u.scales.x.max);
      return forms.find((form) => shown.every((r) => u.ctx.measureText(form(r)).width <= within(u, r.to) - within(u, r.from) - 4 * dpr())) ?? forms.at(-1);
    }
    function below(u) {
      const { left, top, width, height } = u.bbox;
      if (plot.few) {
        const from = within(u, plot.few);
        u.ctx.fillStyle = color("rare");
        u.ctx.fillRect(from, top, left + width - from, height);
      }
      const text = labels(u);
      for (const r of plot.rounds ?? []) {
        const [from, to] = [within(u, r.from), within(u, r.to)];
        if (to <= from) continue;
        u.ctx.fillStyle = color("s" + r.color);
        u.ctx.fillRect(from + dpr(), top - 24 * dpr(), to - from - 2 * dpr(), 4 * dpr());
        u.ctx.fillStyle = color("rule");
        u.ctx.fillRect(from, top, dpr(), height);
        write(u, text(r), (from + to) / 2, top - 11 * dpr(), "axis");
      }
    }
    function over(u) {
      const { left, top, width } = u.bbox;
      let last = -Infinity;
      for (const x of plot.failing ?? []) {
        const at = u.valToPos(x, "x", true);
        if (at < left || at > left + width || at - last < 9 * dpr()) continue;
        write(u, "✗", at, top + 8 * dpr(), "bad");
        last = at;
      }
      if (plot.found) {
        const y = u.valToPos(plot.found, "y", true);
        u.ctx.fillStyle = color("good");
        u.ctx.fillRect(left, y, width, 1.5 * dpr());
        write(u, "found: " + exact(plot.found), left + 6 * dpr(), y - 9 * dpr(), "good", "left");
      }
      plot.series.forEach((s, i) => {
        if (s.style !== "crosses" || !u.series[i + 1].show) return;
        s.y.forEach((v, k) => {
          if (v != null) write(u, "✗", u.valToPos(plot.x[k], "x", true), u.valToPos(v, "y", true), "bad", "center", 17);
        });
      });
    }
    return { drawClear: [below], draw: [over] };
  }

  const drawn = [];
  const height = (box) => box.clientWidth < 500 ? 240 : 300;
  const width = (box) => root.classList.contains("paper") ? 660 : box.clientWidth;

  function draw(plot) {
    const box = document.getElementById("plot-" + plot.id);
    const kind = kinds[plot.id];
    const steps = Boolean(plot.rounds);
    box.style.display = "block"; // an empty one is hidden, and has no width
    const u = new uPlot({
      width: width(box), height: height(box), padding: [steps ? 30 : 12, 14, 0, 0],
      scales: { x: kind.x.scale, y: kind.y.scale },
      axes: [{ ...axis(kind.x, 30), space: 46 }, { ...axis(kind.y, 58), space: 28 }],
      series: [{ label: kind.x.name === "seconds since the run began" ? "at" : kind.x.name, value: (u, v) => v == null ? "–" : kind.x.legend(v) },
        ...plot.series.map((s) => series(s, plot.id, steps))],
      cursor: {
        y: false, points: { size: 7 }, ...(steps && { sync: { key: "time" } }),
        // A step's value stands at its end.
        dataIdx: (u, i, near, x) => steps && plot.x[near] < x && near + 1 < plot.x.length ? near + 1 : near,
      },
      legend: { markers: { width: (u, i) => i ? Math.max(1.2, 1.3 * thickness[plot.series[i - 1].style] || 3) : 0, dash: (u, i) => i && plot.series[i - 1].style in dashes ? plot.series[i - 1].style : "solid" } },
      hooks: marks(plot),
    }, [plot.x, ...plot.series.map((s) => s.y)], box);
    operable(u, box, plot);
    drawn.push({ u, box });
  }

  // operable lets the keyboard do what the mouse does: arrows move the cursor, +
  // zooms on it, Escape shows all; Enter switches a series of the legend.
  function operable(u, box, plot) {
    const first = plot.x[0], last = plot.x.at(-1);
    const reset = document.createElement("button");
    reset.type = "button";
    reset.className = "reset";
    reset.textContent = "Show all";
    reset.hidden = true;
    const showAll = () => u.setScale("x", { min: first, max: last });
    reset.addEventListener("click", showAll);
    box.prepend(reset);
    u.hooks.setScale = [(u, key) => { if (key === "x") reset.hidden = u.scales.x.min <= first && u.scales.x.max >= last; }];

    u.over.tabIndex = 0;
    u.over.setAttribute("role", "application");
    u.over.setAttribute("aria-label", `Plot: ${box.closest("section").querySelector("h2").textContent}. Left and right move the cursor, plus zooms, Escape shows all.`);
    u.over.addEventListener("keydown", (event) => {
      const { min, max } = u.scales.x;
      const at = u.cursor.idx ?? plot.x.findIndex((x) => x >= min);
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step) {
        let next = u.cursor.idx == null ? at : at + step;
        while (plot.x[next] != null && !plot.series.some((s) => s.y[next] != null)) next += step;
        if (plot.x[next] >= min && plot.x[next] <= max) u.setCursor({ left: u.valToPos(plot.x[next], "x"), top: 0 });
      } else if (event.key === "+") {
        const log = u.scales.x.distr === 3;
        const [a, b, c] = [min, max, plot.x[at]].map((v) => log ? Math.log(v) : v);
        const [from, to] = [c - (c - a) / 2, c + (b - c) / 2].map((v) => log ? Math.exp(v) : v);
        u.setScale("x", { min: from, max: to });
      } else if (event.key === "Escape") {
        showAll();
      } else {
        return;
      }
      event.preventDefault();
    });

    const legend = u.root.querySelector(".u-legend");
    legend.setAttribute("role", "presentation");
    [...legend.querySelectorAll(".u-series")].forEach((row, i) => {
      if (i === 0) return;
      const name = row.querySelector("th");
      name.tabIndex = 0;
      name.setAttribute("role", "switch");
      const say = () => name.setAttribute("aria-checked", u.series[i].show);
      say();
      name.addEventListener("click", () => setTimeout(say));
      name.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        name.click();
      });
    });
  }

  function drawAll() {
    for (const { u } of drawn.splice(0)) u.destroy();
    for (const button of document.querySelectorAll(".plot .reset")) button.remove();
    plots.forEach(draw);
  }
  drawAll();

  new ResizeObserver(() => {
    for (const { u, box } of drawn) {
      if (width(box) !== u.width) u.setSize({ width: width(box), height: height(box) });
    }
  }).observe(document.body);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  // Paper is white, whatever the screen is.
  addEventListener("beforeprint", () => { root.classList.add("paper"); drawAll(); });
  addEventListener("afterprint", () => { root.classList.remove("paper"); drawAll(); });
})();
