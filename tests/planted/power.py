"""What the simulator is worth, by the planted bugs: which checkers catch each, and how soon each strategy of campaigns does.

Usage: hunt --table [ID...]       measures the bugs (those that have no figures yet, without an ID), and writes docs/power.md
       hunt --table --build-only [ID...]   only builds their simulators, which are kept
       hunt --table --write       only writes docs/power.md from tests/planted/power.json
       hunt --rotate N            hunts N of the measured bugs, chosen by the commit; exits 1 if one is not found within ten
                                  times its published median of lives

Figures are kept in power.json, bug by bug, so that the measuring can be interrupted and goes on. Bugs are those that
campaigns hunt; what a search or a test finds is in docs/planted-bugs.md.

A measurement of a bug: for each strategy, starts from seeds far apart until a life violates something, each in the
scenarios that the patch names, one after the other, for --seconds of CPU at most; then --lives lives of swarms, in which
all violated properties are noted; then the first failing life of swarms is shrunk, for --shrink-seconds at most. Everything on one core (--jobs 1). A
violation counts only if the same life without the patch does not show it.
"""
import argparse
import functools
import hashlib
import json
import re
import sqlite3
import statistics
import subprocess
import sys
import time

import table
from planting import (all_patches, build_copy, clean_sim, cpu_of_children, here, make_copy, plant_into_copy, planted, root,
                      scenarios_of, sim)

STRATEGIES = ("random", "swarm", "guided")
FIRST_START, STARTS_APART = 500_001, 20_000
SEEDS_MAX = 3000
MATRIX_SEED = 900_001
KEPT = planted / "sims"
DATA = here / "power.json"
TIMES_MEDIAN = 10
LIVES_MIN = 30  # a median of very few lives says little about ten times as many


def hunted(patch):
    """Whether campaigns hunt the bug."""
    head = patch.read_text().split("\n--- ")[0]
    return "\nHunted with: " in head or not re.search(r"^(Searched|Tested) with: ", head, re.MULTILINE)


def read_data():
    return json.loads(DATA.read_text()) if DATA.is_file() else {}


def write_data(data):
    draft = DATA.with_suffix(".tmp")
    draft.write_text(json.dumps(data, indent=1, sort_keys=True) + "\n")
    draft.replace(DATA)


def kept_sim(name, patch):
    """Where the bug's simulator is kept: by what the tree's sources and the patch are."""
    tree = subprocess.run(["git", "ls-files", "-s", "broker", "runtime", "sim", "faults", "checkers", "campaign", "reports",
                           "scenarios", "cmake"], cwd=root, check=True, capture_output=True).stdout
    key = hashlib.sha256(tree + patch.read_bytes()).hexdigest()[:12]
    return KEPT / f"{name}-{key}"


def build_sims(patches):
    """Builds the simulators that are not kept yet. Returns the bugs whose can't be built, with the reason."""
    KEPT.mkdir(parents=True, exist_ok=True)
    missing = {name: patch for name, patch in patches.items() if not kept_sim(name, patch).is_file()}
    failed = {}
    if not missing and clean_sim.is_file():
        return failed
    make_copy()
    if complaint := build_copy():
        sys.exit(f"the tree does not build\n{complaint}")
    clean_sim.write_bytes(sim.read_bytes())
    clean_sim.chmod(0o755)
    for name, patch in missing.items():
        try:
            if complaint := plant_into_copy(patch):
                failed[name] = complaint
                print(complaint, file=sys.stderr)
                continue
            stripped = kept_sim(name, patch)
            subprocess.run(["strip", "-g", "-o", stripped.with_suffix(".tmp"), sim], check=True)
            stripped.with_suffix(".tmp").rename(stripped)
            print(f"{name}: built", flush=True)
        finally:
            make_copy()
    return failed


def play(binary, arguments):
    """Output, and CPU seconds."""
    before = cpu_of_children()
    done = subprocess.run([binary, *arguments], capture_output=True, text=True, check=False)
    if done.returncode == 2:
        sys.exit(f"{' '.join(map(str, arguments))}: {done.stderr}")
    return done.stdout, cpu_of_children() - before


def violations_in(output):
    """The violations shown, each with the arguments that play its life again."""
    found = []
    for shown in re.split(r"^(?=seed \d+ violates )", output, flags=re.MULTILINE)[1:]:
        what = re.match(r"seed \d+ violates (.*)", shown).group(1)
        found.append((what, shown))
    return found


