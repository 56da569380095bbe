"""Right and wrong forms of a gold answer, by rule: what a model may write instead of it.

Each form is a name and a completion. The rules look at the text alone, and give a form only where it
is certain that it is the same answer, or another one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

Form = tuple[str, str]

_INTEGER = re.compile(r"-?\d+")
_DECIMAL = re.compile(r"-?\d+\.\d+")
_FRACTION = re.compile(r"(-?)\\[dt]?frac\{(\d+)\}\{(\d+)\}|(-?)(\d+)/(\d+)")
_WITH_UNIT = re.compile(r"(-?\d+(?:\.\d+)?) \(([A-Za-z][A-Za-z ]*)\)")
_TUPLE = re.compile(r"\(([^()]*)\)")
# What a sign in front, or a sum behind, does not simply negate or enlarge.
_NOT_ONE_EXPRESSION = re.compile(r"[,;=<>:%]|\\(?:pm|mp|le|ge|ne|in|text|cup|mod|pmod|infty|equiv|to)")


def bare(gold: str) -> str:
    """The gold answer without dollar signs."""
    return gold.replace("$", "").strip()


def boxed(answer: str) -> str:
    return f"So the answer is $\\boxed{{{answer}}}$."


def same(gold: str) -> list[Form]:
    """The gold answer itself, in a box."""
    return [("as it is", boxed(bare(gold)))]


def right(gold: str) -> list[Form]:
    """Other forms of the same answer."""
    answer = bare(gold)
    forms = [*_wrapped(answer), *_marked_up(answer), *_of_number(answer), *_of_unit(answer)]
    return _distinct(form for form in forms if form[1] != boxed(answer))


def wrong(gold: str) -> list[Form]:
    """Other answers that look like it."""
    answer = bare(gold)
    if with_unit := _WITH_UNIT.fullmatch(answer):
        number, unit = with_unit.groups()
        return [
            (name, boxed(form)) for name, other in _other_numbers(number)
            for form in (other, rf"{other} \text{{ {unit}}}")
        ]
    return _distinct(
        (name, boxed(other))
        for name, other in [*_other_numbers(answer), *_other_tuples(answer), *_other_formulas(answer)]
    )


def _wrapped(answer: str) -> Iterator[Form]:
    yield "announced", f"The final answer is ${answer}$."
    yield "spaces", boxed(f" {answer} ")
    yield "dollars in the box", f"\\boxed{{${answer}$}}"
    yield "display", f"Therefore\n\\[\n\\boxed{{{answer}}}\n\\]\n"
    yield "thin spaces", boxed(rf"\,{answer}\,")
    yield "bold", f"**Answer:** $\\boxed{{{answer}}}$"
    yield "full stop in the box", boxed(answer + ".")


def _marked_up(answer: str) -> Iterator[Form]:
    if re.search(r"\\frac", answer):
        yield "dfrac", boxed(answer.replace(r"\frac", r"\dfrac"))
    if re.search(r"(?<!\\left)\(", answer) and not _WITH_UNIT.fullmatch(answer) and answer.count("(") == answer.count(")"):
        yield "left and right", boxed(
            re.sub(r"(?<!\\right)\)", r"\\right)", re.sub(r"(?<!\\left)\(", r"\\left(", answer))
        )
    if re.search(r"[a-zA-Z0-9)}] ?[+=-] ?[a-zA-Z0-9(\\]", answer) and "\\text" not in answer:
        yield "space at operators", boxed(
            re.sub(r"(?<=[a-zA-Z0-9)}]) ?([+=-]) ?(?=[a-zA-Z0-9(\\])", r"\\, \1 \\, ", answer)
        )


def _of_number(answer: str) -> Iterator[Form]:
    if _INTEGER.fullmatch(answer):
        yield "decimal point", boxed(answer + ".0")
        yield "name", boxed("x = " + answer)
        yield "bold number", boxed(rf"\mathbf{{{answer}}}")
        yield "fraction", boxed(rf"\frac{{{2 * int(answer)}}}{{2}}")
        if abs(int(answer)) >= 1000:
            yield "thousands", boxed(f"{int(answer):,}")
            yield "thousands, in braces", boxed(f"{int(answer):,}".replace(",", "{,}"))
    elif _DECIMAL.fullmatch(answer):
        yield "more zeros", boxed(answer + "0")
        value = Fraction(answer)
        yield "fraction", boxed(rf"{'-' * (value < 0)}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}")
    elif match := _FRACTION.fullmatch(answer):
        sign, above, below = _parts(match)
        yield "slash", boxed(f"{sign}{above}/{below}")
        yield "frac", boxed(rf"{sign}\frac{{{above}}}{{{below}}}")
        yield "not in lowest terms", boxed(rf"{sign}\frac{{{3 * above}}}{{{3 * below}}}")
        value = Fraction(above, below)
        if 10**6 % value.denominator == 0:
            yield "decimal", boxed(f"{sign}{Decimal(value.numerator) / Decimal(value.denominator)}")


def _of_unit(answer: str) -> Iterator[Form]:
    if match := _WITH_UNIT.fullmatch(answer):
        number, unit = match.groups()
        yield "without unit", boxed(number)
        yield "unit as text", boxed(rf"{number} \text{{ {unit}}}")
        yield "unit", boxed(f"{number} {unit}")
        yield "unit behind the box", f"The answer is $\\boxed{{{number}}}$ {unit}."
        yield "announced with unit", f"The answer is {number} {unit}."


def _other_numbers(answer: str) -> Iterator[Form]:
    if _INTEGER.fullmatch(answer):
        number = int(answer)
        yield "off by one", str(number + 1)
        yield "last digit", answer[:-1] + str((int(answer[-1]) + 5) % 10)
        if number != 0:
            yield "sign", str(-number)
            yield "ten times", str(10 * number)
            yield "a tenth", str(Decimal(number) / 10)
            yield "reciprocal", rf"\frac{{1}}{{{number}}}" if abs(number) != 1 else str(3 * number)
        yield "decimals more", f"{answer}.3"
        yield "pair", f"({answer}, {number + 1})"
    elif _DECIMAL.fullmatch(answer):
        yield "last digit", answer[:-1] + str((int(answer[-1]) + 5) % 10)
        if Decimal(answer) != 0:
            yield "sign", answer[1:] if answer.startswith("-") else "-" + answer
            yield "ten times", str(Decimal(answer) * 10)
        yield "off by one", str(Decimal(answer) + 1)
    elif match := _FRACTION.fullmatch(answer):
        sign, above, below = _parts(match)
        if above != below:
            yield "parts swapped", rf"{sign}\frac{{{below}}}{{{above}}}" if above else r"\frac{1}{2}"
        yield "numerator", rf"{sign}\frac{{{above + 1}}}{{{below}}}"
        yield "denominator", rf"{sign}\frac{{{max(above, 1)}}}{{{below + 1}}}" if above else "1"
        if above:
            yield "sign", rf"{'' if sign else '-'}\frac{{{above}}}{{{below}}}"


def _other_tuples(answer: str) -> Iterator[Form]:
    match = _TUPLE.fullmatch(answer)
    parts = [part.strip() for part in match[1].split(",")] if match else []
    if len(parts) > 1 and all(_INTEGER.fullmatch(part) for part in parts):
        if parts[0] != parts[-1]:
            yield "parts swapped", f"({', '.join([parts[-1], *parts[1:-1], parts[0]])})"
        yield "one less", f"({', '.join(parts[:-1])})" if len(parts) > 2 else parts[0]
        yield "off by one", f"({', '.join([str(int(parts[0]) + 1), *parts[1:]])})"


def _other_formulas(answer: str) -> Iterator[Form]:
    plain = _INTEGER.fullmatch(answer) or _DECIMAL.fullmatch(answer) or _FRACTION.fullmatch(answer)
    if plain or not re.search(r"\d|\\[a-z]|[a-z]", answer) or re.search(r"[A-Za-z]{3}", re.sub(r"\\[A-Za-z]+", "", answer)):
        return
    if not _NOT_ONE_EXPRESSION.search(answer):
        yield "one more", answer + " + 1"
        yield "sign", f"-({answer})"
        yield "another expression", f"({answer})^2 + 2"
    elif re.fullmatch(r"[a-zA-Z](?:\([a-z]\))? ?= ?[^=,;<>]+", answer) and not re.search(r"\\pm|\\text", answer):
        yield "one more", answer + " + 1"
    elif re.fullmatch(r"-?\d+(?:, ?-?\d+)+", answer):
        parts = [part.strip() for part in answer.split(",")]
        if len(set(parts)) == len(parts):
            yield "one less", ", ".join(parts[:-1])
            yield "one changed", ", ".join([*parts[:-1], str(max(map(int, parts)) + 1)])


def _parts(match: re.Match[str]) -> tuple[str, int, int]:
    groups = [group for group in match.groups() if group is not None]
    return groups[0], int(groups[1]), int(groups[2])


def _distinct(forms: Iterator[Form]) -> list[Form]:
    """The first form of each text."""
    first: dict[str, str] = {}
    for name, text in forms:
        first.setdefault(text, name)
    return [(name, text) for text, name in first.items()]
