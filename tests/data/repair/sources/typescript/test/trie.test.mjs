import assert from "node:assert/strict";
import { test } from "node:test";
import { Trie } from "../build/trie.js";

function filled() {
  const trie = new Trie();
  for (const word of ["car", "cart", "care", "cat", "dog", "car"]) trie.add(word);
  return trie;
}

test("counts words", () => {
  const trie = filled();
  assert.equal(trie.size, 5);
  assert.equal(trie.count("car"), 2);
  assert.equal(trie.count("ca"), 0);
  assert.equal(trie.count("cow"), 0);
  trie.add("");
  trie.add("cow", 0);
  trie.add("dog", 4);
  assert.equal(trie.size, 5);
  assert.equal(trie.count("dog"), 5);
  assert.equal(trie.nodes(), 10);
});

test("suggests", () => {
  const words = (list) => list.map((each) => each.word);
  assert.deepEqual(words(filled().suggest("ca")), ["car", "care", "cart", "cat"]);
  assert.deepEqual(words(filled().suggest("car", 2)), ["car", "care"]);
  assert.deepEqual(words(filled().suggest("x")), []);
  assert.equal(filled().suggest("").length, 5);
  assert.deepEqual(filled().suggest("do"), [{ word: "dog", count: 1 }]);
});

test("removes", () => {
  const trie = filled();
  const before = trie.nodes();
  assert.equal(trie.remove("ca"), false);
  assert.equal(trie.remove("cow"), false);
  assert.equal(trie.remove("car"), true);
  assert.equal(trie.nodes(), before);
  assert.equal(trie.count("cart"), 1);
  assert.equal(trie.remove("cart"), true);
  assert.equal(trie.nodes(), before - 1);
  assert.equal(trie.remove("dog"), true);
  assert.equal(trie.nodes(), before - 4);
  assert.equal(trie.size, 2);
  assert.equal(trie.remove("dog"), false);
});
