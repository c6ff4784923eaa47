"""What the tests of the checks share: a small clean tree, in which they plant one bug at a time."""
import os
import shlex
import shutil
import subprocess
import tempfile
import unittest

TOOLS = os.path.dirname(os.path.abspath(__file__))
EXIT_SKIPPED = 77

# A tree that every check accepts.
CLEAN = {
    "include/raftd/error.h": """\
#ifndef RAFTD_ERROR_H
#define RAFTD_ERROR_H

#include <stdint.h>

int32_t raftd_answer(void);

#endif
""",
    "src/base/bytes.h": """\
#ifndef RAFTD_BASE_BYTES_H
#define RAFTD_BASE_BYTES_H

#include <stddef.h>

void bytes_clear(void *data, size_t size);

#endif
""",
    "src/base/bytes.c": """\
#include "base/bytes.h"

#include <string.h>

void bytes_clear(void *data, size_t size)
{
    memset(data, 0, size);
}
""",
    "src/raft/raft.h": """\
#ifndef RAFTD_RAFT_RAFT_H
#define RAFTD_RAFT_RAFT_H

#include <stdint.h>

struct raft {
    uint64_t term;
};

void raft_init(struct raft *raft);

#endif
""",
    "src/raft/raft.c": """\
#include "raft/raft.h"

#include "base/bytes.h"

#include <raftd/error.h>

void raft_init(struct raft *raft)
{
    bytes_clear(raft, sizeof(*raft));
}
""",
    "src/wire/wire.c": """\
#include "raft/raft.h"

void wire_init(struct raft *raft);

void wire_init(struct raft *raft)
{
    raft_init(raft);
}
""",
    "README.md": "Read `src/raft/raft.h` and [the page](doc/page.md).\n",
    "doc/page.md": "See `src/wire/*` and [the first](../README.md).\n",
}


class Checks(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="raftd-checks-")
        self.addCleanup(shutil.rmtree, self.top)
        for path, text in CLEAN.items():
            self.write(path, text)
        for name in ("tools/layers.txt", ".clang-format"):
            os.makedirs(os.path.join(self.top, os.path.dirname(name)), exist_ok=True)
            shutil.copy(os.path.join(os.path.dirname(TOOLS), name),
                        os.path.join(self.top, name))

    def write(self, path, text):
        path = os.path.join(self.top, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def change(self, path, old, new):
        text = CLEAN[path]
        self.assertIn(old, text)
        self.write(path, text.replace(old, new, 1))

    def compile(self, folder):
        """Compiles every .c file of a folder to an object beside it; returns the objects."""
        objects = []
        for name in sorted(os.listdir(os.path.join(self.top, folder))):
            if name.endswith(".c"):
                source = os.path.join(self.top, folder, name)
                objects.append(source[:-2] + ".o")
                subprocess.run(shlex.split(os.environ.get("CC", "cc")) + [
                    "-std=c11", "-fno-builtin", "-I%s/src" % self.top,
                    "-I%s/include" % self.top, "-c", source, "-o", objects[-1]], check=True)
        return objects

    def run_check(self, check, *arguments, **environment):
        env = {name: value for name, value in os.environ.items()
               if name not in ("SANITIZER_CFLAGS", "builddir")}
        env["PYTHONDONTWRITEBYTECODE"] = "1"
        env.update(environment)
        run = subprocess.run([os.path.join(TOOLS, check), self.top, *arguments], env=env,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             check=False)
        return run.returncode, run.stdout

    def accepts(self, check, *arguments, **environment):
        status, output = self.run_check(check, *arguments, **environment)
        self.assertEqual(status, 0, output)

    def rejects(self, check, words, *arguments, **environment):
        status, output = self.run_check(check, *arguments, **environment)
        self.assertEqual(status, 1, output)
        self.assertIn(words, output)
