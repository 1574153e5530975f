"""Sends each of the requests on stdin (JSON, latin-1) to the metadata service and prints [status, body] of each."""

import json
import socket
import sys

answers = []
for request in json.load(sys.stdin):
    with socket.create_connection(("169.254.169.254", 80), timeout=20) as connection:
        connection.sendall(request.encode("latin-1"))
        answer = b""
        try:
            while piece := connection.recv(65536):
                answer += piece
        except ConnectionResetError:
            pass
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(head.split(b" ")[1]) if head.startswith(b"HTTP/1.1 ") else 0
    answers.append([status, body.decode("latin-1")])
json.dump(answers, sys.stdout)
