// The space-time diagram with its controls: pans, zooms, filters, shows details, and works by pointer and by keyboard.
import { count, element, moment, plural, span } from "../dom.js";
import { onTheme } from "../theme.js";
import { causes, factList, line, title } from "./details.js";
import { draw } from "./draw.js";
import { filters } from "./filters.js";
import { gutter } from "./lanes.js";
import { kindIndex, kinds } from "./model.js";
import { Minimap } from "./minimap.js";
import { Scene } from "./scene.js";

const listMax = 200;

export class Timeline {
  // `onRange(from, to)`: called when another part comes into view, in nanoseconds.
  constructor(model, onRange) {
    this.model = model;
    this.scene = new Scene(model);
    this.scene.partition = model.mainSubject() ?? "";
    this.onRange = onRange;
    this.canvas = element("canvas", {
      tabindex: "0",
      role: "application",
      "aria-label": "Space-time diagram: machines as lanes, messages as lines between them",
      "aria-describedby": "timeline-help",
    });
    this.tip = element("div.tip", { role: "status", "aria-live": "off", hidden: true });
    this.where = element("output.where", { "aria-live": "off" });
    this.details = element("div.details", { "aria-live": "polite" });
    this.list = element("ol.happenings", { "aria-label": "What happens in view" });
    this.listTitle = element("h3", {});
    this.minimap = new Minimap(this.scene, (from, to) => this.look(from, to));
    this.node = element(
      "div.timeline",
      {},
      this.toolbar(),
      filters(model, this.scene, () => this.redraw()),
      this.minimap.canvas,
      element("div.stage", {}, this.canvas, this.tip),
      help(),
      element(
        "div.below",
        {},
        element("div.pane", {}, element("h3", {}, "Selected"), this.details),
        element("div.pane.wide", {}, this.listTitle, this.list),
      ),
    );
    this.listen();
    this.select(null);
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.canvas.parentElement);
    onTheme(() => this.redraw());
  }

  leave() {
    this.observer.disconnect();
    cancelAnimationFrame(this.frame);
  }

  // -- What is in view.
  look(from, to) {
    this.scene.view.set(from, to);
    this.changed();
  }
  changed() {
    const { from, to } = this.scene.view;
    this.onRange?.(from, to);
    this.redraw();
  }
  redraw() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.paint();
    });
  }
  paint() {
    const begun = performance.now();
    const { scene, canvas } = this;
    const ratio = devicePixelRatio || 1;
    const [w, h] = [Math.round(scene.width * ratio), Math.round(scene.height * ratio)];
    if (canvas.width !== w || canvas.height !== h) {
      canvas.width = w;
      canvas.height = h;
      canvas.style.height = scene.height + "px";
    }
    const ctx = canvas.getContext("2d");
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    draw(ctx, scene);
    this.minimap.paint();
    const { from, to, nsPerPixel } = scene.view;
    this.where.textContent = `${moment(Math.max(0, from), nsPerPixel * 20)} – ${moment(to, nsPerPixel * 20)} (${span(to - from)})`;
    this.lastPaint = performance.now() - begun; // ms, for tests
    clearTimeout(this.listing);
    this.listing = setTimeout(() => this.fillList(), 80);
  }
  resize() {
    const width = this.canvas.parentElement.clientWidth;
    if (width < 50) return;
    this.scene.width = width;
    this.scene.view.width = width - gutter;
    this.canvas.style.width = width + "px";
    this.redraw();
  }

  jumpToViolation() {
    const at = this.model.violationAt;
    if (at === undefined || Number.isNaN(at)) return;
    const length = Math.min(this.model.end, Math.max(this.model.end / 200, 2e8));
    this.look(at - length * 0.75, at + length * 0.25);
    let row = this.model.rowAt(at);
    while (row > 0 && !(this.scene.isShown(row - 1) && this.model.node[row - 1] >= 0)) --row;
    if (row > 0) this.select({ row: row - 1 });
  }

  select(thing, reveal = false) {
    this.scene.selected = thing;
    const { model } = this;
    if (!thing) {
      this.details.replaceChildren(element("p.note", {}, "Click on something in the diagram, or move through what happens with n and p."));
    } else {
      const chain = thing.row === undefined ? [] : causes(model, thing.row);
      const caused = thing.row === undefined ? [] : this.effects(thing.row);
      const link = (row) =>
        element(
          "li",
          {},
          element("button.link", { type: "button", click: () => this.select({ row }, true) }, `${moment(model.at[row])} ${title(model, { row })}`),
          " ",
          line(model, row),
        );
      this.details.replaceChildren(
        element("p.what", {}, title(model, thing)),
        factList(model, thing),
        chain.length ? element("div", {}, element("h4", {}, "Because of"), element("ol.chain", {}, chain.map(link))) : "",
        caused.length ? element("div", {}, element("h4", {}, "Led to"), element("ol.chain", {}, caused.map(link))) : "",
      );
      if (reveal && thing.row !== undefined) this.reveal(model.at[thing.row]);
    }
    this.redraw();
  }
  reveal(at) {
    const { view } = this.scene;
    const margin = (view.to - view.from) * 0.05;
    if (at < view.from + margin || at > view.to - margin) view.set(at - (view.to - view.from) / 2, at + (view.to - view.from) / 2);
    this.changed();
  }
  effects(row, most = 6) {
    const all = [];
    for (let i = row + 1; i < this.model.size && all.length < most && i < row + 200_000; ++i) if (this.model.cause[i] === row) all.push(i);
    return all;
  }
  // The next or previous happening that is shown.
  step(by) {
    const { model, scene } = this;
    let row = scene.selected?.row ?? (by > 0 ? model.rowAt(scene.view.from) - 1 : model.rowAt(scene.view.to));
    do row += by;
    while (row >= 0 && row < model.size && !scene.isShown(row));
    if (row >= 0 && row < model.size) this.select({ row }, true);
  }

  // -- Controls.
  toolbar() {
    const button = (text, label, click) => element("button.small", { type: "button", title: label, "aria-label": label, click }, text);
    const { view } = this.scene;
    const middle = () => (view.from + view.to) / 2;
    const partitions = [...this.model.replicas.keys()].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
    const violation = button("Jump to the violation", "Jump to the violation (v)", () => this.jumpToViolation());
    violation.classList.add("primary");
    if (this.model.violationAt === undefined || Number.isNaN(this.model.violationAt)) violation.disabled = true;
    return element(
      "div.toolbar",
      { role: "toolbar", "aria-label": "View" },
      violation,
      button("Whole life", "Show the whole life (Home)", () => (view.whole(), this.changed())),
      button("+", "Zoom in (+)", () => (view.zoom(0.5, middle()), this.changed())),
      button("−", "Zoom out (-)", () => (view.zoom(2, middle()), this.changed())),
      partitions.length
        ? element(
            "label.field",
            {},
            "leaders of ",
            element(
              "select",
              { id: "partition", change: (event) => this.choosePartition(event.target.value) },
              element("option", { value: "" }, "all"),
              partitions.map((p) => element("option", { value: p, selected: p === this.scene.partition }, p)),
            ),
          )
        : null,
      element(
        "label.field",
        {},
        "find ",
        element("input", {
          type: "search",
          id: "find",
          placeholder: "text, then Enter",
          keydown: (event) => event.key === "Enter" && this.find(event.target.value, event.shiftKey ? -1 : 1),
        }),
      ),
      this.where,
    );
  }
  choosePartition(partition) {
    this.scene.partition = partition;
    this.onPartition?.(partition);
    this.redraw();
  }
  find(text, by) {
    const wanted = text.toLowerCase();
    if (!wanted) return;
    const { model, scene } = this;
    const start = scene.selected?.row ?? model.rowAt(scene.view.from) - 1;
    for (let n = 1; n <= model.size; ++n) {
      const row = (((start + by * n) % model.size) + model.size) % model.size;
      if (scene.isShown(row) && `${title(model, { row })} ${line(model, row)}`.toLowerCase().includes(wanted)) return this.select({ row }, true);
    }
    this.details.replaceChildren(element("p.note", {}, `Nothing shown has the text “${text}”.`));
  }
  // -- Pointer and keyboard.
  listen() {
    const { canvas, scene } = this;
    const { view } = scene;
    let drag = null;
    const place = (event) => {
      const box = canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    canvas.addEventListener(
      "wheel",
      (event) => {
        const [x] = place(event);
        if (event.ctrlKey || event.metaKey) view.zoom(Math.exp(event.deltaY * (event.deltaMode ? 0.05 : 0.004)), view.time(Math.max(gutter, x)));
        else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))
          view.pan(event.shiftKey && !event.deltaX ? event.deltaY : event.deltaX);
        else return; // the page scrolls
        event.preventDefault();
        this.changed();
      },
      { passive: false },
    );
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      drag = { x: event.clientX, from: view.from, to: view.to, moved: false };
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      const [x, y] = place(event);
      if (!drag) return this.hover(x, y);
      const by = (drag.x - event.clientX) * view.nsPerPixel;
      drag.moved ||= Math.abs(drag.x - event.clientX) > 3;
      if (!drag.moved) return;
      this.tip.hidden = true;
      canvas.classList.add("dragging");
      this.look(drag.from + by, drag.to + by);
    });
    const end = (event) => {
      canvas.classList.remove("dragging");
      if (drag && !drag.moved && event.type === "pointerup") this.select(scene.pick(...place(event)));
      drag = null;
    };
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);
    canvas.addEventListener("pointerleave", () => (this.tip.hidden = true));
    canvas.addEventListener("dblclick", (event) => {
      view.zoom(event.shiftKey ? 4 : 0.25, view.time(Math.max(gutter, place(event)[0])));
      this.changed();
    });
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  hover(x, y) {
    const thing = this.scene.pick(x, y);
    this.canvas.style.cursor = thing ? "pointer" : "grab";
    this.tip.hidden = !thing;
    if (!thing) return;
    this.tip.replaceChildren(element("strong", {}, title(this.model, thing)), factList(this.model, thing));
    const right = x > this.scene.width / 2;
    this.tip.style.left = right ? "" : `${x + 14}px`;
    this.tip.style.right = right ? `${this.scene.width - x + 14}px` : "";
    this.tip.style.top = `${y + 14}px`;
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { view } = this.scene;
    const middle = (view.from + view.to) / 2,
      some = view.width * (event.shiftKey ? 0.5 : 0.1);
    const actions = {
      ArrowLeft: () => (view.pan(-some), this.changed()),
      ArrowRight: () => (view.pan(some), this.changed()),
      ArrowUp: () => (view.zoom(0.7, middle), this.changed()),
      ArrowDown: () => (view.zoom(1 / 0.7, middle), this.changed()),
      "+": () => (view.zoom(0.5, middle), this.changed()),
      "=": () => (view.zoom(0.5, middle), this.changed()),
      "-": () => (view.zoom(2, middle), this.changed()),
      Home: () => (view.whole(), this.changed()),
      v: () => this.jumpToViolation(),
      n: () => this.step(1),
      p: () => this.step(-1),
      c: () =>
        this.scene.selected?.row !== undefined &&
        this.model.cause[this.scene.selected.row] >= 0 &&
        this.select({ row: this.model.cause[this.scene.selected.row] }, true),
      Escape: () => this.select(null),
    };
    if (!actions[event.key]) return;
    event.preventDefault();
    actions[event.key]();
  }

  // The happenings in view as text: for reading, for searching, and for those who do not see the diagram.
  fillList() {
    const { model, scene } = this;
    const [begin, end] = scene.rowsInView();
    const rows = [];
    let all = 0;
    for (let i = begin; i < end; ++i) {
      if (!scene.isShown(i)) continue;
      if (++all <= listMax) rows.push(i);
    }
    this.listTitle.textContent =
      all === 0
        ? "Nothing that is shown happens in view"
        : all > listMax
          ? `In view: ${count(all)}; the first ${listMax}`
          : `In view: ${plural(all, "happening")}`;
    this.list.replaceChildren(
      ...rows.map((row) =>
        element(
          `li.${kinds[model.kind[row]]}`,
          { class: `${kinds[model.kind[row]]}${scene.selected?.row === row ? " selected" : ""}` },
          element("button.link", { type: "button", click: () => this.select({ row }) }, moment(model.at[row])),
          element("span.who", {}, title(model, { row })),
          element("span.says", {}, line(model, row)),
        ),
      ),
    );
  }
}

function help() {
  return element(
    "p.note",
    { id: "timeline-help" },
    "Drag to pan, Ctrl and wheel or double click to zoom, click to select. By keyboard: arrows pan and zoom, ",
    ["+ -", "Home", "v", "n p", "c", "Esc"].map((key, i) => [
      element("kbd", {}, key),
      [" zoom, ", " whole life, ", " violation, ", " next and previous happening, ", " its cause, ", " nothing selected."][i],
    ]),
  );
}
