"""Ends a process at a chosen file operation, has its disk hang, or leaves out its syncs:
file_steps.c, preloaded."""
import contextlib
import os

from cluster import preloaded, rounds


class FileSteps:
    """What file_steps.c does to one process, from the moment it is told to."""

    def __init__(self, path):
        self.path = path

    @property
    def environment(self):
        """For the process."""
        return dict(preloaded("file_steps.so"), RAFTD_FILE_STEPS=self.path)

    def _order(self, text):
        with open(self.path + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(self.path + ".new", self.path)

    def kill_at(self, pattern, number):
        """Before the step of this number, counted from the first one that the pattern is in. 0:
        steps are only counted."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path + ".log")
        self._order("kill %s %d\n" % (pattern, number))

    def hang(self, pattern):
        self._order("hang %s 0\n" % pattern)

    def skip(self, function, pattern):
        """function: fsync or fdatasync. It does nothing for such files and reports success."""
        self._order("skip-%s %s 0\n" % (function, pattern))

    def stop(self):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)

    def seen(self):
        """(operation, file) of each step so far."""
        try:
            with open(self.path + ".log", encoding="utf-8") as file:
                return [tuple(line.split()[1:]) for line in file.read().splitlines()]
        except FileNotFoundError:
            return []


def chosen(count, default):
    """Step numbers from 1 to count: all of them in a full run (RAFTD_TEST_ROUNDS=30 or more),
    else about so many, spread over all, the last ones among them."""
    wanted = count if rounds(default) >= 30 else min(count, rounds(default))
    return sorted({count - number * count // wanted for number in range(wanted)})
