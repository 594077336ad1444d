"""What a power cut may leave of files: all that was synced, and any part of what was not."""

import math
from collections import defaultdict

# What becomes of the writes that were not synced: all are lost; all are there; those until some moment are; or each
# piece of so many bytes is, by itself, as it was at some moment.
STYLES = ("lost", "kept", "moment", 512, 4096)


class File:
    """A file: what is on disk for certain, and what was done to it since."""

    def __init__(self, content=None):
        self.content = bytearray(content or b"")
        self.unsynced = []
        # Its name is on disk, too.
        self.named = content is not None

    def sync(self, began):
        """A sync that began then has ended: what had ended by then is on disk."""
        for step in self.unsynced:
            if step.ended <= began:
                apply(self.content, step)
        self.unsynced = [step for step in self.unsynced if step.ended > began]

    def after_power_cut(self, style, random):
        """Its content as it may be then."""
        moment = lambda: random.randint(0, len(self.unsynced))
        always = {"lost": 0, "kept": math.inf, "moment": moment()}.get(style)
        # How many of the steps each piece has seen. The file's size changes in order, at a moment of its own.
        seen = defaultdict(moment if always is None else lambda: always)
        piece = style if always is None else 512
        content = bytearray(self.content)
        for number, step in enumerate(self.unsynced):
            if step.kind == "truncate":
                if number < seen["size"]:
                    apply(content, step)
                continue
            end = step.offset + len(step.data)
            for at in range(step.offset // piece, -(-end // piece)):
                if number < seen[at]:
                    first, last = max(step.offset, at * piece), min(end, (at + 1) * piece)
                    write(content, first, step.data[first - step.offset : last - step.offset])
        return content


class Disk:
    """The files of a folder. Where it `lies`, a sync does nothing."""

    def __init__(self, files, lies=False):
        self.files = defaultdict(File, {name: File(content) for name, content in files.items()})
        self.lies = lies

    def do(self, step):
        if step.kind in ("write", "truncate"):
            self.files[step.file].unsynced.append(step)
        elif step.kind == "sync" and not self.lies:
            if step.file:
                self.files[step.file].sync(step.began)
            else:
                for file in self.files.values():
                    file.named = True

    def after_power_cut(self, style, random):
        """The files' contents as they may be then, by name."""
        there = {name: file for name, file in self.files.items() if file.named or style == "kept"}
        return {name: file.after_power_cut(style, random) for name, file in there.items()}


def apply(content, step):
    if step.kind == "truncate":
        del content[step.offset :]
        content.extend(bytes(step.offset - len(content)))
    else:
        write(content, step.offset, step.data)


def write(content, offset, data):
    content.extend(bytes(max(0, offset - len(content))))
    content[offset : offset + len(data)] = data
