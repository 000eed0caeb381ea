// Completions without a neural network: what followed the last time this text stood here?
//
// The text before the cursor is matched, as long as possible, against the rest of the file, the
// open files and the retrieved chunks; what followed the best match is proposed. Each source is a
// suffix automaton over lexemes (identifiers, numbers, operators, runs of blanks), so that a match
// never starts inside a word and a word half typed at the cursor selects among continuations by its
// beginning. Automata are built once per content and kept (the file is cut into segments, so that a
// keystroke rebuilds one), which keeps a prediction under a millisecond. Suffix automaton: Blumer
// et al. 1985. Copying as a predictor: arXiv:2304.04487, Saxena's prompt lookup (2023).
//
// On single-line cases of real packages it beats models of a few million parameters
// (docs/completion.md has the figures), it costs nothing to run, and it proposes drafts for
// speculative decoding.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace curlew::model {

enum class CopyOrigin { kThisFile, kOpenFile, kRetrieved };

struct CopySource {
  std::string_view text;
  CopyOrigin origin = CopyOrigin::kOpenFile;
  std::uint64_t content_hash = 0;  // 0: computed from the text; equal hashes reuse the automaton
};

struct CopyQuery {
  std::string_view prefix;  // the file before the cursor; searched as well
  std::string_view suffix;  // the file after the cursor; searched as well
  std::vector<CopySource> sources;
  bool multi_line = false;  // may the prediction run over the end of the line?
  int bytes_max = 400;
};

// One proposal. `text` continues the prefix exactly at the cursor.
struct CopyPrediction {
  std::string text;
  float confidence = 0;  // calibrated chance that the line is exactly right (docs/completion.md)
  int match_lexemes = 0, match_bytes = 0;  // how much of the text before the cursor matched
  int support = 0;                         // places that matched as long and continue alike
  CopyOrigin origin = CopyOrigin::kThisFile;
};

// Thread-safe. Memory: about 40 bytes a lexeme of cached text, least recently used sources give way
// past a limit.
class CopyPredictor {
 public:
  explicit CopyPredictor(std::size_t cache_bytes_max = 64u << 20);
  ~CopyPredictor();

  // Best first, distinct texts, at most `count`. Empty when nothing matched well enough to be worth
  // saying.
  std::vector<CopyPrediction> predict(const CopyQuery& query, int count = 3);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace curlew::model
