"""Pictures as pixels in a quarter of their bytes: a figure has few colours, and a palette holds them."""

from __future__ import annotations

from io import BytesIO

_COLOURS = 255
_NEAR_WHITE = 250  # of 255; the ground is white to the last bit, or a dark page would show a box around the figure


def compact_png(png: bytes) -> bytes:
    """Rewrite a picture without transparency with a palette; no colour moves by more than an eye can see."""
    from PIL import Image

    with Image.open(BytesIO(png)) as picture:
        few = picture.convert("RGB").quantize(_COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        dots = picture.info.get("dpi")
    palette = few.getpalette() or []
    colours = [palette[start : start + 3] for start in range(0, len(palette), 3)]
    few.putpalette([part for one in colours for part in ([255, 255, 255] if min(one) >= _NEAR_WHITE else one)])
    target = BytesIO()
    few.save(target, "PNG", optimize=True, **({"dpi": dots} if dots else {}))
    return target.getvalue()
