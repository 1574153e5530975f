"""The emulator in the agent's place: started, killed, and told what to do wrong."""

import json
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

URL = "http://127.0.0.1:40342"
TOKENS = Path("/var/opt/azcmagent/tokens")
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Agent:
    """One emulator at a time, at the agent's own port."""

    def __init__(self, program, work):
        self.program, self.config, self.log = program, work / "emulator.toml", work / "emulator.log"
        self.process, self.requests = None, 0

    def start(self, lifetime=308, skew=0):
        """Returns when it listens. `lifetime` of its tokens in seconds, `skew` of its clock."""
        self.config.write_text(f"clock_skew = {skew}\n[himds]\nport = 40342\ntoken_lifetime = {lifetime}\n")
        command = [self.program, "--config", str(self.config), "--token-dir", str(TOKENS), "--no-imds", "--print-env"]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        if not self.process.stdout.readline():
            raise SystemExit(f"the emulator ended with status {self.process.wait()}: {self.log.read_text()}")

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} if data else {}
        request = urllib.request.Request(URL + path, data=data, headers=headers, method=method)
        with DIRECT.open(request, timeout=20) as answer:
            return answer.read()

    def fault(self, **fault):
        """From now on, for all that it fits, until `well`."""
        self.ask("POST", "/emulator/faults", {"count": 0, **fault})

    def well(self):
        self.ask("DELETE", "/emulator/faults")

    def count(self):
        """Adds up the requests, which the emulator forgets with its end."""
        self.requests += len(json.loads(self.ask("GET", "/emulator/requests")))
        self.ask("DELETE", "/emulator/requests")

    def kill(self):
        self.process.kill()
        self.process.wait()
        for key in TOKENS.glob("*.key"):
            key.unlink(missing_ok=True)

    def stop(self):
        """In order, as `systemctl restart` does."""
        self.process.terminate()
        self.process.wait()
