"""What the checks of generated text share: a list or a file is what a program prints.

A file that holds such a list among other text marks it with two lines, in the comments of its
language: BEGIN NAME and END NAME.
"""
import difflib
import os
import re
import subprocess
import sys

from layers import top_directory


def with_list(path, text, name, made):
    """The text with the list between its two marks replaced."""
    marks = []
    for word in ("BEGIN", "END"):
        found = re.findall(r"(?m)^(?:\.\\\"|#|<!--) %s %s(?: -->)?$" % (word, name), text)
        if len(found) != 1:
            raise SystemExit("%s has to have one line with the mark %s %s" % (path, word, name))
        marks.append(found[0] + "\n")
    before, _, rest = text.partition(marks[0])
    _, end, after = rest.partition(marks[1])
    return before + marks[0] + made + end + after


def printed_by(command):
    """What a built program prints; its path is relative to the build directory."""
    path = os.path.join(os.environ.get("top_builddir", "."), command[0])
    if not os.access(path, os.X_OK):
        raise SystemExit("there is no %s: run this in the build directory after make %s"
                         % (path, command[0]))
    return subprocess.run([path, *command[1:]], check=True, stdout=subprocess.PIPE,
                          text=True).stdout


def hold(source, lists):
    """Compares files with what they have to be, or writes them if the arguments say --write.

    source: the places in the tree that the text comes from, for the message. lists: for each
    generated text the file, the name of its list there (None: the whole file), and what makes it:
    the command that prints it, or a function that takes the top directory and returns it.
    Returns the exit status.
    """
    check, arguments = os.path.basename(sys.argv[0]), sys.argv[1:]
    write = arguments[:1] == ["--write"]
    top = top_directory([check] + arguments[write:])
    wrong = 0
    for path, name, made in lists:
        made = made(top) if callable(made) else printed_by(made)
        with open(os.path.join(top, path), encoding="utf-8") as file:
            is_now = file.read()
        has_to_be = with_list(path, is_now, name, made) if name else made
        if is_now == has_to_be:
            continue
        if write:
            with open(os.path.join(top, path), "w", encoding="utf-8") as file:
                file.write(has_to_be)
            continue
        wrong += 1
        sys.stdout.writelines(difflib.unified_diff(
            is_now.splitlines(True), has_to_be.splitlines(True), path, "made of " + source))
        print("%s is not what comes from %s: run tools/%s --write"
              % (path, source, check))
    return 1 if wrong else 0
