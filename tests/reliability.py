#!/usr/bin/env python3
"""Fails when agent/docs/RELIABILITY.md names a test that is not there, or lacks a row or an answer.

A test is named `FILE: NAME`: the function test_NAME of test_FILE.c, the scenario NAME of e2e, interop
or soak, the fuzz target NAME of fuzz, the script NAME of bench."""
import pathlib, re, sys

root, bad = pathlib.Path(sys.argv[1]), 0
tests = root / "tests"
page = (root / "agent/docs/RELIABILITY.md").read_text().splitlines()
want = {"B": 81, "C": 141}
seen: dict[str, int] = {}
named = 0
sources = {f.stem.removeprefix("test_"): f for d in ("unit", "exchange") for f in (tests / d).glob("test_*.c")}


def complain(line, text):
    global bad
    bad += 1
    print(f"agent/docs/RELIABILITY.md:{line}: {text}")


def exists(where, name):
    if where in ("e2e", "interop", "soak"):
        return (tests / where / "scenarios" / f"{name}.sh").is_file()
    if where == "fuzz":
        return (tests / "fuzz" / f"fuzz_{name}.c").is_file() and (tests / "fuzz/corpus" / f"fuzz_{name}").is_dir()
    if where == "bench":
        return any((tests / "bench").glob(f"{name}.*"))
    if where not in sources:
        return False
    text = sources[where].read_text()
    return bool(re.search(rf"^test_{name}\(", text, re.M)) and len(re.findall(rf"\btest_{name}\b", text)) >= 2


for n, line in enumerate(page, 1):
    if not line.startswith("|") or line.startswith("|-") or line.startswith(("| id ", "| case ")):
        continue
    cells = [c.strip() for c in line.strip().strip("|").split("|")]
    last = cells[-1]
    for where, name in re.findall(r"`([a-z0-9_]+): ([a-z0-9_-]+)`", line):
        named += 1
        if not exists(where, name):
            complain(n, f"there is no test `{where}: {name}`")
    row = re.fullmatch(r"([BC])(\d+)", cells[0])
    if not all(cells):
        complain(n, "an empty cell")
    answered = re.search(r"`[a-z0-9_]+: [a-z0-9_-]+`", last) or re.match(r"(not applicable|open): \S", last)
    if not answered:
        complain(n, f"{cells[0]} has no test, no \"not applicable: why\", no \"open: what\"")
    if row:
        seen[cells[0]] = seen.get(cells[0], 0) + 1

for kind, count in want.items():
    for i in range(1, count + 1):
        for width in (2, 3):
            name = f"{kind}{i:0{width}d}"
            if (kind == "B") == (width == 2) and seen.get(name, 0) != 1:
                complain(0, f"{name} is there {seen.get(name, 0)} times")
if len(seen) != sum(want.values()):
    complain(0, f"{len(seen)} rows instead of {sum(want.values())}")
print(f"{len(seen)} rows, {named} tests named")
sys.exit(bad != 0)
