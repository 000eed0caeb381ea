import assert from "node:assert/strict";
import { test } from "node:test";
import { PriorityQueue } from "../build/priority_queue.js";

const numbers = () => new PriorityQueue((a, b) => a - b);

test("gives the least first", () => {
  const queue = numbers();
  for (const n of [5, 3, 9, 1, 7, 8, 2, 6, 4, 0]) assert.equal(queue.push(n), true);
  assert.equal(queue.push(9), false);
  assert.equal(queue.size, 10);
  assert.equal(queue.peek(), 0);
  assert.deepEqual(queue.drain(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.equal(queue.pop(), undefined);
  assert.equal(queue.peek(), undefined);
});

test("removes from the middle", () => {
  const queue = numbers();
  for (const n of [1, 10, 2, 11, 12, 3, 4]) queue.push(n);
  assert.equal(queue.remove(11), true);
  assert.equal(queue.remove(11), false);
  assert.equal(queue.has(11), false);
  assert.equal(queue.has(12), true);
  assert.deepEqual(queue.drain(), [1, 2, 3, 4, 10, 12]);
  assert.equal(queue.has(12), false);
});

test("follows changes", () => {
  const queue = new PriorityQueue((a, b) => a.due - b.due);
  const tasks = [4, 8, 15, 16, 23, 42].map((due) => ({ due }));
  for (const task of tasks) queue.push(task);
  tasks[5].due = 1;
  queue.update(tasks[5]);
  tasks[0].due = 20;
  queue.update(tasks[0]);
  queue.update({ due: 0 });
  assert.deepEqual(queue.drain().map((task) => task.due), [1, 8, 15, 16, 20, 23]);
});
