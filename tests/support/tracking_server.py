"""A server on loopback that answers as MLflow's does, as long as it is told to."""

import itertools
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class TrackingServer:
    """Answers after ``delay`` seconds; from request ``after`` on it does what ``then`` says ("drip", "hang", "html")."""

    def __init__(self, *, delay=0.0, after=10**9, then=""):
        self.delay, self.after, self.then = delay, after, then
        self.requests, self.ended = itertools.count(), threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                number = next(server.requests)
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if number < server.after:
                    time.sleep(server.delay)
                    self.send(json.dumps(answer_to(self.path, number)).encode(), "application/json")
                elif server.then == "html":
                    self.send(b"<html>please log in</html>", "text/html")
                elif server.then == "hang":
                    server.ended.wait()
                else:
                    self.send(b"", "application/json", length=10**6)
                    while not server.ended.wait(0.2):
                        self.wfile.write(b" ")
                        self.wfile.flush()

            def send(self, content, kind, length=None):
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(length or len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_PATCH = answer

            def log_message(self, *arguments):
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass  # whoever gave up waiting has closed the connection

        self.server = Quiet(("127.0.0.1", 0), Handler)
        self.uri = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def end(self):
        self.ended.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def answer_to(path, number):
    info = {"run_id": str(number), "run_uuid": str(number), "experiment_id": "1", "status": "RUNNING", "start_time": 1}
    info |= {"artifact_uri": f"mlflow-artifacts:/1/{number}", "lifecycle_stage": "active"}
    experiment = {"experiment_id": "1", "name": "x", "artifact_location": "mlflow-artifacts:/1", "lifecycle_stage": "active"}
    answers = {
        "get-by-name": {"experiment": experiment},
        "runs/create": {"run": {"info": info, "data": {}}},
        "runs/get": {"run": {"info": info, "data": {}}},
        "runs/update": {"run_info": info},
        "runs/search": {"runs": []},
    }
    return next((answer for part, answer in answers.items() if part in path), {})
