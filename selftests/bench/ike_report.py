#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""From raw figures to a table and JSON. usage: ike_report.py DIR   (DIR/guest/raw.json as ike_guest.sh left it)"""
import json
import os
import statistics
import sys


def read(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def summarise(runs):
    """One record for each server, way to authenticate, transport and size."""
    groups = {}
    for run in runs:
        groups.setdefault((run["auth"], run["transport"], run["n"], run["server"]), []).append(run)
    rows = []
    for (auth, transport, n, server), group in groups.items():
        up = [run for run in group if run["up"]]
        rows.append({
            "auth": auth, "transport": transport, "n": n, "server": server, "runs": len(group),
            "failed": sum(run["failed"] for run in group),
            "cpu_ms": statistics.median(1000 * run["cpu"] / run["up"] for run in up) if up else None,
            "clients_ms": statistics.median(1000 * run["clients"] / run["up"] for run in up) if up else None,
            "idle_ms": statistics.median(1000 * run["idle"] / run["up"] for run in up) if up else None,
            "ms": statistics.median(1000 * run["seconds"] / run["up"] for run in up) if up else None,
            "kib": statistics.median(run["kib"] / run["up"] for run in up) if up else None,
        })
    ours = {(r["auth"], r["transport"], r["n"]): r for r in rows if r["server"] == "espintcp"}
    for row in rows:
        own = ours.get((row["auth"], row["transport"], row["n"]))
        for key in ("cpu_ms", "ms", "kib"):
            row[key + "_ratio"] = row[key] / own[key] if own and own[key] and row[key] else None
    return rows


def cell(value, form):
    return form.format(value) if value is not None else "-"


def table(rows):
    head = ("Auth", "Transport", "Tunnels", "Server", "CPU ms", "ratio", "all ms", "ratio", "clients ms", "idle ms",
            "KiB a tunnel", "ratio", "failed")
    lines = [head]
    for r in rows:
        lines.append((r["auth"], r["transport"], str(r["n"]), r["server"], cell(r["cpu_ms"], "{:.2f}"),
                      cell(r["cpu_ms_ratio"], "{:.2f}"), cell(r["ms"], "{:.2f}"), cell(r["ms_ratio"], "{:.2f}"),
                      cell(r["clients_ms"], "{:.2f}"), cell(r["idle_ms"], "{:.2f}"), cell(r["kib"], "{:.1f}"),
                      cell(r["kib_ratio"], "{:.2f}"), str(r["failed"])))
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join("  ".join(text.ljust(w) for text, w in zip(line, widths)).rstrip() for line in lines)


def main():
    out = sys.argv[1]
    rows = summarise(read(os.path.join(out, "guest", "raw.json")))
    with open(os.path.join(out, "summary.json"), "w", encoding="utf-8") as f:
        json.dump(rows, f, indent=1)
    print(table(rows))


if __name__ == "__main__":
    main()
