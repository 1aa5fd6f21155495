#!/usr/bin/env python3
"""Writes src/model/holidays.tsv from the package `holidays` (https://github.com/vacanza/holidays, MIT).

    python3 -m venv venv && venv/bin/pip install holidays
    venv/bin/python tests/holidays/generate.py           # writes the file
    venv/bin/python tests/holidays/generate.py --check   # says whether it would write the same

Nothing in the file is typed by hand; the test `holidays_are_those_of_the_generator` keeps it so. To renew it, for example
when China has announced the next year, install the newest package, write the file and read the difference.
"""

import datetime
import hashlib
import pathlib
import re
import sys

import holidays

YEARS = range(2026, 2034)
ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = ROOT / "src/model/holidays.tsv"
ZONES = ROOT / "src/model/zones.tsv"
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
# How a holiday is kept, not what it is: "Labor Day (observed)", "Day off (substituted from 01/04/2026)".
REMARK = re.compile(
    r"\s*\((?:observed|estimated|observed, estimated|substituted from [^)]*|in lieu|substitute day|additional holiday)\)",
    re.IGNORECASE,
)
HEAD = """\
# Public holidays by country: code, name, days. Made by tests/holidays/generate.py; do not edit.
# Source: the Python package holidays {version} (MIT), years {first} to {last}.
# A day is 01-01 in each of these years or 2026-02-17 in one; +2 adds the two days after it. (weekend) lists the days of
# rest of each week, (workdays) days of rest on which the law makes people work.
# sha256 of what follows: {digest}
"""


def countries():
    lines = ZONES.read_text(encoding="utf-8").splitlines()
    return sorted(line.split("\t")[0] for line in lines if line and not line.startswith("#"))


def calendar(code):
    plain = holidays.country_holidays(code)
    language = "en_US" if "en_US" in plain.supported_languages else plain.default_language
    return holidays.country_holidays(code, years=YEARS, language=language)


def by_name(found):
    names = {}
    for day, text in found.items():
        for name in text.split("; "):
            name = " ".join(REMARK.sub("", name).replace("\t", " ").split())
            if day.year in YEARS and name:
                names.setdefault(name, set()).add(day)
    return names


def written(days):
    """Days as text: those of every year once, the others as spans."""
    yearly = [d for d in days if d.year == YEARS[0] and all(same(d, year) in days for year in YEARS)]
    words = [f"{d:%m-%d}" for d in sorted(yearly)]
    rest = sorted(set(days) - {same(d, year) for d in yearly for year in YEARS})
    while rest:
        first = last = rest.pop(0)
        while rest and rest[0] == last + datetime.timedelta(days=1):
            last = rest.pop(0)
        more = (last - first).days
        words.append(first.isoformat() + (f"+{more}" if more else ""))
    return " ".join(words)


def same(day, year):
    try:
        return day.replace(year=year)
    except ValueError:
        return None


def body():
    lines = []
    for code in countries():
        if code not in holidays.list_supported_countries(include_aliases=False):
            continue
        found = calendar(code)
        lines.append(f"{code}\t(weekend)\t{' '.join(DAYS[day] for day in sorted(found.weekend))}")
        names = by_name(found)
        for name in sorted(names):
            lines.append(f"{code}\t{name}\t{written(names[name])}")
        workdays = sorted(day for day in found.weekend_workdays if day.year in YEARS)
        if workdays:
            lines.append(f"{code}\t(workdays)\t{written(workdays)}")
    return "\n".join(lines) + "\n"


def main():
    text = body()
    digest = hashlib.sha256(text.encode()).hexdigest()
    head = HEAD.format(version=holidays.__version__, first=YEARS[0], last=YEARS[-1], digest=digest)
    if "--check" in sys.argv:
        if TARGET.read_text(encoding="utf-8") != head + text:
            sys.exit("src/model/holidays.tsv is not what this package and script write")
        print("src/model/holidays.tsv is up to date")
    else:
        TARGET.write_text(head + text, encoding="utf-8")


if __name__ == "__main__":
    main()
