import assert from "node:assert/strict";
import { test } from "node:test";
import { initial, press, run } from "../build/calculator.js";

test("types numbers", () => {
  assert.equal(run("1 2 . 5 . 0"), "12.50");
  assert.equal(run("0 0 7"), "7");
  assert.equal(run(". 5"), "0.5");
  assert.equal(run("0 . 5"), "0.5");
  assert.equal(run("1 1 1 1 1 1 1 1 1 1 1 1 1 1"), "111111111111");
});

test("works from left to right", () => {
  assert.equal(run("2 + 3 * 4 ="), "20");
  assert.equal(run("9 - 4 - 3 ="), "2");
  assert.equal(run("8 / 4 ="), "2");
  assert.equal(run("1 / 3 ="), "0.3333333333");
  assert.equal(run("2 + 3 = + 1 ="), "6");
  assert.equal(run("5 + * 3 ="), "15");
});

test("stops at an error until it is cleared", () => {
  assert.equal(run("5 / 0 ="), "error");
  assert.equal(run("5 / 0 + 3 ="), "error");
  assert.equal(run("5 / 0 = C 3"), "3");
});

test("remembers", () => {
  assert.equal(run("5 M+ 3 M+ C 1 + MR ="), "9");
  assert.equal(press(initial(), "x").display, "0");
});
