import assert from "node:assert/strict";
import { test } from "node:test";
import { conflicts, formatDuration, parseDuration, readAppointments, relative } from "../build/dates.js";

test("parses durations", () => {
  assert.equal(parseDuration("1h 30m"), 5400);
  assert.equal(parseDuration(" 2d  4s "), 172804);
  assert.equal(parseDuration("1w"), 604800);
  for (const text of ["", "  ", "1x", "h", "1h30m", "-1h"]) assert.equal(parseDuration(text), null);
});

test("formats durations", () => {
  assert.equal(formatDuration(5400), "1h 30m");
  assert.equal(formatDuration(90061), "1d 1h");
  assert.equal(formatDuration(604800), "1w");
  assert.equal(formatDuration(0), "0s");
  assert.equal(formatDuration(-61), "-1m 1s");
  assert.equal(formatDuration(59), "59s");
  assert.equal(formatDuration(3601), "1h 1s");
});

test("says how long ago", () => {
  assert.equal(relative(1000, 1059), "now");
  assert.equal(relative(1000, 1060), "1m ago");
  assert.equal(relative(9000, 1000), "in 2h");
});

test("reads appointments", () => {
  const read = readAppointments('swim,600,90m\n"lunch, late",780,1h\ncall,600,61s\n');
  assert.deepEqual(read, [
    { title: "call", start: 600, minutes: 2 },
    { title: "swim", start: 600, minutes: 90 },
    { title: "lunch, late", start: 780, minutes: 60 },
  ]);
  assert.throws(() => readAppointments("swim,600\n"), /no duration: swim/);
});

test("finds conflicts", () => {
  const at = (title, start, minutes) => ({ title, start, minutes });
  assert.deepEqual(conflicts([at("c", 30, 10), at("a", 0, 30), at("b", 20, 15)]), [
    ["a", "b"],
    ["b", "c"],
  ]);
  assert.deepEqual(conflicts([at("a", 0, 10), at("b", 10, 10)]), []);
});
