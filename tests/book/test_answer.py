"""What a chapter found can be read where it was run, with the numbers in their places."""

import re

import pytest

from chapter_run import CHAPTERS, GLUED
from linear_signal.book.answer import HEADING, answer_of

CHAPTER = """\
# %% [markdown]
# # A question
#
# ## What we found
#
# - **First.** The mean is {glue:text}`mean` in {cite:t}`paper2020`, see [below](#there).
#
# > {glue:text}`verdict`
#
# ## How it was run

# %% tags=["parameters"]
n: int = 1
"""


def test_numbers_stand_in_their_places_and_are_text(tmp_path):
    (tmp_path / "a.py").write_text(CHAPTER)
    markdown, plain = answer_of(tmp_path / "a.py", {"mean": "0.7", "verdict": "*Blood* <img> $x$"})
    assert markdown == "- **First.** The mean is 0.7 in paper2020, see below.\n\n> \\*Blood\\* \\<img\\> \\$x\\$"
    assert plain == "- First. The mean is 0.7 in paper2020, see below.\n*Blood* <img> $x$"


def test_a_table_is_not_said_and_nor_is_what_leads_to_it(tmp_path):
    led = "# ## What we found\n#\n# Said.\n#\n# Two lines\n# that lead to it:\n#\n# ```{glue} sets\n# ```\n#"
    (tmp_path / "a.py").write_text(CHAPTER.replace("# ## What we found\n#", led))
    _, plain = answer_of(tmp_path / "a.py", {"mean": "0.7", "verdict": "level"})
    assert plain == "Said.\n- First. The mean is 0.7 in paper2020, see below.\nlevel"


def test_a_number_that_was_not_glued_is_an_error(tmp_path):
    (tmp_path / "a.py").write_text(CHAPTER)
    with pytest.raises(KeyError, match="verdict"):
        answer_of(tmp_path / "a.py", {"mean": "0.7"})


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_chapter_ends_with_its_answer(executed_chapters, chapter):
    run = executed_chapters[chapter]
    assert not run.failed, run.said
    shown = run.cells()[-1].outputs[-1].data["text/markdown"]
    assert "glue" not in shown
    first = run.cells()[0].source
    assert HEADING in first
    found = re.sub(r"[^\n]+:\n\n```", "```", first.partition(HEADING)[2].partition("## How")[0])
    said = GLUED.finditer(found)
    wanted = [match.group(1) for match in said if match.group(1)]  # figures and tables are shown and not said
    values = run.glued()
    assert wanted
    for name in wanted:
        assert values[name].strip("'\"")[:40].split("*")[0][:20] in shown.replace("\\", ""), name
