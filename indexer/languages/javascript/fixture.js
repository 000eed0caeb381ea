import React, { useState as state } from "react";
import * as path from './path.mjs';
export { join } from "./join";
const fs = require("fs");
const lazy = () => import("./lazy");

/** Adds. */
export function add(a, b = 2, ...rest) {
  const sum = a + b + OFFSET;
  function nested() {
    return sum;
  }
  return nested();
}

export default class Shape extends path.Base {
  #secret = 1;
  static count = 0;
  handler = (event) => event.target;
  constructor(side) {
    super();
    this.side = side;
  }
  get area() {
    return this.side ** 2;
  }
  async *walk() {}
}

const OFFSET = 3;
let current = null;
var a1, a2 = 4;
const double = (x) => x * 2;
const api = {
  version: 1,
  load() {
    return fs.readFile(current);
  },
  save: function (data) {
    for (const piece of data) new Shape(piece);
  },
};
module.exports.late = function late() {};
api.on("end", function whenDone() {
  api.load();
});
const view = <Shape size={current} />;

describe('a square', () => {
  it('has an area', async () => {
    expect(area(4)).toBe(16);
  });
});
test.only("doubles", function () { double(2); });
