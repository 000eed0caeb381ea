/** Tables as text with commas. */

export type Row = Record<string, string>;

export class CsvError extends Error {
  constructor(
    readonly line: number,
    message: string,
  ) {
    super(`line ${line}: ${message}`);
  }
}

/** Cells row by row; a cell in quotes may hold commas, newlines and doubled quotes. */
export function rowsOf(text: string, separator = ","): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let line = 1;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const letter = text[i];
    if (letter === "\n") line++;
    if (quoted) {
      if (letter !== '"') {
        cell += letter;
      } else if (text[i + 1] === '"') {
        cell += '"';
        i++;
      } else {
        quoted = false;
      }
    } else if (letter === '"') {
      if (cell !== "") throw new CsvError(line, "a quote inside of a cell");
      quoted = true;
    } else if (letter === separator) {
      row.push(cell);
      cell = "";
    } else if (letter === "\n") {
      rows.push([...row, cell]);
      row = [];
      cell = "";
    } else if (letter !== "\r") {
      cell += letter;
    }
  }
  if (quoted) throw new CsvError(line, "a quote is not closed");
  if (cell !== "" || row.length > 0) rows.push([...row, cell]);
  return rows;
}

/** Rows by the names of the first one. */
export function parse(text: string): Row[] {
  const [names, ...rows] = rowsOf(text);
  if (names === undefined) return [];
  return rows.map((cells, index) => {
    if (cells.length !== names.length) {
      throw new CsvError(index + 2, `expected ${names.length} cells, not ${cells.length}`);
    }
    return Object.fromEntries(names.map((name, col) => [name, cells[col]]));
  });
}

export function format(rows: Row[], names: string[]): string {
  const escaped = (cell: string): string => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  const lines = rows.map((row) => names.map((name) => escaped(row[name] ?? "")).join(","));
  return [names.join(","), ...lines].join("\n") + "\n";
}

/** Sums of a column, by the values of another. */
export function sums(rows: Row[], by: string, of: string): Map<string, number> {
  const result = new Map<string, number>();
  for (const row of rows) {
    const value = Number(row[of]);
    if (Number.isNaN(value)) continue;
    result.set(row[by], (result.get(row[by]) ?? 0) + value);
  }
  return result;
}
