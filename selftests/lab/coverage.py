# SPDX-License-Identifier: GPL-2.0-or-later
"""Sum what gcov says about the module's sources, in any number of objects.

usage: coverage.py STAGES TOP EXPLAINED PERCENT <JSON
STAGES holds a folder NAME/src for each kernel that was built for.
A source that a unit test includes is counted there and in the module: a line is
reached if either reached it.  EXPLAINED has "FILE FUNCTION REASON" lines, where
FUNCTION may be * or FUNCTION:REGEX, which the source line has to match.
"""

import json
import os
import re
import sys

stages, top, explained, percent = sys.argv[1:]


def read_reasons():
    reasons = []
    for line in open(explained):
        if line.strip() and not line.startswith("#"):
            name, where, reason = line.split(None, 2)
            function, _, regex = where.partition(":")
            reasons.append((name, function, re.compile(regex.replace("\\s", " ")), reason.strip()))
    return reasons


def source_name(path, cwd):
    path = os.path.normpath(os.path.join(cwd, path))
    found = re.match(re.escape(stages) + "/[^/]+/src/(kernel/.*)", path)
    return found.group(1) if found and "/tests/" not in path else None


def read_lines():
    files = {}
    for text in sys.stdin:
        if not text.strip():
            continue
        unit = json.loads(text)
        cwd = unit.get("current_working_directory", "")
        for entry in unit["files"]:
            name = source_name(entry["file"], cwd)
            if not name:
                continue
            lines = files.setdefault(name, {})
            for line in entry["lines"]:
                count, function = lines.get(line["line_number"], (0, ""))
                lines[line["line_number"]] = (count + line["count"], line.get("function_name") or function)
    return files


def main():
    reasons, files = read_reasons(), read_lines()
    total = reached = unexplained = 0
    missing = []
    for name in sorted(files):
        lines = files[name]
        missed = sorted(n for n in lines if not lines[n][0])
        total += len(lines)
        reached += len(lines) - len(missed)
        print("%-28s %5d of %5d lines  %5.1f %%" %
              (name, len(lines) - len(missed), len(lines), 100 * (len(lines) - len(missed)) / len(lines)))
        text = open(os.path.join(top, name)).read().split("\n")
        for n in missed:
            why = [r for f, fn, rx, r in reasons
                   if f == name and fn in ("*", lines[n][1]) and rx.search(text[n - 1])]
            unexplained += not why
            missing.append("%s:%d: %s(): %s%s" % (name, n, lines[n][1], text[n - 1].strip(),
                                                  "  -- " + why[0] if why else ""))
    if not total:
        sys.exit("no coverage data")
    print("\nnot reached:" if missing else "")
    print("\n".join(missing))
    share = 100 * reached / total
    print("\n%.2f %% of %d lines reached, %d not, %d of them not explained" %
          (share, total, total - reached, unexplained))
    sys.exit(share < float(percent))


main()
