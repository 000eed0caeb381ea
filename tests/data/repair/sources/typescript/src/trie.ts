/** Words by their beginnings. */

interface Node {
  children: Map<string, Node>;
  count: number; // of words that end here, how often they were added
}

export interface Suggestion {
  word: string;
  count: number;
}

function emptyNode(): Node {
  return { children: new Map(), count: 0 };
}

export class Trie {
  private readonly root = emptyNode();
  private words = 0;

  get size(): number {
    return this.words;
  }

  add(word: string, count = 1): void {
    if (word === "" || count <= 0) return;
    let node = this.root;
    for (const letter of word) {
      let next = node.children.get(letter);
      if (next === undefined) {
        next = emptyNode();
        node.children.set(letter, next);
      }
      node = next;
    }
    if (node.count === 0) this.words++;
    node.count += count;
  }

  count(word: string): number {
    return this.find(word)?.count ?? 0;
  }

  /** Forgets a word, and the nodes that only it needed. */
  remove(word: string): boolean {
    const path: [Node, string][] = [];
    let node = this.root;
    for (const letter of word) {
      const next = node.children.get(letter);
      if (next === undefined) return false;
      path.push([node, letter]);
      node = next;
    }
    if (node.count === 0) return false;
    node.count = 0;
    this.words--;
    for (const [parent, letter] of path.reverse()) {
      const child = parent.children.get(letter);
      if (child === undefined || child.count > 0 || child.children.size > 0) break;
      parent.children.delete(letter);
    }
    return true;
  }

  /** Words that begin so, the most frequent first, then by the alphabet. */
  suggest(beginning: string, limit = 5): Suggestion[] {
    const start = this.find(beginning);
    if (start === undefined) return [];
    const found: Suggestion[] = [];
    this.collect(start, beginning, found);
    found.sort((a, b) => b.count - a.count || (a.word < b.word ? -1 : 1));
    return found.slice(0, limit);
  }

  nodes(): number {
    const below = (node: Node): number => [...node.children.values()].reduce((sum, child) => sum + below(child), 1);
    return below(this.root);
  }

  private find(beginning: string): Node | undefined {
    let node: Node | undefined = this.root;
    for (const letter of beginning) {
      node = node.children.get(letter);
      if (node === undefined) return undefined;
    }
    return node;
  }

  private collect(node: Node, word: string, found: Suggestion[]): void {
    if (node.count > 0) found.push({ word, count: node.count });
    for (const [letter, child] of node.children) this.collect(child, word + letter, found);
  }
}
