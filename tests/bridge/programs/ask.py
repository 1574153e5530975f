"""Sends requests and prints, as JSON, for each [status, body, seconds].

On stdin: {"to": [HOST, PORT] or PATH, "requests": [...], "keep": true for one connection, "signal": true to wait for a line
on stdin after each answer}. Requests are latin-1."""

import json
import socket
import sys
import time


def connect(to):
    if isinstance(to, str):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(30)
        connection.connect(to)
        return connection
    return socket.create_connection(tuple(to), timeout=30)


def read(connection):
    """One answer, by its length."""
    answer = b""
    try:
        while b"\r\n\r\n" not in answer:
            piece = connection.recv(65536)
            if not piece:
                return answer
            answer += piece
        head, _, body = answer.partition(b"\r\n\r\n")
        lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        while len(body) < int(lengths[0]):
            piece = connection.recv(65536)
            if not piece:
                break
            body += piece
        return head + b"\r\n\r\n" + body
    except ConnectionResetError:
        return answer


def parsed(answer, began):
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(head.split(b" ")[1]) if head.startswith(b"HTTP/1.1 ") else 0
    return [status, body.decode("latin-1"), time.monotonic() - began, head.decode("latin-1")]


task = json.loads(sys.stdin.readline())
connection = None
for request in task["requests"]:
    began = time.monotonic()
    if connection is None:
        connection = connect(task["to"])
    try:
        connection.sendall(request.encode("latin-1"))
    except (BrokenPipeError, ConnectionResetError):
        pass
    print(json.dumps(parsed(read(connection), began)), flush=True)
    if not task.get("keep"):
        connection.close()
        connection = None
    if task.get("signal"):
        sys.stdin.readline()
