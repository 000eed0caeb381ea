import type { Point } from "./point";
import fallback from "./fallback";

/** A shape. */
export interface Shape<T> extends Base {
  readonly side: number;
  area(origin: Point): number;
}
export type Size = { width: number } | null;
export enum Color {
  Red,
  Blue = "blue",
}
declare function external(name: string): void;
declare const VERSION: string;

namespace geo {
  export const zero: Point = { x: 0 };
}

@decorated
export abstract class Square<T> extends Polygon<T> implements Shape<T> {
  private readonly cache: Map<string, T> = new Map();
  static instances = 0;
  constructor(public side: number) {
    super();
  }
  abstract area(origin: Point): number;
  grow(by: number): this;
  grow(by: any, extra?: Size) {
    const grown = this.side + by;
    return fallback(grown, extra);
  }
  arrow = async (x: T) => x;
}

export const make = <T>(side: number): Square<T> => new Concrete<T>(side);
export default function main(...args: string[]) {
  external(VERSION);
}

describe('a square', () => {
  it('has an area', async () => {
    expect(area(4)).toBe(16);
  });
});
test.only("doubles", function () { double(2); });
