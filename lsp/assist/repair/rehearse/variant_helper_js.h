// What stands at the head and at the end of a text with variants (variants.h) in JavaScript and TypeScript.
#pragma once

#include <string_view>

namespace curlew::assist {

// Neither a compiler nor a linter looks at types or style there. The first line of its own that a text can have.
constexpr std::string_view kScriptHead = "// @ts-nocheck\n/* eslint-disable */\n";

// CURLEW_PICK and CURLEW_SEEN as in variant_helper.h. In ECMAScript 5, as declarations alone: they are known from the
// beginning of a text, and what stands first there (`#!`, "use strict", imports) stays first. Each text has its own.
// `curlew_is` is there for its strings: hook.cjs finds a variant between them.
constexpr std::string_view kScriptHelper = R"helper(
function curlew_at(first, last) {
  var state = curlew_at.state || curlew_begin();
  if (state.pick > 0) return first <= state.pick && state.pick <= last;
  return state.seen !== "" && curlew_note(state, first);
}
function curlew_pick(number) { return curlew_at.state.pick === number; }
function curlew_is(begin, value, end) { return value; }
function curlew_begin() {
  var environment = typeof globalThis === "object" && globalThis.process && globalThis.process.env || {};
  curlew_at.state = { pick: Number(environment.CURLEW_PICK) || 0, seen: environment.CURLEW_SEEN || "", noted: {} };
  return curlew_at.state;
}
function curlew_note(state, first) {
  if (state.noted[first]) return false;
  state.noted[first] = true;
  try {
    var load = globalThis.process.getBuiltinModule || require;
    load("fs").appendFileSync(state.seen, first + "\n");
  } catch (error) { /* then nothing is known */ }
  return false;
}
)helper";

}  // namespace curlew::assist
