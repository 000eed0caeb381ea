import pytest

from almanac.spans import Span, busiest, format_clock, free, merged, parse_clock, parse_span


def test_clock():
    assert parse_clock("9:30") == 570
    assert parse_clock(" 7 ") == 420
    assert parse_clock("24:00") == 1440
    assert format_clock(570) == "9:30"
    assert format_clock(605) == "10:05"
    for text in ("9:60", "25:00", "x", "9:x0", "24:01"):
        with pytest.raises(ValueError):
            parse_clock(text)


def test_span():
    span = parse_span("9:00-10:30")
    assert span == Span(540, 630)
    assert span.minutes == 90
    assert Span(5, 3).minutes == 0
    assert span.overlaps(Span(629, 700))
    assert not span.overlaps(Span(630, 700))
    assert not Span(630, 700).overlaps(span)
    assert span.clipped(Span(600, 700)) == Span(600, 630)
    assert span.clipped(Span(500, 600)) == Span(540, 600)


def test_merged():
    spans = [Span(30, 40), Span(0, 10), Span(10, 15), Span(35, 38), Span(20, 20)]
    assert merged(spans) == [Span(0, 15), Span(30, 40)]


def test_free():
    day = parse_span("8:00-18:00")
    booked = [parse_span("9:00-10:00"), parse_span("9:30-12:00"), parse_span("17:50-19:00")]
    assert free(day, booked) == [Span(480, 540), Span(720, 1070)]
    assert free(day, booked, shortest=61) == [Span(720, 1070)]
    assert free(day, booked, shortest=60) == [Span(480, 540), Span(720, 1070)]
    assert free(day, [parse_span("6:00-7:00")]) == [day]
    assert free(day, [day]) == []


def test_busiest():
    assert busiest([Span(0, 10), Span(5, 15), Span(10, 20)]) == 2
    assert busiest([Span(0, 10), Span(5, 15), Span(9, 20)]) == 3
    assert busiest([]) == 0
