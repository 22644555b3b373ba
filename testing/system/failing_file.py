#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A file whose read fails in the middle, as of a disk that goes bad.

failing_file.py FILE: keeps the text of FILE, and comment lines up to 64 KB, at the beginning of its memory, prints `ready` and
waits. Reading /proc/PID/mem then gives that text, and EIO behind it. Prints `none` where no memory can be had at address 0.
"""
import ctypes
import sys
import time

LEN = 65536


def main():
    with open(sys.argv[1], "rb") as file:
        text = file.read()
    text += b"!\n" * ((LEN - len(text)) // 2) + b"\n" * (len(text) % 2)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
    if libc.mmap(0, LEN, 3, 0x32, -1, 0):  # to read and write; private, anonymous, fixed
        print("none", flush=True)
        return
    with open("/proc/self/mem", "r+b", buffering=0) as memory:
        memory.write(text)
    print("ready", flush=True)
    time.sleep(3600)


main()
