#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The CPU time of a User Mode Linux kernel: what its neighbours take does not count.

usage: cpu.py watch WORD SAMPLES   (of the kernel that has WORD in its command line, until killed)
       cpu.py join SAMPLES RAW     (from RAW/*.when, "begin end" of each measurement, to RAW/*.cpu in ns)
"""
import bisect
import glob
import os
import sys
import time


def started(pid):
    """When, in clock ticks since the machine booted: numbers of processes begin again at times."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        return int(f.read().rpartition(")")[2].split()[19])


def find(word):
    """The kernel is the first of its processes."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                words = f.read().split(b"\0")
        except OSError:
            continue
        if words[0].endswith(b"/vmlinux") and word.encode() in words:
            found.append(pid)
    try:
        return min(found, key=started, default=None)
    except OSError:
        return None


def watch(word, path):
    pid = None
    with open(path, "w", encoding="ascii") as out:
        while True:
            pid = pid or find(word)
            try:
                if pid:
                    with open(f"/proc/{pid}/schedstat", encoding="ascii") as f:
                        print(f"{time.time():.4f}", f.read().split()[0], file=out, flush=True)
            except OSError:
                return
            time.sleep(.02 if pid else .1)


def join(path, raw):
    with open(path, encoding="ascii") as f:
        samples = [(float(t), int(ns)) for t, ns in (line.split() for line in f)]
    times = [t for t, _ in samples]
    for name in glob.glob(os.path.join(raw, "*.when")):
        with open(name, encoding="ascii") as f:
            begin, end = (samples[min(bisect.bisect(times, float(t)), len(samples) - 1)][1] for t in f.read().split())
        with open(name[:-len("when")] + "cpu", "w", encoding="ascii") as out:
            print(end - begin, file=out)


if __name__ == "__main__":
    {"watch": watch, "join": join}[sys.argv[1]](*sys.argv[2:])
