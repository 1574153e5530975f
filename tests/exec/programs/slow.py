"""A request whose bytes trickle; others must be served meanwhile, and it must end."""

import socket
import threading

TOKEN = b"GET /metadata/versions HTTP/1.1\r\nHost: 169.254.169.254\r\nMetadata: true\r\nConnection: close\r\n\r\n"
slow = [socket.create_connection(("169.254.169.254", 80), timeout=30) for _ in range(20)]
for connection in slow:
    connection.sendall(b"GET / HTTP/1.1\r\n")
served = 0
while served < 50:
    with socket.create_connection(("169.254.169.254", 80), timeout=3) as connection:
        connection.sendall(TOKEN)
        served += connection.recv(100).startswith(b"HTTP/1.1 200")
endings = {connection.recv(100)[:12] for connection in slow}
assert endings == {b"HTTP/1.1 400"}, endings
print("ended with 400, others were served meanwhile")
