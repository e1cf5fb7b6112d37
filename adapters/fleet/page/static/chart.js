// Draws the charts of an account. The page holds the positions and the texts; no number here becomes a figure.
"use strict";
(() => {
  const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const dashes = [[], [8, 4], [2, 4], [12, 3, 2, 3]];
  const day = 86400;

  // when is the text of a mark on the axis of time.
  function when(seconds, step) {
    const text = new Date(seconds * 1000).toISOString();
    const date = Number(text.slice(8, 10)) + " " + months[Number(text.slice(5, 7)) - 1];
    if (step >= 300 * day) return text.slice(0, 4);
    if (step >= 25 * day) return months[Number(text.slice(5, 7)) - 1] + " " + text.slice(0, 4);
    if (seconds % day === 0) return date;
    return text.slice(11, step < 60 ? 19 : 16);
  }

  function element(name, className, text) {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // amount sets thousands apart as the tables do: by space that is no character.
  function amount(text) {
    const made = element("data", "amount");
    made.value = text;
    const [, whole, fraction] = /^(-?\d*)(.*)$/.exec(text);
    whole.replace(/\B(?=(\d{3})+$)/g, " ").split(" ").forEach((part, i) => made.append(element("span", i ? "group" : "", part)));
    made.append(fraction);
    return made;
  }

  function read(readout, chart, at) {
    const parts = [element("time", "when", chart.labels[at] + " UTC")];
    parts[0].dateTime = chart.labels[at].replace(" ", "T") + "Z";
    chart.lines.forEach((line, i) => {
      const part = element("span");
      part.append(element("span", `key line-${i} dash-${i % dashes.length}`), element("bdi", "", line.name), " ");
      const money = element("span", line.text[at] === "" ? "none" : "money", line.text[at] === "" ? "none" : " " + chart.currency);
      if (line.text[at] !== "") money.prepend(amount(line.text[at]));
      part.append(money);
      parts.push(part);
    });
    readout.replaceChildren(...parts.flatMap((part) => [part, " "]));
  }

  function draw(figure, chart) {
    const plot = figure.querySelector(".plot");
    const readout = figure.querySelector(".readout");
    const last = chart.times.length - 1;
    let at = last;
    figure.hidden = false;
    read(readout, chart, at);

    const style = getComputedStyle(plot);
    const quiet = style.getPropertyValue("--quiet").trim();
    const grid = { stroke: style.getPropertyValue("--line").trim(), width: 1 };
    const font = "12px " + style.fontFamily;
    const ruler = document.createElement("canvas").getContext("2d");
    ruler.font = font;
    const room = Math.max(...chart.ticks.map((tick) => ruler.measureText(tick.text).width), 0) + 18;
    const stepped = uPlot.paths.stepped({ align: 1 });
    const drawn = new uPlot({
      width: plot.clientWidth,
      height: plot.clientHeight,
      legend: { show: false },
      padding: [10, 14, 0, 0],
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      cursor: { drag: { x: false, y: false }, y: false },
      scales: {
        x: { range: (u, from, to) => (from === to ? [from - 60, to + 60] : [from, to]) },
        y: { range: [-0.06, 1.06] },
      },
      axes: [
        { font, stroke: quiet, grid: { show: false }, ticks: { ...grid, size: 6 }, size: 32, space: 70, values: (u, marks, axis, space, step) => marks.map((mark) => when(mark, step)) },
        { font, stroke: quiet, grid, ticks: { show: false }, size: room, splits: () => chart.ticks.map((tick) => tick.at), values: () => chart.ticks.map((tick) => tick.text) },
      ],
      series: [{}, ...chart.lines.map((line, i) => {
        const colour = style.getPropertyValue("--line-" + i).trim();
        return { stroke: colour, width: 2, dash: dashes[i % dashes.length], paths: stepped, points: { show: last < 40, size: 5, fill: colour } };
      })],
      hooks: {
        setCursor: [(u) => {
          const seen = u.cursor.idx ?? last;
          if (seen !== at) read(readout, chart, (at = seen));
        }],
      },
    }, [chart.times, ...chart.lines.map((line) => line.at)], plot);

    function go(to) {
      const next = Math.min(last, Math.max(0, to));
      drawn.setCursor({ left: drawn.valToPos(chart.times[next], "x"), top: 0 });
      if (next !== at) read(readout, chart, (at = next));
    }
    const moves = { ArrowLeft: () => go(at - 1), ArrowRight: () => go(at + 1), Home: () => go(0), End: () => go(last) };
    plot.onkeydown = (event) => {
      if (!moves[event.key] || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      moves[event.key]();
    };
    const observer = new ResizeObserver(() => drawn.setSize({ width: plot.clientWidth, height: plot.clientHeight }));
    observer.observe(plot);
    return () => {
      observer.disconnect();
      drawn.destroy();
    };
  }

  const charts = JSON.parse(document.getElementById("charts").textContent);
  const drawAll = () => [...document.querySelectorAll("[data-chart]")].map((figure) => draw(figure, charts[Number(figure.dataset.chart)]));
  let ends = drawAll();
  matchMedia("(prefers-color-scheme: dark)").onchange = () => {
    ends.forEach((end) => end());
    ends = drawAll();
  };
})();
