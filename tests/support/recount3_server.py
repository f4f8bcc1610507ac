"""A small recount3 mirror for tests, and a server that hands it out and misbehaves as told."""

import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pandas as pd

from linear_signal.data.made_up.recount3_tree import StudyFiles, write_recount3_tree
from linear_signal.data.recount3.mirror import Recount3Mirror
from linear_signal.data.recount3.sex_labels import SEX_GENES
from linear_signal.seeds import generator

TISSUES = ("brain", "Blood", "skin")


def small_genes(n_genes=60):
    """The sex genes, then others; every seventh has no length."""
    ids = [f"{gene}.{position + 3}" for position, gene in enumerate(SEX_GENES)]
    ids += [f"ENSG{position:011d}.1" for position in range(len(ids), n_genes)]
    lengths = generator("test", "lengths").integers(200, 9000, n_genes).astype(float)
    lengths[10::7] = np.nan
    names = list(SEX_GENES.values()) + [f"GENE{position}" for position in range(len(SEX_GENES), n_genes)]
    return pd.DataFrame({"gene_id": ids, "gene_name": names, "bp_length": lengths, "seqname": "chr1"})


def small_studies(genes, n_studies=12):
    """Studies of two to six runs. The first three carry no label; each fifth run is a single cell, each seventh empty."""
    random = generator("test", "studies")
    studies, run = [], 0
    for number in range(n_studies):
        n_runs = 2 + number % 5
        level = random.gamma(0.7, 4000, (len(genes), 1)) * random.gamma(5, 0.2, (1, n_runs))
        sums = random.poisson(level) * (random.random((len(genes), n_runs)) < 0.8)
        tissues, types = [], []
        for column in range(n_runs):
            run += 1
            tissues.append(TISSUES[number % 3] if number >= 3 and column != 1 else "")
            types.append("scrna-seq" if run % 5 == 0 else ("rna-seq" if column else ""))
            if run % 7 == 0:
                sums[random.random(len(genes)) < 0.9, column] = 0
        studies.append(
            StudyFiles(
                accession=f"SRP{number:06d}",
                runs=[f"SRR{number:04d}{column}" for column in range(n_runs)],
                gene_sums=sums,
                curated_tissue=tissues,
                predicted_type=types,
                sample_accessions=[f"SRS{number:04d}{column}" for column in range(n_runs)],
            )
        )
    return studies


def small_tree(folder, **changes):
    genes = small_genes(**changes)
    return write_recount3_tree(Path(folder), genes=genes, studies=small_studies(genes))


class Server(ThreadingHTTPServer):
    """Serves the files of a folder; ``next`` holds what happens to the next requests of a file, ``always`` to all.

    A mishap is a status, "cut" (the connection ends in the middle), "page" (an error page under the file's name), "gone"
    (no answer at all), or a number of seconds to wait.
    """

    daemon_threads = True

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = folder
        self.next = {}
        self.always = {}
        self.requests = Counter()
        self.seconds = 0.0
        self.lock = threading.Lock()
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/"

    def asked(self, part):
        return sum(count for path, count in self.requests.items() if part in path)

    def stop(self):
        if self.thread.is_alive():
            self.shutdown()
            self.thread.join()
            self.server_close()

    def __exit__(self, *_):
        self.stop()

    def handle_error(self, *_):
        pass


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server, path = self.server, self.path.lstrip("/")
        with server.lock:
            server.requests[path] += 1
            mishap = next((what for part, what in server.always.items() if part in path), None)
            waiting = server.next.get(path)
            mishap = waiting.pop(0) if waiting else mishap
        time.sleep(server.seconds)
        file = server.folder / path
        status = mishap if isinstance(mishap, int) else (200 if file.exists() else 404)
        body = file.read_bytes() if status == 200 else b"no"
        if isinstance(mishap, float):
            time.sleep(mishap)
        if mishap == "gone":
            self.close_connection = True
            return
        if mishap == "page":
            body = b"<html>Come back later</html>"
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if mishap == "cut" else body)
        self.close_connection = True

    def log_message(self, *_):
        pass


def quick(mirror, cache, **options):
    """A mirror that does not wait long between tries."""
    return Recount3Mirror(mirror, cache, **({"pause": 0.01, "timeout": 5.0} | options))


def same(first, second):
    """Whether two tables hold the same samples, genes and values to the last bit."""
    for name in ("sample_ids", "studies", "tissues", "sexes"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    for genes in ("genes", "markers"):
        for name in ("gene_ids", "expression", "minimum", "maximum", "variance"):
            np.testing.assert_array_equal(getattr(getattr(first, genes), name), getattr(getattr(second, genes), name))
    return True
