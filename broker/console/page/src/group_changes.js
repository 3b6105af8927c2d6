// What may be changed of a consumer group that nobody is a member of.
import { element, table } from "../../../../reports/page/src/dom.js";
import { change } from "./ask.js";
import { changeForm, choice, field, given, numberGiven, textInput } from "./changes.js";
import { number } from "./views.js";

const steps = (answer) =>
  table(
    ["Topic", "#Partition", "#Committed", "#New", "Refused"],
    answer.partitions.map((one) => [one.topic, String(one.partition), number(one.before), number(one.after), one.code ?? ""]),
    { label: "Where the group goes on" },
  );

export function resetOffsets(group, after) {
  const to = choice("to", [["earliest", "the first record"], ["latest", "the end"], ["time", "the first record since …"], ["offset", "an offset …"]]);
  const time = element("input", { type: "datetime-local", name: "time", step: "1", "aria-label": "Since (local time)" });
  const offset = element("input", { type: "number", name: "offset", min: "0", "aria-label": "Offset" });
  const topic = textInput("topic", { placeholder: "all it has committed for" });
  const partition = element("input", { type: "number", name: "partition", min: "0", placeholder: "all" });
  const really = element("input", { type: "checkbox", name: "really" });
  const choose = () => {
    time.hidden = to.value !== "time";
    offset.hidden = to.value !== "offset";
  };
  to.addEventListener("change", choose);
  choose();
  const target = () => {
    if (to.value === "time" && !time.value) throw new Error("Since when?");
    if (to.value === "offset" && offset.value === "") throw new Error("Which offset?");
    return { time: `time:${new Date(time.value).getTime()}`, offset: offset.value }[to.value] ?? to.value;
  };
  return changeForm("reset-offsets", "Go on elsewhere", {
    note: "Shows where the group would go on; and, if that is ticked, has it do so. Nobody may be a member of it meanwhile.",
    fields: [field("At", to), time, offset, field("Topic", topic), field("Partition", partition), field("Do it, and don't only show it", really)],
    button: "Go on",
    make: async () => change("reset-offsets", { group, to: target(), topic: given(topic), partition: numberGiven(partition), preview: !really.checked }),
    shown: steps,
    after: () => {
      really.checked = false;
      after();
    },
  });
}

export const deleteGroup = (group) =>
  changeForm("delete-group", "Delete the group", {
    note: "All that it has committed is gone for good.",
    confirm: group,
    button: "Delete it",
    make: () => change("delete-group", { group }),
    after: () => (location.hash = "#/groups"),
  });
