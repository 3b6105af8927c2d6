// Small helpers to make elements, and texts of numbers and times.

// element("p.note", {title: "x"}, "text", child): a tag with classes, attributes (functions are listeners), and children.
export function element(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const made = document.createElement(name);
  if (classes.length) made.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") made.addEventListener(key, value);
    else if (key === "style") made.style.cssText = value;
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return made;
}

export function section(title, note, ...children) {
  const id = "section-" + title.toLowerCase().replace(/[^a-z]+/g, "-");
  return element("section.card", { "aria-labelledby": id }, element("h2", { id }, title), note ? element("p.note", {}, note) : null, children);
}

// A table in a box that scrolls. `columns`: names, with a # before those of numbers. `rows`: lists of cells (texts, elements, or a td), or
// {cells, class}. With `label` the box has a limited height, and is reached by the keyboard.
export function table(columns, rows, { label = null, kind = "table" } = {}) {
  const numbers = columns.map((name) => name.startsWith("#"));
  const cell = (content, i) => (content instanceof HTMLTableCellElement ? content : element(numbers[i] ? "td.number" : "td", {}, content));
  return element(
    label ? "div.scroll.tall" : "div.scroll",
    label ? { tabindex: "0", role: "region", "aria-label": label } : {},
    element(
      kind,
      {},
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          columns.map((name, i) => element(numbers[i] ? "th.number" : "th", { scope: "col" }, numbers[i] ? name.slice(1) : name)),
        ),
      ),
      element(
        "tbody",
        {},
        rows.map((row) => element("tr", { class: row.class }, (row.cells ?? row).map(cell))),
      ),
    ),
  );
}

export function copyButton(text, label = "Copy") {
  const button = element("button.small", { type: "button", click: async () => say((await copied(text())) ? "Copied" : "Could not copy") }, label);
  const say = (what) => {
    button.textContent = what;
    setTimeout(() => (button.textContent = label), 1500);
  };
  return button;
}

// Pages that are opened from a file may have no clipboard: then by a selection.
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = element("textarea.offscreen", { "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

export function saveButton(name, text, label) {
  return element(
    "button.small",
    {
      type: "button",
      click: () => {
        const url = URL.createObjectURL(new Blob([text()], { type: "application/json" }));
        element("a", { href: url, download: name }).click();
        setTimeout(() => URL.revokeObjectURL(url), 1000);
      },
    },
    label,
  );
}

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
export const count = (n) => grouped.format(n);
export const plural = (n, one, many = one + "s") => `${count(n)} ${n === 1 ? one : many}`;

// 12,345 as "12.3k", for axes and narrow cells.
export function short(n) {
  const size = Math.abs(n);
  if (size >= 1e9) return trimmed(n / 1e9) + "G";
  if (size >= 1e6) return trimmed(n / 1e6) + "M";
  if (size >= 1e4) return trimmed(n / 1e3) + "k";
  return trimmed(n);
}
const trimmed = (n) => String(+n.toPrecision(Math.abs(n) < 1000 ? 3 : 4));

export function share(part, whole) {
  if (!whole) return "–";
  const percent = (100 * part) / whole;
  return (percent >= 10 || percent === 0 ? percent.toFixed(0) : percent >= 0.1 ? percent.toFixed(1) : percent.toPrecision(1)) + " %";
}

// "12 s", "3:05 min", "1:02 h".
export function duration(seconds) {
  const two = (n) => String(Math.floor(n)).padStart(2, "0");
  if (seconds < 10) return `${+seconds.toPrecision(2)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}:${two(seconds % 60)} min`;
  return `${Math.floor(seconds / 3600)}:${two((seconds % 3600) / 60)} h`;
}

// The same for axes: "2:30", "1:02 h".
export function clock(seconds) {
  const two = (n) => String(Math.floor(n)).padStart(2, "0");
  if (seconds < 3600) return seconds < 60 ? `${+seconds.toPrecision(2)} s` : `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
  return `${Math.floor(seconds / 3600)}:${two((seconds % 3600) / 60)} h`;
}

// A moment of a life, in nanoseconds, with as many digits as `step`, also in nanoseconds, can tell apart.
export function moment(ns, step = 1000) {
  const digits = Math.max(0, Math.min(9, 9 - Math.floor(Math.log10(Math.max(1, step)) + 1e-9)));
  return (ns / 1e9).toFixed(digits) + " s";
}

export function span(ns) {
  if (ns < 1e3) return `${Math.round(ns)} ns`;
  if (ns < 1e6) return `${+(ns / 1e3).toPrecision(3)} µs`;
  if (ns < 1e9) return `${+(ns / 1e6).toPrecision(3)} ms`;
  return `${+(ns / 1e9).toPrecision(3)} s`;
}

// Moves the focus by the arrow keys within a row of buttons.
export function roving(container) {
  container.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const buttons = [...container.querySelectorAll("button")];
    const next = buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length];
    next?.focus();
    event.preventDefault();
    event.stopPropagation();
  });
  return container;
}
