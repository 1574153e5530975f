"""Stands for another cloud's metadata service at 169.254.169.254."""

import http.server


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Server", "EC2ws")
        self.end_headers()
        self.wfile.write(b"another cloud\n")

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("169.254.169.254", 80), Handler).serve_forever()
