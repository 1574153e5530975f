"""Starts a program as systemd starts a service with sockets.

activate.py NAME=tcp:ADDRESS:PORT[@PID] NAME=unix:PATH ... -- COMMAND...: @PID binds in that process's network namespace,
as NetworkNamespacePath= does. An empty NAME is a socket without one."""

import ctypes
import os
import socket
import sys

FIRST = 3


def enter(path):
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open(path, os.O_RDONLY)
    if libc.setns(descriptor, 0x40000000) != 0:
        raise OSError(ctypes.get_errno(), "setns")
    os.close(descriptor)


def bind(what):
    kind, _, rest = what.partition(":")
    if kind == "unix":
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(rest)
        os.chmod(rest, 0o666)
    else:
        address, _, process = rest.partition("@")
        host, _, port = address.rpartition(":")
        if process:
            enter(f"/proc/{process}/ns/net")
        listener = socket.socket(socket.AF_INET6 if host.startswith("[") else socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host.strip("[]"), int(port)))
        if process:
            enter("/proc/1/ns/net")
    listener.listen(128)
    return listener


split = sys.argv.index("--")
names, listeners = [], []
for argument in sys.argv[1:split]:
    name, _, what = argument.partition("=")
    names.append(name)
    listeners.append(bind(what))
# Out of the way first: a socket may have a number that another is to get.
high = [os.dup2(listener.fileno(), 100 + index) for index, listener in enumerate(listeners)]
for index, descriptor in enumerate(high):
    os.dup2(descriptor, FIRST + index, inheritable=True)
os.closerange(FIRST + len(high), 200)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(high)), LISTEN_FDNAMES=":".join(names))
os.execvp(sys.argv[split + 1], sys.argv[split + 1:])
