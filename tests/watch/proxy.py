"""A reverse proxy that serves other ports below paths of its own, like Jupyter's and nginx: /proxy/PORT/... is
http://127.0.0.1:PORT/... It forwards only a request's path and query, and a Host if one is given."""
import http.client
import http.server
import re
import threading


class PrefixProxy:
    """Serves until the end of a with block, at self.port; foreign: the Host that is passed on; whole: an answer is passed on
    when all of it is there, so that a stream never is."""

    def __init__(self, foreign=None, whole=False):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                found = re.match(r"/proxy/(\d+)(/.*)$", self.path)
                if not found:
                    return self.send_error(404)
                connection = http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=60)
                try:
                    connection.request("GET", found[2], headers={"Host": foreign} if foreign else {})
                    self.pass_on(connection.getresponse())
                except (OSError, http.client.HTTPException):
                    pass  # one of the two has left
                finally:
                    connection.close()
                return None

            def pass_on(self, answer):
                body = answer.read() if whole else b""
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.headers["Content-Type"])
                self.end_headers()
                self.wfile.write(body)
                while part := answer.read1(1 << 16):
                    self.wfile.write(part)
                    self.wfile.flush()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def url(self, site):
        return f"http://127.0.0.1:{self.port}/proxy/{site.port}/{site.query}"
