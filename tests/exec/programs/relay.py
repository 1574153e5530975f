"""relay.py PORT TO: passes bytes between a port and another on loopback, and prints "ready" once it listens."""

import socket
import sys
import threading


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as listener:
    print("ready", flush=True)
    while True:
        client, _ = listener.accept()
        agent = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
        for pair in ((client, agent), (agent, client)):
            threading.Thread(target=pump, args=pair, daemon=True).start()
