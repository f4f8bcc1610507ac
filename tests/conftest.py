"""What several test files share: the chapters, executed once."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from chapter_run import CHAPTERS, Run


@pytest.fixture(scope="session")
def executed_chapters(tmp_path_factory):
    """Execute every chapter at its test size, two beside each other: runs by name."""

    def execute(chapter):
        folder = tmp_path_factory.mktemp(chapter) / "with a space"
        folder.mkdir()
        return Run(folder, chapter)

    with ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as threads:
        return dict(zip(CHAPTERS, threads.map(execute, CHAPTERS), strict=True))
