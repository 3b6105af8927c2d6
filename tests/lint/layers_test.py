#!/usr/bin/python3
"""The checks of layers, of paths and of types must see what they are there for, and let pass what is fine."""
import os
import sys

import layers
import paths
import types_once

BAD = [
    ("broker/log/x.cpp", '#include "sim/world.h"'),
    ("broker/log/x.cpp", '#include "broker/server/broker.h"'),
    ("broker/protocol/x.cpp", '#include "runtime/fiber/event.h"'),
    ("runtime/fiber/x.h", '#include "runtime/host/clock.h"'),
    ("sim/x.cpp", '#include "broker/log/segment.h"'),
    ("campaign/x.cpp", '#include "broker/log/segment.h"'),
    ("faults/x.cpp", '#include "broker/log/segment.h"'),
    ("faults/x.cpp", '#include "scenarios/damage/damageable_files.h"'),
    ("campaign/x.cpp", '#include "checkers/history.h"'),
    ("campaign/x.cpp", '#include "scenarios/life.h"'),
    ("broker/server/x.cpp", '#include "runtime/real/process.h"'),
    ("broker/server/x.cpp", "#include <thread>"),
    ("broker/server/x.cpp", "#include <unordered_map>"),
    ("broker/server/x.cpp", "auto now = std::chrono::steady_clock::now();"),
    ("broker/server/x.cpp", "srand(1); int x = rand();"),
    ("checkers/x.cpp", "std::random_device entropy;"),
]
GOOD = [
    ("broker/server/x.cpp", '#include "runtime/host/clock.h"'),
    ("campaign/x.cpp", '#include "checkers/base/violation.h"'),
    ("broker/cli/x.cpp", '#include "runtime/real/process.h"'),
    ("runtime/real/x.cpp", "#include <thread>"),
    ("broker/server/x.cpp", "// the wall clock's time() is not ours"),
    ("broker/server/x.cpp", "record.time(); clock.sleep_for(d);"),
    ("tests/log/x.cpp", '#include "sim/world.h"'),
]
failures = [f"missed: {p}: {t}" for p, t in BAD if not list(layers.check_text(p, t))]
failures += [f"wrongly reported: {p}: {t}" for p, t in GOOD if list(layers.check_text(p, t))]
root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
for text, gone in [("see broker/no/such.h", 1), ("see broker/log/segment.h, `tests/lint/*.py` and tests/planted/NAME.patch", 0)]:
    if len(list(paths.missing(root, text))) != gone:
        failures.append(f"paths: {text}")
for text, twice in [
    ("namespace a {\nstruct X {\n};\n}", True),
    ("namespace a {\nenum class X : char { y };\n}", True),
    ("namespace a {\nclass [[nodiscard]] X final : public Y<int> {\n};\n}", True),
    ("namespace a { namespace {\nstruct X {};\n} }", False),
    ("namespace a {\nstruct X;\nvoid f() { struct X {}; }\n}", False),
    ("namespace a {\nstruct Y%d { struct X {}; };\n}", False),
    ("namespace a {\n// struct X {\nconst char* y = \"struct X {\";\n}", False),
    ("namespace a {\nstruct Z::X {\n};\n}", False),
]:
    if bool(types_once.repeated([("1.h", text.replace("%d", "1")), ("2.h", text.replace("%d", "2"))])) != twice:
        failures.append(f"types_once: {text}")
print("\n".join(failures) or f"layers_test: {len(BAD)} offences seen, {len(GOOD)} good lines let pass")
sys.exit(1 if failures else 0)
