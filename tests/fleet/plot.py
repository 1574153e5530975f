#!/usr/bin/env python3
"""Draws docs/fleet.svg from what himds-fleet prints: plot.py FLEET.csv > docs/fleet.svg."""

import csv
import math
import sys
from collections import defaultdict

WIDTH, HEIGHT, LEFT, TOP, GAP = 840, 230, 70, 40, 60
HOURS, LARGEST = (22, 25), 1_000_000
COLOURS = {"himds": "#0a7d33", "naive": "#8a8a8a", "azure-identity": "#c2410c"}
TITLES = {
    "calm": "Requests a minute at the token service: 100 000 hosts that started together, first renewal",
    "outage": "The same, while the token service fails for half an hour from each client's first renewal on",
}


def read(path):
    series = defaultdict(dict)
    with open(path, encoding="utf-8") as file:
        for row in csv.DictReader(file):
            series[row["case"], row["client"]][int(row["minute"])] = int(row["requests"])
    return series


def x(minute):
    return LEFT + (minute / 60 - HOURS[0]) / (HOURS[1] - HOURS[0]) * (WIDTH - LEFT - 20)


def y(requests, top):
    return top + HEIGHT - max(0.0, math.log10(max(requests, 1)) / math.log10(LARGEST)) * HEIGHT


def panel(case, top, series):
    yield f'<text x="{LEFT}" y="{top - 12}" class="title">{TITLES[case]}</text>'
    for power in range(0, 7, 2):
        at = y(10**power, top)
        yield f'<line x1="{LEFT}" x2="{WIDTH - 20}" y1="{at:.1f}" y2="{at:.1f}" class="grid"/>'
        yield f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{10**power:,}</text>'.replace(",", " ")
    for half in range(HOURS[0] * 2, HOURS[1] * 2 + 1):
        at = x(half * 30)
        yield f'<text x="{at:.1f}" y="{top + HEIGHT + 18}" text-anchor="middle">{half // 2}:{half % 2 * 30:02} h</text>'
    for client, colour in COLOURS.items():
        minutes = series[case, client]
        for minute in range(HOURS[0] * 60, HOURS[1] * 60):
            if minute in minutes:
                at, height = x(minute), y(minutes[minute], top)
                width = x(1) - x(0)
                yield f'<rect x="{at:.1f}" y="{height:.1f}" width="{width:.2f}" height="{top + HEIGHT - height:.1f}" fill="{colour}" fill-opacity="0.75"/>'


def main():
    series = read(sys.argv[1])
    height = TOP + 2 * (HEIGHT + GAP) + 20
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">')
    print("<style>.title{font-weight:bold;font-size:13px}.grid{stroke:#ddd}</style>")
    print(f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>')
    for number, case in enumerate(TITLES):
        for line in panel(case, TOP + number * (HEIGHT + GAP), series):
            print(line)
    for number, (client, colour) in enumerate(COLOURS.items()):
        at = LEFT + number * 150
        print(f'<rect x="{at}" y="{height - 24}" width="12" height="12" fill="{colour}"/><text x="{at + 18}" y="{height - 14}">{client}</text>')
    print("</svg>")


main()
