// What every source of tokens looks like: the local engine, a remote server, a scripted one in
// tests.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "model/error.h"
#include "model/text/chat.h"
#include "model/text/fim.h"
#include "model/text/next_edit.h"
#include "model/text/tokenizer.h"

namespace curlew::model {

// temperature 0 is greedy, and the other fields are then ignored.
struct SamplingOptions {
  float temperature = 0.f;
  float top_p = 1.f;  // smallest set of tokens whose probability reaches top_p; 1 = off
  float min_p = 0.f;  // drop tokens below min_p times the likeliest; 0 = off
  std::uint64_t seed = 0;
};

enum class Finish {
  kStopToken,   // the model ended by itself
  kStopString,  // a stop string came; it is not part of the text
  kFilter,      // the caller's filter ended it
  kLength,      // new_tokens_max reached, or the context is full
  kDeadline,    // the best text so far
  kCancelled,
};
const char* finish_name(Finish finish);

// Looks at the text generated so far, once per token. Returns how much of it to keep when
// generation should end here, or nothing to go on.
using TextFilter = std::function<std::optional<std::size_t>(std::string_view text)>;

struct TextPrompt {
  std::string text;
  EncodeOptions encode{.add_special = true};
};
// A conversation, in the turns that the model was trained on (chat.h). A last message of the
// assistant is the beginning of the answer.
struct ChatPrompt {
  std::vector<ChatMessage> messages;
};
// A NextEditText is answered by Generation::rewrite; the answer's length is bounded by the region's.
using Prompt = std::variant<FimText, TextPrompt, std::vector<TokenId>, ChatPrompt, NextEditText>;

// Returns how long a prefix of the text is whole: what may be shown when time runs out.
using WholeText = std::function<std::size_t(std::string_view text)>;

class Grammar;  // model/constrain/grammar.h
class Mixer;    // model/decode/mixer.h

// A lane says who gives way: a typing request pre-empts background work between steps.
enum class Lane { kTyping, kMain, kBackground };

struct GenerateRequest {
  Prompt prompt;
  int new_tokens_max = 64;
  SamplingOptions sampling;
  std::vector<std::string> stop_strings;
  std::optional<std::chrono::steady_clock::time_point> deadline;
  WholeText whole;    // asked at the deadline; empty: everything is whole
  TextFilter filter;  // may be empty
  Lane lane = Lane::kTyping;
  FimBudget fim_budget;  // prompt_tokens_max 0: what the context leaves after new_tokens_max
  bool logprobs = false;
  bool ignore_end = false;  // go on past end-of-generation tokens (benchmarks, comparisons)

  // The text is one of this language. Remote sources refuse it.
  std::shared_ptr<const Grammar> grammar;
  // Mixed into every distribution. Belongs to the caller, who keeps it until generate() returns;
  // local engine only.
  Mixer* mixer = nullptr;
  // Without a mixer: the prompt and `files` have a say in every token (model/decode/copy_mixer.h).
  // Local engine only.
  struct CopyMix {
    bool enabled = false;
    std::vector<std::shared_ptr<const std::string>> files;
  } copy_mix;
  // Texts that the answer is likely to copy from, likeliest first (the original of an edit, the
  // file, retrieved chunks). The prompt is always drafted from. Local engine only.
  std::vector<std::string> draft_texts;
  // -1: as the engine sees fit; 0: none. Drafts change the time, never the tokens.
  int draft_tokens_max = -1;
};

struct Timings {
  double queue_ms = 0, tokenize_ms = 0, prefill_ms = 0, decode_ms = 0, total_ms = 0;
};

struct Generation {
  std::string text;
  std::vector<TokenId> tokens;  // without the stop token; empty from a remote source
  std::vector<float>
      logprobs;  // of each token under the network's own distribution, when asked for
  std::vector<float> mixed_logprobs;  // the same with what was mixed in; empty where nothing was
  Finish finish = Finish::kStopToken;
  int prompt_tokens = 0;
  int cached_tokens = 0;                        // of the prompt, whose keys and values were reused
  int drafted_tokens = 0, accepted_tokens = 0;  // proposed by drafts, and found right
  int steps = 0;                                // of the network after the prompt
  std::size_t context_used = 0;  // FimText: how many context blocks stood in the prompt
  // Of a NextEditText, once the answer is whole; one that is no answer is an error.
  std::optional<NextEditAnswer> rewrite;
  Timings timings;
};

struct GeneratorInfo {
  std::string model;         // "bootstrap-code", or the remote's name for it
  std::string architecture;  // "llama"; "" when unknown
  std::string weights;       // "Q8_0"; "" when unknown
  std::string device;        // "cpu: 2 threads, avx512-vnni", "remote: http://127.0.0.1:8012"
  std::string why_no_card;   // where one would have been used; else ""
  int context_tokens = 0;
  bool keeps_prompts = false;  // an evaluated prompt makes the next that begins like it cheap
  bool fim = false;            // can complete between a prefix and a suffix
  std::string fim_family;
  bool takes_grammar = false;
  bool chat = false;  // takes a ChatPrompt
  std::string chat_family;
  std::string why_no_chat;  // what was looked for
  bool next_edit = false;   // takes a NextEditText
  std::string next_edit_family;
  std::string why_no_next_edit;
  std::string adapter;  // the path of the low-rank adapter in use; "" for none
};

// Thread-safe: concurrent calls are put in order, typing before main before background; a running
// background call is paused or ended at the next step when a typing call waits.
class Generator {
 public:
  virtual ~Generator() = default;

  // Returns when done, at the deadline, or one step after `stop` is requested (then kCancelled with
  // the text so far). Errors: an invalid request, a model that cannot do it, a fault of the device
  // or the remote.
  virtual Expected<Generation> generate(const GenerateRequest& request, std::stop_token stop) = 0;

  // Exact where the tokenizer is at hand, an estimate elsewhere. Cheap.
  virtual int count_tokens(std::string_view text) const = 0;

  virtual GeneratorInfo info() const = 0;
};

}  // namespace curlew::model
