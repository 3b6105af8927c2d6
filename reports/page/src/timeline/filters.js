// Which kinds of happenings, and which machines, the diagram shows.
import { element, roving } from "../dom.js";
import { kindIndex } from "./model.js";

const kindNames = {
  sent: "messages",
  disk: "disk",
  sync: "syncs",
  process: "processes",
  fault: "faults",
  log: "log",
  client: "clients",
  state: "replicas",
};

// `redraw`: called when the choice has changed.
export function filters(model, scene, redraw) {
  const toggle = (text, pressed, change, swatch, title) => {
    const button = element(
      "button.chip",
      {
        type: "button",
        "aria-pressed": String(pressed),
        title,
        click: () => {
          const now = button.getAttribute("aria-pressed") !== "true";
          button.setAttribute("aria-pressed", String(now));
          change(now);
          scene.layOut();
          redraw();
        },
      },
      swatch ? element(`span.swatch.${swatch}`, { "aria-hidden": "true" }) : null,
      text,
    );
    return button;
  };
  const present = new Set(model.kind);
  const chips = Object.entries(kindNames)
    .filter(([kind]) => present.has(kindIndex[kind]) || (kind === "fault" && model.faults.length))
    .map(([kind, name]) =>
      toggle(
        name,
        true,
        (on) => {
          scene.showsKind[kindIndex[kind]] = on;
          if (kind === "sent") scene.showsKind[kindIndex.received] = on;
        },
        kind,
        `Show ${name}`,
      ),
    );
  if (model.operations.length) chips.push(toggle("operations", true, (on) => (scene.showsOperations = on), "operation", "Show what clients do"));
  const nodes = model.nodes.map((name, node) =>
    toggle(name, true, (on) => (on ? scene.nodes.add(node) : scene.nodes.delete(node)), null, `Show ${name}`),
  );
  return element(
    "div.filters",
    {},
    roving(element("div.chips", { role: "group", "aria-label": "Kinds" }, chips)),
    roving(element("div.chips", { role: "group", "aria-label": "Machines" }, nodes)),
  );
}
