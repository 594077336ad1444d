"""What a server did with its database's files, and which events it told clients, in order, from strace's output."""

import json
import math
import re
from dataclasses import dataclass

FILES = ("chinwag.db", "chinwag.db-wal", "chinwag.db-journal")
CALL = re.compile(rb"(\d+) +(\w+)\((.*)", re.S)
RESUMED = re.compile(rb"(\d+) +<\.\.\. \w+ resumed>(.*)", re.S)
UNFINISHED = b"<unfinished ...>\n"
STRING = re.compile(rb'"((?:\\x[0-9a-f]{2})*)"')
DESCRIPTOR = re.compile(rb"\d+<((?:\\x[0-9a-f]{2})*)>")
# The last argument, whether or not the result follows.
NUMBER = re.compile(rb", (\d+)(?:\) += .*)?\s*$")
EVENT = re.compile(rb'\{"seq":\d+[^{}]*\}')


@dataclass
class Step:
    """A "write", a "truncate" or a "sync" of a file, or "sent" with events that left the server."""

    kind: str
    file: str = ""
    data: bytes = b""
    offset: int = 0  # of a write; of a truncation, the new size
    began: int = 0  # as many steps came before it began. A sync stands in the list where it ended, others where they began
    ended: float = math.inf  # as many steps came before it ended
    events: tuple = ()


def steps(trace, folder):
    """The steps that concern the database in `folder`; the folder itself is the file ""."""
    found, unfinished = [], {}
    files = {bytes(folder / name): name for name in (*FILES, "")}
    with open(trace, "rb") as lines:
        for line in lines:
            step = None
            if resumed := RESUMED.match(line):
                step = unfinished.pop(resumed[1], None)
            elif call := CALL.match(line):
                if step := begin(call[2].decode(), call[3].removesuffix(UNFINISHED), files):
                    step.began = len(found)
                    if step.kind != "sync":
                        found.append(step)
                    if line.endswith(UNFINISHED):
                        unfinished[call[1]], step = step, None
            # What the server was killed in has no result, and never ended.
            if step and not line.endswith(b"= ?\n"):
                if step.kind != "sent" and re.search(rb"\) += -", line):
                    raise ValueError(f"{step.kind} of {step.file} failed: {line[-80:]}")
                step.ended = len(found)
                if step.kind == "sync":
                    found.append(step)
    return found


def begin(call, arguments, files):
    """The step that a call begins, if it is one."""
    descriptor = DESCRIPTOR.match(arguments)
    path = text(descriptor[1]) if descriptor else strings(arguments)
    file = files.get(path)
    if path.startswith(b"socket:"):
        events = tuple(json.loads(event) for event in EVENT.findall(strings(arguments)))
        return Step("sent", events=events) if events else None
    if file is None:
        return None
    if call in ("fsync", "fdatasync"):
        return Step("sync", file)
    if call in ("pwrite64", "ftruncate"):
        kind = "write" if call == "pwrite64" else "truncate"
        return Step(kind, file, strings(arguments), int(NUMBER.search(arguments)[1]))
    raise ValueError(f"{call} of {file}: this test does not know what that leaves on disk")


def strings(arguments):
    return b"".join(text(string) for string in STRING.findall(arguments))


def text(hexadecimal):
    return bytes.fromhex(hexadecimal.replace(b"\\x", b"").decode())
