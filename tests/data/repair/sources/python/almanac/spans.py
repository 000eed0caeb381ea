"""Spans of minutes in a day, for bookings."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Span:
    """From `start` up to, not including, `end`."""

    start: int
    end: int

    @property
    def minutes(self):
        return max(0, self.end - self.start)

    def overlaps(self, other):
        return self.start < other.end and other.start < self.end

    def clipped(self, other):
        return Span(max(self.start, other.start), min(self.end, other.end))


def parse_clock(text):
    """Minutes since midnight of "9:30"."""
    hours, _, minutes = text.strip().partition(":")
    if not hours.isdigit() or not (minutes or "0").isdigit():
        raise ValueError(f"not a time: {text!r}")
    total = int(hours) * 60 + int(minutes or 0)
    if int(minutes or 0) >= 60 or total > 24 * 60:
        raise ValueError(f"no such time: {text!r}")
    return total


def format_clock(minutes):
    return f"{minutes // 60}:{minutes % 60:02d}"


def parse_span(text):
    start, end = text.split("-")
    return Span(parse_clock(start), parse_clock(end))


def merged(spans):
    """The same minutes in as few spans as will do, in order."""
    result = []
    for span in sorted(spans):
        if span.minutes == 0:
            continue
        if result and span.start <= result[-1].end:
            last = result.pop()
            span = Span(last.start, max(last.end, span.end))
        result.append(span)
    return result


def free(day, booked, shortest=1):
    """What is left of the day, in pieces of `shortest` minutes or more."""
    pieces = []
    at = day.start
    for span in merged(booked):
        if not span.overlaps(day):
            continue
        if span.start - at >= shortest:
            pieces.append(Span(at, span.start))
        at = max(at, span.end)
    if day.end - at >= shortest:
        pieces.append(Span(at, day.end))
    return pieces


def busiest(spans):
    """How many spans hold at the fullest minute."""
    changes = []
    for span in spans:
        changes.append((span.start, 1))
        changes.append((span.end, -1))
    most = now = 0
    for _, change in sorted(changes):
        now += change
        most = max(most, now)
    return most
