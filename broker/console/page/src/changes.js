// Changes of the cluster: forms that are shown only to whom the broker says that it makes these changes.
import { element, section } from "../../../../reports/page/src/dom.js";
import { ask } from "./ask.js";
import { fill, notice } from "./views.js";

// Fills `place`, once, with what `forms(may)` makes; may("topic", "DELETE"): whether that is allowed. False if it could not be asked.
export async function offer(place, of, signal, forms) {
  let allowed;
  try {
    allowed = await ask(["permissions"], of, signal);
  } catch (error) {
    if (error.name === "AbortError" || error.status === 401) throw error;
    return false;
  }
  const made = allowed.changes ? forms((on, operation) => allowed[on]?.includes(operation) ?? false).filter(Boolean) : [];
  fill(place, made.length ? section("Changes", null, made) : null);
  return true;
}

export const field = (label, input) => element("label.field", {}, element("span", {}, label), input);
export const textInput = (name, more = {}) => element("input", { type: "text", name, autocomplete: "off", spellcheck: "false", ...more });
export const choice = (name, options) =>
  element(
    "select",
    { name },
    options.map(([value, text]) => element("option", { value }, text ?? value)),
  );
export const given = (input) => input.value.trim() || undefined;
export const numberGiven = (input) => (input.value === "" ? undefined : Number(input.value));

// A form that is folded away until it is wanted. `make()` asks for the change. `confirm`: what has to be typed before. `after(answer)` runs when it is
// made; `shown(answer)`: more to show of it.
export function changeForm(name, title, { note = null, fields = [], button, confirm = null, make, after = null, shown = null }) {
  const said = element("div", { role: "status" });
  const typed = confirm === null ? null : textInput("confirm", { "aria-label": `Type ${confirm} to confirm` });
  const ready = () => typed === null || typed.value === confirm;
  const go = element(typed ? "button.small.danger" : "button.small.primary", { type: "submit", disabled: !ready() }, button);
  typed?.addEventListener("input", () => (go.disabled = !ready()));
  const submit = async (event) => {
    event.preventDefault();
    if (go.disabled || !ready()) return;
    go.disabled = true;
    fill(said, element("p.note", {}, "Asking the cluster …"));
    try {
      const answer = await make();
      if (typed) typed.value = "";
      fill(said, notice("good", answer.done), shown?.(answer));
      after?.(answer);
    } catch (error) {
      fill(said, notice("bad", "That failed", error.message));
    }
    go.disabled = !ready();
  };
  return element(
    "details.change",
    { "data-change": name },
    element("summary", {}, title),
    element("form", { submit }, note ? element("p.note", {}, note) : null, fields, typed ? field(element("span", {}, "Type ", element("code", {}, confirm), " to confirm"), typed) : null, go),
    said,
  );
}
