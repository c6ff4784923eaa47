"""Small file systems for tests: ext4 in a file behind a loop device, whose power can be cut, and a
tmpfs. Both need root.

    disks.need_mounts()             # first in the test: skips the whole test where this is impossible
    volume = Ext4(directory, "volume-1", "256M")
    volume.mount()                  # its files are in volume.path
    volume.cut_power()              # what was not synced is lost; every later access fails
    volume.unmount()                # possible when no process has a file open there
    volume.mount()                  # the kernel recovers the journal

The test gets a mount namespace of its own. The kernel removes all mounts and loop devices of the test
when its last process ends, however it ends.
"""
import ctypes
import fcntl
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time

SKIPPED = 77  # the exit status that automake counts as a skipped test

CLONE_NEWNS = 0x00020000
MS_REC_PRIVATE = 0x4000 | 0x40000
# _IOR('X', 125, __u32) of linux/fs/ext4/ext4.h; 2: without writing the journal to the disk.
EXT4_IOC_SHUTDOWN = 0x8004587D
EXT4_GOING_FLAGS_NOLOGFLUSH = 2

LIBC = ctypes.CDLL(None, use_errno=True)


class Impossible(Exception):
    """What this machine does not permit."""


def run(*words):
    """Runs a program of the system; its complaint becomes an Impossible."""
    result = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, check=False)
    if result.returncode != 0:
        raise Impossible("%s: %s" % (" ".join(words), result.stdout.strip()))


def enter_mount_namespace():
    """For this thread, and for the threads and processes that it starts from now on."""
    if LIBC.unshare(CLONE_NEWNS) != 0:
        raise Impossible("unshare(CLONE_NEWNS): %s" % os.strerror(ctypes.get_errno()))
    if LIBC.mount(None, b"/", None, MS_REC_PRIVATE, None) != 0:
        raise Impossible("making / private: %s" % os.strerror(ctypes.get_errno()))


def need_mounts(loop=True):
    """Ends the program as a skipped test where no file system can be mounted; loop: where no ext4
    file system in a file can be mounted and cut off. To be called from the main thread before
    there are others."""
    try:
        if os.geteuid() != 0:
            raise Impossible("only root may mount file systems")
        missing = [name for name in ("mount", "umount", "mkfs.ext4") if not shutil.which(name)]
        if loop and missing:
            raise Impossible("there is no %s" % " and no ".join(missing))
        enter_mount_namespace()
        with tempfile.TemporaryDirectory(prefix="raftd-test-") as directory:
            volume = Ext4(directory, "probe", "16M") if loop else Tmpfs(directory, "probe", "1M")
            volume.mount()
            if loop:
                volume.cut_power()
            volume.unmount()
    except Impossible as reason:
        print("skipped: %s" % reason, flush=True)
        sys.exit(SKIPPED)


class Volume:
    """A place where a file system is mounted."""

    def __init__(self, directory, name):
        self.path = os.path.join(directory, name)
        os.makedirs(self.path)

    def free_bytes(self):
        found = os.statvfs(self.path)
        return found.f_bavail * found.f_frsize

    def fill(self, left_bytes):
        """Takes space until so much is left."""
        size = self.free_bytes() - left_bytes
        assert size > 0, "%s has only %d bytes left" % (self.path, self.free_bytes())
        with open(os.path.join(self.path, "filling"), "ab") as file:
            os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, size)

    def empty(self):
        """Gives back what fill() took."""
        os.unlink(os.path.join(self.path, "filling"))

    def unmount(self):
        """The kernel may hold a file of a killed process for another moment."""
        for _ in range(100):
            if LIBC.umount2(self.path.encode(), 0) == 0:
                return
            time.sleep(0.05)
        raise OSError(ctypes.get_errno(), "umount %s" % self.path)


class Tmpfs(Volume):
    """A file system in memory."""

    def __init__(self, directory, name, size):
        super().__init__(directory, name)
        self.size = size

    def mount(self):
        run("mount", "-t", "tmpfs", "-o", "mode=700,size=" + self.size, "raftd-test", self.path)


class Ext4(Volume):
    """An ext4 file system in a sparse file. What reached that file counts as durable, so a disk that
    lies about its cache is not simulated."""

    # The journal is written when a program syncs, and not every five seconds; and a rename over a
    # file does not write the new file's data. So nothing but a sync makes anything durable, except
    # that the kernel writes data that is half a minute old.
    OPTIONS = "loop,commit=600,noauto_da_alloc"

    def __init__(self, directory, name, size):
        super().__init__(directory, name)
        self.image = self.path + ".image"
        run("truncate", "-s", size, self.image)
        run("mkfs.ext4", "-q", "-F", "-m", "0", self.image)

    def mount(self):
        run("mount", "-t", "ext4", "-o", self.OPTIONS, self.image, self.path)

    def cut_power(self):
        """From now on nothing reaches the image, and what is in memory only is lost."""
        file = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.ioctl(file, EXT4_IOC_SHUTDOWN, struct.pack("I", EXT4_GOING_FLAGS_NOLOGFLUSH))
        except OSError as error:
            raise Impossible("EXT4_IOC_SHUTDOWN: %s" % error) from None
        finally:
            os.close(file)