def replay_arguments(shown):
    """Of the shown life."""
    if plan := re.search(r"^ *its plan, for FILE: (.*)$", shown, re.MULTILINE):
        file = planted / "life.json"
        file.write_text(plan.group(1))
        return ["replay", str(file)]
    line = re.search(r"^ *replay: \S+ (replay .*?)(?: --trace)?$", shown, re.MULTILINE)
    return line.group(1).split() if line else None


@functools.cache
def shown_without_patch(arguments):
    said, _ = play(clean_sim, arguments)
    return {what for what, _ in violations_in(said)}


def known_without_patch(output):
    """What the failing life shows without the patch."""
    arguments = replay_arguments(output)
    if not arguments:
        return set()
    if "--seed" not in arguments:
        return {what for what, _ in violations_in(play(clean_sim, arguments)[0])}
    # A campaign plays it once, and replay twice.
    seed = arguments.index("--seed")
    number = arguments[seed + 1]
    return shown_without_patch(("run", *arguments[1:seed], "--seeds", f"{number}..{number}", *arguments[seed + 2:], "--jobs", "1"))


def hunt_once(binary, scenario, strategy, first, seconds):
    """The violation found first (or None), its life's output, lives, CPU seconds."""
    lives, cpu, seed = 0, 0.0, first
    while cpu < seconds and seed < first + SEEDS_MAX:
        output, took = play(binary, ["run", "--scenario", scenario, "--seeds", f"{seed}..{first + SEEDS_MAX - 1}", "--strategy", strategy,
                                     "--until-first-failure", "--time", f"{max(1, round(2 * (seconds - cpu)))}s", "--jobs", "1"])
        counted = int(re.search(rf"^{scenario}: (\d+) lives", output, re.MULTILINE).group(1))
        lives, cpu = lives + counted, cpu + took
        found = violations_in(output)
        if not found and not counted:
            break
        if not found:  # its time was up before its CPU seconds were: the machine had other work
            seed += counted
            continue
        known = known_without_patch(output)
        if news := [what for what, _ in found if what not in known]:
            return f"{scenario}: {news[0]}", output, lives, cpu
        seed += counted  # the tree as it is fails here, too
    return None, "", lives, cpu


def start(binary, scenarios, strategy, first, seconds):
    lives, cpu = 0, 0.0
    for scenario in scenarios:
        found, output, more, took = hunt_once(binary, scenario, strategy, first, seconds)
        lives, cpu = lives + more, cpu + took
        if found:
            return {"found": found, "lives": lives, "cpu": round(cpu, 2)}, output
    return {"found": None, "lives": lives, "cpu": round(cpu, 2)}, ""


def all_violated(binary, scenario, lives, seconds):
    """How many lives of swarms show each violation, how many violate each property, and how many were played."""
    report = planted / "matrix.db"
    report.unlink(missing_ok=True)
    output, _ = play(binary, ["run", "--scenario", scenario, "--seeds", f"{MATRIX_SEED}..{MATRIX_SEED + lives - 1}", "--time", f"{seconds}s",
                              "--jobs", "1", "--report", str(report)])
    with sqlite3.connect(report) as database:
        rows = database.execute("SELECT v.property, v.anomaly, count(DISTINCT v.life), min(l.seed) FROM violations v JOIN lives l ON "
                                "l.id = v.life GROUP BY 1, 2").fetchall()
        properties = dict(database.execute("SELECT property, count(DISTINCT life) FROM violations GROUP BY 1").fetchall())
        played, failing = database.execute("SELECT count(*), coalesce(sum(failed), 0) FROM lives").fetchone()
    caught = {}
    for checked, anomaly, count, seed in rows:
        said, _ = play(clean_sim, ["run", "--scenario", scenario, "--seeds", f"{seed}..{seed}", "--jobs", "1"])
        if f"{checked}: {anomaly}" not in {what for what, _ in violations_in(said)}:
            caught[f"{checked}: {anomaly}"] = count
    return {"scenario": scenario, "lives": played, "failing": failing, "caught": caught, "properties": properties}


def shrunk(binary, output, seconds):
    """Faults and events of the shown life before and after it is shrunk."""
    arguments = replay_arguments(output)
    file = planted / "shrunk.capsule.json"
    file.unlink(missing_ok=True)
    said, took = play(binary, ["shrink", *arguments[1:], "--time", f"{seconds}s", "--jobs", "1", "-o", str(file)])
    sizes = {what: [int(before), int(after)]
             for what, before, after in re.findall(r"^ +(faults|events) +(\d+) -> (\d+)$", said, re.MULTILINE)}
    return {**sizes, "cpu": round(took, 1)} if len(sizes) == 2 else None


