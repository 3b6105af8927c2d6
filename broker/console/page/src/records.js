// Records of a partition: by offset, by time or the last ones; keys and values as text, JSON or hex.
import { count, element } from "../../../../reports/page/src/dom.js";
import { ask } from "./ask.js";
import { bytes, fill, notice, time } from "./views.js";

const encoder = new TextEncoder();

function hexOf(part) {
  const pairs = part.hex !== undefined ? (part.hex.match(/../g) ?? []) : [...encoder.encode(part.text)].map((byte) => byte.toString(16).padStart(2, "0"));
  const lines = [];
  for (let at = 0; at < pairs.length; at += 16) {
    const row = pairs.slice(at, at + 16);
    const plain = row.map((pair) => (pair >= "20" && pair < "7f" ? String.fromCharCode(parseInt(pair, 16)) : ".")).join("");
    lines.push(`${at.toString(16).padStart(6, "0")}  ${row.join(" ").padEnd(47)}  ${plain}`);
  }
  return lines.join("\n");
}

function jsonOf(part) {
  if (part.text === undefined || part.cut || !/^\s*[[{]/.test(part.text)) return null;
  try {
    return JSON.stringify(JSON.parse(part.text), null, 2);
  } catch {
    return null;
  }
}

// A key, value or such, in the form that is chosen. It is put into the page as text, whatever it is.
function shownPart(name, part) {
  if (part === null) return element("div.part", {}, element("h4", {}, name), element("span.muted", {}, "null"));
  const forms = [
    ["JSON", jsonOf(part)],
    ["Text", part.text ?? null],
    ["Hex", hexOf(part)],
  ].filter(([, text]) => text !== null);
  const out = element("pre", { tabindex: "0", "aria-label": name });
  const buttons = forms.map(([form, text]) =>
    element("button.chip", { type: "button", click: () => choose(form, text) }, form),
  );
  const choose = (form, text) => {
    out.textContent = text;
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(forms[i][0] === form)));
  };
  choose(...forms[0]);
  return element("div.part", {}, element("h4", {}, `${name} · ${bytes(part.size)}${part.cut ? ", of which the beginning is shown" : ""} `, buttons), out);
}

const preview = (part) => (part === null ? "null" : part.text !== undefined ? part.text.slice(0, 160) : "0x" + part.hex.slice(0, 80));

function recordRow(record) {
  const details = element("details.record", { "data-key": `record ${record.offset}` });
  details.append(
    element(
      "summary",
      {},
      element("span.offset", {}, String(record.offset)),
      element("span.when", {}, time(record.timestamp)),
      element("span.key", {}, preview(record.key)),
      element("span.value", {}, preview(record.value)),
    ),
  );
  details.addEventListener("toggle", () => {
    if (!details.open || details.childElementCount > 1) return;
    details.append(
      record.transactional ? element("p.note", {}, "Written by a transaction, which may be undecided or aborted.") : "",
      shownPart("Key", record.key),
      shownPart("Value", record.value),
      ...record.headers.map((header) => shownPart(`Header ${preview(header.name)}`, header.value)),
      record.headers_left_out ? element("p.note", {}, `${count(record.headers_left_out)} more headers are not shown.`) : "",
    );
  });
  return details;
}

export function recordsBrowser(topic) {
  const partition = element("input", { type: "number", min: "0", value: "0", "aria-label": "Partition" });
  const where = element("select", { "aria-label": "Where to begin" }, [
    ["last", "the last"],
    ["offset", "from offset"],
    ["time", "from time (UTC)"],
  ].map(([value, text]) => element("option", { value }, text)));
  const offset = element("input", { type: "number", min: "0", value: "0", "aria-label": "Offset", hidden: true });
  const when = element("input", { type: "datetime-local", step: "1", "aria-label": "Time", hidden: true });
  const howMany = element("select", { "aria-label": "How many" }, [20, 50, 100, 500].map((n) => element("option", { value: n }, `${n} records`)));
  const out = element("div.records", { role: "region", "aria-label": "Records" });
  where.addEventListener("change", () => {
    offset.hidden = where.value !== "offset";
    when.hidden = where.value !== "time";
  });
  let running = null;

  async function show(parameters) {
    running?.abort();
    running = new AbortController();
    const { signal } = running;
    const number = Number(howMany.value);
    try {
      const found = await ask(["topics", topic, "records"], { partition: partition.value, count: number, ...parameters }, signal);
      const go = (text, key, disabled, from) =>
        element("button.small", { type: "button", "data-key": key, disabled, click: () => show({ offset: from }) }, text);
      const rows = found.records.map(recordRow);
      fill(
        out,
        element(
          "p.note",
          { role: "status" },
          `Partition ${found.partition} has offsets ${count(found.begin)} to ${count(found.end)}. `,
          go("Older", "older", found.from <= found.begin, Math.max(found.begin, found.from - number)),
          go("Newer", "newer", found.next >= found.end, found.next),
          found.stopped_early || found.truncated ? "A limit of size ended this list. " : null,
        ),
        rows.length ? rows : element("p.note", {}, "There are no records here."),
      );
    } catch (error) {
      if (error.name !== "AbortError") fill(out, notice("bad", "The records can't be shown", error.message));
    }
  }
  function askAgain() {
    if (where.value === "offset") return show({ offset: offset.value });
    const at = Date.parse(when.value + "Z");
    if (where.value !== "time") return show({});
    return Number.isNaN(at) ? when.focus() : show({ time: Math.max(0, at) });
  }
  const form = element(
    "form.filters",
    { submit: (event) => (event.preventDefault(), askAgain()) },
    element("label.field", {}, "Partition ", partition),
    where,
    offset,
    when,
    howMany,
    element("button.small.primary", { type: "submit", id: "show-records" }, "Show"),
  );
  return {
    node: element("div", {}, form, out),
    setPartitions: (n) => partition.setAttribute("max", String(n - 1)),
    show(n) {
      partition.value = String(n);
      askAgain();
      form.scrollIntoView({ block: "start" });
      partition.focus({ preventScroll: true });
    },
  };
}
