/** A pocket calculator: keys in, display out. */

export type Operator = "+" | "-" | "*" | "/";
export type Mode = "typing" | "waiting" | "error";

export interface State {
  mode: Mode;
  display: string;
  stored: number;
  pending: Operator | null;
  memory: number;
}

const DIGITS_MAX = 12;

export function initial(memory = 0): State {
  return { mode: "waiting", display: "0", stored: 0, pending: null, memory };
}

function compute(left: number, operator: Operator, right: number): number | null {
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return right === 0 ? null : left / right;
  }
}

function show(value: number): string {
  return String(Number(value.toPrecision(10)));
}

function typed(state: State, key: string): State {
  if (state.mode !== "typing") {
    const display = key === "." ? "0." : key;
    return { ...state, mode: "typing", display };
  }
  if (key === "." && state.display.includes(".")) return state;
  if (state.display.length >= DIGITS_MAX) return state;
  const display = state.display === "0" && key !== "." ? key : state.display + key;
  return { ...state, display };
}

function settle(state: State): State {
  const value = Number(state.display);
  if (state.pending === null || state.mode === "waiting") {
    return { ...state, mode: "waiting", stored: value };
  }
  const result = compute(state.stored, state.pending, value);
  if (result === null) return { ...initial(state.memory), mode: "error", display: "error" };
  return { ...state, mode: "waiting", stored: result, display: show(result), pending: null };
}

export function press(state: State, key: string): State {
  if (key === "C") return initial(state.memory);
  if (state.mode === "error") return state;
  if (/^[0-9.]$/.test(key)) return typed(state, key);
  if (key === "=") return settle({ ...state, pending: state.pending });
  if (key === "M+") return { ...state, mode: "waiting", memory: state.memory + Number(state.display) };
  if (key === "MR") return { ...state, mode: "typing", display: show(state.memory) };
  if (key === "+" || key === "-" || key === "*" || key === "/") {
    const settled = settle(state);
    return settled.mode === "error" ? settled : { ...settled, pending: key };
  }
  return state;
}

export function run(keys: string): string {
  let state = initial();
  for (const key of keys.split(" ")) {
    state = press(state, key);
  }
  return state.display;
}
