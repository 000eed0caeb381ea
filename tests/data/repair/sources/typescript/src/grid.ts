/** Ways through a map of characters: "#" is a wall, everything else is not. */

import { PriorityQueue } from "./priority_queue.js";

export interface Point {
  x: number;
  y: number;
}

const STEPS: Point[] = [
  { x: 1, y: 0 },
  { x: 0, y: 1 },
  { x: -1, y: 0 },
  { x: 0, y: -1 },
];

export class Grid {
  readonly width: number;
  readonly height: number;

  constructor(private readonly rows: string[]) {
    this.height = rows.length;
    this.width = Math.max(0, ...rows.map((row) => row.length));
  }

  static parse(text: string): Grid {
    return new Grid(text.split("\n").filter((row) => row !== ""));
  }

  at(point: Point): string {
    return this.rows[point.y]?.[point.x] ?? "#";
  }

  isOpen(point: Point): boolean {
    return this.at(point) !== "#";
  }

  find(mark: string): Point | null {
    for (let y = 0; y < this.height; y++) {
      const x = this.rows[y].indexOf(mark);
      if (x >= 0) return { x, y };
    }
    return null;
  }

  neighbours(point: Point): Point[] {
    return STEPS.map((step) => ({ x: point.x + step.x, y: point.y + step.y })).filter((next) => this.isOpen(next));
  }

  /** How many places can be reached, the first included. */
  reachable(from: Point): number {
    if (!this.isOpen(from)) return 0;
    const seen = new Set([this.key(from)]);
    const waiting = [from];
    while (waiting.length > 0) {
      const here = waiting.pop() as Point;
      for (const next of this.neighbours(here)) {
        if (seen.has(this.key(next))) continue;
        seen.add(this.key(next));
        waiting.push(next);
      }
    }
    return seen.size;
  }

  /** The cost of the cheapest way; a digit costs itself, all else 1; null where there is no way. */
  cheapest(from: Point, to: Point): number | null {
    const costs = new Map<number, number>([[this.key(from), 0]]);
    const queue = new PriorityQueue<number>((a, b) => (costs.get(a) ?? 0) - (costs.get(b) ?? 0));
    queue.push(this.key(from));
    while (queue.size > 0) {
      const key = queue.pop() as number;
      const cost = costs.get(key) ?? 0;
      if (key === this.key(to)) return cost;
      const here = { x: key % this.width, y: Math.floor(key / this.width) };
      for (const next of this.neighbours(here)) {
        const through = cost + this.cost(next);
        const known = costs.get(this.key(next));
        if (known !== undefined && known <= through) continue;
        costs.set(this.key(next), through);
        if (queue.has(this.key(next))) queue.update(this.key(next));
        else queue.push(this.key(next));
      }
    }
    return null;
  }

  private cost(point: Point): number {
    const mark = this.at(point);
    return mark >= "0" && mark <= "9" ? Number(mark) : 1;
  }

  private key(point: Point): number {
    return point.y * this.width + point.x;
  }
}
