"""Draws the DET curve and the distribution of scores as one SVG, by hand: no library, no script, no outside font."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from ostiary.models.catalog import OperatingPoint
from ostiary.models.measure.rates import BINS, Comparisons, Curve

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 860, 380, 64, 34, 14, 46
PANEL = WIDTH // 2
GENUINE, IMPOSTOR, INK, GRID = "#1b6f5f", "#b4532a", "#333", "#ddd"
DECADES_FMR = (-6, 0)
DECADES_FNMR = (-3, 0)
COLUMNS = 100


def svg(title: str, curve: Curve, comparisons: Comparisons, points: Sequence[OperatingPoint]) -> str:
    """The left panel has FNMR over FMR, both logarithmic, with the operating points; the right one the share of genuine
    and of impostor comparisons at each similarity."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        f'font-size="12" fill="{INK}" role="img"><title>{escape(title)}</title>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        *_det(curve, points),
        *_scores(comparisons, points),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _det(curve: Curve, points: Sequence[OperatingPoint]) -> list[str]:
    parts = [_text(LEFT, 20, "False non-match rate against false match rate", weight="bold")]
    for decade in range(DECADES_FMR[0], DECADES_FMR[1] + 1):
        x = _x(10.0**decade)
        parts += [_line(x, TOP, x, HEIGHT - BOTTOM), _text(x, HEIGHT - BOTTOM + 16, _power(decade), "middle")]
    for decade in range(DECADES_FNMR[0], DECADES_FNMR[1] + 1):
        y = _y(10.0**decade)
        parts += [_line(LEFT, y, PANEL - RIGHT, y), _text(LEFT - 6, y + 4, _power(decade), "end")]
    parts.append(_text((LEFT + PANEL) / 2, HEIGHT - 10, "FMR", "middle"))
    parts.append(_text(16, HEIGHT / 2, "FNMR", "middle", turn=True))
    lowest = 10.0 ** DECADES_FMR[0], 10.0 ** DECADES_FNMR[0]
    line = [
        f"{_x(fmr):.1f},{_y(fnmr):.1f}"
        for fmr, fnmr in zip(curve.fmr, curve.fnmr, strict=True)
        if fmr >= lowest[0] and fnmr >= lowest[1]
    ]
    parts.append(f'<polyline points="{" ".join(line)}" fill="none" stroke="{GENUINE}" stroke-width="2"/>')
    for point in points:
        x, y = _x(point.fmr), _y(max(1 - point.tar, lowest[1]))
        low, high = _x(max(point.fmr_low, lowest[0])), _x(point.fmr_high)
        parts.append(f'<path d="M{low:.1f} {y:.1f}H{high:.1f}" stroke="{IMPOSTOR}" stroke-width="1.5"/>')
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{IMPOSTOR}"/>')
    return parts


def _scores(comparisons: Comparisons, points: Sequence[OperatingPoint]) -> list[str]:
    left, right = PANEL + LEFT, WIDTH - RIGHT
    low, high = -0.4, 1.0

    def x(similarity: float) -> float:
        return left + (similarity - low) / (high - low) * (right - left)

    each = BINS // COLUMNS
    impostor = comparisons.spread.reshape(COLUMNS, each).sum(1) / comparisons.impostors
    genuine = [0.0] * COLUMNS
    for similarity in comparisons.genuine.tolist():
        genuine[min(COLUMNS - 1, int((similarity + 1) / 2 * COLUMNS))] += 1 / len(comparisons.genuine)
    top = max(float(impostor.max()), *genuine) * 1.18
    floor = HEIGHT - BOTTOM
    parts = [_text(left, 20, "Share of comparisons by similarity", weight="bold")]
    for tenth in range(-4, 11, 2):
        at = x(tenth / 10)
        parts += [_line(at, TOP, at, floor), _text(at, floor + 16, f"{tenth / 10:g}", "middle")]
    for shares, colour in ((impostor.tolist(), IMPOSTOR), (genuine, GENUINE)):
        corners = [f"{x(low):.1f},{floor}"]
        for column, share in enumerate(shares):
            begin = column * 2 / COLUMNS - 1
            if begin >= low:
                y = floor - share / top * (floor - TOP)
                corners += [f"{x(begin):.1f},{y:.1f}", f"{x(begin + 2 / COLUMNS):.1f},{y:.1f}"]
        corners.append(f"{x(high):.1f},{floor}")
        parts.append(f'<polygon points="{" ".join(corners)}" fill="{colour}" fill-opacity="0.35" stroke="{colour}"/>')
    for point in points:
        at = x(point.similarity)
        parts.append(f'<path d="M{at:.1f} {TOP}V{floor}" stroke="{INK}" stroke-dasharray="2 4"/>')
    parts += [
        _text(x(0.16), TOP + 14, "impostors", colour=IMPOSTOR),
        _text(x(0.99), TOP + 14, "one person", "end", colour=GENUINE),
        _text((left + right) / 2, HEIGHT - 10, "similarity (cosine); dashed: operating points", "middle"),
    ]
    return parts


def _x(fmr: float) -> float:
    low, high = DECADES_FMR
    return LEFT + (math.log10(fmr) - low) / (high - low) * (PANEL - RIGHT - LEFT)


def _y(fnmr: float) -> float:
    low, high = DECADES_FNMR
    return HEIGHT - BOTTOM - (math.log10(fnmr) - low) / (high - low) * (HEIGHT - BOTTOM - TOP)


def _power(decade: int) -> str:
    return f"{100 * 10.0**decade:g} %"


def _line(x0: float, y0: float, x1: float, y1: float) -> str:
    return f'<path d="M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}" stroke="{GRID}"/>'


def _text(
    x: float,
    y: float,
    said: str,
    anchor: str = "start",
    *,
    weight: str = "normal",
    colour: str = INK,
    turn: bool = False,
) -> str:
    turned = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if turn else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}" fill="{colour}"{turned}>'
        f"{escape(said)}</text>"
    )
