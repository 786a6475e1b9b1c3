#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a KiB costs, and whose code it is: perf's samples of User Mode Linux kernels, as a table of nanoseconds for a KiB.

usage: profile.py DIR HZ KERNEL=BUILD...
DIR as bench/run leaves it, with perf.KERNEL.host.ROUND (perf script -F pid,time,ip) and kallsyms.KERNEL.host.ROUND of the guests
by the host's clock; BUILD is where the kernel was built, whose objects say which file a symbol is of.
"""
import bisect
import collections
import os
import statistics
import subprocess
import sys

from report import NAMES, read_raw

OURS = "this module"
# By the directory or file of a symbol, the first that it begins with
OWNERS = (
    ("[espintcp]", OURS),
    ("net/xfrm/espintcp", "in-tree ESP in TCP"), ("net/strparser/", "in-tree ESP in TCP"),
    ("net/core/skmsg", "in-tree ESP in TCP"), ("net/xfrm/", "XFRM"), ("net/ipv4/xfrm", "XFRM"), ("net/ipv4/esp", "XFRM"),
    ("crypto/", "crypto"), ("lib/crypto/", "crypto"),
    ("net/ipv4/tcp", "TCP"), ("net/ipv4/inet_", "TCP"), ("net/ipv4/udp", "UDP"),
    ("net/core/skbuff", "buffers"), ("mm/", "buffers"), ("lib/iov_iter", "copying"), ("arch/x86/um/", "copying"),
    ("arch/x86/lib/", "copying"), ("net/", "IP and devices"), ("drivers/net/", "IP and devices"),
)
COPIES = ("memcpy", "memmove", "memset", "csum_partial", "copy_from_user", "copy_to_user", "copy_chunk", "skb_copy_bits",
          "__memcpy", "__memmove", "__memset", "do_csum")
HOST = "the machine's kernel, for UML"
USER_BITS = 47
# Nothing behind the last symbol's function is one of these
FARTHEST = 1 << 20


def owner(symbol, path):
    if symbol.startswith(COPIES):
        return "copying"
    for prefix, name in OWNERS:
        if path.startswith(prefix):
            return name
    return "UML, scheduling, the rest"


def objects(build):
    """Which object a symbol is of"""
    names = [os.path.relpath(os.path.join(where, n), build) for where, _, files in os.walk(build) for n in files
             if n.endswith(".o") and not n.startswith(("built-in", "vmlinux"))]
    out = subprocess.run(["xargs", "nm", "-A", "--defined-only"], cwd=build, text=True, check=False, input="\n".join(names),
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return {line.split()[-1]: line.split(":")[0] for line in out.splitlines()}


class Symbols:
    """By address: those of the kernel's file, and those that a guest told of its modules, which lie elsewhere each time."""

    def __init__(self, build):
        self.where = objects(build)
        self.kernel = []
        out = subprocess.run(["nm", f"{build}/vmlinux"], text=True, check=True, stdout=subprocess.PIPE).stdout
        for line in out.splitlines():
            words = line.split()
            if len(words) == 3 and words[1] in "tTwW":
                self.kernel.append((int(words[0], 16), words[2], self.where.get(words[2], "")))

    def load(self, kallsyms):
        found = list(self.kernel)
        with open(kallsyms, encoding="ascii") as f:
            for line in f:
                address, _, symbol, module = line.split()
                found.append((int(address, 16), symbol, self.where.get(symbol, "") if module != "[espintcp]" else module))
        found.sort()
        self.addresses = [address for address, _, _ in found]
        self.found = found

    def of(self, ip):
        """The symbol, and who owns it"""
        if ip >> USER_BITS:
            return "", HOST
        i = bisect.bisect(self.addresses, ip) - 1
        if i < 0 or ip - self.addresses[i] > FARTHEST:
            return "", owner("", "")
        _, symbol, path = self.found[i]
        return symbol, owner(symbol, path)


def samples(path):
    """Time and address of each sample of the kernel, which has by far the most of UML's processes."""
    found = collections.defaultdict(list)
    with open(path, encoding="ascii") as f:
        for line in f:
            pid, time, ip = line.split()[:3]
            found[int(pid)].append((float(time.rstrip(":")), int(ip, 16)))
    return sorted(max(found.values(), key=len, default=[]))


def profile(out, kernels, hertz):
    """Nanoseconds for a KiB by what was measured, by owner and by the owner's symbol, one figure for each round."""
    costs = collections.defaultdict(lambda: collections.defaultdict(list))
    symbols = {k: Symbols(build) for k, build in kernels.items()}
    guests = collections.defaultdict(list)
    for run in read_raw(f"{out}/raw"):
        if "mbytes" in run:
            guests[run["kernel"], run["round"]].append(run)
    for (kernel, turn), runs in guests.items():
        if not os.path.exists(f"{out}/perf.{kernel}.host.{turn}"):
            continue
        taken = samples(f"{out}/perf.{kernel}.host.{turn}")
        symbols[kernel].load(f"{out}/kallsyms.{kernel}.host.{turn}")
        for run in runs:
            what = (run["case"], run["cipher"], run["transport"])
            with open(f"{out}/raw/{run['stem']}.when", encoding="ascii") as f:
                begin, end = map(float, f.read().split())
            counted = collections.Counter(symbols[kernel].of(ip)[::-1] for _, ip in
                                          taken[bisect.bisect(taken, (begin,)):bisect.bisect(taken, (end,))])
            if not counted:
                continue
            for key, n in counted.items():
                costs[what][key].append(n * 1e9 / hertz / (run["mbytes"] * 1e6 / 1024))
            costs[what]["rounds", ""].append(1)
    return costs


def median(values, rounds):
    """Rounds without a sample have none of it"""
    return statistics.median(values + [0] * (rounds - len(values)))


def line(label, cells):
    print(f"{label:34}" + "".join(f"{cell:>12}" for cell in cells))


def table(costs):
    for case, cipher in sorted({what[:2] for what in costs}):
        columns = [t for t in NAMES if (case, cipher, t) in costs]
        owners = collections.defaultdict(collections.Counter)
        functions = collections.defaultdict(collections.Counter)
        whole = collections.Counter()
        for t in columns:
            rounds = len(costs[case, cipher, t].pop(("rounds", "")))
            for (name, symbol), values in costs[case, cipher, t].items():
                n = median(values, rounds)
                owners[name][t] += n
                whole[t] += n
                if name == OURS:
                    functions[symbol][t] += n

        def rows(sums, indent="", most=None):
            for name, cells in sorted(sums.items(), key=lambda item: -max(item[1].values()))[:most]:
                line(indent + name, (f"{cells[t]:.0f}" for t in columns))
                if name == OURS:
                    rows(functions, "  ", 8)

        print(f"\n{case} {cipher}: CPU time in ns for a KiB of payload, both hosts\n")
        line("", (NAMES[t] for t in columns))
        rows(owners)
        rows({"all": whole})


def main():
    out, hertz = sys.argv[1], int(sys.argv[2])
    table(profile(out, dict(word.split("=", 1) for word in sys.argv[3:]), hertz))


main()
