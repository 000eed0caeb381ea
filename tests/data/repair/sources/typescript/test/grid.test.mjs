import assert from "node:assert/strict";
import { test } from "node:test";
import { Grid } from "../build/grid.js";

const MAZE = Grid.parse(`
a.....#
.####.#
.9#b5..
.9###.#
......#
#####.c
`);

test("knows its places", () => {
  assert.equal(MAZE.width, 7);
  assert.equal(MAZE.height, 6);
  assert.equal(MAZE.at({ x: 4, y: 2 }), "5");
  assert.equal(MAZE.at({ x: 7, y: 0 }), "#");
  assert.equal(MAZE.at({ x: 0, y: -1 }), "#");
  assert.deepEqual(MAZE.find("b"), { x: 3, y: 2 });
  assert.deepEqual(MAZE.find("a"), { x: 0, y: 0 });
  assert.equal(MAZE.find("z"), null);
});

test("lists neighbours", () => {
  assert.deepEqual(MAZE.neighbours({ x: 0, y: 0 }), [
    { x: 1, y: 0 },
    { x: 0, y: 1 },
  ]);
  assert.equal(MAZE.neighbours({ x: 5, y: 2 }).length, 4);
});

test("counts what can be reached", () => {
  assert.equal(MAZE.reachable({ x: 0, y: 0 }), 25);
  assert.equal(MAZE.reachable({ x: 1, y: 1 }), 0);
  assert.equal(Grid.parse("a#b").reachable({ x: 0, y: 0 }), 1);
});

test("finds the cheapest way", () => {
  const a = MAZE.find("a");
  assert.equal(MAZE.cheapest(a, { x: 5, y: 4 }), 9);
  assert.equal(MAZE.cheapest(a, MAZE.find("b")), 13);
  assert.equal(MAZE.cheapest({ x: 0, y: 2 }, { x: 1, y: 3 }), 10);
  assert.equal(MAZE.cheapest(a, a), 0);
  assert.equal(Grid.parse("a#b").cheapest({ x: 0, y: 0 }, { x: 2, y: 0 }), null);
  assert.equal(Grid.parse("a99b\n1111").cheapest({ x: 0, y: 0 }, { x: 3, y: 0 }), 5);
});
