"""Downloads from a real server on loopback that breaks off, ignores ranges, or serves the wrong file."""

import base64
import gzip
import hashlib
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from linear_signal.data import http_transfer
from linear_signal.data.download import check_whole, download, is_torn
from linear_signal.data.gtex import download as gtex_download
from linear_signal.data.gtex.download import download_gtex_v8
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
        self.by_name = {}
        self.ranges = True
        self.cut_after = []  # bytes after which the connection breaks, one entry per request
        self.statuses = []  # statuses to answer before behaving
        self.requests = []
        self.announces_length = True
        self.headers = {}
        self.seconds = 0.0  # between two parts of an answer

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/file.gz"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        asked = self.headers.get("Range")
        server.requests.append((self.path, asked))
        content = server.by_name.get(self.path.rsplit("/", 1)[1], server.content)
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
        for name, value in server.headers.items():
            self.send_header(name, value)
        if server.announces_length:
            self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        body = content[start:]
        if server.cut_after:
            body = body[: server.cut_after.pop(0)]
            self.close_connection = True
        if not server.seconds:
            self.wfile.write(body)
            return
        for part in range(0, len(body), 1 << 15):
            self.wfile.write(body[part : part + (1 << 15)])
            time.sleep(server.seconds)

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


def files(folder):
    """All but the lock, which stays."""
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


def get(server, folder, **options):
    return download(server.url, folder / "file.gz", **({"pause": 0.01} | options))


def test_downloads_and_leaves_a_file_that_is_there_alone(server, tmp_path):
    target = get(server, tmp_path / "new", sha256=SHA256, md5=MD5, size=len(PACKED))
    assert target.read_bytes() == PACKED
    assert files(target.parent) == ["file.gz"]
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
    assert files(tmp_path) == []


def test_a_damaged_gzip_is_refused(server, tmp_path):
    (tmp_path / "file.gz.part").write_bytes(b"\x1f\x8b" + bytes(1000))  # from another file
    with pytest.raises(InputError, match="not an intact gzip file"):
        get(server, tmp_path)
    assert files(tmp_path) == []


def test_a_gzip_file_is_unpacked_so_far_and_no_farther(tmp_path):
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(bytes(2**22)))
    check_whole(path, most_bytes=2**22)
    with pytest.raises(ValueError, match=r"more than 2,097,152 bytes"):
        check_whole(path, most_bytes=2**21)
    path.write_bytes(path.read_bytes()[:-8])
    assert is_torn(path)
    assert not is_torn(path, most_bytes=2**20)


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
    monkeypatch.setattr(http_transfer.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 10})())
    with pytest.raises(InputError, match="are free in"):
        get(server, tmp_path)


def test_a_full_disk_on_the_way_is_a_sentence_and_the_part_is_kept(server, tmp_path, monkeypatch):
    def full(response, part, *_, **__):
        part.write_bytes(PACKED[:1000])
        raise OSError(28, os.strerror(28), str(part))

    with monkeypatch.context() as patch:
        patch.setattr(http_transfer, "_append", full)
        with pytest.raises(InputError, match=r"The download cannot be written: .*No space left"):
            get(server, tmp_path)
    assert get(server, tmp_path).read_bytes() == PACKED
    assert server.requests[-1][1] == "bytes=1000-"


@pytest.mark.parametrize("name", ["file.gz", "table.txt"])
def test_two_processes_at_once_download_once_and_none_gets_a_damaged_file(server, tmp_path, name):
    server.content, server.seconds = (PACKED if name == "file.gz" else PLAIN), 0.05
    code = """
import sys, time, pathlib
from linear_signal.data import http_transfer
from linear_signal.data.download import download
import requests
http_transfer._CHUNK = 1 << 13
print("ready", flush=True)
time.sleep(float(sys.stdin.readline()))
sys.stdout.buffer.write(download(sys.argv[1], pathlib.Path(sys.argv[2]), pause=0.01).read_bytes())
"""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-W", "error", "-c", code, server.url, str(tmp_path / name)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    readers = [subprocess.Popen(command, env=environment, **pipes) for _ in range(2)]
    for reader in readers:
        assert reader.stdout.readline() == b"ready\n"
    for reader, seconds in zip(readers, (0, 0.1), strict=True):
        reader.stdin.write(b"%f\n" % seconds)
        reader.stdin.flush()
    got = [reader.communicate() for reader in readers]
    assert [content == server.content for content, _ in got] == [True] * 2, got
    assert (tmp_path / name).read_bytes() == server.content
    assert files(tmp_path) == [name]
    assert len(server.requests) == 1
    assert sum(b"Another process is downloading" in said for _, said in got) == 1


