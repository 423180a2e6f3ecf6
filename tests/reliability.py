#!/usr/bin/env python3
"""Fails when agent/docs/RELIABILITY.md names a test that is not there or not run, lacks a row or an
answer, or leaves out what a test says of itself.

A test is named `FILE: NAME`: the function test_NAME of test_FILE.c, the scenario NAME of e2e, interop
or soak, the case NAME of kernel, the fuzz target NAME of fuzz, the script NAME of bench."""
import pathlib, re, sys

root, bad = pathlib.Path(sys.argv[1]), 0
tests = root / "tests"
page = (root / "agent/docs/RELIABILITY.md").read_text().splitlines()
want = {"B": 81, "C": 141}
seen: dict[str, set[str]] = {}
named: set[str] = set()
sources = {f.stem.removeprefix("test_"): f for d in ("unit", "exchange", "kernel") for f in (tests / d).glob("test_*.c")}


def complain(line, text):
    global bad
    bad += 1
    print(f"agent/docs/RELIABILITY.md:{line}: {text}")


def expand(text):
    """The foreach() loops of a room written out."""
    loop = re.compile(r"foreach\((\w+)\s+([^)]*)\)((?:(?!foreach\().)*?)endforeach\(\)", re.S)
    while m := loop.search(text):
        written = "".join(m[3].replace(f"${{{m[1]}}}", item) for item in m[2].split())
        text = text[:m.start()] + written + text[m.end():]
    return text


cases = re.search(r"^all=\((.*)\)$", (tests / "kernel/run.sh").read_text(), re.M)[1].replace(",", " ").split()
rooms = "\n".join(expand(f.read_text()) for f in (tests / "rooms").glob("*.cmake"))


def case(name):
    return (tests / "kernel" / f"{name}.sh").read_text()


def is_fuzzed(name):
    corpus = tests / "fuzz/corpus" / f"fuzz_{name}"
    return (f"ac_fuzz(fuzz_{name} " in rooms and (tests / "fuzz" / f"fuzz_{name}.c").is_file()
            and corpus.is_dir() and any(corpus.iterdir()))


def is_run(where, name):
    """The function is there, stands in main()'s table, and some room builds its file."""
    if where not in sources:
        return False
    text = sources[where].read_text()
    folder = sources[where].parent.name
    return bool(re.search(rf"^test_{name}\(", text, re.M) and
                re.search(rf"\(\s*test_{name}\s*[,)]", text[text.rfind("\nmain("):]) and
                re.search(rf"[( ]{folder}/test_{where}\.c\b", rooms) and
                (folder != "kernel" or f"/test_{where}\"" in "".join(case(c) for c in cases)))


def exists(where, name):
    if where in ("e2e", "interop", "soak"):
        return (tests / where / "scenarios" / f"{name}.sh").is_file()
    if where == "kernel":
        return name in cases and case(name) != ""
    if where == "fuzz":
        return is_fuzzed(name)
    if where == "bench":
        return any((tests / "bench").glob(f"{name}.*"))
    return is_run(where, name)


def check_row(n, line):
    cells = [c.strip() for c in line.strip().strip("|").split("|")]
    names = re.findall(r"`([a-z0-9_]+: [a-z0-9_-]+)`", line)
    for quoted in re.findall(r"`([^`]*: [^`]*)`", line):
        if quoted not in names:
            complain(n, f"`{quoted}` is no name of a test")
    for name in set(names):
        if not exists(*name.split(": ")):
            complain(n, f"there is no test `{name}`, or nothing runs it")
        if names.count(name) > 1:
            complain(n, f"`{name}` stands there twice")
    named.update(names)
    if not all(cells):
        complain(n, "an empty cell")
    if not names and not re.match(r"(not applicable|open): \S", cells[-1]):
        complain(n, f"{cells[0]} has no test, no \"not applicable: why\", no \"open: what\"")
    if not re.fullmatch(r"[BC]\d+", cells[0]):
        return
    if cells[0] in seen:
        complain(n, f"{cells[0]} is there twice")
    seen[cells[0]] = set(names)


for n, line in enumerate(page, 1):
    if line.startswith("|") and not line.startswith(("|-", "| id ", "| case ", "| who ")):
        check_row(n, line)
ids = {f"B{i:02d}" for i in range(1, want["B"] + 1)} | {f"C{i:03d}" for i in range(1, want["C"] + 1)}
for row in sorted(ids ^ seen.keys()):
    complain(0, f"{row} is {'missing' if row in ids else 'of nobody'}")

# Each trial of a lie says which rows it is for, and each case of what crosses is a row.
impair = sources["x_impair"].read_text()
lies = {"a_client_sees_through_a_lying_gateway": ("of_gateways", "of_both"),
        "a_gateway_sees_through_a_lying_client": ("of_clients", "of_both")}
for name, tables in lies.items():
    trials = "".join(re.search(rf"SimTrial {t}\[\] = {{\n(.*?)\n}};", impair, re.S)[1] for t in tables)
    tried = set(" ".join(re.findall(r'"((?:[BC]\d+ ?)+)"', trials)).split())
    said = {row for line in page if f"x_impair: {name}`" in line for row in re.findall(r"\b[BC]\d{2,3}\b", line)}
    for row in sorted(tried ^ said | said - ids):
        complain(0, f"the row of `x_impair: {name}` and its trials do not agree about {row}")
for where in ("x_cross_child", "x_cross_ike", "x_collide", "x_states"):
    for name in re.findall(r"^test_(\w+)\(", sources[where].read_text(), re.M):
        if f"{where}: {name}" not in named and name != "every_row_and_every_state_has_been_met":
            complain(0, f"`{where}: {name}` shows nothing here")

print(f"{len(seen)} rows, {len(named)} tests named")
sys.exit(bad != 0)