def measure(name, patch, options):
    binary = kept_sim(name, patch)
    scenarios = scenarios_of(patch)
    strategies, example = {}, ""
    for strategy in STRATEGIES:
        starts = []
        for repetition in range(options.starts):
            done, output = start(binary, scenarios, strategy, FIRST_START + repetition * STARTS_APART, options.seconds)
            starts.append(done)
            if strategy == "swarm" and not example:
                example = output
            if not done["found"] and not any(s["found"] for s in starts) and repetition == 1:
                break  # twice in vain: it is not found so
        strategies[strategy] = starts
    found = [s["found"] for s in strategies["swarm"] if s["found"]]
    scenario = max(found, key=found.count).split(": ")[0] if found else scenarios[0]
    return {"scenarios": scenarios, "seconds": options.seconds, "strategies": strategies,
            "matrix": all_violated(binary, scenario, options.lives, options.seconds),
            "shrunk": shrunk(binary, example, options.shrink_seconds) if example else None,
            "commit": subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=root, check=True, capture_output=True,
                                     text=True).stdout.strip()}


def make_table(patches, options):
    data = read_data()
    for gone in set(data) - set(all_patches()):
        del data[gone]
    wanted = {name: patch for name, patch in patches.items() if hunted(patch) and (options.ids or name not in data)}
    if not options.write:
        failed = build_sims(wanted)
        if options.build_only:
            return 2 if failed else 0
        for name, patch in wanted.items():
            if name in failed:
                continue
            begun = time.monotonic()
            data[name] = measure(name, patch, options)
            write_data(data)
            print(f"{name}: {time.monotonic() - begun:.0f} s", flush=True)
    (root / "docs" / "power.md").write_text(table.document(data, [name for name, patch in all_patches().items() if hunted(patch)]))
    return 0


def median_lives(measured):
    """Of starts of swarms; None if the bug was not found in each."""
    starts = measured["strategies"]["swarm"]
    return statistics.median(s["lives"] for s in starts) if all(s["found"] for s in starts) else None


def rotate(count):
    """Hunts some bugs whose figures are published. Which, follows from the commit."""
    data, patches = read_data(), all_patches()
    quick = sorted(name for name in data if name in patches and median_lives(data[name]) is not None
                   and statistics.median(s["cpu"] for s in data[name]["strategies"]["swarm"]) <= 8)
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, check=True, capture_output=True, text=True).stdout
    at = int(hashlib.sha256(commit.encode()).hexdigest(), 16)
    chosen = [quick[(at + i) % len(quick)] for i in range(min(count, len(quick)))]
    failed = build_sims({name: patches[name] for name in chosen})
    missed = list(failed)
    for name in chosen:
        if name in failed:
            continue
        lives_max = max(LIVES_MIN, round(TIMES_MEDIAN * median_lives(data[name])))
        lives, found = 0, None
        for scenario in data[name]["scenarios"]:
            output, _ = play(kept_sim(name, patches[name]), ["run", "--scenario", scenario, "--seeds", f"1..{lives_max}", "--until-first-failure"])
            lives += int(re.search(rf"^{scenario}: (\d+) lives", output, re.MULTILINE).group(1))
            known = known_without_patch(output)
            found = next((f"{scenario}: {what}" for what, _ in violations_in(output) if what not in known), None)
            if found:
                break
        print(f"{name}: {'found by ' + found if found else 'NOT FOUND'} in {lives} lives (published median "
              f"{median_lives(data[name]):.0f}, at most {lives_max} in each scenario)", flush=True)
        if not found:
            missed.append(name)
    return 1 if missed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ids", nargs="*", metavar="ID")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--build-only", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--rotate", type=int, metavar="N")
    parser.add_argument("--starts", type=int, default=3, help="of each strategy")
    parser.add_argument("--seconds", type=int, default=60, help="of CPU for each start and scenario, and for the lives of the matrix")
    parser.add_argument("--shrink-seconds", type=int, default=60, help="of wall clock, on one core, for shrinking")
    parser.add_argument("--lives", type=int, default=60, help="of swarms, whose violated properties are noted")
    options = parser.parse_args()
    patches = all_patches()
    if unknown := [name for name in options.ids if name not in patches]:
        parser.error("no such planted bug: " + ", ".join(unknown))
    if options.rotate is not None:
        return rotate(options.rotate)
    return make_table({name: patches[name] for name in options.ids or patches}, options)


if __name__ == "__main__":
    sys.exit(main())
