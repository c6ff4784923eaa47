"""What the checks share: the rules of tools/layers.txt, finding the sources, and reading the
symbols of objects."""
import os
import re
import subprocess

# What nm -A prints of a symbol: the file (and the member of an archive), address, kind, name.
NM_LINE = re.compile(r"^(.*?):\s*[0-9a-f]*\s+([A-Za-z])\s+(\S+)$")


class Layers:
    """The parsed tools/layers.txt of a source tree."""

    def __init__(self, top):
        self.layers = {}   # layer -> set of the layers it may include, or {"*"}
        self.purpose = {}  # layer -> what it does, for doc/architecture.md
        self.libs = {}     # layer -> the libraries that a program links with it, as ZSTD
        self.only = []     # (header pattern, patterns of the files that may include it)
        self.pure = {}     # layer -> set of the system headers it may include
        self.symbols = {}  # layer -> set of the symbols it may leave undefined
        self.circles = {}  # folder of src -> the circles of .c files that it may still have
        self.files = {}    # folder of src -> how many .c files it still has, where too many
        path = os.path.join(top, "tools", "layers.txt")
        with open(path, encoding="utf-8") as file:
            text = file.read().replace("\\\n", " ")
        for line in text.splitlines():
            line = line.split("#")[0].strip()
            if line:
                self._add(path, line)

    def _add(self, path, line):
        head, colon, tail = line.partition(":")
        words = head.split()
        if not colon or len(words) != 2:
            raise SystemExit("%s: cannot read: %s" % (path, line))
        kind, name = words
        if kind == "layer":
            below, dashes, purpose = tail.partition(" -- ")
            if not dashes:
                raise SystemExit("%s: layer %s does not say what it does" % (path, name))
            unknown = set(below.split()) - set(self.layers) - {"*"}
            if unknown:
                raise SystemExit("%s: layer %s names %s, which is no layer above it"
                                 % (path, name, ", ".join(sorted(unknown))))
            self.layers[name] = set(below.split())
            self.purpose[name] = " ".join(purpose.split())
        elif kind == "libs":
            self.libs[name] = tail.split()
        elif kind == "only":
            self.only.append((name, tail.split()))
        elif kind == "pure":
            self.pure[name] = set(tail.split())
        elif kind == "symbols":
            self.symbols[name] = set(tail.split())
        elif kind == "debt-circles":
            self.circles.setdefault(name, []).append(frozenset(tail.split()))
        elif kind == "debt-files" and tail.strip().isdigit():
            self.files[name] = int(tail)
        else:
            raise SystemExit("%s: cannot read: %s" % (path, line))

    def may_include(self, layer, target):
        below = self.layers[layer]
        return target == layer or "*" in below or target in below


def top_directory(argv):
    """The source tree: the first argument, or the one that holds this script."""
    if len(argv) > 1:
        return argv[1]
    return os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def build_directory(argv, top):
    """The directory that the tree was built in: the second argument, $builddir, or the tree."""
    if len(argv) > 2:
        return argv[2]
    return os.environ.get("builddir", top)


def global_symbols(paths, *options):
    """(file, or file:member of an archive; kind as nm's letter; symbol) of objects."""
    if not paths:
        return []
    run = subprocess.run([os.environ.get("NM", "nm"), "-g", "-A", *options, *paths], check=True,
                         stdout=subprocess.PIPE, text=True)
    return [match.groups() for match in map(NM_LINE.match, run.stdout.splitlines()) if match]


def source_files(top, directories, suffixes=(".c", ".h")):
    """Paths from the top of all sources below the directories, sorted."""
    found = []
    for directory in directories:
        for where, below, names in os.walk(os.path.join(top, directory)):
            below[:] = [name for name in below if not name.startswith(".")]
            for name in names:
                if name.endswith(suffixes) and not name.startswith("."):
                    found.append(os.path.relpath(os.path.join(where, name), top))
    return sorted(found)
