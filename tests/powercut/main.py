"""Cuts the power, on paper. Records what the server writes and syncs while clients talk; builds what a power cut at many
moments may leave on disk; opens it, and looks for every event that had left the server by then."""

import argparse
import collections
import json
import random
import sqlite3
import sys
import tempfile
from pathlib import Path

from disk import STYLES, Disk
from history import steps
from recording import Server


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("chinwag", type=Path, help="the server's binary")
    parser.add_argument("--seconds", type=float, default=12, help="how long is recorded")
    parser.add_argument("--cuts", type=int, default=100, help="at how many moments the power is cut")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32), help="of the choices, not the recording")
    options = parser.parse_args()
    if sqlite3.sqlite_version_info < (3, 37):
        sys.exit(f"Python has SQLite {sqlite3.sqlite_version}, which cannot read the database: 3.37 or later can")
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder).resolve()
        server = Server(options.chinwag.resolve(), folder / "data")
        before = {"chinwag.db": (folder / "data/chinwag.db").read_bytes()}
        server.record(folder / "trace", options.seconds)
        history = steps(folder / "trace", folder / "data")
        kinds = collections.Counter(f"{step.kind} {step.file}".strip() for step in history)
        print(f"--seed {options.seed}:", ", ".join(f"{count} × {kind}" for kind, count in sorted(kinds.items())))
        choice = random.Random(options.seed)
        moments = choose(history, options.cuts, choice)
        problems = cut(history, moments, Disk(before), folder, choice)
        some = moments[:: len(moments) // 3 or 1]
        unsynced = cut(history, some, Disk(before, lies=True), folder, choice)
    for (style, problem), count in problems.items():
        print(f"unsynced writes: {style}: {problem} ({count} times)")
    cuts = len(moments) * len(STYLES)
    if problems:
        sys.exit(f"{sum(problems.values())} of {cuts} power cuts did harm")
    if not unsynced:
        sys.exit("a disk that ignores syncs lost nothing either: this recording shows nothing")
    print(f"{cuts} power cuts: nothing that had left the server is lost, no log has a gap")
    print(f"(on a disk that ignores syncs {sum(unsynced.values())} of {len(some) * len(STYLES)} did harm)")


def choose(history, count, choice):
    """Moments: half of them right after an event was told for the first time, to its sender, a listener or a reader;
    the others anywhere, and while the log is copied into the database."""
    told, known = [], set()
    for at, step in enumerate(history, 1):
        places = {(event["topic"], event["seq"]) for event in step.events}
        if not places <= known:
            told.append(at)
            known |= places
    copied = [at for at, step in enumerate(history, 1) if step.file == "chinwag.db"]
    if not copied:
        sys.exit("the log was never copied into the database: record for longer")
    return sorted(choice.choice((told, copied, told, range(len(history)))[number % 4]) for number in range(count))


def cut(history, moments, disk, folder, choice):
    """Counts what is wrong after power cuts at these moments, by what became of unsynced writes."""
    problems, told, done = collections.Counter(), {}, 0
    for moment in moments:
        for step in history[done:moment]:
            disk.do(step)
            told.update({(event["topic"], event["seq"]): event for event in step.events})
        done = moment
        for style in STYLES:
            with tempfile.TemporaryDirectory(dir=folder) as left:
                for name, content in disk.after_power_cut(style, choice).items():
                    (Path(left) / name).write_bytes(content)
                if problem := wrong(Path(left) / "chinwag.db", told):
                    problems[style, problem] += 1
    return problems


def wrong(file, told):
    """What is wrong with a database, if these events had left the server."""
    database = sqlite3.connect(file)
    try:
        if database.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            return "the database is damaged"
        events = "SELECT topic, seq, body FROM events JOIN rooms ON rooms.id = room"
        stored = {(topic, seq): body for topic, seq, body in database.execute(events)}
        heads = database.execute("SELECT topic, last_seq FROM heads JOIN rooms ON rooms.id = room").fetchall()
    except sqlite3.DatabaseError:
        return "the database is damaged"
    finally:
        database.close()
    if stored.keys() != {(topic, seq) for topic, last in heads for seq in range(1, last + 1)}:
        return "a log has a gap, or not its room's length"
    if not told.keys() <= stored.keys():
        return "events are lost that had left the server"
    if any(json.loads(stored[place]) != event for place, event in told.items()):
        return "an event that had left the server is another now"
    return None


if __name__ == "__main__":
    main()
