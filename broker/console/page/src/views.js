// What the views share: a place for what is wrong, tables that are sorted and searched, and links.
import { count, element } from "../../../../reports/page/src/dom.js";

export const link = (path, text = path.at(-1), key = path.join("/")) =>
  element("a", { href: "#/" + path.map(encodeURIComponent).join("/"), "data-key": key }, text);

export const tile = (name, value, more) => element("div.tile", {}, element("dt", {}, name), element("dd", {}, value, more ? element("small", {}, more) : null));
export const tiles = (...all) => element("dl.tiles", {}, all);

// A state in words, with a colour: good, bad, warn or quiet.
export const state = (kind, text) => element(`span.state.${kind}`, {}, text);

export function notice(kind, title, ...lines) {
  return element(`div.notice.${kind}`, { role: kind === "bad" ? "alert" : "status" }, element("strong", {}, title), lines.filter(Boolean).map((line) => element("p", {}, line)));
}

export const errorsNote = (errors) =>
  errors?.length ? notice("warn", "Not all is known", ...errors.slice(0, 5), errors.length > 5 ? `and ${errors.length - 5} more` : null) : null;

export function bytes(n) {
  if (n === null || n === undefined) return "–";
  for (const unit of ["B", "kB", "MB", "GB", "TB"]) {
    if (n < 1000 || unit === "TB") return `${unit === "B" ? n : n.toPrecision(3)} ${unit}`;
    n /= 1000;
  }
}

export const number = (n) => (n === null || n === undefined ? "–" : count(n));
export const time = (ms) => (ms < 0 ? "no time" : new Date(ms).toISOString().replace("T", " ").replace("Z", " UTC"));
export const ago = (ms) => (ms === null ? "–" : ms < 1000 ? `${ms} ms ago` : `${(ms / 1000).toFixed(1)} s ago`);

// Replaces what is in `place`; whoever has the focus in it, by the same key, has it afterwards.
export function fill(place, ...children) {
  const focused = place.contains(document.activeElement) ? document.activeElement : null;
  const key = focused?.dataset.key;
  const open = new Set([...place.querySelectorAll("details[open][data-key]")].map((details) => details.dataset.key));
  place.replaceChildren(...children.flat(Infinity).filter(Boolean));
  for (const details of place.querySelectorAll("details[data-key]")) if (open.has(details.dataset.key)) details.open = true;
  if (key !== undefined) [...place.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key)?.focus({ preventScroll: true });
}

const order = new Intl.Collator("en", { numeric: true });
const compare = (a, b) => (typeof a === "string" || typeof b === "string" ? order.compare(a ?? "", b ?? "") : (a ?? -1) - (b ?? -1));

// A table that is sorted by its columns and searched: {node, setRows(rows)}. `columns`: {name, value(row), cell(row), number}; the first is
// searched. Shows `step` rows, and more when asked to, so that thousands are no trouble. `onShown(rows)`: is told which.
export function sortedTable(label, columns, { step = 100, sortBy = 0, descending = false, search = null, empty = "There are none.", onShown } = {}) {
  let rows = [];
  let limit = step;
  let by = sortBy;
  let down = descending;
  const head = element("tr");
  const body = element("tbody");
  const foot = element("p.note.more");
  const node = element("div", {}, element("div.scroll", { role: "region", "aria-label": label, tabindex: "-1" }, element("table.sorted", {}, element("thead", {}, head), body)), foot);

  const drawHead = () =>
    fill(
      head,
      columns.map((column, i) =>
        element(
          column.number ? "th.number" : "th",
          { scope: "col", "aria-sort": i === by ? (down ? "descending" : "ascending") : "none" },
          element(
            "button.link",
            {
              type: "button",
              "data-key": `sort ${column.name}`,
              click: () => {
                down = i === by ? !down : Boolean(column.number);
                by = i;
                draw();
              },
            },
            column.name + (i === by ? (down ? " ↓" : " ↑") : ""),
          ),
        ),
      ),
    );
  const draw = () => {
    const wanted = (search?.value ?? "").toLowerCase();
    const found = wanted ? rows.filter((row) => String(columns[0].value(row)).toLowerCase().includes(wanted)) : [...rows];
    found.sort((a, b) => (down ? -1 : 1) * compare(columns[by].value(a), columns[by].value(b)));
    const shown = found.slice(0, limit);
    drawHead();
    fill(
      body,
      shown.map((row) => element("tr", {}, columns.map((column) => element(column.number ? "td.number" : "td", {}, column.cell(row))))),
    );
    fill(
      foot,
      !found.length ? element("span", {}, rows.length ? `None of ${count(rows.length)} matches.` : empty) : null,
      found.length > shown.length
        ? element("button.small", { type: "button", "data-key": "more", click: () => ((limit += 5 * step), draw()) }, `Show more (${count(found.length - shown.length)})`)
        : null,
      found.length && wanted ? element("span", {}, `${count(found.length)} of ${count(rows.length)}`) : null,
    );
    onShown?.(shown);
  };
  search?.addEventListener("input", () => ((limit = step), draw()));
  // The arrows go from link to link.
  node.addEventListener("keydown", (event) => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!move || event.target.tagName !== "A") return;
    const links = [...body.querySelectorAll("tr > td:first-child a")];
    const at = links.indexOf(event.target);
    if (at < 0) return;
    (links[at + move] ?? (move < 0 ? search : null))?.focus();
    event.preventDefault();
  });
  search?.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "Enter") return;
    body.querySelector("a")?.focus();
    event.preventDefault();
  });
  return { node, draw, setRows: (all) => ((rows = all), draw()) };
}

export const searchField = (what) =>
  element("input", { type: "search", id: "search", placeholder: `Search ${what}  ( / )`, "aria-label": `Search ${what}`, autocomplete: "off", spellcheck: "false" });