def test_without_locks_each_writes_a_part_of_its_own(server, tmp_path, monkeypatch):
    from filelock import FileLock

    def unknown(*_, **__):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(FileLock, "acquire", unknown)
    server.seconds = 0.02
    threads = [threading.Thread(target=get, args=(server, tmp_path)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "file.gz").read_bytes() == PACKED
    assert files(tmp_path) == ["file.gz"]


def test_a_killed_download_continues(server, tmp_path):
    code = """
import sys, pathlib
from linear_signal.data import download, http_transfer
http_transfer._CHUNK = 1 << 13
download.download(sys.argv[1], pathlib.Path(sys.argv[2]))
"""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    server.seconds = 0.5
    command = [sys.executable, "-c", code, server.url, str(tmp_path / "file.gz")]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as reader:
        while not [part for part in tmp_path.glob(".file.gz.*.part") if part.stat().st_size > 40_000]:
            assert reader.poll() is None
            time.sleep(0.02)
        reader.kill()
    server.seconds = 0.0
    (part,) = tmp_path.glob(".file.gz.*.part")
    start = part.stat().st_size
    assert get(server, tmp_path).read_bytes() == PACKED
    assert server.requests[-1][1] == f"bytes={start}-"
    assert files(tmp_path) == ["file.gz"]


def test_what_the_server_says_of_the_content_is_compared(server, tmp_path):
    server.headers = {"x-goog-hash": "crc32c=AAAAAA==,md5=" + base64.b64encode(bytes.fromhex(MD5)).decode()}
    assert get(server, tmp_path / "right").read_bytes() == PACKED
    server.headers = {"x-goog-hash": "md5=" + base64.b64encode(bytes(16)).decode()}
    with pytest.raises(InputError, match=f"its md5 is {MD5}, expected was 0000"):
        get(server, tmp_path / "wrong")


def test_half_a_table_is_not_taken_where_the_server_does_not_say_how_long_it_is(server, tmp_path):
    server.announces_length, server.cut_after = False, [1000]
    with pytest.raises(InputError, match="does not say how long the file is"):
        download(server.url, tmp_path / "table.txt", pause=0.01)
    assert files(tmp_path) == []


SAMPLES = [f"GTEX-1117F-{number:04d}-SM-5GZZ7" for number in range(40)]
TABLE = ("SAMPID\tSMRIN\tSMTS\tX\n" + "".join(f"{sample}\t7\tBlood\t1\n" for sample in SAMPLES)).encode()
VALUES = "#1.2\n1\t40\nName\tDescription\t" + "\t".join(SAMPLES) + "\nG1\tx" + "\t1" * 40 + "\n"
EXPRESSION = gzip.compress(VALUES.encode(), mtime=0)
PORTAL = b"<html>Please log in to the network of this hotel</html>"


@pytest.fixture
def gtex(server, monkeypatch):
    """Serve a small version 8 under its older addresses; the newer ones are gone."""
    root = f"http://127.0.0.1:{server.server_port}"
    server.by_name = {gtex_download.ATTRIBUTES: TABLE, gtex_download.EXPRESSION: EXPRESSION}
    monkeypatch.setattr(gtex_download, "SHAPE", b"1\t40")
    for name in ("EXPRESSION_URLS", "ATTRIBUTES_URLS"):
        file = getattr(gtex_download, name)[0].rsplit("/", 1)[1]
        monkeypatch.setattr(gtex_download, name, (f"{root}/missing/{file}", f"{root}/{file}"))
    return server


def test_gtex_v8_gives_both_paths_and_asks_once(gtex, tmp_path):
    expression, attributes = download_gtex_v8(tmp_path)
    assert expression.name == "GTEx_Analysis_2017-06-05_v8_RNASeQCv1.1.9_gene_tpm.gct.gz"
    assert attributes.name == "GTEx_Analysis_v8_Annotations_SampleAttributesDS.txt"
    assert (expression.read_bytes(), attributes.read_bytes()) == (EXPRESSION, TABLE)
    asked = len(gtex.requests)
    note = tmp_path / f"{attributes.name}.sha256"
    assert note.read_text().split() == [hashlib.sha256(TABLE).hexdigest(), attributes.name]
    assert download_gtex_v8(tmp_path) == (expression, attributes)
    assert len(gtex.requests) == asked


@pytest.mark.parametrize("kind", ["portal", "flipped", "cut"])
def test_a_wrong_attributes_table_that_lies_there_is_set_aside_and_fetched_again(gtex, tmp_path, kind):
    _, attributes = download_gtex_v8(tmp_path)
    wrong = {"portal": PORTAL, "flipped": TABLE.replace(b"Blood", b"Bload", 1), "cut": TABLE[: len(TABLE) // 2]}[kind]
    attributes.write_bytes(wrong)
    if kind != "flipped":  # one that came without a note, from an earlier version
        attributes.with_name(f"{attributes.name}.sha256").unlink()
    with pytest.warns(UserWarning, match=r"SampleAttributesDS.txt cannot be used: it.* set aside as .*damaged"):
        download_gtex_v8(tmp_path)
    assert attributes.read_bytes() == TABLE
    assert attributes.with_name(f"{attributes.name}.damaged").read_bytes() == wrong


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (gtex_download.ATTRIBUTES, PORTAL, r"its first line, '<html>Please.*does not name the columns SAMPID and SMTS"),
        (gtex_download.ATTRIBUTES, TABLE[:-3], r"breaks off in the middle of a row \(3 of 4 fields\)"),
        (gtex_download.ATTRIBUTES, TABLE.split(b"\n")[0] + b"\n", "it has no rows"),
        (gtex_download.ATTRIBUTES, TABLE[: TABLE.index(SAMPLES[30].encode())], "does not name the samples 'GTEX-1117F-0030"),
        (gtex_download.EXPRESSION, PORTAL, "not an intact gzip file"),
        (gtex_download.EXPRESSION, gzip.compress(PORTAL, mtime=0), "it begins with '<html>"),
        (gtex_download.EXPRESSION, gzip.compress(VALUES.replace("1\t40", "2\t40", 1).encode()), "and version 8 with"),
    ],
)
def test_what_is_not_version_8_never_stays(gtex, tmp_path, name, content, message):
    gtex.by_name[name] = content
    with pytest.raises(InputError, match=message):
        download_gtex_v8(tmp_path)
    assert not (tmp_path / name).exists()
    gtex.by_name[name] = {gtex_download.ATTRIBUTES: TABLE, gtex_download.EXPRESSION: EXPRESSION}[name]
    expression, attributes = download_gtex_v8(tmp_path)
    assert (expression.read_bytes(), attributes.read_bytes()) == (EXPRESSION, TABLE)
