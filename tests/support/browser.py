"""The browser that tests open pages in: Debian's Chromium, where it is here."""

import shutil
from contextlib import contextmanager

import pytest
from playwright.sync_api import sync_playwright

CHROMIUM = shutil.which("chromium")
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="there is no chromium on this machine (Debian: apt-get install chromium)"
)


@contextmanager
def chromium():
    """Start the browser; it ends with the block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            # Without a GPU that would have to be computed.
            args=[
                *("--no-sandbox", "--disable-gpu", "--disable-software-rasterizer"),
                *("--disable-background-networking", "--no-first-run"),
            ],
        )
        yield browser
        browser.close()
