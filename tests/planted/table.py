"""docs/power.md, from the figures of power.py."""
import statistics

STRATEGIES = ("random", "swarm", "guided")
FRESH = 16  # plays of a guided campaign before the first that is no seed's own (campaign/explorer.h)


def spread(values, digits):
    """Median, with the least and the most; one value stands alone."""
    text = [f"{value:.{digits}f}" for value in (statistics.median(values), min(values), max(values))]
    return text[0] if text[1] == text[2] else f"{text[0]} ({text[1]}-{text[2]})"


def cell(starts):
    """Lives and CPU seconds to detection of one strategy."""
    if not starts:
        return "|"
    found = [s for s in starts if s["found"]]
    lives, cpu = spread([s["lives"] for s in starts], 0), spread([s["cpu"] for s in starts], 1)
    if not found:
        return f"not found in {max(s['lives'] for s in starts)} | > {max(s['cpu'] for s in starts):.0f}"
    return f"{lives} | {cpu}" if len(found) == len(starts) else f"{lives}, {len(found)} of {len(starts)} | {cpu}"


def median_cpu(measured, strategy):
    """Of the starts; those in vain count with the time that they took."""
    return statistics.median(s["cpu"] for s in measured["strategies"][strategy])


def property_of(violation):
    return violation.rpartition(": ")[0]


def strategies_table(data):
    lines = ["| planted bug | starts | random: lives | CPU s | swarm: lives | CPU s | guided: lives | CPU s | shrunk: faults | events |",
             "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"]
    for name, measured in sorted(data.items()):
        cells = " | ".join(cell(measured["strategies"][strategy]) for strategy in STRATEGIES)
        shrunk = measured["shrunk"]
        sizes = f"{shrunk['faults'][0]} -> {shrunk['faults'][1]} | {shrunk['events'][0]:,} -> {shrunk['events'][1]:,}" if shrunk else " | "
        lines.append(f"| `{name}` | {len(measured['strategies']['swarm'])} | {cells} | {sizes} |")
    return lines


def caught_by(measured):
    """Violations, with the share of the lives: of the matrix, and of what the starts found."""
    caught = dict(measured["matrix"]["caught"])
    for starts in measured["strategies"].values():
        for one in starts:
            if one["found"]:
                caught.setdefault(one["found"].partition(": ")[2], 0)
    return caught


def kill_matrix(data):
    properties = sorted({property_of(v) for measured in data.values() for v in caught_by(measured)})
    letters = {name: f"{number + 1}" for number, name in enumerate(properties)}
    lines = ["| | property | bugs it catches | bugs that only it catches |", "|--:|---|--:|---|"]
    catching = {name: {property_of(v) for v in caught_by(measured)} for name, measured in data.items()}
    for name in properties:
        bugs = [bug for bug, by in catching.items() if name in by]
        only = ", ".join(f"`{bug}`" for bug in sorted(bugs) if len(catching[bug]) == 1)
        lines.append(f"| {letters[name]} | {name} | {len(bugs)} | {only} |")
    lines += ["", "| planted bug | lives | failing | " + " | ".join(letters.values()) + " |",
              "|---|--:|--:|" + ":-:|" * len(properties)]
    for bug, measured in sorted(data.items()):
        shares = {}
        for violation, count in caught_by(measured).items():
            name = property_of(violation)
            # Without the count of its lives, that of its most frequent anomaly.
            lives = measured["matrix"].get("properties", {}).get(name, count)
            shares[name] = max(shares.get(name, 0), lives)
        marks = [("x" if shares[name] == 0 else str(shares[name])) if name in shares else "" for name in properties]
        matrix = measured["matrix"]
        lines.append(f"| `{bug}` | {matrix['lives']} | {matrix['failing']} | " + " | ".join(marks) + " |")
    return lines


def verdict(data):
    """How the strategies compare over the bugs that swarms or another strategy found."""
    lines = ["| strategy | found in every start | CPU s to detection: sum of medians | median of medians | soonest for |",
             "|---|--:|--:|--:|--:|"]
    known = [m for m in data.values() if any(s["found"] for starts in m["strategies"].values() for s in starts)]
    if not known:
        return lines
    soonest = [min(STRATEGIES, key=lambda strategy, m=m: median_cpu(m, strategy)) for m in known]
    sums = {}
    for strategy in STRATEGIES:
        medians = [median_cpu(m, strategy) for m in known]
        sums[strategy] = sum(medians)
        always = sum(all(s["found"] for s in m["strategies"][strategy]) for m in known)
        lines.append(f"| {strategy} | {always} of {len(known)} | {sum(medians):.1f} | {statistics.median(medians):.1f} | "
                     f"{soonest.count(strategy)} |")
    best = min(sums, key=sums.get)
    starts = sorted({len(m["strategies"]["swarm"]) for m in known})
    lines += ["", f"The least sum is that of {best}, over {len(known)} bugs with {' or '.join(map(str, starts))} starts each. Guided is to be "
              "the default only if the least", "sum is its, by more than the spread of so few starts; what is found in the first lives says "
              f"nothing of it, since its first {FRESH}", "are those of swarms. The default is swarm."]
    return lines


def shrinking(data):
    """What is left of failing lives when they have been shrunk: medians."""
    shrunk = [m["shrunk"] for m in data.values() if m["shrunk"]]
    if not shrunk:
        return []
    faults = statistics.median(s["faults"][1] for s in shrunk)
    share = statistics.median(s["events"][1] / s["events"][0] for s in shrunk)
    cpu = [s["cpu"] for s in shrunk]
    return [f"Shrunk, the first failing lives of {len(shrunk)} bugs have {faults:g} faults and {share:.1%} of their events (medians), after "
            f"{spread(cpu, 1)} CPU", "s. More events than before are possible: faults weigh more, and a life may fail later without one.", ""]


def document(data, hunted):
    """The whole page. `hunted`: all bugs that campaigns hunt."""
    left = [name for name in hunted if name not in data]
    limits = " to ".join(str(s) for s in sorted({min(m["seconds"] for m in data.values()), max(m["seconds"] for m in data.values())}))
    lines = f"""# Power

What the simulator finds, measured with the planted bugs of `tests/planted` that campaigns hunt ({len(data)} of {len(hunted)} have
figures). This page is written by `./dev planted --table`, which measures the bugs that have none yet, from `tests/planted/power.json`.
[planted-bugs.md](planted-bugs.md) has all bugs, also those that a search or a test finds.

## Strategies

`run --strategy` chooses which lives a campaign plays ([simulator.md](simulator.md), "Strategies"). For each bug: lives and CPU seconds, on one core, until
a life violates something that it does not violate without the bug: the median of the starts and, in parentheses, the least and the most. "2 of 3":
the others ended in vain, after the CPU seconds that `power.json` has for the bug (`seconds`), for each scenario that hunts it, and count with what
they took. The last columns: faults and events of the first failing life of swarms, before and after `shrink`. The machine's two cores had other work
to do, which makes CPU seconds a little longer, and limits of {limits} s are short: a bug that is rarer is not found in them.
""".splitlines()
    lines += [""] + verdict(data) + [""] + shrinking(data) + strategies_table(data)
    lines += """
## Kill matrix

Which property caught which bug: in how many lives of a campaign of swarms, of those that were played (`lives`), of which so many failed. `x`: only a
start of the table above showed it. A bug that hangs on one property is lost with it.
""".splitlines()
    lines += [""] + kill_matrix(data)
    if left:
        lines += ["", "## Not measured yet", "", ", ".join(f"`{name}`" for name in left) + "."]
    return "\n".join(lines) + "\n"
