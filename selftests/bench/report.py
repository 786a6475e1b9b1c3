#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""From raw figures to a table, JSON and a plot. usage: report.py DIR   (DIR/raw as guest.sh left it)"""
import json
import os
import re
import statistics
import sys
from xml.sax.saxutils import escape

NAMES = {"plain": "TCP", "esp": "ESP", "udp": "ESP in UDP", "intree": "in-tree", "ovpn": "OpenVPN", "dco": "OpenVPN DCO",
         "wg": "WireGuard", "ours": "ours"}
RATIOS = (("ours", "intree"), ("ours", "udp"), ("intree", "udp"), ("ours", "ovpn"), ("ours", "dco"), ("ours", "wg"))
CPU_BOUND = ("bulk1", "bulk8", "both", "many")
PINGED = ("idle", "busy", "bloat")
DROPS = ("tx_queue_full", "tx_memory_full", "tx_no_memory", "tx_no_socket", "tx_crypto", "tx_aqm")


# Segments that the measured TCP sent again, and packets that the module dropped
LOST = [("retransmits", "sent again", 0), ("dropped", "dropped", 0)]


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))]


def of_iperf(path):
    """Mbit/s received, and what else iperf3 tells of one run."""
    with open(path, encoding="utf-8") as f:
        end = json.load(f)["end"]
    bits = end["sum_received"]["bits_per_second"]
    size = end["sum_received"]["bytes"]
    if "sum_received_bidir_reverse" in end:
        bits += end["sum_received_bidir_reverse"]["bits_per_second"]
        size += end["sum_received_bidir_reverse"]["bytes"]
    return {"mbit": bits / 1e6, "mbytes": size / 1e6, "retransmits": end["sum_sent"].get("retransmits", 0)}


