"""Downloads from a real server on loopback that breaks off, ignores ranges, or serves the wrong file."""

import gzip
import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from linear_signal.data import download as module
from linear_signal.data.download import download, download_gtex_v8
from linear_signal.errors import InputError
from linear_signal.seeds import generator

PLAIN = generator("test", "download").bytes(300_000)
PACKED = gzip.compress(PLAIN, mtime=0)
SHA256 = hashlib.sha256(PACKED).hexdigest()
MD5 = hashlib.md5(PACKED).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves one content under any path; counts requests and misbehaves as told."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = PACKED
        self.ranges = True
        self.cut_after = []  # bytes after which the connection breaks, one entry per request
        self.statuses = []  # statuses to answer before behaving
        self.requests = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/file.gz"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        asked = self.headers.get("Range")
        server.requests.append((self.path, asked))
        content = server.content
        if server.statuses or "/missing/" in self.path:
            self.send_response(server.statuses.pop(0) if server.statuses else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and server.ranges else 0
        if start and start >= len(content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(content)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        body = content[start:]
        if server.cut_after:
            body = body[: server.cut_after.pop(0)]
            self.close_connection = True
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("no_proxy", "*")


def get(server, folder, **options):
    return download(server.url, folder / "file.gz", **({"pause": 0.01} | options))


def test_downloads_and_leaves_a_file_that_is_there_alone(server, tmp_path):
    target = get(server, tmp_path / "new", sha256=SHA256, md5=MD5, size=len(PACKED))
    assert target.read_bytes() == PACKED
    assert [path.name for path in target.parent.iterdir()] == ["file.gz"]
    get(server, tmp_path / "new")
    assert len(server.requests) == 1


def test_a_broken_transfer_continues_where_it_stopped(server, tmp_path):
    server.cut_after = [100_000, 50_000]
    assert get(server, tmp_path, attempts=2).read_bytes() == PACKED
    assert [asked for _, asked in server.requests] == [None, "bytes=100000-", "bytes=150000-"]


def test_another_run_continues_too(server, tmp_path):
    server.cut_after = [100_000, 0, 0]
    with pytest.raises(InputError, match="Run again to continue"):
        get(server, tmp_path, attempts=2)
    assert not (tmp_path / "file.gz").exists()
    assert (tmp_path / "file.gz.part").stat().st_size == 100_000
    assert get(server, tmp_path).read_bytes() == PACKED
    assert server.requests[-1][1] == "bytes=100000-"


def test_without_a_way_to_verify_another_run_starts_over(server, tmp_path):
    (tmp_path / "table.txt.part").write_bytes(b"from an older release")
    server.content = b"SAMPID\tSMTS\n"
    assert download(server.url, tmp_path / "table.txt").read_bytes() == server.content
    assert server.requests[0][1] is None


def test_a_server_that_ignores_ranges_sends_everything_again(server, tmp_path):
    server.ranges = False
    server.cut_after = [100_000]
    assert get(server, tmp_path).read_bytes() == PACKED
    assert [asked for _, asked in server.requests] == [None, "bytes=100000-"]


def test_a_part_that_is_whole_already(server, tmp_path):
    (tmp_path / "file.gz.part").write_bytes(PACKED)
    assert get(server, tmp_path).read_bytes() == PACKED
    assert len(server.requests) == 1


def test_a_part_longer_than_the_file_is_thrown_away(server, tmp_path):
    (tmp_path / "file.gz.part").write_bytes(PACKED + b"more")
    assert get(server, tmp_path).read_bytes() == PACKED
    assert [asked for _, asked in server.requests] == [f"bytes={len(PACKED) + 4}-", None]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sha256": "0" * 64}, f"its sha256 is {SHA256}, expected was 0000"),
        ({"md5": "0" * 32}, f"its md5 is {MD5}, expected was 0000"),
        ({"size": 5}, f"it has {len(PACKED):,} bytes, 5 were expected"),
    ],
)
def test_the_wrong_file_is_refused_and_deleted(server, tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        get(server, tmp_path, **options)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_gzip_is_refused(server, tmp_path):
    (tmp_path / "file.gz.part").write_bytes(b"\x1f\x8b" + bytes(1000))  # from another file
    with pytest.raises(InputError, match="not an intact gzip file"):
        get(server, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_busy_server_is_asked_again_and_a_refusal_is_final(server, tmp_path):
    server.statuses = [503, 429]
    assert get(server, tmp_path).read_bytes() == PACKED
    server.statuses = [403]
    with pytest.raises(InputError, match="the server answered 403"):
        get(server, tmp_path / "other")
    assert len(server.requests) == 4


def test_the_older_address_is_the_fallback(server, tmp_path):
    urls = [server.url.replace("file.gz", "missing/file.gz"), server.url]
    assert download(urls, tmp_path / "file.gz", pause=0.01).read_bytes() == PACKED


def test_without_a_connection_it_says_how_to_place_the_file(server, tmp_path):
    server.shutdown()
    server.server_close()
    with pytest.raises(InputError) as caught:
        get(server, tmp_path, attempts=2)
    for part in (server.url, "connection was refused", str(tmp_path), 'source="files"', "could not be downloaded"):
        assert part in str(caught.value)


def test_a_full_disk_is_noticed_before(server, tmp_path, monkeypatch):
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 10})())
    with pytest.raises(InputError, match="are free in"):
        get(server, tmp_path)


def test_gtex_v8_gives_both_paths(server, tmp_path, monkeypatch):
    root = f"http://127.0.0.1:{server.server_port}"
    for name in ("GTEX_V8_EXPRESSION_URLS", "GTEX_V8_ATTRIBUTES_URLS"):
        # The newer address is gone, the older one works.
        file = getattr(module, name)[0].rsplit("/", 1)[1]
        monkeypatch.setattr(module, name, (f"{root}/missing/{file}", f"{root}/{file}"))
    expression, attributes = download_gtex_v8(tmp_path)
    assert expression.name == "GTEx_Analysis_2017-06-05_v8_RNASeQCv1.1.9_gene_tpm.gct.gz"
    assert attributes.name == "GTEx_Analysis_v8_Annotations_SampleAttributesDS.txt"
    assert all(path.exists() for path in (expression, attributes))
