#include "model/remote/remote_prompt.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace curlew::model {
namespace {

using nlohmann::json;

constexpr std::size_t kBytesPerToken = 3;  // of code, on the safe side of what vocabularies reach
constexpr std::size_t kStopStringsSentMax = 4;  // more are refused by some servers

// The last whole lines of `text` that fit; a part of the last line, where even that is too long.
std::string_view tail_of_lines(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  const std::string_view tail = text.substr(text.size() - bytes_max);
  const std::size_t newline = tail.find('\n');
  return newline == std::string_view::npos ? tail : tail.substr(newline + 1);
}

std::string_view head_of_lines(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  const std::string_view head = text.substr(0, bytes_max);
  const std::size_t newline = head.rfind('\n');
  return newline == std::string_view::npos ? head : head.substr(0, newline + 1);
}

std::string fill_template(std::string_view form, std::string_view prefix, std::string_view suffix) {
  std::string text;
  while (!form.empty()) {
    const bool at_prefix = form.starts_with("{prefix}"), at_suffix = form.starts_with("{suffix}");
    if (at_prefix || at_suffix) {
      text += at_prefix ? prefix : suffix;
      form.remove_prefix(8);
    } else {
      text += form.front();
      form.remove_prefix(1);
    }
  }
  return text;
}

struct CutText {
  std::string prefix;  // context blocks first
  std::string_view suffix;
  std::size_t context_used = 0;
};

CutText cut(const FimText& text, const FimBudget& budget, std::size_t bytes_max) {
  CutText result;
  const auto share = [](std::size_t bytes, float part) {
    return static_cast<std::size_t>(static_cast<double>(bytes) * std::clamp(part, 0.f, 1.f));
  };
  const std::size_t context_bytes_max = share(bytes_max, budget.context_share);
  for (const ContextBlock& block : text.context) {
    const std::string piece = fmt::format("// {}\n{}\n", block.path, block.text);
    if (result.prefix.size() + piece.size() > context_bytes_max) break;
    result.prefix += piece;
    ++result.context_used;
  }
  const std::size_t left = bytes_max - std::min(bytes_max, result.prefix.size());
  result.suffix = head_of_lines(text.suffix, share(left, budget.suffix_share));
  result.prefix += tail_of_lines(text.prefix, left - result.suffix.size());
  return result;
}

json parameters(const RemoteOptions& options, const GenerateRequest& request) {
  json body = {{"max_tokens", request.new_tokens_max},
               {"temperature", request.sampling.temperature},
               {"stream", true}};
  if (!options.model.empty()) body["model"] = options.model;
  if (request.sampling.temperature > 0) {
    body["top_p"] = request.sampling.top_p;
    body["seed"] = request.sampling.seed & 0x7fffffff;  // what every server takes for an integer
    if (request.sampling.min_p > 0) body["min_p"] = request.sampling.min_p;
  }
  json stop = json::array();
  for (const std::string& s : request.stop_strings)
    if (!s.empty() && stop.size() < kStopStringsSentMax) stop.push_back(s);
  if (!stop.empty()) body["stop"] = std::move(stop);
  return body;
}

json messages(const ChatPrompt& chat, int& prompt_tokens) {
  constexpr const char* kRoles[] = {"system", "user", "assistant"};
  json out = json::array();
  for (const ChatMessage& message : chat.messages) {
    out.push_back(
        {{"role", kRoles[static_cast<std::size_t>(message.role)]}, {"content", message.text}});
    prompt_tokens += estimate_tokens(message.text.size());
  }
  return out;
}

}  // namespace

int estimate_tokens(std::size_t bytes) {
  return static_cast<int>((bytes + kBytesPerToken - 1) / kBytesPerToken);
}

Expected<RemotePrompt> remote_prompt(const RemoteOptions& options, const GenerateRequest& request) {
  if (std::holds_alternative<std::vector<TokenId>>(request.prompt))
    return fail(Errc::kInvalidInput, "a remote model takes text, not token ids");
  if (request.grammar)
    return fail(Errc::kUnsupported, "a remote model cannot be held to a grammar");
  if (std::holds_alternative<NextEditText>(request.prompt))
    return fail(Errc::kUnsupported, "next edits need a model on this machine");
  json body = parameters(options, request);
  RemotePrompt result;
  if (const auto* chat = std::get_if<ChatPrompt>(&request.prompt)) {
    body["messages"] = messages(*chat, result.prompt_tokens);
  } else if (const auto* plain = std::get_if<TextPrompt>(&request.prompt)) {
    body["prompt"] = plain->text;
    result.prompt_tokens = estimate_tokens(plain->text.size());
  } else {
    const int room =
        std::max(options.context_tokens - request.new_tokens_max, options.context_tokens / 2);
    const int asked = request.fim_budget.prompt_tokens_max;
    const int tokens = asked > 0 ? std::min(asked, room) : room;
    const CutText text = cut(std::get<FimText>(request.prompt), request.fim_budget,
                             static_cast<std::size_t>(tokens) * kBytesPerToken);
    result.context_used = text.context_used;
    result.prompt_tokens = estimate_tokens(text.prefix.size() + text.suffix.size());
    if (options.fim_template.empty()) {
      body["prompt"] = text.prefix;
      body["suffix"] = text.suffix;
    } else {
      body["prompt"] = fill_template(options.fim_template, text.prefix, text.suffix);
    }
  }
  // Text that is not UTF-8 cannot stand in JSON; what is broken in it becomes U+FFFD.
  result.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  return result;
}

}  // namespace curlew::model
