/** Durations and distances of time, as people write them. */

import { rowsOf } from "./csv.js";

export interface Appointment {
  title: string;
  start: number;
  minutes: number;
}

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86400, w: 604800 };

/** Seconds of "1h 30m", null for what is none. */
export function parseDuration(text: string): number | null {
  const trimmed = text.trim();
  if (trimmed === "") return null;
  let total = 0;
  for (const part of trimmed.split(/\s+/)) {
    const match = /^(\d+)([smhdw])$/.exec(part);
    if (match === null) return null;
    total += Number(match[1]) * UNITS[match[2]];
  }
  return total;
}

/** The two largest units: "1h 30m". */
export function formatDuration(seconds: number): string {
  if (seconds < 0) return "-" + formatDuration(-seconds);
  const parts: string[] = [];
  let left = seconds;
  for (const unit of ["w", "d", "h", "m", "s"]) {
    const count = Math.floor(left / UNITS[unit]);
    left -= count * UNITS[unit];
    if (count > 0 && parts.length < 2) parts.push(`${count}${unit}`);
  }
  return parts.length === 0 ? "0s" : parts.join(" ");
}

export function relative(then: number, now: number): string {
  const distance = Math.abs(then - now);
  if (distance < 60) return "now";
  const text = formatDuration(distance).split(" ")[0];
  return then > now ? `in ${text}` : `${text} ago`;
}

/** Rows of title, start and duration. */
export function readAppointments(csv: string): Appointment[] {
  const result: Appointment[] = [];
  for (const [title, start, duration] of rowsOf(csv)) {
    const seconds = parseDuration(duration ?? "");
    if (seconds === null) throw new Error(`no duration: ${title}`);
    result.push({ title, start: Number(start), minutes: Math.ceil(seconds / 60) });
  }
  return result.sort((a, b) => a.start - b.start || a.title.localeCompare(b.title));
}

/** Pairs of titles that are on at the same time. */
export function conflicts(appointments: Appointment[]): [string, string][] {
  const pairs: [string, string][] = [];
  const sorted = [...appointments].sort((a, b) => a.start - b.start);
  for (let i = 0; i < sorted.length; i++) {
    const end = sorted[i].start + sorted[i].minutes;
    for (let j = i + 1; j < sorted.length && sorted[j].start < end; j++) {
      pairs.push([sorted[i].title, sorted[j].title]);
    }
  }
  return pairs;
}
