import assert from "node:assert/strict";
import { test } from "node:test";
import { format, parse, rowsOf, sums } from "../build/csv.js";

test("splits rows", () => {
  assert.deepEqual(rowsOf("a,b\r\nc,\n"), [["a", "b"], ["c", ""]]);
  assert.deepEqual(rowsOf("a;b", ";"), [["a", "b"]]);
  assert.deepEqual(rowsOf('"x,1","say ""hi""","two\nlines"'), [["x,1", 'say "hi"', "two\nlines"]]);
  assert.deepEqual(rowsOf(",\n"), [["", ""]]);
  assert.deepEqual(rowsOf(""), []);
  assert.deepEqual(rowsOf("a,"), [["a", ""]]);
});

test("says where quotes are wrong", () => {
  assert.throws(() => rowsOf('a\nb"c"\n'), /^Error: line 2: a quote inside of a cell/);
  assert.throws(() => rowsOf('a\n"b\n'), /line 3: a quote is not closed/);
});

test("parses and formats", () => {
  const rows = parse('name,count\nnail,12\n"big, nail",3\n');
  assert.deepEqual(rows, [
    { name: "nail", count: "12" },
    { name: "big, nail", count: "3" },
  ]);
  assert.equal(format(rows, ["count", "name"]), 'count,name\n12,nail\n3,"big, nail"\n');
  assert.equal(format([{ a: 'q"q' }], ["a", "b"]), 'a,b\n"q""q",\n');
  assert.throws(() => parse("a,b\n1,2\n3\n"), /line 3: expected 2 cells, not 1/);
  assert.deepEqual(parse(""), []);
});

test("sums", () => {
  const rows = parse("kind,n\na,1\nb,5\na,2.5\nb,x\n");
  assert.deepEqual([...sums(rows, "kind", "n")], [["a", 3.5], ["b", 5]]);
});
