/** A binary heap whose items can change their place. */

export type Compare<T> = (a: T, b: T) => number;

export class PriorityQueue<T> {
  private items: T[] = [];
  private places = new Map<T, number>();

  constructor(private readonly compare: Compare<T>) {}

  get size(): number {
    return this.items.length;
  }

  peek(): T | undefined {
    return this.items[0];
  }

  has(item: T): boolean {
    return this.places.has(item);
  }

  /** False when the item is there already. */
  push(item: T): boolean {
    if (this.places.has(item)) return false;
    this.items.push(item);
    this.places.set(item, this.items.length - 1);
    this.up(this.items.length - 1);
    return true;
  }

  pop(): T | undefined {
    const first = this.items[0];
    if (first === undefined) return undefined;
    this.remove(first);
    return first;
  }

  remove(item: T): boolean {
    const place = this.places.get(item);
    if (place === undefined) return false;
    const last = this.items.length - 1;
    this.swap(place, last);
    this.items.pop();
    this.places.delete(item);
    if (place < last) {
      this.up(place);
      this.down(place);
    }
    return true;
  }

  /** To be called when what an item is compared by has changed. */
  update(item: T): void {
    const place = this.places.get(item);
    if (place === undefined) return;
    this.up(place);
    this.down(this.places.get(item) ?? place);
  }

  drain(): T[] {
    const result: T[] = [];
    while (this.size > 0) result.push(this.pop() as T);
    return result;
  }

  private up(place: number): void {
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (this.compare(this.items[place], this.items[parent]) >= 0) return;
      this.swap(place, parent);
      place = parent;
    }
  }

  private down(place: number): void {
    for (;;) {
      const left = 2 * place + 1;
      const right = left + 1;
      let least = place;
      if (left < this.size && this.compare(this.items[left], this.items[least]) < 0) least = left;
      if (right < this.size && this.compare(this.items[right], this.items[least]) < 0) least = right;
      if (least === place) return;
      this.swap(place, least);
      place = least;
    }
  }

  private swap(a: number, b: number): void {
    const item = this.items[a];
    this.items[a] = this.items[b];
    this.items[b] = item;
    this.places.set(this.items[a], a);
    this.places.set(this.items[b], b);
  }
}
