#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the runs of other kernels have shown, as the table in README.rst.

usage: matrix.py RESULTS TSV README    results of selftests/run into TSV, then TSV into README
       matrix.py TSV README            TSV into README
       matrix.py --check TSV README    exit status 1 where README has another table

RESULTS holds matrix@KERNEL/SCRIPT.tap and kernels-all/kernels-all.tap. A kernel that
was not run keeps its line in TSV.
"""

import datetime
import pathlib
import re
import sys

FIELDS = ["kernel", "release", "debian", "gcc", "flavours", "tunnel", "suite",
          "libreswan", "modes", "helper", "log", "seen"]
HEADS = ["Kernel", "Debian", "Compiler", "Builds for", "Tunnel, 2 MB", "Test suite",
         "Two libreswan", "libreswan and espintcp", "Kernel log", "Seen"]
BEGIN, END = ".. The table of kernels begins", ".. The table of kernels ends"
SMOKE, MODES, HELPER = "smoke", "libreswan_modes", "libreswan"


def count(taps):
    """Passed and all test points of TAP files, as "17/17"; "-" without any"""
    passed = total = 0
    for tap in taps:
        status = tap.with_suffix(".status")
        ended = status.exists() and status.read_text().split()[0] == "0"
        points = re.findall(r"^(not )?ok\b(.*)$", tap.read_text(errors="replace"), re.M)
        points = [p for p in points if "# SKIP" not in p[1]]
        passed += sum(not p[0] for p in points)
        # A script that broke off has at least one point less than it should
        total += len(points) + (0 if ended or any(p[0] for p in points) else 1)
    return f"{passed}/{total}" if total else "-"


def builds(results):
    """From "ok 1 - NAME, FLAVOUR: builds ...: RELEASE by gcc VERSION of SUITE" """
    found = {}
    for tap in results.glob("kernels-all/*.tap"):
        for m in re.finditer(r"^ok \d+ - (\S+), (\S+): .*: (\S+) by gcc (\S+) of (\S+)$",
                             tap.read_text(), re.M):
            name, flavour, release, gcc, suite = m.groups()
            row = found.setdefault(name, {"flavours": []})
            row["flavours"].append(flavour)
            if flavour == "amd64":
                row.update(release=release, gcc=gcc, debian=suite)
    for row in found.values():
        row["flavours"] = " ".join(row["flavours"])
    return found


def runs(results):
    found = {}
    for directory in results.glob("matrix@*"):
        taps = [t for t in sorted(directory.glob("*.tap"))]
        row = found[directory.name.partition("@")[2]] = {
            "seen": datetime.date.fromtimestamp(directory.stat().st_mtime).isoformat()}
        by_name = {t.stem: t for t in taps}
        log = by_name.pop("kernel-log", None)
        row["log"] = "clean" if log and re.search("^ok", log.read_text(), re.M) else "not clean"
        for field, script in (("tunnel", SMOKE), ("modes", MODES), ("helper", HELPER)):
            tap = by_name.pop(script, None)
            row[field] = count([tap] if tap else [])
            version = tap and re.search(r"Libreswan (?:v)?(\S+?)[ ,]", tap.read_text(errors="replace"))
            if version:
                row["libreswan"] = version.group(1)
        row["suite"] = count(by_name.values())
    return found


def read(path):
    lines = [l for l in path.read_text().splitlines() if l and not l.startswith("#")] if path.exists() else []
    return {f[0]: dict(zip(FIELDS, f)) for f in (l.split("\t") for l in lines)}


def update(results, path):
    rows = read(path)
    for found in (builds(results), runs(results)):
        for name, row in found.items():
            rows.setdefault(name, {"kernel": name}).update(row)
    names = [l.split()[0] for l in (path.parent / "kernels.list").read_text().splitlines()
             if l and not l.startswith("#")]
    with path.open("w") as out:
        out.write("# SPDX-License-Identifier: GPL-2.0-or-later\n"
                  "# Written by matrix.py from the results of a run: " + ", ".join(FIELDS) + "\n")
        for name in names:
            if name in rows:
                out.write("\t".join(str(rows[name].get(f, "-")) for f in FIELDS) + "\n")


def table(path):
    lines = [HEADS]
    for row in read(path).values():
        swan = f"{row['libreswan']}: {row['modes']}" if row["modes"] != "-" else "-"
        lines.append([row["release"], row["debian"], "gcc " + row["gcc"],
                      row["flavours"].replace("-amd64", "").replace(" ", ", "), row["tunnel"],
                      row["suite"], swan, row["helper"], row["log"], row["seen"]])
    width = [max(len(l[i]) for l in lines) for i in range(len(HEADS))]
    rule = " ".join("=" * w for w in width)
    text = [" ".join(c.ljust(w) for c, w in zip(l, width)).rstrip() for l in lines]
    return "\n".join([rule, text[0], rule] + text[1:] + [rule])


def place(readme, text):
    whole = readme.read_text()
    before, _, rest = whole.partition(BEGIN + "\n")
    _, _, after = rest.partition("\n" + END)
    if not after:
        sys.exit(f"matrix.py: {readme} has no lines '{BEGIN}' and '{END}'")
    return whole, f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"


def main(args):
    if args[:1] == ["--check"] and len(args) == 3:
        old, new = place(pathlib.Path(args[2]), table(pathlib.Path(args[1])))
        if old != new:
            sys.exit(f"{args[2]}: its table is not that of {args[1]}; mend with: selftests/lab/matrix.py {' '.join(args[1:])}")
        return
    if len(args) == 3:
        update(pathlib.Path(args.pop(0)), pathlib.Path(args[0]))
    if len(args) != 2:
        sys.exit(__doc__)
    readme = pathlib.Path(args[1])
    readme.write_text(place(readme, table(pathlib.Path(args[0])))[1])


if __name__ == "__main__":
    main(sys.argv[1:])