def of_flood(path):
    """One line of JSON of the sender, one of the receiver."""
    said = {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            said.update(json.loads(line))
    offered, received = said["offered"], said["received"]
    return {"offered_pps": offered / said["seconds"], "pps": received / said["seconds"], "received": received,
            "loss": 100 * (1 - received / offered)}


def of_ping(path):
    with open(path, encoding="utf-8") as f:
        times = [float(t) for t in re.findall(r"time=([\d.]+)", f.read())]
    return {"ping_ms": statistics.median(times), "ping99_ms": percentile(times, .99), "pings": len(times)} if times else {}


def of_counters(path):
    """What the module did not send. Whose connection has ended counts as sent before."""
    with open(path, encoding="utf-8") as f:
        status = json.load(f)
    counters = status["counters"]
    if not status["sockets"]:
        return {}
    return {"dropped": sum(counters[c] for c in DROPS), "queue_peak": max(s["tx_peak"] for s in status["sockets"])}


def read_raw(raw):
    """One record for each measurement."""
    runs = {}
    for name in sorted(os.listdir(raw)):
        stem, kind = name.rsplit(".", 1)
        kernel, turn, case, cipher, transport = stem.split(".")
        run = runs.setdefault(stem, {"stem": stem, "kernel": kernel, "round": int(turn), "case": case, "cipher": cipher,
                                     "transport": transport})
        path = os.path.join(raw, name)
        if kind == "json":
            run.update(of_iperf(path))
        elif kind == "flood":
            run.update(of_flood(path))
        elif kind == "ping":
            run.update(of_ping(path))
        elif kind == "cpu":
            with open(path, encoding="utf-8") as f:
                run["cpu_s"] = int(f.read()) / 1e9
        elif kind == "insns":
            with open(path, encoding="utf-8") as f:
                run["insns"] = int(f.read())
        elif kind == "counters":
            run.update(of_counters(path))
    for run in runs.values():
        if run["transport"] == "tcp":
            run["transport"] = "intree" if run["kernel"] == "intree" else "ours"
        if "mbytes" in run and run.get("cpu_s"):
            run["mbit_cpu"] = run["mbytes"] * 8 / run["cpu_s"]
        if "received" in run and run.get("cpu_s"):
            run["packets_cpu"] = run["received"] / run["cpu_s"]
        if run.get("mbytes") and "insns" in run:
            run["kib_minsn"] = run["mbytes"] * 1e6 / 1024 / (run["insns"] / 1e6)
    return list(runs.values())


def metrics(case):
    if case.startswith(CPU_BOUND):
        return [("mbit_cpu", "Mbit per CPU s", 0), ("kib_minsn", "KiB / 10^6 insn", 1), ("mbit", "Mbit/s", 0)]
    if case.startswith("udp"):
        return [("offered_pps", "offered/s", 0), ("pps", "packets/s", 0), ("loss", "loss %", 1),
                ("packets_cpu", "each CPU s", 0), ("dropped", "dropped", 0)]
    if case.startswith("stock"):
        return [("kib_minsn", "KiB / 10^6 insn", 1), ("mbit", "Mbit/s", 1)]
    if case == "idle":
        return [("ping_ms", "ping ms", 3), ("ping99_ms", "p99 ms", 3)]
    if case in PINGED:
        return [("mbit", "Mbit/s", 1), ("ping_ms", "ping ms", 2), ("ping99_ms", "p99 ms", 2)] + LOST
    return [("mbit", "Mbit/s", 2)] + LOST


def spread(values):
    return values and {"median": statistics.median(values), "min": min(values), "max": max(values), "n": len(values)}


def ratio(mine, its):
    return mine["median"] / its["median"] if mine and its and its["median"] else None


def summary(runs):
    """Median and spread of each cell, and what the table compares: a transport with ESP in UDP of the very kernel that it ran
    on. Two kernels are not equally fast; what both measured stands in the table as the one with our module measured it. Stock
    kernels have rows of their own."""
    kernels = {t: {r["kernel"] for r in runs if r["transport"] == t} for t in ("ours", "intree")}
    rows = []

    def place(run):
        return run["case"], run["cipher"], run["kernel"] if run["case"].startswith("stock") else None

    for case, cipher, stock in dict.fromkeys(map(place, runs)):
        here = [r for r in runs if place(r) == (case, cipher, stock)]
        for key, unit, digits in metrics(case):
            def cell(transport, owner, here=here, key=key):
                every = [r for r in here if r["transport"] == transport and key in r]
                # What does not depend on the kernel was measured in one
                return spread([r[key] for r in [r for r in every if r["kernel"] in kernels[owner]] or every])

            row = {"case": case, "cipher": cipher, "kernel": stock, "metric": unit, "digits": digits, "cells": {}}
            for t in NAMES:
                c = cell(t, "intree" if t == "intree" else "ours")
                if c:
                    row["cells"][t] = c
            for one, other in RATIOS:
                its = cell("udp", one) if other == "udp" else row["cells"].get(other)
                row[f"{one}/{other}"] = ratio(row["cells"].get(one), its)
            if row["cells"]:
                rows.append(row)
    return rows


def machine(where):
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        names = re.findall(r"model name\s*: (.*)", f.read()) or [os.uname().machine]
    with open("/proc/meminfo", encoding="utf-8") as f:
        mib = int(f.readline().split()[1]) // 1024
    guests = {}
    for kernel in ("intree", "twin", "stock", "stock7"):
        path = os.path.join(where, "release." + kernel)
        if os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                guests[kernel] = f.read().strip()
    return {"cpu": f"{len(names)} x {names[0]}", "memory_mib": mib, "kernel": os.uname().release,
            "load": os.getloadavg()[2], "guests": guests}


def machine_line(m):
    guests = ", ".join(f"{name} {release}" for name, release in m["guests"].items())
    return f"{m['cpu']}, {m['memory_mib']} MiB, Linux {m['kernel']}, load {m['load']:.1f} in the last 15 minutes; guests: {guests}"


def section(rows):
    """Lines of rows that have the same columns, those that any of them has figures for."""
    columns = [t for t in NAMES if any(t in row["cells"] for row in rows)]
    ratios = [(f"{a}/{b}", f"{NAMES[a]}/{NAMES[b]}") for a, b in RATIOS if any(row[f"{a}/{b}"] is not None for row in rows)]
    lines = [f"{'case':<15} {'what':<16}" + "".join(f"{NAMES[t]:>17}" for t in columns) +
             "".join(f"  {title}" for _, title in ratios)]
    for row in rows:
        line = f"{row['case'] + ' ' + row['cipher']:<15} {row['metric']:<16}"
        for t in columns:
            c = row["cells"].get(t)
            figures = c and f"{c['median']:.{row['digits']}f} ±{(c['max'] - c['min']) / 2:.{row['digits']}f}"
            line += f"{figures or '-':>17}"
        for key, title in ratios:
            line += f"  {'-' if row[key] is None else format(row[key], '.2f'):>{len(title)}}"
        lines.append(line)
    return lines


def table(rows, guests):
    parts = []
    for kernel in dict.fromkeys(row["kernel"] for row in rows):
        title = [f"# on the {kernel} kernel, {guests.get(kernel, '?')}"] if kernel else []
        parts.append("\n".join(title + section([row for row in rows if row["kernel"] == kernel])))
    return "\n\n".join(parts)


def plot(rows, title):
    """Bars of each row, the longest of a row as 1."""
    colours = {"plain": "#999999", "esp": "#66aadd", "udp": "#3366aa", "intree": "#dd8844", "ovpn": "#bb5599", "dco": "#774499",
               "wg": "#aa9933", "ours": "#228844"}
    out, y = [], 30
    for row in rows:
        on = f", {row['kernel']} kernel" if row["kernel"] else ""
        out.append(f'<text x="10" y="{y + 12}">{row["case"]} {row["cipher"]}, {row["metric"]}{on}</text>')
        top = max(c["max"] for c in row["cells"].values()) or 1
        for t, c in row["cells"].items():
            y += 16
            out.append(f'<rect x="120" y="{y}" width="{600 * c["median"] / top:.0f}" height="12" fill="{colours[t]}"/>')
            low, high = (120 + 600 * c[k] / top for k in ("min", "max"))
            out.append(f'<line x1="{low:.0f}" x2="{high:.0f}" y1="{y + 6}" y2="{y + 6}" stroke="#000"/>')
            out.append(f'<text x="10" y="{y + 10}">{NAMES[t]}</text>')
            out.append(f'<text x="730" y="{y + 10}">{c["median"]:.{row["digits"]}f}</text>')
        y += 28
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="830" height="{y}" font-family="sans-serif" font-size="12">\n'
            f'<rect width="100%" height="100%" fill="#fff"/>\n<text x="10" y="16">{escape(title)}</text>\n' + "\n".join(out) + "\n</svg>\n")


def main():
    where = sys.argv[1]
    runs = read_raw(os.path.join(where, "raw"))
    rows = summary(runs)
    about = machine(where)
    with open(os.path.join(where, "bench.json"), "w", encoding="utf-8") as f:
        json.dump({"machine": about, "rows": rows, "runs": runs}, f, indent=1)
    with open(os.path.join(where, "bench.svg"), "w", encoding="utf-8") as f:
        f.write(plot(rows, machine_line(about)))
    print(f"# {machine_line(about)}")
    print("# median and half of the spread; figures of ours and their ratios to UDP are of the kernel that ours ran on")
    print(table(rows, about["guests"]))
    print(f"# raw figures: {where}/bench.json, plot: {where}/bench.svg")


if __name__ == "__main__":
    main()
